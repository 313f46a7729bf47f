import { utf8Encode } from "../../bytes.ts";

/** What a text becomes, and what there is to tell of it. */
export interface Edit {
  /** The whole text. */
  readonly text: Uint8Array;
  /** What to answer with, if anything. */
  readonly result?: Uint8Array;
}

/** A place in a text: from `start` up to, not including, `end`. */
export interface Range {
  /** The first byte. */
  readonly start: number;
  /** Behind the last byte. */
  readonly end: number;
}

/** Puts pieces, text or bytes, in the place of a range; all around it is copied as it is. */
export function splice(
  text: Uint8Array,
  { start, end }: Range,
  ...pieces: readonly (string | Uint8Array)[]
): Uint8Array<ArrayBuffer> {
  const parts = pieces.map((piece) => typeof piece === "string" ? utf8Encode(piece) : piece);
  let length = text.length - (end - start);
  for (const part of parts) length += part.length;
  const target = new Uint8Array(length);
  target.set(text.subarray(0, start));
  let at = start;
  for (const part of parts) {
    target.set(part, at);
    at += part.length;
  }
  target.set(text.subarray(end), at);
  return target;
}

/** Puts pieces before a byte of a text. */
export function insert(text: Uint8Array, at: number, ...pieces: readonly (string | Uint8Array)[]): Uint8Array {
  return splice(text, { start: at, end: at }, ...pieces);
}
