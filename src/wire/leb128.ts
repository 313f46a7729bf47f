/**
 * Unsigned LEB128 of 32-bit numbers: seven bits a byte, the lowest first, bit 7 set in all bytes but the last.
 * Collection ids stand in front of keys in this form, and lengths inside range-scan records.
 */

import { ProtocolError } from "../errors.ts";

const MAX_VALUE = 0xffffffff;

/** 32 bits take five groups of seven. */
const MAX_SIZE = 5;

/** The fifth byte has room for the highest four bits only. */
const MAX_FIFTH = 0x0f;

/** A number that was read, and how many bytes it took. */
export interface Leb128 {
  /** The number, 0 to 4,294,967,295. */
  readonly value: number;
  /** Bytes that it took, 1 to 5. */
  readonly length: number;
}

/**
 * How many bytes a number takes, 1 to 5.
 *
 * @throws {RangeError} If it is no integer from 0 to 4,294,967,295.
 */
export function leb128Size(value: number): number {
  if (!Number.isInteger(value) || value < 0 || value > MAX_VALUE) {
    throw new RangeError(`Cannot write LEB128: ${value} is not an integer from 0 to ${MAX_VALUE}`);
  }
  let size = 1;
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) size++;
  return size;
}

/**
 * Writes a number in its shortest form, from an offset on; returns the offset behind it.
 *
 * @throws {RangeError} If it is no integer from 0 to 4,294,967,295, or the array has no room for it.
 *
 * @example
 * ```ts
 * import { leb128Size, writeLeb128 } from "@memwire/memwire/codec";
 * import { assertEquals } from "@std/assert";
 *
 * const bytes = new Uint8Array(leb128Size(0x555));
 * assertEquals(writeLeb128(bytes, 0, 0x555), 2);
 * assertEquals(bytes, new Uint8Array([0xd5, 0x0a]));
 * ```
 */
export function writeLeb128(target: Uint8Array, at: number, value: number): number {
  const end = at + leb128Size(value);
  if (end > target.length) {
    throw new RangeError(`Cannot write LEB128: ${end - at} bytes at ${at} exceed an array of ${target.length}`);
  }
  let rest = value;
  while (rest > 0x7f) {
    target[at++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  target[at] = rest;
  return end;
}

/**
 * Reads a number from an offset on.
 *
 * @throws {ProtocolError} If the bytes end inside it, it does not fit in 32 bits, or a shorter form of it exists.
 *
 * @example
 * ```ts
 * import { readLeb128 } from "@memwire/memwire/codec";
 * import { assertEquals } from "@std/assert";
 *
 * const key = new Uint8Array([0xd5, 0x0a, 0x66, 0x6f, 0x6f]); // collection 0x555, "foo"
 * assertEquals(readLeb128(key), { value: 0x555, length: 2 });
 * ```
 */
export function readLeb128(bytes: Uint8Array, at: number = 0): Leb128 {
  let value = 0;
  for (let length = 1;; length++) {
    const byte = bytes[at + length - 1];
    if (byte === undefined) fail(bytes, at, `the bytes end after ${length - 1}`);
    if (length === MAX_SIZE && byte > MAX_FIFTH) fail(bytes, at, "it exceeds 32 bits");
    value |= (byte & 0x7f) << (7 * (length - 1));
    if (byte > 0x7f) continue;
    if (byte === 0 && length > 1) fail(bytes, at, `it takes ${length} bytes where fewer would do`);
    return { value: value >>> 0, length };
  }
}

function fail(bytes: Uint8Array, at: number, reason: string): never {
  throw new ProtocolError(`Cannot read LEB128 at byte ${at}: ${reason}`, { bytes: bytes.slice(at, at + MAX_SIZE) });
}
