/**
 * Bytes in an attribute, which holds JSON: a text with a mark in front of their base64.
 */

import { utf8Decode, utf8Encode } from "../../bytes.ts";
import { decodeBase64, encodeBase64 } from "../../wire/base64.ts";

const MARK = "cb-content-base64-encoded:";
const MARKED = new RegExp(`${MARK}([^"]*)`, "g");
const WHOLE = new RegExp(`^"${MARK}([^"]*)"$`);

/** Base64 is read so many characters at a time, whole groups of four: all of a large value is too much for one pattern to match. */
const PIECE = 1 << 16;

/** The JSON text that stands for bytes. */
export function packBinary(bytes: Uint8Array): Uint8Array {
  return utf8Encode(`"${MARK}${encodeBase64(bytes)}"`);
}

/** The bytes that a JSON text stands for; `undefined` if it stands for none. */
export function unpackBinary(text: Uint8Array): Uint8Array | undefined {
  const match = WHOLE.exec(utf8Decode(text));
  return match === null ? undefined : decodePieces(match[1]!);
}

/** Whether a text has the mark without base64 behind it. */
export function hasBrokenBinary(text: Uint8Array): boolean {
  for (const [, base64] of utf8Decode(text).matchAll(MARKED)) {
    if (decodePieces(base64!) === undefined) return true;
  }
  return false;
}

function decodePieces(base64: string): Uint8Array | undefined {
  const target = new Uint8Array(Math.ceil(base64.length / 4) * 3);
  let length = 0;
  for (let at = 0; at < base64.length; at += PIECE) {
    // What is padded is the end: nothing may follow it.
    if (length % 3 !== 0) return undefined;
    const bytes = decodeBase64(base64.slice(at, at + PIECE));
    if (bytes === undefined) return undefined;
    target.set(bytes, length);
    length += bytes.length;
  }
  return target.subarray(0, length);
}
