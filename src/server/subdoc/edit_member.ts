/**
 * Changes at one place of JSON text: put, replace, remove.
 */

import { Status } from "../../wire/status.ts";
import { Char, skipBlanks } from "./json_tokens.ts";
import { checkValue } from "./json_value.ts";
import { type Found, locate, type Missing } from "./locate.ts";
import { isKey, type PathComponent } from "./path.ts";
import { type Edit, insert, splice } from "./splice.ts";

/** What a change works with. */
export interface EditInput {
  /** The document, or what stands for it. */
  readonly text: Uint8Array;
  /** Where to change it. */
  readonly path: readonly PathComponent[];
  /** What to put there; empty if nothing is to be put. */
  readonly value: Uint8Array;
  /** Whether to make the objects on the way that are missing. */
  readonly makePath: boolean;
}

/** A change: what the text becomes, or the status that says why it cannot. */
export type EditText = (input: EditInput) => Edit | number;

/** Puts a member that must not exist. */
export function addMember(input: EditInput): Edit | number {
  return storeMember(input, () => Status.SUBDOC_PATH_EEXISTS);
}

/** Puts a member, whether it exists or not. */
export function upsertMember(input: EditInput): Edit | number {
  return storeMember(input, (place) => replaceAt(input, place));
}

/** Puts a value in the place of another. */
export function replaceValue(input: EditInput): Edit | number {
  const place = locateFor(input);
  if (typeof place === "number") return place;
  return place.found ? replaceAt(input, place) : Status.SUBDOC_PATH_ENOENT;
}

/** Removes what is at a path, and the comma that it leaves over. */
export function removeValue({ text, path }: EditInput): Edit | number {
  if (path.length === 0) return Status.SUBDOC_VALUE_CANTINSERT;
  const place = locate(text, path);
  if (typeof place === "number") return place;
  if (!place.found) return Status.SUBDOC_PATH_ENOENT;
  const next = skipBlanks(text, place.end);
  if (text[next] === Char.COMMA) return { text: splice(text, { start: place.memberAt, end: next + 1 }) };
  const start = place.commaAt < 0 ? place.memberAt : place.commaAt;
  return { text: splice(text, { start, end: place.end }) };
}

/** Puts a value where a path leads nowhere, with the objects that are missing on the way. */
export function insertMissing({ text, path, makePath }: EditInput, place: Missing, value: Uint8Array): Edit | number {
  const names = path.slice(place.level);
  if (names.length > 1 && !makePath) return Status.SUBDOC_PATH_ENOENT;
  if (!names.every(isKey)) return Status.SUBDOC_PATH_ENOENT;
  const head = names.map(({ raw }) => `"${raw}":`).join("{");
  const comma = place.count > 0 ? "," : "";
  return { text: insert(text, place.closeAt, comma + head, value, "}".repeat(names.length - 1)) };
}

function storeMember(input: EditInput, whenFound: (place: Found) => Edit | number): Edit | number {
  const place = locateFor(input);
  if (typeof place === "number") return place;
  if (!isKey(input.path.at(-1)!)) return Status.SUBDOC_PATH_EINVAL;
  return place.found ? whenFound(place) : insertMissing(input, place, input.value);
}

/** The root is never put or replaced, and the value is looked at before the document. */
function locateFor({ text, path, value }: EditInput): Found | Missing | number {
  if (path.length === 0) return Status.SUBDOC_VALUE_CANTINSERT;
  const refusal = checkValue(value, path.length);
  return refusal === Status.SUCCESS ? locate(text, path) : refusal;
}

function replaceAt({ text, value }: EditInput, place: Found): Edit {
  return { text: splice(text, place, value) };
}
