/** Bytes that must not pass: what a reader has to refuse, and what no writer may send. */

/** Bytes to refuse. */
export interface Rejected {
  /** Unique in this list. */
  readonly name: string;
  /** What the reader waits for. */
  readonly side: "request" | "response";
  /** The bytes that come. */
  readonly hex: string;
  readonly reason: RejectReason;
  /** What is wrong, in words. */
  readonly wrong: string;
  /** For `limit`: the largest body that the reader takes, in bytes. */
  readonly maxBody?: number;
  /** For `extras` and `opcode`: which opcode was asked, whose answer this shall be. */
  readonly asked?: number;
  /** For `cut`: the bytes that are there of the whole frame; for `trailing`: those that belong to it. */
  readonly length?: number;
  readonly source: string;
}

/**
 * Who notices:
 *
 * - `magic`: the first byte starts no frame. `side`: it does, but in the other direction or from the other peer.
 * - `cut`: the frame is good as far as it goes, and the stream ends inside it. Not noticed before it ends.
 * - `lengths`: the parts are longer than the body. `limit`: the body is longer than the reader takes. Both are noticed as soon
 *   as the header is there.
 * - `extras`: a whole frame whose extras are not those of the opcode. `opcode`: a whole frame that answers another opcode.
 * - `trailing`: a whole frame, and bytes behind it that start no other.
 */
export type RejectReason = "magic" | "side" | "cut" | "lengths" | "limit" | "extras" | "opcode" | "trailing";

const GOMEMCACHED = (test: string): string => `couchbase/gomemcached ${test}`;
const GODROPBOX = (test: string): string => `dropbox/godropbox raw_binary_client_test ${test}`;

