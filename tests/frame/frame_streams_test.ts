import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { ProtocolError } from "../../src/errors.ts";
import type { Frame } from "../../src/frame/frame.ts";
import { FrameDecoderStream, FrameEncoderStream } from "../../src/frame/frame_streams.ts";
import { hex } from "../support/hex.ts";
import { test } from "../support/test.ts";
import { assertAllBytes, joined, wire } from "../support/wire_frame.ts";
import { VECTORS } from "../vectors/all.ts";

const ALL = VECTORS.map((vector) => hex(vector.hex));

function streamOf<T>(items: readonly T[]): ReadableStream<T> {
  return new ReadableStream({
    start(controller) {
      for (const item of items) controller.enqueue(item);
      controller.close();
    },
  });
}

async function collect<T>(stream: ReadableStream<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of stream) items.push(item);
  return items;
}

function chunksOf(bytes: Uint8Array, size: number): Uint8Array[] {
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.slice(i * size, (i + 1) * size));
}

test("FrameDecoderStream gives all vectors, whatever the chunks, and FrameEncoderStream the same bytes again", async () => {
  const bytes = joined(...ALL);
  for (const size of [1, 7, 1000, bytes.length]) {
    const frames = await collect(streamOf(chunksOf(bytes, size)).pipeThrough(new FrameDecoderStream()));
    assertAllBytes(frames.map((frame) => frame.bytes), ALL);
    const again = await collect(streamOf(frames).pipeThrough(new FrameEncoderStream()));
    assertAllBytes(again, ALL);
  }
});

test("FrameEncoderStream gives each frame as it lies, without a copy", async () => {
  const bytes = joined(wire({ opcode: 1, value: "one" }), wire({ opcode: 2, value: "two" }));
  const streams = streamOf([bytes]).pipeThrough(new FrameDecoderStream()).pipeThrough(new FrameEncoderStream());
  for (const part of await collect(streams)) assertStrictEquals(part.buffer, bytes.buffer);
});

test("FrameDecoderStream of no bytes is a stream of no frames", async () => {
  assertEquals(await collect(streamOf<Uint8Array>([]).pipeThrough(new FrameDecoderStream())), []);
});

test("FrameDecoderStream errors when the stream ends inside a frame, after the frames before it", async () => {
  const whole = wire({ opcode: 1, value: "value" });
  for (let length = 1; length < whole.length; length++) {
    const frames: Frame[] = [];
    const error = await assertRejects(
      async () => {
        const chunks = [joined(whole, whole.subarray(0, length))];
        for await (const frame of streamOf(chunks).pipeThrough(new FrameDecoderStream())) frames.push(frame);
      },
      ProtocolError,
      `Cannot read frame at byte ${whole.length}: the bytes end after ${length} of`,
    );
    assertEquals(error.at, whole.length);
    assertEquals(error.bytes, whole.subarray(0, Math.min(24, length)));
    assertEquals(frames.length, 1);
  }
});

test("FrameDecoderStream errors on bytes that are no frame", async () => {
  const decode = () => collect(streamOf([new TextEncoder().encode("ERROR\r\n")]).pipeThrough(new FrameDecoderStream()));
  await assertRejects(decode, ProtocolError, "first byte 0x45 is no magic");
});

test("FrameDecoderStream takes the limit of the body", async () => {
  const bytes = wire({ opcode: 1, value: new Uint8Array(101) });
  const decode = (maxBody: number) => collect(streamOf([bytes]).pipeThrough(new FrameDecoderStream({ maxBody })));
  assertEquals((await decode(101)).length, 1);
  await assertRejects(() => decode(100), ProtocolError, "exceeds the limit of 100");
});

test("FrameDecoderStream stops reading when nobody takes the frames", async () => {
  let pulled = 0;
  const source = new ReadableStream<Uint8Array>({
    pull(controller) {
      pulled++;
      controller.enqueue(wire({ opcode: 0x0a }));
    },
  }, { highWaterMark: 0 });
  const reader = source.pipeThrough(new FrameDecoderStream()).getReader();
  for (let i = 0; i < 5; i++) assertEquals((await reader.read()).value?.opcode, 0x0a);
  assert(pulled < 10, `${pulled} chunks were pulled for 5 frames`);
  await reader.cancel();
});
