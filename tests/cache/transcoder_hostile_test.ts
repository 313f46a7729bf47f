/** Stored bytes that mean harm: names to be called, values in themselves, bombs, depths and lengths. */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { utf8Encode } from "../../src/bytes.ts";
import { dalliTranscoder, phpTranscoder, pythonTranscoder, TranscodeError } from "../../src/cache.ts";
import { deflate } from "../../src/cache/transcoders/compression.ts";
import { hex } from "../support/hex.ts";
import { test } from "../support/test.ts";
import { reasonOf } from "./transcoder_support.ts";

const php = phpTranscoder();
const python = pythonTranscoder();
const ruby = dalliTranscoder();

/** Why a pickle is refused. */
const pickled = (text: string) => reasonOf(python, { value: latin1(text), flags: 1 });
const serialized = (text: string) => reasonOf(php, { value: latin1(text), flags: 4 });
const igbinary = (digits: string) => reasonOf(php, { value: hex(`00000002 ${digits}`), flags: 5 });
const msgpack = (digits: string) => reasonOf(php, { value: hex(digits), flags: 7 });
const marshalled = (text: string) => reasonOf(ruby, { value: latin1(`\x04\x08${text}`), flags: 1 });

function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}

test("transcoders: what lies in itself is refused", async () => {
  assertEquals(await pickled("]q\x00h\x00a."), "unsupported");
  assertEquals(await pickled("}q\x00I1\nh\x00s."), "unsupported");
  assertEquals(await pickled("]q\x00(h\x00tq\x01a0h\x01."), "unsupported");
  assertEquals(await pickled("]q\x00h\x00\x85a."), "unsupported");
  assertEquals(await serialized("a:1:{i:0;R:1;}"), "unsupported");
  assertEquals(await serialized('O:8:"stdClass":1:{s:1:"a";r:1;}'), "unsupported");
  assertEquals(await igbinary("1401 0600 0100"), "unsupported");
  assertEquals(await marshalled("[\x06@\x00"), "unsupported");
});

test("transcoders: what refers to what is not there is refused", async () => {
  for (const text of ["R:1;", "a:1:{i:0;R:3;}", "a:1:{i:0;R:0;}", "a:1:{i:0;R:-1;}", "r:1"]) {
    assert(["malformed", "unsupported"].includes(await serialized(text) ?? ""), text);
  }
  for (const digits of ["0100", "0e00", "1a00", "2200", "25", "1401 0600 0e00", "1401 0600 0105"]) {
    assertEquals(await igbinary(digits), "malformed", digits);
  }
  for (const text of ["@\x06", ";\x00", "[\x06@\x07", "@\xfa"]) assertEquals(await marshalled(text), "malformed", text);
});

test("transcoders: a few bytes that stand for very many are refused", async () => {
  // Lists of ten times the one before, thirty times.
  let laughs = "](VHa\nVHa\ne";
  for (let i = 0; i < 30; i++) laughs += `q${String.fromCharCode(i)}0](${`h${String.fromCharCode(i)}`.repeat(10)}e`;
  assertEquals(await pickled(`${laughs}.`), "limit");
  let array = "a:1:{i:0;i:1;}";
  for (let i = 0; i < 30; i++) array = `a:2:{i:0;${array}i:1;R:${2 + 30 - i - 1};}`;
  assertEquals(await serialized(array), "limit");
  let arrays = "[\x06i\x06";
  for (let i = 30; i > 0; i--) arrays = `[\x07${arrays}@${String.fromCharCode(i + 5)}`;
  assertEquals(await marshalled(arrays), "limit");
  let same = "1401 0600 00";
  for (let i = 30; i > 0; i--) same = `1402 0600 ${same} 0601 01${i.toString(16).padStart(2, "0")}`;
  assertEquals(await igbinary(same), "limit");
});

