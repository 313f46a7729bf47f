/** What the parts of DCP's messages say: filters, system events of all versions, snapshot markers, records; cut and odd ones. */

import { assertEquals, assertThrows } from "@std/assert";
import { ProtocolError } from "../../src/errors.ts";
import { Frame } from "../../src/frame/frame.ts";
import { DCP_CACHE_TRANSFER } from "../../src/ops/dcp_cache_transfer.ts";
import { DCP_DELETION, DCP_EXPIRATION, DCP_MUTATION } from "../../src/ops/dcp_events.ts";
import { readStreamFilter, writeStreamFilter } from "../../src/ops/dcp_filter.ts";
import { DCP_SNAPSHOT_MARKER } from "../../src/ops/dcp_snapshot.ts";
import { DCP_STREAM_REQUEST } from "../../src/ops/dcp_stream.ts";
import { readSystemEvent, type SystemEvent, writeSystemEvent } from "../../src/ops/dcp_system_value.ts";
import { hex } from "../support/hex.ts";
import { test } from "../support/test.ts";
import { wire } from "../support/wire_frame.ts";
import { FLATBUFFERS_EVENTS, STREAM_FILTERS } from "../vectors/seed_dcp.ts";

const NONE = new Uint8Array(0);

test("writeStreamFilter writes what the seeds write, and readStreamFilter reads it", () => {
  for (const { filter, json } of STREAM_FILTERS) {
    assertEquals(writeStreamFilter(filter), json);
    assertEquals(readStreamFilter(json), filter);
  }
  const all = { manifest: 0x2fn, collections: [0, 8], streamId: 65535, purgeSeqno: 12345678901234567890n };
  const json = '{"uid":"2f","collections":["0","8"],"sid":65535,"purge_seqno":"12345678901234567890"}';
  assertEquals(writeStreamFilter(all), json);
  assertEquals(readStreamFilter(json), all);
  assertEquals(readStreamFilter('{"cts":{},"uid":"0"}'), { manifest: 0n });
});

test("writeStreamFilter refuses what no server takes", () => {
  assertThrows(() => writeStreamFilter({ collections: [1], scope: 2 }), RangeError, "use one of them");
  assertThrows(() => writeStreamFilter({ streamId: 0 }), RangeError, "1 to 65535");
  assertThrows(() => writeStreamFilter({ collections: [-1] }), RangeError, "collection -1");
  assertThrows(() => writeStreamFilter({ scope: 2 ** 32 }), RangeError, "scope");
});

for (
  const json of [
    "",
    "[]",
    "null",
    "7",
    '{"uid":2}',
    '{"uid":"xyz"}',
    '{"uid":"12345678901234567"}',
    '{"collections":"8"}',
    '{"collections":[8]}',
    '{"collections":["123456789"]}',
    '{"collections":["8"],"scope":"0"}',
    '{"scope":""}',
    '{"sid":0}',
    '{"sid":65536}',
    '{"sid":"5"}',
    '{"purge_seqno":5}',
    '{"purge_seqno":"18446744073709551616"}',
  ]
) {
  test(`readStreamFilter refuses ${json}`, () => {
    assertThrows(() => readStreamFilter(json), ProtocolError, "Cannot read stream filter");
  });
}

test("readSystemEvent reads the FlatBuffers of generated code", () => {
  const [collection, droppedCollection, scope, droppedScope] = FLATBUFFERS_EVENTS;
  const read = (event: number, text: string): SystemEvent =>
    readSystemEvent({ event, version: 2, name: NONE, value: hex(text) });
  const ids = { manifest: 5n, scope: 8, collection: 9 };
  assertEquals(read(0, collection.hex), {
    kind: "collection-created",
    ...ids,
    name: "C1",
    maxTtl: 3600,
    history: true,
  });
  assertEquals(read(5, collection.hex), {
    kind: "collection-modified",
    ...ids,
    name: "C1",
    maxTtl: 3600,
    history: true,
  });
  assertEquals(read(1, droppedCollection.hex), { kind: "collection-dropped", ...ids, manifest: 6n, system: false });
  assertEquals(read(3, scope.hex), { kind: "scope-created", manifest: 7n, scope: 8, name: "S1" });
  assertEquals(read(4, droppedScope.hex), { kind: "scope-dropped", manifest: 8n, scope: 8, system: false });
});

