import { VbucketState } from "../../ops/vbucket.ts";
import type { FailoverEntry } from "../../ops/vbucket.ts";
import { ChangeLog, type VbucketChange } from "./change_log.ts";
import { type CollectionChange, type CollectionChangeDraft, collectionChangeId } from "./collection_change.ts";
import { compareKeys, type CouchbaseDocument, documentId } from "./document.ts";
import { HybridClock } from "./hybrid_clock.ts";
import type { VbucketCopy, VbucketWatcher } from "./vbucket_copy.ts";
import { Waiters } from "./waiters.ts";

export type { VbucketCopy, VbucketWatcher } from "./vbucket_copy.ts";

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
  /** How many of the last changes are found by their seqnos. */
  readonly memoryChanges: number;
  /** Whether every version of every document is kept. */
  readonly history: boolean;
}

/** How many histories are remembered. */
const MAX_FAILOVERS = 25;

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
  /**
   * The last changes by their seqnos.
   *
   * @internal
   */
  readonly log: ChangeLog;
  readonly #host: VbucketHost;
  /** A map keeps the order of insertion, which is that of the seqnos. */
  #documents = new Map<string, CouchbaseDocument>();
  /** The last change of each collection and scope, in the order of the seqnos. */
  #collectionChanges = new Map<string, CollectionChange>();
  #collectionSeqnos = new Map<number, bigint>();
  /** All versions of all documents, if they are kept: one for each seqno. */
  #history: VbucketChange[] = [];
  readonly #watchers = new Set<VbucketWatcher>();
  /** Until when documents are locked, in milliseconds since 1970. */
  readonly #locks = new Map<string, number>();
  readonly #states = new Waiters();
  readonly #persistence = new Waiters();
  #failoverLog: readonly FailoverEntry[];
  #state: number;
  #highSeqno = 0n;
  #persistedSeqno = 0n;
  #deletedRevision = 0n;
  /** The last tombstone of each collection that is not kept any more. */
  #purged = new Map<number, bigint>();

  /** Makes an empty vbucket with one history. */
  constructor(id: number, state: number, host: VbucketHost) {
    this.id = id;
    this.versions = new HybridClock(host.clock);
    this.#state = state;
    this.#host = host;
    this.log = new ChangeLog(host.memoryChanges);
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

  /** The last tombstone that is not kept any more; 0 if all are. */
  get purgeSeqno(): bigint {
    return this.purgedOf(() => true);
  }

  /**
   * The highest revision that was ever deleted: new documents begin behind it, so that they win over whatever was forgotten.
   *
   * @internal
   */
  get deletedRevision(): bigint {
    return this.#deletedRevision;
  }

  /**
   * The last tombstone of some collections that is not kept any more.
   *
   * @internal
   */
  purgedOf(wanted: (collection: number) => boolean): bigint {
    let last = 0n;
    for (const [collection, seqno] of this.#purged) if (wanted(collection) && seqno > last) last = seqno;
    return last;
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
    if (state === this.#state) return;
    if (state === VbucketState.ACTIVE) this.#beginHistory();
    this.#state = state;
    this.#states.release();
    this.#tellMoved();
  }

  /**
   * Begins a new history, as after a failover; from a copy, all that came after it is lost.
   *
   * @internal
   */
  failover(copy?: VbucketCopy): void {
    if (copy !== undefined) this.#restore(copy);
    this.#beginHistory();
    this.#tellMoved();
  }

  /**
   * What is there now.
   *
   * @internal
   */
  copy(): VbucketCopy {
    return {
      seqno: this.#highSeqno,
      documents: new Map(this.#documents),
      collectionChanges: new Map(this.#collectionChanges),
      collectionSeqnos: new Map(this.#collectionSeqnos),
      failoverLog: this.#failoverLog,
      history: [...this.#history],
      purged: new Map(this.#purged),
      deletedRevision: this.#deletedRevision,
    };
  }

  /**
   * Follows the vbucket; returns what ends it.
   *
   * @internal
   */
  watch(watcher: VbucketWatcher): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
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
    const document = { ...draft, seqno: this.#highSeqno + 1n };
    const id = documentId(draft.collection, draft.key);
    const old = this.#documents.get(id);
    if (old !== undefined) {
      this.log.remove(old.seqno);
      this.#documents.delete(id);
    }
    this.#documents.set(id, document);
    if (this.#locks.size > 0) this.#locks.delete(id);
    this.#collectionSeqnos.set(draft.collection, document.seqno);
    this.versions.meet(draft.cas);
    if (draft.deleted !== undefined && draft.revision > this.#deletedRevision) this.#deletedRevision = draft.revision;
    this.#append(document);
    this.#host.mutated(this, document);
    return document;
  }

  /**
   * Writes behind all others that a collection or a scope was made, changed or dropped. What is dropped goes with its documents,
   * tombstones too.
   *
   * @internal
   */
  putCollectionChange(draft: CollectionChangeDraft): void {
    const change = { ...draft, seqno: this.#highSeqno + 1n };
    const id = collectionChangeId(draft);
    const old = this.#collectionChanges.get(id);
    if (old !== undefined) {
      this.log.remove(old.seqno);
      this.#collectionChanges.delete(id);
    }
    this.#collectionChanges.set(id, change);
    if (change.type === "collection-dropped") this.#dropCollection(change.collection);
    else if (!change.type.startsWith("scope")) this.#collectionSeqnos.set(change.collection, change.seqno);
    this.#append(change);
  }

  /**
   * Forgets the tombstones up to a seqno, as a server does after some days. Returns how many there were.
   *
   * @internal
   */
  purge(seqno: bigint = this.#highSeqno): number {
    let count = 0;
    for (const [id, document] of this.#documents) {
      // The last change of all stays, so that the vbucket knows where it is.
      if (document.seqno > seqno || document.seqno === this.#highSeqno) break;
      if (document.deleted === undefined) continue;
      // Who follows from memory is still told of it.
      this.#documents.delete(id);
      this.#purged.set(document.collection, document.seqno);
      count++;
    }
    return count;
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

  /**
   * All that still holds behind a seqno, the changes of collections too, in the order of the seqnos.
   *
   * @internal
   */
  changesSince(seqno: bigint): VbucketChange[] {
    const changes: VbucketChange[] = [];
    for (const document of this.#documents.values()) if (document.seqno > seqno) changes.push(document);
    const others = [...this.#collectionChanges.values()].filter((change) => change.seqno > seqno);
    if (others.length === 0) return changes;
    return [...changes, ...others].sort((a, b) => a.seqno < b.seqno ? -1 : 1);
  }

  /**
   * All that was ever written behind a seqno, if every version is kept.
   *
   * @internal
   */
  historySince(seqno: bigint): VbucketChange[] {
    return this.#history.slice(Number(seqno));
  }

  /** The documents of a collection, without tombstones, in the order of their keys. */
  inOrder(collection: number): CouchbaseDocument[] {
    const now = Math.floor(this.#host.clock() / 1000);
    return [...this.#documents.values()]
      .filter((one) => one.collection === collection && one.deleted === undefined && !hasExpired(one, now))
      .sort((a, b) => compareKeys(a.key, b.key));
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

  #append(change: VbucketChange): void {
    this.#highSeqno = change.seqno;
    this.log.append(change);
    if (this.#host.history) this.#history.push(change);
    if (this.#host.persists()) this.persist();
    for (const watcher of this.#watchers) watcher.changed();
  }

  #dropCollection(collection: number): void {
    for (const [id, document] of this.#documents) {
      if (document.collection !== collection) continue;
      this.#documents.delete(id);
      this.log.remove(document.seqno);
    }
    this.#collectionSeqnos.delete(collection);
  }

  #beginHistory(): void {
    const entry = { vbuuid: this.#host.vbuuid(), seqno: this.#highSeqno };
    this.#failoverLog = [entry, ...this.#failoverLog].slice(0, MAX_FAILOVERS);
  }

  #restore(copy: VbucketCopy): void {
    this.#documents = new Map(copy.documents);
    this.#collectionChanges = new Map(copy.collectionChanges);
    this.#collectionSeqnos = new Map(copy.collectionSeqnos);
    this.#history = this.#host.history ? [...copy.history] : [];
    this.#purged = new Map(copy.purged);
    this.#deletedRevision = copy.deletedRevision;
    for (const { cas } of copy.documents.values()) this.versions.meet(cas);
    this.#failoverLog = copy.failoverLog;
    this.#highSeqno = copy.seqno;
    this.#persistedSeqno = copy.seqno;
    this.#locks.clear();
    this.log.restart(copy.seqno);
  }

  #tellMoved(): void {
    for (const watcher of [...this.#watchers]) watcher.moved();
  }
}

/** Whether the time of a document is over. */
export function hasExpired(document: CouchbaseDocument, now: number): boolean {
  return document.deleted === undefined && document.expiry !== 0 && document.expiry <= now;
}
