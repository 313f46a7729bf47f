import { utf8Decode, utf8Encode } from "../../bytes.ts";
import { Status } from "../../wire/status.ts";
import { type EditInput, insertMissing } from "./edit_member.ts";
import { isContainer } from "./json_value.ts";
import { locate } from "./locate.ts";
import { type Edit, splice } from "./splice.ts";

const MIN = -0x8000_0000_0000_0000n;
const MAX = 0x7fff_ffff_ffff_ffffn;

/** More characters than any number of 64 bits has: such a text is not worth making a number of. */
const TOO_LONG = 21;

const DELTA = /^-?[1-9][0-9]*$/;
const INTEGER = /^-?[0-9]+$/;

/**
 * Adds to the number at a path, a signed integer of 64 bits; what is missing counts as 0. The result is the new number.
 *
 * `SUBDOC_DELTA_EINVAL` when what is to be added is none or 0, `SUBDOC_NUM_ERANGE` when what is there is too large,
 * `SUBDOC_PATH_MISMATCH` when it is no integer, `SUBDOC_VALUE_CANTINSERT` when the sum would be too large.
 */
export function addToCounter(input: EditInput): Edit | number {
  const { text, path, value } = input;
  if (path.length === 0) return Status.SUBDOC_VALUE_CANTINSERT;
  const delta = readInt64(utf8Decode(value.subarray(0, TOO_LONG)), DELTA);
  if (delta === undefined) return Status.SUBDOC_DELTA_EINVAL;
  const place = locate(text, path);
  if (typeof place === "number") return place;
  if (!place.found) {
    const edit = insertMissing(input, place, value);
    return typeof edit === "number" ? edit : { ...edit, result: value };
  }
  if (isContainer(text, place.start)) return Status.SUBDOC_PATH_MISMATCH;
  const old = utf8Decode(text.subarray(place.start, place.end));
  if (!INTEGER.test(old)) return Status.SUBDOC_PATH_MISMATCH;
  const number = readInt64(old, INTEGER);
  if (number === undefined) return Status.SUBDOC_NUM_ERANGE;
  const sum = number + delta;
  if (sum < MIN || sum > MAX) return Status.SUBDOC_VALUE_CANTINSERT;
  const result = utf8Encode(sum.toString());
  return { text: splice(text, place, result), result };
}

function readInt64(text: string, pattern: RegExp): bigint | undefined {
  if (text.length >= TOO_LONG || !pattern.test(text)) return undefined;
  const number = BigInt(text);
  return number < MIN || number > MAX ? undefined : number;
}