test("writeSystemEvent writes what readSystemEvent reads, in every version", () => {
  const plain: SystemEvent[] = [
    { kind: "collection-created", manifest: 2n, scope: 8, collection: 9, name: "c1" },
    { kind: "collection-created", manifest: 2n, scope: 8, collection: 9, name: "c1", maxTtl: 0 },
    { kind: "collection-dropped", manifest: 0xffffffffffffffffn, scope: 0xffffffff, collection: 0x80 },
    { kind: "scope-created", manifest: 1n, scope: 8, name: "s1" },
    { kind: "scope-dropped", manifest: 3n, scope: 8 },
  ];
  for (const event of plain) assertEquals(readSystemEvent(writeSystemEvent(event)), event);
  assertEquals(plain.map((event) => writeSystemEvent(event).version), [0, 1, 0, 0, 0]);
  const flat: SystemEvent[] = [
    { kind: "collection-created", manifest: 2n, scope: 0, collection: 9, name: "c1", history: false },
    {
      kind: "collection-modified",
      manifest: 2n,
      scope: 8,
      collection: 9,
      name: "c1",
      maxTtl: 60,
      history: true,
      flushManifest: 1n,
    },
    { kind: "collection-dropped", manifest: 2n, scope: 8, collection: 9, system: true },
    { kind: "scope-created", manifest: 1n, scope: 8, name: "s1" },
    { kind: "scope-dropped", manifest: 3n, scope: 8, system: true },
  ];
  for (const event of flat) assertEquals(readSystemEvent(writeSystemEvent(event, 2)), event);
  assertThrows(() => writeSystemEvent(flat[1]!), TypeError, "version 2");
  assertThrows(() => writeSystemEvent({ kind: "unknown" }), TypeError);
});

test("readSystemEvent passes over what it does not know, and refuses values of other lengths", () => {
  assertEquals(readSystemEvent({ event: 2, version: 0, name: NONE, value: NONE }), { kind: "unknown" });
  assertEquals(readSystemEvent({ event: 0, version: 3, name: NONE, value: NONE }), { kind: "unknown" });
  assertEquals(readSystemEvent({ event: 5, version: 0, name: NONE, value: NONE }), { kind: "unknown" });
  const sizes = [[0, 0, 16], [0, 1, 20], [1, 0, 16], [3, 0, 12], [4, 0, 12]] as const;
  for (const [event, version, size] of sizes) {
    for (let length = 0; length < 24; length++) {
      const read = () => readSystemEvent({ event, version, name: NONE, value: new Uint8Array(length) });
      if (length === size) read();
      else assertThrows(read, ProtocolError, `${length} bytes, expected ${size}`);
    }
  }
});

test("snapshot markers have the lengths of their versions", () => {
  const sizes = new Map([[0, 36], [1, 44], [2, 52]]);
  for (let version = 0; version < 5; version++) {
    for (let length = 0; length <= 60; length++) {
      const bytes = wire({
        magic: 0x80,
        opcode: 0x56,
        extras: new Uint8Array([version]),
        value: new Uint8Array(length),
      });
      const read = () => DCP_SNAPSHOT_MARKER.request.read(Frame.from(bytes));
      if (length === sizes.get(version)) read();
      else assertThrows(read, ProtocolError);
    }
  }
});

test("metadata behind a value cannot be longer than the body", () => {
  for (const [op, extras, at] of [[DCP_MUTATION, 31, 28], [DCP_DELETION, 18, 16], [DCP_EXPIRATION, 18, 16]] as const) {
    const parts = new Uint8Array(extras);
    parts[at + 1] = 3;
    const frame = (value: string) =>
      Frame.from(wire({ magic: 0x80, opcode: op.opcode, extras: parts, key: "k", value }));
    assertThrows(() => op.request.read(frame("ab")), ProtocolError, "which 3 of metadata exceed");
    const { value, meta } = op.request.read(frame("abcd"));
    assertEquals([[...value], [...meta!]], [[0x61], [0x62, 0x63, 0x64]]);
  }
});

test("an answer that rolls back has eight bytes", () => {
  for (let length = 0; length < 20; length++) {
    const bytes = wire({ opcode: 0x53, status: 0x23, value: new Uint8Array(length) });
    const read = () => DCP_STREAM_REQUEST.response.read(Frame.from(bytes));
    if (length === 8) assertEquals(read(), { entries: [], rollback: 0n });
    else assertThrows(read, ProtocolError);
  }
});

test("records of a cache transfer cut anywhere are refused", () => {
  const record = "0000000000001122 0000000000000007 0000000000000001 00000002 00000000 00000000 0003 01 00 666f6f 7b7d";
  const both = hex(record + record);
  for (let length = 0; length <= both.length; length++) {
    const frame = Frame.from(wire({ magic: 0x80, opcode: 0x66, value: both.subarray(0, length) }));
    if (length % 45 === 0) assertEquals(DCP_CACHE_TRANSFER.request.read(frame).documents.length, length / 45);
    else assertThrows(() => DCP_CACHE_TRANSFER.request.read(frame), ProtocolError);
  }
});
