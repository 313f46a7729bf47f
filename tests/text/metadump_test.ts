import { assert, assertEquals, assertLessOrEqual, assertStrictEquals, assertThrows } from "@std/assert";
import { ProtocolError } from "../../src/errors.ts";
import { MetadumpParser } from "../../src/text/metadump.ts";
import type { KeyEntry } from "../../src/text/metadump.ts";
import { TextCode } from "../../src/text/text_code.ts";
import { allocations } from "../support/allocations.ts";
import { withRandom } from "../support/random.ts";
import { test } from "../support/test.ts";
import { bytewise, cutAt, fromLatin1, latin1 } from "../support/text_wire.ts";
import { BUSY, TEXT_RECORDED } from "../vectors/text_recorded.ts";

/** What comes out when chunks are pushed that all lie in the same memory, one after the other. */
function parse(parser: MetadumpParser, chunks: readonly Uint8Array[]): KeyEntry[] {
  const entries: KeyEntry[] = [];
  for (const chunk of chunks) {
    const slab = chunk.slice();
    parser.push(slab, (line) => entries.push(line.entry()));
    slab.fill(0xee);
  }
  return entries;
}

/** The fields of an entry that are its own. */
function plain({ key, exp, la, cas, fetched, slab, size, flags }: KeyEntry): object {
  return { key, exp, la, cas, fetched, slab, size, ...(flags === undefined ? {} : { flags }) };
}

function one(line: string): KeyEntry {
  const [entry] = parse(new MetadumpParser(), [latin1(`${line}\nEND\r\n`)]);
  return entry!;
}

const RECORDED = TEXT_RECORDED.find(({ name }) => name === "metadump")!.steps.filter(({ send }) =>
  send.includes("metadump")
);

test("MetadumpParser reads the recorded dumps, wherever they are cut", () => {
  for (const { receive } of RECORDED) {
    const bytes = latin1(receive);
    for (let at = 0; at <= bytes.length; at++) {
      const parser = new MetadumpParser();
      const entries = parse(parser, cutAt(bytes, at));
      assertEquals(entries.map(({ key }) => key).sort(), ["dump 2%+", "dump%3+4", "dump:1"]);
      for (const { exp, fetched, slab, flags } of entries) {
        assertEquals({ exp, fetched, slab, flags }, { exp: -1, fetched: false, slab: 1, flags: undefined });
      }
      assertEquals(parser.outcome, { code: TextCode.END, complete: true, busy: false, text: "END" });
      parser.end();
    }
    assertEquals(parse(new MetadumpParser(), bytewise(bytes)).length, 3);
  }
  assertEquals(RECORDED.length, 3);
});

test("MetadumpParser reads the lines of memtui's tests", () => {
  const lines: readonly (readonly [string, object])[] = [
    [
      "key=test exp=1704067200 la=1704060000 cas=12345 fetch=yes cls=1 size=100",
      { key: "test", exp: 1704067200, la: 1704060000, cas: 12345n, fetched: true, slab: 1, size: 100 },
    ],
    [
      "key=test exp=0 la=123 cas=456 fetch=yes cls=1 size=100\r",
      { key: "test", exp: 0, la: 123, cas: 456n, fetched: true, slab: 1, size: 100 },
    ],
    [
      "key=user:profile:123 exp=3600 la=1000 cas=789 fetch=no cls=2 size=512",
      { key: "user:profile:123", exp: 3600, la: 1000, cas: 789n, fetched: false, slab: 2, size: 512 },
    ],
    [
      "key=user%3A123 exp=0 la=123 cas=456 fetch=yes cls=1 size=100",
      { key: "user:123", exp: 0, la: 123, cas: 456n, fetched: true, slab: 1, size: 100 },
    ],
    [
      "key=data%2Fpath%3Fquery%3D1 exp=0 la=0 cas=0 fetch=no cls=1 size=50",
      { key: "data/path?query=1", exp: 0, la: 0, cas: 0n, fetched: false, slab: 1, size: 50 },
    ],
    // Of newer servers: flags, whatever else, and a blank at the end.
    [
      "key=a exp=-1 la=5 cas=18446744073709551615 fetch=no cls=63 size=4294967295 flags=7 ext_page=1 ext_offset=2 ",
      { key: "a", exp: -1, la: 5, cas: 18446744073709551615n, fetched: false, slab: 63, size: 4294967295, flags: 7 },
    ],
    // In another order, with less, or with words that say nothing.
    ["size=9  cas=1 word key=a=b exp=5", { key: "a=b", exp: 5, la: 0, cas: 1n, fetched: false, slab: 0, size: 9 }],
    ["key=a", { key: "a", exp: -1, la: 0, cas: 0n, fetched: false, slab: 0, size: 0 }],
  ];
  for (const [line, expected] of lines) {
    const text = line.startsWith("key") ? line : `key=x ${line}`;
    assertEquals(plain(one(text)), expected);
  }
});

