/** Checkpoints in items of memcached or documents of Couchbase. */
import { utf8Decode, utf8Encode } from "../bytes.ts";
import { CasMismatchError, KeyNotFoundError, NotStoredError, StatusError } from "../errors.ts";
import { Status } from "../wire/status.ts";
import { CheckpointCorruptError } from "./checkpoint_error.ts";
import type { RecordOptions, RecordStore, StoredRecord } from "./checkpoint_record.ts";
import { RecordCheckpointStore } from "./checkpoint_store.ts";

/** What is needed of a client, of memcached or of Couchbase. */
export interface ItemClient {
  /** Reads an item. */
  get(key: string, options?: RecordOptions): Promise<{ readonly value: Uint8Array; readonly cas: bigint } | undefined>;
  /** Writes an item that must not be there; rejects with a `NotStoredError` if it is. */
  add(key: string, value: Uint8Array, options?: RecordOptions): Promise<unknown>;
  /** Writes an item; with `cas`, rejects with a `CasMismatchError` or `KeyNotFoundError` if it is another. */
  set(key: string, value: Uint8Array, options?: RecordOptions & { readonly cas?: bigint }): Promise<unknown>;
  /** Deletes an item; `false` if there is none. */
  delete(key: string, options?: RecordOptions): Promise<boolean>;
}

/** What a record in items may be told. */
export interface ItemRecordOptions {
  /** Stands before all keys, "memwire:" by default. */
  readonly prefix?: string;
  /** How many bytes to put into one item; what is longer lies in several. 1,000,000 by default, below memcached's own limit. */
  readonly partSize?: number;
}

const PREFIX = "memwire:";
const PART_SIZE = 1_000_000;
/** As many bytes as a character may take. */
const LEAST_PART = 4;
/** What the head of a text in parts begins with; a text is JSON and begins otherwise. */
const PARTS = "parts ";

/** What a read of an {@linkcode ItemRecord} has found. */
export interface ItemVersion {
  /** The version of the item. */
  readonly cas: bigint;
  /** The keys of the parts, when there are any. */
  readonly parts: readonly string[];
}

/**
 * A record in an item, guarded by its CAS. A text that is longer than an item may be lies in parts, `<key>:<write>:<number>`,
 * which are written before the item says so and deleted when it says otherwise; a writer that is killed in between leaves parts
 * that nobody reads.
 *
 * memcached forgets: what is kept in it may be evicted or lost with the process. A bucket of Couchbase does not; but in the very
 * bucket that is consumed, each write is an event of the feed too.
 */
export class ItemRecord implements RecordStore<ItemVersion> {
  readonly #client: ItemClient;
  readonly #key: string;
  readonly #partSize: number;

  /** Makes a record of a key. */
  constructor(client: ItemClient, key: string, { prefix = PREFIX, partSize = PART_SIZE }: ItemRecordOptions = {}) {
    if (!Number.isInteger(partSize) || partSize < LEAST_PART) {
      throw new RangeError(`Cannot use parts of ${partSize} bytes: ${LEAST_PART} is the least`);
    }
    this.#client = client;
    this.#key = prefix + key;
    this.#partSize = partSize;
  }

