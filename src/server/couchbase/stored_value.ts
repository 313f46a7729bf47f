import { utf8Decode } from "../../bytes.ts";
import { ProtocolError } from "../../errors.ts";
import { Datatype } from "../../wire/datatype.ts";
import { Feature, type Features } from "../../wire/features.ts";
import { decompress } from "../../wire/snappy.ts";
import { joinXattrs, splitXattrs, type XattrSection } from "../../wire/xattr.ts";
import { TOO_LARGE } from "../status_reply.ts";
import { BAD_XATTRS, invalid } from "./refusals.ts";

/** A value and how to read it. */
export interface TypedValue {
  /** The bytes. */
  readonly value: Uint8Array;
  /** Bits of {@linkcode Datatype}. */
  readonly datatype: number;
}

/** A value in plain: its body and the attributes before it. */
export interface PlainValue {
  /** The document itself. */
  readonly body: Uint8Array;
  /** Its attributes, if it has any. */
  readonly xattrs: XattrSection | undefined;
}

/** Values up to here are copied, so that they hold no more memory than they need. */
const COPIED = 16 * 1024;

/** What attributes of the system may take beside the body, in bytes. */
const SYSTEM_XATTRS = 1024 * 1024;

/**
 * Checks a value that is to be stored, and finds out whether it is JSON, whatever its sender says.
 *
 * @throws {StatusReply} EINVAL if it does not inflate, XATTR_EINVAL if its attributes are none, E2BIG if it is too large.
 */
export function acceptValue({ value, datatype }: TypedValue, limit: number): TypedValue {
  const plain = plainValue({ value, datatype });
  if (plain.body.length > limit) throw TOO_LARGE;
  if (plain.xattrs !== undefined && plain.xattrs.bytes.length > SYSTEM_XATTRS) throw TOO_LARGE;
  const json = isJson(plain.body) ? Datatype.JSON : 0;
  return {
    value: value.length <= COPIED ? value.slice() : value,
    datatype: (datatype & (Datatype.SNAPPY | Datatype.XATTR)) | json,
  };
}

/**
 * Inflates a value and splits it.
 *
 * @throws {StatusReply} EINVAL if it does not inflate, XATTR_EINVAL if its attributes are none.
 */
export function plainValue({ value, datatype }: TypedValue): PlainValue {
  const plain = (datatype & Datatype.SNAPPY) === 0 ? value : inflate(value);
  if ((datatype & Datatype.XATTR) === 0) return { body: plain, xattrs: undefined };
  try {
    const { xattrs, body } = splitXattrs(plain);
    return { body, xattrs: xattrs.size === 0 ? undefined : xattrs };
  } catch (error) {
    if (error instanceof ProtocolError) throw BAD_XATTRS;
    throw error;
  }
}

/** Puts attributes before a body; without any the value is the body alone. */
export function joinValue(xattrs: Iterable<readonly [string, Uint8Array]>, body: Uint8Array): TypedValue {
  const pairs = [...xattrs];
  const json = isJson(body) ? Datatype.JSON : 0;
  if (pairs.length === 0) return { value: body, datatype: json };
  return { value: joinXattrs(pairs, body), datatype: Datatype.XATTR | json };
}

/** Only the attributes that outlive a deletion: those of the system, whose names begin with `_`. */
export function systemXattrs(xattrs: XattrSection | undefined): TypedValue {
  const kept = [...xattrs ?? []].filter(([name]) => name.startsWith("_"));
  if (kept.length === 0) return { value: NO_BYTES, datatype: 0 };
  return { value: joinXattrs(kept, NO_BYTES), datatype: Datatype.XATTR };
}

/** The body as a plain read gives it: compressed only if that is how it lies there and the reader knows that. */
export function showBody(stored: TypedValue, features: Features): TypedValue {
  const json = stored.datatype & Datatype.JSON;
  if ((stored.datatype & Datatype.XATTR) !== 0) return { value: plainValue(stored).body, datatype: json };
  return showWhole(stored, features);
}

/** The value with its attributes; compressed only if that is how it lies there and the reader knows that. */
export function showWhole(stored: TypedValue, features: Features): TypedValue {
  const { value, datatype } = stored;
  if ((datatype & Datatype.SNAPPY) === 0 || knowsSnappy(features)) return { value, datatype };
  return { value: inflate(value), datatype: datatype & ~Datatype.SNAPPY };
}

/** Whether values may be compressed, both ways. */
export function knowsSnappy(features: Features): boolean {
  return features.has(Feature.SNAPPY) || features.has(Feature.SNAPPY_EVERYWHERE);
}

/** Whether bytes are one JSON value. */
export function isJson(bytes: Uint8Array): boolean {
  if (bytes.length === 0 || !JSON_START.has(bytes[0]!)) return false;
  try {
    JSON.parse(utf8Decode(bytes));
    return true;
  } catch {
    // Most values that look like JSON are; the others are just bytes.
    return false;
  }
}

/** What a JSON text may begin with. */
const JSON_START: ReadonlySet<number> = new Set(Array.from(' \t\r\n{["-0123456789tfn', (char) => char.charCodeAt(0)));

const NO_BYTES = new Uint8Array(0);

function inflate(value: Uint8Array): Uint8Array {
  try {
    return decompress(value);
  } catch (error) {
    if (error instanceof ProtocolError) throw invalid("The value does not inflate");
    throw error;
  }
}
