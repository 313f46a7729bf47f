/** What a change does to a document as a whole: make it, delete it, bring it back, all or none. */

import { assertEquals } from "@std/assert";
import { DELETE, SET } from "../../../src/ops/storage.ts";
import {
  DocumentFlag,
  PathFlag,
  SUBDOC_ARRAY_PUSH_LAST,
  SUBDOC_COUNTER,
  SUBDOC_DELETE,
  SUBDOC_DICT_ADD,
  SUBDOC_DICT_UPSERT,
  SUBDOC_REPLACE,
} from "../../../src/ops/subdoc.ts";
import type { SubdocSpec } from "../../../src/ops/subdoc_multi.ts";
import type { SubdocDocument } from "../../../src/server/subdoc/document.ts";
import { mutate, mutateOne } from "../../../src/server/subdoc/mutate.ts";
import type { SubdocMutateOptions } from "../../../src/server/subdoc/options.ts";
import { Status, type StatusName } from "../../../src/wire/status.ts";
import { test } from "../../support/test.ts";
import { documentOf, spec, text, tombstoneOf, xattrsOf } from "./support.ts";

const { MKDOC, ADD, ACCESS_DELETED, CREATE_AS_DELETED, REVIVE_DOCUMENT } = DocumentFlag;
const X = PathFlag.XATTR;
const put = spec(SUBDOC_DICT_UPSERT, "a", "1");
const xput = spec(SUBDOC_DICT_UPSERT, "_x", "1", X);
const whole = spec(SET, "", '{"w":1}');

interface Case {
  readonly name: string;
  readonly document?: SubdocDocument;
  readonly specs: readonly SubdocSpec[];
  readonly flags: number;
  readonly options?: SubdocMutateOptions;
  readonly status: StatusName;
  /** What comes of it: body, attributes, whether it is a tombstone. */
  readonly becomes?: readonly [body: string, xattrs: Record<string, string>, deleted: boolean];
}

const ALIVE = documentOf('{"old":1}', { _s: "1", user: "2" });
const DEAD = tombstoneOf({ _s: "1" });

