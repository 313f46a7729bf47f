import { utf8Decode, utf8Encode } from "../bytes.ts";
import { isU64, readDecimal, readSigned, readU64 } from "./decimal.ts";
import { decodeUri } from "./uri_text.ts";

const SPACE = 0x20;
const EQUALS = 0x3d;
const PERCENT = 0x25;
const MAX_U32 = 0xffffffff;

/**
 * A key that a server has, and what is known about its item.
 *
 * @example
 * ```ts
 * import { type KeyEntry, MetadumpParser } from "@memwire/memwire/text";
 * import { assertEquals } from "@std/assert";
 *
 * const entries: KeyEntry[] = [];
 * const line = "key=a exp=1704067200 la=1704060000 cas=3 fetch=yes cls=1 size=64\n";
 * new MetadumpParser().push(new TextEncoder().encode(line), (line) => entries.push(line.entry()));
 * assertEquals(entries[0]!.expiresAt, new Date("2024-01-01T00:00:00Z"));
 * ```
 */
export class KeyEntry {
  /** The key as text; bytes that are no UTF-8 become U+FFFD. */
  readonly key: string;
  /** When it expires in Unix seconds; 0 or less for never. */
  readonly exp: number;
  /** When it was last read or written, in Unix seconds. */
  readonly la: number;
  /** The version, unsigned 64 bits. */
  readonly cas: bigint;
  /** Whether it was read since it was stored. */
  readonly fetched: boolean;
  /** The slab class that it lies in. */
  readonly slab: number;
  /** Bytes that it takes, key and bookkeeping included. */
  readonly size: number;
  /** The 32 bits stored beside the value; from memcached 1.6.24 on. */
  readonly flags: number | undefined;
  readonly #bytes: Uint8Array | undefined;

  /** Makes an entry of what a line says. */
  constructor(line: MetadumpLine) {
    this.key = line.key;
    this.exp = line.exp;
    this.la = line.la;
    this.cas = line.cas;
    this.fetched = line.fetched;
    this.slab = line.slab;
    this.size = line.size;
    this.flags = line.flags;
    // Only these are not to be had from the text again.
    this.#bytes = this.key.includes("\ufffd") ? line.keyBytes.slice() : undefined;
  }

  /** The key as bytes. */
  get keyBytes(): Uint8Array {
    return this.#bytes ?? utf8Encode(this.key);
  }

  /** When it expires; `undefined` for never. */
  get expiresAt(): Date | undefined {
    return this.exp > 0 ? new Date(this.exp * 1000) : undefined;
  }

  /** When it was last read or written. */
  get lastAccess(): Date {
    return new Date(this.la * 1000);
  }

  /** Whether it has expired at a moment, the present one by default. A server lists such items until it comes across them. */
  isExpired(now: Date = new Date()): boolean {
    return this.exp > 0 && this.exp * 1000 < now.getTime();
  }
}

/**
 * One line of `lru_crawler metadump`: `key=… exp=… la=… cas=… fetch=… cls=… size=…`, in any order, with whatever else stands there.
 * What a server leaves out is -1 for `exp`, `undefined` for `flags` and 0 or false for the rest.
 *
 * Inside {@linkcode MetadumpParser.push} one object serves all lines, valid until the visitor returns; {@linkcode MetadumpLine.entry}
 * makes what can be kept.
 *
 * @example
 * ```ts
 * import { MetadumpParser } from "@memwire/memwire/text";
 * import { assertEquals } from "@std/assert";
 *
 * const sizes: number[] = [];
 * const line = "key=a exp=-1 la=1704060000 cas=3 fetch=yes cls=1 size=64\n";
 * new MetadumpParser().push(new TextEncoder().encode(line), (line) => sizes.push(line.size));
 * assertEquals(sizes, [64]);
 * ```
 */
export class MetadumpLine {
  /** When the item expires in Unix seconds; 0 or less for never. */
  exp: number = -1;
  /** When it was last read or written, in Unix seconds. */
  la = 0;
  /** Whether it was read since it was stored. */
  fetched = false;
  /** The slab class that it lies in. */
  slab = 0;
  /** Bytes that it takes, key and bookkeeping included. */
  size = 0;
  /** The 32 bits stored beside the value; from memcached 1.6.24 on. */
  flags: number | undefined = undefined;

