import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { Buffer } from "node:buffer";
import { compress } from "../../src/couchbase/snappy.ts";
import { decompress } from "../../src/wire/snappy.ts";
import { hex } from "../support/hex.ts";
import { test } from "../support/test.ts";
import { SNAPPY } from "../vectors/snappy.ts";

/** Compresses whatever it is. */
const ALWAYS = { minSize: 0, maxRatio: Infinity };

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

test("compress makes of a recorded document what kv_engine made of it", () => {
  const recorded = SNAPPY.find(({ name }) => name.startsWith("a DCP mutation"))!;
  assertEquals(compress(utf8(recorded.text)), hex(recorded.hex));
});

test("compress leaves small values alone", () => {
  assertEquals(compress(new Uint8Array(31)), undefined);
  assert(compress(new Uint8Array(32)) !== undefined);
  assertEquals(compress(new Uint8Array(0)), undefined);
  assertEquals(compress(new Uint8Array(1000), { minSize: 1001 }), undefined);
  assert(compress(new Uint8Array(16), { minSize: 16 }) !== undefined);
});

test("compress gives up where it does not pay", () => {
  const distinct = Uint8Array.from({ length: 200 }, (_, i) => i);
  assertEquals(compress(distinct), undefined);
  // The same 200 bytes with zeros behind them: the more of those, the smaller the ratio.
  const size = (zeros: number) => compress(new Uint8Array([...distinct, ...new Uint8Array(zeros)]));
  assertEquals(size(30), undefined);
  assert(size(60) !== undefined);
});

test("compress compares the ratio with the bound that it is given", () => {
  const plain = utf8("abcdefgh".repeat(100));
  const ratio = 50 / 800;
  assertEquals(compress(plain, { maxRatio: ratio })?.length, 50);
  assertEquals(compress(plain, { maxRatio: ratio - 0.001 }), undefined);
});

test("compress of an empty value is a block of one byte", () => {
  assertEquals(compress(new Uint8Array(0), ALWAYS), hex("00"));
});

test("compress reads a view and a Buffer, and gives bytes of its own", () => {
  const plain = utf8("abcdefgh".repeat(100));
  const chunk = new Uint8Array(810).fill(0xee);
  chunk.set(plain, 5);
  for (const value of [chunk.subarray(5, 805), Buffer.from(plain)]) {
    const block = compress(value)!;
    assertEquals(Object.getPrototypeOf(block), Uint8Array.prototype);
    assertEquals(block.buffer.byteLength, block.length);
    assertEquals(decompress(block), plain);
  }
});

test("decompress gives back what compress took, for any bytes", () => {
  // Repetitions of pieces, so that there is something to compress, and sizes around the 64 KiB that are compressed at a time.
  const piece = fc.tuple(fc.uint8Array({ maxLength: 40 }), fc.integer({ min: 1, max: 30 }))
    .map(([bytes, times]) => Array.from({ length: times }, () => [...bytes]).flat());
  const value = fc.tuple(fc.array(piece, { maxLength: 8 }), fc.constantFrom(1, 1, 200))
    .map(([pieces, times]) => new Uint8Array(Array.from({ length: times }, () => pieces.flat()).flat()));
  const seen = { smaller: 0, over64k: 0 };
  fc.assert(
    fc.property(value, (value) => {
      const block = compress(value, ALWAYS)!;
      assertEquals(decompress(block), value);
      if (block.length < value.length) seen.smaller++;
      if (value.length > 65536) seen.over64k++;
    }),
    { seed: 1, numRuns: 300 },
  );
  assert(seen.smaller > 100 && seen.over64k > 5, `lopsided: ${JSON.stringify(seen)}`);
});

test("decompress gives back what compress took, for bytes that do not shrink", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 2000 }), (value) => {
      assertEquals(decompress(compress(value, ALWAYS)!), value);
    }),
    { seed: 2, numRuns: 300 },
  );
});

test("compress writes copies of every length and distance, each as short as the format has it", () => {
  const distinct = Uint8Array.from({ length: 2100 }, (_, i) => (i * i * 31 + (i >> 3) * 7) & 0xff);
  for (const distance of [4, 5, 63, 64, 2047, 2048, 2049, 2100]) {
    for (const length of [4, 5, 11, 12, 59, 60, 61, 63, 64, 65, 66, 67, 68, 69, 127, 128, 129, 132, 133, 192, 199]) {
      const head = distinct.subarray(0, distance);
      const copied = Uint8Array.from({ length }, (_, i) => head[i % distance]!);
      const block = compress(new Uint8Array([...head, ...copied, ...utf8("END OF THE TEXT.")]), ALWAYS)!;
      assertEquals(decompress(block).subarray(distance, distance + length), copied);
    }
  }
  // The literal "abcd", copies of 64 and of 60 from 4 back, and what is left as a literal.
  const block = compress(utf8(`${"abcd".repeat(32)}0123456789012345`), ALWAYS)!;
  assertEquals(block.subarray(2, 14), hex("0c 61626364 fe0400 ee0400 3c"));
});
