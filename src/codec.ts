/**
 * The codec and the connection: frames, rows, and what turns bytes into one and back. For proxies, captures, servers and clients of one's own.
 *
 * @example
 * ```ts
 * import { formatFrame, FrameSplitter, FrameWriter, GET, Magic } from "@memwire/memwire/codec";
 * import { assertEquals } from "@std/assert";
 *
 * const out = new FrameWriter();
 * out.begin();
 * GET.request.write(out, { key: "user:1" });
 * out.end({ magic: Magic.CLIENT_REQUEST, opcode: GET.opcode, opaque: 1 });
 *
 * const [frame] = new FrameSplitter().split(out.take()[0]!);
 * assertEquals(GET.request.read(frame!), { key: new TextEncoder().encode("user:1") });
 * ```
 *
 * @module
 */

export * from "./errors.ts";
export * from "./wire/datatype.ts";
export * from "./wire/error_map.ts";
export * from "./wire/features.ts";
export * from "./wire/fields.ts";
export * from "./wire/header.ts";
export * from "./wire/leb128.ts";
export * from "./wire/status.ts";
export * from "./frame/frame.ts";
export * from "./frame/frame_info.ts";
export * from "./frame/frame_splitter.ts";
export * from "./frame/frame_streams.ts";
export * from "./frame/frame_writer.ts";
export { Slab, type SlabMark } from "./wire/slab.ts";
export * from "./ops/admin.ts";
export * from "./ops/auth.ts";
export * from "./ops/cluster_config.ts";
export * from "./ops/collections.ts";
export * from "./ops/counter.ts";
export * from "./ops/dcp.ts";
export * from "./ops/dcp_cache_transfer.ts";
export * from "./ops/dcp_events.ts";
export * from "./ops/dcp_filter.ts";
export * from "./ops/dcp_flags.ts";
export * from "./ops/dcp_snapshot.ts";
export * from "./ops/dcp_stream.ts";
export * from "./ops/dcp_system.ts";
export * from "./ops/dcp_system_value.ts";
export * from "./ops/documents.ts";
export * from "./ops/item.ts";
export { type JsonResponse, jsonResponse } from "./ops/json.ts";
export * from "./ops/meta.ts";
export * from "./ops/observe.ts";
export * from "./ops/op.ts";
export * from "./ops/range_scan.ts";
export * from "./ops/retrieval.ts";
export * from "./ops/session.ts";
export * from "./ops/storage.ts";
export * from "./ops/subdoc.ts";
export * from "./ops/subdoc_multi.ts";
export type { DocumentOptions } from "./ops/subdoc_options.ts";
export * from "./ops/table.ts";
export * from "./ops/tap.ts";
export * from "./ops/vbucket.ts";
export * from "./connection/caller.ts";
export * from "./connection/connection.ts";
export { answerRequest, tell } from "./connection/server_requests.ts";
export type { Detached } from "./connection/detached.ts";
export { authenticate, type AuthenticateOptions, type SaslCaller } from "./connection/sasl.ts";
export type {
  Credentials,
  CredentialsSource,
  PasswordCredentials,
  TokenCredentials,
} from "./connection/credentials.ts";
