import { TimeoutError } from "../../errors.ts";

/** For how long somebody waits. */
export interface WaitOptions {
  /** Nobody is interested any more: rejects with its reason. */
  readonly signal: AbortSignal;
  /** Milliseconds after which it rejects with a `TimeoutError`; for ever when missing. */
  readonly timeout?: number;
}

/** Those who wait for something to change. */
export class Waiters {
  readonly #waiting = new Set<() => void>();

  /** Resolves at the next release. */
  wait({ signal, timeout }: WaitOptions): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const timer = timeout === undefined ? undefined : setTimeout(() => {
        leave();
        reject(new TimeoutError(`Cannot wait longer than ${timeout} ms`));
      }, timeout);
      const release = () => {
        leave();
        resolve();
      };
      const abort = () => {
        leave();
        reject(signal.reason);
      };
      const leave = () => {
        clearTimeout(timer);
        signal.removeEventListener("abort", abort);
        this.#waiting.delete(release);
      };
      signal.addEventListener("abort", abort);
      this.#waiting.add(release);
    });
  }

  /** Lets all go on who wait now. */
  release(): void {
    for (const release of [...this.#waiting]) release();
  }
}
