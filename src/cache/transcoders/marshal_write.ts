import { utf8Length } from "../../bytes.ts";
import { ByteBuilder } from "./byte_builder.ts";
import { isInteger } from "./numbers.ts";
import { cannotStore, checkWriteDepth, toPairs } from "./values.ts";

const FORMAT = "a value that Ruby can load";

/** Integers up to here have a short form in every Ruby. */
const FIXNUM = 2 ** 30;

/** Writes what Ruby's `Marshal` loads, in its version 4.8; throws a `TypeError` for what is no data. */
export function marshalDump(value: unknown): Uint8Array {
  const out = new ByteBuilder();
  out.bytes(Uint8Array.of(4, 8));
  write({ out, named: false }, value, 0);
  return out.take();
}

interface Output {
  readonly out: ByteBuilder;
  /** Whether the symbol that names encodings was written; it is the only one. */
  named: boolean;
}

function write(output: Output, value: unknown, depth: number): void {
  checkWriteDepth(depth, FORMAT);
  const { out } = output;
  if (value === null || value === undefined) return out.text("0");
  if (typeof value === "boolean") return out.text(value ? "T" : "F");
  if (typeof value === "bigint") return writeInteger(out, value);
  if (typeof value === "number") return isInteger(value) ? writeInteger(out, BigInt(value)) : writeFloat(out, value);
  if (typeof value === "string") return writeText(output, value);
  if (value instanceof Uint8Array) return writeBytes(out, value);
  if (Array.isArray(value)) {
    out.text("[");
    writeFixnum(out, value.length);
    for (const item of value) write(output, item, depth + 1);
    return;
  }
  const pairs = typeof value === "object" ? toPairs(value) : undefined;
  if (pairs === undefined) throw cannotStore(value, FORMAT);
  out.text("{");
  writeFixnum(out, pairs.length);
  for (const [key, item] of pairs) {
    write(output, key, depth + 1);
    write(output, item, depth + 1);
  }
}

function writeInteger(out: ByteBuilder, value: bigint): void {
  if (value >= -FIXNUM && value < FIXNUM) {
    out.text("i");
    return writeFixnum(out, Number(value));
  }
  out.text(value < 0n ? "l-" : "l+");
  let rest = value < 0n ? -value : value;
  const shorts = Math.ceil(rest.toString(16).length / 4);
  writeFixnum(out, shorts);
  for (let i = 0; i < 2 * shorts; i++, rest >>= 8n) out.byte(Number(rest & 0xffn));
}

function writeFixnum(out: ByteBuilder, value: number): void {
  if (value === 0) return out.byte(0);
  if (value > 0 && value < 123) return out.byte(value + 5);
  if (value < 0 && value > -124) return out.byte((value - 5) & 0xff);
  let size = 1;
  while (value >= 0 ? value >= 2 ** (8 * size) : value < -(2 ** (8 * size))) size++;
  out.byte(value < 0 ? 0x100 - size : size);
  out.uintLittle(value < 0 ? value + 2 ** (8 * size) : value, size);
}

function writeFloat(out: ByteBuilder, value: number): void {
  const words = Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
  const text = Object.is(value, -0) ? "-0" : String(value).replace("e+", "e");
  const written = Number.isFinite(value) ? text : words;
  out.text("f");
  writeFixnum(out, written.length);
  out.text(written);
}

/** Text, then that it has one variable, named E, which is true: it is UTF-8. */
function writeText(output: Output, text: string): void {
  const { out } = output;
  out.text('I"');
  writeFixnum(out, utf8Length(text));
  out.text(text);
  out.bytes(output.named ? SAME : FIRST);
  output.named = true;
}

/** The symbol in full, and the number of the first symbol. */
const FIRST = Uint8Array.of(0x06, 0x3a, 0x06, 0x45, 0x54);
const SAME = Uint8Array.of(0x06, 0x3b, 0x00, 0x54);

function writeBytes(out: ByteBuilder, bytes: Uint8Array): void {
  out.text('"');
  writeFixnum(out, bytes.length);
  out.bytes(bytes);
}
