import { asBytes, toHex } from "../../bytes.ts";
import { type Bytes, MAX_COLLECTION_KEY_LENGTH, MAX_KEY_LENGTH } from "../../frame/frame_writer.ts";
import { VbucketState } from "../../ops/vbucket.ts";
import { vbucketOf } from "../../wire/vbucket_hash.ts";
import { changesBetween } from "./collection_change.ts";
import { DcpFeeds } from "./dcp/dcp_feeds.ts";
import type { CouchbaseDocument } from "./document.ts";
import { DocumentStore, type Place } from "./document_store.ts";
import { type CollectionOptions, CollectionsManifest, manifestOf } from "./manifest.ts";
import { MetaStore } from "./meta_store.ts";
import type { CouchbaseBucketOptions, CouchbaseNodeOptions } from "./node_options.ts";
import { RangeScans } from "./range_scans.ts";
import { invalid, NOT_MY_VBUCKET, UNKNOWN_COLLECTION } from "./refusals.ts";
import { hasExpired, Vbucket, type VbucketCopy } from "./vbucket.ts";

/** Which collection a call in the process is about. */
export interface PlaceOptions {
  /** Its number, or `scope.collection`; the default one when missing. */
  readonly collection?: number | string;
}

/** What a write in the process may say. */
export interface BucketWriteOptions extends PlaceOptions {
  /** 32 bits to keep with the value; 0 by default. */
  readonly flags?: number;
  /** Seconds from now up to 30 days, Unix seconds beyond; 0, the default, for never. */
  readonly expiry?: number;
  /** Only over this version; 0, the default, for whatever. */
  readonly cas?: bigint;
  /** How to read the value: bits of {@linkcode Datatype}. Whether it is JSON is found out. */
  readonly datatype?: number;
}

/** Hears of every write and deletion of a bucket. */
export type MutationListener = (vbucket: Vbucket, document: CouchbaseDocument) => void;

/** What a failover may do beside the beginning of a new history. */
export interface FailoverOptions {
  /** What the node has that takes over: all that was written after the copy was made is lost. Nothing is lost when missing. */
  readonly to?: VbucketCopy;
}

const MEMORY_CHANGES = 10_000;

const ITEM_SIZE_LIMIT = 20 * 1024 * 1024;

/**
 * One bucket of a {@linkcode CouchbaseNode}: its vbuckets, its collections, its documents.
 *
 * @example
 * ```ts
 * import { CouchbaseNode } from "@memwire/memwire/server";
 * import { assertEquals } from "@std/assert";
 *
 * const bucket = new CouchbaseNode({ buckets: [{ name: "shop", collections: { eu: ["orders"] } }] }).bucket("shop");
 * const seen: bigint[] = [];
 * bucket.onMutation((_, document) => seen.push(document.seqno));
 * bucket.set("order:1", '{"total":12}', { collection: "eu.orders" });
 * assertEquals(bucket.get("order:1", { collection: "eu.orders" })?.datatype, 1);
 * // The scope and the collection had the first two seqnos.
 * assertEquals(seen, [3n]);
 * ```
 */
export class CouchbaseBucket {
  /** Its name. */
  readonly name: string;
  /** Its name among buckets, 32 hexadecimal digits. */
  readonly uuid: string;
  /** How many vbuckets it has. */
  readonly vbucketCount: number;
  /** How many replicas it should have. */
  readonly replicas: number;
  /**
   * Reads and writes documents.
   *
   * @internal
   */
  readonly documents: DocumentStore;
  /**
   * Writes documents with their metadata.
   *
   * @internal
   */
  readonly meta: MetaStore;
  /**
   * The range scans that were made and are not over.
   *
   * @internal
   */
  readonly scans: RangeScans = new RangeScans(() => this.randomBytes(16));
  /** Who follows it by DCP, and what is to go wrong for them. */
  readonly dcp: DcpFeeds = new DcpFeeds();

  readonly #options: CouchbaseBucketOptions;
  readonly #node: Pick<CouchbaseNodeOptions, "clock" | "random">;
  readonly #vbuckets = new Map<number, Vbucket>();
  readonly #listeners = new Set<MutationListener>();
  readonly #changed: () => void;
  #manifest: CollectionsManifest;
  #persists = true;

