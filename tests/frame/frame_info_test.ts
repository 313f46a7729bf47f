import { assert, assertEquals, assertInstanceOf, assertThrows } from "@std/assert";
import fc from "fast-check";
import { ProtocolError } from "../../src/errors.ts";
import {
  DurabilityLevel,
  type FrameInfo,
  frameInfosSize,
  readRequestInfos,
  readResponseInfos,
  type RequestFrameInfo,
  type ResponseFrameInfo,
  writeFrameInfos,
} from "../../src/frame/frame_info.ts";
import { hex } from "../support/hex.ts";
import { test } from "../support/test.ts";

function write(infos: readonly FrameInfo[]): Uint8Array {
  const bytes = new Uint8Array(frameInfosSize(infos));
  assertEquals(writeFrameInfos(infos, bytes, 0), bytes.length);
  return bytes;
}

interface Vector<I> {
  readonly name: string;
  readonly source: string;
  readonly hex: string;
  readonly infos: readonly I[];
}

const SHEET = "binary protocol sheet, section 13";
const RULE = "binary protocol sheet, section 1.3";

const REQUESTS: readonly Vector<RequestFrameInfo>[] = [
  { name: "none", source: RULE, hex: "", infos: [] },
  { name: "barrier", source: RULE, hex: "00", infos: [{ type: "barrier" }] },
  {
    name: "durability with a timeout",
    source: SHEET,
    hex: "13 01 09c4",
    infos: [{ type: "durability", level: DurabilityLevel.MAJORITY, timeout: 2500 }],
  },
  {
    name: "durability without a timeout",
    source: SHEET,
    hex: "11 03",
    infos: [{ type: "durability", level: DurabilityLevel.PERSIST_TO_MAJORITY }],
  },
  {
    name: "durability at its largest timeout",
    source: RULE,
    hex: "13 02 fffe",
    infos: [{ type: "durability", level: DurabilityLevel.MAJORITY_AND_PERSIST_ACTIVE, timeout: 65534 }],
  },
  { name: "stream id", source: "seed vector C-02", hex: "22 0001", infos: [{ type: "stream-id", streamId: 1 }] },
  { name: "stream id of 16 bits", source: RULE, hex: "22 fffe", infos: [{ type: "stream-id", streamId: 0xfffe }] },
  { name: "retired tracing", source: RULE, hex: "31 2a", infos: [{ type: "unknown", id: 3, data: hex("2a") }] },
  { name: "external user", source: SHEET, hex: "46 5e616c696365", infos: [{ type: "impersonate", user: "^alice" }] },
  {
    name: "user of 3 bytes",
    source: "seed vector I-08",
    hex: "43 6a6f65",
    infos: [{ type: "impersonate", user: "joe" }],
  },
  {
    name: "user of 14 bytes, the last without escape",
    source: RULE,
    hex: "4e 6162636465666768696a6b6c6d6e",
    infos: [{ type: "impersonate", user: "abcdefghijklmn" }],
  },
  {
    name: "user of 15 bytes, the first with escape",
    source: "seed vector I-09",
    hex: "4f 00 6162636465666768696a6b6c6d6e6f",
    infos: [{ type: "impersonate", user: "abcdefghijklmno" }],
  },
  {
    name: "user of 16 bytes",
    source: SHEET,
    hex: "4f 01 6162636465666768696a6b6c6d6e6f70",
    infos: [{ type: "impersonate", user: "abcdefghijklmnop" }],
  },
  {
    name: "user of 20 bytes",
    source: "seed vector I-10",
    hex: "4f 05 6162636465666768696a6b6c6d6e6f7071727374",
    infos: [{ type: "impersonate", user: "abcdefghijklmnopqrst" }],
  },
  { name: "user in UTF-8", source: RULE, hex: "44 6ac3b665", infos: [{ type: "impersonate", user: "j\u00f6e" }] },
  { name: "preserve expiry", source: "seed vector I-18", hex: "50", infos: [{ type: "preserve-expiry" }] },
  {
    name: "two privileges",
    source: RULE,
    hex: "64 52656164 66 557073657274",
    infos: [
      { type: "impersonate-privilege", privilege: "Read" },
      { type: "impersonate-privilege", privilege: "Upsert" },
    ],
  },
  { name: "auth token", source: RULE, hex: "72 0102", infos: [{ type: "auth-token", tokenId: 0x102 }] },
  {
    name: "three in the order given",
    source: "seed vector I-22",
    hex: "50 13 01 03e8 43 6a6f65",
    infos: [
      { type: "preserve-expiry" },
      { type: "durability", level: 1, timeout: 1000 },
      { type: "impersonate", user: "joe" },
    ],
  },
  { name: "unknown id 14", source: RULE, hex: "e1 07", infos: [{ type: "unknown", id: 14, data: hex("07") }] },
  { name: "escaped id 15", source: RULE, hex: "f0 00", infos: [{ type: "unknown", id: 15, data: hex("") }] },
  { name: "escaped id 16", source: RULE, hex: "f2 01 abcd", infos: [{ type: "unknown", id: 16, data: hex("abcd") }] },
  {
    name: "escaped id 270 before the escaped length",
    source: RULE,
    hex: `ff ff 01 ${"5a".repeat(16)}`,
    infos: [{ type: "unknown", id: 270, data: new Uint8Array(16).fill(0x5a) }],
  },
  {
    name: "the longest there is, 255 bytes",
    source: RULE,
    hex: `4f ee ${"61".repeat(253)}`,
    infos: [{ type: "impersonate", user: "a".repeat(253) }],
  },
];

