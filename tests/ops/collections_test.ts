/** Rows with and without collections: where keys are prefixed with the number of theirs, and where not. */

import { assertEquals, assertThrows } from "@std/assert";
import { ProtocolError, UnsupportedError } from "../../src/errors.ts";
import { Frame } from "../../src/frame/frame.ts";
import { FrameWriter } from "../../src/frame/frame_writer.ts";
import { GET_KEYS, GET_RANDOM_KEY } from "../../src/ops/documents.ts";
import { OBSERVE } from "../../src/ops/observe.ts";
import type { Op, Outgoing } from "../../src/ops/op.ts";
import { RANGE_SCAN_CONTINUE } from "../../src/ops/range_scan.ts";
import { GET, GETK } from "../../src/ops/retrieval.ts";
import { SET } from "../../src/ops/storage.ts";
import { SUBDOC_MULTI_LOOKUP } from "../../src/ops/subdoc_multi.ts";
import { hex } from "../support/hex.ts";
import { test } from "../support/test.ts";
import { assertBytes, bytesOf, joined } from "../support/wire_frame.ts";

/** A request as it is written in a collection, -1 for where there are none. */
function request<Req>(op: Op<Req, unknown>, message: Outgoing<Req>, collection: number): Frame {
  const out = new FrameWriter();
  out.collection = collection;
  out.begin();
  op.request.write(out, message);
  out.end({ magic: 0x80, opcode: op.opcode, opaque: 1 });
  return agreed(joined(...out.take()), collection >= 0);
}

function response<Res>(op: Op<unknown, Res>, message: Outgoing<Res>, collection: number): Frame {
  const out = new FrameWriter();
  out.collection = collection;
  out.begin();
  op.response.write(out, message);
  out.end({ magic: 0x81, opcode: op.opcode, opaque: 1 });
  return agreed(joined(...out.take()), collection >= 0);
}

/** A frame, as a connection would look at it. */
function agreed(bytes: Uint8Array, collections: boolean): Frame {
  const frame = Frame.from(bytes);
  frame.collections = collections;
  return frame;
}

// kv_engine Collections: the prefix of a key.
const PREFIXES: readonly (readonly [collection: number, prefix: string])[] = [
  [-1, ""],
  [0, "00"],
  [8, "08"],
  [0x7f, "7f"],
  [0x80, "8001"],
  [0x555, "d50a"],
  [0xcafef00d, "8de0fbd70c"],
  [0xffffffff, "ffffffff0f"],
];

for (const [collection, prefix] of PREFIXES) {
  test(`keys in collection ${collection} begin with "${prefix}"`, () => {
    const key = joined(hex(prefix), bytesOf("foo"));
    assertBytes(request(GET, { key: "foo" }, collection).key, key);
    assertBytes(request(SET, { key: "foo", value: "v", flags: 0, expiry: 0 }, collection).key, key);
    assertBytes(request(GETK, { key: "foo" }, collection).key, key);
    assertBytes(request(GET_KEYS, { key: "foo" }, collection).key, key);
    assertBytes(request(SUBDOC_MULTI_LOOKUP, { key: "foo", specs: [] }, collection).key, key);

    const listed = joined(hex("0073"), Uint8Array.of(0, key.length), key);
    const observe = request(OBSERVE, { keys: [{ vbucket: 115, key: bytesOf("foo") }] }, collection);
    assertBytes(observe.value, listed);
    const result = { vbucket: 115, key: bytesOf("foo"), state: 1, cas: 8n };
    const observed = response(OBSERVE, { results: [result], persistTime: 0, replicateTime: 0 }, collection);
    assertBytes(observed.value, joined(listed, hex("01 0000000000000008")));
    const keys = response(GET_KEYS, { keys: [bytesOf("foo"), bytesOf("z")] }, collection);
    const second = joined(Uint8Array.of(0, key.length - 2), hex(prefix), bytesOf("z"));
    assertBytes(keys.value, joined(Uint8Array.of(0, key.length), key, second));

    // Whoever reads has the key alone.
    const where = collection < 0 ? {} : { collection };
    assertEquals(OBSERVE.request.read(observe).keys, [{ vbucket: 115, key: bytesOf("foo"), ...where }]);
    assertEquals(OBSERVE.response.read(observed).results, [{ ...result, ...where }]);
    assertEquals(GET_KEYS.response.read(keys).keys, [bytesOf("foo"), bytesOf("z")]);
    const get = request(GET, { key: "foo" }, collection);
    if (collection >= 0) get.splitKey();
    assertEquals(GET.request.read(get), { key: bytesOf("foo") });
    assertEquals(get.collection, collection);
  });
}

