/** Compression around any transcoder. */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { asBytes, utf8Encode } from "../../src/bytes.ts";
import { compressed, jsonTranscoder, rawTranscoder, textTranscoder } from "../../src/cache.ts";
import { hex } from "../support/hex.ts";
import { test } from "../support/test.ts";
import { reasonOf } from "./transcoder_support.ts";

/** `hello` twenty times, as Python's `zlib.compress` and `gzip.compress` have it. */
const ZLIB = hex("789ccb48cdc9c9cfa02d010032202991");
const GZIP = hex("1f8b0800000000000203cb48cdc9c9cfa02d0100d189d24264000000");
const HELLO = "hello".repeat(20);

test("compressed: reads what others compressed, and what is not compressed as it is", async () => {
  assertEquals(await compressed(textTranscoder).decode({ value: ZLIB, flags: 8 }), HELLO);
  assertEquals(await compressed(textTranscoder, { format: "gzip", flag: 2 }).decode({ value: GZIP, flags: 2 }), HELLO);
  assertEquals(await compressed(textTranscoder).decode({ value: utf8Encode("plain"), flags: 0 }), "plain");
});

test("compressed: compresses from the threshold on, and only what becomes shorter", async () => {
  const transcoder = compressed(rawTranscoder, { threshold: 100, flag: 0x80000000 });
  const short = await transcoder.encode(new Uint8Array(99));
  const long = await transcoder.encode(new Uint8Array(100));
  assertEquals([short.value.length, short.flags, long.flags], [99, 0, 0x80000000]);
  assert(long.value.length < 30, `${long.value.length} bytes`);
  assertEquals(await transcoder.decode({ value: asBytes(long.value), flags: long.flags }), new Uint8Array(100));
  // A sequence in which nothing comes again soon.
  let state = 1;
  const noise = Uint8Array.from({ length: 200 }, () => (state = state * 48271 % 0x7fffffff) >> 8);
  assertEquals(await transcoder.encode(noise), { value: noise, flags: 0 });
});

test("compressed: keeps the other flags, and refuses a bit that is in use", async () => {
  const marked = { ...textTranscoder, encode: (value: string) => ({ value, flags: 0x108 }) };
  const transcoder = compressed(marked, { threshold: 0, flag: 2 });
  const { flags } = await transcoder.encode(HELLO);
  assertEquals(flags, 0x10a);
  await assertRejects(async () => await compressed(marked).encode("x"), TypeError, "bit 8 is in use");
  const seen: number[] = [];
  const watching = { ...textTranscoder, decode: ({ flags }: { flags: number }) => (seen.push(flags), "") };
  await compressed(watching, { flag: 2 }).decode({ value: ZLIB, flags: 0x10a });
  assertEquals(seen, [0x108]);
});

test("compressed: an error of the transcoder inside comes through", async () => {
  const transcoder = compressed(jsonTranscoder());
  await assertRejects(async () => await transcoder.encode(undefined), TypeError, "as JSON");
  await assertRejects(async () => await transcoder.decode({ value: ZLIB, flags: 8 }), SyntaxError);
});

test("compressed: whatever is wrong with the bytes is a typed error", async () => {
  for (const [value, format] of [[ZLIB, "deflate"], [GZIP, "gzip"]] as const) {
    const transcoder = compressed(rawTranscoder, { format });
    for (let length = 0; length < value.length; length++) {
      assertEquals(
        await reasonOf(transcoder, { value: value.subarray(0, length), flags: 8 }),
        "malformed",
        `${length}`,
      );
    }
    const checksum = value.slice();
    checksum[value.length - (format === "gzip" ? 8 : 4)]! ^= 1;
    assertEquals(await reasonOf(transcoder, { value: checksum, flags: 8 }), "malformed");
    assertEquals(await reasonOf(transcoder, { value: Uint8Array.of(...value, 0), flags: 8 }), "malformed");
  }
});

test("compressed: the limit is what the value comes to, to the byte", async () => {
  assertEquals(await reasonOf(compressed(rawTranscoder, { maxSize: 100 }), { value: ZLIB, flags: 8 }), undefined);
  assertEquals(await reasonOf(compressed(rawTranscoder, { maxSize: 99 }), { value: ZLIB, flags: 8 }), "limit");
});
