/** Timers that a node goes by, so that a test can let time pass. */
export interface Timers {
  /** Calls back once, after some milliseconds; returns what `clearTimeout` takes. */
  setTimeout(callback: () => void, ms: number): unknown;
  /** Calls back no more. */
  clearTimeout(timer: unknown): void;
}

/** The timers of the runtime. */
export const SYSTEM_TIMERS: Timers = {
  setTimeout: (callback, ms) => setTimeout(callback, ms),
  clearTimeout: (timer) => clearTimeout(timer as number),
};

/** What a {@linkcode NoopTimer} goes by. */
export interface NoopTimerOptions {
  /** What lets time pass. */
  readonly timers: Timers;
  /** After how many milliseconds without a byte of the consumer the connection is closed. */
  readonly idleTimeout: number;
  /** How many bytes have come from the consumer so far. */
  heard(): number;
  /** It is time for a no-op, unless one waits for its answer. */
  ring(): void;
  /** The consumer has said nothing for too long. */
  expire(): void;
}

/** Rings in intervals, and notices when nothing comes from the other side. */
export class NoopTimer {
  readonly #options: NoopTimerOptions;
  #timer: unknown = undefined;
  #interval = 0;
  #heard = 0;
  /** For how many milliseconds nothing has come. */
  #silence = 0;

  /** Makes one that does not run. */
  constructor(options: NoopTimerOptions) {
    this.#options = options;
  }

  /** Rings from now on every so many milliseconds. */
  start(interval: number): void {
    this.stop();
    this.#interval = interval;
    this.#heard = this.#options.heard();
    this.#silence = 0;
    this.#arm();
  }

  /** Rings no more. */
  stop(): void {
    if (this.#timer !== undefined) this.#options.timers.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #arm(): void {
    this.#timer = this.#options.timers.setTimeout(this.#rang, this.#interval);
  }

  readonly #rang = (): void => {
    const heard = this.#options.heard();
    this.#silence = heard === this.#heard ? this.#silence + this.#interval : 0;
    this.#heard = heard;
    this.#timer = undefined;
    if (this.#silence >= this.#options.idleTimeout) return this.#options.expire();
    this.#arm();
    this.#options.ring();
  };
}
