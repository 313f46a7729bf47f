/** A reader of frames that shares nothing with the library: slow, short, and only for checking vectors. */

import { toHex } from "../support/hex.ts";
import type { VectorFields } from "./vector.ts";

/** Header bytes. */
export const HEADER = 24;

const FLEXIBLE = [0x08, 0x18];

/** The magics of messages that ask. */
export const REQUEST_MAGICS: readonly number[] = [0x80, 0x08, 0x82];

/** The magics of messages that answer. */
export const RESPONSE_MAGICS: readonly number[] = [0x81, 0x18, 0x83];

/** The fields of the frame that starts here, as far as its bytes go; its parts in hexadecimal digits without blanks. */
export function readFields(bytes: Uint8Array): VectorFields {
  const number = (at: number, size: number): number => Number(bigNumber(bytes, at, size));
  const flexible = FLEXIBLE.includes(number(0, 1));
  const framingLength = flexible ? number(2, 1) : 0;
  const keyLength = flexible ? number(3, 1) : number(2, 2);
  const extrasLength = number(4, 1);
  const bodyLength = number(8, 4);
  let at = HEADER;
  const take = (length: number): string => digits(bytes.subarray(at, at += length));
  const parts = { framingExtras: take(framingLength), extras: take(extrasLength), key: take(keyLength) };
  const value = digits(bytes.subarray(at, HEADER + bodyLength));
  return {
    magic: number(0, 1),
    opcode: number(1, 1),
    keyLength,
    extrasLength,
    ...(flexible ? { framingLength } : {}),
    datatype: number(5, 1),
    vbucketOrStatus: number(6, 2),
    bodyLength,
    opaque: number(12, 4),
    cas: bigNumber(bytes, 16, 8),
    ...Object.fromEntries(Object.entries({ ...parts, value }).filter(([, part]) => part !== "")),
  };
}

/** Whole frames, one behind the other; throws when they do not end with the bytes. */
export function cutFrames(bytes: Uint8Array): Uint8Array[] {
  const frames: Uint8Array[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = at + HEADER + Number(bigNumber(bytes, at + 8, 4));
    if (end > bytes.length) throw new RangeError(`a frame at ${at} ends at ${end}, the bytes at ${bytes.length}`);
    frames.push(bytes.subarray(at, end));
    at = end;
  }
  return frames;
}

/** Hexadecimal digits without blanks. */
export function digits(bytes: Uint8Array): string {
  return toHex(bytes).replaceAll(" ", "");
}

/** An unsigned number, the highest byte first. */
function bigNumber(bytes: Uint8Array, at: number, size: number): bigint {
  if (at + size > bytes.length) throw new RangeError(`no ${size} bytes at ${at} of ${bytes.length}`);
  return bytes.subarray(at, at + size).reduce((number, byte) => number * 256n + BigInt(byte), 0n);
}
