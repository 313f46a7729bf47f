/**
 * A client of one Couchbase node: the whole key-value protocol, with collections, sub-documents, durability, range scans; and what
 * Couchbase adds to values, Snappy compression and extended attributes.
 *
 * @example
 * ```ts ignore
 * import { connectCouchbase } from "@memwire/memwire/couchbase";
 *
 * await using bucket = await connectCouchbase("couchbases://ada:pencil@cb.local/orders");
 * await bucket.set("order:1", JSON.stringify({ total: 12 }), { durability: "majority" });
 * const users = bucket.inCollection("shop.users");
 * await users.mutateIn("ada", [{ upsert: "visits", value: 1 }], { store: "upsert" });
 * ```
 *
 * @example Values with attributes
 * ```ts
 * import { decodeValue } from "@memwire/memwire/couchbase";
 * import { assertEquals } from "@std/assert";
 *
 * // Any item, frame or event has the two; here a small one: JSON behind the attribute "_sync".
 * const value = new TextEncoder().encode('\0\0\0\x12\0\0\0\x0e_sync\0{"a":1}\0{}');
 * const document = decodeValue({ datatype: 0x05, value });
 * assertEquals(document.xattrs?.json("_sync"), { a: 1 });
 * assertEquals(document.json(), {});
 * ```
 *
 * @module
 */

export * from "./errors.ts";
export * from "./wire/datatype.ts";
export * from "./wire/error_map.ts";
export * from "./wire/features.ts";
export * from "./wire/snappy.ts";
export * from "./wire/xattr.ts";
export { Client } from "./client/client.ts";
export * from "./connection/caller.ts";
export * from "./connection/op_stats.ts";
export * from "./couchbase/collections.ts";
export * from "./couchbase/connect.ts";
export * from "./couchbase/couchbase_client.ts";
export * from "./couchbase/document_caller.ts";
export * from "./couchbase/observation.ts";
export type { LookupPathResult, MutatePathResult, PathLookup, PathMutation } from "./couchbase/single_path.ts";
export type { ScanOptions, ScanRange } from "./couchbase/scan.ts";
export { DEFAULT_FEATURES, type Session, type SessionOptions, startSession } from "./couchbase/session.ts";
export * from "./couchbase/snappy.ts";
export {
  type LookupInOptions,
  type LookupInResult,
  type LookupSpec,
  type MutateInOptions,
  type MutateInResult,
  type MutateSpec,
  PathError,
  type PathOptions,
  PathResult,
  type SubdocValue,
} from "./couchbase/sub_document.ts";
export * from "./couchbase/value.ts";
export type { OpenOptions } from "./link/open_connection.ts";
export type { Bytes } from "./frame/frame_writer.ts";
export type { GetMetaResponse, WithMetaRequest } from "./ops/meta.ts";
export { MetaOption } from "./ops/meta.ts";
export type { ObserveSeqnoResponse } from "./ops/observe.ts";
export type { ScannedDocument, ScannedItem } from "./ops/range_scan.ts";
export type { FailoverEntry } from "./ops/vbucket.ts";
export type * from "./transport/transport.ts";
export * from "./wire/vbucket_hash.ts";
export * from "./couchbase/vbucket_map.ts";
