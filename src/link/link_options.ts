import type { Connection } from "../connection/connection.ts";
import type { BackoffOptions } from "./backoff.ts";
import type { LinkClock } from "./clock.ts";
import type { LinkStatus } from "./link_status.ts";
import type { RetryOptions } from "./retry.ts";

/** How a link behaves that is not what its connections are set to. Times are milliseconds; 0 switches off what they limit. */
export interface ReconnectOptions extends RetryOptions {
  /** Connects at the first call only, and after a loss only when there is a call again; `false` by default. */
  readonly lazy?: boolean;
  /** How many calls may wait for a connection; 16,384 by default. */
  readonly maxWaiting?: number;
  /** The pauses between attempts: full jitter over steps from 50 ms to 2 s by default. */
  readonly backoff?: BackoffOptions;
  /** After how many failed attempts in a row the server counts as down; 3 by default, 0 for never. */
  readonly downAfter?: number;
  /**
   * What calls do while the server is down: `fail` at once, the default, or `wait` within their deadline. One attempt at a time goes on
   * meanwhile, and the server is up when it has answered.
   */
  readonly whenDown?: "fail" | "wait";
  /** After how long without a byte, while calls wait for answers, the server is asked for a sign of life; 5,000 by default. */
  readonly probeAfter?: number;
  /** How long that sign may take before the connection is replaced; 1,000 by default. */
  readonly probeTimeout?: number;
  /**
   * After how long without a call, on the clock of the wall, a connection is asked for a sign of life before it is used; 10,000 by
   * default. So a process that was frozen, or whose connection was forgotten by a firewall, does not send calls to nobody.
   */
  readonly probeIdle?: number;
  /** After how long without a call the connection is closed; the next call opens one. Never by default. */
  readonly maxIdle?: number;
  /** How old a connection may get before another one takes its place, up to a tenth less by chance. Never by default. */
  readonly maxLifetime?: number;
}

/** How a {@linkcode Link} is set. */
export interface LinkOptions extends ReconnectOptions {
  /** The name of the server, for messages and events; `the server` by default. */
  readonly server?: string;
  /** How long a call that waits for a connection may take unless it says otherwise: as the connections know it; 1,000 by default, 0 for ever. */
  readonly timeout?: number;
  /** Is told every event of {@linkcode Link.status} in the moment it happens; must not throw. */
  readonly told?: (event: LinkStatus) => void;
  /** The first connection, where there is one already. */
  readonly connection?: Connection;
  /** Another clock, for tests. */
  readonly clock?: LinkClock;
}

/**
 * Looks at the numbers.
 *
 * @throws {RangeError} If one is negative or no number.
 */
export function checkLinkOptions(options: LinkOptions): void {
  const { maxWaiting, downAfter, probeAfter, probeTimeout, probeIdle, maxIdle, maxLifetime, timeout, retries } =
    options;
  const numbers = {
    maxWaiting,
    downAfter,
    probeAfter,
    probeTimeout,
    probeIdle,
    maxIdle,
    maxLifetime,
    timeout,
    retries,
  };
  for (const [name, value] of Object.entries(numbers)) {
    if (value !== undefined && !(value >= 0)) {
      throw new RangeError(`Cannot use ${name} of ${value}: it is a number, and not negative`);
    }
  }
}
