import { VbucketState } from "../../ops/vbucket.ts";
import type { FailoverEntry } from "../../ops/vbucket.ts";
import { compareKeys, type CouchbaseDocument, documentId } from "./document.ts";
import { HybridClock } from "./hybrid_clock.ts";
import { Waiters } from "./waiters.ts";

/** What a {@linkcode Vbucket} needs from its bucket. */
export interface VbucketHost {
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** Whether writes are on disk at once. */
  persists(): boolean;
  /** Makes the name of a history: 48 random bits. */
  vbuuid(): bigint;
  /** A document was written or deleted. */
  mutated(vbucket: Vbucket, document: CouchbaseDocument): void;
}

/** A document before it has its place in the history. */
export type Draft = Omit<CouchbaseDocument, "seqno">;

/**
 * One part of a bucket: its documents and tombstones, each with its last write only, in the order of their seqnos; the histories
 * that it has had; and how far they are on disk.
 */
export class Vbucket {
  /** Its number. */
  readonly id: number;
  /**
   * Makes the versions of its documents.
   *
   * @internal
   */
  readonly versions: HybridClock;
  readonly #host: VbucketHost;
  /** A map keeps the order of insertion, which is that of the seqnos. */
  readonly #documents = new Map<string, CouchbaseDocument>();
  readonly #collectionSeqnos = new Map<number, bigint>();
  /** Until when documents are locked, in milliseconds since 1970. */
  readonly #locks = new Map<string, number>();
  readonly #states = new Waiters();
  readonly #persistence = new Waiters();
  #failoverLog: readonly FailoverEntry[];
  #state: number;
  #highSeqno = 0n;
  #persistedSeqno = 0n;

  /** Makes an empty vbucket with one history. */
  constructor(id: number, state: number, host: VbucketHost) {
    this.id = id;
    this.versions = new HybridClock(host.clock);
    this.#state = state;
    this.#host = host;
    this.#failoverLog = [{ vbuuid: host.vbuuid(), seqno: 0n }];
  }

  /** One of {@linkcode VbucketState}. */
  get state(): number {
    return this.#state;
  }

  /** The histories, the newest first. */
  get failoverLog(): readonly FailoverEntry[] {
    return this.#failoverLog;
  }

  /** The history that it is in. */
  get vbuuid(): bigint {
    return this.#failoverLog[0]!.vbuuid;
  }

  /** The last write. */
  get highSeqno(): bigint {
    return this.#highSeqno;
  }

  /** The last write that is on disk. */
  get persistedSeqno(): bigint {
    return this.#persistedSeqno;
  }

  /** The last write of a collection; 0 if there was none. */
  collectionSeqno(collection: number): bigint {
    return this.#collectionSeqnos.get(collection) ?? 0n;
  }

  /**
   * Changes the state. What becomes active begins a new history, since it may not have all that the old one had.
   *
   * @internal
   */
  setState(state: number): void {
    if (state === VbucketState.ACTIVE && this.#state !== VbucketState.ACTIVE) this.failover();
    this.#state = state;
    this.#states.release();
  }

  /**
   * Begins a new history, as after a failover.
   *
   * @internal
   */
  failover(): void {
    this.#failoverLog = [{ vbuuid: this.#host.vbuuid(), seqno: this.#highSeqno }, ...this.#failoverLog];
  }

  /**
   * Resolves when the state changes.
   *
   * @internal
   */
  stateChange(signal: AbortSignal): Promise<void> {
    return this.#states.wait({ signal });
  }

  /** The document or the tombstone of a key. */
  find(collection: number, key: Uint8Array): CouchbaseDocument | undefined {
    return this.#documents.get(documentId(collection, key));
  }

  /**
   * Writes a document or a tombstone behind all others.
   *
   * @internal
   */
  put(draft: Draft): CouchbaseDocument {
    const document = { ...draft, seqno: ++this.#highSeqno };
    const id = documentId(draft.collection, draft.key);
    this.#documents.delete(id);
    this.#documents.set(id, document);
    this.#locks.delete(id);
    this.#collectionSeqnos.set(draft.collection, document.seqno);
    this.versions.meet(draft.cas);
    if (this.#host.persists()) this.persist();
    this.#host.mutated(this, document);
    return document;
  }

  /**
   * Locks a document until a time in milliseconds since 1970; it gets a new version, which is no write.
   *
   * @internal
   */
  lock(document: CouchbaseDocument, until: number): CouchbaseDocument {
    const id = documentId(document.collection, document.key);
    const locked = { ...document, cas: this.versions.next() };
    this.#documents.set(id, locked);
    this.#locks.set(id, until);
    return locked;
  }

  /**
   * Unlocks a document.
   *
   * @internal
   */
  unlock({ collection, key }: CouchbaseDocument): void {
    this.#locks.delete(documentId(collection, key));
  }

  /** Whether a document is locked. */
  isLocked({ collection, key }: CouchbaseDocument): boolean {
    return this.#locks.size > 0 && (this.#locks.get(documentId(collection, key)) ?? 0) > this.#host.clock();
  }

  /** All documents and tombstones behind a seqno, in the order of their seqnos. */
  *since(seqno = 0n): IterableIterator<CouchbaseDocument> {
    for (const document of this.#documents.values()) {
      if (document.seqno > seqno) yield document;
    }
  }

  /** The documents of a collection, without tombstones, in the order of their keys. */
  inOrder(collection: number): CouchbaseDocument[] {
    const now = Math.floor(this.#host.clock() / 1000);
    return [...this.#documents.values()]
      .filter((one) => one.collection === collection && one.deleted === undefined && !hasExpired(one, now))
      .sort((a, b) => compareKeys(a.key, b.key));
  }

  /**
   * Forgets all documents of a collection, tombstones too.
   *
   * @internal
   */
  dropCollection(collection: number): void {
    for (const [id, document] of this.#documents) {
      if (document.collection === collection) this.#documents.delete(id);
    }
    this.#collectionSeqnos.delete(collection);
  }

  /**
   * Puts all that was written on disk.
   *
   * @internal
   */
  persist(): void {
    this.#persistedSeqno = this.#highSeqno;
    this.#persistence.release();
  }

  /** Resolves when a write is on disk; rejects with the reason of the signal, or a `TimeoutError` after so many ms. */
  async persisted(seqno: bigint, options: { readonly signal: AbortSignal; readonly timeout: number }): Promise<void> {
    while (this.#persistedSeqno < seqno) await this.#persistence.wait(options);
  }
}

/** Whether the time of a document is over. */
export function hasExpired(document: CouchbaseDocument, now: number): boolean {
  return document.deleted === undefined && document.expiry !== 0 && document.expiry <= now;
}
