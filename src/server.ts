/**
 * A server for the binary protocol: handlers say what to answer, the toolkit does the rest, and an engine in memory answers as
 * memcached 1.6 does.
 *
 * @example A memcached in the process
 * ```ts
 * import { connect } from "@memwire/memwire";
 * import { MemoryStore, Server } from "@memwire/memwire/server";
 * import { assertEquals } from "@std/assert";
 *
 * await using server = new Server();
 * new MemoryStore({ memoryLimit: 16 * 1024 * 1024 }).register(server);
 * const { address } = await server.listen({ hostname: "127.0.0.1", port: 0 });
 *
 * await using mc = await connect(address);
 * await mc.set("user:1", "Ada", { ttl: 60 });
 * assertEquals((await mc.get("user:1"))?.text(), "Ada");
 * ```
 *
 * @example Handlers of one's own, in ten lines
 * ```ts
 * import { connect } from "@memwire/memwire";
 * import { GET, Status } from "@memwire/memwire/codec";
 * import { Server, StatusReply } from "@memwire/memwire/server";
 * import { assertEquals } from "@std/assert";
 *
 * const server = new Server({ concurrency: 64 }).on(GET, async ({ key }, { signal }) => {
 *   const name = new TextDecoder().decode(key);
 *   if (name.startsWith("secret:")) throw new StatusReply(Status.EACCESS);
 *   const value = await lookUp(name, signal);
 *   return value === undefined ? undefined : { value, flags: 0, cas: 1n };
 * });
 * const { address } = await server.listen({ hostname: "127.0.0.1", port: 0 });
 *
 * const mc = await connect(address);
 * assertEquals((await mc.get("greeting"))?.text(), "Hello");
 * assertEquals(await mc.get("other"), undefined);
 * await mc.close();
 * await server.close();
 *
 * function lookUp(name: string, _signal: AbortSignal): Promise<string | undefined> {
 *   return Promise.resolve(name === "greeting" ? "Hello" : undefined);
 * }
 * ```
 *
 * @module
 */

export {
  type BucketWriteOptions,
  CouchbaseBucket,
  type FailoverOptions,
  type MutationListener,
  type PlaceOptions,
} from "./server/couchbase/bucket.ts";
export type { ClusterMap } from "./server/couchbase/cluster_config.ts";
export * from "./server/couchbase/couchbase_cluster.ts";
export { CouchbaseNode } from "./server/couchbase/couchbase_node.ts";
export type { DcpConnectionInfo, DcpFeeds, DcpSelection, DcpStreamInfo } from "./server/couchbase/dcp/dcp_feeds.ts";
export type { Timers } from "./server/couchbase/dcp/noop_timer.ts";
export type { CouchbaseDocument } from "./server/couchbase/document.ts";
export {
  type CollectionOptions,
  CollectionsManifest,
  type CollectionTree,
  type ManifestCollection,
  type ManifestScope,
} from "./server/couchbase/manifest.ts";
export type { ConflictResolution } from "./server/couchbase/meta_store.ts";
export type { CouchbaseBucketOptions, CouchbaseNodeOptions } from "./server/couchbase/node_options.ts";
export type { TapServerOptions } from "./server/couchbase/tap/tap_settings.ts";
export {
  publishChanges,
  type PublishOptions,
  type StoreChange,
  type StoreDeletion,
  type StoreWrite,
} from "./server/couchbase/publish.ts";
export type { Vbucket, VbucketCopy } from "./server/couchbase/vbucket.ts";
export type { Dialect } from "./server/dialect.ts";
export { Exchange, type ExchangeHost } from "./server/exchange.ts";
export { MemoryStore } from "./server/memory_store.ts";
export type { Guard, Handler, Route, Routes } from "./server/route.ts";
export {
  type ErrorContext,
  Server,
  type ServerCounters,
  type ServerListener,
  type ServerListenOptions,
  type ServerOptions,
} from "./server/server.ts";
export { Session } from "./server/session.ts";
export type { SessionFeed } from "./server/session_feed.ts";
export type { SessionHost, SessionListener } from "./server/session_host.ts";
export { StatusReply, type StatusReplyOptions } from "./server/status_reply.ts";
export type { StoreCounts } from "./server/store_counts.ts";
export type { CasOptions, CountOptions, MemoryStoreOptions, StoreOptions } from "./server/store_options.ts";
export type { ServerStats, Statistic } from "./server/store_stats.ts";
export type { StoredItem } from "./server/stored_item.ts";
export { listen } from "./transport/detect.ts";
export type * from "./transport/transport.ts";
