import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { compress } from "../../src/couchbase/snappy.ts";
import { decodeValue } from "../../src/couchbase/value.ts";
import { ProtocolError } from "../../src/errors.ts";
import { Datatype } from "../../src/wire/datatype.ts";
import { joinXattrs } from "../../src/wire/xattr.ts";
import { hex } from "../support/hex.ts";
import { test } from "../support/test.ts";
import { SNAPPY, SNAPPY_XATTRS } from "../vectors/snappy.ts";
import { XATTRS } from "../vectors/xattr.ts";

const { JSON: IS_JSON, RAW, SNAPPY: IS_SNAPPY, XATTR } = Datatype;

for (const { name, hex: text, xattrs, body } of XATTRS) {
  test(`decodeValue parts ${name}`, () => {
    const decoded = decodeValue({ datatype: XATTR, value: hex(text) });
    assertEquals(decoded.xattrs && [...decoded.xattrs].map(([key]) => key), xattrs.map(([key]) => key));
    assertEquals(decoded.text(), body);
    assertEquals(decoded.datatype, XATTR);
  });
}

for (const { name, hex: text, text: plain } of SNAPPY) {
  test(`decodeValue decompresses ${name}`, () => {
    const decoded = decodeValue({ datatype: IS_SNAPPY, value: hex(text) });
    assertEquals(decoded.text(), plain);
    assertEquals(decoded.xattrs, undefined);
  });
}

test("decodeValue decompresses, then parts: a recorded DCP deletion", () => {
  const decoded = decodeValue({ datatype: IS_SNAPPY | XATTR, value: hex(SNAPPY_XATTRS.hex) });
  assertEquals(decoded.xattrs?.size, 1);
  assertEquals(decoded.xattrs?.json("_sync"), { rev: 1 });
  assertEquals(decoded.body.length, 0);
});

test("decodeValue gives plain bytes as they came", () => {
  const value = hex("7b2278223a317d");
  for (const datatype of [RAW, IS_JSON]) {
    const decoded = decodeValue({ datatype, value });
    assertStrictEquals(decoded.body, value);
    assertEquals(decoded.xattrs, undefined);
    assertEquals(decoded.json(), { x: 1 });
  }
});

test("decodeValue of an empty value is empty, whatever its datatype: recorded from a feed without values", () => {
  for (let datatype = 0; datatype <= 7; datatype++) {
    const decoded = decodeValue({ datatype, value: new Uint8Array(0) });
    assertEquals(decoded.body.length, 0);
    assertEquals(decoded.xattrs, undefined);
  }
});

test("decodeValue does nothing until asked, and what it does once", () => {
  const broken = decodeValue({ datatype: IS_SNAPPY, value: hex("05 fc faffffff") });
  assertEquals(broken.datatype, IS_SNAPPY);
  assertThrows(() => broken.body, ProtocolError, "Cannot decompress");
  assertThrows(() => broken.xattrs, ProtocolError, "Cannot decompress");

  const decoded = decodeValue({ datatype: IS_SNAPPY | XATTR, value: hex(SNAPPY_XATTRS.hex) });
  assertStrictEquals(decoded.body, decoded.body);
  assert(decoded.xattrs !== undefined);
  assertStrictEquals(decoded.xattrs, decoded.xattrs);
});

test("decodeValue holds to the limit", () => {
  const value = hex("07 08 786162 01 02");
  assertEquals(decodeValue({ datatype: IS_SNAPPY, value }, { limit: 7 }).text(), "xababab");
  assertThrows(() => decodeValue({ datatype: IS_SNAPPY, value }, { limit: 6 }).body, ProtocolError, "limit of 6");
});

test("decodeValue of a section that ends early is a ProtocolError, of no JSON a SyntaxError", () => {
  const decoded = decodeValue({ datatype: IS_JSON | XATTR, value: hex("00000010 0000") });
  for (const ask of [() => decoded.body, () => decoded.xattrs, () => decoded.text(), () => decoded.json()]) {
    assertThrows(ask, ProtocolError, "Cannot read xattrs");
  }
  assertThrows(() => decodeValue({ datatype: IS_JSON, value: hex("7b") }).json(), SyntaxError);
});

test("decodeValue undoes joinXattrs and compress, for any document", () => {
  fc.assert(
    fc.property(fc.json(), fc.json(), fc.boolean(), fc.boolean(), (document, meta, attributes, compressed) => {
      let value = new TextEncoder().encode(document);
      if (attributes) value = joinXattrs([["_meta", meta]], value);
      if (compressed) value = compress(value, { minSize: 0, maxRatio: Infinity })!;
      const datatype = IS_JSON | (attributes ? XATTR : 0) | (compressed ? IS_SNAPPY : 0);
      const decoded = decodeValue({ datatype, value });
      assertEquals(decoded.json(), JSON.parse(document));
      assertEquals(decoded.xattrs?.json("_meta"), attributes ? JSON.parse(meta) : undefined);
    }),
    { seed: 1, numRuns: 500 },
  );
});
