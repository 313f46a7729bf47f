import { utf8Length } from "../../bytes.ts";
import { ByteReader, checkDepth } from "./byte_reader.ts";
import { ByteBuilder } from "./byte_builder.ts";
import { unsupported } from "./transcode_error.ts";
import { fromPhpArray, inInt64, toPhpPairs } from "./php_array.ts";
import { isInteger, parseDouble, parseInteger } from "./numbers.ts";
import { anyText, textOrBytes } from "./text.ts";
import { cannotStore, checkWriteDepth, type TranscoderReadOptions } from "./values.ts";

const WHAT = "a value that PHP has serialized";
const FORMAT = "a value that PHP can unserialize";

const COLON = 0x3a;
const SEMICOLON = 0x3b;

/** What stands for an array that is not whole yet. */
const OPEN = Symbol("open");

/** The words of PHP for numbers that have no digits. */
const WORDS: Readonly<Record<string, number>> = { INF: Infinity, "-INF": -Infinity, NAN: NaN };

/**
 * Reads what PHP's `serialize` has written.
 *
 * ```text
 * N;   b:1;   i:-7;   d:1.5;   s:2:"ab";   a:1:{<key><value>}   O:8:"stdClass":1:{<name><value>}   R:2; r:2;
 * ```
 *
 * Objects of other classes and enumerations are refused. What `R` and `r` refer to is the same value here.
 */
export function phpUnserialize(bytes: Uint8Array, options: TranscoderReadOptions = {}): unknown {
  const reader = new ByteReader(bytes, WHAT);
  const value = new Unserializer(reader, options).value(0);
  reader.end();
  return value;
}

class Unserializer {
  readonly #reader: ByteReader;
  readonly #options: TranscoderReadOptions;
  /** All values in the order in which they begin, from 1 on, which is how they are referred to. */
  readonly #values: unknown[] = [undefined];

  constructor(reader: ByteReader, options: TranscoderReadOptions) {
    this.#reader = reader;
    this.#options = options;
  }

  value(depth: number): unknown {
    checkDepth(depth, WHAT);
    const type = String.fromCharCode(this.#reader.uint(1));
    if (type === "R") return this.#referred();
    const slot = this.#values.push(OPEN) - 1;
    const value = type === "r" ? this.#referred() : this.#plain(type, depth);
    this.#values[slot] = value;
    return value;
  }

  #plain(type: string, depth: number): unknown {
    const reader = this.#reader;
    if (type === "N") return reader.expect(";"), null;
    reader.expect(":");
    switch (type) {
      case "b":
        return this.#integer(SEMICOLON) !== 0;
      case "i":
        return this.#integer(SEMICOLON);
      case "d":
        return this.#double();
      case "s": {
        const text = this.#quoted();
        reader.expect(";");
        return textOrBytes(text, this.#options.strings);
      }
      case "a":
        return fromPhpArray(this.#pairs(depth), this.#options.maps);
      case "O":
        return this.#object(depth);
      case "C":
      case "E":
        throw unsupported(WHAT, `it holds an object of ${anyText(this.#quoted())}, and only data is read`);
      default:
        throw reader.fault(`no type is written as ${JSON.stringify(type)}`);
    }
  }

  #object(depth: number): unknown {
    const name = anyText(this.#quoted());
    if (name !== "stdClass") throw unsupported(WHAT, `it holds an object of ${name}, and only data is read`);
    this.#reader.expect(":");
    const pairs = this.#pairs(depth).map(([key, value]) => [String(key), value] as const);
    return fromPhpArray(pairs, this.#options.maps, { list: false });
  }

  /** The number of pairs, and they between braces. */
  #pairs(depth: number): (readonly [unknown, unknown])[] {
    const count = this.#count();
    this.#reader.expect("{");
    const pairs: (readonly [unknown, unknown])[] = [];
    for (let i = 0; i < count; i++) pairs.push([this.#key(), this.value(depth + 1)]);
    this.#reader.expect("}");
    return pairs;
  }

  /** Keys are integers or strings, and cannot be referred to. */
  #key(): unknown {
    const type = String.fromCharCode(this.#reader.uint(1));
    this.#reader.expect(":");
    if (type === "i") return this.#integer(SEMICOLON);
    if (type !== "s") throw this.#reader.fault(`no key is written as ${JSON.stringify(type)}`);
    const key = anyText(this.#quoted());
    this.#reader.expect(";");
    return key;
  }

  #quoted(): Uint8Array {
    const length = this.#count();
    this.#reader.expect('"');
    const bytes = this.#reader.take(length);
    this.#reader.expect('"');
    return bytes;
  }

  #count(): number {
    const count = this.#integer(COLON);
    if (typeof count !== "number" || count < 0) throw this.#reader.fault(`${count} is no length`);
    return this.#reader.fits(count);
  }

  #integer(end: number): number | bigint {
    const text = this.#reader.until(end);
    const value = text.length > 20 ? undefined : parseInteger(text);
    if (value === undefined) throw this.#reader.fault("no integer");
    return value;
  }

  #double(): number {
    const text = this.#reader.until(SEMICOLON);
    const value = Object.hasOwn(WORDS, text) ? WORDS[text]! : parseDouble(text);
    if (value === undefined) throw this.#reader.fault("no number");
    return value;
  }

  #referred(): unknown {
    this.#reader.expect(":");
    const slot = this.#integer(SEMICOLON);
    if (typeof slot !== "number" || slot < 1 || slot >= this.#values.length) {
      throw this.#reader.fault(`there is no value ${slot}`);
    }
    const value = this.#values[slot];
    if (value === OPEN) throw unsupported(WHAT, "it lies in itself");
    return value;
  }
}

/** Writes what PHP's `unserialize` reads; throws a `TypeError` for what that cannot say. */
export function phpSerialize(value: unknown): Uint8Array {
  const out = new ByteBuilder();
  write(out, value, 0);
  return out.take();
}

function write(out: ByteBuilder, value: unknown, depth: number): void {
  checkWriteDepth(depth, FORMAT);
  if (value === null || value === undefined) return out.text("N;");
  if (typeof value === "boolean") return out.text(value ? "b:1;" : "b:0;");
  if (typeof value === "string" || value instanceof Uint8Array) return writeString(out, value);
  if (typeof value === "bigint" && inInt64(value)) return out.text(`i:${value};`);
  if (typeof value === "number") {
    return out.text(isInteger(value) ? `i:${value};` : `d:${phpDouble(value)};`);
  }
  const pairs = typeof value === "object" ? toPhpPairs(value) : undefined;
  if (pairs === undefined) throw cannotStore(value, FORMAT);
  out.text(`a:${pairs.length}:{`);
  for (const [key, item] of pairs) {
    write(out, key, depth);
    write(out, item, depth + 1);
  }
  out.text("}");
}

function writeString(out: ByteBuilder, string: string | Uint8Array): void {
  if (typeof string === "string") {
    out.text(`s:${utf8Length(string)}:"`);
    out.text(string);
  } else {
    out.text(`s:${string.length}:"`);
    out.bytes(string);
  }
  out.text('";');
}

function phpDouble(value: number): string {
  if (Number.isNaN(value)) return "NAN";
  if (!Number.isFinite(value)) return value < 0 ? "-INF" : "INF";
  return Object.is(value, -0) ? "-0" : String(value);
}
