import type { Connection } from "../connection/connection.ts";
import { TimeoutError } from "../errors.ts";
import type { FeedClock } from "./process_clock.ts";

/** Ends a connection on which nothing at all came for two intervals: the other side has gone, and nobody said so. */
export class SilenceWatch {
  readonly #connection: Connection;
  readonly #interval: number;
  readonly #clock: FeedClock;
  #reads: number;
  #silent = 0;
  #stop: () => void;

  /** Starts to watch; the interval is in milliseconds. */
  constructor(connection: Connection, { interval, clock }: { readonly interval: number; readonly clock: FeedClock }) {
    this.#connection = connection;
    this.#interval = interval;
    this.#clock = clock;
    this.#reads = connection.counters.reads;
    this.#stop = clock.after(interval, () => this.#look());
  }

  /** Watches no more. */
  stop(): void {
    this.#stop();
    this.#stop = () => {};
  }

  #look(): void {
    const { reads } = this.#connection.counters;
    this.#silent = reads === this.#reads ? this.#silent + 1 : 0;
    this.#reads = reads;
    if (this.#silent < 2) {
      this.#stop = this.#clock.after(this.#interval, () => this.#look());
      return;
    }
    this.#connection.destroy(
      new TimeoutError(`Lost ${this.#connection.peer}: nothing came for ${2 * this.#interval} ms, not even a no-op`),
    );
  }
}
