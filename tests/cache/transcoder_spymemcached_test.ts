/** What spymemcached's transcoder writes, by the rules of its source: numbers without the zero bytes before them. */

import { assertEquals, assertRejects } from "@std/assert";
import { asBytes } from "../../src/bytes.ts";
import { spymemcachedTranscoder, type SpymemcachedValue } from "../../src/cache.ts";
import { hex } from "../support/hex.ts";
import { test } from "../support/test.ts";
import { reasonOf } from "./transcoder_support.ts";

const transcoder = spymemcachedTranscoder();

const VECTORS: readonly (readonly [value: SpymemcachedValue, flags: number, digits: string])[] = [
  ["", 0, ""],
  ["héllo", 0, "68c3a96c6c6f"],
  [true, 0x100, "31"],
  [false, 0x100, "30"],
  [0, 0x200, ""],
  [1, 0x200, "01"],
  [256, 0x200, "0100"],
  [2147483647, 0x200, "7fffffff"],
  [-1, 0x200, "ffffffff"],
  [-2147483648, 0x200, "80000000"],
  [2147483648, 0x300, "80000000"],
  [-2147483649, 0x300, "ffffffff7fffffff"],
  [2n ** 63n - 1n, 0x300, "7fffffffffffffff"],
  [-(2n ** 63n), 0x300, "8000000000000000"],
  [new Date(0), 0x400, ""],
  [new Date(1_700_000_000_000), 0x400, "018bcfe56800"],
  [new Date(-1), 0x400, "ffffffffffffffff"],
  [1.5, 0x700, "3ff8000000000000"],
  [-0, 0x700, "8000000000000000"],
  [5e-324, 0x700, "01"],
  [Infinity, 0x700, "7ff0000000000000"],
  [hex("00ff"), 0x800, "00ff"],
];

test("spymemcached: values are read and written in its bytes", async () => {
  for (const [value, flags, digits] of VECTORS) {
    const written = await transcoder.encode(value);
    assertEquals([asBytes(written.value), written.flags], [hex(digits), flags], String(value));
    assertEquals(await transcoder.decode({ value: hex(digits), flags }), value);
  }
});

test("spymemcached: bytes and floats, which this language has not, are numbers", async () => {
  assertEquals(await transcoder.decode({ value: hex("ff"), flags: 0x500 }), -1);
  assertEquals(await transcoder.decode({ value: hex(""), flags: 0x500 }), 0);
  assertEquals(await transcoder.decode({ value: hex("3fc00000"), flags: 0x600 }), 1.5);
  assertEquals(await transcoder.decode({ value: hex("00000000000000ff"), flags: 0x300 }), 255);
  const { flags } = await transcoder.encode(5n);
  assertEquals(flags, 0x300);
});

test("spymemcached: what Java has serialized, other types and wrong lengths are refused", async () => {
  assertEquals(await reasonOf(transcoder, { value: hex("aced0005740001 61"), flags: 1 }), "unsupported");
  assertEquals(await reasonOf(transcoder, { value: hex("00"), flags: 0x900 }), "malformed");
  assertEquals(await reasonOf(transcoder, { value: hex("0000000000"), flags: 0x200 }), "malformed");
  assertEquals(await reasonOf(transcoder, { value: hex("000000000000000000"), flags: 0x300 }), "malformed");
  assertEquals(await reasonOf(transcoder, { value: hex("7fffffffffffffff"), flags: 0x400 }), "unsupported");
  assertEquals(await reasonOf(transcoder, { value: hex(""), flags: 0x100 }), "malformed");
  assertEquals(await reasonOf(transcoder, { value: hex("ff"), flags: 0 }), "malformed");
  assertEquals(await reasonOf(transcoder, { value: hex("1f8b"), flags: 2 }), "malformed");
  for (const value of [{}, null, undefined, [], 2n ** 63n, new Date(NaN)]) {
    await assertRejects(async () => await transcoder.encode(value as string), TypeError, "Cannot store");
  }
});

test("spymemcached: a long text is compressed with gzip, as the system's gzip does it", async () => {
  // printf '%016400d' 0 | tr 0 a | gzip -n9
  const value = hex(GZIPPED);
  const text = "a".repeat(16400);
  assertEquals(await transcoder.decode({ value, flags: 2 }), text);
  const written = await transcoder.encode(text);
  assertEquals([written.flags, asBytes(written.value).subarray(0, 3)], [2, hex("1f8b08")]);
  assertEquals(await transcoder.decode({ value: asBytes(written.value), flags: 2 }), text);
  for (let length = 0; length < value.length; length++) {
    assertEquals(await reasonOf(transcoder, { value: value.subarray(0, length), flags: 2 }), "malformed");
  }
});

const GZIPPED =
  "1f8b0800000000000203edc13101000000c2a0aceb5fc21a1e40010000000000000000000000000000006f063a7674db10400000";
