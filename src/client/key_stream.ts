import { METADUMP, MGDUMP } from "../text/dump_ops.ts";
import { type KeyEntry, type MetadumpLine, MetadumpParser } from "../text/metadump.ts";
import { MgdumpParser } from "../text/mgdump.ts";
import { BatchStream } from "./batch_stream.ts";
import { type DumpKind, type DumpOptions, type DumpProgress, DumpSource } from "./dump_source.ts";
import type { ServerAddress } from "./side_connection.ts";

export type { DumpOptions, DumpProgress } from "./dump_source.ts";

/** Keys of a server as they come; see {@linkcode dumpKeys}. */
export class KeyStream<T> extends BatchStream<T> {
  readonly #source: DumpSource<unknown, T>;

  /** Reads from a dump. */
  constructor(source: DumpSource<unknown, T>) {
    super(source);
    this.#source = source;
  }

  /** How far the dump is. */
  get progress(): DumpProgress {
    return this.#source.progress;
  }
}

const ENTRIES: DumpKind<MetadumpLine, KeyEntry> = {
  op: METADUMP,
  since: "1.4.31",
  parser: () => new MetadumpParser(),
  key: (line) => line.keyBytes,
  keep: (line) => line.entry(),
};

const KEYS: DumpKind<Uint8Array, Uint8Array> = {
  op: MGDUMP,
  since: "1.6.19",
  parser: () => new MgdumpParser(),
  key: (key) => key,
  keep: (key) => key,
};

/**
 * Lists the keys that a server has, with when they expire, when they were last used, their version, class and size. It goes over a
 * connection of its own, which is opened when the first key is read and closed with the stream; the server waits while nobody reads.
 *
 * Reading rejects with a {@linkcode StatusError} in the server's words if it refuses or stays busy with another dump, a
 * {@linkcode ConnectionError} if the connection ends before the dump, a {@linkcode TimeoutError} if nothing comes for `idleTimeout`,
 * an {@linkcode UnsupportedError} that names the version it needs if the server is too old (1.4.31; 1.6.9 for `hash`), an
 * {@linkcode AuthError} if it wants another login.
 *
 * @throws {RangeError} If the limit is no number of keys.
 *
 * @example
 * ```ts
 * import { connect } from "@memwire/memwire";
 * import { MemoryStore, Server } from "@memwire/memwire/server";
 * import { dumpKeys } from "@memwire/memwire/text";
 * import { assertEquals } from "@std/assert";
 *
 * await using server = new Server();
 * new MemoryStore().register(server);
 * const { address } = await server.listen({ hostname: "127.0.0.1", port: 0 });
 * await using client = await connect(address);
 * await client.set("user:1", "Ada");
 * await client.set("job:1", "…", { ttl: 60 });
 *
 * for await (const { key, expiresAt, size } of dumpKeys(client, { prefix: "user:" })) {
 *   assertEquals([key, expiresAt, size > 0], ["user:1", undefined, true]);
 * }
 * ```
 */
export function dumpKeys(server: ServerAddress, options: DumpOptions = {}): KeyStream<KeyEntry> {
  return new KeyStream(new DumpSource(server, ENTRIES, options) as DumpSource<unknown, KeyEntry>);
}

/**
 * Lists the keys alone, as bytes: less to send than {@linkcode dumpKeys}, from memcached 1.6.19 on. It rejects as that does.
 *
 * @example
 * ```ts
 * import { dumpKeyBytes } from "@memwire/memwire/text";
 *
 * async function count(server: string): Promise<number> {
 *   let keys = 0;
 *   for await (const batch of dumpKeyBytes(server).batches()) keys += batch.length;
 *   return keys;
 * }
 * ```
 */
export function dumpKeyBytes(server: ServerAddress, options: DumpOptions = {}): KeyStream<Uint8Array> {
  return new KeyStream(new DumpSource(server, KEYS, options) as DumpSource<unknown, Uint8Array>);
}
