/** What may be kept of a reply, and how much memory that holds. */

import { assert, assertEquals, assertLessOrEqual, assertStrictEquals } from "@std/assert";
import { ReplySplitter } from "../../src/text/reply_splitter.ts";
import type { TextReply } from "../../src/text/text_reply.ts";
import { withRandom } from "../support/random.ts";
import { test } from "../support/test.ts";
import { latin1 } from "../support/text_wire.ts";

const SLAB = 16 * 1024;

function filled(length: number, seed: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i + seed) & 0xff);
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** A reply of `mg`, whose opaque is also in its key. */
function va(opaque: number, value: Uint8Array): Uint8Array {
  return joined(latin1(`VA ${value.length} O${opaque} kkey-${opaque}\r\n`), value, latin1("\r\n"));
}

interface Kept {
  readonly value: Uint8Array;
  readonly expected: Uint8Array;
  readonly key: Uint8Array;
  readonly opaque: number;
  readonly size: number;
}

/** Pushes bytes in chunks of one reused slab and keeps the value and the key of the replies that `keeps` picks. */
function keepValues(bytes: Uint8Array, chunk: number, keeps: (opaque: number) => boolean): Kept[] {
  const splitter = new ReplySplitter();
  const slab = new Uint8Array(chunk);
  const kept: Kept[] = [];
  for (let at = 0; at < bytes.length; at += chunk) {
    const part = slab.subarray(0, Math.min(chunk, bytes.length - at));
    part.set(bytes.subarray(at, at + part.length));
    splitter.push(part, (reply) => {
      const opaque = reply.meta.opaqueNumber;
      if (!keeps(opaque)) return;
      const expected = reply.value.slice();
      reply.keep();
      assertEquals(reply.meta.opaqueNumber, opaque);
      kept.push({ value: reply.value, expected, key: reply.meta.key!, opaque, size: reply.size });
    });
    slab.fill(0xee);
  }
  return kept;
}

test("TextReply.keep makes views safe, whichever are kept and however the bytes came", async () => {
  await withRandom((random) => {
    for (let round = 0; round < 60; round++) {
      const count = 1 + random.int(80);
      const largest = random.pick([10, 300, 5_000, 20_000, 60_000]);
      const replies = Array.from({ length: count }, (_, opaque) => va(opaque, filled(random.int(largest), opaque)));
      const choice = replies.map(() => random.int(3) > 0);
      const chunk = random.pick([7, 1000, 4096, 16 * 1024, 64 * 1024, 256 * 1024]);
      const kept = keepValues(joined(...replies), chunk, (opaque) => choice[opaque]!);
      assertEquals(kept.length, choice.filter((chosen) => chosen).length);
      for (const { value, expected, key, opaque, size } of kept) {
        assertEquals(value, expected);
        assertEquals(key, latin1(`key-${opaque}`));
        // A small value holds a slab at most, a large one its reply and what a reused buffer was too long by.
        assertLessOrEqual(value.buffer.byteLength, size < SLAB ? SLAB : size + SLAB);
      }
    }
  });
});

test("TextReply.keep copies small values of a chunk to slabs of 16 KiB that they share", () => {
  const bytes = joined(...Array.from({ length: 500 }, (_, opaque) => va(opaque, filled(100, opaque))));
  const kept = keepValues(bytes, 64 * 1024, () => true);
  const memory = new Set(kept.map(({ value }) => value.buffer));
  for (const buffer of memory) assertEquals(buffer.byteLength, SLAB);
  assertEquals(memory.size, Math.ceil(bytes.length / SLAB));
});

test("TextReply.keep holds exactly the reply of a large value", () => {
  for (const length of [SLAB, 20_000, 1_000_000]) {
    const bytes = va(0, filled(length, 1));
    // Whole in one chunk, and put together of many.
    for (const chunk of [bytes.length + 1000, SLAB]) {
      const [kept] = keepValues(joined(bytes, va(1, filled(3, 3))), chunk, (opaque) => opaque === 0);
      assertEquals(kept!.value.buffer.byteLength, bytes.length);
    }
  }
});

test("TextReply.keep is asked for twice and moves once", () => {
  new ReplySplitter().push(va(1, filled(10, 1)), (reply) => {
    reply.keep();
    const { bytes, start } = reply;
    reply.keep();
    assertStrictEquals(reply.bytes, bytes);
    assertEquals(reply.start, start);
  });
});

test("TextReply.clone is an object of its own with bytes that stay", () => {
  const splitter = new ReplySplitter();
  const replies: TextReply[] = [];
  const slab = latin1("VALUE a 7 3 42\r\nabc\r\nEND\r\nVA 1 c5 t-1\r\nx\r\nHD O9\r\n17\r\n");
  splitter.push(slab, (reply) => replies.push(reply.clone()));
  slab.fill(0xee);
  assertEquals(replies.map(({ text }) => text), ["VALUE a 7 3 42", "END", "VA 1 c5 t-1", "HD O9", "17"]);
  const [value, end, va, hd, number] = replies as [TextReply, TextReply, TextReply, TextReply, TextReply];
  assertEquals([value.flags, value.cas, value.last, end.last], [7, 42n, false, true]);
  assertEquals([value.key, value.value], [latin1("a"), latin1("abc")]);
  assertEquals([va.meta.cas, va.meta.ttl, va.value], [5n, -1, latin1("x")]);
  assertEquals([hd.meta.opaque, number.number], ["9", 17n]);
});

test("ReplySplitter reads a large value into the buffer of the last one that nobody kept", () => {
  const splitter = new ReplySplitter();
  const memory: ArrayBufferLike[] = [];
  const send = (length: number) => {
    const bytes = va(0, filled(length, length));
    splitter.push(bytes.slice(0, 1000), () => {});
    splitter.push(bytes.slice(1000), (reply) => {
      memory.push(reply.bytes.buffer);
      assertEquals(reply.whole, bytes);
    });
  };
  send(100_000);
  send(100_000);
  send(95_000);
  assertStrictEquals(memory[1], memory[0]);
  assertStrictEquals(memory[2], memory[0]);
  // Too small for it, and so much smaller that a kept value would hold more than it may.
  send(200_000);
  assert(memory[3] !== memory[0]);
  send(50_000);
  assert(memory[4] !== memory[3]);
});

test("ReplySplitter.room is where a transport reads the rest of a large value, which is then not copied", () => {
  const splitter = new ReplySplitter();
  const kept: { value: Uint8Array; seed: number }[] = [];
  for (let seed = 0; seed < 20; seed++) {
    const bytes = va(seed, filled(40_000, seed));
    splitter.push(bytes.slice(0, 30), () => {});
    const room = splitter.room()!;
    assertEquals(room.length, bytes.length - 30);
    const half = room.subarray(0, 20_000);
    half.set(bytes.subarray(30, 20_030));
    splitter.push(half, () => {});
    const rest = splitter.room()!;
    assertStrictEquals(rest.buffer, room.buffer);
    rest.set(bytes.subarray(20_030));
    splitter.push(rest, (reply) => {
      assertStrictEquals(reply.bytes.buffer, room.buffer);
      assertEquals(reply.meta.opaqueNumber, seed);
      if (seed % 3 === 0) return;
      if (seed % 3 === 1) reply.keep();
      kept.push({ value: seed % 3 === 1 ? reply.value : reply.clone().value, seed });
    });
    assertEquals(splitter.room(), undefined);
  }
  assertEquals(kept.length, 13);
  for (const { value, seed } of kept) assertEquals(value, filled(40_000, seed));
});