  /** Makes an empty bucket, whose vbuckets are all active; calls back when the cluster map of the bucket is another. */
  constructor(
    options: CouchbaseBucketOptions,
    node: Pick<CouchbaseNodeOptions, "clock" | "random"> = {},
    changed: () => void = () => {},
  ) {
    const { vbucketCount = 1024, itemSizeLimit = ITEM_SIZE_LIMIT, conflictResolution = "seqno" } = options;
    if (!(Number.isInteger(vbucketCount) && vbucketCount >= 1 && vbucketCount <= 0x10000)) {
      throw new RangeError(`Cannot make bucket ${options.name}: ${vbucketCount} vbuckets are not 1 to 65536`);
    }
    this.#options = options;
    this.#node = node;
    this.#changed = changed;
    this.name = options.name;
    this.uuid = options.uuid ?? toHex(this.randomBytes(16));
    this.vbucketCount = vbucketCount;
    this.replicas = options.replicas ?? 0;
    this.#manifest = manifestOf(options.collections);
    const maxTtl = (collection: number) => this.#manifest.find(collection)?.maxTtl ?? options.maxTtl ?? 0;
    this.documents = new DocumentStore({ clock: this.clock, itemSizeLimit, maxTtl });
    this.meta = new MetaStore({ documents: this.documents, conflictResolution, itemSizeLimit });
    for (let id = 0; id < vbucketCount; id++) this.#make(id, VbucketState.ACTIVE);
  }

  /** Whether every version of every document is kept. */
  get history(): boolean {
    return this.#options.history ?? false;
  }

  /** Milliseconds since 1970. */
  get clock(): () => number {
    return this.#node.clock ?? (() => Date.now());
  }

  /** Which collections there are. */
  get manifest(): CollectionsManifest {
    return this.#manifest;
  }

