/** The largest counter; counting beyond it goes on from 0. */
export const MAX_COUNTER = 0xffff_ffff_ffff_ffffn;

const SIGN_BIT = 0x8000_0000_0000_0000n;

/** No number of more digits fits 64 bits. */
const MAX_DIGITS = 20;

const SPACE = 0x20;
const ZERO = 0x30;
const NINE = 0x39;
const PLUS = 0x2b;
const MINUS = 0x2d;

/**
 * Reads a value as memcached reads a counter: blanks, perhaps a sign, digits, and then the end, a blank or a NUL, behind which
 * anything may stand. Returns `undefined` for what is no number, or none of 64 bits.
 */
export function readCounter(value: Uint8Array): bigint | undefined {
  let start = 0;
  while (isBlank(value[start])) start++;
  const negative = value[start] === MINUS;
  if (negative || value[start] === PLUS) start++;
  let end = start;
  while (isDigit(value[end])) end++;
  const stop = value[end];
  if (end === start || (stop !== undefined && stop !== 0 && !isBlank(stop))) return undefined;
  const digits = readDigits(value, start, end);
  if (digits === undefined || digits > MAX_COUNTER) return undefined;
  const number = negative ? BigInt.asUintN(64, -digits) : digits;
  // A minus sign is only looked for when the number is large, and then anywhere in the text.
  if (number >= SIGN_BIT && hasMinus(value)) return undefined;
  return number;
}

/** Writes a counter into a value of at least `width` bytes: what it does not need is filled with spaces. */
export function counterText(number: bigint, width: number): string {
  return number.toString().padEnd(width);
}

function readDigits(value: Uint8Array, from: number, end: number): bigint | undefined {
  let start = from;
  while (start < end - 1 && value[start] === ZERO) start++;
  if (end - start > MAX_DIGITS) return undefined;
  return BigInt(String.fromCharCode(...value.subarray(start, end)));
}

function hasMinus(value: Uint8Array): boolean {
  const end = value.indexOf(0);
  const at = value.indexOf(MINUS);
  return at >= 0 && (end < 0 || at < end);
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= ZERO && byte <= NINE;
}

/** What C calls a space. */
function isBlank(byte: number | undefined): boolean {
  return byte === SPACE || (byte !== undefined && byte >= 0x09 && byte <= 0x0d);
}
