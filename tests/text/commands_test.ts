/** Each row writes the bytes that a real server has answered, or that others have written down. */

import { assert, assertEquals } from "@std/assert";
import * as text from "../../src/text.ts";
import type { TextOp } from "../../src/text/text_op.ts";
import { TextWriter } from "../../src/text/text_writer.ts";
import { test } from "../support/test.ts";
import { fromLatin1, latin1 } from "../support/text_wire.ts";
import { TEXT_RECORDED } from "../vectors/text_recorded.ts";
import { TEXT_SEEDS } from "../vectors/text_seeds.ts";

/** Requests, and what they look like. */
const cases: (readonly [op: TextOp<never>, request: unknown, line: string])[] = [];

function golden<Request>(op: TextOp<Request>, request: Request, line: string): void {
  cases.push([op as TextOp<never>, request, line]);
}

golden(text.TEXT_GET, { keys: ["basic"] }, "get basic\r\n");
golden(text.TEXT_GET, { keys: ["many-1", latin1("nope"), "many-2", "many-1"] }, "get many-1 nope many-2 many-1\r\n");
golden(text.TEXT_GET, { keys: ["été"] }, "get \xc3\xa9t\xc3\xa9\r\n");
golden(text.TEXT_GET, { keys: ["k".repeat(250)] }, `get ${"k".repeat(250)}\r\n`);
golden(text.TEXT_GETS, { keys: ["key2", "key"] }, "gets key2 key\r\n");
golden(text.TEXT_GAT, { keys: ["gat-1", "nope"], expiry: 100 }, "gat 100 gat-1 nope\r\n");
golden(text.TEXT_GAT, { keys: ["gat-1"], expiry: -1 }, "gat -1 gat-1\r\n");
golden(text.TEXT_GATS, { keys: ["gat-1"], expiry: 0 }, "gats 0 gat-1\r\n");
golden(text.TEXT_GATS, { keys: ["row", "other"], expiry: 60 }, "gats 60 row other\r\n");
golden(text.TEXT_SET, { key: "basic", value: "abc" }, "set basic 0 0 3\r\nabc\r\n");
golden(text.TEXT_SET, { key: "key1", value: "item1", flags: 123, expiry: 555 }, "set key1 123 555 5\r\nitem1\r\n");
golden(text.TEXT_SET, { key: "v-empty", value: "", flags: 4294967295 }, "set v-empty 4294967295 0 0\r\n\r\n");
golden(
  text.TEXT_SET,
  { key: "v-crlf", value: latin1("AB\r\nCD\r\nEND\r"), flags: 42, expiry: 60 },
  "set v-crlf 42 60 12\r\nAB\r\nCD\r\nEND\r\r\n",
);
golden(text.TEXT_SET, { key: "été", value: "éé" }, "set \xc3\xa9t\xc3\xa9 0 0 4\r\n\xc3\xa9\xc3\xa9\r\n");
golden(
  text.TEXT_SET,
  { key: "row", value: "abc", flags: 1, expiry: -1, noreply: true },
  "set row 1 -1 3 noreply\r\nabc\r\n",
);
golden(text.TEXT_ADD, { key: "key1", value: "item1", flags: 123, expiry: 555 }, "add key1 123 555 5\r\nitem1\r\n");
golden(text.TEXT_ADD, { key: "quiet", value: "b", flags: 1, noreply: true }, "add quiet 1 0 1 noreply\r\nb\r\n");
golden(
  text.TEXT_REPLACE,
  { key: "key1", value: "item1", flags: 123, expiry: 555 },
  "replace key1 123 555 5\r\nitem1\r\n",
);
golden(
  text.TEXT_REPLACE,
  { key: "quiet", value: "c", flags: 2, noreply: true },
  "replace quiet 2 0 1 noreply\r\nc\r\n",
);
golden(text.TEXT_APPEND, { key: "key", value: "suffix" }, "append key 0 0 6\r\nsuffix\r\n");
golden(text.TEXT_APPEND, { key: "quiet", value: "d", noreply: true }, "append quiet 0 0 1 noreply\r\nd\r\n");
golden(text.TEXT_PREPEND, { key: "key", value: "prefix" }, "prepend key 0 0 6\r\nprefix\r\n");
golden(text.TEXT_PREPEND, { key: "quiet", value: "e", noreply: true }, "prepend quiet 0 0 1 noreply\r\ne\r\n");
golden(
  text.TEXT_CAS,
  { key: "key", value: "item", flags: 123, expiry: 555, cas: 666n },
  "cas key 123 555 4 666\r\nitem\r\n",
);
golden(
  text.TEXT_CAS,
  { key: "cas-1", value: "x", cas: 2n ** 64n - 1n },
  "cas cas-1 0 0 1 18446744073709551615\r\nx\r\n",
);
golden(
  text.TEXT_CAS,
  { key: "cas-1", value: "cc", flags: 5, expiry: 60, cas: 1n, noreply: true },
  "cas cas-1 5 60 2 1 noreply\r\ncc\r\n",
);
golden(text.TEXT_DELETE, { key: "basic" }, "delete basic\r\n");
golden(text.TEXT_DELETE, { key: "row", noreply: true }, "delete row noreply\r\n");
golden(text.TEXT_INCR, { key: "key", delta: 2 }, "incr key 2\r\n");
golden(text.TEXT_INCR, { key: "num", delta: 2n ** 64n - 1n }, "incr num 18446744073709551615\r\n");
golden(text.TEXT_INCR, { key: "num", delta: 5n, noreply: true }, "incr num 5 noreply\r\n");
golden(text.TEXT_DECR, { key: "row", delta: 0 }, "decr row 0\r\n");
golden(text.TEXT_DECR, { key: "num", delta: 1, noreply: true }, "decr num 1 noreply\r\n");
golden(text.TEXT_TOUCH, { key: "gat-1", expiry: 60 }, "touch gat-1 60\r\n");
golden(text.TEXT_TOUCH, { key: "gat-1", expiry: -1, noreply: true }, "touch gat-1 -1 noreply\r\n");
golden(text.TEXT_FLUSH_ALL, {}, "flush_all\r\n");
golden(text.TEXT_FLUSH_ALL, { delay: 123 }, "flush_all 123\r\n");
golden(text.TEXT_FLUSH_ALL, { delay: 0 }, "flush_all 0\r\n");
golden(text.TEXT_FLUSH_ALL, { delay: 0, noreply: true }, "flush_all 0 noreply\r\n");
golden(text.TEXT_VERSION, {}, "version\r\n");
golden(text.TEXT_QUIT, {}, "quit\r\n");
golden(text.TEXT_VERBOSITY, { level: 1 }, "verbosity 1\r\n");
golden(text.TEXT_VERBOSITY, { level: 0, noreply: true }, "verbosity 0 noreply\r\n");
golden(text.TEXT_STATS, {}, "stats\r\n");
golden(text.TEXT_STATS, { group: "items" }, "stats items\r\n");
golden(text.TEXT_STATS, { group: "detail on" }, "stats detail on\r\n");
golden(text.TEXT_AUTH, { username: "ada", password: "lovelace" }, "set auth 0 0 12\r\nada lovelace\r\n");
golden(text.METADUMP, {}, "lru_crawler metadump all\r\n");
golden(text.METADUMP, { classes: "hash" }, "lru_crawler metadump hash\r\n");
golden(text.METADUMP, { classes: [1, 2] }, "lru_crawler metadump 1,2\r\n");
golden(text.MGDUMP, {}, "lru_crawler mgdump all\r\n");
golden(text.WATCH, { events: ["nothing"] }, "watch nothing\r\n");
golden(text.CONFIG_GET, {}, "config get cluster\r\n");
golden(text.RAW, { line: "slabs automove 1" }, "slabs automove 1\r\n");
golden(text.RAW, { line: "mg mg-1 O7" }, "mg mg-1 O7\r\n");
golden(text.RAW, { line: "ms ms-1 3 F7", value: "abc" }, "ms ms-1 3 F7\r\nabc\r\n");
golden(
  text.RAW,
  { line: "cas cas-1 5 60 2 1 noreply", value: latin1("cc") },
  "cas cas-1 5 60 2 1 noreply\r\ncc\r\n",
);
golden(text.META_NOOP, {}, "mn\r\n");
golden(text.META_GET, { key: "mg-1" }, "mg mg-1\r\n");
golden(text.META_GET, { key: "mg-1", returnValue: true }, "mg mg-1 v\r\n");
golden(text.META_GET, { key: "mg-1", returnHitBefore: true }, "mg mg-1 h\r\n");
golden(text.META_GET, { key: "mg-1", returnFlags: true }, "mg mg-1 f\r\n");
golden(text.META_GET, { key: "mg-1", returnCas: true }, "mg mg-1 c\r\n");
golden(text.META_GET, { key: "mg-1", returnLastAccess: true }, "mg mg-1 l\r\n");
golden(text.META_GET, { key: "mg-1", returnSize: true }, "mg mg-1 s\r\n");
golden(text.META_GET, { key: "mg-1", returnTtl: true }, "mg mg-1 t\r\n");
golden(text.META_GET, { key: "mg-1", returnKey: true }, "mg mg-1 k\r\n");
golden(text.META_GET, { key: "mg-1", opaque: 7 }, "mg mg-1 O7\r\n");
golden(text.META_GET, { key: "mg-1", opaque: latin1("7") }, "mg mg-1 O7\r\n");
golden(
  text.META_GET,
  { key: "mg-1", opaque: "abc.DEF/01234567890123456789012" },
  "mg mg-1 Oabc.DEF/01234567890123456789012\r\n",
);
golden(text.META_GET, { key: "mg-1", quiet: true, returnValue: true }, "mg mg-1 q v\r\n");
golden(text.META_GET, { key: "mg-1", touch: 60 }, "mg mg-1 T60\r\n");
golden(text.META_GET, { key: "mg-1", returnValue: true, noBump: true }, "mg mg-1 v u\r\n");
golden(text.META_GET, { key: "mg-1", vivify: 60 }, "mg mg-1 N60\r\n");
golden(text.META_GET, { key: "mg-1", returnValue: true, extra: ["L", "P/a/b"] }, "mg mg-1 L P/a/b v\r\n");
golden(text.META_GET, { key: "mg-rec", returnValue: true, recache: 30 }, "mg mg-rec v R30\r\n");
golden(text.META_GET, { key: "mg-1", returnValue: true, compareCas: 1n }, "mg mg-1 v C1\r\n");
golden(text.META_GET, { key: "mg-1", newCas: 1n }, "mg mg-1 E1\r\n");
golden(text.META_GET, { key: "ABC".repeat(62), base64: true, returnValue: true }, `mg ${"QUJD".repeat(62)} b v\r\n`);
golden(
  text.META_GET,
  {
    key: "row 1",
    opaque: 7,
    quiet: true,
    returnKey: true,
    returnFlags: true,
    returnCas: true,
    returnValue: true,
    returnHitBefore: true,
    returnLastAccess: true,
    returnSize: true,
    returnTtl: true,
    vivify: 30,
    recache: 10,
    touch: 60,
    noBump: true,
  },
  "mg cm93IDE= O7 b q k N30 T60 f c v h l s t R10 u\r\n",
);
golden(text.META_SET, { key: "ms-1", value: "abc" }, "ms ms-1 3\r\nabc\r\n");
golden(text.META_SET, { key: "ms-1", value: "abc", mode: "set", flags: 0, expiry: 0 }, "ms ms-1 3\r\nabc\r\n");
golden(text.META_SET, { key: "ms-1", value: "abc", expiry: 60 }, "ms ms-1 3 T60\r\nabc\r\n");
golden(
  text.META_SET,
  { key: "ms-1", value: "abc", flags: 4294967295, expiry: -1 },
  "ms ms-1 3 F4294967295 T-1\r\nabc\r\n",
);
golden(text.META_SET, { key: "ms-1", value: "" }, "ms ms-1 0\r\n\r\n");
golden(text.META_SET, { key: "ms-1", value: "abc", returnCas: true }, "ms ms-1 3 c\r\nabc\r\n");
golden(text.META_SET, { key: "ms-1", value: "abc", returnKey: true, opaque: 9 }, "ms ms-1 3 O9 k\r\nabc\r\n");
golden(text.META_SET, { key: "ms-1", value: "abc", returnSize: true }, "ms ms-1 3 s\r\nabc\r\n");
golden(text.META_SET, { key: "ms-1", value: "xyz", mode: "add" }, "ms ms-1 3 ME\r\nxyz\r\n");
golden(text.META_SET, { key: "ms-1", value: "d", mode: "append" }, "ms ms-1 1 MA\r\nd\r\n");
golden(text.META_SET, { key: "ms-1", value: "z", mode: "prepend" }, "ms ms-1 1 MP\r\nz\r\n");
golden(text.META_SET, { key: "ms-1", value: "zabc", mode: "replace" }, "ms ms-1 4 MR\r\nzabc\r\n");
golden(text.META_SET, { key: "ms-viv", value: "x", mode: "append", vivify: 60 }, "ms ms-viv 1 MA N60\r\nx\r\n");
golden(
  text.META_SET,
  { key: "ms-1", value: "x", returnCas: true, compareCas: 2n ** 64n - 1n },
  "ms ms-1 1 c C18446744073709551615\r\nx\r\n",
);
golden(text.META_SET, { key: "ms-1", value: "x", compareCas: 1n, invalidate: true }, "ms ms-1 1 C1 I\r\nx\r\n");
golden(text.META_SET, { key: "ms-1", value: "x", newCas: 5n }, "ms ms-1 1 E5\r\nx\r\n");
golden(
  text.META_SET,
  { key: "\x00\x01\x02\r\n", value: "x", opaque: 3, returnKey: true },
  "ms AAECDQo= 1 O3 b k\r\nx\r\n",
);
golden(text.META_SET, { key: "foo", base64: true, value: "hi" }, "ms Zm9v 2 b\r\nhi\r\n");
golden(
  text.META_SET,
  {
    key: "row 1",
    value: "1234",
    opaque: 7,
    quiet: true,
    returnKey: true,
    returnCas: true,
    flags: 9,
    expiry: 60,
    mode: "add",
  },
  "ms cm93IDE= 4 O7 b q k c F9 T60 ME\r\n1234\r\n",
);
golden(text.META_DELETE, { key: "md-1" }, "md md-1\r\n");
golden(text.META_DELETE, { key: "md-1", opaque: 1, returnKey: true }, "md md-1 O1 k\r\n");
golden(text.META_DELETE, { key: "md-1", compareCas: 999999n }, "md md-1 C999999\r\n");
golden(text.META_DELETE, { key: "md-1", invalidate: true }, "md md-1 I\r\n");
golden(text.META_DELETE, { key: "md-stale", invalidate: true, expiry: 30 }, "md md-stale I T30\r\n");
golden(text.META_DELETE, { key: "md-1", removeValue: true }, "md md-1 x\r\n");
golden(text.META_DELETE, { key: "md-1", newCas: 5n, invalidate: true }, "md md-1 E5 I\r\n");
golden(
  text.META_DELETE,
  { key: "row 1", opaque: 7, quiet: true, returnKey: true, compareCas: 1n, invalidate: true, expiry: 30 },
  "md cm93IDE= O7 b q k C1 I T30\r\n",
);
golden(text.META_ARITHMETIC, { key: "ma-1" }, "ma ma-1\r\n");
golden(text.META_ARITHMETIC, { key: "ma-1", returnValue: true, vivify: 0, initial: 10 }, "ma ma-1 N0 v J10\r\n");
golden(text.META_ARITHMETIC, { key: "ma-1", returnValue: true, delta: 5n }, "ma ma-1 v D5\r\n");
golden(text.META_ARITHMETIC, { key: "ma-1", returnValue: true, delta: 2, mode: "decrement" }, "ma ma-1 v D2 MD\r\n");
golden(text.META_ARITHMETIC, { key: "ma-1", mode: "increment" }, "ma ma-1\r\n");
golden(
  text.META_ARITHMETIC,
  { key: "ma-1", returnCas: true, returnValue: true, returnTtl: true, expiry: 60 },
  "ma ma-1 T60 c v t\r\n",
);
golden(
  text.META_ARITHMETIC,
  { key: "ma-2", vivify: 60, initial: 2n ** 64n - 1n },
  "ma ma-2 N60 J18446744073709551615\r\n",
);
golden(text.META_ARITHMETIC, { key: "ma-1", newCas: 5n }, "ma ma-1 E5\r\n");
golden(
  text.META_ARITHMETIC,
  {
    key: "row 1",
    opaque: 7,
    quiet: true,
    returnKey: true,
    returnCas: true,
    returnValue: true,
    returnTtl: true,
    vivify: 60,
    initial: 5,
    delta: 2,
    expiry: 90,
    mode: "decrement",
    compareCas: 1n,
  },
  "ma cm93IDE= O7 b q k N60 T90 c v t J5 D2 MD C1\r\n",
);
golden(text.META_DEBUG, { key: "me-1" }, "me me-1\r\n");
golden(text.META_DEBUG, { key: "me-2", base64: true }, "me bWUtMg== b\r\n");

