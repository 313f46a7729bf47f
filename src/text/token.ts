/**
 * Opaques of our own: always eight hex digits, which are written and read without a loop or a division.
 */

const DIGITS: Uint8Array = Uint8Array.from("0123456789abcdef", (digit) => digit.charCodeAt(0));

/** What a byte is worth as such a digit; -1 where it is none. */
const VALUES: Int8Array = new Int8Array(256).fill(-1);
DIGITS.forEach((byte, value) => VALUES[byte] = value);

/** Digits of a token. */
export const TOKEN_LENGTH = 8;

/** Tokens are 0 to this: no more than 30 bits, which engines have as plain integers. */
export const MAX_TOKEN = 0x3fffffff;

/** Writes a token. */
export function writeToken(bytes: Uint8Array, at: number, token: number): void {
  bytes[at] = DIGITS[token >>> 28]!;
  bytes[at + 1] = DIGITS[(token >>> 24) & 15]!;
  bytes[at + 2] = DIGITS[(token >>> 20) & 15]!;
  bytes[at + 3] = DIGITS[(token >>> 16) & 15]!;
  bytes[at + 4] = DIGITS[(token >>> 12) & 15]!;
  bytes[at + 5] = DIGITS[(token >>> 8) & 15]!;
  bytes[at + 6] = DIGITS[(token >>> 4) & 15]!;
  bytes[at + 7] = DIGITS[token & 15]!;
}

/** Reads what is a token if it ends there; negative if it is none. Eight bytes must be there. */
export function readToken(bytes: Uint8Array, at: number): number {
  const a = VALUES[bytes[at]!]!;
  const b = VALUES[bytes[at + 1]!]!;
  const c = VALUES[bytes[at + 2]!]!;
  const d = VALUES[bytes[at + 3]!]!;
  const e = VALUES[bytes[at + 4]!]!;
  const f = VALUES[bytes[at + 5]!]!;
  const g = VALUES[bytes[at + 6]!]!;
  const h = VALUES[bytes[at + 7]!]!;
  if ((a | b | c | d | e | f | g | h) < 0 || a > 3) return -1;
  return (a << 28) | (b << 24) | (c << 20) | (d << 16) | (e << 12) | (f << 8) | (g << 4) | h;
}

/** A token as text. */
export function tokenText(token: number): string {
  return token.toString(16).padStart(TOKEN_LENGTH, "0");
}
