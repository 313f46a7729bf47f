/**
 * Attributes as paths see them: an object whose members they are. Only the one that a path names is put together.
 */

import { utf8Encode } from "../../bytes.ts";
import { locate } from "./locate.ts";
import type { PathKey } from "./path.ts";
import { insert } from "./splice.ts";

const EMPTY = utf8Encode("{}");

/** The text that holds nothing but the attribute that a component names, or nothing at all if there is none. */
export function xattrText(value: Uint8Array | undefined, name: PathKey): Uint8Array {
  return value === undefined ? EMPTY : insert(EMPTY, 1, `"${name.raw}":`, value);
}

/** The attributes after such a text was changed. */
export function withXattrText(
  xattrs: ReadonlyMap<string, Uint8Array>,
  name: PathKey,
  text: Uint8Array,
): ReadonlyMap<string, Uint8Array> {
  const changed = new Map(xattrs);
  const place = locate(text, [name]);
  if (typeof place !== "number" && place.found) changed.set(name.key, text.slice(place.start, place.end));
  else changed.delete(name.key);
  return changed;
}
