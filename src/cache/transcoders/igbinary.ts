import { utf8Encode } from "../../bytes.ts";
import { ByteBuilder } from "./byte_builder.ts";
import { ByteReader, checkDepth } from "./byte_reader.ts";
import { fromPhpArray, inInt64, toPhpPairs } from "./php_array.ts";
import { unsupported } from "./transcode_error.ts";
import { isInteger, toInteger } from "./numbers.ts";
import { anyText, textOrBytes } from "./text.ts";
import { cannotStore, checkWriteDepth, type TranscoderReadOptions } from "./values.ts";

const WHAT = "a value that igbinary has serialized";
const FORMAT = "a value of igbinary";
const VERSION = 2;

/** What stands for an array that is not whole yet. */
const OPEN = Symbol("open");

/** Types that come in three sizes, whose number then has 1, 2 or 4 bytes; the codes of the larger ones follow. */
const Type = {
  NULL: 0x00,
  REF: 0x01,
  FALSE: 0x04,
  TRUE: 0x05,
  /** Each size first positive, then negative. */
  LONG: 0x06,
  DOUBLE: 0x0c,
  EMPTY: 0x0d,
  STRING_ID: 0x0e,
  STRING: 0x11,
  ARRAY: 0x14,
  OBJECT: 0x17,
  /** An object whose class has a name that stood before. */
  OBJECT_ID: 0x1a,
  /** An object that has written itself. */
  OBJECT_SELF: 0x1d,
  LONG64: 0x20,
  OBJECT_REF: 0x22,
  SHARED: 0x25,
} as const;

/**
 * Reads what igbinary has written, in its version 1 or 2: four bytes of version, then one value, whose first byte is its type.
 * Strings, arrays and objects that stood before are referred to by their number. Objects of classes are refused, but for `stdClass`.
 */
export function igbinaryUnserialize(bytes: Uint8Array, options: TranscoderReadOptions = {}): unknown {
  const reader = new ByteReader(bytes, WHAT);
  const version = reader.uint(4);
  if (version !== 1 && version !== VERSION) throw reader.fault(`no version 1 or 2 but ${version}`);
  const value = new Unserializer(reader, options).value(0);
  reader.end();
  return value;
}

class Unserializer {
  readonly #reader: ByteReader;
  readonly #options: TranscoderReadOptions;
  /** All strings and, apart from them, all arrays and objects, in the order in which they begin: so they are referred to. */
  readonly #strings: Uint8Array[] = [];
  readonly #numbered: unknown[] = [];

  constructor(reader: ByteReader, options: TranscoderReadOptions) {
    this.#reader = reader;
    this.#options = options;
  }

  value(depth: number): unknown {
    checkDepth(depth, WHAT);
    const type = this.#reader.uint(1);
    const string = this.#string(type);
    if (string !== undefined) return textOrBytes(string, this.#options.strings);
    const integer = this.#integer(type);
    if (integer !== undefined) return integer;
    if (type === Type.NULL) return null;
    if (type === Type.FALSE || type === Type.TRUE) return type === Type.TRUE;
    if (type === Type.DOUBLE) return this.#reader.float64();
    const size = sizeOf(type, Type.ARRAY);
    if (size !== undefined) return this.#array(this.#reader.count(size), depth);
    const known = sizeOf(type, Type.REF) ?? sizeOf(type, Type.OBJECT_REF);
    if (known !== undefined) return this.#same(this.#reader.uint(known));
    if (type === Type.SHARED) return this.#shared(depth);
    const named = sizeOf(type, Type.OBJECT) ?? sizeOf(type, Type.OBJECT_ID);
    if (named !== undefined) return this.#object(type, depth);
    if (sizeOf(type, Type.OBJECT_SELF) !== undefined) throw refused();
    throw this.#reader.fault(`no type has the number ${type}`);
  }

  #array(count: number, depth: number): unknown {
    return this.#kept(() => fromPhpArray(this.#pairs(count, depth), this.#options.maps));
  }

