/** What the processing of a feed needs of the feed and of its events: little, so that it goes for DCP, for TAP and for tests. */
import type { VbucketPosition } from "./position.ts";

/** An event of a feed. */
export interface ProcessEvent {
  /** What kind of event it is; "rollback", "snapshot" and "seqno-advanced" are treated as such. */
  readonly type: string;
  /** The vbucket that it is of. */
  readonly vbucket: number;
  /** What key it is about, if it is about one. */
  readonly key?: Uint8Array | undefined;
  /** Of a "stream-end": whether nothing more comes of the vbucket. */
  readonly final?: boolean;
  /** Where to go on after it; without one the event moves no checkpoint. */
  readonly position?: VbucketPosition | undefined;
}

/** A feed: its events, and what is read as one piece where it can do that. */
export interface EventSource<E> extends AsyncIterable<E> {
  /** The events as arrays, which is quicker. */
  batches?(options: { readonly max: number }): AsyncIterable<readonly E[]>;
  /** Where the feed stands; a {@linkcode FeedPosition} tells the bucket and the newest manifest. */
  position?(): unknown;
  /** Ends the feed; is called when the processing ends before it. */
  close?(): Promise<void>;
}
