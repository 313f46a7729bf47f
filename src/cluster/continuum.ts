import type { KeyHash } from "./hashes/key_hash.ts";
import type { Scheme } from "./ring.ts";

/** One point of a circle of 2³² and the place of the server it belongs to. */
export interface RingPoint {
  readonly point: number;
  readonly place: number;
}

/** How to choose among the points. */
export interface ContinuumOptions {
  /** What a key is hashed with. */
  readonly hash: KeyHash;
  /** Whether a key belongs to the greatest point that is not above its hash, and not to the least that is not below it. */
  readonly before?: boolean;
  /** Whether of two servers that share a point the one that comes later in the list has it. */
  readonly lastWins?: boolean;
}

/** The top bits of a hash that say where to begin to look: with up to about 4,000 points it is then one or two steps. */
const INDEX_BITS = 12;

/** The points of servers on a circle, as every ring of the ketama kind has them. */
export class Continuum implements Scheme {
  /** All points in ascending order. */
  readonly points: Uint32Array;
  /** The place of the server of each. */
  readonly places: Uint32Array;
  readonly #hash: KeyHash;
  readonly #before: boolean;
  /** For each value of the top bits, the first point that is not below the least hash that begins so. */
  readonly #index: Uint32Array;

  /** Sorts the points. */
  constructor(points: readonly RingPoint[], { hash, before = false, lastWins = false }: ContinuumOptions) {
    const later = lastWins ? -1 : 1;
    const sorted = [...points].sort((a, b) => a.point - b.point || later * (a.place - b.place));
    this.points = Uint32Array.from(sorted, ({ point }) => point);
    this.places = Uint32Array.from(sorted, ({ place }) => place);
    this.#hash = hash;
    this.#before = before;
    this.#index = indexOf(this.points);
  }

  locate(bytes: Uint8Array, start: number, end: number): number {
    return this.places[this.#find(this.#hash(bytes, start, end))]!;
  }

  /** All servers in the order in which they come behind the hash of the key. */
  *others(bytes: Uint8Array, start: number, end: number): Generator<number> {
    const { length } = this.points;
    const first = this.#find(this.#hash(bytes, start, end));
    const step = this.#before ? length - 1 : 1;
    for (let n = 0, at = first; n < length; n++, at = (at + step) % length) yield this.places[at]!;
  }

  /** The number of the point that a hash belongs to. */
  #find(hash: number): number {
    const { points } = this;
    const sought = hash >>> 0;
    let at = this.#index[sought >>> (32 - INDEX_BITS)]!;
    if (this.#before) {
      while (at < points.length && points[at]! <= sought) at++;
      return (at === 0 ? points.length : at) - 1;
    }
    while (at < points.length && points[at]! < sought) at++;
    return at === points.length ? 0 : at;
  }
}

function indexOf(points: Uint32Array): Uint32Array {
  const index = new Uint32Array(1 << INDEX_BITS);
  let at = 0;
  for (let top = 0; top < index.length; top++) {
    const least = top * 2 ** (32 - INDEX_BITS);
    while (at < points.length && points[at]! < least) at++;
    index[top] = at;
  }
  return index;
}
