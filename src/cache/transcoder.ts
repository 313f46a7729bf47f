import { utf8Decode, utf8Encode } from "../bytes.ts";
import type { Bytes } from "../wire/slab.ts";

/** A value as it is stored: its bytes, and the 32 bits beside them that say what they are. */
export interface Encoded {
  /** The bytes, or text that is stored as UTF-8. */
  readonly value: Bytes;
  /** 32 bits; what they mean is the transcoder's business. */
  readonly flags: number;
}

/** What a transcoder reads: an {@linkcode Item} will do. */
export interface Stored {
  /** The bytes. */
  readonly value: Uint8Array;
  /** The 32 bits that were stored beside them. */
  readonly flags: number;
}

/** Turns what a program works with into what is stored, and back. */
export interface Transcoder<T> {
  /** Makes the bytes and the flags; throws a `TypeError` for what it cannot store. */
  encode(value: T): Encoded | Promise<Encoded>;
  /** Makes the value again; throws if the bytes are not what it writes. */
  decode(stored: Stored): T | Promise<T>;
}

/** Stores bytes as they are, with flags 0, and reads them whatever the flags. */
export const rawTranscoder: Transcoder<Uint8Array> = {
  encode: (value) => ({ value, flags: 0 }),
  decode: ({ value }) => value,
};

/** Stores text as UTF-8, with flags 0, and reads it whatever the flags. */
export const textTranscoder: Transcoder<string> = {
  encode: (value) => ({ value, flags: 0 }),
  decode: ({ value }) => utf8Decode(value),
};

/**
 * Stores anything that JSON can say, with flags 0, and reads it whatever the flags. `decode` throws a `SyntaxError` if the bytes
 * are no JSON, `encode` a `TypeError` for what JSON cannot say.
 *
 * @example
 * ```ts
 * import { jsonTranscoder } from "@memwire/memwire/cache";
 * import { assertEquals, assertThrows } from "@std/assert";
 *
 * assertEquals(await jsonTranscoder<number[]>().decode({ value: new TextEncoder().encode("[1]"), flags: 0 }), [1]);
 * assertThrows(() => jsonTranscoder().encode(undefined), TypeError);
 * ```
 */
export function jsonTranscoder<T>(): Transcoder<T> {
  return {
    encode: (value) => {
      const text = JSON.stringify(value);
      if (text === undefined) throw new TypeError(`Cannot store ${typeof value} as JSON: it has no words for it`);
      return { value: utf8Encode(text), flags: 0 };
    },
    decode: ({ value }) => JSON.parse(utf8Decode(value)) as T,
  };
}
