/** Values that real clients have stored: what they are, what is made of every part of them, and that we write the same bytes. */

import { assert, assertEquals } from "@std/assert";
import { asBytes } from "../../src/bytes.ts";
import { dalliTranscoder, phpTranscoder, pythonTranscoder, type Transcoder } from "../../src/cache.ts";
import { test } from "../support/test.ts";
import { readVectors, reasonOf, type Vector } from "./transcoder_support.ts";

const VECTORS = readVectors();

/** Whether the bytes are more than text, digits or bytes, so that a part of them is none of them. */
function isStructured({ key, flags }: Vector): boolean {
  if (key.startsWith("php")) return (flags & 0x0f) > 3 || (flags & 0x10) !== 0;
  return (flags & (key.startsWith("dalli") ? 3 : 9)) !== 0;
}

/** Those whose bytes are tried in all ways, which are not too long. */
const SMALL = VECTORS.filter((vector) => isStructured(vector) && vector.value.length <= 320);

test("transcoders: what real clients stored is read as what it was", async () => {
  for (const { key, value, flags, expected, transcoder } of VECTORS) {
    assertEquals(await transcoder.decode({ value, flags }), expected, key);
  }
  assert(VECTORS.length > 480, `${VECTORS.length} vectors`);
});

test("transcoders: what real clients stored and was cut is refused, wherever it was cut", async () => {
  assert(SMALL.length > 250, `${SMALL.length} vectors`);
  for (const { key, value, flags, transcoder } of SMALL) {
    for (let length = 0; length < value.length; length++) {
      const reason = await reasonOf(transcoder, { value: value.subarray(0, length), flags });
      assert(reason === "malformed", `${key} cut after ${length} bytes: ${reason}`);
    }
  }
});

test("transcoders: more after the end is refused", async () => {
  for (const { key, value, flags, transcoder } of SMALL) {
    const longer = new Uint8Array(value.length + 1);
    longer.set(value);
    assertEquals(await reasonOf(transcoder, { value: longer, flags }), "malformed", key);
  }
});

test("transcoders: one wrong byte makes another value or a typed error, and nothing else", async () => {
  let refused = 0;
  for (const { value, flags, transcoder } of SMALL.filter(({ value }) => value.length <= 100)) {
    for (let at = 0; at < value.length; at++) {
      for (const change of [0x01, 0x20, 0x80, 0xff]) {
        const changed = value.slice();
        changed[at]! ^= change;
        if (await reasonOf(transcoder, { value: changed, flags }) !== undefined) refused++;
      }
    }
  }
  assert(refused > 5000, `${refused} refused`);
});

test("transcoders: whatever the flags, the bytes make a value or a typed error", async () => {
  for (const { key, value, transcoder } of SMALL.filter((_, i) => i % 20 === 0)) {
    for (let flags = 0; flags < 256; flags++) {
      const reason = await reasonOf(transcoder, { value, flags: (flags | 0xffff0000) >>> 0 });
      assert(reason === undefined || reason !== "", key);
    }
  }
});

/** What PHP writes in other bytes, which mean the same: other digits, escapes, references to what stood before. */
const OTHER_IN_PHP = /:(exponent|tiny|fraction|everything|same)$|:json:.*:map$/;

test("transcoders: PHP's values are written in the same bytes", async () => {
  const ours: Readonly<Record<string, Transcoder<unknown>>> = {
    php: phpTranscoder({ threshold: Infinity }),
    json: phpTranscoder({ threshold: Infinity, serializer: "json" }),
    igbinary: phpTranscoder({ threshold: Infinity, serializer: "igbinary" }),
  };
  let compared = 0;
  for (const { key, value, flags, expected } of VECTORS) {
    const transcoder = ours[key.split(":")[1]!];
    if (!key.startsWith("php:") || transcoder === undefined || (flags & 0x10) !== 0 || OTHER_IN_PHP.test(key)) continue;
    const written = await transcoder.encode(expected);
    assertEquals([asBytes(written.value), written.flags], [value, flags], key);
    compared++;
  }
  assert(compared > 60, `${compared} compared`);
});

test("transcoders: Ruby's values are written in the same bytes, but for what is shared and symbols", async () => {
  const transcoder = dalliTranscoder();
  let compared = 0;
  for (const { key, value, flags, expected } of VECTORS) {
    if (!key.startsWith("dalli:") || flags !== 1 || /:(shared|symbols|ascii)$/.test(key)) continue;
    const written = await transcoder.encode(expected);
    assertEquals([asBytes(written.value), written.flags], [value, flags], key);
    compared++;
  }
  assert(compared > 20, `${compared} compared`);
});

test("transcoders: what Python does not pickle is written in the same bytes", async () => {
  let compared = 0;
  for (const dialect of ["pylibmc", "python-memcached", "pymemcache"] as const) {
    const transcoder = pythonTranscoder({ dialect });
    for (const { key, value, flags, expected } of VECTORS) {
      if (!key.startsWith(`${dialect}:`) || (flags & 9) !== 0) continue;
      const written = await transcoder.encode(expected);
      assertEquals([asBytes(written.value), written.flags], [value, flags], key);
      compared++;
    }
  }
  assert(compared > 60, `${compared} compared`);
});
