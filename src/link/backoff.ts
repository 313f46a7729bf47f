/** How long to pause between attempts to connect. */
export interface BackoffOptions {
  /** The longest first pause, in milliseconds; 50 by default. It doubles with every further one. */
  readonly first?: number;
  /** The longest pause at all, in milliseconds; 2000 by default. */
  readonly most?: number;
}

/**
 * Pauses with full jitter: each is a random part of a step that doubles, so that many clients who lost a server at once do not come
 * back at once.
 */
export class Backoff {
  /** The longest pause at all, in milliseconds. */
  readonly most: number;
  readonly #first: number;
  readonly #random: () => number;
  #step = 0;

  /**
   * Begins with the shortest step.
   *
   * @throws {RangeError} If a pause is negative or no number.
   */
  constructor(random: () => number, { first = 50, most = 2000 }: BackoffOptions = {}) {
    for (const [name, value] of Object.entries({ first, most })) {
      if (!(value >= 0)) throw new RangeError(`Cannot use backoff.${name} of ${value}: it is milliseconds`);
    }
    this.#random = random;
    this.#first = first;
    this.most = most;
  }

  /** The next pause, in milliseconds. */
  next(): number {
    // 2 to the power of 64 is more than any step needs, and still a number.
    const step = Math.min(this.most, this.#first * 2 ** Math.min(this.#step++, 64));
    return this.#random() * step;
  }

  /** Begins with the shortest step again. */
  reset(): void {
    this.#step = 0;
  }
}
