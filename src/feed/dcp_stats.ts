import type { DcpStreamState } from "./dcp_stream.ts";

/** What one stream is doing. */
export interface DcpVbucketStats {
  /** The vbucket. */
  readonly vbucket: number;
  /** Which stream of the vbucket it is, where there may be several. */
  readonly streamId: number | undefined;
  /** What it is doing. */
  readonly state: DcpStreamState;
  /** The last seqno that was taken. */
  readonly seqno: bigint;
  /** The last write of the vbucket, as far as it is known. */
  readonly highSeqno: bigint;
  /** How many seqnos it is behind. */
  readonly lag: bigint;
  /** How many events came. */
  readonly events: number;
}

/** How a feed is doing. */
export interface DcpFeedStats {
  /** Events that came. */
  readonly events: number;
  /** Bytes that they took on the wire. */
  readonly bytes: number;
  /** Bytes that were given back to the server's window. */
  readonly ackedBytes: number;
  /** Events a second since the last call of `stats`. */
  readonly eventsPerSecond: number;
  /** Bytes a second since the last call of `stats`. */
  readonly bytesPerSecond: number;
  /** The window: its size, and how much of it is with the consumer, in bytes. */
  readonly window: { readonly size: number; readonly used: number };
  /** What came and was not taken. */
  readonly queued: { readonly events: number; readonly bytes: number };
  /** How often the connection was made anew. */
  readonly reconnects: number;
  /** How often a stream went back in history. */
  readonly rollbacks: number;
  /** How often a stream was asked for anew because nothing came of it. */
  readonly stalls: number;
  /** No-ops that were answered. */
  readonly noops: number;
  /** Messages of streams that are not open any more. */
  readonly strays: number;
  /** Controls that the server refused. */
  readonly refusedControls: readonly string[];
  /** How many seqnos all streams are behind together, as far as it is known. */
  readonly lag: bigint;
  /** The streams. */
  readonly streams: readonly DcpVbucketStats[];
}

/** Events and bytes a second, from one look to the next. */
export class RateMeter {
  readonly #now: () => number;
  #at: number;
  #events = 0;
  #bytes = 0;

  /** Starts at zero, now; the clock is in milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
    this.#at = now();
  }

  /** The rates since the last look. */
  look(events: number, bytes: number): { readonly eventsPerSecond: number; readonly bytesPerSecond: number } {
    const now = this.#now();
    const seconds = Math.max(now - this.#at, 1) / 1000;
    const rates = {
      eventsPerSecond: (events - this.#events) / seconds,
      bytesPerSecond: (bytes - this.#bytes) / seconds,
    };
    this.#at = now;
    this.#events = events;
    this.#bytes = bytes;
    return rates;
  }
}
