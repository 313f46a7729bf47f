/**
 * Couchbase's change feed, DCP, as an async-iterable `ReadableStream`: resumable, with flow control.
 *
 * @example Follow a bucket, and go on where it stopped
 * ```ts
 * import { type FeedPosition, openDcp } from "@memwire/memwire/dcp";
 * import { CouchbaseNode, Server } from "@memwire/memwire/server";
 * import { assertEquals } from "@std/assert";
 *
 * await using server = new Server();
 * const bucket = new CouchbaseNode().register(server).bucket("default");
 * const { address } = await server.listen({ hostname: "127.0.0.1", port: 0 });
 * bucket.set("a", "1");
 * bucket.set("b", "2");
 *
 * const seen: string[] = [];
 * let position: FeedPosition | undefined;
 * {
 *   await using feed = await openDcp(address, { bucket: "default", from: "beginning", to: "now" });
 *   for await (const event of feed) {
 *     if (event.type === "mutation") seen.push(`${event.keyText}=${event.text()}`);
 *   }
 *   position = feed.position(); // safe to keep as JSON
 * }
 *
 * bucket.set("c", "3");
 * await using feed = await openDcp(address, { bucket: "default", from: position, to: "now" });
 * for await (const event of feed) {
 *   if (event.type === "mutation") seen.push(`${event.keyText}=${event.text()}`);
 * }
 * assertEquals(seen.toSorted(), ["a=1", "b=2", "c=3"]);
 * ```
 *
 * @module
 */

export * from "./errors.ts";
export { openDcp } from "./feed/open_dcp.ts";
export type { DcpTarget } from "./feed/open_dcp.ts";
export type { CouchbaseServer } from "./couchbase/seeds.ts";
export type { SessionOptions } from "./couchbase/session.ts";
export type { OpenOptions } from "./link/open_connection.ts";
export type * from "./transport/transport.ts";
export { DcpFeed } from "./feed/dcp_feed.ts";
export type { BatchOptions } from "./feed/dcp_feed.ts";
export * from "./feed/dcp_event.ts";
export * from "./feed/dcp_error.ts";
export type { DcpFilter, DcpFrom, DcpOptions, DcpStreamName, DcpStreamOptions, DcpTo } from "./feed/dcp_options.ts";
export type { DcpCounts, DcpFeedStats, DcpNodeStats, DcpVbucketStats } from "./feed/dcp_stats.ts";
export type { DcpStreamState } from "./feed/dcp_stream.ts";
export { readFeedPosition } from "./feed/position.ts";
export type { FeedPosition, StoredVbucketPosition, VbucketPosition } from "./feed/position.ts";
export { DcpControl, SnapshotFlag, StreamEndReason } from "./ops/dcp_flags.ts";
export type { SnapshotMarkerVersion } from "./ops/dcp_snapshot.ts";
export type {
  CollectionDefined,
  CollectionDropped,
  ScopeCreated,
  ScopeDropped,
  SystemEvent,
  UnknownSystemEvent,
} from "./ops/dcp_system_value.ts";
export type { FailoverEntry } from "./ops/vbucket.ts";
export type { XattrSection } from "./wire/xattr.ts";
export * from "./feed/checkpoint_error.ts";
export type { Checkpoint } from "./feed/checkpoint.ts";
export * from "./feed/checkpoint_file.ts";
export * from "./feed/checkpoint_item.ts";
export * from "./feed/checkpoint_kv.ts";
export * from "./feed/checkpoint_memory.ts";
export type { RecordOptions, RecordStore, StoredRecord } from "./feed/checkpoint_record.ts";
export * from "./feed/checkpoint_store.ts";
export { Group, joinGroup } from "./feed/group.ts";
export { consumeInGroup, type GroupProcessOptions, type StreamSource } from "./feed/group_consume.ts";
export * from "./feed/group_error.ts";
export type { GroupHandlers, GroupOptions, Membership } from "./feed/group_options.ts";
export * from "./feed/group_static.ts";
export { processFeed } from "./feed/process.ts";
export type { FeedClock } from "./feed/process_clock.ts";
export type { EventSource, ProcessEvent } from "./feed/process_event.ts";
export type {
  CommitOptions,
  ErrorPolicy,
  FailedEvent,
  ProcessContext,
  ProcessFunction,
  ProcessOptions,
  ProcessResult,
  RetryOptions,
} from "./feed/process_options.ts";
