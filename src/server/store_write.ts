import { asBytes } from "../bytes.ts";
import { type Bytes, MAX_KEY_LENGTH } from "../frame/frame_writer.ts";
import { readCounter } from "./counter_value.ts";
import { EXISTS, NON_NUMERIC, NOT_FOUND, OUT_OF_MEMORY, type StatusReply, TOO_LARGE } from "./status_reply.ts";
import { type Entry, itemSize } from "./stored_item.ts";

/** memcached keeps items beyond this in pieces, and does not count with them. */
const LARGEST_COUNTER_ITEM = 512 * 1024;

/** A version that no item has. */
export const NO_VERSION: bigint = 1n << 64n;

/** Which command writes. */
export type WriteCommand = "set" | "add" | "replace" | "append" | "prepend";

/** What is to be written, and why it cannot be. */
export interface Write {
  readonly command: WriteCommand;
  readonly key: Uint8Array;
  readonly pieces: readonly Uint8Array[];
  readonly flags: number;
  readonly expiry: number;
  readonly cas: bigint;
  readonly refusal: StatusReply | undefined;
}

/** The number in an item, if it may be counted with. */
export function countable(entry: Entry, cas: bigint | undefined): bigint {
  if (entry.value.length === 0 || entry.size > LARGEST_COUNTER_ITEM) throw NON_NUMERIC;
  if (cas && cas !== entry.cas) throw EXISTS;
  const number = readCounter(entry.value);
  if (number === undefined) throw NON_NUMERIC;
  return number;
}

/** How many bytes memcached would count for an item. */
export function sizeOf(key: Uint8Array, pieces: readonly Uint8Array[], flags: number): number {
  return itemSize(key.length, lengthOf(pieces), flags);
}

/** How many bytes pieces have together. */
export function lengthOf(pieces: readonly Uint8Array[]): number {
  let length = 0;
  for (const piece of pieces) length += piece.length;
  return length;
}

/**
 * The bytes of a key.
 *
 * @throws {RangeError} If there are none, or more than a key may have.
 */
export function keyBytes(key: Bytes): Uint8Array {
  const bytes = asBytes(key);
  if (bytes.length === 0 || bytes.length > MAX_KEY_LENGTH) {
    throw new RangeError(`Cannot use a key of ${bytes.length} bytes: a key has 1 to ${MAX_KEY_LENGTH}`);
  }
  return bytes;
}

/** How memcached logs a write that was refused. */
export function refusedAs(reply: StatusReply, withCas: boolean): string {
  if (reply === TOO_LARGE) return "too_large";
  if (reply === OUT_OF_MEMORY) return "no_memory";
  if (reply === EXISTS && withCas) return "exists";
  return reply === NOT_FOUND && withCas ? "not_found" : "not_stored";
}