/** What a reader must refuse. */
export const REJECTED: readonly Rejected[] = [
  {
    name: "request of 3 bytes that start no frame",
    side: "request",
    hex: "01 02 03",
    reason: "magic",
    wrong: "magic 0x01, and a header of 3 bytes",
    source: GOMEMCACHED("mc_req_test TestReceiveRequestShortHdr"),
  },
  {
    name: "request with 3 bytes of a header",
    side: "request",
    hex: "80 01 00",
    reason: "cut",
    wrong: "the stream ends after 3 bytes of the header",
    length: 3,
    source: GOMEMCACHED("mc_req_test TestReceiveRequestShortHdr, with a good magic"),
  },
  {
    name: "request without its last 3 bytes",
    side: "request",
    hex: "80 01 0007 01 00 0338 00000011 00001c4a 0000000000000000 | 01 | 736f6d656b6579 | 736f6d657661",
    reason: "cut",
    wrong: "the stream ends after 14 of 17 bytes of the body",
    length: 38,
    source: GOMEMCACHED("mc_req_test TestReceiveRequestShortBody"),
  },
  {
    name: "request with the magic of an answer to a server",
    side: "request",
    hex: "83 01 0007 01 00 0338 00000011 00001c4a 0000000000000000 | 01 | 736f6d656b6579 | 736f6d6576616c7565",
    reason: "side",
    wrong: "magic 0x83 where a client asks",
    source: GOMEMCACHED("mc_req_test TestReceiveRequestBadMagic"),
  },
  // Their limit counts the value only; this one the whole body.
  {
    name: "request over a limit of 1,000,000 bytes",
    side: "request",
    hex: "80 01 0007 01 00 0338 000f424d 00001c4a 0000000000000000",
    reason: "limit",
    wrong: "a body of 1,000,013 bytes",
    maxBody: 1_000_000,
    source: "dustin/gomemcached mc_req_test TestReceiveRequestLongBody",
  },
  {
    name: "request over a limit of 21 MiB",
    side: "request",
    hex: "80 01 0007 01 00 0338 0150000d 00001c4a 0000000000000000",
    reason: "limit",
    wrong: "a body of 22,020,109 bytes",
    maxBody: 22_020_096,
    source: GOMEMCACHED("mc_req_test TestReceiveRequestLongBody"),
  },
  {
    name: "request with the longest body there is",
    side: "request",
    hex: "80 01 0007 08 00 0000 ffffffff 00000001 0000000000000000",
    reason: "limit",
    wrong: "a body of 4,294,967,295 bytes",
    maxBody: 20 * 1024 * 1024 + 64 * 1024,
    source: "protocol_binary.h layout",
  },
  // Their reader crashes on the next two.
  {
    name: "request whose key is longer than its body",
    side: "request",
    hex: "80 00 00c8 00 00 0000 00000002 00000001 0000000000000000 | 6b6b",
    reason: "lengths",
    wrong: "a key of 200 bytes in a body of 2",
    source: GOMEMCACHED("request reader, run"),
  },
  {
    name: "response whose key is longer than its body",
    side: "response",
    hex: "81 00 00c8 00 00 0000 00000002 00000001 0000000000000000 | 6b6b",
    reason: "lengths",
    wrong: "a key of 200 bytes in a body of 2",
    source: GOMEMCACHED("response reader, run"),
  },
  {
    name: "request whose extras are longer than its body",
    side: "request",
    hex: "80 01 0000 08 00 0000 00000007 00000001 0000000000000000 | 00000000000000",
    reason: "lengths",
    wrong: "8 bytes of extras in a body of 7",
    source: "protocol_binary.h layout",
  },
  {
    name: "request whose framing extras are longer than its body",
    side: "request",
    hex: "08 00 04 01 00 00 0000 00000003 00000001 0000000000000000 | 436a6f",
    reason: "lengths",
    wrong: "4 bytes of framing extras in a body of 3",
    source: "kv_engine BinaryProtocol",
  },
  {
    name: "response whose framing extras, extras and key are together longer than its body",
    side: "response",
    hex: "18 0c 03 03 04 00 0000 00000009 00000001 0000000000000007 | 02001e | 00000000 | 666f",
    reason: "lengths",
    wrong: "3 + 4 + 3 bytes in a body of 9",
    source: "kv_engine BinaryProtocol",
  },
  {
    name: "response with magic 0x13",
    side: "response",
    hex: "13 01 0007 01 00 004a 00000011 00001c4a 0000000000000000 | 01 | 736f6d656b6579 | 736f6d6576616c7565",
    reason: "magic",
    wrong: "magic 0x13",
    source: GOMEMCACHED("mc_res_test TestReceiveResponseBadMagic"),
  },
  {
    name: "response with magic 0x13 and 13 bytes of a header",
    side: "response",
    hex: "13 01 0007 01 00 004a 00000011 00",
    reason: "magic",
    wrong: "magic 0x13, and a header of 13 bytes",
    source: GOMEMCACHED("mc_res_test TestReceiveResponseShortHeader"),
  },
  {
    name: "response with 13 bytes of a header",
    side: "response",
    hex: "81 01 0007 01 00 004a 00000011 00",
    reason: "cut",
    wrong: "the stream ends after 13 bytes of the header",
    length: 13,
    source: GOMEMCACHED("mc_res_test TestReceiveResponseShortHeader, with a good magic"),
  },
  {
    name: "response with magic 0x13 and without its last 3 bytes",
    side: "response",
    hex: "13 01 0007 01 00 004a 00000011 00001c4a 0000000000000000 | 01 | 736f6d656b6579 | 736f6d657661",
    reason: "magic",
    wrong: "magic 0x13, and 14 of 17 bytes of the body",
    source: GOMEMCACHED("mc_res_test TestReceiveResponseShortBody"),
  },
  {
    name: "response without its last 3 bytes",
    side: "response",
    hex: "81 01 0007 01 00 004a 00000011 00001c4a 0000000000000000 | 01 | 736f6d656b6579 | 736f6d657661",
    reason: "cut",
    wrong: "the stream ends after 14 of 17 bytes of the body",
    length: 38,
    source: GOMEMCACHED("mc_res_test TestReceiveResponseShortBody, with a good magic"),
  },
  // The header promises 4 bytes of extras that are neither announced nor there.
  {
    name: "GETQ answer without the 4 bytes of extras that its body counts",
    side: "response",
    hex: "81 09 0005 00 00 0002 0000000e 00000000 0000000000000001 | 48656c6c6f | 576f726c64",
    reason: "cut",
    wrong: "the stream ends after 10 of 14 bytes of the body",
    length: 34,
    source: GODROPBOX("TestRecvResponseNoExtrasByteWithExtrasArg"),
  },
  {
    name: "GET success without its 4 bytes of extras",
    side: "response",
    hex: "81 00 0000 00 00 0000 00000005 00000000 0000000000000001 | 576f726c64",
    reason: "extras",
    wrong: "no extras, where a GET answers with 4 bytes of flags",
    asked: 0x00,
    source: "protocol_binary.h layout",
  },
  {
    name: "GETQ success with 8 bytes of extras",
    side: "response",
    hex: "81 09 0000 08 00 0000 0000000d 00000000 0000000000000001 | deadbeef00000000 | 576f726c64",
    reason: "extras",
    wrong: "8 bytes of extras, where a GETQ answers with 4",
    asked: 0x09,
    source: GODROPBOX("TestRecvResponse, other extras, F-N2"),
  },
  {
    name: "GETQ success with 2 bytes of extras",
    side: "response",
    hex: "81 09 0000 02 00 0000 00000007 00000000 0000000000000001 | dead | 576f726c64",
    reason: "extras",
    wrong: "2 bytes of extras, where a GETQ answers with 4",
    asked: 0x09,
    source: GODROPBOX("TestRecvResponse, other extras, F-N3"),
  },
  {
    name: "INCREMENT success with 4 bytes of value",
    side: "response",
    hex: "81 05 0000 00 00 0000 00000004 00000001 0000000000000009 | 0000000b",
    reason: "extras",
    wrong: "a value of 4 bytes, where a counter has 8",
    asked: 0x05,
    source: "protocol_binary.h layout",
  },
  {
    name: "GETQ answer whose extras and key are longer than its body",
    side: "response",
    hex: "81 09 0005 04 00 0002 00000001 00000000 0000000000000001 | deadbeef | 48656c6c6f | 576f726c64",
    reason: "lengths",
    wrong: "4 + 5 bytes in a body of 1",
    source: GODROPBOX("TestRecvResponseBadTotalLength"),
  },
  {
    name: "GETQ answer with the magic of a server's request",
    side: "response",
    hex: "82 09 0005 04 00 0002 0000000e 00000000 0000000000000001 | deadbeef | 48656c6c6f | 576f726c64",
    reason: "side",
    wrong: "magic 0x82 where a server answers",
    source: GODROPBOX("TestRecvResponseBadMagic"),
  },
  {
    name: "REPLACE answer to a GETQ",
    side: "response",
    hex: "81 03 0005 04 00 0002 0000000e 00000000 0000000000000001 | deadbeef | 48656c6c6f | 576f726c64",
    reason: "opcode",
    wrong: "opcode 0x03 where 0x09 was asked",
    asked: 0x09,
    source: GODROPBOX("TestRecvResponse, other opcode, F-N6"),
  },
  // Their client calls it a success, and never notices the byte that stays.
  {
    name: "ADD answer with one byte too many",
    side: "response",
    hex: "81 02 0004 00 00 0000 00000004 00000000 0000000000000001 | 48656c6c | 6f",
    reason: "trailing",
    wrong: "the body has 4 bytes, and a fifth follows that is no magic",
    length: 28,
    source: GODROPBOX("performMutateRequestTest"),
  },
];

