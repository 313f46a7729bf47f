import { OverloadError, TimeoutError } from "../errors.ts";
import type { LinkClock } from "./clock.ts";

/** How long one waits for a connection. */
export interface BorrowOptions {
  /** How long, in milliseconds; as long as a call by default, 0 for ever. */
  readonly timeout?: number;
  /** Gives the wait up when aborted; it then rejects with the reason of the signal. */
  readonly signal?: AbortSignal;
}

/** Someone who waits for a turn. */
interface Borrower {
  readonly turn: () => void;
  readonly fail: (error: unknown) => void;
}

/** Those who wait for one of a few things, first come first served: never more things are out than there are. */
export class Borrowers {
  readonly #clock: LinkClock;
  readonly #limits: { readonly maxBorrowed: number; readonly maxWaiting: number; readonly timeout: number };
  readonly #server: string;
  readonly #waiting: Set<Borrower> = new Set();
  #out = 0;

  /** Starts with nothing out. */
  constructor(
    clock: LinkClock,
    server: string,
    limits: { readonly maxBorrowed: number; readonly maxWaiting: number; readonly timeout: number },
  ) {
    this.#clock = clock;
    this.#server = server;
    this.#limits = limits;
  }

  /** How many things are out. */
  get out(): number {
    return this.#out;
  }

  /** How many wait. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Resolves when it is one's turn, to when the time is over, `Infinity` for never; whoever had it must call `done` afterwards. */
  turn({ timeout = this.#limits.timeout, signal }: BorrowOptions): Promise<number> {
    const { maxBorrowed, maxWaiting } = this.#limits;
    return new Promise((resolve, reject) => {
      if (!(timeout >= 0)) throw new RangeError(`Cannot use a timeout of ${timeout}: it is milliseconds, 0 for ever`);
      signal?.throwIfAborted();
      const until = timeout === 0 ? Infinity : this.#clock.now() + timeout;
      if (this.#out < maxBorrowed) {
        this.#out++;
        resolve(until);
        return;
      }
      if (this.#waiting.size >= maxWaiting) throw this.#tooMany();
      const leave = () => {
        this.#waiting.delete(borrower);
        stop?.();
        signal?.removeEventListener("abort", onAbort);
      };
      const borrower: Borrower = {
        turn: () => {
          leave();
          this.#out++;
          resolve(until);
        },
        fail: (error) => {
          leave();
          reject(error);
        },
      };
      const onAbort = () => borrower.fail(signal!.reason);
      const stop = timeout === 0 ? undefined : this.#clock.after(timeout, () => borrower.fail(this.#late()));
      signal?.addEventListener("abort", onAbort);
      this.#waiting.add(borrower);
    });
  }

  /** One thing is back; it is the turn of the next. */
  done(): void {
    this.#out--;
    const [next] = this.#waiting;
    next?.turn();
  }

  /** Nobody gets a turn any more. */
  failAll(error: unknown): void {
    for (const borrower of [...this.#waiting]) borrower.fail(error);
  }

  #late(): TimeoutError {
    return new TimeoutError(
      `Cannot borrow a connection to ${this.#server}: ${this.#out} are borrowed, and none was given back in time`,
      { sent: false },
    );
  }

  #tooMany(): OverloadError {
    return new OverloadError(
      `Cannot borrow a connection to ${this.#server}: ${this.#waiting.size} wait for one; slow down, or raise maxWaiting`,
      { sent: false },
    );
  }
}