test("scans have no prefixes, whatever was agreed on", () => {
  const message = { items: [{ key: bytesOf("foo") }], status: 0 };
  const frame = response(RANGE_SCAN_CONTINUE, message, 8);
  assertBytes(frame.value, hex("03 666f6f"));
  assertEquals(RANGE_SCAN_CONTINUE.response.read(frame), message);
});

test("OBSERVE asks about keys of several collections, where there are any", () => {
  const keys = [
    { vbucket: 1, key: bytesOf("a") },
    { vbucket: 2, key: bytesOf("b"), collection: 0x80 },
    { vbucket: 3, key: bytesOf("c"), collection: 0 },
  ];
  assertBytes(request(OBSERVE, { keys }, 8).value, hex("0001 0002 0861  0002 0003 800162  0003 0002 0063"));
  const error = assertThrows(() => request(OBSERVE, { keys }, -1), UnsupportedError, "collection 128");
  assertEquals(error.sent, false);
  assertBytes(request(OBSERVE, { keys: [keys[2]!] }, -1).value, hex("0003 0001 63"));
});

test("GET_RANDOM_KEY names the collection wherever collections were agreed on, as servers then demand", () => {
  const extras = (message: Parameters<typeof GET_RANDOM_KEY.request.write>[1], collection: number): Uint8Array =>
    request(GET_RANDOM_KEY, message, collection).extras;
  assertBytes(extras({}, -1), hex(""));
  assertBytes(extras({}, 0), hex("00000000"));
  assertBytes(extras({}, 8), hex("00000008"));
  assertBytes(extras({ collection: 9 }, 8), hex("00000009"));
  assertBytes(extras({ includeXattrs: true }, 8), hex("00000008 01"));
  const error = assertThrows(() => extras({ includeXattrs: true }, -1), UnsupportedError, "collections");
  assertEquals(error.sent, false);
});

test("keys that are a prefix and nothing else are refused", () => {
  const bare = agreed(hex("80 00 0002 00 00 0000 00000002 00000001 0000000000000000 | d50a"), true);
  bare.splitKey();
  assertThrows(() => GET.request.read(bare), ProtocolError, "no key");
  const listed = agreed(hex("80 92 0000 00 00 0073 00000006 00000001 0000000000000000 | 0073 0002 d50a"), true);
  assertThrows(() => OBSERVE.request.read(listed), ProtocolError, "an empty key");
  // Two bytes where one would do, and a number that does not end.
  for (const key of ["8800", "ffff"]) {
    const wrong = agreed(hex(`81 b8 0000 00 00 0000 00000004 00000001 0000000000000000 | 0002 ${key}`), true);
    assertThrows(() => GET_KEYS.response.read(wrong), ProtocolError, "Cannot read LEB128");
  }
});

test("keys in other collections than the default one are shorter", () => {
  const longest = "k".repeat(250);
  for (const collection of [-1, 0]) assertEquals(request(GET, { key: longest }, collection).valueLength, 0);
  assertThrows(() => request(GET, { key: longest }, 8), RangeError, "1 to 246 bytes");
  assertEquals(request(GET, { key: "k".repeat(246) }, 0xffffffff).keyLength, 251);
});
