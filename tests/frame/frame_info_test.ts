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
  writeFrameInfos,
} from "../../src/frame/frame_info.ts";
import { decodeServerDuration } from "../../src/wire/server_duration.ts";
import { hex } from "../support/hex.ts";
import { test } from "../support/test.ts";
import {
  type FramingInfo,
  MALFORMED_FRAMING_EXTRAS,
  REQUEST_FRAMING_EXTRAS,
  RESPONSE_FRAMING_EXTRAS,
} from "../vectors/framing_extras.ts";

function write(infos: readonly FrameInfo[]): Uint8Array {
  const bytes = new Uint8Array(frameInfosSize(infos));
  assertEquals(writeFrameInfos(infos, bytes, 0), bytes.length);
  return bytes;
}

/** The infos of this package whose names are not the protocol's with hyphens. */
const TYPES: Readonly<Record<string, string>> = {
  "DCP stream id": "stream-id",
  "impersonate user": "impersonate",
  "impersonate token": "auth-token",
};

/** What a vector says, as this package says it. */
function expected({ id, data, name, meaning }: FramingInfo): FrameInfo {
  if (name === "unknown") return { type: "unknown", id, data: hex(data) };
  const type = TYPES[name] ?? name.replaceAll(" ", "-");
  const encoded = meaning?.encoded;
  if (typeof encoded === "number") return { type, microseconds: decodeServerDuration(encoded) } as FrameInfo;
  return { type, ...meaning } as FrameInfo;
}

function read(side: "request" | "response", bytes: Uint8Array): FrameInfo[] {
  return side === "request" ? readRequestInfos(bytes) : readResponseInfos(bytes);
}

for (const { name, side, hex: text, infos, source } of [...REQUEST_FRAMING_EXTRAS, ...RESPONSE_FRAMING_EXTRAS]) {
  test(`framing extras of a ${side} both ways: ${name} (${source})`, () => {
    assertEquals(frameInfosSize(infos.map(expected)), hex(text).length);
    assertEquals(write(infos.map(expected)), hex(text));
    assertEquals(read(side, hex(text)), infos.map(expected));
  });

  if (infos.length === 0) continue;
  test(`framing extras of a ${side} cut at every byte are refused or end between two infos: ${name}`, () => {
    const bytes = hex(text);
    const whole = infos.map((_, i) => write(infos.slice(0, i).map(expected)).length);
    for (let end = 0; end < bytes.length; end++) {
      const cut = bytes.subarray(0, end);
      if (whole.includes(end)) assertEquals(read(side, cut), infos.slice(0, whole.indexOf(end)).map(expected));
      else assertThrows(() => read(side, cut), ProtocolError);
    }
  });
}

// What the vectors do not have: the retired id of tracing, text beyond ASCII, and a repeated info.
const MORE_REQUESTS: readonly (readonly [bytes: string, infos: readonly RequestFrameInfo[]])[] = [
  ["31 2a", [{ type: "unknown", id: 3, data: hex("2a") }]],
  ["44 6ac3b665", [{ type: "impersonate", user: "j\u00f6e" }]],
  ["13 02 fffe", [{ type: "durability", level: DurabilityLevel.MAJORITY_AND_PERSIST_ACTIVE, timeout: 65534 }]],
  ["64 52656164 66 557073657274", [
    { type: "impersonate-privilege", privilege: "Read" },
    { type: "impersonate-privilege", privilege: "Upsert" },
  ]],
];

for (const [text, infos] of MORE_REQUESTS) {
  test(`framing extras of a request both ways: ${text}`, () => {
    assertEquals(write(infos), hex(text));
    assertEquals(readRequestInfos(hex(text)), infos);
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

/** A level or a timeout out of range has a status of its own, so it is the server's to refuse. */
const JUDGED_BY_STATUS = /^durability (level|within)/;

for (const { name, side, hex: text, wrong } of MALFORMED_FRAMING_EXTRAS) {
  if (JUDGED_BY_STATUS.test(name)) {
    test(`readRequestInfos reads ${name} and writeFrameInfos refuses it: ${wrong}`, () => {
      const infos = readRequestInfos(hex(text));
      assertEquals(infos.map((info) => info.type), ["durability"]);
      assertThrows(() => write(infos), RangeError, "durability");
    });
    continue;
  }
  test(`framing extras of a ${side} are refused: ${name}: ${wrong}`, () => {
    const error = assertThrows(() => read(side, hex(text)), ProtocolError, "Cannot read framing extras");
    assertEquals(error.bytes, hex(text));
  });
}

test("readRequestInfos keeps a level and a timeout that no server takes as they are", () => {
  assertEquals(readRequestInfos(hex("11 00")), [{ type: "durability", level: 0 }]);
  assertEquals(readRequestInfos(hex("13 04 ffff")), [{ type: "durability", level: 4, timeout: 65535 }]);
});

test("readRequestInfos refuses names that are no UTF-8, which would be read as another name", () => {
  for (const text of ["42 61ff", "43 f09f98", "60"]) assertThrows(() => readRequestInfos(hex(text)), ProtocolError);
});

test("an unknown info is a view of the bytes it was read from", () => {
  const bytes = hex("91 01");
  const [info] = readRequestInfos(bytes);
  assert(info?.type === "unknown");
  bytes[1] = 0x02;
  assertEquals(info.data, hex("02"));
});

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
