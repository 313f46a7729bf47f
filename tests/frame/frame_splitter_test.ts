import { assert, assertEquals, assertLessOrEqual, assertStrictEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { ProtocolError } from "../../src/errors.ts";
import { DEFAULT_MAX_BODY, FrameSplitter } from "../../src/frame/frame_splitter.ts";
import { allocations } from "../support/allocations.ts";
import { hex, toHex } from "../support/hex.ts";
import { type Random, withRandom } from "../support/random.ts";
import { test } from "../support/test.ts";
import { assertAllBytes, assertBytes, joined, wire } from "../support/wire_frame.ts";
import { VECTORS } from "../vectors/all.ts";
import { REJECTED } from "../vectors/rejected.ts";

const MAGICS = [0x80, 0x81, 0x82, 0x83, 0x08, 0x18];
const ALL = VECTORS.map((vector) => hex(vector.hex));
const JOINED = joined(...ALL);

/** What comes out when chunks are pushed: copies of the frames, made while they are shown. */
function push(splitter: FrameSplitter, chunks: readonly Uint8Array[]): Uint8Array[] {
  const frames: Uint8Array[] = [];
  for (const chunk of chunks) {
    // A transport reads into the same memory again.
    const slab = chunk.slice();
    splitter.push(slab, (frame) => frames.push(frame.bytes.slice()));
    slab.fill(0xee);
  }
  return frames;
}

/** Cuts bytes at offsets. */
function cut(bytes: Uint8Array, offsets: readonly number[]): Uint8Array[] {
  const ends = [...offsets, bytes.length];
  return ends.map((end, i) => bytes.subarray(i === 0 ? 0 : ends[i - 1], end));
}

test("FrameSplitter holds every vector until its last byte, wherever it is cut", () => {
  for (const bytes of ALL) {
    for (let at = 1; at < bytes.length; at++) {
      const splitter = new FrameSplitter();
      assertEquals(push(splitter, [bytes.subarray(0, at)]), []);
      assertEquals(splitter.pending, at);
      assertBytes(splitter.rest(), bytes.subarray(0, at));
      assertAllBytes(push(splitter, [bytes.subarray(at)]), [bytes]);
      assertEquals(splitter.pending, 0);
      assertEquals(splitter.position, bytes.length);
      splitter.end();
    }
  }
});

test("FrameSplitter finds all vectors when they come as one chunk", () => {
  const splitter = new FrameSplitter();
  assertAllBytes(push(splitter, [JOINED]), ALL);
  assertEquals(splitter.position, JOINED.length);
});

test("FrameSplitter finds all vectors when they come a byte at a time", () => {
  const splitter = new FrameSplitter();
  assertAllBytes(push(splitter, Array.from(JOINED, (byte) => Uint8Array.of(byte))), ALL);
});

test("FrameSplitter reads a chunk that lies in the middle of other memory", () => {
  const memory = new Uint8Array(JOINED.length + 20).fill(0xee);
  memory.set(JOINED, 7);
  const splitter = new FrameSplitter();
  const frames: Uint8Array[] = [];
  for (const part of [memory.subarray(7, 500), memory.subarray(500, 500), memory.subarray(500, 7 + JOINED.length)]) {
    splitter.push(part, (frame) => frames.push(frame.bytes.slice()));
  }
  assertAllBytes(frames, ALL);
});

test("FrameSplitter gives the same frames however the bytes are cut", () => {
  const part = fc.uint8Array({ maxLength: 60 });
  const frame = fc.record({
    magic: fc.constantFrom(...MAGICS),
    opcode: fc.nat(255),
    status: fc.nat(0xffff),
    opaque: fc.nat(0xffffffff),
    extras: fc.uint8Array({ maxLength: 30 }),
    key: part,
    value: fc.oneof(part, fc.nat(40_000).map((length) => new Uint8Array(length).fill(0x5a))),
  });
  fc.assert(
    fc.property(
      fc.array(frame, { maxLength: 12 }),
      fc.array(fc.double({ min: 0, max: 1, noNaN: true })),
      (parts, at) => {
        const frames = parts.map(wire);
        const bytes = joined(...frames);
        const offsets = at.map((fraction) => Math.floor(fraction * bytes.length)).sort((a, b) => a - b);
        const splitter = new FrameSplitter();
        assertAllBytes(push(splitter, cut(bytes, offsets)), frames);
        assertEquals(splitter.pending, 0);
      },
    ),
    { numRuns: 300 },
  );
});

for (const { name, hex: text, reason, maxBody, length } of REJECTED) {
  const bytes = hex(text);
  const options = maxBody === undefined ? {} : { maxBody };
  if (reason === "magic" || reason === "lengths" || reason === "limit") {
    test(`FrameSplitter refuses a ${name}, wherever it is cut`, () => {
      for (let at = 0; at < Math.min(bytes.length, 24); at++) {
        const splitter = new FrameSplitter(options);
        const error = assertThrows(
          () => push(splitter, cut(bytes, [at])),
          ProtocolError,
          "Cannot read frame at byte 0",
        );
        assertEquals(error.at, 0);
        assertEquals(error.code, "PROTOCOL");
        assertEquals(toHex(bytes).startsWith(toHex(error.bytes)), true);
        assertLessOrEqual(error.bytes.length, 24);
        assert(error.bytes.length > 0);
      }
    });
  } else if (reason === "cut") {
    test(`FrameSplitter waits for the rest of a ${name}, until there is none`, () => {
      const splitter = new FrameSplitter();
      assertEquals(push(splitter, [bytes]), []);
      assertEquals(splitter.pending, length);
      const error = assertThrows(() => splitter.end(), ProtocolError, `the bytes end after ${length} of`);
      assertEquals(error.bytes, bytes.subarray(0, 24));
    });
  } else if (reason === "trailing") {
    test(`FrameSplitter gives the frame of a ${name}, then refuses`, () => {
      const splitter = new FrameSplitter();
      const frames: Uint8Array[] = [];
      const visit = () => splitter.push(bytes, (frame) => frames.push(frame.bytes.slice()));
      assertEquals(assertThrows(visit, ProtocolError).at, length);
      assertEquals(frames, [bytes.slice(0, length)]);
    });
  } else {
    // The frame is whole; whether it fits is for others to say.
    test(`FrameSplitter gives the frame of a ${name}`, () => {
      assertEquals(push(new FrameSplitter(), [bytes]), [bytes]);
    });
  }
}

test("FrameSplitter says where the bytes went wrong, and what they are", () => {
  const good = joined(wire({ opcode: 0x0a }), wire({ opcode: 0x00, extras: new Uint8Array(4), value: "value" }));
  const bad = hex("42 41 4420 62 79 7465 73202121 21212121 2121212121212121 | 2121");
  for (const cuts of [[], [10], [30], [60], [good.length], [good.length + 5], [20, 40, 60, 70]]) {
    const splitter = new FrameSplitter();
    const error = assertThrows(() => push(splitter, cut(joined(good, bad), cuts)), ProtocolError);
    assertEquals(error.message, `Cannot read frame at byte ${good.length}: first byte 0x42 is no magic`);
    assertEquals(error.at, good.length);
    assert(toHex(bad).startsWith(toHex(error.bytes)));
  }
});

test("FrameSplitter refuses a text greeting at once, though it is shorter than a header", () => {
  const bytes = new TextEncoder().encode("ERROR\r\n");
  const error = assertThrows(
    () => new FrameSplitter().push(bytes, () => {}),
    ProtocolError,
    "first byte 0x45 is no magic",
  );
  assertEquals(error.bytes, bytes);
});

test("FrameSplitter says which lengths do not fit", () => {
  const lengths = hex("81 09 0005 04 00 0002 00000001 00000000 0000000000000001");
  assertThrows(
    () => push(new FrameSplitter(), [lengths]),
    ProtocolError,
    "extras and key of 9 bytes exceed the body of 1",
  );
  const long = hex("81 00 0000 04 00 0000 0000006500000000 0000000000000001");
  assertThrows(
    () => push(new FrameSplitter({ maxBody: 100 }), [long]),
    ProtocolError,
    "body of 101 bytes exceeds the limit of 100",
  );
});

test("FrameSplitter takes a body of just the limit", () => {
  const bytes = wire({ opcode: 0x00, value: new Uint8Array(100) });
  for (let at = 0; at < bytes.length; at++) {
    assertEquals(push(new FrameSplitter({ maxBody: 100 }), cut(bytes, [at])), [bytes]);
    assertThrows(() => push(new FrameSplitter({ maxBody: 99 }), cut(bytes, [at])), ProtocolError);
  }
  assertEquals(DEFAULT_MAX_BODY, 20 * 1024 * 1024 + 64 * 1024);
  for (const maxBody of [NaN, -1]) assertThrows(() => new FrameSplitter({ maxBody }), RangeError, "Cannot use maxBody");
});

test("FrameSplitter allocates nothing for a body over the limit", () => {
  const header = hex("81 00 0000 00 00 0000 0140ffff 00000000 0000000000000001");
  header[8] = 0x7f;
  for (let at = 0; at < 24; at++) {
    const chunks = cut(header, [at]);
    const splitter = new FrameSplitter();
    const sizes = allocations(() => {
      assertThrows(() => chunks.forEach((chunk) => splitter.push(chunk, () => {})), ProtocolError);
    });
    assertLessOrEqual(Math.max(0, ...sizes), 24);
  }
});

/** Bytes that look like frames every now and then, with something wrong sooner or later. */
function almostFrames(random: Random): Uint8Array {
  const parts: Uint8Array[] = [];
  const count = 1 + random.int(12);
  for (let i = 0; i < count; i++) {
    const frame = wire({
      magic: random.pick(MAGICS),
      opcode: random.int(256),
      extras: random.bytes(random.int(9)),
      key: random.bytes(random.int(20)),
      value: random.bytes(random.int(200)),
    });
    // One byte in some of the headers is anything.
    if (random.int(4) === 0) frame[random.int(24)] = random.int(256);
    parts.push(random.int(20) === 0 ? random.bytes(random.int(50)) : frame);
  }
  return joined(...parts);
}

test("FrameSplitter makes frames or a ProtocolError of random bytes, and holds no more than the limit", async () => {
  await withRandom((random) => {
    const maxBody = 4096;
    let refused = 0;
    for (let round = 0; round < 1500; round++) {
      const bytes = random.int(3) === 0 ? random.bytes(random.int(300)) : almostFrames(random);
      const splitter = new FrameSplitter({ maxBody });
      let at = 0;
      let shown = 0;
      const sizes = allocations(() => {
        try {
          while (at < bytes.length) {
            const chunk = bytes.slice(at, at + 1 + random.int(100));
            at += chunk.length;
            splitter.push(chunk, (frame) => {
              assertBytes(frame.bytes, bytes.subarray(splitter.position, splitter.position + frame.size));
              assert(frame.valueLength >= 0 && frame.bodyLength <= maxBody);
              shown = splitter.position + frame.size;
              if (random.int(2) === 0) frame.keep();
            });
            assertLessOrEqual(splitter.pending, 24 + maxBody);
          }
          splitter.end();
          assertEquals(shown, bytes.length);
        } catch (error) {
          if (!(error instanceof ProtocolError)) throw error;
          refused++;
          assertEquals(error.at, shown);
          assert(toHex(bytes.subarray(shown)).startsWith(toHex(error.bytes)));
        }
      });
      // A kept frame may make a slab of 16 KiB; a cut one has its own size.
      assertLessOrEqual(Math.max(0, ...sizes), 16 * 1024);
    }
    assert(refused > 300, `${refused} of 1500 were refused`);
  });
});

test("FrameSplitter puts a 20 MB frame that comes in 16 KiB chunks together with one allocation and one copy", () => {
  const length = 20_000_000;
  const bytes = wire({ opcode: 0x00, extras: new Uint8Array(4), value: new Uint8Array(length).fill(0xab) });
  const splitter = new FrameSplitter();
  const slab = new Uint8Array(16 * 1024);
  const seen: ArrayBufferLike[] = [];
  const sizes = allocations(() => {
    for (let at = 0; at < bytes.length; at += slab.length) {
      const chunk = slab.subarray(0, Math.min(slab.length, bytes.length - at));
      chunk.set(bytes.subarray(at, at + chunk.length));
      splitter.push(chunk, (frame) => {
        frame.keep();
        seen.push(frame.buffer);
        assertEquals(frame.valueLength, length);
        assert(frame.value.every((byte) => byte === 0xab));
      });
    }
  });
  assertEquals(sizes.filter((size) => size > 24), [bytes.length]);
  assertEquals(seen.map((buffer) => buffer.byteLength), [bytes.length]);
});

test("FrameSplitter.room is where the rest of a large frame is read to, without a copy", () => {
  const bytes = wire({ opcode: 0x00, extras: new Uint8Array(4), value: new Uint8Array(100_000).fill(0xab) });
  const splitter = new FrameSplitter();
  assertEquals(splitter.room(), undefined);
  const head = bytes.slice(0, 5000);
  splitter.push(head, () => {});
  head.fill(0xee);
  const memory = splitter.room()!.buffer;
  let at = 5000;
  let shown: Uint8Array | undefined;
  for (let room = splitter.room(); room !== undefined; room = splitter.room()) {
    assertStrictEquals(room.buffer, memory);
    assertEquals(room.length, bytes.length - at);
    // The transport got less than there is room for.
    const chunk = room.subarray(0, Math.min(room.length, 30_000));
    chunk.set(bytes.subarray(at, at + chunk.length));
    at += chunk.length;
    const sizes = allocations(() => splitter.push(chunk, (frame) => shown = frame.bytes));
    assertEquals(sizes, []);
  }
  // The last bytes would not be worth a read of their own.
  assertLessOrEqual(bytes.length - at, 16 * 1024);
  if (at < bytes.length) splitter.push(bytes.slice(at), (frame) => shown = frame.bytes);
  assertStrictEquals(shown!.buffer, memory);
  assertBytes(shown!, bytes);
});

test("FrameSplitter takes bytes that were not read into the room although it was offered", () => {
  const bytes = wire({ opcode: 0x00, value: Uint8Array.from({ length: 80_000 }, (_, i) => i & 0xff) });
  const next = wire({ opcode: 0x0a });
  const splitter = new FrameSplitter();
  const frames = push(splitter, [bytes.subarray(0, 100)]);
  assertEquals(splitter.room()!.length, bytes.length - 100);
  frames.push(...push(splitter, [joined(bytes.subarray(100), next)]));
  assertAllBytes(frames, [bytes, next]);
});

test("FrameSplitter.room is not offered for a small frame, a header, or nothing", () => {
  const splitter = new FrameSplitter();
  const bytes = wire({ opcode: 0x00, value: new Uint8Array(16 * 1024) });
  for (const size of [0, 10, 24 + 10]) {
    push(splitter, [bytes.subarray(splitter.pending, size)]);
    assertEquals(splitter.room() === undefined, size < 24 || bytes.length - size < 16 * 1024, String(size));
  }
});

test("FrameSplitter.stop leaves what follows to rest, and adds what still comes", () => {
  const frames = [wire({ opcode: 1, key: "a" }), wire({ opcode: 2, key: "bb" }), wire({ opcode: 3, value: "ccc" })];
  const bytes = joined(...frames);
  const first = frames[0]!.length;
  for (let from = 1; from <= bytes.length; from++) {
    for (const more of [0, 1, 30, 1000]) {
      const splitter = new FrameSplitter();
      const seen: number[] = [];
      for (const chunk of cut(bytes, [from, Math.min(bytes.length, from + more)])) {
        splitter.push(chunk.slice(), (frame) => {
          seen.push(frame.opcode);
          splitter.stop();
        });
      }
      assertEquals(seen, [1]);
      assertEquals(splitter.rest(), bytes.slice(first));
      assertEquals(splitter.pending, bytes.length - first);
      assertEquals(splitter.position, first);
    }
  }
});

test("FrameSplitter.stop from outside leaves the frame that was cut to rest", () => {
  const bytes = wire({ opcode: 0, value: new Uint8Array(50_000).fill(3) });
  for (const at of [10, 24, 100, 40_000]) {
    const splitter = new FrameSplitter();
    push(splitter, [bytes.subarray(0, at)]);
    splitter.stop();
    assertEquals(push(splitter, [bytes.subarray(at)]), []);
    assertEquals(splitter.rest(), bytes);
  }
});

test("FrameSplitter.rest is a copy", () => {
  const splitter = new FrameSplitter();
  const bytes = wire({ opcode: 0, value: "value" });
  push(splitter, [bytes.subarray(0, 26)]);
  splitter.rest().fill(0);
  assertEquals(push(splitter, [bytes.subarray(26)]), [bytes]);
});