  #bytes: Uint8Array = new Uint8Array(0);
  #keyAt = 0;
  #keyEnd = 0;
  #escaped = false;
  #casAt = 0;
  #casEnd = 0;
  #wrong = "";
  /** Where escaped keys are decoded to. */
  #decoded: Uint8Array = new Uint8Array(256);

  /** The key as text; bytes that are no UTF-8 become U+FFFD. */
  get key(): string {
    return utf8Decode(this.keyBytes);
  }

  /** The key as bytes: a view that is valid until the visitor returns. */
  get keyBytes(): Uint8Array {
    const length = this.#keyEnd - this.#keyAt;
    if (!this.#escaped) return new Uint8Array(this.#bytes.buffer, this.#bytes.byteOffset + this.#keyAt, length);
    if (this.#decoded.length < length) this.#decoded = new Uint8Array(length);
    const decoded = decodeUri(this.#bytes, this.#keyAt, this.#keyEnd, this.#decoded);
    return new Uint8Array(this.#decoded.buffer, 0, decoded);
  }

  /** The version, unsigned 64 bits. */
  get cas(): bigint {
    return this.#casEnd === 0 ? 0n : readU64(this.#bytes, this.#casAt, this.#casEnd);
  }

  /** An object with the same that can be kept. */
  entry(): KeyEntry {
    return new KeyEntry(this);
  }

  /** Reads the line between two offsets; returns what is wrong with it, if anything. */
  read(bytes: Uint8Array, from: number, to: number): string | undefined {
    this.#bytes = bytes;
    this.#keyEnd = 0;
    this.#casEnd = 0;
    this.exp = -1;
    this.la = 0;
    this.fetched = false;
    this.slab = 0;
    this.size = 0;
    this.flags = undefined;
    this.#wrong = "";
    let at = from;
    while (at < to) {
      let equals = at;
      while (equals < to && bytes[equals] !== EQUALS && bytes[equals] !== SPACE) equals++;
      let end = equals;
      while (end < to && bytes[end] !== SPACE) end++;
      // What is parted by a blank and has no name is nothing that this version knows.
      if (equals < end) this.#field(bytes, at, equals, end);
      at = end + 1;
    }
    if (this.#wrong !== "") return `its ${this.#wrong} is malformed`;
    return this.#keyEnd === 0 ? "it has no key" : undefined;
  }

  /** Reads one `name=value`; the names are told apart by their first two letters, the last and their length. */
  #field(bytes: Uint8Array, from: number, equals: number, end: number): void {
    const value = equals + 1;
    switch (((equals - from) << 24) | (bytes[from]! << 16) | (bytes[from + 1]! << 8) | bytes[equals - 1]!) {
      case 0x3_6b6579: // key
        return this.#setKey(bytes, value, end);
      case 0x3_657870: // exp
        this.exp = readSigned(bytes, value, end) ?? this.#malformed("exp");
        return;
      case 0x2_6c6161: // la
        this.la = this.#number(bytes, value, end, "la");
        return;
      case 0x3_636173: // cas
        if (!isU64(bytes, value, end)) this.#malformed("cas");
        this.#casAt = value;
        this.#casEnd = end;
        return;
      case 0x5_666568: // fetch
        this.fetched = bytes[value] === 0x79;
        return;
      case 0x3_636c73: // cls
        this.slab = this.#number(bytes, value, end, "cls");
        return;
      case 0x4_736965: // size
        this.size = this.#number(bytes, value, end, "size");
        return;
      case 0x5_666c73: // flags
        this.flags = this.#number(bytes, value, end, "flags");
    }
  }

  #setKey(bytes: Uint8Array, from: number, end: number): void {
    if (end === from) this.#malformed("key");
    this.#keyAt = from;
    this.#keyEnd = end;
    let at = from;
    while (at < end && bytes[at] !== PERCENT) at++;
    this.#escaped = at < end;
  }

  #number(bytes: Uint8Array, from: number, end: number, name: string): number {
    const limit = name === "la" ? Number.MAX_SAFE_INTEGER : MAX_U32;
    const value = readDecimal(bytes, from, end, limit);
    return value < 0 ? this.#malformed(name) : value;
  }

  #malformed(name: string): number {
    this.#wrong = name;
    return 0;
  }
}
