/**
 * The text protocols of memcached, classic and meta.
 *
 * - The codec: commands written to a slab, replies cut out of chunks of bytes, without a connection or a clock; for clients, proxies,
 *   servers and captures.
 * - What only text can do, over a connection of its own: the keys of a server, its log, any command, what it is able to do.
 *
 * @example
 * ```ts
 * import { Answers, META_GET, ReplySplitter, TextWriter } from "@memwire/memwire/text";
 * import { assertEquals } from "@std/assert";
 *
 * const out = new TextWriter();
 * META_GET.write(out, { key: "user:1", opaque: 7, returnValue: true, returnCas: true });
 * assertEquals(new TextDecoder().decode(out.take()[0]), "mg user:1 O7 c v\r\n");
 *
 * const splitter = new ReplySplitter({ expected: Answers.META });
 * splitter.push(new TextEncoder().encode("VA 3 O7 c42\r\nAda\r\n"), (reply) => {
 *   assertEquals([reply.meta.opaqueNumber, reply.meta.cas], [7, 42n]);
 *   assertEquals(new TextDecoder().decode(reply.value), "Ada");
 * });
 * ```
 *
 * @module
 */

export { Capabilities, readCapabilities, type ServerFlags, type VersionedFeature } from "./client/capabilities.ts";
export { type BatchSource, BatchStream } from "./client/batch_stream.ts";
export { dumpKeyBytes, dumpKeys, type DumpOptions, type DumpProgress, type KeyStream } from "./client/key_stream.ts";
export {
  type InvalidateOptions,
  MetaClient,
  type MetaCounted,
  type MetaCountOptions,
  MetaItem,
  type MetaReadOptions,
  type MetaStored,
  type MetaWriteOptions,
} from "./client/meta_client.ts";
export { type CommandOptions, sendCommand } from "./client/send_command.ts";
export type { ServerAddress, SideOptions } from "./client/side_connection.ts";
export * from "./client/typed_stats.ts";
export { type WatchOptions, watchServer, type WatchStream, type WatchTopic } from "./client/watch_stream.ts";
export { MetaWire } from "./connection/meta_wire.ts";
export { TextWire } from "./connection/text_wire.ts";
export { MemcachedError, type MemcachedErrorCode, type MemcachedErrorOptions, ProtocolError } from "./errors.ts";
export * from "./text/admin.ts";
export { Answers, type AnswersTable } from "./text/answers.ts";
export * from "./text/dump_ops.ts";
export * from "./text/keyed.ts";
export { LineSplitter, type LineSplitterOptions, type LineVisitor } from "./text/line_splitter.ts";
export * from "./text/meta_admin.ts";
export * from "./text/meta_arithmetic.ts";
export * from "./text/meta_debug.ts";
export * from "./text/meta_delete.ts";
export * from "./text/meta_get.ts";
export type { MetaCallRequest, MetaRequest } from "./text/meta_op.ts";
export { MetaReply } from "./text/meta_reply.ts";
export * from "./text/meta_set.ts";
export * from "./text/metadump.ts";
export * from "./text/mgdump.ts";
export * from "./text/raw_command.ts";
export * from "./text/reply_splitter.ts";
export * from "./text/retrieval.ts";
export * from "./text/server_version.ts";
export * from "./text/stats_groups.ts";
export * from "./text/storage.ts";
export { isErrorCode, TextCode, textCodeName } from "./text/text_code.ts";
export { isTextKey, MAX_BASE64_KEY_LENGTH, MAX_OPAQUE_LENGTH, MAX_TEXT_KEY_LENGTH } from "./text/text_key.ts";
export type { NoReply, TextOp } from "./text/text_op.ts";
export { type ReplyKeeping, TextReply } from "./text/text_reply.ts";
export type { SlabMark } from "./wire/slab.ts";
export * from "./text/text_streams.ts";
export { type Bytes, TextWriter } from "./text/text_writer.ts";
export * from "./text/watch.ts";
