import type { Connection } from "../connection/connection.ts";
import type { LinkClock } from "./clock.ts";

/** What a {@linkcode Watch} goes by, in milliseconds; 0 switches off. */
export interface WatchOptions {
  /** Silence while answers are awaited. */
  readonly probeAfter: number;
  /** Time without calls before the next one must ask first. */
  readonly probeIdle: number;
  /** Time without calls before the connection is given up. */
  readonly maxIdle: number;
  /** The peer should be asked for a sign of life. */
  readonly silent: () => void;
  /** Nobody needs the connection; returns whether it was given up. */
  readonly idle: () => boolean;
}

/** The longest between two looks, in milliseconds. */
const LONGEST_LOOK = 60_000;

/**
 * Watches over a connection with a look now and then: whether bytes come while answers are awaited, and whether it is used at all.
 * Calls on a busy connection cost nothing; those on an idle one a look at the clock. No timer runs while nothing is awaited.
 */
export class Watch {
  readonly #clock: LinkClock;
  readonly #options: WatchOptions;
  readonly #look: number;
  #connection: Connection | undefined = undefined;
  #stop: (() => void) | undefined = undefined;
  /** When it was last known to be used, on the clock of the wall. */
  #used = 0;
  /** When the next look was set, on the same clock. */
  #setAt = 0;
  #reads = 0;
  /** Since when nothing comes although something should, on the other clock. */
  #silentSince: number | undefined = undefined;

  /** Watches nothing yet. */
  constructor(clock: LinkClock, options: WatchOptions) {
    this.#clock = clock;
    this.#options = options;
    const { probeAfter, maxIdle } = options;
    this.#look = Math.min(probeAfter > 0 ? probeAfter / 2 : Infinity, maxIdle > 0 ? maxIdle : Infinity, LONGEST_LOOK);
  }

  /** Watches over a connection that was just proved to be good. */
  start(connection: Connection): void {
    this.stop();
    this.#connection = connection;
    this.#used = this.#clock.wall();
    this.#set();
  }

  /** Watches over it no longer. */
  stop(): void {
    this.#stop?.();
    this.#stop = undefined;
    this.#connection = undefined;
  }

  /** Is told of a call while nothing is under way. Whether the connection was used lately enough to be trusted. */
  fresh(): boolean {
    const wall = this.#clock.wall();
    const { probeIdle } = this.#options;
    if (probeIdle > 0 && wall - this.#used >= probeIdle) return false;
    this.#used = wall;
    if (this.#stop === undefined) this.#set();
    return true;
  }

  #set(): void {
    const { probeAfter, maxIdle } = this.#options;
    this.#reads = this.#connection!.counters.reads;
    this.#silentSince = undefined;
    if (probeAfter > 0 || maxIdle > 0) this.#lookLater();
  }

  #lookLater(): void {
    this.#setAt = this.#clock.wall();
    this.#stop = this.#clock.after(this.#look, this.#tick);
  }

  readonly #tick = (): void => {
    this.#stop = undefined;
    const connection = this.#connection!;
    const { probeAfter, probeIdle, maxIdle, silent, idle } = this.#options;
    const frozen = probeIdle > 0 && this.#clock.wall() - this.#setAt - this.#look >= probeIdle;
    const now = this.#clock.now();
    const { reads } = connection.counters;
    const awaited = connection.unanswered > 0;
    const heard = reads !== this.#reads;
    this.#reads = reads;
    if (heard) this.#used = this.#clock.wall();
    if (heard || !awaited) this.#silentSince = undefined;
    else this.#silentSince ??= now;
    if (maxIdle > 0 && !heard && !awaited && this.#clock.wall() - this.#used >= maxIdle && idle()) return;
    if (maxIdle === 0 && !awaited && !heard) return;
    this.#lookLater();
    if (probeAfter === 0 || this.#silentSince === undefined) return;
    // Of a process that was frozen nobody knows how long it was silent.
    if (frozen || now - this.#silentSince >= probeAfter) {
      this.#silentSince = now;
      silent();
    }
  };
}
