/** DCP: frames of the tests and test files of couchbase/gomemcached, and what its client sends. */

import { request, response, text, type Vector } from "./vector.ts";

const TEST = (name: string): string => `couchbase/gomemcached ${name}`;
const derived = (what: string): string => `couchbase/gomemcached client, captured: ${what}`;

/** Frames of a DCP connection, in both directions. */
export const SEED_DCP: readonly Vector[] = [
  // The stream ends cleanly behind it.
  request({
    name: "DCP_NOOP of the server, gomemcached",
    op: "DCP_NOOP",
    hex: "80 5c 0000 00 00 0000 00000000 00001c4a 0000000000000000",
    header: { opcode: 0x5c, opaque: 7242 },
    source: TEST("mc_req_test TestReceivingUPRNoop"),
  }),
  // Frame info 2: the stream id. Flags 6: disk, checkpoint.
  request({
    name: "DCP_SNAPSHOT_MARKER 0 to 24 with stream id 1",
    op: "DCP_SNAPSHOT_MARKER",
    hex:
      "08 56 03 00 14 00 036a 00000017 0001036a 0000000000000000 | 220001 | 0000000000000000 0000000000000018 00000006",
    header: {
      magic: 0x08,
      opcode: 0x56,
      framingLength: 3,
      extrasLength: 20,
      vbucketOrStatus: 874,
      bodyLength: 23,
      opaque: 0x0001036a,
    },
    parts: { framingExtras: "220001", extras: "0000000000000000 0000000000000018 00000006" },
    source: TEST("mc_req_test TestStreamIDSnapshotFull, header.0x56.bin and body.0x56.bin"),
  }),
  // by_seqno 24, rev_seqno 1, flags, expiry and lock time 0, no metadata, NRU 2. Key: collection 8 in LEB128, then
  // xdcrProvCollections_C29854.
  request({
    name: "DCP_MUTATION in collection 8 with stream id 1",
    op: "DCP_MUTATION",
    hex:
      "08 57 03 1b 1f 01 036a 00000094 0001036a 15c7c2b955ab0000 | 220001 | 0000000000000018 0000000000000001 00000000 00000000 00000000 0000 02 | 087864637250726f76436f6c6c656374696f6e735f433239383534 | 7b226e616d65223a20227864637250726f76436f6c6c656374696f6e735f433239383534222c2022616765223a2035372c2022696e646578223a202239383534222c2022626f6479223a2230303030303030303030227d",
    header: {
      magic: 0x08,
      opcode: 0x57,
      framingLength: 3,
      keyLength: 27,
      extrasLength: 31,
      datatype: 1,
      vbucketOrStatus: 874,
      bodyLength: 148,
      opaque: 0x0001036a,
      cas: 0x15c7c2b955ab0000n,
    },
    parts: {
      framingExtras: "220001",
      extras: "0000000000000018 0000000000000001 00000000 00000000 00000000 0000 02",
      key: "087864637250726f76436f6c6c656374696f6e735f433239383534",
      value: text('{"name": "xdcrProvCollections_C29854", "age": 57, "index": "9854", "body":"0000000000"}'),
    },
    source: TEST("mc_req_test TestStreamIDMutation, header.0x57.bin and body.0x57.bin"),
  }),
  // by_seqno 4, event 0, version 0. Value: manifest uid 0, scope 8, collection 8.
  request({
    name: "DCP_SYSTEM_EVENT collection created with stream id 1",
    op: "DCP_SYSTEM_EVENT",
    hex:
      "08 5f 03 04 0d 00 036a 00000024 0001036a 0000000000000000 | 220001 | 0000000000000004 00000000 00 | 636f6c31 | 00000000000000000000000800000008",
    header: {
      magic: 0x08,
      opcode: 0x5f,
      framingLength: 3,
      keyLength: 4,
      extrasLength: 13,
      vbucketOrStatus: 874,
      bodyLength: 36,
      opaque: 0x0001036a,
    },
    parts: {
      framingExtras: "220001",
      extras: "0000000000000004 00000000 00",
      key: text("col1"),
      value: "00000000000000000000000800000008",
    },
    source: TEST("mc_req_test TestSystemEventMutation, header.0x5f.bin and body.0x5f.bin"),
  }),
  // The opaque holds the feed in its upper half and the vbucket in its lower.
  response({
    name: "DCP_STREAM_REQ answer: roll back to 0",
    op: "DCP_STREAM_REQ",
    hex: "81 53 0000 00 00 0023 00000008 00020001 0000000000000000 | 0000000000000000",
    header: { opcode: 0x53, vbucketOrStatus: 0x23, bodyLength: 8, opaque: 0x00020001 },
    parts: { value: "0000000000000000" },
    source: TEST("client TestNegotiatorMultiSession"),
  }),
  // Event 3. Value: manifest uid 1, scope 8.
  request({
    name: "DCP_SYSTEM_EVENT scope S1 created",
    op: "DCP_SYSTEM_EVENT",
    hex:
      "80 5f 0002 0d 00 01ff 0000001b 000101ff 0000000000000000 | 0000000000000001 00000003 00 | 5331 | 000000000000000100000008",
    header: { opcode: 0x5f, keyLength: 2, extrasLength: 13, vbucketOrStatus: 511, bodyLength: 27, opaque: 0x000101ff },
    parts: { extras: "0000000000000001 00000003 00", key: text("S1"), value: "000000000000000100000008" },
    source: TEST("client scopeCreation.json"),
  }),
  // Event 0. Value: manifest uid 4, scope 8, collection 9; version 0 has no maximal lifetime.
  request({
    name: "DCP_SYSTEM_EVENT collection C1 created",
    op: "DCP_SYSTEM_EVENT",
    hex:
      "80 5f 0002 0d 00 01ff 0000001f 000101ff 0000000000000000 | 0000000000000004 00000000 00 | 4331 | 00000000000000040000000800000009",
    header: { opcode: 0x5f, keyLength: 2, extrasLength: 13, vbucketOrStatus: 511, bodyLength: 31, opaque: 0x000101ff },
    parts: { extras: "0000000000000004 00000000 00", key: text("C1"), value: "00000000000000040000000800000009" },
    source: TEST("client collectionCreation.json"),
  }),
  // Event 1, no key.
  request({
    name: "DCP_SYSTEM_EVENT collection 9 dropped",
    op: "DCP_SYSTEM_EVENT",
    hex:
      "80 5f 0000 0d 00 03ff 0000001d 000103ff 0000000000000000 | 0000000000000005 00000001 00 | 00000000000000050000000800000009",
    header: { opcode: 0x5f, extrasLength: 13, vbucketOrStatus: 1023, bodyLength: 29, opaque: 0x000103ff },
    parts: { extras: "0000000000000005 00000001 00", value: "00000000000000050000000800000009" },
    source: TEST("client collectionDel.json"),
  }),
  // Event 4, no key.
  request({
    name: "DCP_SYSTEM_EVENT scope 8 dropped",
    op: "DCP_SYSTEM_EVENT",
    hex:
      "80 5f 0000 0d 00 03ff 00000019 000103ff 0000000000000000 | 0000000000000004 00000004 00 | 000000000000000400000008",
    header: { opcode: 0x5f, extrasLength: 13, vbucketOrStatus: 1023, bodyLength: 25, opaque: 0x000103ff },
    parts: { extras: "0000000000000004 00000004 00", value: "000000000000000400000008" },
    source: TEST("client scopeDel.json"),
  }),
  // Datatype 3: JSON, snappy. Inflated, the value is SNAPPY_VALUE_TEXT.
  request({
    name: "DCP_MUTATION of d1, snappy, without collections",
    op: "DCP_MUTATION",
    hex:
      "80 57 0002 1f 03 0196 00000069 00010196 15c320f328680000 | 0000000000000001 0000000000000001 02000006 00000000 00000000 0000 02 | 6431 | 487c7b0a22636c69636b223a2022746f2065646974222c0a2277697468204a534f4e0518886865726520617265206e6f207265736572766564206669656c64206e616d6573220a7d",
    header: {
      opcode: 0x57,
      keyLength: 2,
      extrasLength: 31,
      datatype: 3,
      vbucketOrStatus: 406,
      bodyLength: 105,
      opaque: 0x00010196,
      cas: 0x15c320f328680000n,
    },
    parts: {
      extras: "0000000000000001 0000000000000001 02000006 00000000 00000000 0000 02",
      key: text("d1"),
      value:
        "487c7b0a22636c69636b223a2022746f2065646974222c0a2277697468204a534f4e0518886865726520617265206e6f207265736572766564206669656c64206e616d6573220a7d",
    },
    source: TEST("client origNoCollectionMut.json"),
  }),
  request({
    name: "DCP_MUTATION of d1, snappy, in the default collection",
    op: "DCP_MUTATION",
    hex:
      "80 57 0003 1f 03 0196 0000006a 00010196 15c32052fdc20000 | 0000000000000001 0000000000000001 02000006 00000000 00000000 0000 02 | 006431 | 487c7b0a22636c69636b223a2022746f2065646974222c0a2277697468204a534f4e0518886865726520617265206e6f207265736572766564206669656c64206e616d6573220a7d",
    header: {
      opcode: 0x57,
      keyLength: 3,
      extrasLength: 31,
      datatype: 3,
      vbucketOrStatus: 406,
      bodyLength: 106,
      opaque: 0x00010196,
      cas: 0x15c32052fdc20000n,
    },
    parts: {
      extras: "0000000000000001 0000000000000001 02000006 00000000 00000000 0000 02",
      key: "006431",
      value:
        "487c7b0a22636c69636b223a2022746f2065646974222c0a2277697468204a534f4e0518886865726520617265206e6f207265736572766564206669656c64206e616d6573220a7d",
    },
    source: TEST("client defaultScopeDefaultColMutation.json"),
  }),
  request({
    name: "DCP_MUTATION of d1 in collection 9",
    op: "DCP_MUTATION",
    hex:
      "80 57 0003 1f 01 0196 00000036 00010196 15c3321d65c20000 | 0000000000000005 0000000000000001 02000000 00000000 00000000 0000 02 | 096431 | 7b226b6579223a22612073656e74656e6365227d",
    header: {
      opcode: 0x57,
      keyLength: 3,
      extrasLength: 31,
      datatype: 1,
      vbucketOrStatus: 406,
      bodyLength: 54,
      opaque: 0x00010196,
      cas: 0x15c3321d65c20000n,
    },
    parts: {
      extras: "0000000000000005 0000000000000001 02000000 00000000 00000000 0000 02",
      key: "096431",
      value: text('{"key":"a sentence"}'),
    },
    source: TEST("client scope_and_collection_mutation.json"),
  }),
  // Producer, xattrs, delete times.
  request({
    name: "DCP_OPEN dcpname, flags 0x25",
    op: "DCP_OPEN",
    hex: "80 50 0007 08 00 0000 0000000f beaf0002 0000000000000000 | 00000000 00000025 | 6463706e616d65",
    header: { opcode: 0x50, keyLength: 7, extrasLength: 8, bodyLength: 15, opaque: 0xbeaf0002 },
    parts: { extras: "00000000 00000025", key: text("dcpname") },
    source: derived("handshake of a DCP feed"),
  }),
  request({
    name: "DCP_CONTROL connection_buffer_size",
    op: "DCP_CONTROL",
    hex:
      "80 5e 0016 00 00 0000 0000001a beaf0003 0000000000000000 | 636f6e6e656374696f6e5f6275666665725f73697a65 | 31303030",
    header: { opcode: 0x5e, keyLength: 22, bodyLength: 26, opaque: 0xbeaf0003 },
    parts: { key: text("connection_buffer_size"), value: text("1000") },
    source: derived("handshake of a DCP feed"),
  }),
  request({
    name: "DCP_CONTROL enable_noop",
    op: "DCP_CONTROL",
    hex: "80 5e 000b 00 00 0000 0000000f beaf0004 0000000000000000 | 656e61626c655f6e6f6f70 | 74727565",
    header: { opcode: 0x5e, keyLength: 11, bodyLength: 15, opaque: 0xbeaf0004 },
    parts: { key: text("enable_noop"), value: text("true") },
    source: derived("handshake of a DCP feed"),
  }),
  request({
    name: "DCP_CONTROL set_noop_interval",
    op: "DCP_CONTROL",
    hex: "80 5e 0011 00 00 0000 00000014 beaf0005 0000000000000000 | 7365745f6e6f6f705f696e74657276616c | 313230",
    header: { opcode: 0x5e, keyLength: 17, bodyLength: 20, opaque: 0xbeaf0005 },
    parts: { key: text("set_noop_interval"), value: text("120") },
    source: derived("handshake of a DCP feed"),
  }),
  request({
    name: "DCP_CONTROL flatbuffers_system_events",
    op: "DCP_CONTROL",
    hex:
      "80 5e 0019 00 00 0000 0000001d beaf0006 0000000000000000 | 666c6174627566666572735f73797374656d5f6576656e7473 | 74727565",
    header: { opcode: 0x5e, keyLength: 25, bodyLength: 29, opaque: 0xbeaf0006 },
    parts: { key: text("flatbuffers_system_events"), value: text("true") },
    source: derived("handshake of a DCP feed"),
  }),
  request({
    name: "DCP_CONTROL force_value_compression",
    op: "DCP_CONTROL",
    hex:
      "80 5e 0017 00 00 0000 0000001b beaf0007 0000000000000000 | 666f7263655f76616c75655f636f6d7072657373696f6e | 74727565",
    header: { opcode: 0x5e, keyLength: 23, bodyLength: 27, opaque: 0xbeaf0007 },
    parts: { key: text("force_value_compression"), value: text("true") },
    source: derived("handshake of a DCP feed"),
  }),
  request({
    name: "DCP_CONTROL set_priority",
    op: "DCP_CONTROL",
    hex: "80 5e 000c 00 00 0000 00000012 beaf0008 0000000000000000 | 7365745f7072696f72697479 | 6d656469756d",
    header: { opcode: 0x5e, keyLength: 12, bodyLength: 18, opaque: 0xbeaf0008 },
    parts: { key: text("set_priority"), value: text("medium") },
    source: derived("handshake of a DCP feed"),
  }),
  request({
    name: "DCP_CONTROL enable_expiry_opcode",
    op: "DCP_CONTROL",
    hex:
      "80 5e 0014 00 00 0000 00000018 beaf0009 0000000000000000 | 656e61626c655f6578706972795f6f70636f6465 | 74727565",
    header: { opcode: 0x5e, keyLength: 20, bodyLength: 24, opaque: 0xbeaf0009 },
    parts: { key: text("enable_expiry_opcode"), value: text("true") },
    source: derived("handshake of a DCP feed"),
  }),
  request({
    name: "DCP_CONTROL enable_stream_id",
    op: "DCP_CONTROL",
    hex: "80 5e 0010 00 00 0000 00000014 beaf000a 0000000000000000 | 656e61626c655f73747265616d5f6964 | 74727565",
    header: { opcode: 0x5e, keyLength: 16, bodyLength: 20, opaque: 0xbeaf000a },
    parts: { key: text("enable_stream_id"), value: text("true") },
    source: derived("handshake of a DCP feed"),
  }),
  request({
    name: "DCP_CONTROL enable_out_of_order_snapshots",
    op: "DCP_CONTROL",
    hex:
      "80 5e 001d 00 00 0000 00000021 beaf000b 0000000000000000 | 656e61626c655f6f75745f6f665f6f726465725f736e617073686f7473 | 74727565",
    header: { opcode: 0x5e, keyLength: 29, bodyLength: 33, opaque: 0xbeaf000b },
    parts: { key: text("enable_out_of_order_snapshots"), value: text("true") },
    source: derived("handshake of a DCP feed"),
  }),
  request({
    name: "DCP_CONTROL send_stream_end_on_client_close_stream",
    op: "DCP_CONTROL",
    hex:
      "80 5e 0026 00 00 0000 0000002a beaf000c 0000000000000000 | 73656e645f73747265616d5f656e645f6f6e5f636c69656e745f636c6f73655f73747265616d | 74727565",
    header: { opcode: 0x5e, keyLength: 38, bodyLength: 42, opaque: 0xbeaf000c },
    parts: { key: text("send_stream_end_on_client_close_stream"), value: text("true") },
    source: derived("handshake of a DCP feed"),
  }),
  // Flags, reserved, start 10, end, vbucket uuid, snapshot start 10, snapshot end 10.
  request({
    name: "DCP_STREAM_REQ of two collections with stream id 5",
    op: "DCP_STREAM_REQ",
    hex:
      "80 53 0000 30 00 01ff 00000052 abcd01ff 0000000000000000 | 00000000 00000000 000000000000000a ffffffffffffffff 1122334455667788 000000000000000a 000000000000000a | 7b22636f6c6c656374696f6e73223a5b2238222c223166225d2c22736964223a357d",
    header: { opcode: 0x53, extrasLength: 48, vbucketOrStatus: 511, bodyLength: 82, opaque: 0xabcd01ff },
    parts: {
      extras: "00000000 00000000 000000000000000a ffffffffffffffff 1122334455667788 000000000000000a 000000000000000a",
      value: text('{"collections":["8","1f"],"sid":5}'),
    },
    source: derived("stream request"),
  }),
  // Their server takes bytes 28 and 29 of the extras, which lie in the uuid here, for a length, and crashes.
  request({
    name: "DCP_STREAM_REQ with vbucket uuid 0x1111111111111111",
    op: "DCP_STREAM_REQ",
    hex:
      "80 53 0000 30 00 0003 00000030 00020003 0000000000000000 | 00000000 00000000 0000000000000000 ffffffffffffffff 1111111111111111 0000000000000000 0000000000000000",
    header: { opcode: 0x53, extrasLength: 48, vbucketOrStatus: 3, bodyLength: 48, opaque: 0x00020003 },
    parts: {
      extras: "00000000 00000000 0000000000000000 ffffffffffffffff 1111111111111111 0000000000000000 0000000000000000",
    },
    source: "kv_engine BinaryProtocol",
  }),
  request({
    name: "DCP_CLOSE_STREAM of vbucket 511",
    op: "DCP_CLOSE_STREAM",
    hex: "80 52 0000 00 00 01ff 00000000 abcd01ff 0000000000000000",
    header: { opcode: 0x52, vbucketOrStatus: 511, opaque: 0xabcd01ff },
    source: derived("close stream"),
  }),
  request({
    name: "DCP_BUFFER_ACK of 0x1234 bytes",
    op: "DCP_BUFFER_ACK",
    hex: "80 5d 0000 04 00 0000 00000004 00000000 0000000000000000 | 00001234",
    header: { opcode: 0x5d, extrasLength: 4, bodyLength: 4 },
    parts: { extras: "00001234" },
    source: derived("buffer acknowledgement"),
  }),
  // Answered with the opaque of the server.
  response({
    name: "DCP_NOOP answer",
    op: "DCP_NOOP",
    hex: "81 5c 0000 00 00 0000 00000000 00000077 0000000000000000",
    header: { opcode: 0x5c, opaque: 119 },
    source: derived("answer to a no-op"),
  }),
  request({
    name: "DCP_GET_FAILOVER_LOG of vbucket 3",
    op: "DCP_GET_FAILOVER_LOG",
    hex: "80 54 0000 00 00 0003 00000000 deadbeef 0000000000000000",
    header: { opcode: 0x54, vbucketOrStatus: 3, opaque: 0xdeadbeef },
    source: derived("failover log"),
  }),
];

