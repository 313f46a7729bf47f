/**
 * Text and bytes: the only `TextEncoder` and `TextDecoder` of the package, and hex.
 */

const encoder = new TextEncoder();
// A byte order mark at the start of a value is part of it, and stored text need not be well formed: neither may be lost or throw.
const decoder = new TextDecoder("utf-8", { fatal: false, ignoreBOM: true });

/** Writes text as UTF-8; half a surrogate pair becomes U+FFFD. */
export function utf8Encode(text: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(text);
}

/** Writes text as UTF-8 to the start of an array and returns how many bytes that took; stops before a character that does not fit. */
export function utf8EncodeInto(text: string, target: Uint8Array): number {
  return encoder.encodeInto(text, target).written;
}

/** How many bytes text takes as UTF-8, counted without writing it. */
export function utf8Length(text: string): number {
  let length = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    length += unit < 0x800 ? 1 : 2;
    // A whole pair takes four bytes, and both of its halves are counted in `text.length` already.
    if (isHighSurrogate(unit) && isLowSurrogate(text.charCodeAt(i + 1))) i++;
  }
  return length;
}

/** Reads bytes as UTF-8; bytes that are none become U+FFFD, a byte order mark stays. */
export function utf8Decode(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

/** Writes bytes as lower-case hex digits, two for each, nothing between them. */
export function toHex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += byte < 0x10 ? `0${byte.toString(16)}` : byte.toString(16);
  return text;
}

/** One byte as hex, for messages: `0x0a`. */
export function hexByte(byte: number): string {
  return `0x${byte.toString(16).padStart(2, "0")}`;
}

/** Whether all bytes are printable ASCII, space included. */
export function isPrintable(bytes: Uint8Array): boolean {
  for (const byte of bytes) {
    if (byte < 0x20 || byte > 0x7e) return false;
  }
  return true;
}

/** `NaN`, what lies behind the end of a string, is none. */
function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

/** Whether two arrays hold the same bytes. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) {
    if (a[i] !== b[i]) return false;
  }
  return true;
}

/** Text as UTF-8, bytes as they are. */
export function asBytes(part: string | Uint8Array): Uint8Array {
  return typeof part === "string" ? encoder.encode(part) : part;
}
