/** Attributes: changes in them, bytes, macros, and what can be read of virtual ones. */

import { assert, assertEquals } from "@std/assert";
import {
  DocumentFlag,
  PathFlag,
  SUBDOC_ARRAY_PUSH_LAST,
  SUBDOC_COUNTER,
  SUBDOC_DELETE,
  SUBDOC_DICT_ADD,
  SUBDOC_DICT_UPSERT,
  SUBDOC_EXISTS,
  SUBDOC_GET,
  SUBDOC_GET_COUNT,
  SUBDOC_REPLACE,
  SUBDOC_REPLACE_BODY_WITH_XATTR,
} from "../../../src/ops/subdoc.ts";
import type { SubdocDocument } from "../../../src/server/subdoc/document.ts";
import { lookup, lookupOne } from "../../../src/server/subdoc/lookup.ts";
import { mutate, mutateOne } from "../../../src/server/subdoc/mutate.ts";
import { Status, type StatusName } from "../../../src/wire/status.ts";
import { test } from "../../support/test.ts";
import { documentOf, spec, text, xattrsOf } from "./support.ts";

const X = PathFlag.XATTR;
const P = PathFlag.XATTR | PathFlag.MKDIR_P;
const M = PathFlag.XATTR | PathFlag.EXPAND_MACROS;
const B = PathFlag.XATTR | PathFlag.BINARY_VALUE;
const VERSION = { cas: 0x0102030405060708n, seqno: 0x2an };

test("mutate changes one attribute and leaves the body and the others byte for byte", () => {
  const odd = { _sync: '{ "rev" : 12345678901234567890 }', user: ' "kept" ' };
  const answer = mutateOne(documentOf('{ "b" :1 }', odd), spec(SUBDOC_DICT_ADD, "_sync.new", "[1]", X));
  assertEquals(answer.status, Status.SUCCESS);
  const { document } = answer.write!;
  assertEquals(xattrsOf(document), { ...odd, _sync: '{ "rev" : 12345678901234567890 ,"new":[1]}' });
  assertEquals(text(document.body), '{ "b" :1 }');
  assertEquals([document.isJson, document.datatype, document.revision], [true, 0x05, 3n]);
});

test("mutate makes an attribute, counts in it, and removes it", () => {
  const one = mutate(documentOf("{}"), [
    spec(SUBDOC_DICT_UPSERT, "new", '{"a":1}', X),
    spec(SUBDOC_COUNTER, "new.n", "2", X),
    spec(SUBDOC_ARRAY_PUSH_LAST, "new.list", "1,2", P),
    spec(SUBDOC_COUNTER, "new.n", "3", X),
  ]);
  assertEquals(one.results.map(({ index, value }) => [index, text(value)]), [[1, "2"], [3, "5"]]);
  assertEquals(xattrsOf(one.write!.document), { new: '{"a":1,"n":5,"list":[1,2]}' });
  const two = mutateOne(one.write!.document, spec(SUBDOC_DELETE, "new", undefined, X));
  assertEquals(xattrsOf(two.write!.document), {});
  assertEquals(two.write!.document.datatype, 0x01);
});

test("mutate reaches the attributes of a document whose body is no JSON", () => {
  const document = documentOf("\u0000bytes", {}, { isJson: false });
  const answer = mutateOne(document, spec(SUBDOC_DICT_UPSERT, "a", "1", X));
  assertEquals(xattrsOf(answer.write!.document), { a: "1" });
  assertEquals(answer.write!.document.datatype, 0x04);
});

const KEYS: readonly (readonly [path: string, status: StatusName])[] = [
  ["abcdefghijklmno", "SUCCESS"],
  ["abcdefghijklmno.x.y", "SUBDOC_PATH_ENOENT"],
  ["_a", "SUCCESS"],
  ["ä", "SUCCESS"],
  ["abcdefghijklmnop", "XATTR_EINVAL"],
  ["", "XATTR_EINVAL"],
  [".a", "XATTR_EINVAL"],
  ["[0]", "XATTR_EINVAL"],
  ["_", "XATTR_EINVAL"],
  ["_.a", "XATTR_EINVAL"],
  ["#a", "XATTR_EINVAL"],
  ["`a`", "XATTR_EINVAL"],
  ["-a", "XATTR_EINVAL"],
  ["a\u0000", "XATTR_EINVAL"],
  ["\ta", "XATTR_EINVAL"],
  ["$document", "SUBDOC_XATTR_CANT_MODIFY_VATTR"],
  ["$XTOC", "SUBDOC_XATTR_CANT_MODIFY_VATTR"],
  ["$other.x", "SUBDOC_XATTR_CANT_MODIFY_VATTR"],
  ["a[0]", "SUBDOC_PATH_EINVAL"],
  ["a]", "SUBDOC_PATH_EINVAL"],
];

