import { VbucketState } from "../../../ops/vbucket.ts";
import { isCollectionChange } from "../collection_change.ts";
import type { CouchbaseDocument } from "../document.ts";
import type { Vbucket } from "../vbucket.ts";
import type { TapOutgoing } from "./tap_message.ts";

/** How far a feed is in a vbucket. */
export class TapCursor {
  /** The vbucket. */
  readonly vbucket: Vbucket;
  /** Whether all of it is sent from the beginning. */
  readonly backfill: boolean;
  readonly #items: bigint;
  /** The last change that was sent. */
  #seqno: bigint;
  /** The checkpoint that is open for the client. */
  #checkpoint: bigint;
  /** Whether something was sent that the vbucket has lost. */
  #lost = false;
  /** How often the vbucket has moved. */
  #moves = 0;

  /** Begins behind a seqno; so many changes make a checkpoint. */
  constructor(vbucket: Vbucket, from: { readonly seqno: bigint; readonly backfill: boolean; readonly items: number }) {
    this.vbucket = vbucket;
    this.backfill = from.backfill;
    this.#items = BigInt(from.items);
    this.#seqno = from.seqno;
    this.#checkpoint = this.#openAt(from.seqno);
  }

  /** The last change that was sent. */
  get seqno(): bigint {
    return this.#seqno;
  }

  /** Whether there is something behind it. */
  get ready(): boolean {
    // A history that went back has nothing behind it for a while.
    if (this.#seqno > this.vbucket.highSeqno) this.#seqno = this.vbucket.highSeqno;
    return this.#seqno < this.vbucket.highSeqno;
  }

  /** The vbucket has another history perhaps, which may have left the one that was sent before its last change. */
  moved(): void {
    this.#moves++;
    this.#lost ||= this.vbucket.failoverLog[0]!.seqno < this.#seqno;
  }

  /** Whether all must be sent anew, because what the client has cannot be brought up to date by what is behind it. */
  get broken(): boolean {
    if (this.#lost) return true;
    if (this.#seqno === 0n || this.vbucket.log.reaches(this.#seqno)) return false;
    return this.vbucket.purgedOf((collection) => collection === 0) > this.#seqno;
  }

  /** Goes back to the beginning. */
  restart(): void {
    this.#lost = false;
    this.#seqno = 0n;
  }

  /** The mark that opens the checkpoint that it is in. */
  opening(): TapOutgoing {
    this.#checkpoint = this.#openAt(this.#seqno);
    return { kind: "checkpoint", vbucket: this.vbucket.id, ends: false, id: this.#checkpoint };
  }

  /** Sends what is behind it, with `marks` between the checkpoints; returns `false` when the vbucket has moved under it. */
  *advance(
    { marks, backfill = false }: { readonly marks: boolean; readonly backfill?: boolean },
  ): Generator<TapOutgoing, boolean> {
    const { vbucket } = this;
    const until = vbucket.highSeqno;
    const changes = vbucket.log.reaches(this.#seqno)
      ? vbucket.log.since(this.#seqno)
      : vbucket.changesSince(this.#seqno);
    const moves = this.#moves;
    for (const change of changes) {
      // The rest was read of a history that is over perhaps.
      if (this.#moves !== moves) return false;
      if (marks) yield* this.#marksUntil(this.#openAt(change.seqno - 1n));
      this.#seqno = change.seqno;
      if (!isCollectionChange(change) && change.collection === 0) yield this.#item(change, backfill);
    }
    if (this.#moves !== moves) return false;
    this.#seqno = until;
    if (marks) yield* this.#marksUntil(this.#openAt(until));
    return true;
  }

  /** Whether the vbucket is still the one to send. */
  get isActive(): boolean {
    return this.vbucket.state === VbucketState.ACTIVE;
  }

  *#marksUntil(open: bigint): Generator<TapOutgoing> {
    const vbucket = this.vbucket.id;
    while (this.#checkpoint < open) {
      yield { kind: "checkpoint", vbucket, ends: true, id: this.#checkpoint++ };
      yield { kind: "checkpoint", vbucket, ends: false, id: this.#checkpoint };
    }
  }

  #item(document: CouchbaseDocument, backfill: boolean): TapOutgoing {
    return { kind: "item", vbucket: this.vbucket.id, document, backfill };
  }

  /** The checkpoint that is open behind a seqno. */
  #openAt(seqno: bigint): bigint {
    return seqno / this.#items + 1n;
  }
}

/** The last change of a checkpoint. */
export function lastOfCheckpoint(checkpoint: bigint, items: number): bigint {
  return checkpoint * BigInt(items);
}
