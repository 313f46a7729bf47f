/** Every change of a body, with its status or the whole text that comes of it. */

import { assertEquals } from "@std/assert";
import {
  PathFlag,
  SUBDOC_ARRAY_ADD_UNIQUE,
  SUBDOC_ARRAY_INSERT,
  SUBDOC_ARRAY_PUSH_FIRST,
  SUBDOC_ARRAY_PUSH_LAST,
  SUBDOC_COUNTER,
  SUBDOC_DELETE,
  SUBDOC_DICT_ADD,
  SUBDOC_DICT_UPSERT,
  SUBDOC_REPLACE,
} from "../../../src/ops/subdoc.ts";
import { mutateOne } from "../../../src/server/subdoc/mutate.ts";
import { Status, type StatusName } from "../../../src/wire/status.ts";
import { test } from "../../support/test.ts";
import { documentOf, spec, text } from "./support.ts";

type Becomes = { readonly body: string; readonly gives?: string } | StatusName;
type Row = readonly [body: string, path: string, value: string | undefined, becomes: Becomes, pathFlags?: number];

const P = PathFlag.MKDIR_P;
const ODD = '{ "n" : 9007199254740993.10 ,\n"z":1, "a" : [ 1,2 ] }';
const MAX = "9223372036854775807";
const MIN = "-9223372036854775808";

const DICT_ADD: readonly Row[] = [
  ["{}", "a", "1", { body: '{"a":1}' }],
  ['{"a":1}', "b", '{"c": 2}', { body: '{"a":1,"b":{"c": 2}}' }],
  [ODD, "b", "true", { body: '{ "n" : 9007199254740993.10 ,\n"z":1, "a" : [ 1,2 ] ,"b":true}' }],
  ['{"a":{}}', "a.`x.y`", "1", { body: '{"a":{"x.y":1}}' }],
  ["{}", '\\"q', "1", { body: '{"\\"q":1}' }],
  ["{}", "`a``b`", "1", { body: '{"a`b":1}' }],
  ['{"a":1}', "a", "2", "SUBDOC_PATH_EEXISTS"],
  ["{}", "a.b", "1", "SUBDOC_PATH_ENOENT"],
  ["{}", "a.b", "1", { body: '{"a":{"b":1}}' }, P],
  ['{"x":0}', "a.b.c", "1", { body: '{"x":0,"a":{"b":{"c":1}}}' }, P],
  ['{"x":[{}]}', "x[0].a.b", "1", { body: '{"x":[{"a":{"b":1}}]}' }, P],
  ["{}", "a[0].b", "1", "SUBDOC_PATH_ENOENT", P],
  ['{"a":[]}', "a[0].b", "1", "SUBDOC_PATH_ENOENT", P],
  ['{"a":[1]}', "a[0]", "1", "SUBDOC_PATH_EINVAL"],
  ['{"a":[1]}', "a[-1]", "1", "SUBDOC_PATH_EINVAL"],
  ["[]", "a", "1", "SUBDOC_PATH_MISMATCH"],
  ['{"a":1}', "a.b", "1", "SUBDOC_PATH_MISMATCH", P],
  ["{}", "a", "nope", "SUBDOC_VALUE_CANTINSERT"],
  ["{}", "a", "1,2", "SUBDOC_VALUE_CANTINSERT"],
  ["{}", "a", '1,"b":2', "SUBDOC_VALUE_CANTINSERT"],
  ["{}", "a", " ", "SUBDOC_VALUE_CANTINSERT"],
  ["{}", "a", '{"b"}', "SUBDOC_VALUE_CANTINSERT"],
  ["{}", "a", "[".repeat(32) + "]".repeat(32), { body: `{"a":${"[".repeat(32)}${"]".repeat(32)}}` }],
  ["{}", "a", "[".repeat(33) + "]".repeat(33), "SUBDOC_VALUE_ETOODEEP"],
  ["{}", "a", undefined, "EINVAL"],
  ["{}", "", "1", "EINVAL"],
  ["{}", "a.", "1", "SUBDOC_PATH_EINVAL"],
  ["{", "a", "1", "SUBDOC_DOC_NOTJSON"],
];

