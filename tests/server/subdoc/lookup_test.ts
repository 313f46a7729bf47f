import { assertEquals } from "@std/assert";
import { GET } from "../../../src/ops/retrieval.ts";
import { DocumentFlag, PathFlag, SUBDOC_EXISTS, SUBDOC_GET, SUBDOC_GET_COUNT } from "../../../src/ops/subdoc.ts";
import { lookup, lookupOne } from "../../../src/server/subdoc/lookup.ts";
import { Status, type StatusName } from "../../../src/wire/status.ts";
import { test } from "../../support/test.ts";
import { bytes, documentOf, spec, text, tombstoneOf } from "./support.ts";

type Answer = { readonly gives: string } | StatusName;
type Row = readonly [op: { readonly opcode: number }, body: string, path: string, answer: Answer];

const DEEP = `{"a":${"[".repeat(40)}${"]".repeat(40)}}`;

const ROWS: readonly Row[] = [
  [SUBDOC_GET, '{"a":1}', "a", { gives: "1" }],
  [SUBDOC_GET, '{ "a" : { "b" : [ 1 , {"c": "x" } ] } }', "a.b[1]", { gives: '{"c": "x" }' }],
  [SUBDOC_GET, '{"n":12345678901234567890.10}', "n", { gives: "12345678901234567890.10" }],
  [SUBDOC_GET, "[1,2, 3 ]", "[-1]", { gives: "3" }],
  [SUBDOC_GET, "[[1],[2,[3]]]", "[-1][-1][-1]", { gives: "3" }],
  [SUBDOC_GET, "[]", "[-1]", "SUBDOC_PATH_ENOENT"],
  [SUBDOC_GET, '{"a":1}', "b", "SUBDOC_PATH_ENOENT"],
  [SUBDOC_GET, '{"a":1}', "b.c.d", "SUBDOC_PATH_ENOENT"],
  [SUBDOC_GET, "[1]", "[1]", "SUBDOC_PATH_ENOENT"],
  [SUBDOC_GET, '{"a":1}', "a.b", "SUBDOC_PATH_MISMATCH"],
  [SUBDOC_GET, '{"a":{}}', "a[0]", "SUBDOC_PATH_MISMATCH"],
  [SUBDOC_GET, '{"a":{}}', "a[-1]", "SUBDOC_PATH_MISMATCH"],
  [SUBDOC_GET, "[1]", "a", "SUBDOC_PATH_MISMATCH"],
  [SUBDOC_GET, '"text"', "a", "SUBDOC_PATH_MISMATCH"],
  [SUBDOC_GET, '{"a":1,"a":2}', "a", { gives: "1" }],
  [SUBDOC_GET, '{"\\u0061b":1}', "ab", { gives: "1" }],
  [SUBDOC_GET, '{"q\\"":1}', '`q\\"`', { gives: "1" }],
  [SUBDOC_GET, '{"a.b":1,"a":{"b":2}}', "`a.b`", { gives: "1" }],
  [SUBDOC_GET, '{"é":1}', "é", { gives: "1" }],
  [SUBDOC_GET, '{"a":}', "a", "SUBDOC_DOC_NOTJSON"],
  [SUBDOC_GET, '{"a":1', "b", "SUBDOC_DOC_NOTJSON"],
  [SUBDOC_GET, "{a:1}", "a", "SUBDOC_DOC_NOTJSON"],
  [SUBDOC_GET, "nonsense", "a", "SUBDOC_DOC_NOTJSON"],
  [SUBDOC_GET, '{"a" 1}', "a", "SUBDOC_DOC_NOTJSON"],
  [SUBDOC_GET, '{"a":1 "b":2}', "b", "SUBDOC_DOC_NOTJSON"],
  [SUBDOC_GET, DEEP, "a", "SUBDOC_DOC_E2DEEP"],
  [SUBDOC_GET, DEEP, "b", "SUBDOC_DOC_E2DEEP"],
  [SUBDOC_GET, '{"a":1}', "a..b", "SUBDOC_PATH_EINVAL"],
  [SUBDOC_GET, '{"a":1}', "a.".repeat(40) + "a", "SUBDOC_PATH_E2BIG"],
  [SUBDOC_GET, '{"a":1}', "a".repeat(1025), "SUBDOC_PATH_E2BIG"],
  [SUBDOC_GET, '{"a":1}', "", "EINVAL"],
  [SUBDOC_EXISTS, '{"a":null}', "a", { gives: "" }],
  [SUBDOC_EXISTS, '{"a":null}', "b", "SUBDOC_PATH_ENOENT"],
  [SUBDOC_EXISTS, '{"a":null}', "a.b", "SUBDOC_PATH_MISMATCH"],
  [SUBDOC_EXISTS, '{"a":null}', "", "EINVAL"],
  [SUBDOC_GET_COUNT, '{"a":[1,[2,3],{}]}', "a", { gives: "3" }],
  [SUBDOC_GET_COUNT, '{"a":[ ],"b":2}', "a", { gives: "0" }],
  [SUBDOC_GET_COUNT, '{"a":[],"b":2}', "", { gives: "2" }],
  [SUBDOC_GET_COUNT, "[1,2]", "", { gives: "2" }],
  [SUBDOC_GET_COUNT, "[1,2] 3", "", "SUBDOC_DOC_NOTJSON"],
  [SUBDOC_GET_COUNT, '{"a":1}', "a", "SUBDOC_PATH_MISMATCH"],
  [SUBDOC_GET_COUNT, "5", "", "SUBDOC_PATH_MISMATCH"],
  [SUBDOC_GET_COUNT, '{"a":1}', "b", "SUBDOC_PATH_ENOENT"],
];

