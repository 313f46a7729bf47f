import type { CollectionChange } from "./collection_change.ts";
import type { CouchbaseDocument } from "./document.ts";

/** What has a place in the history of a vbucket: a document, a tombstone, or a change of the collections. */
export type VbucketChange = CouchbaseDocument | CollectionChange;

/**
 * The last changes of a vbucket, found by their seqnos: what feeds send from memory.
 *
 * It holds references to what the vbucket keeps anyway: a change that a later one of the same key has replaced is not in it any
 * more. The oldest are let go when there are too many, so that who is further behind has to read the vbucket itself.
 */
export class ChangeLog {
  readonly #limit: number;
  /** One place for each seqno behind `#before`; empty where the change was replaced. */
  #changes: (VbucketChange | undefined)[] = [];
  #before: bigint;

  /** Makes an empty log that begins behind a seqno, and keeps at least the last so many seqnos, at most twice as many. */
  constructor(limit: number, before = 0n) {
    this.#limit = limit;
    this.#before = before;
  }

  /** Whether all changes behind a seqno are here. */
  reaches(seqno: bigint): boolean {
    return seqno >= this.#before;
  }

  /** Adds the change with the next seqno. */
  append(change: VbucketChange): void {
    this.#changes.push(change);
    const over = this.#changes.length - this.#limit;
    if (over <= this.#limit) return;
    this.#changes.splice(0, over);
    this.#before += BigInt(over);
  }

  /** Forgets a change that does not hold any more. */
  remove(seqno: bigint): void {
    if (seqno > this.#before) this.#changes[Number(seqno - this.#before) - 1] = undefined;
  }

  /** The changes behind a seqno that still hold, in the order of their seqnos; only if the log reaches that far. */
  since(seqno: bigint): VbucketChange[] {
    const changes: VbucketChange[] = [];
    for (let i = Number(seqno - this.#before); i < this.#changes.length; i++) {
      const change = this.#changes[i];
      if (change !== undefined) changes.push(change);
    }
    return changes;
  }

  /** Forgets all, and begins behind a seqno. */
  restart(before: bigint): void {
    this.#changes = [];
    this.#before = before;
  }
}
