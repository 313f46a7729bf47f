import { utf8Encode } from "../bytes.ts";
import type { RingServer, Scheme } from "./ring.ts";

/** The score of a key at the server of a place. */
export type Score = (place: number) => number;

/** What reads a key, so that it can be scored at each server. */
export interface Scores {
  /** Takes a key; `score` is about it until the next one. */
  read(bytes: Uint8Array, start: number, end: number): void;
  readonly score: Score;
}

/** Every server scores every key, and the best one has it; of two with the same score the one that ranks higher. */
export function rendezvous(servers: readonly RingServer[], scores: Scores, rank: readonly number[]): Scheme {
  const { score } = scores;
  return {
    locate(bytes, start, end) {
      scores.read(bytes, start, end);
      let best = 0;
      let bestScore = score(0);
      for (let place = 1; place < servers.length; place++) {
        const own = score(place);
        if (own < bestScore || (own === bestScore && rank[place]! < rank[best]!)) continue;
        best = place;
        bestScore = own;
      }
      return best;
    },
    others(bytes, start, end) {
      scores.read(bytes, start, end);
      const all = servers.map((_, place) => ({ place, score: score(place) }));
      all.sort((a, b) => b.score - a.score || rank[b.place]! - rank[a.place]!);
      return all.map(({ place }) => place);
    },
  };
}

/** The place of each name when they are sorted: which of two is greater. */
export function rankByName(names: readonly string[]): number[] {
  const sorted = [...names].sort((a, b) => (a < b ? -1 : 1));
  return names.map((name) => sorted.indexOf(name));
}

/** What a server and a key are hashed as: the name, a hyphen and the key, kept ready up to the key. */
export class PrefixedKey {
  readonly #prefix: Uint8Array;
  #room: Uint8Array;

  /** Makes room for keys of up to 250 bytes, and for more when they come. */
  constructor(name: string) {
    this.#prefix = utf8Encode(`${name}-`);
    this.#room = this.#makeRoom(250);
  }

  /**
   * Puts a key behind the name, of each character the low byte of its number, as pymemcache reads text; what is to be hashed
   * begins at 0 and is so long.
   */
  put(bytes: Uint8Array, start: number, end: number): number {
    if (this.#prefix.length + end - start > this.#room.length) this.#room = this.#makeRoom(end - start);
    const room = this.#room;
    let at = this.#prefix.length;
    for (let i = start; i < end;) {
      const length = lengthByLead(bytes[i]!);
      // What is no UTF-8 pymemcache cannot have sent.
      const low = length === 1 || i + length > end
        ? bytes[i]!
        : (bytes[i + length - 2]! << 6) | (bytes[i + length - 1]! & 0x3f);
      room[at++] = low;
      i += length;
    }
    return at;
  }

  /** Where it is. */
  get bytes(): Uint8Array {
    return this.#room;
  }

  #makeRoom(length: number): Uint8Array {
    const room = new Uint8Array(this.#prefix.length + length);
    room.set(this.#prefix);
    return room;
  }
}

/** How many bytes of UTF-8 a character takes, by the first of them. */
function lengthByLead(lead: number): number {
  if (lead < 0xc0) return 1;
  if (lead < 0xe0) return 2;
  return lead < 0xf0 ? 3 : 4;
}