const DICT_UPSERT: readonly Row[] = [
  ["{}", "a", "1", { body: '{"a":1}' }],
  ['{"a": 1 , "b":2}', "a", "[]", { body: '{"a": [] , "b":2}' }],
  ['{"a":3}', "b", "[1,2]", { body: '{"a":3,"b":[1,2]}' }],
  ['{"a":{"b":1}}', "a.b", "null", { body: '{"a":{"b":null}}' }],
  [ODD, "z", "-0", { body: '{ "n" : 9007199254740993.10 ,\n"z":-0, "a" : [ 1,2 ] }' }],
  ["{}", "a.b", "1", "SUBDOC_PATH_ENOENT"],
  ["{}", "a.b", "1", { body: '{"a":{"b":1}}' }, P],
  ["[1]", "[0]", "2", "SUBDOC_PATH_EINVAL"],
];

const REPLACE: readonly Row[] = [
  ['{"a":1,"b":2}', "a", '"x"', { body: '{"a":"x","b":2}' }],
  ["[1, 2]", "[0]", "3", { body: "[3, 2]" }],
  ["[1, 2 ]", "[-1]", "3", { body: "[1, 3 ]" }],
  ["{}", "a", "1", "SUBDOC_PATH_ENOENT"],
  ["{}", "a", "1", "EINVAL", P],
  ["[1]", "[0]", "2,3", "SUBDOC_VALUE_CANTINSERT"],
];

const DELETE: readonly Row[] = [
  ['{"a":1}', "a", undefined, { body: "{}" }],
  ['{"a":1, "b":2}', "a", undefined, { body: '{ "b":2}' }],
  ['{"a":1 , "b":2 }', "b", undefined, { body: '{"a":1  }' }],
  ['{"a":1,"b":2,"c":3}', "b", undefined, { body: '{"a":1,"c":3}' }],
  ["[1, 2, 3]", "[0]", undefined, { body: "[ 2, 3]" }],
  ["[1, 2, 3]", "[1]", undefined, { body: "[1,  3]" }],
  ["[1, 2, 3]", "[-1]", undefined, { body: "[1, 2]" }],
  ["[ 1 ]", "[-1]", undefined, { body: "[  ]" }],
  ['{"a":{"b":{}}}', "a.b", undefined, { body: '{"a":{}}' }],
  ["{}", "a", undefined, "SUBDOC_PATH_ENOENT"],
  ['{"a":1}', "a[0]", undefined, "SUBDOC_PATH_MISMATCH"],
  ["{}", "", undefined, "EINVAL"],
  ['{"a":1}', "a", "1", "EINVAL"],
];

const PUSH_LAST: readonly Row[] = [
  ["[]", "", "1", { body: "[1]" }],
  ["[1]", "", "2,3", { body: "[1,2,3]" }],
  ['{"a":[ 1 ]}', "a", '{"b": []}', { body: '{"a":[ 1 ,{"b": []}]}' }],
  ["[[1],[2]]", "[-1]", "3", { body: "[[1],[2,3]]" }],
  ["{}", "a", "1", "SUBDOC_PATH_ENOENT"],
  ["{}", "a", "1,2", { body: '{"a":[1,2]}' }, P],
  ['{"x":1}', "a.b", "1", { body: '{"x":1,"a":{"b":[1]}}' }, P],
  ["[]", "[0]", "1", "SUBDOC_PATH_ENOENT", P],
  ["{}", "", "1", "SUBDOC_PATH_MISMATCH"],
  ['{"a":"text"}', "a", "1", "SUBDOC_PATH_MISMATCH"],
  ['{"a":[]}', "a", "1,", "SUBDOC_VALUE_CANTINSERT"],
  ['{"a":[]}', "a", "1],[2", "SUBDOC_VALUE_CANTINSERT"],
  ['{"a":[]}', "a", " ", "SUBDOC_VALUE_CANTINSERT"],
  ["[]", "", "[".repeat(32) + "]".repeat(32), { body: "[".repeat(33) + "]".repeat(33) }],
  ["[]", "", "[".repeat(33) + "]".repeat(33), "SUBDOC_VALUE_ETOODEEP"],
];