test("transcoders: depth has a limit, below which all is well", async () => {
  const deep = async (depth: number) => [
    await pickled(`${"]".repeat(depth)}${"a".repeat(depth - 1)}.`),
    await pickled(`N${"\x85".repeat(depth)}.`),
    await pickled(`${"(".repeat(depth)}${"l".repeat(depth)}.`),
    await serialized(`${"a:1:{i:0;".repeat(depth)}N;${"}".repeat(depth)}`),
    await igbinary(`${"1401 0600".repeat(depth)}00`),
    await msgpack(`${"91".repeat(depth)}c0`),
    await msgpack(`${"81 01".repeat(depth)}c0`),
    await marshalled(`${"[\x06".repeat(depth)}0`),
    await marshalled(`${"{\x06i\x06".repeat(depth)}0`),
    await reasonOf(php, { value: utf8Encode("[".repeat(depth) + "]".repeat(depth)), flags: 6 }),
  ];
  assertEquals(await deep(150), Array(10).fill(undefined));
  assertEquals(await deep(300), Array(10).fill("limit"));
  assertEquals((await deep(20_000)).slice(0, 9), Array(9).fill("limit"));
});

test("transcoders: objects of classes are refused, and one without a class is its properties", async () => {
  for (
    const text of [
      'O:1:"A":0:{}',
      'C:1:"A":1:{x}',
      'E:3:"A:B";',
      'a:1:{i:0;O:9:"Exception":0:{}}',
    ]
  ) assertEquals(await serialized(text), "unsupported", text);
  for (const digits of ["1701 41 1400", "1d01 41 00", "25 1701 41 1400"]) {
    assertEquals(await igbinary(digits), "unsupported", digits);
  }
  for (const digits of ["c7 01 01 00", "d4 01 00", "81 c0 00", "81 90 00"]) {
    assertEquals(await msgpack(digits), "unsupported", digits);
  }
  for (
    const text of [
      "o:\x06A\x00",
      'C:\x06A"\x00',
      "S:\x06A\x00",
      "u:\x06A0",
      "c\x06A",
      "m\x06A",
      "e:\x06A0",
      "}\x000",
      "I/\x00\x00\x00",
    ]
  ) {
    assertEquals(await marshalled(text), "unsupported", text);
  }
  const value = utf8Encode('a:2:{i:0;O:8:"stdClass":1:{s:1:"0";i:1;}i:1;r:2;}');
  assertEquals(await php.decode({ value, flags: 4 }), [{ 0: 1 }, { 0: 1 }]);
});

test("transcoders: lengths that are not there are refused before anything is made of them", async () => {
  for (
    const text of [
      's:9:"a";',
      's:99999999999:"a";',
      's:-1:"a";',
      "a:99999999:{}",
      "a:-1:{}",
      "a:1:{}",
      "i:;",
      "i:1",
      "d:x;",
      "b:;",
      "x:1;",
      "N:",
    ]
  ) {
    assertEquals(await serialized(text), "malformed", text);
  }
  for (
    const digits of ["13ffffffff", "16ffffffff", "1601000000", "0c00", "20", "26", "ff", "1401 00 00", "1401 05 00"]
  ) {
    assertEquals(await igbinary(digits), "malformed", digits);
  }
  for (const digits of ["dbffffffff", "ddffffffff", "dfffffffff", "c6ffffffff", "cb00", "c1", "d1ff", "93 01"]) {
    assertEquals(await msgpack(digits), "malformed", digits);
  }
  for (
    const text of [
      '"\x04\xff\xff\xff\x7f',
      "[\x04\xff\xff\xff\x7f",
      "{\xfa",
      "l+\x04\xff\xff\xff\x7f",
      "l*\x06\x00\x00",
      "f\x06x",
      "?",
      'I"\x06a\x06:\x06E0',
    ]
  ) {
    assertEquals(await marshalled(text), "malformed", JSON.stringify(text));
  }
  assertEquals(await reasonOf(ruby, { value: hex("0409 30"), flags: 1 }), "malformed");
  assertEquals(await reasonOf(php, { value: hex("00000003 00"), flags: 5 }), "malformed");
});