test("MetadumpParser shows each line without what was before it", () => {
  const text = "key=a%20 exp=5 la=1 cas=2 fetch=yes cls=3 size=4 flags=6\nkey=b\nEND\r\n";
  const [, second] = parse(new MetadumpParser(), [latin1(text)]);
  assertEquals(plain(second!), { key: "b", exp: -1, la: 0, cas: 0n, fetched: false, slab: 0, size: 0 });
  assertStrictEquals(second!.flags, undefined);
});

test("KeyEntry decodes keys, and a plus stays a plus", () => {
  const keys: readonly (readonly [string, string])[] = [
    ["a+b", "a+b"],
    ["a%2Bb%2bc", "a+b+c"],
    ["100%25", "100%"],
    ["%25%32%35", "%25"],
    ["%C3%A9t%C3%A9", "été"],
    ["%20", " "],
    ["%0D%0A%00", "\r\n\0"],
    // Not what a server writes, and no reason to lose a key.
    ["100%", "100%"],
    ["%zz%4", "%zz%4"],
    ["%%41", "%A"],
    ["k".repeat(750), "k".repeat(750)],
    ["%41".repeat(250), "A".repeat(250)],
  ];
  for (const [written, key] of keys) {
    const entry = one(`key=${written} exp=-1`);
    assertEquals(entry.key, key);
    assertEquals(entry.keyBytes, new TextEncoder().encode(key));
  }
  const binary = one("key=%FF%FEa exp=-1");
  assertEquals([binary.key, fromLatin1(binary.keyBytes)], ["\ufffd\ufffda", "\xff\xfea"]);
});

test("KeyEntry tells when it expires", () => {
  const now = new Date(1704060000_000);
  assertEquals(one("key=a exp=1704067200").expiresAt, new Date(1704067200_000));
  assertEquals(one("key=a exp=1704067200").isExpired(now), false);
  assertEquals(one("key=a exp=1704052800").isExpired(now), true);
  assertEquals(one("key=a exp=1704060000").isExpired(now), false);
  for (const never of ["-1", "0"]) {
    assertStrictEquals(one(`key=a exp=${never}`).expiresAt, undefined);
    assertEquals(one(`key=a exp=${never}`).isExpired(now), false);
  }
  assertEquals(one("key=a la=1704060000").lastAccess, now);
  assertEquals(one("key=a exp=1").isExpired(), true);
});

test("MetadumpParser tells how a dump ends, or that it does not begin", () => {
  const ends: readonly (readonly [string, number, boolean, boolean])[] = [
    ["END\r\n", TextCode.END, true, false],
    ["OK\r\nEND\r\n", TextCode.END, true, false],
    ["OK\r\nkey=a exp=1\nEND\r\n", TextCode.END, true, false],
    ["EN\r\n", TextCode.EN, true, false],
    [BUSY, TextCode.REFUSED, false, true],
    ["BADCLASS invalid class id\r\n", TextCode.REFUSED, false, false],
    ["NOTSTARTED no items to crawl\r\n", TextCode.REFUSED, false, false],
    ["ERROR\r\n", TextCode.ERROR, false, false],
    ["ERROR metadump not allowed\r\n", TextCode.ERROR, false, false],
    ["CLIENT_ERROR unauthenticated\r\n", TextCode.CLIENT_ERROR, false, false],
    ["SERVER_ERROR out of memory\r\n", TextCode.SERVER_ERROR, false, false],
  ];
  for (const [text, code, complete, busy] of ends) {
    for (let at = 0; at <= text.length; at++) {
      const parser = new MetadumpParser();
      const chunks = cutAt(latin1(text + "version\r\n"), at);
      const done = chunks.map((chunk) => parser.push(chunk, () => {}));
      assertEquals(done.at(-1), true);
      const said = text.trimEnd().split("\r\n").at(-1)!.split("\n").at(-1)!;
      assertEquals(parser.outcome, { code, complete, busy, text: said });
      assertEquals(fromLatin1(parser.rest()), "version\r\n");
      parser.end();
    }
  }
});

