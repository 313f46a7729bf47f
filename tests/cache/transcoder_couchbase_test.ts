/** What the Couchbase SDKs write: the flags that all of them share, and those that came before. */

import { assertEquals, assertRejects } from "@std/assert";
import { asBytes, utf8Encode } from "../../src/bytes.ts";
import { couchbaseTranscoder } from "../../src/cache.ts";
import { hex } from "../support/hex.ts";
import { test } from "../support/test.ts";
import { reasonOf } from "./transcoder_support.ts";

const transcoder = couchbaseTranscoder();

test("couchbase: JSON, text and bytes are read by the flags that all SDKs share, whatever their lower bytes", async () => {
  const json = utf8Encode('{"é":[1,null]}');
  for (const flags of [0x02000000, 0x02000006, 0x02ffffff]) {
    assertEquals(await transcoder.decode({ value: json, flags }), { "é": [1, null] });
  }
  for (const flags of [0x03000000, 0x03000002, 0x03000800]) {
    assertEquals(await transcoder.decode({ value: hex("00ff"), flags }), hex("00ff"));
  }
  for (const flags of [0x04000000, 0x04000004]) {
    assertEquals(await transcoder.decode({ value: utf8Encode('"é"'), flags }), '"é"');
  }
});

test("couchbase: flags without a common format are read as older SDKs wrote them", async () => {
  assertEquals(await transcoder.decode({ value: utf8Encode("[1]"), flags: 0 }), [1]);
  assertEquals(await transcoder.decode({ value: utf8Encode("[1]"), flags: 2 }), utf8Encode("[1]"));
  assertEquals(await transcoder.decode({ value: utf8Encode("[1]"), flags: 4 }), "[1]");
});

test("couchbase: values are written as the SDKs' own transcoders do, and text as text if asked", async () => {
  const written = async (value: unknown, text: "json" | "string" = "json") => {
    const { value: bytes, flags } = await couchbaseTranscoder({ text }).encode(value);
    return [asBytes(bytes), flags];
  };
  assertEquals(await written({ a: [1, true] }), [utf8Encode('{"a":[1,true]}'), 0x02000000]);
  assertEquals(await written("a"), [utf8Encode('"a"'), 0x02000000]);
  assertEquals(await written("a", "string"), [utf8Encode("a"), 0x04000000]);
  assertEquals(await written(hex("00ff")), [hex("00ff"), 0x03000000]);
  assertEquals(await written(null, "string"), [utf8Encode("null"), 0x02000000]);
  await assertRejects(() => written(undefined), TypeError, "Cannot store undefined as JSON");
});

test("couchbase: other formats, compression, and what is not what the flags say are refused", async () => {
  const value = utf8Encode("{}");
  const cases = [[0x01000000, "unsupported"], [1, "unsupported"], [0x22000000, "unsupported"], [
    0xe2000000,
    "unsupported",
  ]];
  for (
    const [flags, reason] of [...cases, [0x05000000, "malformed"], [0x1f000000, "malformed"], [3, "malformed"], [
      0x100,
      "malformed",
    ]]
  ) {
    assertEquals(await reasonOf(transcoder, { value, flags: flags as number }), reason, String(flags));
  }
  assertEquals(await reasonOf(transcoder, { value: utf8Encode("{"), flags: 0x02000000 }), "malformed");
  assertEquals(await reasonOf(transcoder, { value: hex("22ff22"), flags: 0x02000000 }), "malformed");
  assertEquals(await reasonOf(transcoder, { value: hex("ff"), flags: 0x04000000 }), "malformed");
});