for (const [path, status] of KEYS) {
  test(`mutate of the attribute ${JSON.stringify(path)} is ${status}`, () => {
    assertEquals(mutateOne(documentOf("{}"), spec(SUBDOC_DICT_UPSERT, path, "1", X)).status, Status[status]);
  });
}

test("a path into an attribute needs that attributes were agreed on", () => {
  const specs = [spec(SUBDOC_GET, "a", undefined, X)];
  assertEquals(lookup(documentOf("{}"), specs, { xattrs: false }).status, Status.NOT_SUPPORTED);
  assertEquals(lookup(documentOf('{"a":1}'), [spec(SUBDOC_GET, "a")], { xattrs: false }).status, Status.SUCCESS);
});

test("bytes go into an attribute as base64 behind a mark, and come out as they were", () => {
  const value = Uint8Array.of(0, 1, 0xff, 0x22);
  const put = mutateOne(documentOf("{}"), { ...spec(SUBDOC_DICT_UPSERT, "bin.a", "", B | P), value });
  const { document } = put.write!;
  assertEquals(xattrsOf(document), { bin: '{"a":"cb-content-base64-encoded:AAH/Ig=="}' });
  assertEquals(lookupOne(document, spec(SUBDOC_GET, "bin.a", undefined, B)), { status: Status.SUCCESS, value });
  assertEquals(
    text(lookupOne(document, spec(SUBDOC_GET, "bin.a", undefined, X)).value),
    xattrsOf(document).bin!.slice(5, -1),
  );
  assertEquals(lookupOne(document, spec(SUBDOC_GET, "bin", undefined, B)).status, Status.SUBDOC_FIELD_NOT_BINARY);
  const known = mutateOne(documentOf("{}"), spec(SUBDOC_DICT_ADD, "x", "base64_encode_value", B));
  assertEquals(xattrsOf(known.write!.document), { x: '"cb-content-base64-encoded:YmFzZTY0X2VuY29kZV92YWx1ZQ=="' });
});

test("bytes of many MiB come out of an attribute as they went in", () => {
  const value = new Uint8Array(6 << 20).fill(0xfb);
  const { write } = mutateOne(documentOf("{}"), { ...spec(SUBDOC_DICT_UPSERT, "bin", "", B), value });
  const read = lookupOne(write!.document, spec(SUBDOC_GET, "bin", undefined, B));
  assertEquals([read.status, read.value.length], [Status.SUCCESS, value.length]);
  assert(read.value.every((byte) => byte === 0xfb));
});

test("base64 ends with its padding, wherever in a large value that is", () => {
  const padded = "A".repeat((1 << 16) - 1) + "=";
  for (const [base64, status] of [[padded, Status.SUCCESS], [`${padded}AAAA`, Status.XATTR_EINVAL]] as const) {
    const put = spec(SUBDOC_DICT_UPSERT, "x", `"cb-content-base64-encoded:${base64}"`, X);
    assertEquals(mutateOne(documentOf("{}"), put).status, status);
  }
});

test("a value with the mark of bytes and no base64 behind it is refused", () => {
  for (const value of ['"cb-content-base64-encoded:AAH"', '{"a":["cb-content-base64-encoded:?"]}']) {
    const answer = mutateOne(documentOf("{}"), spec(SUBDOC_DICT_UPSERT, "x", value, X));
    assertEquals(answer.status, Status.XATTR_EINVAL);
  }
});

test("SUBDOC_REPLACE_BODY_WITH_XATTR copies a value of an attribute over the body", () => {
  const document = documentOf('{"old":1}', {
    txn: '{"staged":{ "new": 2 },"n":null,"b":"cb-content-base64-encoded:AP8="}',
  });
  const op = SUBDOC_REPLACE_BODY_WITH_XATTR;
  const staged = mutate(document, [
    spec(op, "txn.staged", undefined, X),
    spec(SUBDOC_DELETE, "txn", undefined, X),
  ]);
  assertEquals(text(staged.write!.document.body), '{ "new": 2 }');
  assertEquals([staged.write!.document.isJson, xattrsOf(staged.write!.document)], [true, {}]);
  const binary = mutateOne(document, spec(op, "txn.b", undefined, B)).write!.document;
  assertEquals([binary.body, binary.isJson, binary.datatype], [Uint8Array.of(0, 0xff), false, 0x04]);
  assertEquals(mutateOne(document, spec(op, "txn.x", undefined, X)).status, Status.SUBDOC_PATH_ENOENT);
  assertEquals(mutateOne(document, spec(op, "txn.n", undefined, B)).status, Status.SUBDOC_FIELD_NOT_BINARY);
  assertEquals(mutateOne(document, spec(op, "txn.n")).status, Status.EINVAL);
  assertEquals(mutateOne(document, spec(op, "txn.n", "1", X)).status, Status.EINVAL);
});

