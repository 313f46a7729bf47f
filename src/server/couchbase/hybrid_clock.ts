/** The lowest bits count writes of one moment; the others are nanoseconds since 1970. */
const LOGICAL_BITS = 0xffffn;
/** In the year 2262: what is higher was made by no clock, and numbers behind it would soon need more than 64 bits. */
const FURTHEST = 0x7fffffffffffffffn;

/**
 * Makes CAS values as Couchbase does: they only rise, and are close to nanoseconds since 1970, so that the later of two writes in
 * different clusters has the higher one.
 */
export class HybridClock {
  readonly #clock: () => number;
  #last = 0n;

  /** Reads the time from a clock, in milliseconds since 1970. */
  constructor(clock: () => number) {
    this.#clock = clock;
  }

  /** The next value, higher than all before. */
  next(): bigint {
    const now = (BigInt(Math.floor(this.#clock())) * 1_000_000n) & ~LOGICAL_BITS;
    this.#last = now > this.#last ? now : this.#last + 1n;
    return this.#last;
  }

  /** Has the next values be higher than one that was made elsewhere, unless no clock can have made it. */
  meet(cas: bigint): void {
    if (cas > this.#last && cas <= FURTHEST) this.#last = cas;
  }
}
