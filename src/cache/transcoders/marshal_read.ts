import { ByteReader, checkDepth } from "./byte_reader.ts";
import { parseDouble, toInteger } from "./numbers.ts";
import { unsupported } from "./transcode_error.ts";
import { anyText, textOrBytes, wellFormed } from "./text.ts";
import { fromPairs, type TranscoderReadOptions } from "./values.ts";

const WHAT = "a value that Ruby has marshalled";

/** What stands for an array or a hash that is not whole yet. */
const OPEN = Symbol("open");

/** The words of Ruby for numbers that have no digits. */
const WORDS: Readonly<Record<string, number>> = { inf: Infinity, "-inf": -Infinity, nan: NaN };

/**
 * Reads what Ruby's `Marshal` has written in its version 4.8, as far as it is data: `nil`, booleans, numbers, strings, symbols, arrays
 * and hashes. Symbols are text. Objects of classes, structures, and hashes with a default are refused.
 */
export function marshalLoad(bytes: Uint8Array, options: TranscoderReadOptions = {}): unknown {
  const reader = new ByteReader(bytes, WHAT);
  const version = reader.uint(2);
  if (version >> 8 !== 4 || (version & 0xff) > 8) throw reader.fault("no version 4.8");
  const value = new Loader(reader, options).value(0);
  reader.end();
  return value;
}

class Loader {
  readonly #reader: ByteReader;
  readonly #options: TranscoderReadOptions;
  /** All symbols and, apart from them, all values that can be referred to, in the order in which they begin. */
  readonly #symbols: string[] = [];
  readonly #values: unknown[] = [];

  constructor(reader: ByteReader, options: TranscoderReadOptions) {
    this.#reader = reader;
    this.#options = options;
  }

  value(depth: number): unknown {
    checkDepth(depth, WHAT);
    const reader = this.#reader;
    const type = String.fromCharCode(reader.uint(1));
    switch (type) {
      case "0":
        return null;
      case "T":
      case "F":
        return type === "T";
      case "i":
        return this.#fixnum();
      case ":":
      case ";":
        return this.#symbol(type);
      case "@":
        return this.#linked();
      case "l":
        return this.#whole(() => this.#bignum());
      case "f":
        return this.#whole(() => this.#float());
      case '"':
        return this.#whole(() => this.#binary());
      case "I":
        return this.#withEncoding();
      case "[":
        return this.#whole(() => this.#array(depth));
      case "{":
        return this.#whole(() => this.#hash(depth));
      default:
        if (!/[oucCSUeMmd/}]/.test(type)) throw reader.fault(`no type is written as ${JSON.stringify(type)}`);
        throw unsupported(WHAT, "it holds an object of a class, and only data is read");
    }
  }

  /** Keeps a value for those who refer to it, at the place where it begins. */
  #whole<T>(read: () => T): T {
    const slot = this.#values.push(OPEN) - 1;
    const value = read();
    this.#values[slot] = value;
    return value;
  }

  #linked(): unknown {
    const slot = this.#fixnum();
    if (slot < 0 || slot >= this.#values.length) throw this.#reader.fault(`there is no value ${slot}`);
    const value = this.#values[slot];
    if (value === OPEN) throw unsupported(WHAT, "it lies in itself");
    return value;
  }

  /** 0, or a small number moved by 5, or how many bytes follow, negative for a negative number. */
  #fixnum(): number {
    const head = this.#reader.uint(1) << 24 >> 24;
    if (head === 0) return 0;
    if (head > 4) return head - 5;
    if (head < -4) return head + 5;
    const size = Math.abs(head);
    const value = this.#reader.uintLittle(size);
    return head > 0 ? value : value - 2 ** (8 * size);
  }

  #count(): number {
    const count = this.#fixnum();
    if (count < 0) throw this.#reader.fault(`${count} is no length`);
    return this.#reader.fits(count);
  }

  #taken(): Uint8Array {
    return this.#reader.take(this.#count());
  }

  #binary(): string | Uint8Array {
    const bytes = this.#taken();
    // What has no encoding is bytes, though Ruby 1.8 had none for text.
    return bytes.slice();
  }

  #bignum(): number | bigint {
    const sign = String.fromCharCode(this.#reader.uint(1));
    if (sign !== "+" && sign !== "-") throw this.#reader.fault("no sign");
    const shorts = this.#count();
    let digits = "";
    for (const byte of this.#reader.take(2 * shorts)) digits = byte.toString(16).padStart(2, "0") + digits;
    const value = BigInt(`0x0${digits}`);
    return toInteger(sign === "-" ? -value : value);
  }

  #float(): number {
    // Older versions have the bits of the fraction after a zero.
    const [text = ""] = anyText(this.#taken()).split("\0");
    const value = Object.hasOwn(WORDS, text) ? WORDS[text] : parseDouble(text);
    if (value === undefined) throw this.#reader.fault("no number");
    return value;
  }

  #symbol(type: string): string {
    if (type === ":") return this.#newSymbol();
    const id = this.#fixnum();
    const symbol = this.#symbols[id];
    if (symbol === undefined) throw this.#reader.fault(`there is no symbol ${id}`);
    return symbol;
  }

  #newSymbol(): string {
    const symbol = anyText(this.#taken());
    this.#symbols.push(symbol);
    return symbol;
  }

  /** A string or a symbol, then its encoding: true for UTF-8, false for ASCII, else its name. */
  #withEncoding(): unknown {
    const type = String.fromCharCode(this.#reader.uint(1));
    if (type === ":") {
      const symbol = this.#newSymbol();
      this.#encoding();
      return symbol;
    }
    if (type !== '"') throw unsupported(WHAT, "it holds an object of a class, and only data is read");
    return this.#whole(() => {
      const bytes = this.#taken();
      const text = this.#encoding();
      if (!text || this.#options.strings === "bytes") return bytes.slice();
      return textOrBytes(bytes);
    });
  }

  /** Whether it is one of which all text is UTF-8. */
  #encoding(): boolean {
    const count = this.#count();
    if (count === 0) return false;
    const name = this.#symbol(String.fromCharCode(this.#reader.uint(1)));
    if (count !== 1 || (name !== "E" && name !== "encoding")) {
      throw unsupported(WHAT, "it holds a string with variables of its own, and only data is read");
    }
    const value = String.fromCharCode(this.#reader.uint(1));
    if (name === "E" && (value === "T" || value === "F")) return true;
    if (name === "E" || value !== '"') throw this.#reader.fault("no encoding");
    const encoding = wellFormed(this.#whole(() => this.#taken()), WHAT);
    throw unsupported(WHAT, `it holds text in ${encoding}`);
  }

  #array(depth: number): unknown[] {
    const count = this.#count();
    const items: unknown[] = [];
    for (let i = 0; i < count; i++) items.push(this.value(depth + 1));
    return items;
  }

  #hash(depth: number): unknown {
    const count = this.#count();
    const pairs: (readonly [unknown, unknown])[] = [];
    for (let i = 0; i < count; i++) pairs.push([this.#key(depth), this.value(depth + 1)]);
    return fromPairs(pairs, this.#options.maps);
  }

  /** Keys are text whenever they can be. */
  #key(depth: number): unknown {
    const key = this.value(depth + 1);
    return key instanceof Uint8Array ? textOrBytes(key) : key;
  }
}
