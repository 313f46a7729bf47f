import type { KeyHash } from "./hashes/key_hash.ts";
import type { RingServer, Scheme } from "./ring.ts";
import { withoutDefaultPort } from "./server_names.ts";
import { weightOf } from "./weights.ts";

/** The hash modulo the number of servers; one of weight 3 is in the list three times. */
export function modula(servers: readonly RingServer[], hash: KeyHash): Scheme {
  return modulo(servers.flatMap(slotsOf), hash);
}

/** The same as twemproxy has it, which sorts its servers: shorter names first, those of one length by their letters. */
export function modulaTwemproxy(servers: readonly RingServer[], hash: KeyHash): Scheme {
  const named = servers.map((server, place) => ({
    name: withoutDefaultPort(server.name),
    slots: slotsOf(server, place),
  }));
  named.sort((a, b) => a.name.length - b.name.length || (a.name < b.name ? -1 : 1));
  return modulo(named.flatMap(({ slots }) => slots), hash);
}

function modulo(slots: readonly number[], hash: KeyHash): Scheme {
  return {
    locate: (bytes, start, end) => slots[(hash(bytes, start, end) >>> 0) % slots.length]!,
    *others(bytes, start, end) {
      const value = hash(bytes, start, end) >>> 0;
      yield* withoutFirst(slots, (left) => value % left);
    },
  };
}

/**
 * The places in turn that are chosen from a list when what was chosen before is taken out of it: what a scheme without an order
 * of its own gives its keys to when a server is down, a bit to each of the others.
 */
export function* withoutFirst(slots: readonly number[], choose: (left: number) => number): Generator<number> {
  let left = slots;
  while (left.length > 0) {
    const place = left[choose(left.length)]!;
    yield place;
    left = left.filter((slot) => slot !== place);
  }
}

/**
 * All places in an order that depends on a hash, each as likely as any other at every step: for schemes that, being consistent, would turn with
 * all keys of a server to the same one of the others.
 */
export function shuffled(count: number, hash: number): Generator<number> {
  let state = hash;
  return withoutFirst(Array.from({ length: count }, (_, place) => place), (left) => {
    state = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
    state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35);
    state ^= state >>> 16;
    return (state >>> 0) % left;
  });
}

/** The place of a server, as often as it weighs. */
function slotsOf(server: RingServer, place: number): number[] {
  const weight = weightOf(server);
  if (Number.isInteger(weight) && weight <= 65535) return new Array<number>(weight).fill(place);
  throw new RangeError(`Cannot use a weight of ${weight} for ${server.name}: this ring takes integers from 1 to 65535`);
}
