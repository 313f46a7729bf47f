/** A clock that a test moves. */
import type { FeedClock } from "../../src/dcp.ts";

interface Timer {
  readonly at: number;
  readonly number: number;
  readonly run: () => void;
}

/** Time that stands still until it is moved; chance is given. */
export class ModelClock implements FeedClock {
  /** The time of all. */
  time = 0;
  readonly #timers = new Set<Timer>();
  readonly #random: () => number;
  #number = 0;

  /** Starts at 0. Without a source of chance it is always one half. */
  constructor(random: () => number = () => 0.5) {
    this.#random = random;
  }

  /** How many timers are set. */
  get timers(): number {
    return this.#timers.size;
  }

  now(): number {
    return this.time;
  }

  after(ms: number, run: () => void): () => void {
    const timer = { at: this.time + ms, number: this.#number++, run };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  random(): number {
    return this.#random();
  }

  /** Moves the time to the next timer and runs it; says whether there was one before `until`. */
  step(until: number = Infinity): boolean {
    let next: Timer | undefined;
    for (const timer of this.#timers) {
      if (next === undefined || timer.at < next.at || (timer.at === next.at && timer.number < next.number)) {
        next = timer;
      }
    }
    if (next === undefined || next.at > until) {
      if (until !== Infinity) this.time = Math.max(this.time, until);
      return false;
    }
    this.#timers.delete(next);
    this.time = Math.max(this.time, next.at);
    next.run();
    return true;
  }

  /** Moves the time on, with all that is due on the way and what follows from it. */
  async advance(ms: number): Promise<void> {
    const until = this.time + ms;
    await settled();
    while (this.step(until)) await settled();
  }
}

/** Lets everything happen that waits for no timer: so many turns that no chain of promises here is longer. */
export async function settled(turns: number = 400): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await Promise.resolve();
}
