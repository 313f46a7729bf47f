import { asBytes } from "../../bytes.ts";
import type { Transcoder } from "../transcoder.ts";
import { compressed } from "./compression.ts";
import { marshalLoad } from "./marshal_read.ts";
import { marshalDump } from "./marshal_write.ts";
import { malformed } from "./transcode_error.ts";
import { textOrBytes, wellFormed } from "./text.ts";
import { cannotStore, MAX_SIZE, type TranscoderReadOptions } from "./values.ts";
import { checkWeight } from "./weigh.ts";

/** What {@linkcode dalliTranscoder} takes. */
export interface DalliOptions extends TranscoderReadOptions {
  /**
   * How text is written: `marshal`, the default, as Dalli does by itself; `utf8` with a flag of its own, which only Dalli from
   * version 4 on understands; or `raw` without any flag, as what is stored with `raw: true`. All are read, whatever is said here.
   */
  readonly text?: "marshal" | "utf8" | "raw";
  /** Values of at least so many bytes are compressed with zlib; 4096 by default, as in Dalli, and `Infinity` for never. */
  readonly threshold?: number;
}

const Flag = { MARSHALLED: 1, COMPRESSED: 2, UTF8: 4 } as const;

const WHAT = "a value of Dalli";

/**
 * Reads and writes values as Dalli does (3 to 5), the client for Ruby.
 *
 * - Values are marshalled in the format 4.8: `nil`, booleans, numbers, strings, symbols, arrays and hashes. Objects of classes are
 *   refused with a {@linkcode TranscodeError}; nothing is ever executed.
 * - A string that Ruby calls binary is a `Uint8Array`, any other is text. Symbols are read as text, and never written: a hash with
 *   symbols as keys comes back with strings as keys. What was stored raw is text if it is well-formed UTF-8.
 * - A hash is an object if all its keys are text, else a `Map`; `maps` chooses otherwise. Integers that a number does not hold exactly
 *   are `bigint`.
 *
 * `encode` throws a `TypeError` for what is no data: functions, dates, sets, objects of classes.
 *
 * @example
 * ```ts
 * import { dalliTranscoder } from "@memwire/memwire/cache";
 * import { assertEquals } from "@std/assert";
 *
 * const transcoder = dalliTranscoder<number[]>();
 * // As Dalli stores [1, 2].
 * const value = Uint8Array.of(4, 8, 0x5b, 7, 0x69, 6, 0x69, 7);
 * assertEquals(await transcoder.decode({ value, flags: 1 }), [1, 2]);
 * assertEquals(await transcoder.encode([1, 2]), { value, flags: 1 });
 * ```
 */
export function dalliTranscoder<T = unknown>(options: DalliOptions = {}): Transcoder<T> {
  const { text = "marshal", threshold = 4096, maxSize = MAX_SIZE } = options;
  const plain: Transcoder<T> = {
    encode: (value) => {
      if (value === undefined) throw cannotStore(value, WHAT);
      if (typeof value === "string" && text !== "marshal") {
        return { value: asBytes(value), flags: text === "utf8" ? Flag.UTF8 : 0 };
      }
      return { value: marshalDump(value), flags: Flag.MARSHALLED };
    },
    decode: ({ value, flags }) => {
      switch (flags) {
        case 0:
          return textOrBytes(value, options.strings) as T;
        case Flag.UTF8:
          return wellFormed(value, WHAT) as T;
        case Flag.MARSHALLED: {
          const made = marshalLoad(value, options);
          checkWeight(made, Math.max(maxSize, value.length), WHAT);
          return made as T;
        }
        default:
          throw malformed(WHAT, `no type has the flags ${flags}`);
      }
    },
  };
  return compressed(plain, { flag: Flag.COMPRESSED, threshold, maxSize });
}
