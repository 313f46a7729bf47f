/** What may be kept of a frame, and how much memory that holds. */

import { assert, assertEquals, assertLessOrEqual, assertStrictEquals } from "@std/assert";
import { Frame } from "../../src/frame/frame.ts";
import { FrameSplitter } from "../../src/frame/frame_splitter.ts";
import { withRandom } from "../support/random.ts";
import { test } from "../support/test.ts";
import { assertAllBytes, assertBytes, joined, wire } from "../support/wire_frame.ts";

const SLAB = 16 * 1024;

interface Kept {
  readonly value: Uint8Array;
  readonly expected: Uint8Array;
  readonly size: number;
}

/** Pushes bytes in chunks of one reused slab and keeps the value of the frames that `keeps` picks. */
function keepValues(bytes: Uint8Array, chunk: number, keeps: (opaque: number) => boolean): Kept[] {
  const splitter = new FrameSplitter();
  const slab = new Uint8Array(chunk);
  const kept: Kept[] = [];
  for (let at = 0; at < bytes.length; at += chunk) {
    const part = slab.subarray(0, Math.min(chunk, bytes.length - at));
    part.set(bytes.subarray(at, at + part.length));
    splitter.push(part, (frame) => {
      if (!keeps(frame.opaque)) return;
      const expected = frame.value.slice();
      frame.keep();
      assertBytes(frame.value, expected);
      kept.push({ value: frame.value, expected, size: frame.size });
    });
    slab.fill(0xee);
  }
  return kept;
}

function filled(length: number, seed: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i + seed) & 0xff);
}

test("Frame.keep makes values safe, whichever are kept and however the bytes came", async () => {
  await withRandom((random) => {
    for (let round = 0; round < 60; round++) {
      const count = 1 + random.int(80);
      const largest = random.pick([10, 300, 5_000, 20_000, 60_000]);
      const frames = Array.from(
        { length: count },
        (_, opaque) =>
          wire({ opcode: 0, opaque, extras: new Uint8Array(4), value: filled(random.int(largest), opaque) }),
      );
      const choice = frames.map(() => random.int(3) > 0);
      const chunk = random.pick([1000, 4096, 16 * 1024, 64 * 1024, 256 * 1024]);
      const kept = keepValues(joined(...frames), chunk, (opaque) => choice[opaque]!);
      assertEquals(kept.length, choice.filter((chosen) => chosen).length);
      for (const { value, expected, size } of kept) {
        assertBytes(value, expected);
        // A small value holds a slab at most, a large one its frame and what a reused buffer was too long by.
        assertLessOrEqual(value.buffer.byteLength, size < SLAB ? SLAB : size + SLAB);
      }
    }
  });
});

test("Frame.keep copies small values of a chunk to slabs of 16 KiB that they share", () => {
  const frames = Array.from({ length: 500 }, (_, opaque) => wire({ opcode: 0, opaque, value: filled(100, opaque) }));
  const kept = keepValues(joined(...frames), 64 * 1024, () => true);
  const memory = new Set(kept.map(({ value }) => value.buffer));
  for (const buffer of memory) assertEquals(buffer.byteLength, SLAB);
  assertEquals(memory.size, Math.ceil((500 * 124) / SLAB));
});

test("Frame.keep holds exactly the frame of a large value", () => {
  for (const length of [SLAB, 20_000, 1_000_000]) {
    const bytes = wire({ opcode: 0, value: filled(length, 1) });
    // Whole in one chunk, and put together of many.
    for (const chunk of [bytes.length + 1000, SLAB]) {
      const [kept] = keepValues(joined(bytes, wire({ opcode: 0x0a, opaque: 1 })), chunk, (opaque) => opaque === 0);
      assertEquals(kept!.value.buffer.byteLength, bytes.length);
    }
  }
});

test("Frame.keep is asked for twice and moves once", () => {
  const splitter = new FrameSplitter();
  splitter.push(wire({ opcode: 0, value: "value" }), (frame) => {
    frame.keep();
    const { buffer, start } = frame;
    frame.keep();
    assertStrictEquals(frame.buffer, buffer);
    assertEquals(frame.start, start);
  });
});

