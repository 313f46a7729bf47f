/**
 * What Couchbase adds to values: Snappy compression and extended attributes.
 *
 * @example
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
export * from "./wire/snappy.ts";
export * from "./wire/xattr.ts";
export * from "./couchbase/snappy.ts";
export * from "./couchbase/value.ts";
