import type { Frame } from "../frame/frame.ts";
import type { ErrorMap } from "../wire/error_map.ts";
import type { Features } from "../wire/features.ts";
import type { ExtrasWriter } from "./caller.ts";
import type { StrandedCall } from "./stranded.ts";
import type { Wire } from "./wire.ts";

/** How long `close` waits for calls that have no deadline of their own, in milliseconds. */
export const DRAIN_TIMEOUT = 1000;

/** How a connection is set. */
export interface ConnectionOptions {
  /** How long a call may take unless it says otherwise, in milliseconds; 1000 by default, 0 for ever. */
  readonly timeout?: number;
  /** How many calls may wait for an answer; 16,384 by default, 65,536 at most. */
  readonly maxInFlight?: number;
  /** How many bytes may wait to be written before calls are refused; 64 MiB by default. */
  readonly maxQueuedBytes?: number;
  /** Largest body in bytes that is accepted from the peer; 20 MiB + 64 KiB by default. */
  readonly maxBody?: number;
  /** What it speaks, for this connection alone; the binary protocol by default. See {@linkcode ConnectOptions.protocol}. */
  readonly wire?: Wire;
  /**
   * Is shown every single call that was answered NOT_MY_VBUCKET, with that answer, and may take it over to have it made elsewhere;
   * returns whether it did. The caller is told of the answer otherwise.
   */
  readonly onMoved?: (call: StrandedCall, answer: Frame) => boolean;
  /** Is shown what the server tells on its own and wants no answer to, such as that there is a new cluster map. */
  readonly onNotice?: (request: Frame) => void;
}

/** What a connection is doing. It only ever moves to the right: `open`, `draining`, `closed`. */
export type ConnectionState = "open" | "draining" | "closed";

/** Counts since a connection began. */
export interface ConnectionCounters {
  /** Writes to the transport. */
  readonly writes: number;
  /** Chunks from the transport. */
  readonly reads: number;
  /** Answers that were dropped because their caller had given up. */
  readonly lateReplies: number;
}

/** What two sides have agreed on at the start of a session. */
export interface Agreement {
  /** The features that the server granted. */
  readonly features?: Features;
  /** What the server says its statuses mean. */
  readonly errorMap?: ErrorMap;
  /** Writes collections and framing extras. */
  readonly writeExtras?: ExtrasWriter;
  /** Decompresses what is no document, such as errors and cluster maps. */
  readonly inflate?: (value: Uint8Array) => Uint8Array;
}