/** A request that a client wrote although it must not, and what it should have written. */
export interface Miswritten {
  readonly name: string;
  /** What the caller asked for. */
  readonly asked: string;
  /** What the client sent. */
  readonly hex: string;
  /** What is right; without it the request must be refused before anything is sent. */
  readonly right?: string;
  readonly wrong: string;
  readonly source: string;
}

const CAPTURED = "couchbase/gomemcached client, captured";

/** What no writer may send. */
export const MISWRITTEN: readonly Miswritten[] = [
  {
    name: "empty key in collection 9",
    asked: 'GET of "" in collection 9, vbucket 5',
    hex: "80 00 0001 00 00 0005 00000001 00000002 0000000000000000 | 00",
    wrong: "the collection is lost, and a key must not be empty",
    source: CAPTURED,
  },
  {
    name: "impersonation by a name of 129 bytes",
    asked: 'GET of "k" in the default collection, vbucket 5, as "u" repeated 129 times',
    hex: "80 00 0002 00 00 0005 00000002 00000002 0000000000000000 | 006b",
    right: `08 00 83 02 00 00 0005 00000085 00000002 0000000000000000 | 4f72 ${"75".repeat(129)} | 006b`,
    wrong: "the name is dropped, so that the request runs with the rights of the connection",
    source: CAPTURED,
  },
  {
    name: "impersonation without collections",
    asked: 'GET of "k", vbucket 5, as "joe"',
    hex: "80 00 0001 00 00 0005 00000001 00000002 0000000000000000 | 6b",
    right: "08 00 04 01 00 00 0005 00000005 00000002 0000000000000000 | 436a6f65 | 6b",
    wrong: "the name is dropped, so that the request runs with the rights of the connection",
    source: CAPTURED,
  },
  {
    name: "expiry -1",
    asked: 'SET of "key" = "v", vbucket 7, flags 1, expiry 0xffffffff',
    hex: "80 01 0003 08 00 0007 0000000c 00000002 0000000000000000 | ffffffff ffffffff | 6b6579 | 76",
    right: "80 01 0003 08 00 0007 0000000c 00000002 0000000000000000 | 00000001 ffffffff | 6b6579 | 76",
    wrong: "the sign of the expiry runs into the flags",
    source: CAPTURED,
  },
  {
    name: "durability timeout over 65,534 ms",
    asked: 'SET of "key" = "v" in the default collection, vbucket 7, durability majority within 100,000 ms',
    hex: "08 01 04 04 08 00 0007 00000011 00000002 0000000000000000 | 1301ffff | 00000000 00000000 | 006b6579 | 76",
    wrong: "it is cut to 65,535 ms, which a server refuses",
    source: CAPTURED,
  },
  {
    name: "value that is only said to be compressed",
    asked: 'SET of "key" = "v", vbucket 7',
    hex: "80 01 0003 08 03 0007 0000000c 00000002 0000000000000000 | 00000000 00000000 | 6b6579 | 76",
    right: "80 01 0003 08 00 0007 0000000c 00000002 0000000000000000 | 00000000 00000000 | 6b6579 | 76",
    wrong: "the datatype says JSON and snappy, the value is neither",
    source: CAPTURED,
  },
  {
    name: "vbucket state that nobody gave",
    asked: "GET_ALL_VB_SEQNOS without a state",
    hex: "80 48 0000 04 00 0000 00000004 deadbeef 0000000000000000 | 00000000",
    right: "80 48 0000 00 00 0000 00000000 deadbeef 0000000000000000",
    wrong: "four bytes of extras say state 0",
    source: CAPTURED,
  },
  {
    name: "key of 256 bytes",
    asked: 'GET of "k" repeated 256 times',
    hex: `80 00 0100 00 00 0000 00000100 00000000 0000000000000000 | ${"6b".repeat(256)}`,
    wrong: "a key has at most 250 bytes",
    source: GODROPBOX("TestSendRequestKeyTooLong"),
  },
];
