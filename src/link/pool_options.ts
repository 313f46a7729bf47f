import type { Connection } from "../connection/connection.ts";
import type { LinkClock } from "./clock.ts";
import type { ReconnectOptions } from "./link_options.ts";

/** How many connections a pool has, and what for. What it takes beside that is for each of them. */
export interface PoolSettings extends Omit<ReconnectOptions, "lazy"> {
  /** The most connections for calls; 4 by default. */
  readonly connections?: number;
  /** How many of them are opened at once and kept while nobody needs them; 1 by default, 0 to begin with the first call. */
  readonly minConnections?: number;
  /** How many calls wait on every open connection before another one is opened; 32 by default. */
  readonly openAt?: number;
  /** How many further connections are opened at a time; 1 by default. */
  readonly maxOpening?: number;
  /** After how long without a call, in ms, a connection beyond `minConnections` is closed; 60,000 by default, 0 for never. */
  readonly maxIdle?: number;
  /**
   * From how many bytes on a value is written over a connection of its own, so that small calls do not wait behind it; never by
   * default. What reads large values goes there through {@linkcode Pool.large}.
   */
  readonly largeValueBytes?: number;
  /** How many connections may be borrowed at a time; all but one by default, or the only one. */
  readonly maxBorrowed?: number;
  /** How many calls of {@linkcode Pool.borrow} may wait, and how many calls while all connections are borrowed; 16,384 by default. */
  readonly maxWaiting?: number;
}

/** How a {@linkcode Pool} is set. */
export interface PoolOptions extends PoolSettings {
  /** The name of the server, for messages and events; `the server` by default. */
  readonly server?: string;
  /** How long a call, or a wait for a connection to borrow, may take unless it says otherwise, in ms; 1,000 by default, 0 for ever. */
  readonly timeout?: number;
  /** The first connection, where there is one already. */
  readonly connection?: Connection;
  /** Another clock, for tests. */
  readonly clock?: LinkClock;
}

/** The options that count something, as numbers. */
export interface PoolLimits {
  readonly connections: number;
  readonly minConnections: number;
  readonly openAt: number;
  readonly maxOpening: number;
  readonly largeValueBytes: number;
  readonly maxBorrowed: number;
  readonly maxWaiting: number;
  readonly timeout: number;
}

/**
 * Gives the options that were not given.
 *
 * @throws {RangeError} If a number cannot be used.
 */
export function poolLimits(options: PoolOptions): PoolLimits {
  const { connections = 4, minConnections = Math.min(1, connections), openAt = 32, maxOpening = 1 } = options;
  const { maxBorrowed = Math.max(1, connections - 1), maxWaiting = 16_384, timeout = 1000 } = options;
  const { largeValueBytes = Infinity } = options;
  const limits = { connections, minConnections, openAt, maxOpening, largeValueBytes, maxBorrowed, maxWaiting, timeout };
  for (const [name, value] of Object.entries(limits)) {
    if (!(value >= 0)) throw new RangeError(`Cannot use ${name} of ${value}: it is a number, and not negative`);
  }
  if (!Number.isInteger(connections) || connections < 1) {
    throw new RangeError(`Cannot use ${connections} connections: it is a whole number from 1 on`);
  }
  if (minConnections > connections || maxBorrowed > connections) {
    throw new RangeError(
      `Cannot use minConnections of ${minConnections} and maxBorrowed of ${maxBorrowed}: there are ${connections} connections`,
    );
  }
  return limits;
}
