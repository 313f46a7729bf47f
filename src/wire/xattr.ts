/**
 * Extended attributes (xattrs): named JSON values in front of the body of a document whose datatype has the xattr bit.
 *
 * ```text
 * size of the section u32, then for each attribute:
 *   size of the pair u32 | key | 00 | value | 00
 * then the body of the document
 * ```
 */

import { asBytes, equalBytes, utf8Decode, utf8Encode } from "../bytes.ts";
import { ProtocolError } from "../errors.ts";

const LENGTH_SIZE = 4;
const MAX_KEY = 15;

/** A value in its two parts, both of them views into it. */
export interface XattrSplit {
  /** The attributes. */
  readonly xattrs: XattrSection;
  /** What follows them: the document itself, empty for a deletion or a read of the attributes alone. */
  readonly body: Uint8Array;
}

/**
 * The attributes of a document, in the order of the wire; values are views into the bytes that they came in.
 *
 * They are read when first asked for, all at once: every method throws a {@linkcode ProtocolError} if they are malformed.
 */
export class XattrSection implements Iterable<[key: string, value: Uint8Array]> {
  /** The pairs as they came, without the size in front. */
  readonly bytes: Uint8Array;
  #values: ReadonlyMap<string, Uint8Array> | undefined;

  /** Takes the pairs of a section, without the size in front; {@linkcode splitXattrs} finds them in a value. */
  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** How many attributes there are. */
  get size(): number {
    return this.#read().size;
  }

  /** Whether there is an attribute of this name. */
  has(key: string): boolean {
    return this.#read().has(key);
  }

  /** The bytes of an attribute, JSON as a rule; `undefined` if there is none of this name. */
  get(key: string): Uint8Array | undefined {
    return this.#read().get(key);
  }

  /**
   * An attribute parsed as JSON; `undefined` if there is none of this name.
   *
   * @throws {SyntaxError} If it is not JSON.
   */
  // deno-lint-ignore no-explicit-any -- as JSON.parse: the caller knows what was stored.
  json(key: string): any {
    const value = this.get(key);
    return value === undefined ? undefined : JSON.parse(utf8Decode(value));
  }

  /** The attributes with their bytes. */
  [Symbol.iterator](): IterableIterator<[key: string, value: Uint8Array]> {
    return this.#read().entries();
  }

  #read(): ReadonlyMap<string, Uint8Array> {
    return this.#values ??= readPairs(this.bytes);
  }
}

/**
 * Splits a value with {@linkcode Datatype}'s `XATTR` bit into attributes and body, without copying.
 *
 * A compressed value is to be decompressed first. Only the size of the section is looked at; the attributes are read when asked for.
 *
 * @throws {ProtocolError} If the value ends inside the section.
 *
 * @example
 * ```ts
 * import { joinXattrs, splitXattrs } from "@memwire/memwire/couchbase";
 * import { assertEquals } from "@std/assert";
 *
 * const value = joinXattrs([["_sync", '{"rev":1}'], ["user", '"hello"']], '{"x":1}');
 * const { xattrs, body } = splitXattrs(value);
 * assertEquals(xattrs.json("_sync"), { rev: 1 });
 * assertEquals([...xattrs].map(([key]) => key), ["_sync", "user"]);
 * assertEquals(JSON.parse(new TextDecoder().decode(body)), { x: 1 });
 * ```
 */
export function splitXattrs(value: Uint8Array): XattrSplit {
  if (value.length < LENGTH_SIZE) fail(value, `the size of the section takes 4 bytes, the value has ${value.length}`);
  const end = LENGTH_SIZE + viewOf(value).getUint32(0);
  if (end > value.length) fail(value, `the section ends at byte ${end}, the value at ${value.length}`);
  return { xattrs: new XattrSection(value.subarray(LENGTH_SIZE, end)), body: value.subarray(end) };
}

