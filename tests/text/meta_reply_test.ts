import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { ProtocolError } from "../../src/errors.ts";
import { readMetaDebug } from "../../src/text/meta_debug.ts";
import type { MetaReply } from "../../src/text/meta_reply.ts";
import { ReplySplitter } from "../../src/text/reply_splitter.ts";
import type { TextReply } from "../../src/text/text_reply.ts";
import { test } from "../support/test.ts";
import { fromLatin1, latin1 } from "../support/text_wire.ts";

function read(text: string): TextReply {
  return new ReplySplitter().split(latin1(text))[0]!;
}

/** All that the flags of a reply say, without what they do not. */
function all(meta: MetaReply): Record<string, unknown> {
  const { flags, cas, ttl, lastAccess, hitBefore, size, opaque, base64, win, stale, alreadyWon } = meta;
  const key = meta.key === undefined ? undefined : fromLatin1(meta.key);
  const said = { flags, cas, ttl, lastAccess, hitBefore, size, key, opaque, base64, win, stale, alreadyWon };
  return Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined && value !== false));
}

const FLAGS: readonly (readonly [string, Record<string, unknown>])[] = [
  ["HD", {}],
  ["EN", {}],
  ["MN", {}],
  ["HD h1", { hitBefore: true }],
  ["HD f7", { flags: 7 }],
  ["HD f4294967295", { flags: 4294967295 }],
  ["HD c39", { cas: 39n }],
  ["HD c18446744073709551615", { cas: 18446744073709551615n }],
  ["HD c1000000000000000", { cas: 1000000000000000n }],
  ["HD c9007199254740993", { cas: 9007199254740993n }],
  ["NF c0", { cas: 0n }],
  ["HD l0", { lastAccess: 0 }],
  ["HD s3", { size: 3 }],
  ["HD t-1", { ttl: -1 }],
  ["HD t59", { ttl: 59 }],
  ["HD kmg-1", { key: "mg-1" }],
  ["HD O7", { opaque: "7" }],
  ["HD O", { opaque: "" }],
  ["HD Oabc.DEF/0123", { opaque: "abc.DEF/0123" }],
  ["EN O123 kmg-miss", { opaque: "123", key: "mg-miss" }],
  ["EN O9 kbWctIG1pc3M= b", { opaque: "9", key: "mg- miss", base64: true }],
  ["HD O3 kAAECDQo= b", { opaque: "3", key: "\x00\x01\x02\r\n", base64: true }],
  ["NF O1 kms-none c0", { opaque: "1", key: "ms-none", cas: 0n }],
  ["HD  c1  f2 ", { cas: 1n, flags: 2 }],
  [
    "VA 3 O4294967295 kmg-1 f7 c39 h0 l2 s3 t30\r\nabc",
    { opaque: "4294967295", key: "mg-1", flags: 7, cas: 39n, hitBefore: undefined, lastAccess: 2, size: 3, ttl: 30 },
  ],
  ["VA 0 c35 t-1 W\r\n", { cas: 35n, ttl: -1, win: true }],
  ["VA 0 c35 t30 Z\r\n", { cas: 35n, ttl: 30, alreadyWon: true }],
  ["VA 1 c39 t30 X W\r\na", { cas: 39n, ttl: 30, stale: true, win: true }],
  ["VA 1 c39 t29 Z X\r\na", { cas: 39n, ttl: 29, stale: true, alreadyWon: true }],
  ["VA 1\r\nc", {}],
  // Not meta at all: nothing is read as flags.
  ["CLIENT_ERROR c1 f2 W X Z", {}],
  ["STAT c1 f2", {}],
  ["ME key exp=-1 la=2 cas=4 fetch=no", {}],
];

for (const [line, expected] of FLAGS) {
  test(`MetaReply reads ${JSON.stringify(line)}`, () => {
    const said = Object.fromEntries(Object.entries(expected).filter(([, value]) => value !== undefined));
    assertEquals(all(read(`${line}\r\n`).meta), said);
  });
}

test("MetaReply tells a hit before from none, and from what was not asked", () => {
  assertEquals([read("HD h0\r\n").meta.hitBefore, read("HD h1\r\n").meta.hitBefore], [false, true]);
  assertStrictEquals(read("HD\r\n").meta.hitBefore, undefined);
});

test("MetaReply refuses flags whose token is none", () => {
  const wrong: readonly (readonly [string, keyof MetaReply])[] = [
    ["HD f", "flags"],
    ["HD f-1", "flags"],
    ["HD f4294967296", "flags"],
    ["HD c", "cas"],
    ["HD c18446744073709551616", "cas"],
    ["HD cx", "cas"],
    ["HD t", "ttl"],
    ["HD t--1", "ttl"],
    ["HD t-", "ttl"],
    ["HD lx", "lastAccess"],
    ["HD h2", "hitBefore"],
    ["HD s1.5", "size"],
    ["HD kA b", "key"],
    ["HD kYSB b", "key"],
  ];
  for (const [line, name] of wrong) {
    const error = assertThrows(() => read(`${line}\r\n`).meta[name], ProtocolError, "is malformed");
    assertEquals(fromLatin1(error.bytes), line);
  }
});

test("MetaReply gives opaques as numbers where they are, without a string", () => {
  const numbers = ["HD O0", "HD O65536", "HD O9007199254740991", "HD O", "HD Ox", "HD O9007199254740992", "HD"];
  assertEquals(numbers.map((line) => read(`${line}\r\n`).meta.opaqueNumber), [
    0,
    65536,
    9007199254740991,
    -1,
    -1,
    -1,
    -1,
  ]);
});

test("MetaReply gives the tokens of other flags", () => {
  const { meta } = read("HD Lpool/a P\r\n");
  assertEquals([meta.token("L"), meta.token("P"), meta.token("Q")], [latin1("pool/a"), latin1(""), undefined]);
});

test("MetaReply is read anew for each reply", () => {
  const seen: unknown[] = [];
  new ReplySplitter().push(latin1("VA 1 O1 c5 W\r\nx\r\nHD\r\nEN O2 X\r\n"), ({ meta }) => seen.push(all(meta)));
  assertEquals(seen, [{ opaque: "1", cas: 5n, win: true }, {}, { opaque: "2", stale: true }]);
});

test("readMetaDebug reads the answers to me", () => {
  const { fields, ...debug } = readMetaDebug(read("ME me-1 exp=-1 la=0 cas=82 fetch=no cls=1 size=66\r\n"))!;
  assertEquals(debug, { key: "me-1", exp: -1, la: 0, cas: 82n, fetched: false, slab: 1, size: 66 });
  assertEquals(fields.get("cls"), "1");
  const expiring = readMetaDebug(read("ME bWUtMg== exp=-1000 la=3 cas=83 fetch=yes cls=1 size=64 new=1\r\n"))!;
  assertEquals([expiring.key, expiring.exp, expiring.fetched, expiring.fields.get("new")], [
    "bWUtMg==",
    1000,
    true,
    "1",
  ]);
  assertStrictEquals(readMetaDebug(read("EN\r\n")), undefined);
  for (const line of ["HD\r\n", "ME\r\n", "ME k cas=x\r\n", "ERROR\r\n"]) {
    assertThrows(() => readMetaDebug(read(line)), ProtocolError);
  }
});
