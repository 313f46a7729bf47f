/** What no recording has of documents and their metadata. */

import { hex } from "../support/hex.ts";
import { request, response, text, type Vector } from "./vector.ts";

const BINARY_PROTOCOL = "kv_engine BinaryProtocol";
const MUTATE_META = "kv_engine mutate-with-meta";

/** Locks, attributes, keys, seqnos. */
export const COUCHBASE_DOCUMENTS: readonly Vector[] = [
  response({
    name: "UNLOCK_KEY answer",
    op: "UNLOCK_KEY",
    hex: "81 95 0000 00 00 0000 00000000 00000001 0000000000000000",
    header: { opcode: 0x95, opaque: 1 },
    message: {},
    source: BINARY_PROTOCOL,
  }),
  response({
    name: "UNLOCK_KEY answer: not locked",
    op: "UNLOCK_KEY",
    hex: "81 95 0000 00 00 000e 00000000 00000001 0000000000000000",
    header: { opcode: 0x95, vbucketOrStatus: 0x0e, opaque: 1 },
    message: { text: "" },
    source: BINARY_PROTOCOL,
  }),
  request({
    name: "GET_LOCKED of foo, default time",
    op: "GET_LOCKED",
    hex: "80 94 0003 00 00 0000 00000003 00000001 0000000000000000 | 666f6f",
    header: { opcode: 0x94, keyLength: 3, bodyLength: 3, opaque: 1 },
    parts: { key: text("foo") },
    message: { key: "foo" },
    source: BINARY_PROTOCOL,
  }),
  response({
    name: "GET_LOCKED answer: locked already",
    op: "GET_LOCKED",
    hex: "81 94 0000 00 00 0009 00000000 00000001 0000000000000000",
    header: { opcode: 0x94, vbucketOrStatus: 0x09, opaque: 1 },
    message: { text: "" },
    source: BINARY_PROTOCOL,
  }),
  request({
    name: "GET_EX of foo",
    op: "GET_EX",
    hex: "80 49 0003 00 00 0000 00000003 00000001 0000000000000000 | 666f6f",
    header: { opcode: 0x49, keyLength: 3, bodyLength: 3, opaque: 1 },
    parts: { key: text("foo") },
    message: { key: "foo" },
    source: BINARY_PROTOCOL,
  }),
  // Datatype 5: JSON behind a section of xattrs.
  response({
    name: "GET_EX answer with an xattr",
    op: "GET_EX",
    hex:
      "81 49 0000 04 05 0000 0000001c 00000001 0000000000000008 | 00000001 | 000000120000000e5f73796e63007b2261223a317d007b7d",
    header: { opcode: 0x49, extrasLength: 4, datatype: 5, bodyLength: 28, opaque: 1, cas: 8n },
    parts: { extras: "00000001", value: "000000120000000e5f73796e63007b2261223a317d007b7d" },
    message: { flags: 1, value: hex("000000120000000e5f73796e63007b2261223a317d007b7d") },
    source: BINARY_PROTOCOL,
  }),
  request({
    name: "GET_EX_REPLICA of foo",
    op: "GET_EX_REPLICA",
    hex: "80 4a 0003 00 00 0073 00000003 00000001 0000000000000000 | 666f6f",
    header: { opcode: 0x4a, keyLength: 3, vbucketOrStatus: 115, bodyLength: 3, opaque: 1 },
    parts: { key: text("foo") },
    message: { key: "foo" },
    source: BINARY_PROTOCOL,
  }),
  response({
    name: "GET_EX_REPLICA answer with an xattr",
    op: "GET_EX_REPLICA",
    hex:
      "81 4a 0000 04 05 0000 0000001c 00000001 0000000000000008 | 00000001 | 000000120000000e5f73796e63007b2261223a317d007b7d",
    header: { opcode: 0x4a, extrasLength: 4, datatype: 5, bodyLength: 28, opaque: 1, cas: 8n },
    parts: { extras: "00000001", value: "000000120000000e5f73796e63007b2261223a317d007b7d" },
    message: { flags: 1, value: hex("000000120000000e5f73796e63007b2261223a317d007b7d") },
    source: BINARY_PROTOCOL,
  }),
  request({
    name: "GET_KEYS from foo on, as many as the server likes",
    op: "GET_KEYS",
    hex: "80 b8 0003 00 00 0000 00000003 00000001 0000000000000000 | 666f6f",
    header: { opcode: 0xb8, keyLength: 3, bodyLength: 3, opaque: 1 },
    parts: { key: text("foo") },
    message: { key: "foo" },
    source: BINARY_PROTOCOL,
  }),
  response({
    name: "GET_KEYS answer: none",
    op: "GET_KEYS",
    hex: "81 b8 0000 00 00 0000 00000000 00000001 0000000000000000",
    header: { opcode: 0xb8, opaque: 1 },
    message: { keys: [] },
    source: BINARY_PROTOCOL,
  }),
  response({
    name: "GET_KEYS answer that ends inside a key",
    op: "GET_KEYS",
    hex: "81 b8 0000 00 00 0000 00000005 00000001 0000000000000000 | 0004666f6f",
    header: { opcode: 0xb8, bodyLength: 5, opaque: 1 },
    parts: { value: "0004666f6f" },
    refused: "a list of keys that ends inside a key",
    source: BINARY_PROTOCOL,
  }),
  response({
    name: "GET_KEYS answer with an empty key",
    op: "GET_KEYS",
    hex: "81 b8 0000 00 00 0000 00000002 00000001 0000000000000000 | 0000",
    header: { opcode: 0xb8, bodyLength: 2, opaque: 1 },
    parts: { value: "0000" },
    refused: "an empty key in its list",
    source: BINARY_PROTOCOL,
  }),
  // The key starts with the id of its collection, as wherever collections were agreed on.
  response({
    name: "GET_RANDOM_KEY answer in collection 8",
    op: "GET_RANDOM_KEY",
    hex: "81 b6 0004 04 00 0000 0000000b 00000001 0000000000000008 | 00000000 | 08666f6f | 626172",
    header: { opcode: 0xb6, keyLength: 4, extrasLength: 4, bodyLength: 11, opaque: 1, cas: 8n },
    parts: { extras: "00000000", key: "08666f6f", value: text("bar") },
    message: { flags: 0, key: hex("08666f6f"), value: "bar" },
    source: BINARY_PROTOCOL,
  }),
  request({
    name: "OBSERVE of an empty key",
    op: "OBSERVE",
    hex: "80 92 0000 00 00 0073 00000004 00000001 0000000000000000 | 00730000",
    header: { opcode: 0x92, vbucketOrStatus: 115, bodyLength: 4, opaque: 1 },
    parts: { value: "00730000" },
    refused: "an empty key in its list",
    source: BINARY_PROTOCOL,
  }),
  response({
    name: "OBSERVE_SEQNO answer, format 1",
    op: "OBSERVE_SEQNO",
    hex:
      "81 91 0000 00 00 0000 0000002b 00000001 0000000000000000 | 01007311223344556677880000000000000004000000000000000588776655443322110000000000000003",
    header: { opcode: 0x91, bodyLength: 43, opaque: 1 },
    parts: { value: "01007311223344556677880000000000000004000000000000000588776655443322110000000000000003" },
    message: {
      vbucket: 115,
      vbuuid: 0x1122334455667788n,
      persistedSeqno: 4n,
      currentSeqno: 5n,
      failover: { oldVbuuid: 0x8877665544332211n, lastSeqno: 3n },
    },
    source: BINARY_PROTOCOL,
  }),
  response({
    name: "OBSERVE_SEQNO answer in format 2",
    op: "OBSERVE_SEQNO",
    hex:
      "81 91 0000 00 00 0000 0000001b 00000001 0000000000000000 | 020073000000000000000100000000000000040000000000000005",
    header: { opcode: 0x91, bodyLength: 27, opaque: 1 },
    parts: { value: "020073000000000000000100000000000000040000000000000005" },
    refused: "a value of 27 bytes in format 2",
    source: BINARY_PROTOCOL,
  }),
];

