/** Where the clients of the ketama family put the points of a server. */

import { utf8Encode } from "../bytes.ts";
import type { RingPoint } from "./continuum.ts";
import type { KeyHash } from "./hashes/key_hash.ts";
import { Md5 } from "./hashes/md5.ts";
import { sha1Head } from "./hashes/sha1.ts";
import type { RingServer } from "./ring.ts";
import { totalWeight, weightOf } from "./weights.ts";

/** How a scheme writes the name of a server. */
export type NameRule = (name: string) => string;

/** How many digests a server gets, with four points each. */
export type Share = (weight: number, total: number, servers: number) => number;

const DIGESTS = 40;
const f = Math.fround;

/** In 32-bit floats, as libmemcached and twemproxy count: of 25 servers of one weight, each then gets 39 digests and not 40. */
export function shareInFloats(weight: number, total: number, servers: number): number {
  const part = f(f(weight) / f(total));
  return Math.floor(f(f(f(f(part * 160) / 4) * servers) + 1e-10));
}

/** As spymemcached counts servers that all have one weight. */
export function shareOfEquals(): number {
  return DIGESTS;
}

/** The share in 32-bit floats, the rest in doubles, as the first ketama library counts. */
export function shareInDoubles(weight: number, total: number, servers: number): number {
  return Math.floor(f(f(f(weight) / f(total)) * DIGESTS * servers));
}

/** Four points for each MD5 of `name-0`, `name-1`, …: 160 for a server of average weight. */
export function digestPoints(servers: readonly RingServer[], name: NameRule, share: Share): RingPoint[] {
  const md5 = new Md5();
  const total = totalWeight(servers);
  return servers.flatMap((server, place) => {
    return count(share(weightOf(server), total, servers.length)).flatMap((n) => {
      const text = utf8Encode(`${name(server.name)}-${n}`);
      md5.digest(text, 0, text.length);
      return [...md5.words].map((point) => ({ point, place }));
    });
  });
}

/** A point for the hash of each of `name-0`, `name-1`, …, so many for each server. */
export function hashPoints(
  servers: readonly RingServer[],
  name: NameRule,
  { hash, points }: { readonly hash: KeyHash; readonly points: number },
): RingPoint[] {
  return servers.flatMap((server, place) =>
    count(points).map((n) => {
      const text = utf8Encode(`${name(server.name)}-${n}`);
      return { point: hash(text, 0, text.length) >>> 0, place };
    })
  );
}

/** A point for the SHA-1 of each of `name:0`, `name:1`, …: Dalli. */
export function dalliPoints(servers: readonly RingServer[], name: NameRule): RingPoint[] {
  const total = totalWeight(servers);
  return servers.flatMap((server, place) =>
    count(Math.floor((servers.length * 160 * weightOf(server)) / total))
      .map((n) => ({ point: sha1Head(utf8Encode(`${name(server.name)}:${n}`)), place }))
  );
}

function count(n: number): number[] {
  return Array.from({ length: n }, (_, i) => i);
}
