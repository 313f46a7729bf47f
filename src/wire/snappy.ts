/**
 * The Snappy block format, read: how a value with the snappy bit is packed.
 *
 * ```text
 * length of the plain bytes, varint of at most 5 bytes, the lowest seven bits first; then elements, each with a tag:
 *   bits 0–1 of the tag   upper bits                        bytes that follow
 *   0  literal            length − 1, or 60 to 63           1 to 4 bytes of length − 1 if so, then the literal
 *   1  copy               length − 4 (3), offset high (3)   offset low (1)
 *   2  copy               length − 1                        offset (2)
 *   3  copy               length − 1                        offset (4)
 * ```
 *
 * Numbers are little-endian. A copy repeats bytes that lie `offset` back, also those that it just wrote.
 */

import { ProtocolError } from "../errors.ts";

/** What kv_engine itself inflates at most: 30 MiB. */
const DEFAULT_LIMIT = 30 * 1024 * 1024;

const MAX_LENGTH = 0xffffffff;

/** A longer literal is faster copied at once. */
const SHORT_LITERAL = 24;

/** No element yields more for each of its bytes than a copy of 64 in three. */
const BEST_YIELD = 64 / 3;

const Kind = { LITERAL: 0, NEAR_COPY: 1, COPY: 2, FAR_COPY: 3 } as const;

/** How to decompress. */
export interface DecompressOptions {
  /** The most bytes that the plain value may take: 31,457,280 (30 MiB, the limit of Couchbase itself) if left out. */
  readonly limit?: number;
}

/**
 * Decompresses a raw Snappy block, as a value with {@linkcode Datatype}'s `SNAPPY` bit is one. Returns bytes of its own.
 *
 * Nothing is allocated for a block that announces more than the limit, or more than its own size can hold.
 *
 * @throws {ProtocolError} If it is no such block, or would take more than the limit.
 * @throws {RangeError} If the limit is no number from 0 on.
 *
 * @example
 * ```ts
 * import { decompress } from "@memwire/memwire/couchbase";
 * import { assertEquals } from "@std/assert";
 *
 * // 7 bytes: the literal "xab", then a copy of 4 bytes from 2 back.
 * const block = new Uint8Array([7, 0x08, 0x78, 0x61, 0x62, 0x01, 0x02]);
 * assertEquals(new TextDecoder().decode(decompress(block)), "xababab");
 * ```
 */
export function decompress(
  value: Uint8Array,
  { limit = DEFAULT_LIMIT }: DecompressOptions = {},
): Uint8Array<ArrayBuffer> {
  if (!(limit >= 0)) throw new RangeError(`Cannot decompress: the limit ${limit} is no number from 0 on`);
  const { length, size } = readLength(value);
  if (length > limit) fail(value, `its ${length} plain bytes exceed the limit of ${limit}`);
  const rest = value.length - size;
  if (length > rest * BEST_YIELD) fail(value, `${rest} bytes cannot hold the ${length} that it announces`);
  const target = new Uint8Array(length);
  readElements(value, size, target);
  return target;
}

/** A number of five groups may exceed 32 bits; one with needless groups of zeros is allowed. */
function readLength(value: Uint8Array): { length: number; size: number } {
  let length = 0;
  for (let size = 1; size <= 5; size++) {
    const byte = value[size - 1];
    if (byte === undefined) fail(value, "it ends inside its length");
    length += (byte & 0x7f) * 2 ** (7 * (size - 1));
    if (byte > 0x7f) continue;
    if (length > MAX_LENGTH) break;
    return { length, size };
  }
  fail(value, "its length exceeds 32 bits");
}

function readElements(value: Uint8Array, from: number, target: Uint8Array): void {
  let at = from;
  let to = 0;
  while (at < value.length) {
    const tag = value[at++] as number;
    const kind = tag & 3;
    if (kind === Kind.LITERAL) {
      let length = (tag >>> 2) + 1;
      if (length > 60) {
        const width = length - 60;
        length = readLittle(value, at, width) + 1;
        at += width;
      }
      if (length > value.length - at) fail(value, `it ends inside a literal of ${length} bytes at byte ${at}`);
      checkRoom(value, target, to + length);
      if (length > SHORT_LITERAL) target.set(value.subarray(at, at + length), to);
      else for (let i = 0; i < length; i++) target[to + i] = value[at + i] as number;
      at += length;
      to += length;
    } else {
      const width = kind === Kind.FAR_COPY ? 4 : kind;
      const low = readLittle(value, at, width);
      const near = kind === Kind.NEAR_COPY;
      const length = near ? ((tag >>> 2) & 7) + 4 : (tag >>> 2) + 1;
      const offset = near ? ((tag >>> 5) << 8) + low : low;
      if (offset === 0 || offset > to) fail(value, `a copy at byte ${at} lies ${offset} back, after ${to} bytes`);
      checkRoom(value, target, to + length);
      // Byte by byte: a copy may overlap what it writes.
      for (const end = to + length; to < end; to++) target[to] = target[to - offset] as number;
      at += width;
    }
  }
  if (to < target.length) fail(value, `it holds ${to} plain bytes, and announces ${target.length}`);
}

function readLittle(value: Uint8Array, at: number, width: number): number {
  if (at + width > value.length) fail(value, `it ends inside a number at byte ${at}`);
  let number = 0;
  for (let i = width - 1; i >= 0; i--) number = number * 0x100 + (value[at + i] as number);
  return number;
}

function checkRoom(value: Uint8Array, target: Uint8Array, end: number): void {
  if (end > target.length) fail(value, `it holds more than the ${target.length} plain bytes that it announces`);
}

function fail(value: Uint8Array, reason: string): never {
  throw new ProtocolError(`Cannot decompress a Snappy block of ${value.length} bytes: ${reason}`, {
    bytes: value.slice(0, 24),
  });
}