test("MetadumpParser refuses what is neither an entry nor an end", () => {
  const wrong: readonly (readonly [string, string])[] = [
    ["", "no entry and no end"],
    ["exp=0 la=123 cas=456", "no entry and no end"],
    ["STORED", "no entry and no end"],
    ["END of it", "no entry and no end"],
    ["OK then", "no entry and no end"],
    ["OK", "no entry and no end"],
    ["kex=a exp=0", "it has no key"],
    ["k", "it has no key"],
    ["key", "it has no key"],
    ["key= exp=1", "its key is malformed"],
    ["key=a exp=x", "its exp is malformed"],
    ["key=a exp=", "its exp is malformed"],
    ["key=a la=-1", "its la is malformed"],
    ["key=a cas=18446744073709551616", "its cas is malformed"],
    ["key=a cls=x", "its cls is malformed"],
    ["key=a size=4294967296", "its size is malformed"],
    ["key=a flags=1.5", "its flags is malformed"],
  ];
  for (const [line, reason] of wrong) {
    const text = `key=good exp=1\n${line}\nEND\r\n`;
    for (let at = 0; at <= text.length; at++) {
      const parser = new MetadumpParser();
      const error = assertThrows(() => parse(parser, cutAt(latin1(text), at)), ProtocolError, reason);
      assertEquals(error.at, 15);
      assertEquals(parser.outcome, undefined);
    }
  }
});

test("MetadumpParser.end tells a dump that was cut short from one that ended", () => {
  const text = "key=a exp=1\nEND\r\n";
  for (let at = 0; at < text.length; at++) {
    const parser = new MetadumpParser();
    assertEquals(parser.push(latin1(text.slice(0, at)), () => {}), false);
    const error = assertThrows(() => parser.end(), ProtocolError, "the bytes end before it says that it has ended");
    assertEquals(error.at, at < 12 ? 0 : 12);
  }
});

test("MetadumpParser holds one line, and refuses one that is too long", () => {
  const parser = new MetadumpParser({ maxLine: 100 });
  const line = latin1(`key=${"k".repeat(94)} \n`);
  assertEquals(line.length, 100);
  let entries = 0;
  const sizes = allocations(() => {
    for (let i = 0; i < 1000; i++) {
      for (const part of [line.subarray(0, 50), line.subarray(50)]) parser.push(part, () => entries++);
    }
  });
  assertEquals(entries, 1000);
  // Views of what is there, and no memory of its own.
  assertLessOrEqual(Math.max(0, ...sizes), 100);
  for (const rest of ["x".repeat(101), "x".repeat(100_000)]) {
    for (const chunks of [[latin1(rest)], bytewise(latin1(rest))]) {
      const error = assertThrows(
        () => parse(new MetadumpParser({ maxLine: 100 }), chunks),
        ProtocolError,
        "exceeds the limit of 100",
      );
      assertLessOrEqual(error.bytes.length, 64);
    }
  }
});

test("MetadumpParser makes entries or a ProtocolError of random bytes, the same however they are cut", async () => {
  await withRandom((random) => {
    let refused = 0;
    for (let round = 0; round < 2000; round++) {
      let text = "";
      for (let i = 0; i < 1 + random.int(6); i++) {
        let line = random.pick([
          "key=a%20b exp=-1 la=3 cas=4 fetch=yes cls=5 size=6\n",
          "key=b+c size=7 \r\n",
          "OK\r\n",
          "END\r\n",
        ]);
        if (random.int(4) === 0) {
          const at = random.int(line.length);
          line = line.slice(0, at) + String.fromCharCode(random.int(256)) + line.slice(at + random.int(2));
        }
        text += line;
      }
      const bytes = latin1(text);
      const outcomes = [[bytes], bytewise(bytes)].map((chunks) => {
        const parser = new MetadumpParser({ maxLine: 80 });
        const seen: unknown[] = [];
        try {
          for (const chunk of chunks) parser.push(chunk, (line) => seen.push(plain(line.entry())));
          seen.push(parser.outcome?.text);
        } catch (error) {
          assert(error instanceof ProtocolError, String(error));
          seen.push(error.at);
          refused++;
        }
        return seen;
      });
      assertEquals(outcomes[0], outcomes[1]);
    }
    assert(refused > 100);
  });
});
