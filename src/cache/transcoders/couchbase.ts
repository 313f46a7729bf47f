import { asBytes } from "../../bytes.ts";
import type { Transcoder } from "../transcoder.ts";
import { readJson, writeJson } from "./json.ts";
import { malformed, unsupported } from "./transcode_error.ts";
import { wellFormed } from "./text.ts";

/** What {@linkcode couchbaseTranscoder} takes. */
export interface CouchbaseTranscoderOptions {
  /** How text is written: `json`, the default, which the transcoders that SDKs begin with read; or `string`, as text alone. */
  readonly text?: "json" | "string";
}

/** The lower five bits of the first byte of the flags, which all SDKs share. */
const Format = { LEGACY: 0, PRIVATE: 1, JSON: 2, BINARY: 3, STRING: 4 } as const;

/** The whole of the flags before there were common ones. */
const Legacy = { JSON: 0, PRIVATE: 1, BINARY: 2, STRING: 4 } as const;

const LEGACY: Readonly<Record<number, number>> = {
  [Legacy.JSON]: Format.JSON,
  [Legacy.PRIVATE]: Format.PRIVATE,
  [Legacy.BINARY]: Format.BINARY,
  [Legacy.STRING]: Format.STRING,
};

const WHAT = "a value of a Couchbase SDK";

/**
 * Reads and writes values as the Couchbase SDKs do: JSON, text and bytes, told apart by the first byte of the flags.
 *
 * - Bytes are written as bytes, all else as JSON; `text` chooses otherwise for text.
 * - The lower bytes, in which SDKs have marks of their own, are ignored in reading and 0 in writing. If the first byte is 0, they are
 *   read as older SDKs wrote them: 0 JSON, 2 bytes, 4 text.
 * - Formats that one SDK has for itself, and compression by the SDK, are refused with a {@linkcode TranscodeError}. Compression with
 *   snappy is not told by the flags: the connection undoes it.
 *
 * `encode` throws a `TypeError` for what JSON cannot say.
 *
 * @example
 * ```ts
 * import { couchbaseTranscoder } from "@memwire/memwire/cache";
 * import { assertEquals } from "@std/assert";
 *
 * const transcoder = couchbaseTranscoder<{ id: number }>();
 * const stored = { value: new TextEncoder().encode('{"id":7}'), flags: 0x2000000 };
 * assertEquals(await transcoder.encode({ id: 7 }), stored);
 * assertEquals(await transcoder.decode(stored), { id: 7 });
 * ```
 */
export function couchbaseTranscoder<T = unknown>(options: CouchbaseTranscoderOptions = {}): Transcoder<T> {
  const { text = "json" } = options;
  return {
    encode: (value) => {
      if (value instanceof Uint8Array) return { value, flags: Format.BINARY << 24 };
      if (text === "string" && typeof value === "string") return { value: asBytes(value), flags: Format.STRING << 24 };
      return { value: writeJson(value), flags: Format.JSON << 24 };
    },
    decode: ({ value, flags }) => {
      switch (formatOf(flags)) {
        case Format.JSON:
          return readJson(value, WHAT) as T;
        case Format.BINARY:
          return value as T;
        case Format.STRING:
          return wellFormed(value, WHAT) as T;
        case Format.PRIVATE:
          throw unsupported(WHAT, "it is in a format that one SDK has for itself; have it stored as JSON");
        default:
          throw malformed(WHAT, `no format has the flags 0x${flags.toString(16)}`);
      }
    },
  };
}

function formatOf(flags: number): number | undefined {
  if (flags >>> 29 !== 0) throw unsupported(WHAT, "it is compressed by the SDK, in a way that none has told of");
  const format = flags >>> 24;
  return format === Format.LEGACY ? LEGACY[flags] : format;
}
