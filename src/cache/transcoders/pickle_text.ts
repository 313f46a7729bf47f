/** How the first version of pickles writes text in lines. */

import type { ByteReader } from "./byte_reader.ts";

const ESCAPES: Readonly<Record<string, number>> = {
  "\\": 0x5c,
  "'": 0x27,
  '"': 0x22,
  a: 0x07,
  b: 0x08,
  f: 0x0c,
  n: 0x0a,
  r: 0x0d,
  t: 0x09,
  v: 0x0b,
};

/** Text of which each character is a byte. */
export function latin1(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.length; i += 4096) text += String.fromCharCode(...bytes.subarray(i, i + 4096));
  return text;
}

/** Text with `\uXXXX` and `\UXXXXXXXX` for what is not Latin-1, and for line ends and backslashes. */
export function unescapeUnicode(line: string, reader: ByteReader): string {
  return line.replace(/\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))/g, (_, short: string, long: string) => {
    const code = parseInt(short ?? long, 16);
    if (code > 0x10ffff) throw reader.fault("no character has that number");
    return String.fromCodePoint(code);
  });
}

/** The bytes of a string between quotes, as Python 2 would show it. */
export function unescapeString(line: string, reader: ByteReader): Uint8Array {
  const match = /^(['"])(.*)\1$/s.exec(line);
  if (match === null) throw reader.fault("no string between quotes");
  const text = match[2]!;
  const bytes = new Uint8Array(text.length);
  let length = 0;
  for (let i = 0; i < text.length; i++) {
    let byte: number | undefined = text.charCodeAt(i);
    if (byte === ESCAPES["\\"]) {
      const next = text[++i] ?? "";
      const digits = text.slice(i + 1, i + 3);
      const numeric = next === "x" && /^[0-9a-f]{2}$/i.test(digits);
      if (numeric) i += 2;
      byte = numeric ? parseInt(digits, 16) : ESCAPES[next];
    }
    if (byte === undefined) throw reader.fault("a backslash before what needs none");
    bytes[length++] = byte;
  }
  return bytes.slice(0, length);
}