test("macros of the change become its CAS, low byte first, its seqno, and the sum of its body", () => {
  const answer = mutate(documentOf('{"a":1}', { kept: '"0x00000000c0de0000"' }), [
    spec(SUBDOC_DICT_UPSERT, "m.cas", '"${Mutation.CAS}"', M | P),
    spec(SUBDOC_DICT_UPSERT, "m.seqno", '"${Mutation.seqno}"', M),
    spec(SUBDOC_DICT_UPSERT, "m.crc", '"${Mutation.value_crc32c}"', M),
    spec(SUBDOC_ARRAY_PUSH_LAST, "list", '"${Mutation.CAS}"', M | P),
    spec(SUBDOC_DICT_UPSERT, "plain", '"${Mutation.CAS}"', X),
    spec(SUBDOC_REPLACE, "a", '"123456789"'),
  ]);
  assertEquals(answer.status, Status.SUCCESS);
  const write = answer.write!;
  const done = write.finish(VERSION);
  // The sum of {"a":"123456789"} was taken with another implementation.
  assertEquals(xattrsOf(done), {
    kept: '"0x00000000c0de0000"',
    m: '{"cas":"0x0807060504030201","seqno":"0x000000000000002a","crc":"0x7f2d49b4"}',
    list: '["0x0807060504030201"]',
    plain: '"${Mutation.CAS}"',
  });
  assertEquals([done.cas, done.seqno], [VERSION.cas, VERSION.seqno]);
  for (const [name, value] of write.document.xattrs) assertEquals(value.length, done.xattrs.get(name)!.length);
});

test("finish can be asked again for another version, and leaves the draft as it is", () => {
  const { write } = mutateOne(documentOf("{}"), spec(SUBDOC_DICT_UPSERT, "m", '"${Mutation.seqno}"', M));
  const before = xattrsOf(write!.document);
  assertEquals(xattrsOf(write!.finish({ cas: 1n, seqno: 1n })), { m: '"0x0000000000000001"' });
  assertEquals(xattrsOf(write!.finish({ cas: 1n, seqno: 2n })), { m: '"0x0000000000000002"' });
  assertEquals(xattrsOf(write!.document), before);
});

test("finish keeps two macros apart even if one becomes what stands for the other", () => {
  const { write } = mutate(documentOf("{}"), [
    spec(SUBDOC_DICT_UPSERT, "c", '"${Mutation.CAS}"', M),
    spec(SUBDOC_DICT_UPSERT, "s", '"${Mutation.seqno}"', M),
  ]);
  const standIn = BigInt(JSON.parse(xattrsOf(write!.document).s!));
  const swapped = new DataView(new ArrayBuffer(8));
  swapped.setBigUint64(0, standIn, true);
  const done = write!.finish({ cas: swapped.getBigUint64(0), seqno: 9n });
  assertEquals(xattrsOf(done), {
    c: `"0x${standIn.toString(16).padStart(16, "0")}"`,
    s: '"0x0000000000000009"',
  });
});

const DOCUMENT = documentOf("123456789", { b: "1", _a: "2" }, {
  cas: 1795200420027826176n,
  seqno: 5n,
  revision: 3n,
  flags: 0x02000006,
  expiry: 1900000000,
  isJson: true,
});

/** What each member of `$document` is for {@linkcode DOCUMENT}; CAS and seqno are those of a recorded document. */
const MEMBERS: readonly (readonly [name: string, value: string])[] = [
  ["CAS", '"0x18e9d54548640000"'],
  ["datatype", '["json","xattr"]'],
  ["deleted", "false"],
  ["exptime", "1900000000"],
  ["flags", "33554438"],
  ["last_modified", '"1795200420"'],
  ["revid", '"3"'],
  ["seqno", '"0x0000000000000005"'],
  ["value_bytes", "9"],
  ["value_crc32c", '"0xe3069283"'],
  ["vbucket_uuid", '"0x0000d75fb744ca54"'],
];
const VBUCKET = { vbuuid: 0xd75fb744ca54n, now: 77n };