  /** The name of a class, and an array, which has no number of its own. */
  #object(type: number, depth: number): unknown {
    const kind = type < Type.OBJECT_ID ? Type.OBJECT : Type.OBJECT_ID;
    const name = this.#string(type - kind + (kind === Type.OBJECT ? Type.STRING : Type.STRING_ID))!;
    if (anyText(name) !== "stdClass") throw refused();
    return this.#kept(() => {
      const size = sizeOf(this.#reader.uint(1), Type.ARRAY);
      if (size === undefined) throw this.#reader.fault("no properties");
      const pairs = this.#pairs(this.#reader.count(size), depth).map(([key, value]) => [String(key), value] as const);
      return fromPhpArray(pairs, this.#options.maps, { list: false });
    });
  }

  /** What PHP calls a reference: what has no number by itself then has one, too. */
  #shared(depth: number): unknown {
    const type = this.#reader.peek();
    const numbered = type < Type.LONG || (type >= Type.ARRAY && type < Type.LONG64) || type > Type.LONG64 + 1;
    const plain = type === Type.NULL || type === Type.FALSE || type === Type.TRUE;
    return numbered && !plain ? this.value(depth + 1) : this.#kept(() => this.value(depth + 1));
  }

  #pairs(count: number, depth: number): (readonly [unknown, unknown])[] {
    const pairs: (readonly [unknown, unknown])[] = [];
    for (let i = 0; i < count; i++) pairs.push([this.#key(), this.value(depth + 1)]);
    return pairs;
  }

  /** Keeps a value for those who refer to it, at the place where it begins. */
  #kept(read: () => unknown): unknown {
    const id = this.#numbered.push(OPEN) - 1;
    const value = read();
    this.#numbered[id] = value;
    return value;
  }

  #same(id: number): unknown {
    if (id >= this.#numbered.length) throw this.#reader.fault(`there is no value ${id}`);
    const value = this.#numbered[id];
    if (value === OPEN) throw unsupported(WHAT, "it lies in itself");
    return value;
  }

  #key(): unknown {
    const type = this.#reader.uint(1);
    const string = this.#string(type);
    if (string !== undefined) return anyText(string);
    const integer = this.#integer(type);
    if (integer === undefined) throw this.#reader.fault(`no key has a type of the number ${type}`);
    return integer;
  }

  #string(type: number): Uint8Array | undefined {
    if (type === Type.EMPTY) return new Uint8Array(0);
    const known = sizeOf(type, Type.STRING_ID);
    if (known !== undefined) {
      const id = this.#reader.uint(known);
      const string = this.#strings[id];
      if (string === undefined) throw this.#reader.fault(`there is no string ${id}`);
      return string;
    }
    const size = sizeOf(type, Type.STRING);
    if (size === undefined) return undefined;
    const string = this.#reader.take(this.#reader.uint(size));
    this.#strings.push(string);
    return string;
  }

  #integer(type: number): number | bigint | undefined {
    if (type === Type.LONG64 || type === Type.LONG64 + 1) {
      const value = this.#reader.uint64();
      return toInteger(type === Type.LONG64 ? value : -value);
    }
    if (type < Type.LONG || type >= Type.DOUBLE) return undefined;
    const value = this.#reader.uint(2 ** ((type - Type.LONG) >> 1));
    return (type & 1) === 0 ? value : 0 - value;
  }
}

function refused(): Error {
  return unsupported(WHAT, "it holds an object of a class, and only data is read");
}

/** How many bytes the number of a type has, if it is of that kind. */
function sizeOf(type: number, kind: number): number | undefined {
  return type >= kind && type < kind + 3 ? 2 ** (type - kind) : undefined;
}

/** Writes what igbinary reads; throws a `TypeError` for what that cannot say. */
export function igbinarySerialize(value: unknown): Uint8Array {
  const out = new ByteBuilder();
  out.uint(VERSION, 4);
  write({ out, strings: new Map() }, value, 0);
  return out.take();
}

interface Output {
  readonly out: ByteBuilder;
  /** The numbers of the strings that stood before, by what bytes they have. */
  readonly strings: Map<string, number>;
}

function write(output: Output, value: unknown, depth: number): void {
  checkWriteDepth(depth, FORMAT);
  const { out } = output;
  if (value === null || value === undefined) return out.byte(Type.NULL);
  if (typeof value === "boolean") return out.byte(value ? Type.TRUE : Type.FALSE);
  if (typeof value === "string") return writeString(output, value);
  if (value instanceof Uint8Array) return value.length === 0 ? out.byte(Type.EMPTY) : writeNewString(output, value);
  if (typeof value === "bigint" && inInt64(value)) return writeInteger(out, value);
  if (typeof value === "number") {
    if (isInteger(value)) return writeInteger(out, BigInt(value));
    out.byte(Type.DOUBLE);
    return out.float64(value);
  }
  const pairs = typeof value === "object" ? toPhpPairs(value) : undefined;
  if (pairs === undefined) throw cannotStore(value, FORMAT);
  writeSized(out, Type.ARRAY, pairs.length);
  for (const [key, item] of pairs) {
    write(output, key, depth);
    write(output, item, depth + 1);
  }
}

function writeString(output: Output, text: string): void {
  if (text === "") return output.out.byte(Type.EMPTY);
  const id = output.strings.get(text);
  if (id !== undefined) return writeSized(output.out, Type.STRING_ID, id);
  writeNewString(output, utf8Encode(text), text);
}

/** Every string that is written whole has a number, though bytes are not looked for again. */
function writeNewString({ out, strings }: Output, bytes: Uint8Array, name: string = `\ud800${strings.size}`): void {
  strings.set(name, strings.size);
  writeSized(out, Type.STRING, bytes.length);
  out.bytes(bytes);
}

/** Positive and negative numbers have the same digits and another type. */
function writeInteger(out: ByteBuilder, value: bigint): void {
  const negative = value < 0n ? 1 : 0;
  const digits = negative === 1 ? -value : value;
  if (digits > 0xffffffffn) {
    out.byte(Type.LONG64 + negative);
    return out.uint64(digits);
  }
  const [step, size] = stepOf(Number(digits));
  out.byte(Type.LONG + 2 * step + negative);
  out.uint(Number(digits), size);
}

function writeSized(out: ByteBuilder, type: number, number: number): void {
  const [step, size] = stepOf(number);
  out.byte(type + step);
  out.uint(number, size);
}

function stepOf(number: number): readonly [step: number, size: number] {
  if (number < 0x100) return [0, 1];
  return number < 0x10000 ? [1, 2] : [2, 4];
}
