import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { isPrintable, toHex, utf8Decode, utf8Encode, utf8EncodeInto, utf8Length } from "../src/bytes.ts";
import { hex } from "./support/hex.ts";
import { test } from "./support/test.ts";

// The worked examples of the Unicode standard, table 3-4, and half pairs, which become U+FFFD.
const TEXTS: readonly (readonly [text: string, bytes: string])[] = [
  ["", ""],
  ["M", "4d"],
  ["\u0430", "d0 b0"],
  ["\u4e8c", "e4 ba 8c"],
  ["\u{10302}", "f0 90 8c 82"],
  ["a\u00e9\u20ac\u{1f600}z", "61 c3 a9 e2 82 ac f0 9f 98 80 7a"],
  ["\ud83d", "ef bf bd"],
  ["\ude00", "ef bf bd"],
  ["\ud83dx", "ef bf bd 78"],
  ["\ud83d\ud83d\ude00", "ef bf bd f0 9f 98 80"],
];

for (const [text, bytes] of TEXTS) {
  test(`utf8Encode and utf8Length agree on ${JSON.stringify(text)}`, () => {
    assertEquals(utf8Encode(text), hex(bytes));
    assertEquals(utf8Length(text), hex(bytes).length);
  });
}

test("utf8Length counts what utf8Encode writes, for any text", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "binary" }),
      fc.string({ unit: fc.nat(0xffff).map((n) => String.fromCharCode(n)) }),
      (a, b) => {
        assertEquals(utf8Length(a), utf8Encode(a).length);
        assertEquals(utf8Length(b), utf8Encode(b).length);
      },
    ),
    { seed: 20 },
  );
});

test("utf8EncodeInto stops before a character that does not fit", () => {
  const target = new Uint8Array(4).fill(0x2e);
  assertEquals(utf8EncodeInto("ab\u20ac", target), 2);
  assertEquals(target, hex("61 62 2e 2e"));
});

test("utf8Decode keeps a byte order mark and does not throw on bytes that are no text", () => {
  assertEquals(utf8Decode(hex("ef bb bf 61")), "\ufeffa");
  assertEquals(utf8Decode(hex("61 ff 62")), "a\ufffdb");
});

test("toHex writes two lower-case digits for each byte", () => {
  assertEquals(toHex(new Uint8Array([0x00, 0x0f, 0x10, 0xab, 0xff])), "000f10abff");
  assertEquals(toHex(new Uint8Array(0)), "");
});

test("isPrintable takes ASCII from space to tilde and nothing else", () => {
  assert(isPrintable(hex("20 7e 41")));
  assert(isPrintable(new Uint8Array(0)));
  for (const byte of [0x00, 0x0a, 0x1f, 0x7f, 0x80, 0xff]) assert(!isPrintable(new Uint8Array([0x41, byte])));
});
