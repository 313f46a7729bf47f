/**
 * Decimal numbers in text, read and written without a string between.
 */

const ZERO = 0x30;

/** The most digits of which every number is exact in a double. */
const EXACT_DIGITS = 15;

/** Decimal digits of 2⁶⁴ − 1, the largest number on the wire. */
const U64_DIGITS = 20;
const U64_HIGH = 18_446_744_073;
const U64_LOW = 709_551_615;
const BILLION = 1_000_000_000;

/** Reads digits between two offsets; -1 when there are none, when anything else stands there, or above a limit of at most 2⁵³ − 1. */
export function readDecimal(bytes: Uint8Array, from: number, to: number, limit: number): number {
  if (to <= from) return -1;
  let value = 0;
  for (let i = from; i < to; i++) {
    const digit = bytes[i]! - ZERO;
    if (!(digit >= 0 && digit <= 9)) return -1;
    value = value * 10 + digit;
    if (value > limit) return -1;
  }
  return value;
}

/** The same with a minus sign before it or none; `undefined` where there is no such number. */
export function readSigned(bytes: Uint8Array, from: number, to: number): number | undefined {
  const negative = bytes[from] === 0x2d && from < to;
  const value = readDecimal(bytes, negative ? from + 1 : from, to, Number.MAX_SAFE_INTEGER);
  if (value < 0) return undefined;
  return negative ? -value : value;
}

/** Whether there is a number of 64 bits between two offsets. */
export function isU64(bytes: Uint8Array, from: number, to: number): boolean {
  const length = to - from;
  if (length <= 0 || length > U64_DIGITS) return false;
  const high = length > 9 ? readDecimal(bytes, from, to - 9, U64_HIGH) : 0;
  const low = readDecimal(bytes, Math.max(from, to - 9), to, BILLION);
  return high >= 0 && low >= 0 && (high < U64_HIGH || low <= U64_LOW);
}

/** Reads a number of 64 bits that {@linkcode isU64} has accepted. */
export function readU64(bytes: Uint8Array, from: number, to: number): bigint {
  if (to - from <= EXACT_DIGITS) return BigInt(readDecimal(bytes, from, to, Number.MAX_SAFE_INTEGER));
  const high = readDecimal(bytes, from, to - 9, U64_HIGH);
  const low = readDecimal(bytes, to - 9, to, BILLION);
  return BigInt(high) * 1_000_000_000n + BigInt(low);
}

/** How many digits a whole number up to 2⁵³ − 1 has. */
export function decimalLength(value: number): number {
  let length = 1;
  for (let power = 10; value >= power; power *= 10) length++;
  return length;
}

/** Writes the last digits of a number up to 2⁵³ − 1 between two offsets, with zeros before it where there is room. */
export function writeDecimal(bytes: Uint8Array, from: number, to: number, value: number): void {
  let rest = value;
  let i = to;
  // Division of small integers is several times as quick as that of doubles.
  while (rest > 0x7fffffff && i > from) {
    const next = Math.floor(rest / 10);
    bytes[--i] = ZERO + (rest - next * 10);
    rest = next;
  }
  while (i > from) {
    const next = (rest / 10) | 0;
    bytes[--i] = ZERO + (rest - next * 10);
    rest = next;
  }
}
