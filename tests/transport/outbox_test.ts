import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { FrameWriter } from "../../src/frame/frame_writer.ts";
import { Outbox } from "../../src/transport/outbox.ts";
import { endOfTurn, FakeTransport, type WriteMode } from "../support/fake_transport.ts";
import { test } from "../support/test.ts";
import { assertAllBytes, joined } from "../support/wire_frame.ts";

interface Setup {
  readonly transport: FakeTransport;
  readonly source: FrameWriter;
  readonly outbox: Outbox;
  /** What the outbox told, in its order. */
  readonly told: unknown[];
}

function setup(mode: WriteMode): Setup {
  const transport = new FakeTransport(mode);
  const source = new FrameWriter();
  const told: unknown[] = [];
  const outbox = new Outbox(transport, source, {
    drained: () => told.push("drained"),
    failed: (error) => told.push(error),
  });
  return { transport, source, outbox, told };
}

function bytes(length: number, seed: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i + seed) & 0xff);
}

const LARGE = bytes(64 * 1024, 3);

/** Puts a large value between two small pieces: three segments. */
function writeThree(source: FrameWriter): Uint8Array {
  source.append("before");
  source.begin();
  source.value(LARGE);
  source.end({ magic: 0x80, opcode: 1, opaque: 1 });
  source.append("after");
  const head = new Uint8Array(24);
  new DataView(head.buffer).setUint32(0, 0x80010000);
  new DataView(head.buffer).setUint32(8, LARGE.length);
  new DataView(head.buffer).setUint32(12, 1);
  const text = (part: string) => new TextEncoder().encode(part);
  return joined(text("before"), head, LARGE, text("after"));
}

test("Outbox writes what has gathered in one write", () => {
  const { transport, source, outbox, told } = setup("at once");
  for (let i = 0; i < 100; i++) source.append(bytes(50, i));
  outbox.flush();
  assertAllBytes(transport.writes, [joined(...Array.from({ length: 100 }, (_, i) => bytes(50, i)))]);
  assertEquals([outbox.writes, outbox.taken, outbox.idle, told], [1, 5000, true, ["drained"]]);
});

test("Outbox writes nothing when nothing waits", () => {
  const { transport, outbox, told } = setup("at once");
  outbox.flush();
  assertEquals([transport.writes.length, outbox.writes, outbox.idle, told], [0, 0, true, []]);
});

test("Outbox lets what comes during a write gather and writes it in one piece behind it", async () => {
  const { transport, source, outbox, told } = setup("held");
  source.append("first");
  outbox.flush();
  for (const part of ["second ", "third ", "fourth"]) {
    source.append(part);
    outbox.flush();
    await endOfTurn();
  }
  assertEquals([transport.writes.length, outbox.taken, outbox.idle, told], [1, 5, false, []]);
  transport.release();
  await endOfTurn();
  assertEquals(transport.writes.map((part) => new TextDecoder().decode(part)), ["first", "second third fourth"]);
  assertEquals([outbox.idle, told], [false, []]);
  transport.release();
  await endOfTurn();
  assertEquals([outbox.writes, outbox.taken, outbox.idle, told], [2, 24, true, ["drained"]]);
});

test("Outbox writes a large value as it lies, one segment after the other", async () => {
  for (const mode of ["at once", "held"] as const) {
    const { transport, source, outbox, told } = setup(mode);
    const expected = writeThree(source);
    outbox.flush();
    while (!outbox.idle) {
      // What comes meanwhile waits behind all segments.
      if (transport.writes.length === 1) source.append("later");
      transport.release();
      await endOfTurn();
    }
    const later = mode === "held" ? [new TextEncoder().encode("later")] : [];
    assertEquals(transport.writes.length, 3 + later.length);
    assertStrictEquals(transport.memory[1], LARGE.buffer);
    assertAllBytes([joined(...transport.writes)], [joined(expected, ...later)]);
    assertEquals([outbox.taken, told], [expected.length + (mode === "held" ? 5 : 0), ["drained"]]);
  }
});

test("Outbox never lets memory be written that a transport still reads", async () => {
  const { transport, source, outbox } = setup("held");
  for (let round = 0; round < 20; round++) {
    source.append(bytes(1000, round));
    outbox.flush();
    source.append(bytes(3000, round + 100));
    // The transport looks whether its bytes are what they were.
    transport.release();
    await endOfTurn();
    transport.release();
    await endOfTurn();
  }
  assertEquals(outbox.writes, 40);
  // Two slabs took turns all the time.
  assertEquals(new Set(transport.memory).size, 2);
});

test("Outbox writes again and again from the same two slabs when writes end at once", () => {
  const { transport, source, outbox } = setup("at once");
  for (let round = 0; round < 50; round++) {
    source.append(bytes(100, round));
    outbox.flush();
  }
  assertEquals(new Set(transport.memory).size, 2);
});

for (const mode of ["refused", "thrown"] as const) {
  test(`Outbox tells that a write was ${mode}, and writes no more`, async () => {
    const { transport, source, outbox, told } = setup(mode);
    writeThree(source);
    outbox.flush();
    await endOfTurn();
    assertEquals(told.length, 1);
    assert((told[0] as Error).message.includes(mode === "refused" ? "fake refuses" : "fake throws"));
    transport.mode = "at once";
    source.append("more");
    outbox.flush();
    await endOfTurn();
    assertEquals([transport.writes.length, outbox.idle, told.length], [0, false, 1]);
  });
}

test("Outbox tells of a write that broke on its way", async () => {
  const { transport, source, outbox, told } = setup("held");
  writeThree(source);
  outbox.flush();
  transport.release();
  await endOfTurn();
  transport.breakWrite("broken");
  await endOfTurn();
  assertEquals([told, transport.writes.length], [["broken"], 2]);
});

test("Outbox is done when all that waited was dropped", () => {
  const { transport, source, outbox, told } = setup("at once");
  source.append("dropped");
  source.drop(0, source.size);
  outbox.flush();
  assertEquals([transport.writes.length, outbox.taken, outbox.idle, told], [0, 7, true, ["drained"]]);
  source.append("kept");
  outbox.flush();
  assertEquals(transport.writes.map((part) => new TextDecoder().decode(part)), ["kept"]);
});
