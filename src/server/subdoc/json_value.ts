/**
 * Whether bytes are JSON: values to put into a document, and documents.
 */

import { equalBytes, utf8Decode, utf8Encode } from "../../bytes.ts";
import { Status } from "../../wire/status.ts";
import { endOfValue } from "./json_scan.ts";
import { Char, NOT_JSON, skipBlanks } from "./json_tokens.ts";
import { valueStatus } from "./locate.ts";

/** Whether bytes are the UTF-8 of a text. */
export function isUtf8(bytes: Uint8Array): boolean {
  for (const byte of bytes) {
    if (byte >= 0x80) return equalBytes(utf8Encode(utf8Decode(bytes)), bytes);
  }
  return true;
}

/** Whether bytes are one JSON value, however deep. */
export function isJson(bytes: Uint8Array): boolean {
  if (!isUtf8(bytes)) return false;
  try {
    JSON.parse(utf8Decode(bytes));
    return true;
  } catch {
    // That is the answer: JSON.parse has no other way to say it.
    return false;
  }
}

/**
 * Whether a value may be put at a depth: `SUCCESS`, `SUBDOC_VALUE_CANTINSERT` for what is not one JSON value, or
 * `SUBDOC_VALUE_ETOODEEP`.
 */
export function checkValue(value: Uint8Array, depth: number): number {
  const end = endOfValue(value, skipBlanks(value, 0), depth);
  if (end < 0) return valueStatus(end);
  return skipBlanks(value, end) === value.length ? checkText(value) : Status.SUBDOC_VALUE_CANTINSERT;
}

/** The same for one value or more with commas between them. */
export function checkValues(values: Uint8Array, depth: number): number {
  for (let at = 0;; at++) {
    const end = endOfValue(values, skipBlanks(values, at), depth);
    if (end < 0) return valueStatus(end);
    at = skipBlanks(values, end);
    if (at === values.length) return checkText(values);
    if (values[at] !== Char.COMMA) return Status.SUBDOC_VALUE_CANTINSERT;
  }
}

/** A value without the blanks around it. */
export function trimValue(value: Uint8Array): Uint8Array {
  const start = skipBlanks(value, 0);
  const end = endOfValue(value, start, 0);
  return end === NOT_JSON ? value : value.subarray(start, end);
}

/** Whether a value begins an object or an array. */
export function isContainer(text: Uint8Array, at: number): boolean {
  return text[at] === Char.OPEN_BRACE || text[at] === Char.OPEN_BRACKET;
}

function checkText(value: Uint8Array): number {
  return isUtf8(value) ? Status.SUCCESS : Status.SUBDOC_VALUE_CANTINSERT;
}
