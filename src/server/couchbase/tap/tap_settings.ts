import { SYSTEM_TIMERS, type Timers } from "../dcp/noop_timer.ts";

/** How a node serves TAP; what is not given is as in Couchbase 3.1.6. */
export interface TapServerOptions {
  /** Whether TAP is served at all; `true` by default. Servers from Couchbase 5.0 on refuse it. */
  readonly enabled?: boolean;
  /** After how many messages an acknowledgement is asked for at the latest; 1000 by default. */
  readonly ackInterval?: number;
  /** How many messages may wait for an acknowledgement; 10,000 by default. */
  readonly ackWindow?: number;
  /** For how many milliseconds a client may acknowledge nothing of what it was asked for; 300,000 by default. */
  readonly ackGrace?: number;
  /** How many milliseconds pass before a refused message is sent again; 5,000 by default. */
  readonly backoff?: number;
  /** How often a keep-alive is sent, in milliseconds; 200,000 by default. */
  readonly noopInterval?: number;
  /** How many changes of a vbucket make a checkpoint; 500 by default. */
  readonly checkpointItems?: number;
}

/** The same with nothing left open. */
export interface TapSettings extends Required<TapServerOptions> {
  /** What lets time pass. */
  readonly timers: Timers;
}

/** Fills in what was not given. */
export function tapSettings(options: TapServerOptions = {}, timers: Timers = SYSTEM_TIMERS): TapSettings {
  return {
    enabled: true,
    ackInterval: 1000,
    ackWindow: 10_000,
    ackGrace: 300_000,
    backoff: 5_000,
    noopInterval: 200_000,
    checkpointItems: 500,
    ...options,
    timers,
  };
}
