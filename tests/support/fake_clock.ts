/** Time and chance in the hands of a test: nothing rings before the test says so. */

import type { LinkClock } from "../../src/link/clock.ts";
import { endOfTurn } from "./fake_transport.ts";

/** A clock that stands still until it is moved. */
export class FakeClock implements LinkClock {
  #now = 1000;
  /** How much further the wall clock is than the other: as after a freeze. */
  frozen = 0;
  /** What `random` gives next. */
  chance = 1;
  #timers: { readonly at: number; readonly ring: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  wall(): number {
    return 1_700_000_000_000 + this.#now + this.frozen;
  }

  random(): number {
    return this.chance;
  }

  after(delay: number, ring: () => void): () => void {
    const timer = { at: this.#now + Math.max(0, delay), ring };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  /** How many timers are set. */
  get timers(): number {
    return this.#timers.length;
  }

  /** Lets time pass: timers ring in their order, and what follows from each is done before the next. */
  async pass(delay: number): Promise<void> {
    const until = this.#now + delay;
    await endOfTurn();
    while (true) {
      const next = this.#timers.filter(({ at }) => at <= until).sort((one, other) => one.at - other.at)[0];
      if (next === undefined) break;
      this.#timers = this.#timers.filter((timer) => timer !== next);
      this.#now = Math.max(this.#now, next.at);
      next.ring();
      await endOfTurn();
    }
    this.#now = until;
    await endOfTurn();
  }
}
