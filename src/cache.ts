/**
 * Helpers for caching over any client: values that are made once for all who ask, a bounded cache in the process before the
 * server's, namespaces, prefixes, and transcoders that read and write what other clients do.
 *
 * @example
 * ```ts
 * import { connect } from "@memwire/memwire";
 * import { Cache } from "@memwire/memwire/cache";
 * import { MemoryStore, Server } from "@memwire/memwire/server";
 * import { assertEquals } from "@std/assert";
 *
 * await using server = new Server();
 * new MemoryStore().register(server);
 * const { address } = await server.listen({ hostname: "127.0.0.1", port: 0 });
 * await using client = await connect(address);
 *
 * await using prices = new Cache<number>(client, { prefix: "price:", ttl: 60, staleFor: 600, missTtl: 5 });
 * assertEquals(await prices.getOrSet("pen", () => 3), 3);
 * assertEquals(await prices.getOrSet("ink", () => undefined), undefined);
 * ```
 *
 * @module
 */

export * from "./cache/cache.ts";
export type { CacheClient } from "./cache/cache_entry.ts";
export type * from "./cache/cache_options.ts";
export * from "./cache/namespace.ts";
export * from "./cache/near_cache.ts";
export * from "./cache/prefix_caller.ts";
export * from "./cache/transcoder.ts";
export { compressed, type CompressionFormat, type CompressOptions } from "./cache/transcoders/compression.ts";
export * from "./cache/transcoders/couchbase.ts";
export * from "./cache/transcoders/dalli.ts";
export * from "./cache/transcoders/php.ts";
export * from "./cache/transcoders/python.ts";
export * from "./cache/transcoders/spymemcached.ts";
export { TranscodeError, type TranscodeReason } from "./cache/transcoders/transcode_error.ts";
export * from "./cache/transcoders/typed_client.ts";
export type { TranscoderReadOptions } from "./cache/transcoders/values.ts";