const PUSH_FIRST: readonly Row[] = [
  ["[]", "", "1", { body: "[1]" }],
  ["[ 3]", "", "1, 2", { body: "[ 1, 2,3]" }],
  ['{"a":[2]}', "a", "1", { body: '{"a":[1,2]}' }],
  ["{}", "a", "1", "SUBDOC_PATH_ENOENT"],
  ["{}", "a", "1", { body: '{"a":[1]}' }, P],
  ["{}", "", "1", "SUBDOC_PATH_MISMATCH"],
];

const ARRAY_INSERT: readonly Row[] = [
  ["[1,2,4]", "[2]", "3", { body: "[1,2,3,4]" }],
  ["[1]", "[0]", "-1,0", { body: "[-1,0,1]" }],
  ["[1]", "[1]", "2", { body: "[1,2]" }],
  ["[]", "[0]", "1", { body: "[1]" }],
  ['{"a":[[1]]}', "a[0][1]", "2", { body: '{"a":[[1,2]]}' }],
  ["[1]", "[2]", "3", "SUBDOC_PATH_ENOENT"],
  ["{}", "a[0]", "1", "SUBDOC_PATH_ENOENT"],
  ["[[]]", "[1][0]", "1", "SUBDOC_PATH_ENOENT"],
  ["[1]", "[-1]", "0", "SUBDOC_PATH_EINVAL"],
  ['{"a":[]}', "a", "0", "SUBDOC_PATH_EINVAL"],
  ["{}", "[0]", "0", "SUBDOC_PATH_MISMATCH"],
  ["[]", "[0]", "blah", "SUBDOC_VALUE_CANTINSERT"],
  ["[]", "", "1", "EINVAL"],
  ["[]", "[0]", "1", "EINVAL", P],
];

const ADD_UNIQUE: readonly Row[] = [
  ["[]", "", "1", { body: "[1]" }],
  ['{"a":["23"]}', "a", "1234", { body: '{"a":["23",1234]}' }],
  ['[1,"1",true,null]', "", "1.0", { body: '[1,"1",true,null,1.0]' }],
  ["{}", "a", '"x"', { body: '{"a":["x"]}' }, P],
  ["[ 1 , 2 ]", "", " 2 ", "SUBDOC_PATH_EEXISTS"],
  ['["a"]', "", '"a"', "SUBDOC_PATH_EEXISTS"],
  ["[null]", "", "null", "SUBDOC_PATH_EEXISTS"],
  ["[[]]", "", "1", "SUBDOC_PATH_MISMATCH"],
  ["[{}]", "", "1", "SUBDOC_PATH_MISMATCH"],
  ["{}", "", "1", "SUBDOC_PATH_MISMATCH"],
  ["[]", "", "{}", "SUBDOC_VALUE_CANTINSERT"],
  ["[]", "", "[1]", "SUBDOC_VALUE_CANTINSERT"],
  ["[]", "", "1,2", "SUBDOC_VALUE_CANTINSERT"],
  ["{}", "a", "1", "SUBDOC_PATH_ENOENT"],
];

