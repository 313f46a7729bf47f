import type { Client } from "../../client/client.ts";
import type { CasOptions, StoreOptions } from "../../client/client_options.ts";
import type { MultiResult } from "../../client/multi.ts";
import type { CallOptions } from "../../connection/caller.ts";
import type { MutationResponse } from "../../ops/storage.ts";
import type { Bytes } from "../../wire/slab.ts";
import type { Transcoder } from "../transcoder.ts";

/** What {@linkcode withTranscoder} needs of a client. */
export type TranscodedCalls = Pick<Client, "get" | "getMulti" | "set" | "add" | "replace" | "setMulti" | "delete">;

/** How a value is written; its flags are the transcoder's business. */
export type TypedStoreOptions = Omit<StoreOptions, "flags">;

/** A value with its version, to be given to a write that must not overwrite another. */
export interface TypedItem<T> {
  /** The value. */
  readonly value: T;
  /** The version, unsigned 64 bits. */
  readonly cas: bigint;
}

/** A client whose values are what a transcoder makes of them; see {@linkcode withTranscoder}. */
export class TypedClient<T> {
  readonly #client: TranscodedCalls;
  readonly #transcoder: Transcoder<T>;

  /** Makes one over a client. */
  constructor(client: TranscodedCalls, transcoder: Transcoder<T>) {
    this.#client = client;
    this.#transcoder = transcoder;
  }

  /** Reads a value; `undefined` if there is none. Rejects with what the transcoder throws if it cannot be read. */
  async get(key: Bytes, options?: CallOptions): Promise<T | undefined> {
    return (await this.getItem(key, options))?.value;
  }

  /** Reads a value with its version; `undefined` if there is none. Rejects as `get` does. */
  async getItem(key: Bytes, options?: CallOptions): Promise<TypedItem<T> | undefined> {
    const item = await this.#client.get(key, options);
    return item === undefined ? undefined : { value: await this.#transcoder.decode(item), cas: item.cas };
  }

  /** Reads many values at once; what the transcoder cannot read is among the errors. */
  async getMulti<K extends Bytes>(keys: Iterable<K>, options?: CallOptions): Promise<MultiResult<K, T>> {
    const { hits, misses, errors } = await this.#client.getMulti(keys, options);
    const values = new Map<K, T>();
    for (const [key, item] of hits) {
      try {
        values.set(key, await this.#transcoder.decode(item));
      } catch (error) {
        errors.set(key, error);
      }
    }
    return { hits: values, misses, errors };
  }

  /** Writes a value, whether there is one or not. With `cas`, only over that version. Rejects with a `TypeError` if it cannot be stored. */
  async set(key: Bytes, value: T, options?: TypedStoreOptions & CasOptions): Promise<MutationResponse> {
    const { value: bytes, flags } = await this.#transcoder.encode(value);
    return await this.#client.set(key, bytes, { ...options, flags });
  }

  /** Writes a value that must not be there; rejects with a {@linkcode NotStoredError} if it is, else as `set` does. */
  async add(key: Bytes, value: T, options?: TypedStoreOptions): Promise<MutationResponse> {
    const { value: bytes, flags } = await this.#transcoder.encode(value);
    return await this.#client.add(key, bytes, { ...options, flags });
  }

  /** Writes a value that must be there; rejects with a {@linkcode KeyNotFoundError} if it is not, else as `set` does. */
  async replace(key: Bytes, value: T, options?: TypedStoreOptions & CasOptions): Promise<MutationResponse> {
    const { value: bytes, flags } = await this.#transcoder.encode(value);
    return await this.#client.replace(key, bytes, { ...options, flags });
  }

  /** Writes many values at once. Rejects with a `TypeError`, and writes none, if one of them cannot be stored. */
  async setMulti<K extends Bytes>(
    entries: Iterable<readonly [K, T]>,
    options?: TypedStoreOptions,
  ): Promise<MultiResult<K, true>> {
    // The flags are those of a call, so what has other flags takes another call.
    const byFlags = new Map<number, [K, Bytes][]>();
    // Of a key that is there twice, the last value is the one, whatever call it is in.
    for (const [key, value] of new Map(entries)) {
      const { value: bytes, flags } = await this.#transcoder.encode(value);
      const same = byFlags.get(flags);
      if (same === undefined) byFlags.set(flags, [[key, bytes]]);
      else same.push([key, bytes]);
    }
    const all = [...byFlags].map(([flags, same]) => this.#client.setMulti(same, { ...options, flags }));
    const results = await Promise.all(all);
    return {
      hits: new Map(results.flatMap(({ hits }) => [...hits])),
      misses: new Set(results.flatMap(({ misses }) => [...misses])),
      errors: new Map(results.flatMap(({ errors }) => [...errors])),
    };
  }

  /** Deletes a value; resolves to whether there was one. */
  delete(key: Bytes, options?: CallOptions & CasOptions): Promise<boolean> {
    return this.#client.delete(key, options);
  }
}

/**
 * The same client with values instead of bytes: what a transcoder makes of them, as another program at the same server may have
 * stored them. The client stays as it is, and is closed by itself.
 *
 * @example
 * ```ts
 * import { connect } from "@memwire/memwire";
 * import { phpTranscoder, withTranscoder } from "@memwire/memwire/cache";
 * import { MemoryStore, Server } from "@memwire/memwire/server";
 * import { assertEquals } from "@std/assert";
 *
 * await using server = new Server();
 * new MemoryStore().register(server);
 * const { address } = await server.listen({ hostname: "127.0.0.1", port: 0 });
 * await using client = await connect(address);
 *
 * // As PHP stores ["name" => "Ada"].
 * await client.set("user:1", 'a:1:{s:4:"name";s:3:"Ada";}', { flags: 4 });
 * const users = withTranscoder(client, phpTranscoder<{ name: string }>());
 * assertEquals(await users.get("user:1"), { name: "Ada" });
 * await users.set("user:2", { name: "Grace" }, { ttl: 60 });
 * ```
 */
export function withTranscoder<T>(client: TranscodedCalls, transcoder: Transcoder<T>): TypedClient<T> {
  return new TypedClient(client, transcoder);
}
