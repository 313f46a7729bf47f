import { assert, assertEquals, assertInstanceOf, assertThrows } from "@std/assert";
import fc from "fast-check";
import { ProtocolError } from "../../src/errors.ts";
import { decompress } from "../../src/wire/snappy.ts";
import { hex } from "../support/hex.ts";
import { test } from "../support/test.ts";
import { SNAPPY, SNAPPY_MALFORMED } from "../vectors/snappy.ts";

for (const { name, hex: text, text: plain, source } of SNAPPY) {
  test(`decompress reads ${name} (${source})`, () => {
    assertEquals(new TextDecoder().decode(decompress(hex(text))), plain);
    assertEquals(decompress(hex(`eeee ${text} eeee`).subarray(2, -2)), decompress(hex(text)));
  });

  test(`decompress refuses ${name} cut anywhere`, () => {
    const block = hex(text);
    for (let end = 0; end < block.length; end++) assertThrows(() => decompress(block.subarray(0, end)), ProtocolError);
  });
}

for (const { hex: text, reason } of SNAPPY_MALFORMED) {
  test(`decompress refuses ${text || "nothing"}: ${reason}`, () => {
    const error = assertThrows(() => decompress(hex(text)), ProtocolError, reason);
    assert(error.message.startsWith(`Cannot decompress a Snappy block of ${hex(text).length} bytes: `), error.message);
    assertEquals(error.bytes, hex(text).slice(0, 24));
  });
}

test("decompress takes what the limit allows and not a byte more", () => {
  const block = hex("07 08 786162 01 02");
  assertEquals(decompress(block, { limit: 7 }).length, 7);
  assertThrows(() => decompress(block, { limit: 6 }), ProtocolError, "its 7 plain bytes exceed the limit of 6");
  assertEquals(decompress(hex("00"), { limit: 0 }).length, 0);
});

test("decompress allows 30 MiB when nothing is said", () => {
  // A block of that length that is whole: one literal byte, then copies of 64 and one of 63.
  const length = 30 * 1024 * 1024;
  const block = new Uint8Array(4 + 2 + 3 * (length / 64));
  block.set(hex("80 80 80 0f 00 61"));
  for (let at = 6; at < block.length; at += 3) block.set([0xfe, 1, 0], at);
  block[block.length - 3] = 0xfa;
  const plain = decompress(block);
  assertEquals(plain.length, length);
  assert(plain.every((byte) => byte === 0x61));
  assertThrows(() => decompress(hex("81 80 80 0f 00 61")), ProtocolError, "31457281 plain bytes exceed the limit");
});

test("decompress does not believe a length that the block cannot hold", () => {
  const reason = "2 bytes cannot hold the 4294967295 that it announces";
  assertThrows(() => decompress(hex("ff ff ff ff 0f 00 61"), { limit: Infinity }), ProtocolError, reason);
});

for (const limit of [-1, NaN]) {
  test(`decompress refuses the limit ${limit}`, () => {
    assertThrows(() => decompress(hex("00"), { limit }), RangeError, String(limit));
  });
}

test("decompress gives bytes of its own", () => {
  const block = hex("02 04 6162");
  const plain = decompress(block);
  block.fill(0);
  assertEquals(plain, hex("6162"));
  assertEquals(plain.buffer.byteLength, 2);
});

/** An element as bytes, and what it does to the plain bytes before it, said the slow and plain way. */
interface Element {
  readonly bytes: readonly number[];
  apply(plain: number[]): void;
}

const literal = fc.tuple(fc.array(fc.nat(0xff), { minLength: 1, maxLength: 70 }), fc.nat(4)).map(
  ([data, width]): Element => {
    const least = data.length > 60 ? 1 : 0;
    const size = Math.max(width, least);
    const lengths = [data.length - 1, 0, 0, 0].slice(0, size);
    const tag = (size === 0 ? data.length - 1 : 59 + size) << 2;
    return { bytes: [tag, ...lengths, ...data], apply: (plain) => void plain.push(...data) };
  },
);

const copy = fc.record({ kind: fc.constantFrom(1, 2, 3), length: fc.integer({ min: 1, max: 64 }), back: fc.nat(100) })
  .map(({ kind, length: any, back: offset }): Element => {
    const length = kind === 1 ? 4 + any % 8 : any;
    const tag = kind === 1 ? (length - 4) << 2 | 1 : (length - 1) << 2 | kind;
    const offsets = [offset, 0, 0, 0].slice(0, kind === 3 ? 4 : kind);
    return {
      bytes: [tag, ...offsets],
      apply(plain) {
        if (offset === 0 || offset > plain.length) throw new RangeError("no such bytes");
        for (let i = 0; i < length; i++) plain.push(plain[plain.length - offset]!);
      },
    };
  });

test("decompress does what each element says, for any elements", () => {
  const seen = { blocks: 0, errors: 0 };
  fc.assert(
    fc.property(literal, fc.array(fc.oneof(literal, copy), { maxLength: 6 }), (first, others) => {
      const plain: number[] = [];
      let fits = true;
      try {
        for (const element of [first, ...others]) element.apply(plain);
      } catch {
        fits = false;
      }
      const length = [(plain.length & 0x7f) | 0x80, plain.length >>> 7];
      const block = new Uint8Array([...length, ...first.bytes, ...others.flatMap(({ bytes }) => bytes)]);
      if (fits) {
        assertEquals(decompress(block), new Uint8Array(plain));
        seen.blocks++;
      } else {
        assertThrows(() => decompress(block), ProtocolError);
        seen.errors++;
      }
    }),
    { seed: 1, numRuns: 2000 },
  );
  assert(seen.blocks > 100 && seen.errors > 100, `lopsided: ${JSON.stringify(seen)}`);
});

test("decompress of random bytes is a value within the limit or a ProtocolError", () => {
  const limit = 40;
  const block = fc.tuple(fc.nat(60), fc.uint8Array({ maxLength: 12 })).map(([length, rest]) => [length, ...rest]);
  const seen = { values: 0, errors: 0 };
  fc.assert(
    fc.property(block, (bytes) => {
      try {
        const plain = decompress(new Uint8Array(bytes), { limit });
        assertEquals(plain.length, bytes[0]);
        assert(plain.length <= limit);
        seen.values++;
      } catch (error) {
        assertInstanceOf(error, ProtocolError);
        seen.errors++;
      }
    }),
    { seed: 2, numRuns: 20000 },
  );
  assert(seen.values > 50 && seen.errors > 1000, `lopsided: ${JSON.stringify(seen)}`);
});