for (const { name, source, hex: text, infos } of REQUESTS) {
  test(`framing extras of a request: ${name} (${source})`, () => {
    assertEquals(frameInfosSize(infos), hex(text).length);
    assertEquals(write(infos), hex(text));
    assertEquals(readRequestInfos(hex(text)), infos);
  });
}

const RESPONSES: readonly Vector<ResponseFrameInfo>[] = [
  { name: "none", source: RULE, hex: "", infos: [] },
  { name: "duration", source: RULE, hex: "02 0001", infos: [{ type: "server-duration", microseconds: 0.5 }] },
  { name: "no duration", source: RULE, hex: "02 0000", infos: [{ type: "server-duration", microseconds: 0 }] },
  { name: "read units", source: RULE, hex: "12 0003", infos: [{ type: "read-units", units: 3 }] },
  { name: "write units", source: RULE, hex: "22 ffff", infos: [{ type: "write-units", units: 65535 }] },
  {
    name: "throttle duration",
    source: RULE,
    hex: "32 0001",
    infos: [{ type: "throttle-duration", microseconds: 0.5 }],
  },
  {
    name: "both units",
    source: "seed fact I-E",
    hex: "12 0003 22 0005",
    infos: [{ type: "read-units", units: 3 }, { type: "write-units", units: 5 }],
  },
  {
    name: "unknown between known ones",
    source: RULE,
    hex: "02 0001 41 ff 12 0003",
    infos: [
      { type: "server-duration", microseconds: 0.5 },
      { type: "unknown", id: 4, data: hex("ff") },
      { type: "read-units", units: 3 },
    ],
  },
];

for (const { name, source, hex: text, infos } of RESPONSES) {
  test(`framing extras of a response: ${name} (${source})`, () => {
    assertEquals(frameInfosSize(infos), hex(text).length);
    assertEquals(write(infos), hex(text));
    assertEquals(readResponseInfos(hex(text)), infos);
  });
}

test("readResponseInfos reads a duration in microseconds (binary protocol sheet, section 13)", () => {
  const [info] = readResponseInfos(hex("02 001e"));
  assert(info?.type === "server-duration");
  assert(Math.abs(info.microseconds - 185.9) < 0.1, String(info.microseconds));
  assertEquals(write([{ type: "server-duration", microseconds: 185.9 }]), hex("02 001e"));
});

test("ids of requests and of responses are spaces of their own", () => {
  assertEquals(readRequestInfos(hex("22 0001")), [{ type: "stream-id", streamId: 1 }]);
  assertEquals(readResponseInfos(hex("22 0001")), [{ type: "write-units", units: 1 }]);
});

test("readRequestInfos leaves to the server what a status says", () => {
  assertEquals(readRequestInfos(hex("11 00")), [{ type: "durability", level: 0 }]);
  assertEquals(readRequestInfos(hex("13 01 0000")), [{ type: "durability", level: 1, timeout: 0 }]);
  assertEquals(readRequestInfos(hex("13 04 ffff")), [{ type: "durability", level: 4, timeout: 65535 }]);
});

