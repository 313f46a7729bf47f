/**
 * Reads at one place of JSON text.
 */

import { utf8Encode } from "../../bytes.ts";
import { Status } from "../../wire/status.ts";
import { MemberWalk } from "./json_scan.ts";
import { isContainer } from "./json_value.ts";
import { locate } from "./locate.ts";
import type { PathComponent } from "./path.ts";

/** A read: the answer, or the status that says why there is none. */
export type ReadText = (text: Uint8Array, path: readonly PathComponent[]) => Uint8Array | number;

/** The text of the value at a path, a view. */
export function readValue(text: Uint8Array, path: readonly PathComponent[]): Uint8Array | number {
  const place = locate(text, path);
  if (typeof place === "number") return place;
  return place.found ? text.subarray(place.start, place.end) : Status.SUBDOC_PATH_ENOENT;
}

/** Nothing; the status is the answer. */
export function readExistence(text: Uint8Array, path: readonly PathComponent[]): Uint8Array | number {
  const value = readValue(text, path);
  return typeof value === "number" ? value : value.subarray(0, 0);
}

/** How many members the object or elements the array at a path has, in digits. */
export function readCount(text: Uint8Array, path: readonly PathComponent[]): Uint8Array | number {
  const place = locate(text, path);
  if (typeof place === "number") return place;
  if (!place.found) return Status.SUBDOC_PATH_ENOENT;
  if (!isContainer(text, place.start)) return Status.SUBDOC_PATH_MISMATCH;
  const walk = new MemberWalk(text, place.start, path.length);
  while (walk.next());
  return utf8Encode(String(walk.count));
}
