/**
 * What the methods of the client make of an answer, in the read loop: a missing key is no error.
 */

import { utf8Decode } from "../bytes.ts";
import type { Settle } from "../connection/caller.ts";
import { readReply } from "../connection/read_reply.ts";
import type { Frame } from "../frame/frame.ts";
import { VERSION } from "../ops/admin.ts";
import { INCREMENT } from "../ops/counter.ts";
import type { Item } from "../ops/item.ts";
import { expectParts, type Op } from "../ops/op.ts";
import { readItem, TOUCH, type TouchResponse } from "../ops/retrieval.ts";
import { statusError } from "../ops/status_error.ts";
import { Status } from "../wire/status.ts";
import { MISS } from "./multi.ts";

/** What {@linkcode Client.getInto} tells about the value that it wrote. */
export interface ItemInfo {
  /** Length of the value in bytes. */
  readonly length: number;
  /** The 32 bits stored with it. */
  readonly flags: number;
  /** Its version. */
  readonly cas: bigint;
}

/** Whether the key is missing; what is neither that nor success is thrown. */
export function isMiss(frame: Frame, op: Op<unknown, unknown>, request: unknown): boolean {
  if (frame.status === Status.SUCCESS) return false;
  if (frame.status === Status.KEY_ENOENT) return true;
  throw statusError(op, frame, request);
}

/** The item, safe to keep. */
export const itemOrNothing: Settle<Item | undefined> = (frame, op, request) => {
  if (isMiss(frame, op, request)) return undefined;
  frame.keep();
  return readItem(frame);
};

/** The value as text; nothing is kept, so nothing is copied. */
export const textOrNothing: Settle<string | undefined> = (frame, op, request) =>
  isMiss(frame, op, request) ? undefined : utf8Decode(frame.plainValue);

/** The value parsed as JSON. */
// deno-lint-ignore no-explicit-any -- as JSON.parse: the caller knows what was stored.
export const jsonOrNothing: Settle<any> = (frame, op, request) =>
  isMiss(frame, op, request) ? undefined : JSON.parse(utf8Decode(frame.plainValue));

/** What a touch tells. */
export const touchedOrNothing: Settle<TouchResponse | undefined> = (frame, op, request) =>
  isMiss(frame, op, request) ? undefined : TOUCH.response.read(frame);

/** Whether there was something to delete. */
export const deletedOrNot: Settle<boolean> = (frame, op, request) => !isMiss(frame, op, request);

/** The same for many keys, where silence is success. */
export const trueOrMiss: Settle<true | typeof MISS> = (frame, op, request) => isMiss(frame, op, request) ? MISS : true;

/** The new value of a counter. */
export const countOrNothing: Settle<bigint | undefined> = (frame, op, request) =>
  isMiss(frame, op, request) ? undefined : INCREMENT.response.read(frame).value;

/** Success, or else it throws. */
export const trueOrThrow: Settle<true> = (frame, op, request) => {
  readReply(frame, op, request);
  return true;
};

/** Nothing, unless it throws. */
export const nothing: Settle<void> = (frame, op, request) => {
  readReply(frame, op, request);
};

/** The version of the server. */
export const versionText: Settle<string> = (frame, op, request) => {
  if (frame.status !== Status.SUCCESS) throw statusError(op, frame, request);
  return VERSION.response.read(frame).version;
};

/** Copies the value to the start of an array. */
export function readInto(frame: Frame, target: Uint8Array): ItemInfo {
  expectParts(frame, 4, false, true);
  const value = frame.plainValue;
  if (value.length > target.length) {
    throw new RangeError(`Cannot read value of ${value.length} bytes into ${target.length}: give a larger array`);
  }
  target.set(value);
  return { length: value.length, flags: frame.view.getUint32(frame.extrasAt), cas: frame.cas };
}