test("an unknown info is a view of the bytes it was read from", () => {
  const bytes = hex("91 01");
  const [info] = readRequestInfos(bytes);
  assert(info?.type === "unknown");
  bytes[1] = 0x02;
  assertEquals(info.data, hex("02"));
});

const MALFORMED_REQUESTS: readonly (readonly [name: string, bytes: string])[] = [
  ["a barrier with data", "01 00"],
  ["durability without a level", "10"],
  ["durability of two bytes", "12 0100"],
  ["durability of four bytes", "14 01000000"],
  ["a stream id of one byte", "21 01"],
  ["a stream id of three bytes", "23 000001"],
  ["an empty user", "40"],
  ["a user that is not UTF-8", "42 61ff"],
  ["a user cut inside a character", "43 f09f98"],
  ["preserved expiry with data", "51 00"],
  ["an empty privilege", "60"],
  ["a token of one byte", "71 00"],
  ["data cut short", "13 0109"],
  ["a second one cut short", "50 13 01"],
  ["an id cut short", "f0"],
  ["a length cut short", "4f"],
  ["an id and a length of which the length is cut short", "ff 00"],
  ["an escaped length beyond the end", "4f 00 61"],
];

for (const [name, text] of MALFORMED_REQUESTS) {
  test(`readRequestInfos refuses ${name}`, () => {
    const error = assertThrows(() => readRequestInfos(hex(text)), ProtocolError, "Cannot read framing extras");
    assertEquals(error.bytes, hex(text));
  });
}

// The first is one that crashes a seed (seed fact I-E).
for (const text of ["10", "00", "01 01", "03 000102", "21 01", "30", "f1", "02 00"]) {
  test(`readResponseInfos refuses ${text}`, () => {
    assertThrows(() => readResponseInfos(hex(text)), ProtocolError, "Cannot read framing extras");
  });
}

const UNSENDABLE: readonly (readonly [name: string, info: FrameInfo, message: string])[] = [
  ["durability level 0", { type: "durability", level: 0 }, "level 0"],
  ["durability level 4", { type: "durability", level: 4 }, "level 4"],
  ["a durability timeout of 0", { type: "durability", level: 1, timeout: 0 }, "timeout in ms 0"],
  ["a durability timeout of 65535", { type: "durability", level: 1, timeout: 65535 }, "timeout in ms 65535"],
  ["a durability timeout of 1.5", { type: "durability", level: 1, timeout: 1.5 }, "timeout in ms 1.5"],
  ["a stream id of 17 bits", { type: "stream-id", streamId: 0x10000 }, "stream id 65536"],
  ["an empty user", { type: "impersonate", user: "" }, "is empty"],
  ["half a character in a user", { type: "impersonate", user: "a\ud83d" }, "not valid text"],
  ["an empty privilege", { type: "impersonate-privilege", privilege: "" }, "is empty"],
  ["a negative token", { type: "auth-token", tokenId: -1 }, "auth token id -1"],
  ["units of 17 bits", { type: "read-units", units: 65536 }, "read units 65536"],
  ["a negative duration", { type: "server-duration", microseconds: -1 }, "-1"],
  ["an id of 271", { type: "unknown", id: 271, data: new Uint8Array(0) }, "id 271"],
  ["data of 271 bytes", { type: "unknown", id: 9, data: new Uint8Array(271) }, "data 271"],
  ["a user of 254 bytes", { type: "impersonate", user: "a".repeat(254) }, "256 bytes exceed the limit of 255"],
];

for (const [name, info, message] of UNSENDABLE) {
  test(`writeFrameInfos refuses ${name} and writes nothing`, () => {
    const target = new Uint8Array(300);
    assertThrows(() => writeFrameInfos([{ type: "preserve-expiry" }, info], target, 0), RangeError);
    assertThrows(() => frameInfosSize([info]), RangeError, message);
    assertEquals(target, new Uint8Array(300));
  });
}

test("frameInfosSize refuses many infos that exceed 255 bytes together", () => {
  const infos: FrameInfo[] = new Array(86).fill({ type: "stream-id", streamId: 1 });
  assertEquals(frameInfosSize(infos.slice(1)), 255);
  assertThrows(() => frameInfosSize(infos), RangeError, "258 bytes exceed the limit of 255");
});

