/** What is refused before the document is looked at. */

import { assertEquals } from "@std/assert";
import { GET } from "../../../src/ops/retrieval.ts";
import { DELETE, SET } from "../../../src/ops/storage.ts";
import {
  DocumentFlag,
  PathFlag,
  SUBDOC_ARRAY_ADD_UNIQUE,
  SUBDOC_COUNTER,
  SUBDOC_DELETE,
  SUBDOC_DICT_UPSERT,
  SUBDOC_EXISTS,
  SUBDOC_GET,
  SUBDOC_REPLACE,
} from "../../../src/ops/subdoc.ts";
import type { SubdocSpec } from "../../../src/ops/subdoc_multi.ts";
import { lookup } from "../../../src/server/subdoc/lookup.ts";
import { mutate } from "../../../src/server/subdoc/mutate.ts";
import type { SubdocOptions } from "../../../src/server/subdoc/options.ts";
import { Status, type StatusName } from "../../../src/wire/status.ts";
import { test } from "../../support/test.ts";
import { documentOf, spec } from "./support.ts";

interface Refusal {
  readonly name: string;
  readonly specs: readonly SubdocSpec[];
  readonly options?: SubdocOptions;
  readonly status: StatusName;
}

const { MKDOC, ADD, ACCESS_DELETED, CREATE_AS_DELETED, REVIVE_DOCUMENT, REPLICA_READ } = DocumentFlag;
const { XATTR, MKDIR_P, EXPAND_MACROS, BINARY_VALUE } = PathFlag;
const get = spec(SUBDOC_GET, "a");
const put = spec(SUBDOC_DICT_UPSERT, "a", "1");
const xput = spec(SUBDOC_DICT_UPSERT, "a", "1", XATTR);
const remove = spec(SUBDOC_DELETE, "a");

const LOOKUPS: readonly Refusal[] = [
  { name: "no path", specs: [], status: "SUBDOC_INVALID_COMBO" },
  { name: "17 paths", specs: Array(17).fill(get), status: "SUBDOC_INVALID_COMBO" },
  { name: "16 paths", specs: Array(16).fill(get), status: "SUCCESS" },
  { name: "a change", specs: [get, put], status: "SUBDOC_INVALID_COMBO" },
  { name: "an unknown opcode", specs: [spec({ opcode: 0xee }, "a")], status: "SUBDOC_INVALID_COMBO" },
  {
    name: "an attribute behind a path",
    specs: [get, spec(SUBDOC_GET, "a", undefined, XATTR)],
    status: "SUBDOC_INVALID_XATTR_ORDER",
  },
  { name: "MKDIR_P", specs: [spec(SUBDOC_GET, "a", undefined, MKDIR_P)], status: "EINVAL" },
  { name: "an unknown path flag", specs: [spec(SUBDOC_GET, "a", undefined, 0x40)], status: "EINVAL" },
  {
    name: "BINARY_VALUE outside of attributes",
    specs: [spec(SUBDOC_GET, "a", undefined, BINARY_VALUE)],
    status: "SUBDOC_XATTR_INVALID_FLAG_COMBO",
  },
  { name: "EXISTS of bytes", specs: [spec(SUBDOC_EXISTS, "a", undefined, XATTR | BINARY_VALUE)], status: "EINVAL" },
  { name: "the document with a path", specs: [spec(GET, "a")], status: "EINVAL" },
  { name: "the document as an attribute", specs: [spec(GET, "a", undefined, XATTR)], status: "EINVAL" },
  { name: "a value", specs: [spec(SUBDOC_GET, "a", "1")], status: "EINVAL" },
  { name: "MKDOC", specs: [get], options: { documentFlags: MKDOC }, status: "EINVAL" },
  { name: "an unknown document flag", specs: [get], options: { documentFlags: 0x80 }, status: "EINVAL" },
  { name: "REPLICA_READ", specs: [get], options: { documentFlags: REPLICA_READ }, status: "SUCCESS" },
];

