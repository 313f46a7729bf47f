/** TAP: frames of the tests of couchbase/gomemcached, and what its client sends. */

import { request, text, type Vector } from "./vector.ts";

const TEST = (name: string): string => `couchbase/gomemcached ${name}`;
const derived = (what: string): string => `couchbase/gomemcached client, captured: ${what}`;

/** Frames of a TAP connection, in both directions. */
export const SEED_TAP: readonly Vector[] = [
  // The first two bytes of the extras, 0004, are the length of what the engine puts behind them: extras 0004, engine
  // 01020304, key somekey, value somevalue. By the header alone it looks otherwise, and so it stands here.
  request({
    name: "TAP_MUTATION with 4 bytes of the engine, gomemcached",
    op: "TAP_MUTATION",
    hex:
      "80 41 0007 02 00 0338 00000016 00001c4a 0000000037ef3a35 | 0004 | 01020304736f6d | 656b6579736f6d6576616c7565",
    header: {
      opcode: 0x41,
      keyLength: 7,
      extrasLength: 2,
      vbucketOrStatus: 824,
      bodyLength: 22,
      opaque: 7242,
      cas: 0x37ef3a35n,
    },
    parts: { extras: "0004", key: "01020304736f6d", value: text("ekeysomevalue") },
    message: {
      messageFlags: 0,
      ttl: 0,
      flags: 0,
      expiry: 0,
      engine: new Uint8Array([1, 2, 3, 4]),
      key: "somekey",
      value: "somevalue",
    },
    source: TEST("mc_req_test TestReceivingTapRequest"),
  }),
  // The CAS of the header becomes that of the event.
  request({
    name: "TAP_MUTATION of hi, without extras, gomemcached",
    op: "TAP_MUTATION",
    hex: "80 41 0002 00 00 0000 00000007 00000000 4321000012340000 | 6869 | 776f726c64",
    header: { opcode: 0x41, keyLength: 2, bodyLength: 7, cas: 0x4321000012340000n },
    parts: { key: text("hi"), value: text("world") },
    message: { messageFlags: 0, ttl: 0, flags: 0, expiry: 0, key: "hi", value: "world" },
    source: TEST("client TestMakeTapEvent"),
  }),
  // So it does here, where the value means nothing.
  request({
    name: "TAP_DELETE of hi, without extras, gomemcached",
    op: "TAP_DELETE",
    hex: "80 42 0002 00 00 0000 00000007 00000000 9321000012340000 | 6869 | 776f726c64",
    header: { opcode: 0x42, keyLength: 2, bodyLength: 7, cas: 0x9321000012340000n },
    parts: { key: text("hi"), value: text("world") },
    message: { messageFlags: 0, ttl: 0, key: "hi", value: "world" },
    source: TEST("client TestMakeTapEvent"),
  }),
  // The value: backfill 824859588116, vbuckets 1, 2 and 4, then one byte that stays, 0d. Fields come in the order of
  // the bits of the flags.
  request({
    name: "TAP_CONNECT hello: BACKFILL, DUMP, LIST_VBUCKETS",
    op: "TAP_CONNECT",
    hex:
      "80 40 0005 04 00 0000 0000001a 00000000 0000000000000000 | 00000007 | 68656c6c6f | 000000c00d76761400030001000200040d",
    header: { opcode: 0x40, keyLength: 5, extrasLength: 4, bodyLength: 26 },
    parts: { extras: "00000007", key: text("hello"), value: "000000c00d76761400030001000200040d" },
    message: { name: "hello", flags: 7, backfill: 824859588116n, vbuckets: [1, 2, 4], rest: new Uint8Array([0x0d]) },
    source: TEST("tap_test TestParseTapCommands"),
  }),
  // Flags 0x17: BACKFILL, DUMP, LIST_VBUCKETS, SUPPORT_ACK.
  request({
    name: "TAP_CONNECT tapper of vbuckets 1 and 2 with ack",
    op: "TAP_CONNECT",
    hex:
      "80 40 0006 04 00 0000 00000018 00000000 0000000000000000 | 00000017 | 746170706572 | ffffffffffffffff000200010002",
    header: { opcode: 0x40, keyLength: 6, extrasLength: 4, bodyLength: 24 },
    parts: { extras: "00000017", key: text("tapper"), value: "ffffffffffffffff000200010002" },
    message: { name: "tapper", flags: 0x17, backfill: 0xffffffffffffffffn, vbuckets: [1, 2] },
    source: derived("TAP feed"),
  }),
  request({
    name: "TAP_CONNECT without a name and without flags",
    op: "TAP_CONNECT",
    hex: "80 40 0000 04 00 0000 00000004 00000000 0000000000000000 | 00000000",
    header: { opcode: 0x40, extrasLength: 4, bodyLength: 4 },
    parts: { extras: "00000000" },
    message: { name: "", flags: 0 },
    source: derived("TAP feed, backfill 0"),
  }),
];

/** The texts of connect flags (gomemcached TestTapConnFlagNames); bits without a name are shown in hexadecimal digits. */
export const TAP_FLAG_TEXTS: readonly (readonly [flags: number, text: string])[] = [
  [0x02, "DUMP"],
  [0x03, "BACKFILL|DUMP"],
  [0x212, "DUMP|SUPPORT_ACK|0x200"],
];

/** A field of the value of a connect, read from the front of the bytes; without `value` the bytes are too few. */
export interface TapFieldRead {
  readonly kind: "u64" | "u16" | "boolean" | "vbuckets";
  readonly hex: string;
  readonly value?: bigint | number | boolean | readonly number[];
  /** Bytes that stay unread. */
  readonly rest: number;
}

/** The field readers of a connect (gomemcached tap_test). A flag without data is true and takes nothing. */
export const TAP_FIELD_READS: readonly TapFieldRead[] = [
  { kind: "u64", hex: "00000000", rest: 0 },
  { kind: "u64", hex: "0000000000000000", value: 0n, rest: 0 },
  { kind: "u64", hex: "0000000000000005", value: 5n, rest: 0 },
  { kind: "u64", hex: "0000000000000005 0607", value: 5n, rest: 2 },
  { kind: "u16", hex: "00", rest: 0 },
  { kind: "u16", hex: "0000", value: 0, rest: 0 },
  { kind: "u16", hex: "0005", value: 5, rest: 0 },
  { kind: "u16", hex: "0005 0607", value: 5, rest: 2 },
  { kind: "boolean", hex: "0405", value: true, rest: 2 },
  { kind: "vbuckets", hex: "00", rest: 0 },
  { kind: "vbuckets", hex: "0000", value: [], rest: 0 },
  { kind: "vbuckets", hex: "0000 00", value: [], rest: 1 },
  { kind: "vbuckets", hex: "0000 0000", value: [], rest: 2 },
  { kind: "vbuckets", hex: "0001 0100", value: [256], rest: 0 },
  // It promises two and has one.
  { kind: "vbuckets", hex: "0002 0000", rest: 0 },
  { kind: "vbuckets", hex: "0002 0100 0010", value: [256, 16], rest: 0 },
];