  /** Reads the text, whatever its size. */
  async read(options?: RecordOptions): Promise<StoredRecord<ItemVersion> | undefined> {
    let missing: bigint | undefined;
    while (true) {
      const item = await this.#client.get(this.#key, options);
      if (item === undefined) return undefined;
      const text = utf8Decode(item.value);
      const parts = this.#partsIn(text);
      if (parts.length === 0) return { text, version: { cas: item.cas, parts } };
      const items = await Promise.all(parts.map((key) => this.#client.get(key, options)));
      const values = items.filter((part) => part !== undefined).map((part) => utf8Decode(part.value));
      if (values.length === parts.length) return { text: values.join(""), version: { cas: item.cas, parts } };
      // Another has written between the two reads, and then the head is new; if it is not, the parts are gone for good.
      if (missing === item.cas) {
        throw new CheckpointCorruptError(
          `Cannot read the item ${this.#key}: ${parts.length - values.length} of its ${parts.length} parts are gone, ` +
            "evicted or lost with the server; delete the item to begin again",
        );
      }
      missing = item.cas;
    }
  }

  /** Writes the item if it still has the version that was read. */
  async write(text: string, over: ItemVersion | undefined, options?: RecordOptions): Promise<boolean> {
    const pieces = piecesOf(text, this.#partSize);
    const write = crypto.randomUUID();
    const parts = pieces.length === 1 ? [] : this.#partsIn(`${PARTS}${write} ${pieces.length}`);
    await this.#each(parts, (key, i) => this.#client.set(key, utf8Encode(pieces[i]!), options));
    const head = utf8Encode(parts.length === 0 ? text : `${PARTS}${write} ${pieces.length}`);
    const held = await this.#store(head, over?.cas, options);
    await this.#each(held ? over?.parts ?? [] : parts, (key) => this.#client.delete(key, options));
    return held;
  }

  async #store(value: Uint8Array, cas: bigint | undefined, options: RecordOptions | undefined): Promise<boolean> {
    try {
      if (cas === undefined) await this.#client.add(this.#key, value, options);
      else await this.#client.set(this.#key, value, { ...options, cas });
      return true;
    } catch (error) {
      if (isOvertaken(error)) return false;
      throw error;
    }
  }

  async #each(keys: readonly string[], run: (key: string, i: number) => Promise<unknown>): Promise<void> {
    await Promise.all(keys.map(run));
  }

  #partsIn(head: string): string[] {
    if (!head.startsWith(PARTS)) return [];
    const [write, count] = head.slice(PARTS.length).split(" ");
    return Array.from({ length: Number(count) }, (_, i) => `${this.#key}:${write}:${i}`);
  }
}

/** Whether a write did not hold because the item is another by now. Couchbase says of an `add` that the key exists. */
function isOvertaken(error: unknown): boolean {
  if (error instanceof CasMismatchError || error instanceof NotStoredError || error instanceof KeyNotFoundError) {
    return true;
  }
  return error instanceof StatusError && error.status === Status.KEY_EEXISTS;
}

/** Cuts a text into pieces of at most so many bytes of UTF-8, never inside of a character. */
function piecesOf(text: string, size: number): string[] {
  const bytes = utf8Encode(text);
  const pieces: string[] = [];
  for (let at = 0; at < bytes.length;) {
    let end = Math.min(at + size, bytes.length);
    while (end < bytes.length && (bytes[end]! & 0xc0) === 0x80) end--;
    pieces.push(utf8Decode(bytes.subarray(at, end)));
    at = end;
  }
  return pieces;
}

/**
 * Checkpoints in an item of memcached or a document of Couchbase, over the client that is given, which stays open.
 *
 * memcached may forget an item. Whoever has claimed the checkpoint learns of it by the next save, which rejects with a
 * {@linkcode CheckpointCorruptError}; but whoever loads it afterwards finds nothing, as on the very first start. Where that must not
 * be mistaken, keep the checkpoint in a place that does not forget: a document of Couchbase, Deno KV, or a file.
 *
 * @example
 * ```ts
 * import { connect } from "@memwire/memwire";
 * import { ItemCheckpointStore } from "@memwire/memwire/dcp";
 * import { MemoryStore, Server } from "@memwire/memwire/server";
 * import { assertEquals } from "@std/assert";
 *
 * await using server = new Server();
 * new MemoryStore().register(server);
 * const { address } = await server.listen({ hostname: "127.0.0.1", port: 0 });
 * await using client = await connect(address);
 *
 * const store = new ItemCheckpointStore(client, "orders");
 * const { epoch } = await store.claim();
 * const position = { vbuuid: "7", seqno: "42", snapshotStart: "40", snapshotEnd: "50" };
 * await store.save({ version: 1, bucket: "b1", vbuckets: { 0: position } }, { epoch });
 * assertEquals((await store.load())?.vbuckets[0], position);
 * ```
 */
export class ItemCheckpointStore extends RecordCheckpointStore {
  /** Makes a store of a key. */
  constructor(client: ItemClient, key: string, options: ItemRecordOptions = {}) {
    super(new ItemRecord(client, key, options), {
      place: `the checkpoint in the item ${options.prefix ?? PREFIX}${key}`,
    });
  }
}
