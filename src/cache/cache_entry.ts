import type { Client } from "../client/client.ts";
import type { CallOptions } from "../connection/caller.ts";
import { CasMismatchError, KeyNotFoundError, NotStoredError } from "../errors.ts";
import { open, seal } from "./envelope.ts";
import type { Transcoder } from "./transcoder.ts";

/** What a cache needs of a client. */
export type CacheClient = Pick<Client, "get" | "set" | "add" | "delete">;

/** What was found at the server. */
export interface CacheEntry<T> {
  /** The value; `undefined` if it is known that there is none. */
  readonly value: T | undefined;
  /** Until when it is fresh, in milliseconds since 1970. */
  readonly freshUntil: number;
  /** How long it took to make, in milliseconds. */
  readonly cost: number;
  /** The version, so that nothing newer is overwritten. */
  readonly cas: bigint;
  /** How many bytes it has. */
  readonly size: number;
  /** Why its bytes are no value, if they are none. */
  readonly broken?: { readonly reason: unknown };
}

/** What an entry is made of. */
export type EntryDraft<T> = Pick<CacheEntry<T>, "value" | "freshUntil" | "cost">;

/** An entry as it is stored. */
export interface EncodedEntry {
  /** Its bytes. */
  readonly bytes: Uint8Array;
  /** The 32 bits beside them. */
  readonly flags: number;
}

/** How an entry is written. */
export interface WriteOptions extends CallOptions {
  /** For how many seconds the server keeps it; 0 for ever. */
  readonly ttl: number;
  /** The version that it may replace; 0 if there must be none; `undefined` to write in any case. */
  readonly over: bigint | undefined;
}

/** The entries of a cache at its server. */
export class CacheEntries<T> {
  readonly #client: CacheClient;
  readonly #transcoder: Transcoder<T>;

  /** Reads and writes by a client. */
  constructor(client: CacheClient, transcoder: Transcoder<T>) {
    this.#client = client;
    this.#transcoder = transcoder;
  }

  /** Reads an entry; one whose bytes are no value is `broken`, and past its time. */
  async read(key: string, options: CallOptions): Promise<CacheEntry<T> | undefined> {
    const item = await this.#client.get(key, options);
    if (item === undefined) return undefined;
    const { present, freshUntil, cost, value } = open(item.value);
    const known = { cost, cas: item.cas, size: item.value.length };
    try {
      const decoded = present ? await this.#transcoder.decode({ value, flags: item.flags }) : undefined;
      return { ...known, value: decoded, freshUntil };
    } catch (reason) {
      return { ...known, value: undefined, freshUntil: -Infinity, broken: { reason } };
    }
  }

  /** Makes the bytes of an entry; throws what the transcoder throws. */
  async encode({ value, freshUntil, cost }: EntryDraft<T>): Promise<EncodedEntry> {
    const present = value !== undefined;
    const encoded = present ? await this.#transcoder.encode(value) : { value: "", flags: 0 };
    return { bytes: seal({ present, freshUntil, cost, value: encoded.value }), flags: encoded.flags };
  }

  /** Writes an entry; returns `false` if something newer is there, or what was there has gone. */
  async write(key: string, { bytes, flags }: EncodedEntry, options: WriteOptions): Promise<boolean> {
    const { over, ...call } = options;
    const store = { ...call, flags };
    try {
      if (over === undefined) await this.#client.set(key, bytes, store);
      else if (over === 0n) await this.#client.add(key, bytes, store);
      else await this.#client.set(key, bytes, { ...store, cas: over });
      return true;
    } catch (error) {
      const overtaken = error instanceof NotStoredError || error instanceof CasMismatchError ||
        error instanceof KeyNotFoundError;
      if (overtaken) return false;
      throw error;
    }
  }
}