test("FrameSplitter reads a large frame into the buffer of the last one that nobody kept", () => {
  const splitter = new FrameSplitter();
  const memory: ArrayBufferLike[] = [];
  const send = (length: number, keep: boolean) => {
    const bytes = wire({ opcode: 0, value: filled(length, length) });
    splitter.push(bytes.slice(0, 1000), () => {});
    splitter.push(bytes.slice(1000), (frame) => {
      if (keep) frame.keep();
      memory.push(frame.buffer);
      assertBytes(frame.bytes, bytes);
    });
  };
  send(100_000, false);
  send(100_000, false);
  send(95_000, false);
  assertStrictEquals(memory[1], memory[0]);
  assertStrictEquals(memory[2], memory[0]);
  // Too small for it, and so much smaller that a kept value would hold more than it may.
  send(200_000, false);
  assert(memory[3] !== memory[0]);
  send(50_000, false);
  assert(memory[4] !== memory[3]);
});

test("FrameSplitter does not read into a buffer of which something was kept", () => {
  const splitter = new FrameSplitter();
  const kept: { value: Uint8Array; seed: number }[] = [];
  for (let seed = 0; seed < 20; seed++) {
    const bytes = wire({ opcode: 0, value: filled(40_000, seed) });
    splitter.push(bytes.slice(0, 30), () => {});
    const room = splitter.room()!;
    room.set(bytes.subarray(30));
    splitter.push(room, (frame) => {
      if (seed % 3 === 0) return;
      if (seed % 3 === 1) frame.keep();
      kept.push({ value: seed % 3 === 1 ? frame.value : frame.clone().value, seed });
    });
  }
  assertEquals(kept.length, 13);
  for (const { value, seed } of kept) assertBytes(value, filled(40_000, seed));
});

test("Frame.clone is an object of its own with bytes that stay", () => {
  const splitter = new FrameSplitter();
  const frames: Frame[] = [];
  const bytes = joined(
    wire({ opcode: 1, opaque: 7, cas: 9n, status: 2, extras: filled(4, 1), key: "key", value: "one" }),
    wire({ magic: 0x18, opcode: 2, datatype: 3, framing: filled(3, 5), key: "k", value: "two" }),
  );
  const slab = bytes.slice();
  splitter.push(slab, (frame) => frames.push(frame.clone()));
  slab.fill(0xee);
  const [a, b] = frames;
  assertEquals(joined(a!.bytes, b!.bytes), bytes);
  assertEquals([a!.opcode, a!.opaque, a!.cas, a!.status, a!.vbucket], [1, 7, 9n, 2, 2]);
  assertEquals([b!.magic, b!.datatype, b!.framingLength, b!.keyLength, b!.valueLength], [0x18, 3, 3, 1, 3]);
  assertEquals(b!.framingExtras, filled(3, 5));
});

test("FrameSplitter.split gives frames that stay valid, wherever they were cut", () => {
  const frames = Array.from({ length: 30 }, (_, i) => wire({ opcode: i, value: filled(i * 700, i) }));
  const bytes = joined(...frames);
  for (const size of [1, 100, 5_000, 40_000, bytes.length]) {
    const splitter = new FrameSplitter();
    const split: Frame[] = [];
    for (let at = 0; at < bytes.length; at += size) split.push(...splitter.split(bytes.slice(at, at + size)));
    assertAllBytes(split.map((frame) => frame.bytes), frames);
  }
});

test("FrameSplitter.split does not copy frames that lie whole in the chunk", () => {
  const chunk = joined(wire({ opcode: 1, value: filled(100, 1) }), wire({ opcode: 2, value: filled(30_000, 2) }));
  for (const frame of new FrameSplitter().split(chunk)) {
    assertStrictEquals(frame.buffer, chunk.buffer);
    frame.keep();
    assertStrictEquals(frame.buffer, chunk.buffer);
  }
});

test("Frame.from looks at one frame and refuses what is not exactly one", () => {
  const bytes = wire({ opcode: 1, key: "key", value: "value" });
  const memory = new Uint8Array(100);
  memory.set(bytes, 11);
  const frame = Frame.from(memory.subarray(11, 11 + bytes.length));
  assertBytes(frame.bytes, bytes);
  assertStrictEquals(frame.buffer, memory.buffer);
  const wrong = [
    new Uint8Array(0),
    bytes.subarray(0, 23),
    bytes.subarray(0, bytes.length - 1),
    joined(bytes, new Uint8Array(1)),
  ];
  const long = bytes.slice();
  long[3] = 200;
  for (const array of [...wrong, long]) {
    let error: unknown;
    try {
      Frame.from(array);
    } catch (thrown) {
      error = thrown;
    }
    assert(error instanceof RangeError);
  }
});
