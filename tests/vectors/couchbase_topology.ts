/** What no recording has of sessions, cluster maps, vbuckets and collections. */

import { request, response, text, type Vector } from "./vector.ts";

const BINARY_PROTOCOL = "kv_engine BinaryProtocol";
const COLLECTIONS = "kv_engine Collections";

/** Cluster maps and vbuckets. */
export const COUCHBASE_TOPOLOGY: readonly Vector[] = [
  response({
    name: "GET_ERROR_MAP answer",
    op: "GET_ERROR_MAP",
    hex:
      "81 fe 0000 00 01 0000 00000068 00000001 0000000000000000 | 7b2276657273696f6e223a322c227265766973696f6e223a342c226572726f7273223a7b2231223a7b226e616d65223a224b45595f454e4f454e54222c2264657363223a224e6f7420466f756e64222c226174747273223a5b226974656d2d6f6e6c79225d7d7d7d",
    header: { opcode: 0xfe, datatype: 1, bodyLength: 104, opaque: 1 },
    parts: {
      value: text(
        '{"version":2,"revision":4,"errors":{"1":{"name":"KEY_ENOENT","desc":"Not Found","attrs":["item-only"]}}}',
      ),
    },
    message: {
      json: '{"version":2,"revision":4,"errors":{"1":{"name":"KEY_ENOENT","desc":"Not Found","attrs":["item-only"]}}}',
    },
    source: BINARY_PROTOCOL,
  }),
  request({
    name: "SET_CLUSTER_CONFIG of default, epoch 1, revision 121",
    op: "SET_CLUSTER_CONFIG",
    hex:
      "80 b4 0007 10 00 0000 00000022 00000001 0000000000000000 | 0000000000000001 0000000000000079 | 64656661756c74 | 7b22726576223a3132317d",
    header: { opcode: 0xb4, keyLength: 7, extrasLength: 16, bodyLength: 34, opaque: 1 },
    parts: { extras: "0000000000000001 0000000000000079", key: text("default"), value: text('{"rev":121}') },
    message: { version: { epoch: 1n, revision: 121n }, bucket: "default", json: '{"rev":121}' },
    source: BINARY_PROTOCOL,
  }),
  response({
    name: "GET_CLUSTER_CONFIG answer: nothing newer",
    op: "GET_CLUSTER_CONFIG",
    hex: "81 b5 0000 00 00 0000 00000000 00000001 0000000000000000",
    header: { opcode: 0xb5, opaque: 1 },
    message: { json: "" },
    source: BINARY_PROTOCOL,
  }),
  request({
    name: "GET_CLUSTER_CONFIG from a server that knew no epochs",
    op: "GET_CLUSTER_CONFIG",
    hex: "80 b5 0000 10 00 0000 00000010 00000001 0000000000000000 | ffffffffffffffff 0000000000000007",
    header: { opcode: 0xb5, extrasLength: 16, bodyLength: 16, opaque: 1 },
    parts: { extras: "ffffffffffffffff 0000000000000007" },
    message: { known: { epoch: -1n, revision: 7n } },
    source: BINARY_PROTOCOL,
  }),
  request({
    name: "Cluster map told of by the server in brief, for the whole cluster",
    op: "CLUSTERMAP_CHANGE_NOTIFICATION",
    hex: "82 01 0000 10 00 0000 00000010 00000000 0000000000000000 | 0000000000000001 000000000000007a",
    header: { magic: 0x82, opcode: 0x01, extrasLength: 16, bodyLength: 16 },
    parts: { extras: "0000000000000001 000000000000007a" },
    message: { epoch: 1n, revision: 122n, bucket: "", json: "" },
    source: BINARY_PROTOCOL,
  }),
  request({
    name: "Cluster map pushed by a server that counts revisions alone",
    op: "CLUSTERMAP_CHANGE_NOTIFICATION",
    hex: "82 01 0007 04 01 0000 00000014 00000000 0000000000000000 | 00000005 | 64656661756c74 | 7b22726576223a357d",
    header: { magic: 0x82, opcode: 0x01, keyLength: 7, extrasLength: 4, datatype: 1, bodyLength: 20 },
    parts: { extras: "00000005", key: text("default"), value: text('{"rev":5}') },
    message: { revision: 5n, bucket: "default", json: '{"rev":5}' },
    source: BINARY_PROTOCOL,
  }),
  request({
    name: "Cluster map pushed with eight bytes of extras",
    op: "CLUSTERMAP_CHANGE_NOTIFICATION",
    hex:
      "82 01 0007 08 01 0000 00000018 00000000 0000000000000000 | 0000000000000005 | 64656661756c74 | 7b22726576223a357d",
    header: { magic: 0x82, opcode: 0x01, keyLength: 7, extrasLength: 8, datatype: 1, bodyLength: 24 },
    parts: { extras: "0000000000000005", key: text("default"), value: text('{"rev":5}') },
    refused: "8 bytes of extras, expected 16",
    source: BINARY_PROTOCOL,
  }),
  request({
    name: "SET_VBUCKET replica with a topology",
    op: "SET_VBUCKET",
    hex:
      "80 3d 0000 01 01 0073 0000001b 00000001 0000000000000000 | 02 | 7b22746f706f6c6f6779223a5b5b226e30222c226e31225d5d7d",
    header: { opcode: 0x3d, extrasLength: 1, datatype: 1, vbucketOrStatus: 115, bodyLength: 27, opaque: 1 },
    parts: { extras: "02", value: text('{"topology":[["n0","n1"]]}') },
    message: { state: 2, json: '{"topology":[["n0","n1"]]}' },
    source: BINARY_PROTOCOL,
  }),
  request({
    name: "SET_VBUCKET with two bytes of extras",
    op: "SET_VBUCKET",
    hex: "80 3d 0000 02 00 0073 00000002 00000001 0000000000000000 | 0001",
    header: { opcode: 0x3d, extrasLength: 2, vbucketOrStatus: 115, bodyLength: 2, opaque: 1 },
    parts: { extras: "0001" },
    refused: "2 bytes of extras, expected 1",
    source: BINARY_PROTOCOL,
  }),
  request({
    name: "DEL_VBUCKET 115",
    op: "DEL_VBUCKET",
    hex: "80 3f 0000 00 00 0073 00000000 00000001 0000000000000000",
    header: { opcode: 0x3f, vbucketOrStatus: 115, opaque: 1 },
    message: {},
    source: BINARY_PROTOCOL,
  }),
  request({
    name: "DEL_VBUCKET 115, answered when it is done",
    op: "DEL_VBUCKET",
    hex: "80 3f 0000 00 00 0073 00000007 00000001 0000000000000000 | 6173796e633d30",
    header: { opcode: 0x3f, vbucketOrStatus: 115, bodyLength: 7, opaque: 1 },
    parts: { value: text("async=0") },
    message: { options: "async=0" },
    source: BINARY_PROTOCOL,
  }),
  response({
    name: "DEL_VBUCKET answer",
    op: "DEL_VBUCKET",
    hex: "81 3f 0000 00 00 0000 00000000 00000001 0000000000000000",
    header: { opcode: 0x3f, opaque: 1 },
    message: {},
    source: BINARY_PROTOCOL,
  }),
  request({
    name: "GET_FAILOVER_LOG of vbucket 115",
    op: "GET_FAILOVER_LOG",
    hex: "80 96 0000 00 00 0073 00000000 00000001 0000000000000000",
    header: { opcode: 0x96, vbucketOrStatus: 115, opaque: 1 },
    message: {},
    source: BINARY_PROTOCOL,
  }),
  // The newest history comes first.
  response({
    name: "GET_FAILOVER_LOG answer: one failover",
    op: "GET_FAILOVER_LOG",
    hex:
      "81 96 0000 00 00 0000 00000020 00000001 0000000000000000 | 8877665544332211000000000000006411223344556677880000000000000000",
    header: { opcode: 0x96, bodyLength: 32, opaque: 1 },
    parts: { value: "8877665544332211000000000000006411223344556677880000000000000000" },
    message: { entries: [{ vbuuid: 0x8877665544332211n, seqno: 100n }, { vbuuid: 0x1122334455667788n, seqno: 0n }] },
    source: BINARY_PROTOCOL,
  }),
  response({
    name: "GET_FAILOVER_LOG answer of 17 bytes",
    op: "GET_FAILOVER_LOG",
    hex: "81 96 0000 00 00 0000 00000011 00000001 0000000000000000 | 0000000000000000000000000000000000",
    header: { opcode: 0x96, bodyLength: 17, opaque: 1 },
    parts: { value: "0000000000000000000000000000000000" },
    refused: "a value of 17 bytes, expected a multiple of 16",
    source: BINARY_PROTOCOL,
  }),
];