/** A header alone, as it comes before its body: a snapshot marker in the form with framing extras (flexSnapOpHdr.bin). */
export const FLEXIBLE_HEADER = {
  hex: "08 56 03 00 14 00 039d 00000017 0001039d 0000000000000000",
  framingLength: 3,
  keyLength: 0,
  extrasLength: 20,
  vbucket: 925,
  bodyLength: 23,
  opaque: 0x0001039d,
} as const;

/** What the snappy values of the two mutations of d1 inflate to, 72 bytes. */
export const SNAPPY_VALUE_TEXT = '{\n"click": "to edit",\n"with JSON": "there are no reserved field names"\n}';

/** The value of a failover log, newest entry first: vbucket uuid and seqno, 8 bytes each (gomemcached TestFailoverLog_Latest). */
export const FAILOVER_LOG = {
  hex: "0000acbee5801e38 0000000000001ec7 00008940df6ea5d3 0000000000000000",
  entries: [[189935894142520n, 7879n], [150911719482835n, 0n]],
} as const;

/** How the tests of gomemcached pack an opaque: feed in the upper half, vbucket in the lower. */
export const PACKED_OPAQUES = [
  { vbucket: 1, feed: 2, opaque: 0x00020001 },
  { vbucket: 1, feed: 3, opaque: 0x00030001 },
  { vbucket: 511, feed: 1, opaque: 0x000101ff },
  { vbucket: 1023, feed: 1, opaque: 0x000103ff },
  { vbucket: 406, feed: 1, opaque: 0x00010196 },
] as const;

