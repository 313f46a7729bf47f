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

/** What has happened between a feed and its nodes. */
export interface DcpCounts {
  /** Bytes of messages of streams. */
  readonly bytes: number;
  /** How many of them were given back to the window. */
  readonly ackedBytes: number;
  /** How often a connection was made anew. */
  readonly reconnects: number;
  /** How often a stream went back in history. */
  readonly rollbacks: number;
  /** No-ops that were answered. */
  readonly noops: number;
  /** Messages of streams that are not open any more. */
  readonly strays: number;
}

/** One node of a feed, as it stands now. */
export interface DcpNodeStats extends DcpCounts {
  /** Its host and port as the cluster map has them; without a map, what the connection leads to. */
  readonly name: string;
  /** Whether it is connected; otherwise it is tried again. */
  readonly connected: boolean;
  /** The window of its connection: its size, and how much of it is with the consumer, in bytes. */
  readonly window: { readonly size: number; readonly used: number };
  /** How many streams are had from it. */
  readonly streams: number;
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
  /** The windows of all nodes together: their size, and how much of it is with the consumer, in bytes. */
  readonly window: { readonly size: number; readonly used: number };
  /** What came and was not taken. */
  readonly queued: { readonly events: number; readonly bytes: number };
  /** How often a connection was made anew. */
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
  /** The nodes that there are now; those that have left count in the sums above. */
  readonly nodes: readonly DcpNodeStats[];
  /** The streams. */
  readonly streams: readonly DcpVbucketStats[];
}

/** The counts of several nodes together. */
export function sumOf(counts: readonly DcpCounts[]): DcpCounts {
  const sum = { bytes: 0, ackedBytes: 0, reconnects: 0, rollbacks: 0, noops: 0, strays: 0 };
  for (const one of counts) {
    for (const name of Object.keys(sum) as (keyof DcpCounts)[]) sum[name] += one[name];
  }
  return sum;
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