test("transcoders: what inflates beyond the limit is refused", async () => {
  const bomb = await deflate(new Uint8Array(4_000_000), "deflate");
  const small = { maxSize: 1_000_000 };
  assertEquals(await reasonOf(pythonTranscoder(small), { value: bomb, flags: 8 }), "limit");
  assertEquals(await reasonOf(dalliTranscoder(small), { value: bomb, flags: 2 }), "limit");
  const sized = (length: number) =>
    Uint8Array.of(length & 0xff, length >> 8 & 0xff, length >> 16 & 0xff, length >>> 24, ...bomb);
  assertEquals(await reasonOf(phpTranscoder(small), { value: sized(4_000_000), flags: 0x30 }), "limit");
  assertEquals(await reasonOf(phpTranscoder(small), { value: sized(1000), flags: 0x30 }), "limit");
  assertEquals(await reasonOf(php, { value: sized(5_000_000), flags: 0x30 }), "malformed");
  assertEquals(await reasonOf(php, { value: sized(4_000_000), flags: 0x30 }), undefined);
});

test("php: what FastLZ would not have written is refused", async () => {
  const fastlz = (digits: string) => reasonOf(php, { value: hex(digits), flags: 0x50 });
  assertEquals(await fastlz("03000000 02 616263"), undefined);
  for (
    const digits of [
      ...["", "030000", "03000000", "03000000 02", "03000000 02 6162", "02000000 02 616263", "04000000 02 616263"],
      ...[
        "09000000 00 61 20 05",
        "09000000 00 61 e0 ff 00",
        "09000000 00 61 20",
        "03000000 42 616263",
        "ffffff03 02 616263",
      ],
      ...["06000000 20 61 20 01", "06000000 20 61 3f ff", "06000000 20 61 3f ff 00 00", "09000000 20 61 e0"],
    ]
  ) assertEquals(await fastlz(digits), "malformed", digits);
  assertEquals(await fastlz("ffffffff 02 616263"), "limit");
  for (const flags of [0x10, 0x90]) {
    assertEquals(await reasonOf(php, { value: hex("03000000 00"), flags }), "unsupported");
  }
});

test("php: FastLZ at level 2 repeats what lies far back", async () => {
  // 8 KiB of literals in runs of 32, then six bytes from 8191 + 5 + 1 before, then one from there again as far back.
  const literals = Array.from({ length: 8224 }, (_, i) => i % 251);
  const runs: number[] = [];
  for (let at = 0; at < literals.length; at += 32) runs.push(at === 0 ? 0x3f : 0x1f, ...literals.slice(at, at + 32));
  const length = literals.length + 6;
  const value = Uint8Array.of(length & 0xff, length >> 8, 0, 0, ...runs, 0x9f, 0xff, 0x00, 0x05);
  const from = literals.length - 8191 - 5 - 1;
  const decoded = await phpTranscoder({ strings: "bytes" }).decode({ value, flags: 0x50 });
  assertEquals(decoded, Uint8Array.from([...literals, ...literals.slice(from, from + 6)]));
});

test("transcoders: an error says what it was, why, and that nothing else could be", async () => {
  const error = await assertRejects(
    async () => await php.decode({ value: utf8Encode("i:x;"), flags: 4 }),
    TranscodeError,
  );
  assertEquals([error.name, error.code, error.reason], ["TranscodeError", "TRANSCODE", "malformed"]);
  assertEquals(error.message, "Cannot read a value that PHP has serialized: no integer at byte 4");
});

test("transcoders: a key that every object has is one like any other", async () => {
  const value = utf8Encode('a:1:{s:9:"__proto__";a:1:{s:1:"x";i:1;}}');
  const made = await php.decode({ value, flags: 4 }) as Record<string, unknown>;
  assertEquals(Object.keys(made), ["__proto__"]);
  assertEquals([Object.getPrototypeOf(made) === Object.prototype, "x" in made], [true, false]);
});
