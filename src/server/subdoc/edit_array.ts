/**
 * Changes of arrays in JSON text: elements at either end, at a place, or only if they are new.
 */

import { equalBytes } from "../../bytes.ts";
import { Status } from "../../wire/status.ts";
import { type EditInput, insertMissing } from "./edit_member.ts";
import { endOfValue, MemberWalk } from "./json_scan.ts";
import { checkValue, checkValues, isContainer, trimValue } from "./json_value.ts";
import { Char, skipBlanks } from "./json_tokens.ts";
import { locate } from "./locate.ts";
import { isKey, LAST } from "./path.ts";
import { type Edit, insert, splice } from "./splice.ts";

/** Adds elements behind the last. */
export function pushLast(input: EditInput): Edit | number {
  return push(input, ({ text, value }, walk) => {
    while (walk.next());
    return append(text, walk, value);
  });
}

/** Adds elements before the first. */
export function pushFirst(input: EditInput): Edit | number {
  return push(input, ({ text, value }, walk) => {
    if (walk.next()) return { text: insert(text, walk.valueAt, value, ",") };
    return append(text, walk, value);
  });
}

/** Adds one string, number or literal to an array that holds nothing else, and not it. */
export function addUnique(input: EditInput): Edit | number {
  const refusal = checkValue(input.value, input.path.length + 1);
  if (refusal !== Status.SUCCESS) return refusal;
  if (isContainer(input.value, skipBlanks(input.value, 0))) return Status.SUBDOC_VALUE_CANTINSERT;
  return push(input, appendNew);
}

/** Adds elements before the one that the path ends with, or behind the last if it is the number of elements. */
export function insertElements({ text, path, value }: EditInput): Edit | number {
  const last = path.at(-1);
  if (last === undefined || isKey(last) || last.index === LAST) return Status.SUBDOC_PATH_EINVAL;
  const refusal = checkValues(value, path.length);
  if (refusal !== Status.SUCCESS) return refusal;
  const place = locate(text, path);
  if (typeof place === "number") return place;
  if (place.found) return { text: insert(text, place.start, value, ",") };
  const behindLast = place.level === path.length - 1 && place.count === last.index;
  return behindLast ? append(text, place, value) : Status.SUBDOC_PATH_ENOENT;
}

/** Finds the array to push to, or makes it. One that is found is well formed all through: its end was looked for. */
function push(
  input: EditInput,
  whenFound: (input: EditInput, walk: MemberWalk) => Edit | number,
): Edit | number {
  const { text, path, value, makePath } = input;
  const refusal = checkValues(value, path.length + 1);
  if (refusal !== Status.SUCCESS) return refusal;
  const place = locate(text, path);
  if (typeof place === "number") return place;
  if (!place.found) {
    if (!makePath) return Status.SUBDOC_PATH_ENOENT;
    return insertMissing(input, place, splice(value, { start: 0, end: value.length }, "[", value, "]"));
  }
  if (text[place.start] !== Char.OPEN_BRACKET) return Status.SUBDOC_PATH_MISMATCH;
  return whenFound(input, new MemberWalk(text, place.start, path.length));
}

function appendNew({ text, path, value }: EditInput, walk: MemberWalk): Edit | number {
  const wanted = trimValue(value);
  while (walk.next()) {
    if (isContainer(text, walk.valueAt)) return Status.SUBDOC_PATH_MISMATCH;
    const end = endOfValue(text, walk.valueAt, path.length + 1);
    if (equalBytes(text.subarray(walk.valueAt, end), wanted)) return Status.SUBDOC_PATH_EEXISTS;
  }
  return append(text, walk, value);
}

function append(
  text: Uint8Array,
  place: { readonly closeAt: number; readonly count: number },
  value: Uint8Array,
): Edit {
  return { text: insert(text, place.closeAt, place.count > 0 ? "," : "", value) };
}
