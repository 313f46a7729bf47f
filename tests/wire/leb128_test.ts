import { assert, assertEquals, assertInstanceOf, assertThrows } from "@std/assert";
import fc from "fast-check";
import { ProtocolError } from "../../src/errors.ts";
import { leb128Size, readLeb128, writeLeb128 } from "../../src/wire/leb128.ts";
import { hex } from "../support/hex.ts";
import { test } from "../support/test.ts";
import { LEB128, LEB128_PREFIXES, LEB128_REJECTED } from "../vectors/leb128.ts";

for (const [value, text] of LEB128) {
  const bytes = hex(text);

  test(`writeLeb128 and readLeb128 agree that ${value} is ${text}`, () => {
    const target = new Uint8Array(bytes.length + 2).fill(0xee);
    assertEquals(leb128Size(value), bytes.length);
    assertEquals(writeLeb128(target, 1, value), 1 + bytes.length);
    assertEquals(target, hex(`ee ${text} ee`));
    assertEquals(readLeb128(bytes), { value, length: bytes.length });
    assertEquals(readLeb128(target, 1), { value, length: bytes.length });
  });

  test(`readLeb128 refuses ${text} cut short anywhere`, () => {
    for (let end = 0; end < bytes.length; end++) assertThrows(() => readLeb128(bytes.subarray(0, end)), ProtocolError);
  });
}

for (const { hex: text, value, length } of LEB128_PREFIXES) {
  test(`readLeb128 takes ${length} bytes of ${text}`, () => assertEquals(readLeb128(hex(text)), { value, length }));
}

for (const { hex: text, reason } of LEB128_REJECTED) {
  test(`readLeb128 refuses ${text || "nothing"}: ${reason}`, () => {
    const error = assertThrows(() => readLeb128(hex(text)), ProtocolError, "Cannot read LEB128 at byte 0");
    assertEquals(error.bytes, hex(text).slice(0, 5));
  });
}

test("readLeb128 refuses an offset outside the array", () => {
  assertThrows(() => readLeb128(hex("01"), 1), ProtocolError, "bytes end");
  assertThrows(() => readLeb128(hex("01"), -1), ProtocolError);
});

for (const value of [-1, 0.5, 2 ** 32, NaN, Infinity]) {
  test(`writeLeb128 refuses ${value}`, () => {
    assertThrows(() => writeLeb128(new Uint8Array(8), 0, value), RangeError, String(value));
    assertThrows(() => leb128Size(value), RangeError, String(value));
  });
}

test("writeLeb128 refuses an array without room and writes nothing", () => {
  const target = new Uint8Array(4);
  assertThrows(() => writeLeb128(target, 0, 0xffffffff), RangeError, "array of 4");
  assertThrows(() => writeLeb128(target, 3, 0x80), RangeError, "array of 4");
  assertEquals(target, new Uint8Array(4));
});

test("readLeb128 reads what writeLeb128 writes, for any number", () => {
  fc.assert(
    fc.property(fc.nat(0xffffffff), fc.nat(5), (value, at) => {
      const target = new Uint8Array(at + 5);
      const end = writeLeb128(target, at, value);
      assertEquals(readLeb128(target, at), { value, length: end - at });
    }),
    { seed: 1, numRuns: 2000 },
  );
});

test("readLeb128 of random bytes is a ProtocolError or the one number that is written so", () => {
  // Bytes with bit 7 are as likely as others, so that long forms come up.
  const bytes = fc.array(fc.oneof(fc.nat(0xff), fc.constant(0x80), fc.constant(0xff), fc.constant(0)), {
    maxLength: 7,
  });
  const seen = { numbers: 0, errors: 0 };
  fc.assert(
    fc.property(bytes, (array) => {
      const bytes = new Uint8Array(array);
      let read;
      try {
        read = readLeb128(bytes);
      } catch (error) {
        assertInstanceOf(error, ProtocolError);
        seen.errors++;
        return;
      }
      seen.numbers++;
      const written = new Uint8Array(leb128Size(read.value));
      writeLeb128(written, 0, read.value);
      assertEquals(written, bytes.slice(0, read.length));
    }),
    { seed: 2, numRuns: 5000 },
  );
  assert(seen.numbers > 100 && seen.errors > 100, `lopsided: ${JSON.stringify(seen)}`);
});