const CHANGES: readonly Refusal[] = [
  { name: "no path", specs: [], status: "SUBDOC_INVALID_COMBO" },
  { name: "17 paths", specs: Array(17).fill(put), status: "SUBDOC_INVALID_COMBO" },
  { name: "16 paths", specs: Array(16).fill(put), status: "SUCCESS" },
  { name: "a read", specs: [put, get], status: "SUBDOC_INVALID_COMBO" },
  { name: "the whole document read", specs: [spec(GET, "")], status: "SUBDOC_INVALID_COMBO" },
  { name: "an attribute behind a path", specs: [put, xput], status: "SUBDOC_INVALID_XATTR_ORDER" },
  {
    name: "an attribute behind the document",
    specs: [spec(SET, "", "{}"), xput],
    status: "SUBDOC_INVALID_XATTR_ORDER",
  },
  { name: "a path behind the document", specs: [spec(SET, "", "{}"), put], status: "SUCCESS" },
  { name: "a path behind a deletion", specs: [spec(DELETE, ""), put], status: "SUBDOC_INVALID_COMBO" },
  { name: "a deletion behind a path", specs: [put, spec(DELETE, "")], status: "SUBDOC_INVALID_COMBO" },
  { name: "a deletion behind an attribute", specs: [xput, spec(DELETE, "")], status: "SUCCESS" },
  { name: "a deletion with a value", specs: [spec(DELETE, "", "1")], status: "EINVAL" },
  { name: "a deletion with a path", specs: [spec(DELETE, "a")], status: "EINVAL" },
  { name: "the document without a value", specs: [spec(SET, "")], status: "EINVAL" },
  { name: "no value", specs: [spec(SUBDOC_DICT_UPSERT, "a")], status: "EINVAL" },
  { name: "an empty path", specs: [spec(SUBDOC_REPLACE, "", "1")], status: "EINVAL" },
  {
    name: "a macro outside of attributes",
    specs: [spec(SUBDOC_DICT_UPSERT, "a", '"${Mutation.CAS}"', EXPAND_MACROS)],
    status: "SUBDOC_XATTR_INVALID_FLAG_COMBO",
  },
  {
    name: "a macro that is bytes",
    specs: [spec(SUBDOC_DICT_UPSERT, "a", '"${Mutation.CAS}"', XATTR | EXPAND_MACROS | BINARY_VALUE)],
    status: "SUBDOC_XATTR_INVALID_FLAG_COMBO",
  },
  {
    name: "a counter with a macro",
    specs: [spec(SUBDOC_COUNTER, "a", '"${Mutation.CAS}"', XATTR | EXPAND_MACROS)],
    status: "EINVAL",
  },
  {
    name: "a unique element that is bytes",
    specs: [spec(SUBDOC_ARRAY_ADD_UNIQUE, "a", "1", XATTR | BINARY_VALUE)],
    status: "EINVAL",
  },
  { name: "MKDOC and ADD", specs: [put], options: { documentFlags: MKDOC | ADD }, status: "EINVAL" },
  { name: "ADD with a CAS", specs: [put], options: { documentFlags: ADD, cas: 1n }, status: "EINVAL" },
  { name: "CREATE_AS_DELETED alone", specs: [xput], options: { documentFlags: CREATE_AS_DELETED }, status: "EINVAL" },
  { name: "REVIVE_DOCUMENT alone", specs: [put], options: { documentFlags: REVIVE_DOCUMENT }, status: "EINVAL" },
  {
    name: "REVIVE_DOCUMENT as deleted",
    specs: [xput],
    options: { documentFlags: REVIVE_DOCUMENT | ACCESS_DELETED | CREATE_AS_DELETED | MKDOC },
    status: "EINVAL",
  },
  { name: "a removal with MKDOC", specs: [remove], options: { documentFlags: MKDOC }, status: "EINVAL" },
  {
    name: "a replacement with MKDOC",
    specs: [spec(SUBDOC_REPLACE, "a", "1")],
    options: { documentFlags: MKDOC },
    status: "EINVAL",
  },
  { name: "REPLICA_READ", specs: [put], options: { documentFlags: REPLICA_READ }, status: "EINVAL" },
  { name: "an unknown document flag", specs: [put], options: { documentFlags: 0x40 }, status: "EINVAL" },
];

const DOCUMENT = documentOf('{"a":1}');

for (const { name, specs, options, status } of LOOKUPS) {
  test(`lookup with ${name}: ${status}`, () => {
    const answer = lookup(DOCUMENT, specs, options);
    assertEquals(answer.status, Status[status]);
    assertEquals(answer.results.length, status === "SUCCESS" ? specs.length : 0);
  });
}

for (const { name, specs, options, status } of CHANGES) {
  test(`mutate with ${name}: ${status}`, () => {
    const answer = mutate(DOCUMENT, specs, options);
    assertEquals(answer.status, Status[status]);
    assertEquals([answer.results, answer.failedIndex], [[], undefined]);
    assertEquals(answer.write !== undefined, status === "SUCCESS");
  });
}