/** Manifests and ids. */
export const COUCHBASE_COLLECTIONS: readonly Vector[] = [
  // Without the bit for JSON, which servers refuse here.
  request({
    name: "COLLECTIONS_SET_MANIFEST",
    op: "COLLECTIONS_SET_MANIFEST",
    hex:
      "80 b9 0000 00 00 0000 0000007a 00000001 0000000000000000 | 7b22756964223a2232222c2273636f706573223a5b7b226e616d65223a225f64656661756c74222c22756964223a2230222c22636f6c6c656374696f6e73223a5b7b226e616d65223a225f64656661756c74222c22756964223a2230227d2c7b226e616d65223a226331222c22756964223a2238227d5d7d5d7d",
    header: { opcode: 0xb9, bodyLength: 122, opaque: 1 },
    parts: {
      value: text(
        '{"uid":"2","scopes":[{"name":"_default","uid":"0","collections":[{"name":"_default","uid":"0"},{"name":"c1","uid":"8"}]}]}',
      ),
    },
    message: {
      json:
        '{"uid":"2","scopes":[{"name":"_default","uid":"0","collections":[{"name":"_default","uid":"0"},{"name":"c1","uid":"8"}]}]}',
    },
    source: COLLECTIONS,
  }),
  response({
    name: "COLLECTIONS_SET_MANIFEST answer",
    op: "COLLECTIONS_SET_MANIFEST",
    hex: "81 b9 0000 00 00 0000 00000000 00000001 0000000000000000",
    header: { opcode: 0xb9, opaque: 1 },
    message: {},
    source: COLLECTIONS,
  }),
  response({
    name: "COLLECTIONS_GET_MANIFEST answer",
    op: "COLLECTIONS_GET_MANIFEST",
    hex:
      "81 ba 0000 00 01 0000 0000007a 00000001 0000000000000000 | 7b22756964223a2232222c2273636f706573223a5b7b226e616d65223a225f64656661756c74222c22756964223a2230222c22636f6c6c656374696f6e73223a5b7b226e616d65223a225f64656661756c74222c22756964223a2230227d2c7b226e616d65223a226331222c22756964223a2238227d5d7d5d7d",
    header: { opcode: 0xba, datatype: 1, bodyLength: 122, opaque: 1 },
    parts: {
      value: text(
        '{"uid":"2","scopes":[{"name":"_default","uid":"0","collections":[{"name":"_default","uid":"0"},{"name":"c1","uid":"8"}]}]}',
      ),
    },
    message: {
      json:
        '{"uid":"2","scopes":[{"name":"_default","uid":"0","collections":[{"name":"_default","uid":"0"},{"name":"c1","uid":"8"}]}]}',
    },
    source: COLLECTIONS,
  }),
  request({
    name: "COLLECTIONS_GET_ID with the path as key",
    op: "COLLECTIONS_GET_ID",
    hex: "80 bb 000b 00 00 0000 0000000b 00000001 0000000000000000 | 5f64656661756c742e6331",
    header: { opcode: 0xbb, keyLength: 11, bodyLength: 11, opaque: 1 },
    parts: { key: text("_default.c1") },
    message: { path: "_default.c1" },
    source: COLLECTIONS,
  }),
  request({
    name: "COLLECTIONS_GET_ID with a path and a key",
    op: "COLLECTIONS_GET_ID",
    hex: "80 bb 0003 00 00 0000 00000006 00000001 0000000000000000 | 612e62 | 612e62",
    header: { opcode: 0xbb, keyLength: 3, bodyLength: 6, opaque: 1 },
    parts: { key: text("a.b"), value: text("a.b") },
    refused: "an unexpected value of 3 bytes",
    source: COLLECTIONS,
  }),
  response({
    name: "COLLECTIONS_GET_ID answer: unknown",
    op: "COLLECTIONS_GET_ID",
    hex: "81 bb 0000 00 01 0088 00000014 00000001 0000000000000000 | 7b226d616e69666573745f756964223a2232227d",
    header: { opcode: 0xbb, datatype: 1, vbucketOrStatus: 0x88, bodyLength: 20, opaque: 1 },
    parts: { value: text('{"manifest_uid":"2"}') },
    message: { text: '{"manifest_uid":"2"}' },
    source: COLLECTIONS,
  }),
  request({
    name: "COLLECTIONS_GET_SCOPE_ID of s1",
    op: "COLLECTIONS_GET_SCOPE_ID",
    hex: "80 bc 0000 00 00 0000 00000002 00000001 0000000000000000 | 7331",
    header: { opcode: 0xbc, bodyLength: 2, opaque: 1 },
    parts: { value: text("s1") },
    message: { path: "s1" },
    source: COLLECTIONS,
  }),
  response({
    name: "COLLECTIONS_GET_SCOPE_ID answer: manifest 2, scope 9",
    op: "COLLECTIONS_GET_SCOPE_ID",
    hex: "81 bc 0000 0c 00 0000 0000000c 00000001 0000000000000000 | 0000000000000002 00000009",
    header: { opcode: 0xbc, extrasLength: 12, bodyLength: 12, opaque: 1 },
    parts: { extras: "0000000000000002 00000009" },
    message: { manifest: 2n, id: 9 },
    source: COLLECTIONS,
  }),
];
