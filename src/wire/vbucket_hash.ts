import { asBytes } from "../bytes.ts";
import type { Bytes } from "./slab.ts";
import { crc32 } from "./crc32.ts";

/**
 * Which vbucket a key is in: bits 16 to 30 of its CRC-32, modulo the number of vbuckets (1024 in most buckets). The collection is
 * no part of it.
 *
 * @example
 * ```ts
 * import { vbucketOf } from "@memwire/memwire/couchbase";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(vbucketOf("foo", 1024), 115);
 * ```
 */
export function vbucketOf(key: Bytes, count: number): number {
  return ((crc32(asBytes(key)) >>> 16) & 0x7fff) % count;
}
