import { asBytes, hexByte, isPrintable } from "../bytes.ts";
import type { Bytes } from "./text_writer.ts";

/** The longest key of the text protocols in bytes, as it is sent: in base64 that are 186 bytes. */
export const MAX_TEXT_KEY_LENGTH = 250;

/** The longest key in bytes that fits in base64. */
export const MAX_BASE64_KEY_LENGTH = 186;

/** The longest opaque of the meta protocol in bytes; servers count its letter among their 32. */
export const MAX_OPAQUE_LENGTH = 31;

/** How much of a key a message shows. */
const SHOWN = 40;

/** Where the first byte lies that text cannot carry inside a word: a blank, a control byte or DEL; -1 when there is none. */
export function findUnfit(bytes: Uint8Array, from: number, to: number): number {
  for (let i = from; i < to; i++) {
    const byte = bytes[i]!;
    if (byte <= 0x20 || byte === 0x7f) return i;
  }
  return -1;
}

/**
 * Whether a key can go as it is, in a classic command: 1 to 250 bytes, none of them a blank, a control byte or DEL. Bytes from
 * 0x80 on may stand in it. A key that only has other bytes can still go through the meta protocol, in base64.
 *
 * @example
 * ```ts
 * import { isTextKey } from "@memwire/memwire/text";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(isTextKey("user:1"), true);
 * assertEquals(isTextKey("user 1"), false);
 * ```
 */
export function isTextKey(key: Bytes): boolean {
  const bytes = asBytes(key);
  return bytes.length > 0 && bytes.length <= MAX_TEXT_KEY_LENGTH && findUnfit(bytes, 0, bytes.length) < 0;
}

/** What is wrong with a key of a length that cannot be. */
export function keyLengthError(key: Uint8Array, limit: number): RangeError {
  if (key.length === 0) return new RangeError(`Cannot use an empty key: a key has 1 to ${MAX_TEXT_KEY_LENGTH} bytes`);
  const form = limit === MAX_BASE64_KEY_LENGTH ? " in base64" : "";
  return new RangeError(`Cannot use key ${show(key)} of ${key.length} bytes: a key${form} has 1 to ${limit} bytes`);
}

/** What is wrong with a key that has a byte which a classic command cannot carry. */
export function keyByteError(key: Uint8Array, at: number): TypeError {
  return new TypeError(
    `Cannot use key ${show(key)}: its byte ${hexByte(key[at]!)} at ${at} cannot go in a classic command; ` +
      "the meta and the binary protocol carry it",
  );
}

/** Bytes for a message: in quotes when they are printable, else as hex. */
export function show(bytes: Uint8Array): string {
  const part = bytes.subarray(0, SHOWN);
  const more = bytes.length > SHOWN ? "…" : "";
  if (isPrintable(part)) return `"${String.fromCharCode(...part)}${more}"`;
  return `0x${Array.from(part, (byte) => byte.toString(16).padStart(2, "0")).join("")}${more}`;
}
