/** Text of which there is much in short pieces: a decoder costs about a microsecond a call, however little there is. */

import { utf8Decode } from "../../bytes.ts";
import { malformed } from "./transcode_error.ts";

/** Up to here, putting characters together one by one is quicker. */
const SHORT = 32;

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Reads bytes as UTF-8; what is none becomes U+FFFD. */
export function anyText(bytes: Uint8Array): string {
  return shortAscii(bytes) ?? utf8Decode(bytes);
}

/** Text if the bytes are well-formed UTF-8, else a copy of them. */
export function textOrBytes(bytes: Uint8Array, strings: "text" | "bytes" = "text"): string | Uint8Array {
  if (strings === "bytes") return bytes.slice();
  const short = shortAscii(bytes);
  if (short !== undefined) return short;
  try {
    return strict.decode(bytes);
  } catch {
    // Not text, which is no failure.
    return bytes.slice();
  }
}

/** Text, which has to be well-formed UTF-8. */
export function wellFormed(bytes: Uint8Array, what: string): string {
  const short = shortAscii(bytes);
  if (short !== undefined) return short;
  try {
    return strict.decode(bytes);
  } catch (cause) {
    throw malformed(what, "its text is no UTF-8", { cause });
  }
}

function shortAscii(bytes: Uint8Array): string | undefined {
  if (bytes.length > SHORT) return undefined;
  let text = "";
  for (const byte of bytes) {
    if (byte >= 0x80) return undefined;
    text += String.fromCharCode(byte);
  }
  return text;
}
