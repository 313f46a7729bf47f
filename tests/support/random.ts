/** Random input that can be had again: a failing test says its seed, and `MEMWIRE_SEED=<seed>` repeats it. */

/** A pseudo-random generator (xorshift, 32 bits of state); equal seeds give equal values in every runtime. */
export class Random {
  /** What the generator was started with, 1 to 2³² − 1. */
  readonly seed: number;
  #state: number;

  /** Starts from a seed; without one from `MEMWIRE_SEED`, else from a fresh one. */
  constructor(seed: number = chooseSeed()) {
    this.seed = seed >>> 0 || 1;
    this.#state = this.seed;
  }

  /** The next value, an integer from 0 to 2³² − 1. */
  next(): number {
    // The generator's own value is never 0, and its low bits are weak: the multiplication mixes them.
    let state = this.#state;
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    this.#state = state >>> 0;
    const mixed = Math.imul(state ^ (state >>> 16), 0x45d9f3b);
    return (mixed ^ (mixed >>> 16)) >>> 0;
  }

  /** An integer from 0 to `n` − 1. */
  int(n: number): number {
    return Math.floor((this.next() / 2 ** 32) * n);
  }

  /** So many bytes. */
  bytes(n: number): Uint8Array<ArrayBuffer> {
    return Uint8Array.from({ length: n }, () => this.next() & 0xff);
  }

  /** One of the items; the list must not be empty. */
  pick<T>(items: readonly T[]): T {
    if (items.length === 0) throw new RangeError("Cannot pick from an empty list");
    return items[this.int(items.length)] as T;
  }
}

/** Runs a function with a generator; what it throws comes out with the seed in front of its message. */
export async function withRandom<T>(fn: (random: Random) => T | Promise<T>): Promise<T> {
  const random = new Random();
  try {
    return await fn(random);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new Error(`With MEMWIRE_SEED=${random.seed}: ${message}`, { cause: error });
  }
}

function chooseSeed(): number {
  const asked = Number((globalThis as { process?: { env: Record<string, string> } }).process?.env.MEMWIRE_SEED);
  return Number.isInteger(asked) && asked > 0 ? asked : crypto.getRandomValues(new Uint32Array(1))[0] as number;
}
