import { isUtf8 } from "./json_value.ts";

/** The most bytes of the name of an attribute. */
const MAX_KEY = 15;

/** A name may begin with none of the signs and control characters of ASCII, but with `_` for a system and `$` for a virtual attribute. */
// deno-lint-ignore no-control-regex -- control characters are what is looked for.
const BAD_START = /^[\x00-\x1f\x7f!"#%&'()*+,\-./:;<=>?@[\\\]^`{|}~]/;

const DOT = 0x2e;
const OPEN_BRACKET = 0x5b;
const UNDERSCORE = 0x5f;

/** Whether a path can lead into an attribute: what stands before the first `.` or `[` must be the name of one. */
export function hasXattrKey(path: Uint8Array): boolean {
  const key = xattrKeyOf(path);
  if (key.length === 0 || key.length > MAX_KEY) return false;
  if (key.length === 1 && key[0] === UNDERSCORE) return false;
  return !path.includes(0) && isUtf8(path) && !BAD_START.test(String.fromCharCode(key[0]!));
}

/** The part of a path that names an attribute. */
export function xattrKeyOf(path: Uint8Array): Uint8Array {
  const end = path.findIndex((byte) => byte === DOT || byte === OPEN_BRACKET);
  return end < 0 ? path : path.subarray(0, end);
}

/** Whether an attribute stays when its document is deleted. */
export function isSystemXattr(name: string): boolean {
  return name.startsWith("_");
}
