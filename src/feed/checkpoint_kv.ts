/** Checkpoints in Deno KV. */
import { utf8Decode, utf8Encode } from "../bytes.ts";
import { CheckpointCorruptError } from "./checkpoint_error.ts";
import type { RecordStore, StoredRecord } from "./checkpoint_record.ts";
import { RecordCheckpointStore } from "./checkpoint_store.ts";

/** A part of a key of Deno KV. */
export type KvKeyPart = string | number | bigint | boolean | Uint8Array;

/** What a read of Deno KV gives. */
export interface KvEntry {
  /** What is stored; `null` when nothing is. */
  readonly value: unknown;
  /** Its version; `null` when nothing is stored. */
  readonly versionstamp: string | null;
}

/** What a transaction of Deno KV does. */
export interface KvAtomic {
  /** Lets the transaction hold only if a key still has a version. */
  check(...checks: readonly { readonly key: readonly KvKeyPart[]; readonly versionstamp: string | null }[]): KvAtomic;
  /** Writes a value. */
  set(key: readonly KvKeyPart[], value: unknown): KvAtomic;
  /** Deletes a value. */
  delete(key: readonly KvKeyPart[]): KvAtomic;
  /** Does all of it, or nothing if a check does not hold. */
  commit(): Promise<{ readonly ok: boolean }>;
}

/** What is needed of a `Deno.Kv`: give `await Deno.openKv()`. */
export interface Kv {
  /** Reads one key. */
  get(key: readonly KvKeyPart[]): Promise<KvEntry>;
  /** Begins a transaction. */
  atomic(): KvAtomic;
}

/** What a record in Deno KV may be told. */
export interface KvRecordOptions {
  /** How many bytes to put into one value, 1 to 60,000; Deno KV takes 64 KiB with its own overhead. 60,000 by default. */
  readonly partSize?: number;
}

const PART_SIZE = 60_000;

/** What the key itself holds: where the text lies. */
interface KvHead {
  readonly write: string;
  readonly parts: number;
}

/**
 * A record in Deno KV. A value takes no more than 64 KiB, so that the text lies in parts, `[...key, write, 0]` and so on, and the
 * key itself says which write and how many: all changed by one transaction, 800 KiB at most.
 */
export class KvRecord implements RecordStore<KvVersion> {
  readonly #kv: Kv;
  readonly #key: readonly KvKeyPart[];
  readonly #partSize: number;

  /** Makes a record of a key. */
  constructor(kv: Kv, key: readonly KvKeyPart[], { partSize = PART_SIZE }: KvRecordOptions = {}) {
    if (!Number.isInteger(partSize) || partSize < 1 || partSize > PART_SIZE) {
      throw new RangeError(`Cannot use parts of ${partSize} bytes: 1 to ${PART_SIZE} are possible`);
    }
    this.#kv = kv;
    this.#key = key;
    this.#partSize = partSize;
  }

  /** Reads the text, whatever its size. */
  async read(): Promise<StoredRecord<KvVersion> | undefined> {
    let missing: string | null = null;
    while (true) {
      const { value, versionstamp } = await this.#kv.get(this.#key);
      if (versionstamp === null) return undefined;
      const head = headOf(value);
      if (head === undefined) throw this.#corrupt("something else is stored there");
      const parts = await Promise.all(this.#partKeys(head).map((key) => this.#kv.get(key)));
      const bytes = parts.map((part) => part.value).filter((part) => part instanceof Uint8Array);
      if (bytes.length === head.parts) return { text: utf8Decode(joined(bytes)), version: { versionstamp, head } };
      // Another has written between the two reads, and then the head is new; if it is not, the parts are gone for good.
      if (missing === versionstamp) {
        throw this.#corrupt(`${head.parts - bytes.length} of its ${head.parts} parts are gone`);
      }
      missing = versionstamp;
    }
  }

  /** Writes in one transaction, which takes the parts of the text before away. */
  async write(text: string, over: KvVersion | undefined): Promise<boolean> {
    const bytes = utf8Encode(text);
    const head: KvHead = { write: crypto.randomUUID(), parts: Math.ceil(bytes.length / this.#partSize) };
    const atomic = this.#kv.atomic()
      .check({ key: this.#key, versionstamp: over?.versionstamp ?? null })
      .set(this.#key, head);
    for (const [i, key] of this.#partKeys(head).entries()) {
      atomic.set(key, bytes.slice(i * this.#partSize, (i + 1) * this.#partSize));
    }
    for (const key of over === undefined ? [] : this.#partKeys(over.head)) atomic.delete(key);
    return (await atomic.commit()).ok;
  }

  #partKeys({ write, parts }: KvHead): (readonly KvKeyPart[])[] {
    return Array.from({ length: parts }, (_, i) => [...this.#key, write, i]);
  }

  #corrupt(why: string): CheckpointCorruptError {
    const key = JSON.stringify(this.#key.map(String));
    return new CheckpointCorruptError(
      `Cannot read the record ${key} of Deno KV: ${why}; delete the key to begin again`,
    );
  }
}

/** What a read of a {@linkcode KvRecord} has found. */
export interface KvVersion {
  /** The version of the key. */
  readonly versionstamp: string;
  /** Where the text lay. */
  readonly head: { readonly write: string; readonly parts: number };
}

function headOf(value: unknown): KvHead | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { write, parts } = value as Partial<KvHead>;
  return typeof write === "string" && Number.isInteger(parts) ? { write, parts: parts! } : undefined;
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/**
 * Checkpoints in Deno KV, under one key. A checkpoint may have 800 KiB: some 5000 vbuckets.
 *
 * @example
 * ```ts ignore
 * import { KvCheckpointStore, openDcp, processFeed } from "@memwire/memwire/dcp";
 *
 * const kv = await Deno.openKv();
 * const store = new KvCheckpointStore(kv, ["checkpoints", "orders"]);
 * await using feed = await openDcp("couchbase://cb.local/orders", { from: await store.load() ?? "beginning" });
 * await processFeed(feed, handle, { checkpoint: store });
 * ```
 */
export class KvCheckpointStore extends RecordCheckpointStore {
  /** Makes a store of a key. */
  constructor(kv: Kv, key: readonly KvKeyPart[], options: KvRecordOptions = {}) {
    super(new KvRecord(kv, key, options), { place: `the checkpoint ${JSON.stringify(key.map(String))} in Deno KV` });
  }
}
