import { asBytes } from "../../bytes.ts";
import type { Encoded, Transcoder } from "../transcoder.ts";
import { compressed } from "./compression.ts";
import { isInteger, toInteger } from "./numbers.ts";
import { malformed, unsupported } from "./transcode_error.ts";
import { wellFormed } from "./text.ts";
import { cannotStore, MAX_SIZE } from "./values.ts";

/** What {@linkcode spymemcachedTranscoder} can read and write. */
export type SpymemcachedValue = string | boolean | number | bigint | Date | Uint8Array;

/** What {@linkcode spymemcachedTranscoder} takes. */
export interface SpymemcachedOptions {
  /** Values of at least so many bytes are compressed with gzip; 16384 by default, as in spymemcached, and `Infinity` for never. */
  readonly threshold?: number;
  /** The most bytes that a value may have when it is not compressed; 64 MiB by default. Memory for more is never taken. */
  readonly maxSize?: number;
}

const Flag = { SERIALIZED: 1, GZIP: 2 } as const;

/** The second byte of the flags. */
const Type = { STRING: 0, BOOLEAN: 1, INT: 2, LONG: 3, DATE: 4, BYTE: 5, FLOAT: 6, DOUBLE: 7, BYTES: 8 } as const;

const WHAT = "a value of spymemcached";

/**
 * Reads and writes values as spymemcached does, the client for Java, with its `SerializingTranscoder`; xmemcached's is the same.
 *
 * - Text, booleans, numbers, dates and bytes. Objects that Java has serialized are refused with a {@linkcode TranscodeError}: have
 *   them stored as text.
 * - A number without a fraction is written as an `int` if it fits into 32 bits, else as a `long`, a `bigint` always as a `long`, any
 *   other number as a `double`. A `long` that a number does not hold exactly is read as `bigint`.
 *
 * `encode` throws a `TypeError` for all else, and for integers beyond 64 bits.
 *
 * @example
 * ```ts
 * import { spymemcachedTranscoder } from "@memwire/memwire/cache";
 * import { assertEquals } from "@std/assert";
 *
 * const transcoder = spymemcachedTranscoder();
 * const stored = { value: Uint8Array.of(1, 0), flags: 0x200 }; // the int 256
 * assertEquals(await transcoder.decode(stored), 256);
 * assertEquals(await transcoder.encode(256), stored);
 * ```
 */
export function spymemcachedTranscoder<T extends SpymemcachedValue = SpymemcachedValue>(
  options: SpymemcachedOptions = {},
): Transcoder<T> {
  const { threshold = 16384, maxSize = MAX_SIZE } = options;
  const plain: Transcoder<T> = {
    encode: toJava,
    decode: ({ value, flags }) => {
      if ((flags & Flag.SERIALIZED) !== 0) {
        throw unsupported(WHAT, "it holds an object that Java has serialized, and only data is read");
      }
      return fromJava(value, flags >> 8 & 0xff) as T;
    },
  };
  return compressed(plain, { format: "gzip", flag: Flag.GZIP, threshold, maxSize });
}

function toJava(value: SpymemcachedValue): Encoded {
  if (typeof value === "string") return typed(Type.STRING, asBytes(value));
  if (typeof value === "boolean") return typed(Type.BOOLEAN, asBytes(value ? "1" : "0"));
  if (value instanceof Uint8Array) return typed(Type.BYTES, value);
  if (typeof value === "bigint" && BigInt.asIntN(64, value) === value) return typed(Type.LONG, packed(value));
  if (typeof value === "number") return fromNumber(value);
  if (value instanceof Date && !Number.isNaN(value.getTime())) return typed(Type.DATE, packed(BigInt(value.getTime())));
  throw cannotStore(value, WHAT);
}

function fromNumber(value: number): Encoded {
  if (isInteger(value)) {
    // An int below zero takes its four bytes, not the eight of a long.
    if ((value | 0) === value) return typed(Type.INT, packed(BigInt(value >>> 0)));
    return typed(Type.LONG, packed(BigInt(value)));
  }
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, value);
  return typed(Type.DOUBLE, packed(bits.getBigInt64(0)));
}

function typed(type: number, value: Uint8Array): Encoded {
  return { value, flags: type << 8 };
}

/** 64 bits, the highest byte first, without the zero bytes before the first that is none. */
function packed(value: bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigInt64(0, value);
  const first = bytes.findIndex((byte) => byte !== 0);
  return first < 0 ? new Uint8Array(0) : bytes.slice(first);
}

function fromJava(bytes: Uint8Array, type: number): unknown {
  switch (type) {
    case Type.STRING:
      return wellFormed(bytes, WHAT);
    case Type.BOOLEAN:
      if (bytes.length !== 1) throw malformed(WHAT, `a boolean has 1 byte and not ${bytes.length}`);
      return bytes[0] === 0x31;
    case Type.INT:
      return unpacked(bytes, 4).getInt32(0);
    case Type.LONG:
      return toInteger(unpacked(bytes, 8).getBigInt64(0));
    case Type.DATE:
      return readDate(bytes);
    case Type.BYTE:
      return unpacked(bytes, 1).getInt8(0);
    case Type.FLOAT:
      return unpacked(bytes, 4).getFloat32(0);
    case Type.DOUBLE:
      return unpacked(bytes, 8).getFloat64(0);
    case Type.BYTES:
      return bytes;
    default:
      throw malformed(WHAT, `no type has the number ${type}`);
  }
}

function readDate(bytes: Uint8Array): Date {
  const date = new Date(Number(unpacked(bytes, 8).getBigInt64(0)));
  if (Number.isNaN(date.getTime())) throw unsupported(WHAT, "it holds a date beyond those of this language");
  return date;
}

/** Bytes with as many zeros before them as make so many. */
function unpacked(bytes: Uint8Array, size: number): DataView {
  if (bytes.length > size) throw malformed(WHAT, `a number of at most ${size} bytes has ${bytes.length}`);
  const whole = new Uint8Array(size);
  whole.set(bytes, size - bytes.length);
  return new DataView(whole.buffer);
}
