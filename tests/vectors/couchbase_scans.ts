/** What no recording has of range scans. */

import { hex } from "../support/hex.ts";
import { response, type Vector } from "./vector.ts";

const RANGE_SCANS = "kv_engine range scans";

/** Ids and records. */
export const COUCHBASE_SCANS: readonly Vector[] = [
  response({
    name: "RANGE_SCAN_CREATE answer",
    op: "RANGE_SCAN_CREATE",
    hex: "81 da 0000 00 00 0000 00000010 00000001 0000000000000000 | 000102030405060708090a0b0c0d0e0f",
    header: { opcode: 0xda, bodyLength: 16, opaque: 1 },
    parts: { value: "000102030405060708090a0b0c0d0e0f" },
    message: { id: hex("000102030405060708090a0b0c0d0e0f") },
    source: RANGE_SCANS,
  }),
  response({
    name: "RANGE_SCAN_CREATE answer: no keys",
    op: "RANGE_SCAN_CREATE",
    hex: "81 da 0000 00 00 0001 00000000 00000001 0000000000000000",
    header: { opcode: 0xda, vbucketOrStatus: 0x01, opaque: 1 },
    message: { text: "" },
    source: RANGE_SCANS,
  }),
  response({
    name: "RANGE_SCAN_CREATE answer with half an id",
    op: "RANGE_SCAN_CREATE",
    hex: "81 da 0000 00 00 0000 00000008 00000001 0000000000000000 | 0001020304050607",
    header: { opcode: 0xda, bodyLength: 8, opaque: 1 },
    parts: { value: "0001020304050607" },
    refused: "a value of 8 bytes, expected 16",
    source: RANGE_SCANS,
  }),
  // 200 takes two bytes as LEB128: c8 01.
  response({
    name: "RANGE_SCAN_CONTINUE answer: the last, with a long key",
    op: "RANGE_SCAN_CONTINUE",
    hex:
      "81 db 0000 04 00 00a7 000000d0 00000001 0000000000000000 | 00000000 | c8016b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b017a",
    header: { opcode: 0xdb, extrasLength: 4, vbucketOrStatus: 0xa7, bodyLength: 208, opaque: 1 },
    parts: {
      extras: "00000000",
      value:
        "c8016b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b017a",
    },
    message: { items: [{ key: "k".repeat(200) }, { key: "z" }] },
    source: RANGE_SCANS,
  }),
  response({
    name: "RANGE_SCAN_CONTINUE answer: a document with a long value",
    op: "RANGE_SCAN_CONTINUE",
    hex:
      "81 db 0000 04 00 0000 000000a4 00000001 0000000000000000 | 00000001 | 000000070000003c0000000000000005000000000000000803026b31820176767676767676767676767676767676767676767676767676767676767676767676767676767676767676767676767676767676767676767676767676767676767676767676767676767676767676767676767676767676767676767676767676767676767676767676767676767676767676767676767676767676767676767676",
    header: { opcode: 0xdb, extrasLength: 4, bodyLength: 164, opaque: 1 },
    parts: {
      extras: "00000001",
      value:
        "000000070000003c0000000000000005000000000000000803026b31820176767676767676767676767676767676767676767676767676767676767676767676767676767676767676767676767676767676767676767676767676767676767676767676767676767676767676767676767676767676767676767676767676767676767676767676767676767676767676767676767676767676767676767676",
    },
    message: {
      items: [{
        key: "k1",
        document: { flags: 7, expiry: 60, seqno: 5n, cas: 8n, datatype: 3, value: "v".repeat(130) },
      }],
    },
    source: RANGE_SCANS,
  }),
  response({
    name: "RANGE_SCAN_CONTINUE answer: the scan was cancelled",
    op: "RANGE_SCAN_CONTINUE",
    hex: "81 db 0000 00 00 00a5 00000000 00000001 0000000000000000",
    header: { opcode: 0xdb, vbucketOrStatus: 0xa5, opaque: 1 },
    message: { text: "" },
    source: RANGE_SCANS,
  }),
  response({
    name: "RANGE_SCAN_CONTINUE answer with records in format 2",
    op: "RANGE_SCAN_CONTINUE",
    hex: "81 db 0000 04 00 0000 00000007 00000001 0000000000000000 | 00000002 | 026b31",
    header: { opcode: 0xdb, extrasLength: 4, bodyLength: 7, opaque: 1 },
    parts: { extras: "00000002", value: "026b31" },
    refused: "records of a scan in format 2, expected 0 or 1",
    source: RANGE_SCANS,
  }),
  response({
    name: "RANGE_SCAN_CONTINUE answer with records and no extras",
    op: "RANGE_SCAN_CONTINUE",
    hex: "81 db 0000 00 00 0000 00000003 00000001 0000000000000000 | 026b31",
    header: { opcode: 0xdb, bodyLength: 3, opaque: 1 },
    parts: { value: "026b31" },
    refused: "0 bytes of extras, expected 4",
    source: RANGE_SCANS,
  }),
  response({
    name: "RANGE_SCAN_CONTINUE answer that ends inside a key",
    op: "RANGE_SCAN_CONTINUE",
    hex: "81 db 0000 04 00 0000 00000007 00000001 0000000000000000 | 00000000 | 036b31",
    header: { opcode: 0xdb, extrasLength: 4, bodyLength: 7, opaque: 1 },
    parts: { extras: "00000000", value: "036b31" },
    refused: "records of a scan that end too early",
    source: RANGE_SCANS,
  }),
  response({
    name: "RANGE_SCAN_CANCEL answer",
    op: "RANGE_SCAN_CANCEL",
    hex: "81 dc 0000 00 00 0000 00000000 00000001 0000000000000000",
    header: { opcode: 0xdc, opaque: 1 },
    message: {},
    source: RANGE_SCANS,
  }),
];
