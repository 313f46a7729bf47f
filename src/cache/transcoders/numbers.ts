/** Numbers as text, and integers, which are numbers here as long as a number holds them exactly. */

import { malformed, overLimit } from "./transcode_error.ts";
import { anyText } from "./text.ts";

/** A number if it holds the integer exactly, else the integer. */
export function toInteger(value: bigint): number | bigint {
  const small = Number(value);
  return Number.isSafeInteger(small) ? small : value;
}

/** Digits with or without sign as a number; `undefined` if that is not what they are. */
export function parseInteger(text: string): number | bigint | undefined {
  if (!/^[+-]?\d+$/.test(text)) return undefined;
  return text.length <= 15 ? Number(text) + 0 : toInteger(BigInt(text.replace("+", "")));
}

/** Reads what was stored as digits alone. */
export function readInteger(bytes: Uint8Array, what: string): number | bigint {
  if (bytes.length > MAX_DIGITS) throw overLimit(what, `its ${bytes.length} digits are more than ${MAX_DIGITS}`);
  const value = parseInteger(anyText(bytes).trim());
  if (value === undefined) throw malformed(what, "an integer is expected, and it is none");
  return value;
}

/** Integers of more digits than this take long to read, and are no data. */
export const MAX_DIGITS = 4300;

/** Whether it is an integer that a number holds exactly; minus nothing is none. */
export function isInteger(value: unknown): value is number {
  return Number.isSafeInteger(value) && !Object.is(value, -0);
}

/** A number as PHP and most others write it; `undefined` if it is none. */
export function parseDouble(text: string): number | undefined {
  return /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text) ? Number(text) : undefined;
}
