/** Time and chance, as feeds take them: what a test replaces to be in charge of both. */

/** Where the time comes from. */
export interface FeedClock {
  /** A clock that only goes forward, in ms. */
  now(): number;
  /** Runs a function once, so many ms from now; returns what stops it. */
  after(ms: number, run: () => void): () => void;
  /** A number from 0 to below 1. */
  random(): number;
}

/** The longest that timers can wait, in ms; more would ring at once. */
const LONGEST = 0x7fffffff;

/** The clock of the runtime. */
export const SYSTEM_CLOCK: FeedClock = {
  now: () => performance.now(),
  after: (ms, run) => {
    const timer = setTimeout(run, Math.min(ms, LONGEST));
    return () => clearTimeout(timer);
  },
  random: () => Math.random(),
};

/** Waits; an abort ends it at once and is no error, since the caller knows the signal. */
export function pause(clock: FeedClock, ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const stop = clock.after(ms, end);
    signal?.addEventListener("abort", end);
    function end(): void {
      stop();
      signal?.removeEventListener("abort", end);
      resolve();
    }
  });
}