  /** The vbuckets that are here, by rising number. */
  get vbuckets(): Vbucket[] {
    return [...this.#vbuckets.values()].sort((a, b) => a.id - b.id);
  }

  /** A vbucket by its number, if it is here. */
  findVbucket(id: number): Vbucket | undefined {
    return this.#vbuckets.get(id);
  }

  /** The vbucket of a key. */
  vbucketOf(key: Bytes): number {
    return vbucketOf(key, this.vbucketCount);
  }

  /** Whether a user may use it. */
  allows(user: string | undefined): boolean {
    return this.#options.users === undefined || (user !== undefined && this.#options.users.includes(user));
  }

  /** Reads a document; `undefined` if there is none. */
  get(key: Bytes, options: PlaceOptions = {}): CouchbaseDocument | undefined {
    return this.documents.get(this.#place(key, options));
  }

  /**
   * Writes a document, whether it exists or not.
   *
   * @throws {StatusReply} If it is refused, as a key that is not 1 to 250 bytes, 246 in a collection that is not the default one.
   */
  set(key: Bytes, value: Bytes, options: BucketWriteOptions = {}): CouchbaseDocument {
    const { flags = 0, expiry = 0, cas = 0n, datatype = 0 } = options;
    const draft = { value: asBytes(value), flags, expiry, cas, datatype, preserveExpiry: false };
    const place = this.#place(key, options);
    const longest = place.collection > 0 ? MAX_COLLECTION_KEY_LENGTH : MAX_KEY_LENGTH;
    // What is in here is sent to all who follow: a key that cannot be would break their connections again and again.
    if (place.key.length === 0 || place.key.length > longest) throw invalid(`The key is not 1 to ${longest} bytes`);
    return this.documents.set(place, draft);
  }

  /** Deletes a document; throws a {@linkcode StatusReply} if there is none. */
  delete(key: Bytes, options: PlaceOptions & Pick<BucketWriteOptions, "cas"> = {}): CouchbaseDocument {
    return this.documents.delete(this.#place(key, options), options.cas ?? 0n);
  }

  /** Makes tombstones of all documents whose time is over, as the server does now and then. Returns how many there were. */
  expire(): number {
    let count = 0;
    for (const vbucket of this.#vbuckets.values()) {
      const over = [...vbucket.since()].filter((document) => hasExpired(document, this.documents.now));
      for (const document of over) this.documents.expire(vbucket, document);
      count += over.length;
    }
    return count;
  }

  /** Hears of every write and deletion, expiries too, when it is done and before it is answered; returns what ends it. */
  onMutation(listener: MutationListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Changes the state of a vbucket, one of {@linkcode VbucketState}; makes it if it is missing. */
  setVbucketState(id: number, state: number): void {
    const vbucket = this.#vbuckets.get(id);
    if (vbucket === undefined) this.#make(id, state);
    else vbucket.setState(state);
    this.#changed();
  }

  /** Removes a vbucket with its documents; returns whether it was there. */
  deleteVbucket(id: number): boolean {
    const vbucket = this.#vbuckets.get(id);
    if (vbucket === undefined) return false;
    this.#vbuckets.delete(id);
    vbucket.setState(VbucketState.DEAD);
    this.#changed();
    return true;
  }

  /**
   * Begins a new history of a vbucket, as when another node had to take it over; streams of it end.
   *
   * @example Lose what a replica did not get
   * ```ts
   * import { CouchbaseNode } from "@memwire/memwire/server";
   * import { assertEquals } from "@std/assert";
   *
   * const bucket = new CouchbaseNode().bucket("default");
   * const { id } = bucket.findVbucket(bucket.vbucketOf("user:1"))!;
   * bucket.set("user:1", "first");
   * const replica = bucket.copyVbucket(id);
   * bucket.set("user:1", "second");
   * bucket.failover(id, { to: replica });
   * assertEquals(new TextDecoder().decode(bucket.get("user:1")?.value), "first");
   * assertEquals(bucket.findVbucket(id)?.failoverLog.map(({ seqno }) => seqno), [1n, 0n]);
   * ```
   */
  failover(id: number, options: FailoverOptions = {}): void {
    this.#get(id).failover(options.to);
  }

  /** What a vbucket holds now, for a failover to it: references, not copies of the documents. */
  copyVbucket(id: number): VbucketCopy {
    return this.#get(id).copy();
  }

  /**
   * Forgets the tombstones of a vbucket up to a seqno, all by default, as a server does after some days: feeds that begin before
   * must begin anew. The last change of all stays. Returns how many tombstones there were.
   */
  purge(id: number, seqno?: bigint): number {
    return this.#get(id).purge(seqno);
  }

  /** Has writes stay in memory until {@linkcode CouchbaseBucket.startPersistence}. */
  stopPersistence(): void {
    this.#persists = false;
  }

  /** Puts all on disk that was written, and what will be at once. */
  startPersistence(): void {
    this.#persists = true;
    for (const vbucket of this.#vbuckets.values()) vbucket.persist();
  }

  /** Makes a collection, `scope.collection`, and its scope if it is missing; returns its number. */
  createCollection(path: string, options: CollectionOptions = {}): number {
    this.setManifest(this.#manifest.withCollection(path, options));
    return this.#manifest.collection(path).id;
  }

  /** Drops a collection with its documents. */
  dropCollection(path: string): void {
    this.setManifest(this.#manifest.withoutCollection(path));
  }

  /** Takes another manifest, whose changes get a seqno in each vbucket; documents of collections that it does not have are dropped. */
  setManifest(manifest: CollectionsManifest): void {
    const changes = changesBetween(this.#manifest, manifest);
    this.#manifest = manifest;
    for (const vbucket of this.#vbuckets.values()) {
      for (const change of changes) vbucket.putCollectionChange(change);
    }
    this.#changed();
  }

  /** Random bytes. */
  randomBytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => Math.floor(this.random() * 256));
  }

  /** A random number from 0 on and below 1. */
  random(): number {
    return (this.#node.random ?? Math.random)();
  }

  #make(id: number, state: number): void {
    const host = {
      clock: this.clock,
      persists: () => this.#persists,
      vbuuid: () => BigInt(`0x${toHex(this.randomBytes(6))}`) | 1n,
      mutated: (vbucket: Vbucket, document: CouchbaseDocument) => {
        for (const listener of this.#listeners) listener(vbucket, document);
      },
      memoryChanges: this.#options.memoryChanges ?? MEMORY_CHANGES,
      history: this.history,
    };
    const vbucket = new Vbucket(id, state, host);
    for (const change of changesBetween(CollectionsManifest.FIRST, this.#manifest)) vbucket.putCollectionChange(change);
    this.#vbuckets.set(id, vbucket);
  }

  #get(id: number): Vbucket {
    const vbucket = this.#vbuckets.get(id);
    if (vbucket === undefined) throw NOT_MY_VBUCKET;
    return vbucket;
  }

  #place(key: Bytes, { collection = 0 }: PlaceOptions): Place {
    const bytes = asBytes(key);
    const id = typeof collection === "string" ? this.#manifest.collection(collection).id : collection;
    if (this.#manifest.find(id) === undefined) throw UNKNOWN_COLLECTION;
    const vbucket = this.#vbuckets.get(this.vbucketOf(bytes));
    if (vbucket === undefined) throw NOT_MY_VBUCKET;
    return { vbucket, collection: id, key: bytes };
  }
}
