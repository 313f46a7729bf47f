import { utf8Decode } from "../bytes.ts";
import { Datatype } from "../wire/datatype.ts";
import { decompress, type DecompressOptions } from "../wire/snappy.ts";
import { splitXattrs, type XattrSection } from "../wire/xattr.ts";

/** A value as it came: an item, a frame or an event of a feed will do. */
export interface EncodedValue {
  /** How to read the value: bits of {@linkcode Datatype}. */
  readonly datatype: number;
  /** The bytes, compressed if the datatype says so, behind attributes if it says so. */
  readonly value: Uint8Array;
}

interface Parts {
  readonly body: Uint8Array;
  readonly xattrs?: XattrSection;
}

/**
 * A value that is decompressed and split when first asked for, and once only.
 *
 * What it gives are views into the bytes that came, or of its own where those were compressed.
 */
export class DecodedValue {
  /** The datatype as it came; its bits say what was done, or is to be done, to the value. */
  readonly datatype: number;
  readonly #value: Uint8Array;
  readonly #options: DecompressOptions;
  #parts: Parts | undefined;

  /** Takes a value as it came. */
  constructor({ datatype, value }: EncodedValue, options: DecompressOptions = {}) {
    this.datatype = datatype;
    this.#value = value;
    this.#options = options;
  }

  /**
   * The plain document, without attributes; empty if it is one of attributes alone.
   *
   * @throws {ProtocolError} If the value cannot be decompressed within the limit, or ends inside its attributes.
   */
  get body(): Uint8Array {
    return this.#decode().body;
  }

  /**
   * The extended attributes; `undefined` if the value has no such section.
   *
   * @throws {ProtocolError} If the value cannot be decompressed within the limit, or ends inside its attributes.
   */
  get xattrs(): XattrSection | undefined {
    return this.#decode().xattrs;
  }

  /**
   * The body as UTF-8 text; bytes that are none become U+FFFD.
   *
   * @throws {ProtocolError} As `body`.
   */
  text(): string {
    return utf8Decode(this.body);
  }

  /**
   * The body parsed as JSON.
   *
   * @throws {SyntaxError} If it is not JSON.
   * @throws {ProtocolError} As `body`.
   */
  // deno-lint-ignore no-explicit-any -- as JSON.parse: the caller knows what was stored.
  json(): any {
    return JSON.parse(this.text());
  }

  #decode(): Parts {
    return this.#parts ??= decodeParts(this.datatype, this.#value, this.#options);
  }
}

/**
 * Reads a value by its datatype: decompresses it if it is compressed, and parts extended attributes from the body.
 *
 * Nothing is done until asked for, so that a value that nobody looks at costs nothing. The `limit` is in bytes, 30 MiB if left out.
 *
 * @example
 * ```ts
 * import { compress, Datatype, decodeValue, joinXattrs } from "@memwire/memwire/couchbase";
 * import { assertEquals } from "@std/assert";
 *
 * const plain = joinXattrs([["_sync", '{"rev":1}']], JSON.stringify({ tags: Array(20).fill("blue") }));
 * const datatype = Datatype.JSON | Datatype.SNAPPY | Datatype.XATTR;
 *
 * const decoded = decodeValue({ datatype, value: compress(plain)! }, { limit: 1024 });
 * assertEquals(decoded.xattrs?.json("_sync"), { rev: 1 });
 * assertEquals(decoded.json().tags.length, 20);
 * ```
 */
export function decodeValue(encoded: EncodedValue, options: DecompressOptions = {}): DecodedValue {
  return new DecodedValue(encoded, options);
}

function decodeParts(datatype: number, value: Uint8Array, options: DecompressOptions): Parts {
  // A feed that was asked for no values may keep the datatype of those that it leaves out (seen on kv_engine 6.0.5).
  if (value.length === 0) return { body: value };
  const plain = (datatype & Datatype.SNAPPY) === 0 ? value : decompress(value, options);
  return (datatype & Datatype.XATTR) === 0 ? { body: plain } : splitXattrs(plain);
}
