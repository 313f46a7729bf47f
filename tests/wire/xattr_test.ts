import { assert, assertEquals, assertInstanceOf, assertThrows } from "@std/assert";
import fc from "fast-check";
import { ProtocolError } from "../../src/errors.ts";
import { joinXattrs, splitXattrs, XattrSection } from "../../src/wire/xattr.ts";
import { hex } from "../support/hex.ts";
import { test } from "../support/test.ts";
import { XATTRS, XATTRS_CUT, XATTRS_MALFORMED } from "../vectors/xattr.ts";

const decoder = new TextDecoder();

function pairsOf(section: Iterable<[string, Uint8Array]>): [string, string][] {
  return Array.from(section, ([key, value]) => [key, decoder.decode(value)]);
}

for (const { name, hex: text, xattrs, body, source } of XATTRS) {
  test(`splitXattrs and joinXattrs agree: ${name} (${source})`, () => {
    const value = hex(text);
    const split = splitXattrs(value);
    assertEquals(pairsOf(split.xattrs), xattrs.map(([key, value]) => [key, value]));
    assertEquals(split.xattrs.size, xattrs.length);
    assertEquals(decoder.decode(split.body), body);
    assertEquals(joinXattrs(xattrs, body), value);
    assertEquals(joinXattrs(split.xattrs, split.body), value);
  });
}

for (const { hex: text, reason } of XATTRS_CUT) {
  test(`splitXattrs refuses ${text || "nothing"}: ${reason}`, () => {
    const error = assertThrows(() => splitXattrs(hex(text)), ProtocolError, `Cannot read xattrs: ${reason}`);
    assertEquals(error.bytes, hex(text).slice(0, 24));
  });
}

for (const { hex: text, reason } of XATTRS_MALFORMED) {
  test(`XattrSection refuses ${text}: ${reason}`, () => {
    const { xattrs } = splitXattrs(hex(text));
    for (const ask of [() => xattrs.size, () => xattrs.get("k"), () => xattrs.has("k"), () => [...xattrs]]) {
      const error = assertThrows(ask, ProtocolError, reason);
      assertEquals(error.message.slice(0, 20), "Cannot read xattrs: ");
    }
  });
}

test("splitXattrs refuses a value cut anywhere in its section", () => {
  for (const { hex: text, body } of XATTRS) {
    const value = hex(text);
    const end = value.length - new TextEncoder().encode(body).length;
    for (let at = 0; at < end; at++) assertThrows(() => splitXattrs(value.subarray(0, at)), ProtocolError);
    assertEquals(splitXattrs(value.subarray(0, end)).body.length, 0);
  }
});

test("splitXattrs copies nothing, also from the middle of a chunk", () => {
  const chunk = hex(`eeee ${XATTRS[0]!.hex} eeee`);
  const { xattrs, body } = splitXattrs(chunk.subarray(2, -2));
  assertEquals(xattrs.json("_sync"), { rev: 1 });
  chunk[chunk.indexOf("1".charCodeAt(0))] = "2".charCodeAt(0);
  assertEquals(xattrs.json("_sync"), { rev: 2 });
  for (const bytes of [body, xattrs.bytes, xattrs.get("user")!]) assertEquals(bytes.buffer, chunk.buffer);
});

test("XattrSection finds attributes by name", () => {
  const { xattrs } = splitXattrs(hex(XATTRS[0]!.hex));
  assert(xattrs.has("user") && !xattrs.has("use") && !xattrs.has("__proto__"));
  assertEquals(xattrs.json("user"), "hello");
  assertEquals(xattrs.get("_sync"), new TextEncoder().encode('{"rev":1}'));
  assertEquals([xattrs.get("none"), xattrs.json("none"), xattrs.get("toString")], [undefined, undefined, undefined]);
});

test("XattrSection can be gone through again", () => {
  const { xattrs } = splitXattrs(hex(XATTRS[0]!.hex));
  assertEquals(pairsOf(xattrs), pairsOf(xattrs));
});

test("XattrSection.json of what is not JSON is a SyntaxError", () => {
  const { xattrs } = splitXattrs(joinXattrs([["a", "{"], ["b", ""]], ""));
  assertThrows(() => xattrs.json("a"), SyntaxError);
  assertThrows(() => xattrs.json("b"), SyntaxError);
});

const UNFIT: readonly (readonly [key: string, value: string, reason: string])[] = [
  ["", "1", 'Cannot write xattr "": a key has 1 to 15 bytes, this one 0'],
  ["abcdefghijklmnop", "1", "this one 16"],
  ["äöüäöüäö", "1", "this one 16"],
  ["a\0b", "1", "a key must not hold a zero byte"],
  ["a", "1\0", "a value must not hold a zero byte"],
];

for (const [key, value, reason] of UNFIT) {
  test(`joinXattrs refuses ${JSON.stringify(key)} with ${JSON.stringify(value)}`, () => {
    assertThrows(() => joinXattrs([[key, value]], "{}"), RangeError, reason);
  });
}

test("joinXattrs refuses a key given twice", () => {
  assertThrows(() => joinXattrs([["a", "1"], ["b", "2"], ["a", "3"]], ""), RangeError, '"a": it is given twice');
});

test("joinXattrs takes bytes and an iterable of any kind", () => {
  const value = joinXattrs(new Map([["k", new Uint8Array([0x31])]]), new Uint8Array([0, 1]));
  assertEquals(value, hex("00000008 00000004 6b 00 31 00 0001"));
});

test("splitXattrs of what joinXattrs wrote gives the same, for any attributes", () => {
  const encoder = new TextEncoder();
  const key = fc.string({ unit: "grapheme", minLength: 1, maxLength: 15 })
    .filter((key) => !key.includes("\0") && encoder.encode(key).length <= 15);
  const entries = fc.uniqueArray(fc.tuple(key, fc.json()), { selector: ([key]) => key, maxLength: 5 });
  fc.assert(
    fc.property(entries, fc.uint8Array({ maxLength: 20 }), (entries, body) => {
      const split = splitXattrs(joinXattrs(entries, body));
      assertEquals(pairsOf(split.xattrs), entries);
      assertEquals(split.body, body);
    }),
    { seed: 1, numRuns: 500 },
  );
});

test("XattrSection of random bytes is a ProtocolError or what joinXattrs writes so", () => {
  // Mostly bytes that matter to the layout, so that whole pairs come up.
  const byte = fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, fc.integer({ min: 3, max: 5 }), fc.nat(0xff));
  const pair = fc.tuple(fc.nat(6), fc.array(byte, { minLength: 3, maxLength: 6 }), fc.boolean())
    .map(([size, bytes, right]) => [0, 0, 0, right ? bytes.length : size, ...bytes]);
  const seen = { sections: 0, errors: 0 };
  fc.assert(
    fc.property(fc.array(pair, { maxLength: 3 }), (pairs) => {
      const bytes = new Uint8Array(pairs.flat());
      let entries;
      try {
        entries = [...new XattrSection(bytes)];
      } catch (error) {
        assertInstanceOf(error, ProtocolError);
        seen.errors++;
        return;
      }
      if (entries.length > 0) seen.sections++;
      assertEquals(joinXattrs(entries, "").slice(4), bytes);
    }),
    { seed: 2, numRuns: 5000 },
  );
  assert(seen.sections > 20 && seen.errors > 100, `lopsided: ${JSON.stringify(seen)}`);
});