const NAMES = new Map([[SUBDOC_GET, "GET"], [SUBDOC_EXISTS, "EXISTS"], [SUBDOC_GET_COUNT, "GET_COUNT"]]) as Map<
  unknown,
  string
>;

for (const [op, body, path, answer] of ROWS) {
  const expected = typeof answer === "string" ? answer : JSON.stringify(answer.gives);
  test(`lookup: ${NAMES.get(op)} ${path.slice(0, 40)} of ${body.slice(0, 40)} is ${expected}`, () => {
    const { status, value } = lookupOne(documentOf(body), spec(op, path));
    assertEquals(status, typeof answer === "string" ? Status[answer] : Status.SUCCESS);
    assertEquals(text(value), typeof answer === "string" ? "" : answer.gives);
  });
}

test("lookup answers every spec in its place, whichever fail", () => {
  const { status, results } = lookup(documentOf('{"a":1,"b":[2]}'), [
    spec(SUBDOC_GET, "x"),
    spec(SUBDOC_GET, "b"),
    spec(SUBDOC_GET, "a["),
    spec(GET, ""),
    spec(SUBDOC_EXISTS, "a"),
    spec(SUBDOC_GET_COUNT, "b"),
  ]);
  assertEquals(status, Status.SUBDOC_MULTI_PATH_FAILURE);
  assertEquals(results.map(({ index, status, value }) => [index, status, text(value)]), [
    [0, Status.SUBDOC_PATH_ENOENT, ""],
    [1, Status.SUCCESS, "[2]"],
    [2, Status.SUBDOC_PATH_EINVAL, ""],
    [3, Status.SUCCESS, '{"a":1,"b":[2]}'],
    [4, Status.SUCCESS, ""],
    [5, Status.SUCCESS, "1"],
  ]);
});

test("lookup of the whole document takes any value, and no path does", () => {
  const document = documentOf("not { json", {}, { isJson: false });
  const { status, results } = lookup(document, [spec(GET, ""), spec(SUBDOC_GET, "a")]);
  assertEquals(status, Status.SUBDOC_MULTI_PATH_FAILURE);
  assertEquals(text(results[0]!.value), "not { json");
  assertEquals(results[1]!.status, Status.SUBDOC_DOC_NOTJSON);
});

test("lookup of an empty whole document is a missing path", () => {
  const { results } = lookup(documentOf("", {}, { isJson: false }), [spec(GET, "")]);
  assertEquals(results[0]!.status, Status.SUBDOC_PATH_ENOENT);
});

test("lookup sees a tombstone only when it asks for one, and says that it is one", () => {
  const tombstone = tombstoneOf({ _sync: '{"rev":1}' });
  const documentFlags = DocumentFlag.ACCESS_DELETED;
  const rev = spec(SUBDOC_GET, "_sync.rev", undefined, PathFlag.XATTR);
  const gone = spec(SUBDOC_GET, "_sync.x", undefined, PathFlag.XATTR);
  assertEquals(lookup(tombstone, [rev]), { status: Status.KEY_ENOENT, results: [] });
  assertEquals(lookup(tombstone, [rev], { documentFlags }), {
    status: Status.SUBDOC_SUCCESS_DELETED,
    results: [{ index: 0, status: Status.SUCCESS, value: bytes("1") }],
  });
  assertEquals(lookup(tombstone, [rev, gone], { documentFlags }).status, Status.SUBDOC_MULTI_PATH_FAILURE_DELETED);
  assertEquals(lookupOne(tombstone, rev, { documentFlags }).status, Status.SUBDOC_SUCCESS_DELETED);
  assertEquals(lookupOne(tombstone, gone, { documentFlags }).status, Status.SUBDOC_PATH_ENOENT);
  assertEquals(lookup(documentOf("{}", { _sync: '{"rev":1}' }), [rev], { documentFlags }).status, Status.SUCCESS);
});

test("lookup of no document, or one of another version, is refused", () => {
  const specs = [spec(SUBDOC_GET, "a")];
  assertEquals(lookup(undefined, specs).status, Status.KEY_ENOENT);
  assertEquals(lookup(documentOf('{"a":1}'), specs, { cas: 8n }).status, Status.KEY_EEXISTS);
  assertEquals(lookup(documentOf('{"a":1}'), specs, { cas: 7n }).status, Status.SUCCESS);
});
