import { crc32 } from "../../wire/crc32.ts";
import { fnv1, fnv1a, fnv1aWide, fnv1Wide } from "./fnv.ts";
import { hsieh } from "./hsieh.ts";
import { javaString, javaStringMagnitude } from "./java_string.ts";
import { jenkins } from "./jenkins.ts";
import type { KeyHash } from "./key_hash.ts";
import { Md5 } from "./md5.ts";
import { murmur2, murmur3, murmur3ByLength } from "./murmur.ts";
import { oneAtATime } from "./one_at_a_time.ts";
import { Xxh3 } from "./xxh3.ts";

/**
 * The hashes of keys by name. As libmemcached and twemproxy have them: `one_at_a_time`, `md5`, `fnv1_32`, `fnv1a_32`, `fnv1_64`, `fnv1a_64`,
 * `hsieh`, `murmur`, `murmur3` (of libmemcached; `murmur3_plain` has no seed), `jenkins` and `crc`, 15 bits of a CRC-32, which
 * twemproxy calls `crc32`. Of others: `crc32`, all 32 bits of it (gomemcache; twemproxy's `crc32a`), `crc_or_one` (`crc`, but 1 instead of
 * 0: python-memcached, PHP's memcache), `java` (spymemcached's native),
 * `xxh3` (the lower half of 64 bits: memcached's proxy) and `java_abs` (memjs).
 */
export type HashName =
  | "one_at_a_time"
  | "md5"
  | "crc"
  | "crc32"
  | "crc_or_one"
  | "fnv1_32"
  | "fnv1a_32"
  | "fnv1_64"
  | "fnv1a_64"
  | "hsieh"
  | "murmur"
  | "murmur3"
  | "murmur3_plain"
  | "jenkins"
  | "java"
  | "java_abs"
  | "xxh3";

/** A hash of your own: of the bytes of a key, an integer of 0 and more, of which the lower 32 bits count. */
export type CustomHash = (key: Uint8Array) => number;

const HASHES: Readonly<Record<HashName, () => KeyHash>> = {
  one_at_a_time: () => oneAtATime,
  md5: () => {
    const md5 = new Md5();
    return (bytes, start, end) => md5.digest(bytes, start, end);
  },
  crc: () => crc,
  crc32: () => (bytes, start, end) => crc32(bytes, start, end) | 0,
  crc_or_one: () => (bytes, start, end) => crc(bytes, start, end) || 1,
  fnv1_32: () => fnv1,
  fnv1a_32: () => fnv1a,
  fnv1_64: () => fnv1Wide,
  fnv1a_64: () => fnv1aWide,
  hsieh: () => hsieh,
  murmur: () => murmur2,
  murmur3: () => murmur3ByLength,
  murmur3_plain: () => (bytes, start, end) => murmur3(bytes, start, end),
  jenkins: () => jenkins,
  java: () => javaString,
  java_abs: () => javaStringMagnitude,
  xxh3: () => {
    const xxh3 = new Xxh3();
    return (bytes, start, end) => xxh3.hash(bytes, start, end);
  },
};

/**
 * A hash by its name, or one of yours.
 *
 * @throws {TypeError} If there is no hash of that name.
 */
export function chooseHash(hash: HashName | CustomHash): KeyHash {
  if (typeof hash === "function") {
    return (bytes, start, end) => hash(bytes.subarray(start, end)) | 0;
  }
  if (!Object.hasOwn(HASHES, hash)) {
    throw new TypeError(`Cannot hash keys with ${JSON.stringify(hash)}: it is ${Object.keys(HASHES).join(", ")}`);
  }
  return HASHES[hash]();
}

/** Bits 16 to 30 of the CRC-32. */
function crc(bytes: Uint8Array, start: number, end: number): number {
  return (crc32(bytes, start, end) >>> 16) & 0x7fff;
}
