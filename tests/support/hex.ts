/** Bytes as readable text and back, for golden vectors. */

/**
 * The bytes of a hexadecimal text in which blanks, line ends and `|` may stand anywhere, to set fields apart,
 * and `#` starts a comment that ends with its line.
 *
 * @throws {SyntaxError} When anything else stands in it, or a digit is missing.
 */
export function hex(text: string): Uint8Array<ArrayBuffer> {
  const digits = text.replace(/#.*$/gm, "").replace(/[\s|]+/g, "");
  if (digits.length % 2 !== 0 || /[^0-9a-f]/i.test(digits)) {
    throw new SyntaxError(`Cannot read bytes: not pairs of hexadecimal digits: ${text}`);
  }
  return Uint8Array.from({ length: digits.length / 2 }, (_, i) => parseInt(digits.slice(2 * i, 2 * i + 2), 16));
}

/** Bytes as pairs of hexadecimal digits with a blank between them. */
export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
}
