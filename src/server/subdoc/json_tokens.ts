/**
 * The tokens of JSON on the bytes of its text: each function takes where one begins and gives where it ends.
 */

/** Given in place of an offset: what stands there is no JSON. */
export const NOT_JSON = -1;

/** The bytes that a text is split at. */
export const Char = {
  QUOTE: 0x22,
  COMMA: 0x2c,
  COLON: 0x3a,
  OPEN_BRACKET: 0x5b,
  BACKSLASH: 0x5c,
  CLOSE_BRACKET: 0x5d,
  OPEN_BRACE: 0x7b,
  CLOSE_BRACE: 0x7d,
} as const;

const SPACE = 0x20;
const PLUS = 0x2b;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const LETTER_E = 0x65;
const LETTER_U = 0x75;
/** Makes a capital letter small; of other bytes it makes something that no small letter is. */
const SMALL = 0x20;

const LITERALS = ["true", "false", "null"].map((word) => Array.from(word, (letter) => letter.charCodeAt(0)));
const ESCAPES: ReadonlySet<number> = new Set(Array.from('"\\/bfnrtu', (letter) => letter.charCodeAt(0)));

/** The first offset from `at` on that holds no blank; the length of the text if there is none. */
export function skipBlanks(text: Uint8Array, at: number): number {
  while (at < text.length && isBlank(text[at]!)) at++;
  return at;
}

/** Where a string ends, its quote included. */
export function endOfString(text: Uint8Array, at: number): number {
  if (text[at] !== Char.QUOTE) return NOT_JSON;
  for (let i = at + 1; i < text.length; i++) {
    const byte = text[i]!;
    if (byte === Char.QUOTE) return i + 1;
    if (byte < SPACE) return NOT_JSON;
    if (byte !== Char.BACKSLASH) continue;
    i++;
    if (!ESCAPES.has(text[i] ?? 0)) return NOT_JSON;
    if (text[i] !== LETTER_U) continue;
    for (const end = i + 4; i < end; i++) {
      if (!isHexDigit(text[i + 1])) return NOT_JSON;
    }
  }
  return NOT_JSON;
}

/** Where a number, `true`, `false` or `null` ends. */
export function endOfScalar(text: Uint8Array, at: number): number {
  for (const word of LITERALS) {
    if (word.every((letter, i) => text[at + i] === letter)) return at + word.length;
  }
  return endOfNumber(text, at);
}

function endOfNumber(text: Uint8Array, start: number): number {
  const first = text[start] === MINUS ? start + 1 : start;
  let at = skipDigits(text, first);
  if (at === first || (text[first] === ZERO && at > first + 1)) return NOT_JSON;
  if (text[at] === POINT) {
    const end = skipDigits(text, at + 1);
    if (end === at + 1) return NOT_JSON;
    at = end;
  }
  if (((text[at] ?? 0) | SMALL) !== LETTER_E) return at;
  at++;
  if (text[at] === PLUS || text[at] === MINUS) at++;
  const end = skipDigits(text, at);
  return end === at ? NOT_JSON : end;
}

function skipDigits(text: Uint8Array, at: number): number {
  while (isDigit(text[at])) at++;
  return at;
}

/** Whether a byte is `0` to `9`. */
export function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= ZERO && byte <= NINE;
}

function isHexDigit(byte: number | undefined): boolean {
  const small = (byte ?? 0) | SMALL;
  return isDigit(byte) || (small >= 0x61 && small <= 0x66);
}

function isBlank(byte: number): boolean {
  return byte === SPACE || byte === 0x0a || byte === 0x0d || byte === 0x09;
}
