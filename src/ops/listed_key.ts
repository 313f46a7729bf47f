/**
 * Keys of documents in the middle of a value, with the number of their collection before them like the key of a frame.
 */

import type { Frame } from "../frame/frame.ts";
import { readLeb128 } from "../wire/leb128.ts";
import { failParts } from "./op.ts";

/** A key of a list. */
export interface ListedKey {
  /** The key, without the number of its collection. */
  readonly key: Uint8Array;
  /** Its collection, where keys have such a prefix. */
  readonly collection?: number;
}

/**
 * Reads a key from an offset in the buffer of a frame on.
 *
 * @throws {ProtocolError} If it is empty, or its prefix is no number.
 */
export function readListedKey(frame: Frame, at: number, length: number): ListedKey {
  const bytes = new Uint8Array(frame.buffer, at, length);
  if (!frame.collections) {
    if (length === 0) failParts(frame, "an empty key in its list");
    return { key: bytes };
  }
  const { value: collection, length: prefix } = readLeb128(bytes);
  if (length === prefix) failParts(frame, "an empty key in its list");
  return { key: bytes.subarray(prefix), collection };
}
