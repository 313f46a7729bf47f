import type { FeedClock } from "./process_clock.ts";

const FIRST = 50;
const MOST_DOUBLINGS = 20;

/** How long to wait before an attempt, in milliseconds: anything up to a limit that doubles with each one that failed, so that many do not come at once. */
export function backoff(clock: FeedClock, attempt: number, max: number): number {
  return clock.random() * Math.min(max, FIRST * 2 ** Math.min(attempt, MOST_DOUBLINGS));
}
