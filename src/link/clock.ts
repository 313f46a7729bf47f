/** What a link knows time and chance by. Only tests need another than {@linkcode SYSTEM_CLOCK}. */
export interface LinkClock {
  /** Milliseconds that only grow, for deadlines and pauses. */
  now(): number;
  /** Milliseconds of the calendar, which go on while a process is frozen. */
  wall(): number;
  /** A random number, 0 to below 1. */
  random(): number;
  /** Has a function called once, in so many milliseconds; returns what prevents it. */
  after(delay: number, ring: () => void): () => void;
}

/** The longest that timers can wait, in milliseconds; more would ring at once. */
const LONGEST = 0x7fffffff;

/** The clock, the timers and the chance of the runtime. */
export const SYSTEM_CLOCK: LinkClock = {
  now: () => performance.now(),
  wall: () => Date.now(),
  random: () => Math.random(),
  after(delay, ring) {
    const timer = setTimeout(ring, Math.min(Math.max(0, delay), LONGEST));
    return () => clearTimeout(timer);
  },
};
