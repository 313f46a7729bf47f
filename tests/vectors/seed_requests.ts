/**
 * Requests of the tests of couchbase/gomemcached and dustin/gomemcached, which share most of them.
 * Their bodies are those of no real SET: good frames, but not what the opcode calls for.
 */

import { request, text, type Vector } from "./vector.ts";

const TEST = (name: string): string => `couchbase/gomemcached ${name}`;

/** Requests that a frame reader must take. */
export const SEED_REQUESTS: readonly Vector[] = [
  request({
    name: "SET without extras, gomemcached",
    op: "SET",
    hex: "80 01 0007 00 00 0338 00000010 00001c4a 0000000037ef3a35 | 736f6d656b6579 | 736f6d6576616c7565",
    header: { opcode: 0x01, keyLength: 7, vbucketOrStatus: 824, bodyLength: 16, opaque: 7242, cas: 0x37ef3a35n },
    parts: { key: text("somekey"), value: text("somevalue") },
    refused: "it has 0 bytes of extras, expected 8",
    source: TEST("mc_req_test TestEncodingRequest"),
  }),
  request({
    name: "SET with 4 bytes of extras, gomemcached",
    op: "SET",
    hex: "80 01 0007 04 00 0338 00000014 00001c4a 0000000037ef3a35 | 01020304 | 736f6d656b6579 | 736f6d6576616c7565",
    header: {
      opcode: 0x01,
      keyLength: 7,
      extrasLength: 4,
      vbucketOrStatus: 824,
      bodyLength: 20,
      opaque: 7242,
      cas: 0x37ef3a35n,
    },
    parts: { extras: "01020304", key: text("somekey"), value: text("somevalue") },
    refused: "it has 4 bytes of extras, expected 8",
    source: TEST("mc_req_test TestEncodingRequestWithExtras"),
  }),
  // Their writer splits what is longer than 128 or 256 bytes into two writes; the bytes must be the same.
  request({
    name: "SET with 256 bytes of zeros, gomemcached",
    op: "SET",
    hex: `80 01 0007 04 00 0338 0000010b 00001c4a 0000000037ef3a35 | 01020304 | 736f6d656b6579 | ${"00".repeat(256)}`,
    header: {
      opcode: 0x01,
      keyLength: 7,
      extrasLength: 4,
      vbucketOrStatus: 824,
      bodyLength: 267,
      opaque: 7242,
      cas: 0x37ef3a35n,
    },
    parts: { extras: "01020304", key: text("somekey"), value: "00".repeat(256) },
    refused: "it has 4 bytes of extras, expected 8",
    source: TEST("mc_req_test TestEncodingRequestWithLargeBody"),
  }),
  // The last two bytes of extras, 0007, call the last 7 of the value metadata; the header knows nothing of it.
  request({
    name: "SET with extended metadata, gomemcached",
    op: "SET",
    hex:
      "80 01 0007 1e 00 0338 00000035 00001c4a 0000000037ef3a35 | 000000000000000000000000000000000000000000000000000000000007 | 736f6d656b6579 | 736f6d6576616c75656578746d657461",
    header: {
      opcode: 0x01,
      keyLength: 7,
      extrasLength: 30,
      vbucketOrStatus: 824,
      bodyLength: 53,
      opaque: 7242,
      cas: 0x37ef3a35n,
    },
    parts: {
      extras: "000000000000000000000000000000000000000000000000000000000007",
      key: text("somekey"),
      value: text("somevalueextmeta"),
    },
    refused: "it has 30 bytes of extras, expected 8",
    source: TEST("client TestTransmitReqWithExtMeta"),
  }),
  request({
    name: "SET with 1 byte of extras, gomemcached",
    op: "SET",
    hex: "80 01 0007 01 00 0338 00000011 00001c4a 0000000000000000 | 01 | 736f6d656b6579 | 736f6d6576616c7565",
    header: { opcode: 0x01, keyLength: 7, extrasLength: 1, vbucketOrStatus: 824, bodyLength: 17, opaque: 7242 },
    parts: { extras: "01", key: text("somekey"), value: text("somevalue") },
    refused: "it has 1 bytes of extras, expected 8",
    source: TEST("mc_req_test TestReceiveRequest"),
  }),
  request({
    name: "SET without a body, gomemcached",
    op: "SET",
    hex: "80 01 0000 00 00 0338 00000000 00001c4a 0000000000000000",
    header: { opcode: 0x01, vbucketOrStatus: 824, opaque: 7242 },
    refused: "it has 0 bytes of extras, expected 8",
    source: TEST("mc_req_test TestReceiveRequestNoContent"),
  }),
];
