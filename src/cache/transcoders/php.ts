import { asBytes, utf8Encode } from "../../bytes.ts";
import type { Encoded, Stored, Transcoder } from "../transcoder.ts";
import { deflate, inflate } from "./compression.ts";
import { inflateFastLz } from "./fastlz.ts";
import { igbinarySerialize, igbinaryUnserialize } from "./igbinary.ts";
import { msgpackDecode } from "./msgpack.ts";
import { readJson, writeJson } from "./json.ts";
import { inInt64 } from "./php_array.ts";
import { phpSerialize, phpUnserialize } from "./php_serialize.ts";
import { malformed, overLimit, unsupported } from "./transcode_error.ts";
import { isInteger, parseDouble, readInteger } from "./numbers.ts";
import { anyText, textOrBytes } from "./text.ts";
import { cannotStore, MAX_SIZE, type TranscoderReadOptions } from "./values.ts";
import { checkWeight } from "./weigh.ts";

/** What {@linkcode phpTranscoder} takes. */
export interface PhpOptions extends TranscoderReadOptions {
  /**
   * What writes all that is neither text nor a number nor a boolean: `php`, the default, `igbinary`, which has to be there where it
   * is read, or `json`. All are read, whatever is said here.
   */
  readonly serializer?: "php" | "igbinary" | "json";
  /** Values of at least so many bytes are compressed with zlib; 2000 by default, as in PHP, and `Infinity` for never. */
  readonly threshold?: number;
  /** What PHP calls user flags, which are stored beside every value: 16 bits; 0 by default. */
  readonly userFlags?: number;
}

const Type = { STRING: 0, LONG: 1, DOUBLE: 2, BOOL: 3, PHP: 4, IGBINARY: 5, JSON: 6, MSGPACK: 7 } as const;

const SERIALIZERS = {
  php: { type: Type.PHP, write: phpSerialize },
  igbinary: { type: Type.IGBINARY, write: igbinarySerialize },
  json: { type: Type.JSON, write: writeJson },
} as const;

const COMPRESSED = 0x10;
const ZLIB = 0x20;
const FASTLZ = 0x40;
const ZSTD = 0x80;

/** What is saved has to be worth it, as in PHP: the length must shrink by this factor. */
const FACTOR = 1.3;

const WHAT = "a value of php-memcached";

/**
 * Reads and writes values as PHP's extension `memcached` does (3.2), so that both can use the same keys.
 *
 * - Read are strings, numbers, booleans, and what was written with PHP's serializer, igbinary, JSON or msgpack, plain or compressed
 *   with zlib or FastLZ. Objects of classes other than `stdClass`, and zstd, are refused with a {@linkcode TranscodeError}.
 * - PHP does not tell text from bytes, nor lists from maps: what is well-formed UTF-8 is text, an array with the keys 0, 1, 2 and so on
 *   an array, any other an object with text as keys, and an empty one an array. `strings` and `maps` choose otherwise.
 * - Integers that a number does not hold exactly are read as `bigint`; those beyond 64 bits cannot be written.
 *
 * `encode` throws a `TypeError` for what PHP has no words for: functions, sets, objects of classes.
 *
 * @example
 * ```ts
 * import { phpTranscoder } from "@memwire/memwire/cache";
 * import { assertEquals } from "@std/assert";
 *
 * const transcoder = phpTranscoder<{ id: number }>();
 * // As PHP stores ["id" => 7].
 * const value = new TextEncoder().encode('a:1:{s:2:"id";i:7;}');
 * assertEquals(await transcoder.decode({ value, flags: 4 }), { id: 7 });
 * assertEquals(await transcoder.encode({ id: 7 }), { value, flags: 4 });
 * ```
 *
 * @throws {RangeError} If `userFlags` does not fit into 16 bits.
 */