/**
 * Puts attributes in front of a body, to be stored with {@linkcode Datatype}'s `XATTR` bit by a command that takes it.
 *
 * Text is written as UTF-8. Keys have 1 to 15 bytes; a leading `_` makes a system attribute. That values are JSON is for the server to check.
 *
 * @throws {RangeError} If a key is empty, too long or given twice, or a key or a value holds a zero byte.
 *
 * @example
 * ```ts
 * import { joinXattrs } from "@memwire/memwire/couchbase";
 * import { assertEquals } from "@std/assert";
 *
 * const value = joinXattrs([["_sync", '{"a":1}']], "{}");
 * assertEquals(value.length, 24);
 * assertEquals(value.subarray(0, 8), new Uint8Array([0, 0, 0, 18, 0, 0, 0, 14]));
 * ```
 */
export function joinXattrs(
  entries: Iterable<readonly [key: string, value: Uint8Array | string]>,
  body: Uint8Array | string,
): Uint8Array<ArrayBuffer> {
  const pairs = new Map<string, { key: Uint8Array; value: Uint8Array }>();
  let size = 0;
  for (const [name, given] of entries) {
    const key = utf8Encode(name);
    const value = asBytes(given);
    const reason = pairs.has(name) ? "it is given twice" : whyUnfit(key, value);
    if (reason !== undefined) throw new RangeError(`Cannot write xattr ${JSON.stringify(name)}: ${reason}`);
    pairs.set(name, { key, value });
    size += LENGTH_SIZE + key.length + value.length + 2;
  }
  const tail = asBytes(body);
  const target = new Uint8Array(LENGTH_SIZE + size + tail.length);
  const view = viewOf(target);
  view.setUint32(0, size);
  let at = LENGTH_SIZE;
  for (const { key, value } of pairs.values()) {
    view.setUint32(at, key.length + value.length + 2);
    target.set(key, at + LENGTH_SIZE);
    target.set(value, at + LENGTH_SIZE + key.length + 1);
    at += LENGTH_SIZE + key.length + value.length + 2;
  }
  target.set(tail, at);
  return target;
}

function whyUnfit(key: Uint8Array, value: Uint8Array): string | undefined {
  if (key.length === 0 || key.length > MAX_KEY) return `a key has 1 to ${MAX_KEY} bytes, this one ${key.length}`;
  if (key.includes(0)) return "a key must not hold a zero byte";
  if (value.includes(0)) return "a value must not hold a zero byte, since one ends it";
  return undefined;
}

function readPairs(bytes: Uint8Array): ReadonlyMap<string, Uint8Array> {
  const view = viewOf(bytes);
  const values = new Map<string, Uint8Array>();
  let at = 0;
  while (at < bytes.length) {
    const where = `the pair at byte ${LENGTH_SIZE + at} of the value`;
    const start = at + LENGTH_SIZE;
    if (start > bytes.length) fail(bytes, `${where} has no room for its size`);
    const size = view.getUint32(at);
    const left = bytes.length - start;
    if (size > left) fail(bytes, `${where} has ${size} bytes, the section ${left} more`);
    const pair = bytes.subarray(start, start + size);
    const keySize = pair.indexOf(0);
    if (keySize < 1 || keySize > MAX_KEY) fail(bytes, `${where} does not begin with a key of 1 to ${MAX_KEY} bytes`);
    // Values are JSON text, in which no zero byte can stand: kv_engine refuses to store such an attribute.
    if (pair.indexOf(0, keySize + 1) !== size - 1) fail(bytes, `${where} does not end with its only other zero byte`);
    const key = utf8Decode(pair.subarray(0, keySize));
    if (!equalBytes(utf8Encode(key), pair.subarray(0, keySize))) fail(bytes, `${where} has a key that is not UTF-8`);
    if (values.has(key)) fail(bytes, `${where} repeats the key ${JSON.stringify(key)}`);
    values.set(key, pair.subarray(keySize + 1, size - 1));
    at = start + size;
  }
  return values;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function fail(bytes: Uint8Array, reason: string): never {
  throw new ProtocolError(`Cannot read xattrs: ${reason}`, { bytes: bytes.slice(0, 24) });
}
