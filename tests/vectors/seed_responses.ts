/** Responses of the tests of couchbase/gomemcached and dustin/gomemcached, which share most of them. */

import { hex } from "../support/hex.ts";
import { response, text, type Vector } from "./vector.ts";

const TEST = (name: string): string => `couchbase/gomemcached ${name}`;

/** Responses that a frame reader must take; most have a status that nobody defines. */
export const SEED_RESPONSES: readonly Vector[] = [
  // Their text for it: MCResponse status=0x62e, opcode=SET, opaque=7242, msg: somevalue.
  response({
    name: "SET answer with status 0x62e, gomemcached",
    op: "SET",
    hex: "81 01 0007 00 00 062e 00000010 00001c4a 0000000037ef3a35 | 736f6d656b6579 | 736f6d6576616c7565",
    header: { opcode: 0x01, keyLength: 7, vbucketOrStatus: 0x62e, bodyLength: 16, opaque: 7242, cas: 0x37ef3a35n },
    parts: { key: text("somekey"), value: text("somevalue") },
    message: { key: "somekey", text: "somevalue" },
    source: TEST("mc_res_test TestEncodingResponse"),
  }),
  response({
    name: "SET answer with status 0x62e and extras, gomemcached",
    op: "SET",
    hex: "81 01 0007 04 00 062e 00000014 00001c4a 0000000037ef3a35 | 01020304 | 736f6d656b6579 | 736f6d6576616c7565",
    header: {
      opcode: 0x01,
      keyLength: 7,
      extrasLength: 4,
      vbucketOrStatus: 0x62e,
      bodyLength: 20,
      opaque: 7242,
      cas: 0x37ef3a35n,
    },
    parts: { extras: "01020304", key: text("somekey"), value: text("somevalue") },
    message: { key: "somekey", text: "somevalue" },
    source: TEST("mc_res_test TestEncodingResponseWithExtras"),
  }),
  response({
    name: "SET answer with status 0x62e and 256 bytes of zeros, gomemcached",
    op: "SET",
    hex: `81 01 0007 04 00 062e 0000010b 00001c4a 0000000037ef3a35 | 01020304 | 736f6d656b6579 | ${"00".repeat(256)}`,
    header: {
      opcode: 0x01,
      keyLength: 7,
      extrasLength: 4,
      vbucketOrStatus: 0x62e,
      bodyLength: 267,
      opaque: 7242,
      cas: 0x37ef3a35n,
    },
    parts: { extras: "01020304", key: text("somekey"), value: "00".repeat(256) },
    message: { key: "somekey", text: hex("00".repeat(256)) },
    source: TEST("mc_res_test TestEncodingResponseWithLargeBody"),
  }),
  response({
    name: "GET answer World with flags, the sample of the protocol document",
    op: "GET",
    hex: "81 00 0000 04 00 0000 00000009 00000000 0000000000000001 | deadbeef | 576f726c64",
    header: { opcode: 0x00, extrasLength: 4, bodyLength: 9, cas: 1n },
    parts: { extras: "deadbeef", value: text("World") },
    message: { flags: 0xdeadbeef, value: "World" },
    source: TEST("client TestDecodeSpecSample"),
  }),
  response({
    name: "SET answer with status 0x338, gomemcached",
    op: "SET",
    hex: "81 01 0007 00 00 0338 00000010 00001c4a 0000000037ef3a35 | 736f6d656b6579 | 736f6d6576616c7565",
    header: { opcode: 0x01, keyLength: 7, vbucketOrStatus: 0x338, bodyLength: 16, opaque: 7242, cas: 0x37ef3a35n },
    parts: { key: text("somekey"), value: text("somevalue") },
    message: { key: "somekey", text: "somevalue" },
    source: TEST("server_test TestTransmitRes"),
  }),
  response({
    name: "SET answer with status 74, gomemcached",
    op: "SET",
    hex: "81 01 0007 01 00 004a 00000011 00001c4a 0000000000000000 | 01 | 736f6d656b6579 | 736f6d6576616c7565",
    header: { opcode: 0x01, keyLength: 7, extrasLength: 1, vbucketOrStatus: 0x4a, bodyLength: 17, opaque: 7242 },
    parts: { extras: "01", key: text("somekey"), value: text("somevalue") },
    message: { key: "somekey", text: "somevalue" },
    source: TEST("mc_res_test TestReceiveResponse"),
  }),
  response({
    name: "SET answer with status 74 and no body, gomemcached",
    op: "SET",
    hex: "81 01 0000 00 00 004a 00000000 00001c4a 0000000000000000",
    header: { opcode: 0x01, vbucketOrStatus: 0x4a, opaque: 7242 },
    message: { text: "" },
    source: TEST("mc_res_test TestReceiveResponseNoContent"),
  }),
];