const COUNTER: readonly Row[] = [
  ["{}", "c", "1", { body: '{"c":1}', gives: "1" }],
  ['{"c": 1 }', "c", "-101", { body: '{"c": -100 }', gives: "-100" }],
  ["[-20]", "[0]", "1", { body: "[-19]", gives: "-19" }],
  ['{"c":-0}', "c", "5", { body: '{"c":5}', gives: "5" }],
  ['{"c":0}', "c", MAX, { body: `{"c":${MAX}}`, gives: MAX }],
  ['{"c":0}', "c", MIN, { body: `{"c":${MIN}}`, gives: MIN }],
  ['{"c":9223372036854775806}', "c", "1", { body: `{"c":${MAX}}`, gives: MAX }],
  [`{"c":${MIN}}`, "c", MAX, { body: '{"c":-1}', gives: "-1" }],
  [`{"c":${MAX}}`, "c", "1", "SUBDOC_VALUE_CANTINSERT"],
  [`{"c":${MIN}}`, "c", "-1", "SUBDOC_VALUE_CANTINSERT"],
  ['{"c":9223372036854775808}', "c", "-1", "SUBDOC_NUM_ERANGE"],
  [`{"c":${"9".repeat(500)}}`, "c", "1", "SUBDOC_NUM_ERANGE"],
  ['{"c":1.5}', "c", "1", "SUBDOC_PATH_MISMATCH"],
  ['{"c":1e3}', "c", "1", "SUBDOC_PATH_MISMATCH"],
  ['{"c":"1"}', "c", "1", "SUBDOC_PATH_MISMATCH"],
  ['{"c":[]}', "c", "1", "SUBDOC_PATH_MISMATCH"],
  ['{"c":null}', "c", "1", "SUBDOC_PATH_MISMATCH"],
  ["{}", "a.c", "1", "SUBDOC_PATH_ENOENT"],
  ["{}", "a.c", "7", { body: '{"a":{"c":7}}', gives: "7" }, P],
  ["[]", "[0]", "1", "SUBDOC_PATH_ENOENT", P],
  ...[
    "0",
    "-0",
    "01",
    "-01",
    "+1",
    "1.0",
    "1e2",
    "x",
    "-",
    " 1",
    "1 ",
    "43f",
    "9223372036854775808",
    `-${"9".repeat(99)}`,
  ]
    .map((delta): Row => ['{"c":1}', "c", delta, "SUBDOC_DELTA_EINVAL"]),
];

const TABLES = [
  { op: SUBDOC_DICT_ADD, rows: DICT_ADD },
  { op: SUBDOC_DICT_UPSERT, rows: DICT_UPSERT },
  { op: SUBDOC_REPLACE, rows: REPLACE },
  { op: SUBDOC_DELETE, rows: DELETE },
  { op: SUBDOC_ARRAY_PUSH_LAST, rows: PUSH_LAST },
  { op: SUBDOC_ARRAY_PUSH_FIRST, rows: PUSH_FIRST },
  { op: SUBDOC_ARRAY_INSERT, rows: ARRAY_INSERT },
  { op: SUBDOC_ARRAY_ADD_UNIQUE, rows: ADD_UNIQUE },
  { op: SUBDOC_COUNTER, rows: COUNTER },
];

for (const { op, rows } of TABLES) {
  for (const [body, path, value = "", becomes, flags] of rows) {
    const expected = typeof becomes === "string" ? becomes : becomes.body.slice(0, 60);
    const name = `${op.name} ${path}${flags === P ? " (path)" : ""} ${value.slice(0, 30)}`;
    test(`${name} in ${JSON.stringify(body.slice(0, 40))}: ${JSON.stringify(expected)}`, () => {
      const document = documentOf(body);
      const answer = mutateOne(document, spec(op, path, value, flags));
      assertEquals(text(document.body), body);
      if (typeof becomes === "string") {
        assertEquals(answer.status, Status[becomes]);
        assertEquals(answer.write, undefined);
        return;
      }
      assertEquals(answer.status, Status.SUCCESS);
      assertEquals(text(answer.value), becomes.gives ?? "");
      assertEquals(text(answer.write!.document.body), becomes.body);
      JSON.parse(becomes.body);
    });
  }
}

test("a body that is no JSON is not changed, even where a path leads into it", () => {
  const document = documentOf('{"a":1} and more', {}, { isJson: false });
  assertEquals(mutateOne(document, spec(SUBDOC_REPLACE, "a", "2")).status, Status.SUBDOC_DOC_NOTJSON);
});

test("a value that is not UTF-8 cannot be put, alone or among others", () => {
  const value = Uint8Array.of(0x22, 0xc3, 0x28, 0x22);
  const member = { ...spec(SUBDOC_DICT_UPSERT, "a"), value };
  const element = { ...spec(SUBDOC_ARRAY_PUSH_LAST, ""), value };
  assertEquals(mutateOne(documentOf("{}"), member).status, Status.SUBDOC_VALUE_CANTINSERT);
  assertEquals(mutateOne(documentOf("[]"), element).status, Status.SUBDOC_VALUE_CANTINSERT);
});