test("writeFrameInfos refuses a type that there is none of", () => {
  const infos = [{ type: "constructor" }] as unknown as FrameInfo[];
  assertThrows(() => writeFrameInfos(infos, new Uint8Array(9), 0), TypeError, "constructor");
});

test("writeFrameInfos writes at an offset, touches nothing else and says where it ends", () => {
  const target = new Uint8Array(8).fill(0xee);
  assertEquals(writeFrameInfos([{ type: "durability", level: 1, timeout: 2500 }], target, 2), 6);
  assertEquals(target, hex("ee ee 13 01 09c4 ee ee"));
});

test("writeFrameInfos refuses an array without room and writes nothing", () => {
  const target = new Uint8Array(4);
  assertThrows(() => writeFrameInfos([{ type: "stream-id", streamId: 7 }], target, 2), RangeError, "array of 4");
  assertEquals(target, new Uint8Array(4));
});

/** The objects of `fc.record` have no prototype unless it is told so, and are then equal to no literal. */
function record<T>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> {
  return fc.record<T>(fields, { noNullPrototype: true });
}

const number16 = fc.nat(0xffff);
const name = fc.string({ unit: "grapheme", minLength: 1, maxLength: 40 }).filter((text) =>
  !/[\ufffd\p{Surrogate}]/u.test(text)
);

function unknown(firstId: number): fc.Arbitrary<FrameInfo> {
  return record({
    type: fc.constant("unknown" as const),
    // Small ids are met as often as escaped ones.
    id: fc.oneof(fc.integer({ min: firstId, max: 17 }), fc.integer({ min: firstId, max: 270 })),
    data: fc.uint8Array({ maxLength: 40 }),
  });
}

const requestInfo: fc.Arbitrary<FrameInfo> = fc.oneof(
  fc.constantFrom<FrameInfo>({ type: "barrier" }, { type: "preserve-expiry" }),
  record({ type: fc.constant("durability" as const), level: fc.integer({ min: 1, max: 3 }) }),
  record({
    type: fc.constant("durability" as const),
    level: fc.integer({ min: 1, max: 3 }),
    timeout: fc.integer({ min: 1, max: 65534 }),
  }),
  record({ type: fc.constant("stream-id" as const), streamId: number16 }),
  record({ type: fc.constant("auth-token" as const), tokenId: number16 }),
  record({ type: fc.constant("impersonate" as const), user: name }),
  record({ type: fc.constant("impersonate-privilege" as const), privilege: name }),
  unknown(8),
);

const responseInfo: fc.Arbitrary<FrameInfo> = fc.oneof(
  record({ type: fc.constantFrom("read-units" as const, "write-units" as const), units: number16 }),
  unknown(4),
);

for (
  const [side, info, read] of [
    ["request", requestInfo, readRequestInfos],
    ["response", responseInfo, readResponseInfos],
  ] as const
) {
  test(`framing extras of a ${side} come back as they were written, whatever they are`, () => {
    const counts = { written: 0 };
    fc.assert(
      fc.property(fc.array(info, { maxLength: 5 }), (infos) => {
        let bytes;
        try {
          bytes = write(infos);
        } catch (error) {
          assertInstanceOf(error, RangeError);
          return;
        }
        counts.written++;
        assertEquals<FrameInfo[]>(read(bytes), infos);
      }),
      { seed: 4, numRuns: 2000 },
    );
    assert(counts.written > 1500, `only ${counts.written} of 2000 lists were short enough`);
  });

  test(`random bytes are framing extras of a ${side} or a ProtocolError`, () => {
    const seen = { read: 0, refused: 0 };
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 12 }), (bytes) => {
        let infos: FrameInfo[];
        try {
          infos = read(bytes);
        } catch (error) {
          assertInstanceOf(error, ProtocolError);
          seen.refused++;
          return;
        }
        seen.read++;
        // There is one way to write them, but what only a server may judge cannot be written.
        if (!infos.some((info) => info.type === "durability")) assertEquals(write(infos), bytes);
      }),
      { seed: 5, numRuns: 5000 },
    );
    assert(seen.read > 100 && seen.refused > 100, `lopsided: ${JSON.stringify(seen)}`);
  });
}