export function phpTranscoder<T = unknown>(options: PhpOptions = {}): Transcoder<T> {
  const { serializer = "php", threshold = 2000, userFlags = 0, maxSize = MAX_SIZE } = options;
  if (!(Number.isInteger(userFlags) && userFlags >= 0 && userFlags <= 0xffff)) {
    throw new RangeError(`Cannot use user flags ${userFlags}: they are an integer from 0 to 65535`);
  }
  const shared = userFlags * 0x10000;
  return {
    encode: (value) => {
      const { type, bytes } = toPhp(value, serializer);
      if (bytes.length < threshold) return { value: bytes, flags: shared + type };
      return compress(bytes, shared + type);
    },
    decode: async ({ value, flags }) => {
      const bytes = (flags & COMPRESSED) === 0 ? value : await decompress({ value, flags }, maxSize);
      const made = fromPhp(bytes, flags & 0x0f, options);
      checkWeight(made, Math.max(maxSize, bytes.length), WHAT);
      return made as T;
    },
  };
}

function toPhp(value: unknown, serializer: keyof typeof SERIALIZERS): { type: number; bytes: Uint8Array } {
  if (typeof value === "string" || value instanceof Uint8Array) return { type: Type.STRING, bytes: asBytes(value) };
  if (typeof value === "boolean") return { type: Type.BOOL, bytes: utf8Encode(value ? "1" : "") };
  if (typeof value === "bigint") {
    if (!inInt64(value)) throw cannotStore(value, WHAT);
    return { type: Type.LONG, bytes: utf8Encode(String(value)) };
  }
  if (typeof value === "number") {
    const integer = isInteger(value);
    const text = Object.is(value, -0) ? "-0" : String(value);
    return { type: integer ? Type.LONG : Type.DOUBLE, bytes: utf8Encode(text) };
  }
  if (value === undefined) throw cannotStore(value, WHAT);
  const { type, write } = SERIALIZERS[serializer];
  return { type, bytes: write(value) };
}

function fromPhp(bytes: Uint8Array, type: number, options: TranscoderReadOptions): unknown {
  switch (type) {
    case Type.STRING:
      return textOrBytes(bytes, options.strings);
    case Type.LONG:
      return readInteger(bytes, WHAT);
    case Type.DOUBLE:
      return readDouble(bytes);
    case Type.BOOL:
      return anyText(bytes) === "1";
    case Type.PHP:
      return phpUnserialize(bytes, options);
    case Type.IGBINARY:
      return igbinaryUnserialize(bytes, options);
    case Type.JSON:
      return readJson(bytes, WHAT);
    case Type.MSGPACK:
      return msgpackDecode(bytes, options);
    default:
      throw malformed(WHAT, `no type has the number ${type}`);
  }
}

function readDouble(bytes: Uint8Array): number {
  const text = anyText(bytes);
  const value = /^-?(Infinity|NaN)$/.test(text) ? Number(text) : parseDouble(text);
  if (value === undefined) throw malformed(WHAT, "a number is expected, and it is none");
  return value;
}

/** The length before compression stands first, in four bytes, the lowest first. */
async function compress(bytes: Uint8Array, flags: number): Promise<Encoded> {
  const shorter = await deflate(bytes, "deflate");
  if (shorter.length * FACTOR >= bytes.length) return { value: bytes, flags };
  const value = new Uint8Array(4 + shorter.length);
  new DataView(value.buffer).setUint32(0, bytes.length, true);
  value.set(shorter, 4);
  return { value, flags: flags + COMPRESSED + ZLIB };
}

async function decompress({ value, flags }: Stored, maxSize: number): Promise<Uint8Array> {
  if ((flags & ZSTD) !== 0) {
    throw unsupported(WHAT, "it is compressed with zstd, which is not everywhere; let PHP use zlib");
  }
  if (value.length < 4) throw malformed(WHAT, `the length before compression is missing in ${value.length} bytes`);
  const length = new DataView(value.buffer, value.byteOffset).getUint32(0, true);
  if (length > maxSize) throw overLimit(WHAT, `it comes to ${length} bytes and not at most ${maxSize}`);
  const data = value.subarray(4);
  if ((flags & FASTLZ) !== 0) return inflateFastLz(data, length);
  if ((flags & ZLIB) === 0) throw unsupported(WHAT, "it is compressed in no way that the flags tell");
  const bytes = await inflate(data, "deflate", length);
  if (bytes.length === length) return bytes;
  throw malformed(WHAT, `it comes to ${bytes.length} bytes and not to the ${length} it speaks of`);
}
