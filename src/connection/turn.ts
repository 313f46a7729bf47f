/** The calls that are made in one turn of the event loop: one reading of the clock, one write. */
export class Turn {
  /** When the first of them was made, in milliseconds of the monotonic clock. */
  now = 0;
  readonly #flush: () => void;
  #leaving = false;

  /** Takes what writes all that was gathered. */
  constructor(flush: () => void) {
    this.#flush = flush;
  }

  /** A call is made: looks at the clock if it is the first of its turn. */
  enter(): void {
    if (!this.#leaving) this.now = performance.now();
  }

  /**
   * Has what was written leave at the end of the turn. Only ever called behind the writing: Deno's first `setTimeout` runs the
   * microtasks that wait, and this must not be one of them yet.
   */
  leave(): void {
    if (this.#leaving) return;
    this.#leaving = true;
    queueMicrotask(this.#end);
  }

  readonly #end = (): void => {
    this.#leaving = false;
    this.#flush();
  };
}
