/** The words of a line, and the numbers in them, as memcached reads them. */

import { readCounter } from "../counter_value.ts";

/** The words of a line; nothing behind a NUL is looked at. */
export function wordsOf(line: string): string[] {
  const end = line.indexOf("\0");
  return (end < 0 ? line : line.slice(0, end)).split(" ").filter((word) => word !== "");
}

/** The bytes that the characters of a line stand for. */
export function bytesOf(word: string): Uint8Array {
  const bytes = new Uint8Array(word.length);
  for (let i = 0; i < word.length; i++) bytes[i] = word.charCodeAt(i);
  return bytes;
}

/** Reads a number of which 32 bits with a sign are kept; `undefined` where there is none, or none of 64 bits. */
export function readInt(word: string): number | undefined {
  const digits = /^[\t-\r ]*([+-]?)(\d+)(?:[\t-\r ]|$)/.exec(word);
  if (digits === null || digits[2]!.length > MAX_DIGITS) return undefined;
  const number = BigInt(digits[2]!) * (digits[1] === "-" ? -1n : 1n);
  return BigInt.asIntN(64, number) === number ? Number(BigInt.asIntN(32, number)) : undefined;
}

/** No number of more digits fits 64 bits, but for zeros before it. */
const MAX_DIGITS = 100;

/** Reads 64 bits without a sign; `undefined` where there is no such number. */
export function readLong(word: string): bigint | undefined {
  return readCounter(bytesOf(word));
}

/** Reads a number with a point or an exponent; `undefined` where there is none. */
export function readReal(word: string): number | undefined {
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(word) ? Number(word) : undefined;
}

/** Reads the flags of a client, of which 32 bits are kept. */
export function readFlags(word: string): number | undefined {
  const number = readLong(word);
  return number === undefined ? undefined : Number(BigInt.asUintN(32, number));
}

/** Beyond what counts from now, and long ago. */
const LONG_AGO = 60 * 60 * 24 * 30 + 1;

/** Reads an expiry; what is negative has been long ago. */
export function readExpiry(word: string): number | undefined {
  const number = readInt(word);
  return number !== undefined && number < 0 ? LONG_AGO : number;
}

/** Reads base64 with its padding; `undefined` for what is none, or is empty. */
export function readBase64(word: string): Uint8Array | undefined {
  if (word.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(word)) return undefined;
  return bytesOf(atob(word));
}

/** Writes bytes as base64. */
export function base64Of(bytes: Uint8Array): string {
  return btoa(textOf(bytes));
}

/** A character for each byte. */
export function textOf(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}