/** Metadata. */
export const COUCHBASE_META: readonly Vector[] = [
  request({
    name: "GETQ_META of foo",
    op: "GETQ_META",
    hex: "80 a1 0003 00 00 0000 00000003 00000001 0000000000000000 | 666f6f",
    header: { opcode: 0xa1, keyLength: 3, bodyLength: 3, opaque: 1 },
    parts: { key: text("foo") },
    message: { key: "foo" },
    source: BINARY_PROTOCOL,
  }),
  response({
    name: "GETQ_META answer",
    op: "GETQ_META",
    hex: "81 a1 0000 14 00 0000 00000014 00000001 0000000000000008 | 00000001 00000000 00000000 0000000000000002",
    header: { opcode: 0xa1, extrasLength: 20, bodyLength: 20, opaque: 1, cas: 8n },
    parts: { extras: "00000001 00000000 00000000 0000000000000002" },
    message: { deleted: true, flags: 0, expiry: 0, revision: 2n },
    source: BINARY_PROTOCOL,
  }),
  request({
    name: "SETQ_WITH_META of foo",
    op: "SETQ_WITH_META",
    hex:
      "80 a3 0003 18 00 0000 0000001e 00000001 0000000000000000 | deadbeef 00000000 0000000000000005 0000000000000008 | 666f6f | 626172",
    header: { opcode: 0xa3, keyLength: 3, extrasLength: 24, bodyLength: 30, opaque: 1 },
    parts: { extras: "deadbeef 00000000 0000000000000005 0000000000000008", key: text("foo"), value: text("bar") },
    message: { key: "foo", value: "bar", flags: 0xdeadbeef, expiry: 0, revision: 5n, newCas: 8n },
    source: BINARY_PROTOCOL,
  }),
  response({
    name: "SETQ_WITH_META answer: the conflict is lost",
    op: "SETQ_WITH_META",
    hex: "81 a3 0000 00 00 0002 00000000 00000001 0000000000000000",
    header: { opcode: 0xa3, vbucketOrStatus: 0x02, opaque: 1 },
    message: { text: "" },
    source: BINARY_PROTOCOL,
  }),
  // 26 bytes of extras: the last two are the length of what stands behind the value.
  request({
    name: "ADD_WITH_META of foo with extended metadata",
    op: "ADD_WITH_META",
    hex:
      "80 a4 0003 1a 00 0000 00000028 00000001 0000000000000000 | 00000000 00000e10 0000000000000005 0000000000000008 0008 | 666f6f | 62617201020008deadbeef",
    header: { opcode: 0xa4, keyLength: 3, extrasLength: 26, bodyLength: 40, opaque: 1 },
    parts: {
      extras: "00000000 00000e10 0000000000000005 0000000000000008 0008",
      key: text("foo"),
      value: "62617201020008deadbeef",
    },
    message: {
      key: "foo",
      value: "bar",
      flags: 0,
      expiry: 3600,
      revision: 5n,
      newCas: 8n,
      extendedMeta: hex("01020008deadbeef"),
    },
    source: BINARY_PROTOCOL,
  }),
  response({
    name: "ADD_WITH_META answer with a mutation token",
    op: "ADD_WITH_META",
    hex: "81 a4 0000 10 00 0000 00000010 00000001 0000000000000008 | 1122334455667788 0000000000000005",
    header: { opcode: 0xa4, extrasLength: 16, bodyLength: 16, opaque: 1, cas: 8n },
    parts: { extras: "1122334455667788 0000000000000005" },
    message: { token: { vbuuid: 0x1122334455667788n, seqno: 5n } },
    source: BINARY_PROTOCOL,
  }),
  request({
    name: "ADD_WITH_META with more metadata than value",
    op: "ADD_WITH_META",
    hex:
      "80 a4 0003 1a 00 0000 00000020 00000001 0000000000000000 | 00000000 00000000 0000000000000005 0000000000000008 0004 | 666f6f | 626172",
    header: { opcode: 0xa4, keyLength: 3, extrasLength: 26, bodyLength: 32, opaque: 1 },
    parts: { extras: "00000000 00000000 0000000000000005 0000000000000008 0004", key: text("foo"), value: text("bar") },
    refused: "extended metadata of 4 bytes in 3 of value",
    source: BINARY_PROTOCOL,
  }),
  request({
    name: "ADDQ_WITH_META of foo",
    op: "ADDQ_WITH_META",
    hex:
      "80 a5 0003 1c 00 0000 0000001f 00000001 0000000000000000 | 00000000 00000000 0000000000000001 0000000000000008 00000008 | 666f6f",
    header: { opcode: 0xa5, keyLength: 3, extrasLength: 28, bodyLength: 31, opaque: 1 },
    parts: { extras: "00000000 00000000 0000000000000001 0000000000000008 00000008", key: text("foo") },
    message: { key: "foo", value: "", flags: 0, expiry: 0, revision: 1n, newCas: 8n, options: 8 },
    source: BINARY_PROTOCOL,
  }),
  response({
    name: "ADDQ_WITH_META answer: the key exists",
    op: "ADDQ_WITH_META",
    hex: "81 a5 0000 00 00 0002 00000000 00000001 0000000000000000",
    header: { opcode: 0xa5, vbucketOrStatus: 0x02, opaque: 1 },
    message: { text: "" },
    source: BINARY_PROTOCOL,
  }),
  // 30 bytes of extras, and the CAS in the header is that of the document to delete.
  request({
    name: "DEL_WITH_META that is an expiration, with extended metadata",
    op: "DEL_WITH_META",
    hex:
      "80 a8 0003 1e 00 0000 00000022 00000001 0000000000000008 | 00000000 00000000 0000000000000006 0000000000000009 00000010 0001 | 666f6f | 01",
    header: { opcode: 0xa8, keyLength: 3, extrasLength: 30, bodyLength: 34, opaque: 1, cas: 8n },
    parts: {
      extras: "00000000 00000000 0000000000000006 0000000000000009 00000010 0001",
      key: text("foo"),
      value: "01",
    },
    message: {
      key: "foo",
      value: "",
      flags: 0,
      expiry: 0,
      revision: 6n,
      newCas: 9n,
      options: 0x10,
      extendedMeta: hex("01"),
    },
    source: BINARY_PROTOCOL,
  }),
  request({
    name: "DELQ_WITH_META of foo",
    op: "DELQ_WITH_META",
    hex:
      "80 a9 0003 18 00 0000 0000001b 00000001 0000000000000000 | 00000000 00000000 0000000000000006 0000000000000009 | 666f6f",
    header: { opcode: 0xa9, keyLength: 3, extrasLength: 24, bodyLength: 27, opaque: 1 },
    parts: { extras: "00000000 00000000 0000000000000006 0000000000000009", key: text("foo") },
    message: { key: "foo", value: "", flags: 0, expiry: 0, revision: 6n, newCas: 9n },
    source: BINARY_PROTOCOL,
  }),
  response({
    name: "DELQ_WITH_META answer: missing",
    op: "DELQ_WITH_META",
    hex: "81 a9 0000 00 00 0001 00000000 00000001 0000000000000000",
    header: { opcode: 0xa9, vbucketOrStatus: 0x01, opaque: 1 },
    message: { text: "" },
    source: BINARY_PROTOCOL,
  }),
  request({
    name: "RETURN_META that sets foo",
    op: "RETURN_META",
    hex: "80 b2 0003 0c 00 0000 00000012 00000001 0000000000000008 | 00000001 deadbeef 0000003c | 666f6f | 626172",
    header: { opcode: 0xb2, keyLength: 3, extrasLength: 12, bodyLength: 18, opaque: 1, cas: 8n },
    parts: { extras: "00000001 deadbeef 0000003c", key: text("foo"), value: text("bar") },
    message: { type: 1, flags: 0xdeadbeef, expiry: 60, key: "foo", value: "bar" },
    source: BINARY_PROTOCOL,
  }),
  response({
    name: "RETURN_META answer",
    op: "RETURN_META",
    hex: "81 b2 0000 10 00 0000 00000010 00000001 0000000000000009 | deadbeef 60000000 0000000000000007",
    header: { opcode: 0xb2, extrasLength: 16, bodyLength: 16, opaque: 1, cas: 9n },
    parts: { extras: "deadbeef 60000000 0000000000000007" },
    message: { flags: 0xdeadbeef, expiry: 0x60000000, revision: 7n },
    source: BINARY_PROTOCOL,
  }),
  // The extras are the length of the JSON behind the value.
  request({
    name: "MUTATE_WITH_META that sets foo",
    op: "MUTATE_WITH_META",
    hex:
      "80 4b 0003 04 01 0000 00000030 00000001 0000000000000000 | 00000027 | 666f6f | 7b7d7b22636f6d6d616e64223a22736574222c22636173223a22307838222c22666c616773223a317d",
    header: { opcode: 0x4b, keyLength: 3, extrasLength: 4, datatype: 1, bodyLength: 48, opaque: 1 },
    parts: { extras: "00000027", key: text("foo"), value: text('{}{"command":"set","cas":"0x8","flags":1}') },
    message: { key: "foo", value: "{}", meta: '{"command":"set","cas":"0x8","flags":1}' },
    source: MUTATE_META,
  }),
  response({
    name: "MUTATE_WITH_META answer",
    op: "MUTATE_WITH_META",
    hex: "81 4b 0000 00 00 0000 00000000 00000001 0000000000000008",
    header: { opcode: 0x4b, opaque: 1, cas: 8n },
    message: {},
    source: MUTATE_META,
  }),
];
