import type { FailoverEntry } from "../../ops/vbucket.ts";
import type { CollectionChange } from "./collection_change.ts";
import type { CouchbaseDocument } from "./document.ts";

/** Who follows a vbucket: a feed. */
export interface VbucketWatcher {
  /** Something was written, behind all that was there. */
  changed(): void;
  /** What was followed is over: the vbucket has another state or another history, or was removed. */
  moved(): void;
}

/** What a vbucket held at one time: what a replica has that did not get what came after. */
export interface VbucketCopy {
  /** The last change in it. */
  readonly seqno: bigint;
  /**
   * The documents and tombstones.
   *
   * @internal
   */
  readonly documents: ReadonlyMap<string, CouchbaseDocument>;
  /**
   * The changes of collections.
   *
   * @internal
   */
  readonly collectionChanges: ReadonlyMap<string, CollectionChange>;
  /**
   * The last write of each collection.
   *
   * @internal
   */
  readonly collectionSeqnos: ReadonlyMap<number, bigint>;
  /**
   * The histories.
   *
   * @internal
   */
  readonly failoverLog: readonly FailoverEntry[];
  /**
   * All versions of all documents, if they are kept.
   *
   * @internal
   */
  readonly history: readonly (CouchbaseDocument | CollectionChange)[];
  /**
   * The last tombstone of each collection that is not kept any more.
   *
   * @internal
   */
  readonly purged: ReadonlyMap<number, bigint>;
  /**
   * The highest revision that was ever deleted.
   *
   * @internal
   */
  readonly deletedRevision: bigint;
}
