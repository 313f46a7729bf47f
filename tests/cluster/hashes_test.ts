/** Hashes by name, against values of the clients that have them. */

import { assertEquals, assertThrows } from "@std/assert";
import { createHash } from "node:crypto";
import { utf8Encode } from "../../src/bytes.ts";
import { chooseHash, type HashName } from "../../src/cluster/hashes/hash_names.ts";
import { Md5 } from "../../src/cluster/hashes/md5.ts";
import { Murmur64 } from "../../src/cluster/hashes/murmur64.ts";
import { sha1Head } from "../../src/cluster/hashes/sha1.ts";
import type { Word64 } from "../../src/cluster/hashes/word64.ts";
import { Xxh3 } from "../../src/cluster/hashes/xxh3.ts";
import { Random } from "../support/random.ts";
import { test } from "../support/test.ts";
import { HASH_VECTORS, MCROUTER, XXH3_JUMPS } from "../vectors/rings.ts";

const hex = (value: number) => (value >>> 0).toString(16).padStart(8, "0");
const wide = ({ high, low }: Word64) => hex(high) + hex(low);

/** Hashes a key in the midst of other bytes, which must not matter. */
function hashInside(name: HashName, key: Uint8Array): number {
  const bytes = new Uint8Array(key.length + 20).fill(0xa5);
  bytes.set(key, 7);
  return chooseHash(name)(bytes, 7, 7 + key.length) >>> 0;
}

test("hashes: each named hash of each key is what the clients compute", () => {
  for (const [key, hashes] of Object.entries(HASH_VECTORS)) {
    for (const [name, value] of Object.entries(hashes)) {
      assertEquals(hex(hashInside(name as HashName, utf8Encode(key))), hex(parseInt(value, 16)), `${name} of ${key}`);
    }
  }
});

test("hashes: SuperFastHash of the words of libmemcached's own tests", () => {
  const words = ["apple", "beat", "carrot", "daikon", "eggplant", "flower", "green", "hide", "ick", "jack"];
  const values = [3738850110, 3636226060, 3821074029, 3489929160, 3485772682, 80540287, 1805464076, 1895033657]
    .concat(409795758, 979934958);
  assertEquals(words.map((word) => hashInside("hsieh", utf8Encode(word))), values);
});

test("hashes: Java's hash counts in UTF-16, as the JDK does for the same texts", () => {
  // What `hashCode` says of them in JDK 17, unsigned.
  const values: Record<string, number> = {
    "": 0,
    "a": 97,
    "hello": 99162322,
    "sample": 3385292202,
    "user:1234": 303306385,
    "é": 233,
    "日本語": 25921943,
    "😀x": 54959989,
  };
  for (const [text, value] of Object.entries(values)) assertEquals(hashInside("java", utf8Encode(text)), value, text);
  assertEquals(hashInside("java_abs", utf8Encode("sample")), Math.abs(-909675094));
});

test("hashes: a sum of 0 becomes 1 in crc_or_one alone", () => {
  const key = utf8Encode("z37384");
  assertEquals(hashInside("crc", key), 0);
  assertEquals(hashInside("crc_or_one", key), 1);
});

test("hashes: MD5 and SHA-1 are those of the runtime, for every length around the blocks", () => {
  const random = new Random(3);
  const md5 = new Md5();
  for (let length = 0; length < 200; length++) {
    const bytes = random.bytes(length);
    const first = md5.digest(bytes, 0, length);
    const expected = createHash("md5").update(bytes).digest();
    assertEquals(first >>> 0, expected.readUInt32LE(0));
    assertEquals([...md5.words], [0, 4, 8, 12].map((at) => expected.readUInt32LE(at)));
    assertEquals(sha1Head(bytes), createHash("sha1").update(bytes).digest().readUInt32BE(0));
  }
});

test("hashes: XXH3 of every length class is what the reference library computes", () => {
  const xxh3 = new Xxh3();
  for (const [key, [value]] of Object.entries(XXH3_JUMPS)) {
    const bytes = utf8Encode(key);
    assertEquals(xxh3.hash(bytes, 0, bytes.length) >>> 0, parseInt(value.slice(8), 16));
    assertEquals(wide(xxh3.value), value);
  }
  // python-xxhash 3: of the bytes 0, 1, 2, … modulo 251.
  for (const [length, value] of Object.entries(XXH3_BY_LENGTH)) {
    const bytes = Uint8Array.from({ length: Number(length) }, (_, i) => i % 251);
    xxh3.hash(bytes, 0, bytes.length);
    assertEquals(wide(xxh3.value), value, `${length} bytes`);
  }
});

test("hashes: MurmurHash64A as mcrouter seeds it", () => {
  const murmur = new Murmur64();
  for (const [key, [value]] of Object.entries(MCROUTER)) {
    const bytes = utf8Encode(`<${key}>`);
    murmur.hash(bytes, 1, bytes.length - 1, 4193360111);
    assertEquals(wide(murmur.value), value, key);
  }
});

test("hashes: a function of one's own gets the bytes, an unknown name is refused", () => {
  const own = chooseHash((key) => key.length * 2 ** 33 + key[0]!);
  assertEquals(own(utf8Encode("xyz"), 1, 3), 0x79);
  const error = assertThrows(() => chooseHash("md6" as HashName), TypeError);
  assertEquals(error.message.startsWith('Cannot hash keys with "md6": it is one_at_a_time, md5, '), true);
});

const XXH3_BY_LENGTH: Readonly<Record<number, string>> = {
  0: "2d06800538d394c2",
  1: "c44bdff4074eecdb",
  2: "d6645fc3051a9457",
  3: "5f4299fc161c9cbb",
  4: "60dab036a58211f2",
  7: "0cd2084a62406b69",
  8: "3a1c2d7c85af88f8",
  9: "e9612598145bb9dc",
  15: "55ecedc2b87bb042",
  16: "8355e3a6f61770db",
  17: "9ef341a99de37328",
  31: "4f36db8e4df378fd",
  32: "3523581fe96e4c05",
  33: "e68c56ba88991e58",
  64: "6187eb9089b0ed55",
  65: "6928c76ce90422d0",
  96: "278a3e12ea046dfb",
  97: "e7220282dc4e14f4",
  127: "120b9787f8425f2f",
  128: "85c6174c7ff4c46b",
  129: "ec7642b431ba3e5a",
  143: "8222e885f060341d",
  144: "028e1e35ff4c0a01",
  160: "5bea9075ec9401b8",
  239: "972b14e3c46f214b",
  240: "375a384d957fe865",
  241: "02e8cd95421c6d02",
  250: "3a07e271a5dab0a3",
  256: "44f5d90dacde463a",
  257: "88fc3f7934a6c9be",
  1023: "d3d91d80ac495685",
  1024: "e5d78bafa45b2aa5",
  1025: "e95c42288f28186e",
  1088: "1a848d807034c403",
  2048: "25339063db861586",
  2049: "6c9600c0e506e2ae",
  3000: "1b846747012c24aa",
};