/** All that was sent to a server, and all that others have written down: several commands may stand in one text. */
const SENT = [
  ...TEXT_RECORDED.flatMap(({ steps }) => steps.map(({ send }) => send)),
  ...TEXT_SEEDS.map(({ send }) => send ?? ""),
];

for (const [op, request, line] of cases) {
  test(`${op.name} is written as ${JSON.stringify(line.slice(0, 80))}`, () => {
    const out = new TextWriter();
    op.write(out, request as never);
    assertEquals(out.size, line.length);
    assertEquals(fromLatin1(out.take()[0]!), line);
    const proven = SENT.some((sent) => sent === line || sent.startsWith(line) || sent.includes(`\r\n${line}`));
    assert(proven, "No server was ever sent this");
  });
}

test("every row of the package is among the golden commands", () => {
  const rows = Object.values(text).filter((value) => typeof value === "object" && value !== null && "write" in value);
  assertEquals(rows.length, 31);
  for (const row of rows) assert(cases.some(([op]) => op === row), (row as TextOp<never>).name);
});

test("commands stand one behind the other in one slab", () => {
  const out = new TextWriter();
  for (const [op, request] of cases) op.write(out, request as never);
  assertEquals(fromLatin1(out.take()[0]!), cases.map(([, , line]) => line).join(""));
});
