import { utf8Encode } from "../../bytes.ts";
import { malformed } from "./transcode_error.ts";
import { wellFormed } from "./text.ts";
import { cannotStore } from "./values.ts";

/** Reads JSON. */
export function readJson(bytes: Uint8Array, what: string): unknown {
  const text = wellFormed(bytes, what);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw malformed(what, "it is no JSON", { cause });
  }
}

/** Writes JSON. */
export function writeJson(value: unknown): Uint8Array {
  const text = JSON.stringify(value);
  if (text === undefined) throw cannotStore(value, "JSON");
  return utf8Encode(text);
}