const CASES: readonly Case[] = [
  { name: "no document", specs: [put], flags: 0, status: "KEY_ENOENT" },
  { name: "MKDOC makes an object", specs: [put], flags: MKDOC, status: "SUCCESS", becomes: ['{"a":1}', {}, false] },
  { name: "ADD makes an object", specs: [put], flags: ADD, status: "SUCCESS", becomes: ['{"a":1}', {}, false] },
  {
    name: "MKDOC makes the way",
    specs: [spec(SUBDOC_DICT_ADD, "a.b", "1")],
    flags: MKDOC,
    status: "SUCCESS",
    becomes: ['{"a":{"b":1}}', {}, false],
  },
  {
    name: "MKDOC makes an array for an empty path",
    specs: [spec(SUBDOC_ARRAY_PUSH_LAST, "", "1,2")],
    flags: MKDOC,
    status: "SUCCESS",
    becomes: ["[1,2]", {}, false],
  },
  {
    name: "MKDOC for an attribute makes an empty object",
    specs: [xput],
    flags: MKDOC,
    status: "SUCCESS",
    becomes: ["{}", { _x: "1" }, false],
  },
  {
    name: "MKDOC makes an array behind an attribute",
    specs: [xput, spec(SUBDOC_ARRAY_PUSH_LAST, "", "1")],
    flags: MKDOC,
    status: "SUCCESS",
    becomes: ["[1]", { _x: "1" }, false],
  },
  { name: "MKDOC with a whole body", specs: [whole], flags: MKDOC, status: "SUCCESS", becomes: ['{"w":1}', {}, false] },
  {
    name: "MKDOC changes what is there",
    document: ALIVE,
    specs: [put],
    flags: MKDOC,
    status: "SUCCESS",
    becomes: ['{"old":1,"a":1}', { _s: "1", user: "2" }, false],
  },
  {
    name: "MKDOC of a path that cannot be",
    specs: [spec(SUBDOC_DICT_ADD, "[0]", "1")],
    flags: MKDOC,
    status: "SUBDOC_MULTI_PATH_FAILURE",
  },
  { name: "MKDOC with a CAS and no document", specs: [put], flags: MKDOC, options: { cas: 7n }, status: "KEY_ENOENT" },
  { name: "ADD of what is there", document: ALIVE, specs: [put], flags: ADD, status: "KEY_EEXISTS" },
  { name: "another CAS", document: ALIVE, specs: [put], flags: 0, options: { cas: 8n }, status: "KEY_EEXISTS" },
  {
    name: "the same CAS",
    document: ALIVE,
    specs: [spec(SUBDOC_REPLACE, "old", "2")],
    flags: 0,
    options: { cas: 7n },
    status: "SUCCESS",
    becomes: ['{"old":2}', { _s: "1", user: "2" }, false],
  },
  { name: "a tombstone unseen", document: DEAD, specs: [xput], flags: 0, status: "KEY_ENOENT" },
  {
    name: "ADD over a tombstone unseen",
    document: DEAD,
    specs: [put],
    flags: ADD,
    status: "SUCCESS",
    becomes: ['{"a":1}', {}, false],
  },
  {
    name: "ADD over a tombstone seen",
    document: DEAD,
    specs: [xput],
    flags: ADD | ACCESS_DELETED,
    status: "KEY_EEXISTS",
  },
  {
    name: "a tombstone seen",
    document: DEAD,
    specs: [xput],
    flags: ACCESS_DELETED,
    status: "SUBDOC_SUCCESS_DELETED",
    becomes: ["", { _s: "1", _x: "1" }, true],
  },
  {
    name: "a body of a tombstone",
    document: DEAD,
    specs: [whole],
    flags: ACCESS_DELETED,
    status: "SUBDOC_DELETED_DOC_CANT_HAVE_VALUE",
  },
  {
    name: "CREATE_AS_DELETED makes a tombstone",
    specs: [xput],
    flags: CREATE_AS_DELETED | ADD,
    status: "SUBDOC_SUCCESS_DELETED",
    becomes: ["", { _x: "1" }, true],
  },
  {
    name: "CREATE_AS_DELETED over a tombstone seen",
    document: DEAD,
    specs: [xput],
    flags: CREATE_AS_DELETED | MKDOC | ACCESS_DELETED,
    status: "SUBDOC_SUCCESS_DELETED",
    becomes: ["", { _s: "1", _x: "1" }, true],
  },
  {
    name: "CREATE_AS_DELETED with a body",
    specs: [xput, whole],
    flags: CREATE_AS_DELETED | MKDOC,
    status: "SUBDOC_DELETED_DOC_CANT_HAVE_VALUE",
  },
  {
    name: "REVIVE_DOCUMENT brings a tombstone back",
    document: DEAD,
    specs: [xput, whole],
    flags: REVIVE_DOCUMENT | ACCESS_DELETED,
    status: "SUCCESS",
    becomes: ['{"w":1}', { _s: "1", _x: "1" }, false],
  },
  {
    name: "REVIVE_DOCUMENT of what is alive",
    document: ALIVE,
    specs: [put],
    flags: REVIVE_DOCUMENT | ACCESS_DELETED,
    status: "SUBDOC_CAN_ONLY_REVIVE_DELETED",
  },
  { name: "REVIVE_DOCUMENT of nothing", specs: [put], flags: REVIVE_DOCUMENT | ACCESS_DELETED, status: "KEY_ENOENT" },
  {
    name: "a deletion keeps system attributes",
    document: ALIVE,
    specs: [xput, spec(DELETE, "")],
    flags: 0,
    status: "SUCCESS",
    becomes: ["", { _s: "1", _x: "1" }, true],
  },
  {
    name: "a deletion of a tombstone",
    document: DEAD,
    specs: [spec(DELETE, "")],
    flags: ACCESS_DELETED,
    status: "SUBDOC_SUCCESS_DELETED",
    becomes: ["", { _s: "1" }, true],
  },
];

for (const { name, document, specs, flags, options, status, becomes } of CASES) {
  test(`mutate: ${name}: ${status}`, () => {
    const answer = mutate(document, specs, { ...options, documentFlags: flags });
    assertEquals(answer.status, Status[status]);
    const made = answer.write?.document;
    assertEquals(made && [text(made.body), xattrsOf(made), made.deleted], becomes && [...becomes]);
    if (made === undefined) return;
    assertEquals(made.revision, (document?.revision ?? 0n) + 1n);
    assertEquals(made.isJson, made.body.length > 0);
  });
}

