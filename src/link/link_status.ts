/**
 * What a link tells of itself.
 */

/** Something that happened between a link and its server. */
export type LinkStatus =
  | ConnectingStatus
  | ConnectedStatus
  | DisconnectedStatus
  | WaitingStatus
  | DownStatus
  | UpStatus
  | ClosedStatus;

/** An event without what all events have. */
export type LinkNews = LinkStatus extends infer S ? S extends LinkStatus ? Omit<S, keyof LinkStatusBase> : never
  : never;

/** What all events of a link have. */
export interface LinkStatusBase {
  /** The name of the server, as the link was given it. */
  readonly server: string;
  /** Which connection of a pool it is about: its place, from 0, that for large values last. Only of pools. */
  readonly connection?: number;
  /** When it happened, in milliseconds of `Date.now`. */
  readonly at: number;
}

/** An attempt to connect begins. */
export interface ConnectingStatus extends LinkStatusBase {
  /** Which kind of event this is. */
  readonly type: "connecting";
  /** 1 for the first attempt since the link was last connected. */
  readonly attempt: number;
}

/** There is a connection; calls that waited have been written. */
export interface ConnectedStatus extends LinkStatusBase {
  /** Which kind of event this is. */
  readonly type: "connected";
  /** Address of the peer. */
  readonly peer: string;
  /** How many calls had waited for it. */
  readonly waited: number;
}

/** There is no connection any more. */
export interface DisconnectedStatus extends LinkStatusBase {
  /** Which kind of event this is. */
  readonly type: "disconnected";
  /** Why: it was lost; nobody used it for `maxIdle`. */
  readonly reason: "lost" | "idle";
  /** How it was lost. */
  readonly error: unknown;
  /** How many calls under way will be made again, by the reason why they may. */
  readonly retries: Readonly<Record<RetryReason, number>>;
  /** How many calls under way failed, as they may not be made again. */
  readonly failed: number;
}

/** An attempt to connect failed or a connection was lost, and the next attempt is after a pause. */
export interface WaitingStatus extends LinkStatusBase {
  /** Which kind of event this is. */
  readonly type: "waiting";
  /** How long the pause is, in milliseconds. */
  readonly delay: number;
  /** What failed. */
  readonly error: unknown;
}

/** So many attempts failed in a row that calls fail at once, unless told to wait. */
export interface DownStatus extends LinkStatusBase {
  /** Which kind of event this is. */
  readonly type: "down";
  /** How many attempts failed. */
  readonly failures: number;
  /** What failed last. */
  readonly error: unknown;
}

/** The server answers again. */
export interface UpStatus extends LinkStatusBase {
  /** Which kind of event this is. */
  readonly type: "up";
}

/** The link was closed; nothing follows. */
export interface ClosedStatus extends LinkStatusBase {
  /** Which kind of event this is. */
  readonly type: "closed";
}

/**
 * Why a call may be made again: no byte of it had left; or it may have been done, but doing it twice is the same as doing it once.
 */
export type RetryReason = "not-sent" | "idempotent";