for (const [name, value] of MEMBERS) {
  test(`$document.${name} is read as an attribute and put by a macro`, () => {
    const read = lookupOne(DOCUMENT, spec(SUBDOC_GET, `$document.${name}`, undefined, X), { vbucket: VBUCKET });
    assertEquals([read.status, text(read.value)], [Status.SUCCESS, value]);
    const macro = spec(SUBDOC_DICT_UPSERT, "m", `"\${$document.${name}}"`, M);
    const write = mutateOne(DOCUMENT, macro, { vbucket: VBUCKET }).write!;
    assertEquals(xattrsOf(write.finish(VERSION)).m, value);
  });
}

test("$document.datatype is that of the store, where it says one", () => {
  const read = (document: SubdocDocument) =>
    text(lookupOne(document, spec(SUBDOC_GET, "$document.datatype", undefined, X)).value);
  assertEquals(read(documentOf("{}", {}, { datatype: 0x03 })), '["json","snappy"]');
  assertEquals(read(documentOf("x", {}, { isJson: false })), '["raw"]');
});

test("the whole of $document is read as an attribute and put by a macro", () => {
  const whole = `{${MEMBERS.map(([name, value]) => `"${name}":${value}`).join(",")}}`;
  const read = lookupOne(DOCUMENT, spec(SUBDOC_GET, "$document", undefined, X), { vbucket: VBUCKET });
  assertEquals(text(read.value), whole);
  const macro = spec(SUBDOC_DICT_UPSERT, "m", '"${$document}"', M);
  assertEquals(xattrsOf(mutateOne(DOCUMENT, macro, { vbucket: VBUCKET }).write!.document).m, whole);
});

test("a macro shows the document as it was, and an empty one where there was none", () => {
  const documentFlags = DocumentFlag.MKDOC;
  const macro = spec(SUBDOC_DICT_UPSERT, "m", '"${$document.value_bytes}"', M);
  const answer = mutate(DOCUMENT, [spec(SUBDOC_DELETE, "b", undefined, X), macro]);
  assertEquals(xattrsOf(answer.write!.document), { _a: "2", m: "9" });
  assertEquals(xattrsOf(mutateOne(undefined, macro, { documentFlags }).write!.document), { m: "0" });
});

test("$XTOC lists the attributes, $vbucket tells the time", () => {
  const read = (op: { opcode: number }, path: string, document = DOCUMENT) => {
    const { status, value } = lookupOne(document, spec(op, path, undefined, X), { vbucket: VBUCKET });
    return [status, text(value)];
  };
  assertEquals(read(SUBDOC_GET, "$XTOC"), [Status.SUCCESS, '["b","_a"]']);
  assertEquals(read(SUBDOC_GET, "$XTOC[1]"), [Status.SUCCESS, '"_a"']);
  assertEquals(read(SUBDOC_GET_COUNT, "$XTOC"), [Status.SUCCESS, "2"]);
  assertEquals(read(SUBDOC_GET, "$XTOC", documentOf("{}")), [Status.SUCCESS, "[]"]);
  assertEquals(read(SUBDOC_GET, "$vbucket"), [Status.SUCCESS, '{"HLC":{"mode":"real","now":"77"}}']);
  assertEquals(read(SUBDOC_GET, "$vbucket.HLC.now"), [Status.SUCCESS, '"77"']);
  assertEquals(read(SUBDOC_EXISTS, "$document.nothing"), [Status.SUBDOC_PATH_ENOENT, ""]);
  assertEquals(read(SUBDOC_GET, "$nothing.at.all"), [Status.SUBDOC_XATTR_UNKNOWN_VATTR, ""]);
});

const MACROS: readonly (readonly [value: string, status: StatusName])[] = [
  ['"${Mutation.CAS}"', "SUCCESS"],
  ['"${$document.exptime}"', "SUCCESS"],
  ['"${Mutation.cas}"', "SUBDOC_XATTR_UNKNOWN_MACRO"],
  ["${Mutation.CAS}", "SUBDOC_XATTR_UNKNOWN_MACRO"],
  ['"text"', "SUBDOC_XATTR_UNKNOWN_MACRO"],
  ["1", "SUBDOC_XATTR_UNKNOWN_MACRO"],
  ['"${$XTOC}"', "SUBDOC_XATTR_UNKNOWN_MACRO"],
  ['"${$document.nothing}"', "SUBDOC_XATTR_UNKNOWN_VATTR_MACRO"],
  ['"${$documents}"', "SUBDOC_XATTR_UNKNOWN_VATTR_MACRO"],
];

for (const [value, status] of MACROS) {
  test(`the macro ${value} is ${status}`, () => {
    assertEquals(mutateOne(documentOf("{}"), spec(SUBDOC_DICT_UPSERT, "m", value, M)).status, Status[status]);
  });
}