/** The JSON value of a stream request for a filter (gomemcached TestCollectionsFilter): ids in hexadecimal digits, the stream id a number. */
export const STREAM_FILTERS = [
  { filter: { collections: [2, 20, 200] }, json: '{"collections":["2","14","c8"]}' },
  // Their client refuses a scope without a stream id; the server takes it.
  { filter: { scope: 129 }, json: '{"scope":"81"}' },
  { filter: { collections: [8, 0x1f], streamId: 5 }, json: '{"collections":["8","1f"],"sid":5}' },
] as const;

/** Values of system events of version 2: a FlatBuffers table each, whose numbers are little-endian (made by their generated code). */
export const FLATBUFFERS_EVENTS = [
  {
    table: "Collection",
    hex:
      "1c00000000000000 0000120024001c00 1800140013000c00 0800070012000000 000000011c000000 100e000000000001 0900000008000000 0500000000000000 0200000043310000",
    fields: { uid: 5n, scopeId: 8, collectionId: 9, ttlValid: true, maxTtl: 3600, name: "C1", history: true },
  },
  {
    table: "DroppedCollection",
    hex: "1400000000000000 00000a0014000c00 080004000a000000 0900000008000000 0600000000000000",
    fields: { uid: 6n, scopeId: 8, collectionId: 9, systemCollection: false },
  },
  {
    table: "Scope",
    hex: "1400000000000000 00000a0014000c00 080004000a000000 1000000008000000 0700000000000000 0200000053310000",
    fields: { uid: 7n, scopeId: 8, name: "S1" },
  },
  {
    table: "DroppedScope",
    hex: "1000000000000000 0800100008000400 0800000008000000 0800000000000000",
    fields: { uid: 8n, scopeId: 8, systemScope: false },
  },
] as const;
