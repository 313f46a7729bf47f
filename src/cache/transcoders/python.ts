import { asBytes } from "../../bytes.ts";
import type { Encoded, Transcoder } from "../transcoder.ts";
import { compressed } from "./compression.ts";
import { isInteger, readInteger } from "./numbers.ts";
import { unpickle } from "./pickle_read.ts";
import { pickle } from "./pickle_write.ts";
import { malformed } from "./transcode_error.ts";
import { anyText, wellFormed } from "./text.ts";
import { MAX_SIZE, type TranscoderReadOptions } from "./values.ts";

/** What {@linkcode pythonTranscoder} takes. */
export interface PythonOptions extends TranscoderReadOptions {
  /**
   * Whose values they are: `pymemcache`, the default, with its `pickle_serde`; `python-memcached`, which does the same; or `pylibmc`,
   * which has flags of its own for booleans and integers.
   */
  readonly dialect?: "pymemcache" | "python-memcached" | "pylibmc";
  /**
   * Values of at least so many bytes are compressed with zlib; `Infinity`, the default, for never, since pymemcache reads them only
   * with its `compressed_serde`. They are read in any case.
   */
  readonly threshold?: number;
}

const Flag = { PICKLE: 1, INTEGER: 2, BOOLEAN: 2, LONG: 4, ZLIB: 8, TEXT: 16 } as const;

const WHAT = "a value of Python";

/**
 * Reads and writes values as the clients for Python do: pymemcache, python-memcached and pylibmc.
 *
 * - Text, bytes and integers of any size have flags of their own; all else is pickled.
 * - **Nothing in a pickle is executed.** Read are `None`, booleans, numbers, text, bytes, lists, tuples, dictionaries and sets, in all
 *   versions of the format; every other name, and every object of a class, is refused with a {@linkcode TranscodeError}.
 * - Lists and tuples are arrays, and arrays are written as lists. A dictionary is an object if all its keys are text, else a `Map`;
 *   `maps` chooses otherwise. Integers that a number does not hold exactly are `bigint`.
 * - Written are pickles of version 2. A number without a fraction is an integer there.
 *
 * `encode` throws a `TypeError` for what is no data: functions, dates, objects of classes.
 *
 * @example
 * ```ts
 * import { pythonTranscoder } from "@memwire/memwire/cache";
 * import { assertEquals } from "@std/assert";
 *
 * const transcoder = pythonTranscoder<unknown>({ dialect: "pylibmc" });
 * const { value, flags } = await transcoder.encode(true);
 * assertEquals([value, flags], [new TextEncoder().encode("1"), 2]);
 * const stored = await transcoder.encode(new Map([[1, new Set(["a"])]]));
 * assertEquals(stored.flags, 1);
 * ```
 */
export function pythonTranscoder<T = unknown>(options: PythonOptions = {}): Transcoder<T> {
  const { dialect = "pymemcache", threshold = Infinity, maxSize = MAX_SIZE } = options;
  const pylibmc = dialect === "pylibmc";
  const plain: Transcoder<T> = {
    encode: (value) => toPython(value, pylibmc),
    decode: ({ value, flags }) => {
      switch (flags) {
        case 0:
          return value as T;
        case Flag.PICKLE:
          return unpickle(value, { ...options, maxSize: Math.max(maxSize, value.length) }) as T;
        case Flag.INTEGER:
          return (pylibmc ? readBoolean(value) : readInteger(value, WHAT)) as T;
        case Flag.LONG:
          return readInteger(value, WHAT) as T;
        case Flag.TEXT:
          return wellFormed(value, WHAT) as T;
        default:
          throw malformed(WHAT, `no type has the flags ${flags}`);
      }
    },
  };
  return compressed(plain, { flag: Flag.ZLIB, threshold, maxSize });
}

function toPython(value: unknown, pylibmc: boolean): Encoded {
  if (typeof value === "string") return { value: asBytes(value), flags: Flag.TEXT };
  if (value instanceof Uint8Array) return { value, flags: 0 };
  if (typeof value === "bigint" || isInteger(value)) {
    return { value: asBytes(String(value)), flags: pylibmc ? Flag.LONG : Flag.INTEGER };
  }
  if (pylibmc && typeof value === "boolean") return { value: asBytes(value ? "1" : "0"), flags: Flag.BOOLEAN };
  if (value === undefined) throw new TypeError("Cannot store undefined as a value of Python: it has no words for it");
  return { value: pickle(value), flags: Flag.PICKLE };
}

function readBoolean(value: Uint8Array): boolean {
  const text = anyText(value);
  if (text === "1" || text === "0") return text === "1";
  throw malformed(WHAT, "a boolean is expected, and it is none; was it written by another client than pylibmc?");
}
