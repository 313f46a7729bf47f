/** The longest that timers can wait; more would ring at once. */
const LONGEST = 0x7fffffff;

/** One timer that rings at the earliest of the times it was told, on the clock of `performance.now`, in milliseconds. */
export class Alarm {
  readonly #ring: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined = undefined;
  #at = Infinity;

  /** Makes an alarm that is not set. */
  constructor(ring: () => void) {
    this.#ring = ring;
  }

  /** Sets it to a time, unless it rings before then. */
  set(at: number, now: number): void {
    if (at >= this.#at) return;
    if (this.#timer !== undefined) clearTimeout(this.#timer);
    this.#at = at;
    this.#timer = setTimeout(this.#rang, Math.min(Math.max(0, at - now), LONGEST));
  }

  /** Stops it. */
  clear(): void {
    if (this.#timer !== undefined) clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#at = Infinity;
  }

  readonly #rang = (): void => {
    this.#timer = undefined;
    this.#at = Infinity;
    this.#ring();
  };
}
