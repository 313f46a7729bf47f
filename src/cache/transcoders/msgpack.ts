import { ByteReader, checkDepth } from "./byte_reader.ts";
import { fromPhpArray } from "./php_array.ts";
import { unsupported } from "./transcode_error.ts";
import { toInteger } from "./numbers.ts";
import { anyText, textOrBytes } from "./text.ts";
import type { TranscoderReadOptions } from "./values.ts";

const WHAT = "a value in MessagePack";

/**
 * Reads MessagePack as PHP writes it: maps with the keys 0, 1, 2 and so on are arrays. Extensions, objects of classes, but for
 * `stdClass`, and what refers to something else are refused.
 */
export function msgpackDecode(bytes: Uint8Array, options: TranscoderReadOptions = {}): unknown {
  const reader = new ByteReader(bytes, WHAT);
  const value = read(reader, options, 0);
  reader.end();
  return value;
}

function read(reader: ByteReader, options: TranscoderReadOptions, depth: number): unknown {
  checkDepth(depth, WHAT);
  const type = reader.uint(1);
  if (type < 0x80) return type;
  if (type >= 0xe0) return type - 0x100;
  if (type < 0x90) return readMap(reader, reader.fits(type & 0x0f), { options, depth });
  if (type < 0xa0) return readArray(reader, reader.fits(type & 0x0f), { options, depth });
  if (type < 0xc0) return textOrBytes(reader.take(type & 0x1f), options.strings);
  const size = 2 ** (type & 3);
  if (type >= 0xcc && type <= 0xcf) return type === 0xcf ? toInteger(reader.uint64()) : reader.uint(size);
  if (type >= 0xd0 && type <= 0xd3) return readSigned(reader, size);
  switch (type) {
    case 0xc0:
      return null;
    case 0xc2:
    case 0xc3:
      return type === 0xc3;
    case 0xc4:
    case 0xc5:
    case 0xc6:
      return reader.take(reader.uint(size)).slice();
    case 0xca:
      return reader.float32();
    case 0xcb:
      return reader.float64();
    case 0xd9:
    case 0xda:
    case 0xdb:
      return textOrBytes(reader.take(reader.uint(2 ** (type - 0xd9))), options.strings);
    case 0xdc:
    case 0xdd:
      return readArray(reader, reader.count(2 << (type & 1)), { options, depth });
    case 0xde:
    case 0xdf:
      return readMap(reader, reader.count(2 << (type & 1)), { options, depth });
    case 0xc1:
      throw reader.fault("no type has the number 193");
    default:
      throw unsupported(WHAT, "it holds an extension, and only data is read");
  }
}

interface Inside {
  readonly options: TranscoderReadOptions;
  readonly depth: number;
}

function readArray(reader: ByteReader, count: number, { options, depth }: Inside): unknown[] {
  const items: unknown[] = [];
  for (let i = 0; i < count; i++) items.push(read(reader, options, depth + 1));
  return items;
}

function readMap(reader: ByteReader, count: number, { options, depth }: Inside): unknown {
  const pairs: (readonly [unknown, unknown])[] = [];
  for (let i = 0; i < count; i++) {
    const key = read(reader, options, depth + 1);
    pairs.push([key instanceof Uint8Array ? anyText(key) : key, read(reader, options, depth + 1)]);
  }
  // An object has its class as the first pair, under a key that is null.
  const [[first, name] = []] = pairs;
  const object = first === null && (name instanceof Uint8Array ? anyText(name) : name) === "stdClass";
  if (object) pairs.shift();
  if (pairs.some(([key]) => key === null || typeof key === "object")) {
    throw unsupported(WHAT, "it holds an object of a class or a reference of PHP, and only data is read");
  }
  return fromPhpArray(pairs, options.maps, { list: count > 0 && !object });
}

function readSigned(reader: ByteReader, size: number): number | bigint {
  if (size === 8) return toInteger(reader.int64());
  const value = reader.uint(size);
  return value >= 2 ** (8 * size - 1) ? value - 2 ** (8 * size) : value;
}