test("mutateOne says of one path what mutate says of many", () => {
  const documentFlags = ACCESS_DELETED;
  assertEquals(mutateOne(DEAD, xput, { documentFlags }).status, Status.SUBDOC_SUCCESS_DELETED);
  assertEquals(mutateOne(DEAD, put, { documentFlags }).status, Status.SUBDOC_DOC_NOTJSON);
  assertEquals(mutateOne(ALIVE, spec(SUBDOC_DELETE, "x")).status, Status.SUBDOC_PATH_ENOENT);
  assertEquals(mutateOne(undefined, put).status, Status.KEY_ENOENT);
});

test("mutate changes all or none, and names the first path that failed", () => {
  const specs = [
    spec(SUBDOC_DICT_UPSERT, "_x", "1", X),
    spec(SUBDOC_COUNTER, "n", "1"),
    spec(SUBDOC_DELETE, "missing"),
    spec(SUBDOC_DELETE, "missing too"),
  ];
  const { status, results, failedIndex, write } = mutate(ALIVE, specs);
  assertEquals([status, failedIndex, write], [Status.SUBDOC_MULTI_PATH_FAILURE, 2, undefined]);
  assertEquals(results, [{ index: 2, status: Status.SUBDOC_PATH_ENOENT, value: new Uint8Array(0) }]);
  assertEquals([text(ALIVE.body), xattrsOf(ALIVE)], ['{"old":1}', { _s: "1", user: "2" }]);
});

test("each path sees what the ones before it did", () => {
  const { write, results } = mutate(documentOf("{}"), [
    spec(SUBDOC_DICT_ADD, "a", "{}"),
    spec(SUBDOC_DICT_ADD, "a.n", "40"),
    spec(SUBDOC_COUNTER, "a.n", "2"),
    spec(SUBDOC_ARRAY_PUSH_LAST, "list", "1", PathFlag.MKDIR_P),
    spec(SUBDOC_DELETE, "list[0]"),
  ]);
  assertEquals(text(write!.document.body), '{"a":{"n":42},"list":[]}');
  assertEquals(results.map(({ index, value }) => [index, text(value)]), [[2, "42"]]);
});

test("a whole body is JSON or not by what it holds", () => {
  const made = (value: string) => mutate(ALIVE, [spec(SET, "", value)]).write!.document;
  assertEquals([made("[1]").isJson, made("[1]").datatype], [true, 0x05]);
  assertEquals([made("[1").isJson, made("[1").datatype], [false, 0x04]);
  const then = mutate(ALIVE, [spec(SET, "", "text"), put]);
  assertEquals([then.failedIndex, then.results[0]!.status], [1, Status.SUBDOC_DOC_NOTJSON]);
});

test("flags are for a document that is made, an expiry is for any", () => {
  const options = { userFlags: 9, expiry: 1900000000, documentFlags: MKDOC };
  const made = mutate(undefined, [put], options).write!.document;
  assertEquals([made.flags, made.expiry], [9, 1900000000]);
  const changed = mutate(documentOf("{}", {}, { expiry: 5 }), [put], options).write!.document;
  assertEquals([changed.flags, changed.expiry], [5, 1900000000]);
  const kept = mutate(documentOf("{}", {}, { expiry: 5 }), [put]).write!.document;
  assertEquals([kept.flags, kept.expiry], [5, 5]);
});

test("what is to be stored shares no bytes with the request", () => {
  const path = spec(SUBDOC_DICT_UPSERT, "a", "1");
  const body = spec(SET, "", '{"w":1}');
  const attribute = spec(SUBDOC_DICT_UPSERT, "_x", '"v"', X);
  const { document } = mutate(documentOf("{}"), [attribute, body, path]).write!;
  for (const { value } of [path, body, attribute]) (value as Uint8Array).fill(0);
  assertEquals([text(document.body), xattrsOf(document)], ['{"w":1,"a":1}', { _x: '"v"' }]);
  const alone = spec(SET, "", '{"w":1}');
  const written = mutate(documentOf("{}"), [alone]).write!.document;
  (alone.value as Uint8Array).fill(0);
  assertEquals(text(written.body), '{"w":1}');
});
