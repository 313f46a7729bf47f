import { utf8Length } from "../../bytes.ts";
import { ByteBuilder } from "./byte_builder.ts";
import { isInteger } from "./numbers.ts";
import { latin1 } from "./pickle_text.ts";
import { cannotStore, checkWriteDepth, toPairs } from "./values.ts";

const FORMAT = "a value that Python can unpickle";

/**
 * Writes a pickle of version 2, which Python reads since 2.3 and in all of Python 3; throws a `TypeError` for what is no data.
 *
 * Nothing in it refers back to what stood before: what is shared is written as often as it is there.
 */
export function pickle(value: unknown): Uint8Array {
  const out = new ByteBuilder();
  out.bytes(Uint8Array.of(0x80, 2));
  write(out, value, 0);
  out.text(".");
  return out.take();
}

function write(out: ByteBuilder, value: unknown, depth: number): void {
  checkWriteDepth(depth, FORMAT);
  if (value === null || value === undefined) return out.text("N");
  if (typeof value === "boolean") return out.byte(value ? 0x88 : 0x89);
  if (typeof value === "bigint") return writeLong(out, value);
  if (typeof value === "number") return writeNumber(out, value);
  if (typeof value === "string") return writeText(out, value);
  if (value instanceof Uint8Array) return writeBytes(out, value);
  if (Array.isArray(value)) return writeList(out, value, depth);
  if (value instanceof Set) {
    out.text("c__builtin__\nset\n");
    writeList(out, [...value], depth);
    out.byte(0x85);
    return out.text("R");
  }
  const pairs = typeof value === "object" ? toPairs(value) : undefined;
  if (pairs === undefined) throw cannotStore(value, FORMAT);
  out.text("}(");
  for (const [key, item] of pairs) {
    if (typeof key === "object" && key !== null && !(key instanceof Uint8Array)) {
      throw cannotStore(key, "a key in Python");
    }
    write(out, key, depth + 1);
    write(out, item, depth + 1);
  }
  out.text("u");
}

function writeList(out: ByteBuilder, items: readonly unknown[], depth: number): void {
  out.text("](");
  for (const item of items) write(out, item, depth + 1);
  out.text("e");
}

function writeNumber(out: ByteBuilder, value: number): void {
  if (!isInteger(value)) {
    out.text("G");
    return out.float64(value);
  }
  if ((value | 0) !== value) return writeLong(out, BigInt(value));
  out.text("J");
  out.uintLittle(value >>> 0, 4);
}

/** Two's complement, the lowest byte first. */
function writeLong(out: ByteBuilder, value: bigint): void {
  const bits = (value < 0n ? -value : value).toString(16).length * 4;
  const size = (bits >> 3) + 1;
  if (size < 0x100) out.bytes(Uint8Array.of(0x8a, size));
  else {
    out.byte(0x8b);
    out.uintLittle(size, 4);
  }
  let rest = value;
  for (let i = 0; i < size; i++, rest >>= 8n) out.byte(Number(rest & 0xffn));
}

function writeText(out: ByteBuilder, text: string): void {
  out.text("X");
  out.uintLittle(utf8Length(text), 4);
  out.text(text);
}

/** This version has no bytes; Python 3 writes them so, and Python 2 reads them as its strings. */
function writeBytes(out: ByteBuilder, bytes: Uint8Array): void {
  out.text("c_codecs\nencode\n");
  writeText(out, latin1(bytes));
  writeText(out, "latin1");
  out.byte(0x86);
  out.text("R");
}
