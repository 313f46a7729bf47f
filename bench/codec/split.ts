/** Cutting chunks into frames: with a cursor over the chunk, or by joining what is left with what comes. */

import { type Frame, FrameDecoderStream, FrameSplitter } from "@memwire/memwire/codec";
import type { Comparison, Piece } from "../micro.ts";
import { join } from "./encode.ts";

const CHUNK = 64 * 1024;
const SMALL_CHUNK = 16 * 1024;
/** Bytes of a run: some sixteen chunks, with a frame cut at nearly every end. */
const RUN = 16 * CHUNK;
const LARGE = 20 * 1024 * 1024;

/** What a plain decoder makes of a frame. */
interface PlainFrame {
  readonly opcode: number;
  readonly status: number;
  readonly opaque: number;
  readonly cas: bigint;
  readonly value: Uint8Array;
}

/** What is compared. */
export function splitComparisons(): Comparison[] {
  const chunks = cut(replies(100), CHUNK);
  const middle = cut(replies(4096), CHUNK);
  const large = cut(reply(0, LARGE), SMALL_CHUNK);
  return [
    { name: "split, header only", ours: pushed(chunks, lookAtHeader), baseline: joined(chunks) },
    { name: "split, values of 100 B kept", ours: pushed(chunks, keepValue), baseline: joined(chunks) },
    { name: "split, values of 4 KB kept", ours: pushed(middle, keepValue), baseline: joined(middle) },
    {
      name: "split, one frame of 20 MB in chunks of 16 KB",
      ours: pushed(large, lookAtHeader),
      baseline: joined(large),
    },
    { name: "stream, a frame per chunk of the stream", ours: streamed(chunks), baseline: streamedPlainly(chunks) },
  ];
}

let sum = 0;

function lookAtHeader(frame: Frame): void {
  sum += frame.opaque + frame.status;
}

function keepValue(frame: Frame): void {
  frame.keep();
  sum += frame.opaque + frame.value.length;
}

function pushed(chunks: Uint8Array[], look: (frame: Frame) => void): Piece {
  const frames = framesIn(chunks);
  const splitter = new FrameSplitter();
  return {
    frames,
    run() {
      let seen = 0;
      const visit = (frame: Frame): void => {
        seen++;
        look(frame);
      };
      for (const chunk of chunks) splitter.push(chunk, visit);
      expectAll(seen, frames);
    },
  };
}

function joined(chunks: Uint8Array[]): Piece {
  const frames = framesIn(chunks);
  return {
    frames,
    run() {
      const split = plainSplitter();
      let seen = 0;
      for (const chunk of chunks) {
        for (const frame of split(chunk)) {
          seen++;
          sum += frame.opaque + frame.value.length;
        }
      }
      expectAll(seen, frames);
    },
  };
}

function streamed(chunks: Uint8Array[]): Piece {
  const frames = framesIn(chunks);
  return {
    frames,
    async run() {
      let seen = 0;
      for await (const frame of ReadableStream.from(chunks).pipeThrough(new FrameDecoderStream())) {
        seen++;
        lookAtHeader(frame);
      }
      expectAll(seen, frames);
    },
  };
}

function streamedPlainly(chunks: Uint8Array[]): Piece {
  const frames = framesIn(chunks);
  return {
    frames,
    async run() {
      const split = plainSplitter();
      const stream = new TransformStream<Uint8Array, PlainFrame>({
        transform(chunk, controller) {
          for (const frame of split(chunk)) controller.enqueue(frame);
        },
      });
      let seen = 0;
      for await (const frame of ReadableStream.from(chunks).pipeThrough(stream)) {
        seen++;
        sum += frame.opaque + frame.value.length;
      }
      expectAll(seen, frames);
    },
  };
}

/** Joins what is left over with each chunk, then takes frames off the front; a view and a copy for each. */
function plainSplitter(): (chunk: Uint8Array) => PlainFrame[] {
  let rest = new Uint8Array(0);
  return (chunk) => {
    let bytes = join([rest, chunk]);
    const frames: PlainFrame[] = [];
    while (bytes.length >= 24) {
      const view = new DataView(bytes.buffer, bytes.byteOffset);
      const end = 24 + view.getUint32(8);
      if (bytes.length < end) break;
      frames.push({
        opcode: view.getUint8(1),
        status: view.getUint16(6),
        opaque: view.getUint32(12),
        cas: view.getBigUint64(16),
        value: bytes.slice(24 + view.getUint8(4) + view.getUint16(2), end),
      });
      bytes = bytes.subarray(end);
    }
    rest = bytes.slice();
    return frames;
  };
}

function expectAll(seen: number, frames: number): void {
  if (seen !== frames || Number.isNaN(sum)) throw new Error(`${seen} frames seen instead of ${frames}`);
}

/** One reply to a GET. */
function reply(opaque: number, size: number): Uint8Array {
  const frame = new Uint8Array(24 + 4 + size);
  const view = new DataView(frame.buffer);
  view.setUint8(0, 0x81);
  view.setUint8(4, 4);
  view.setUint32(8, 4 + size);
  view.setUint32(12, opaque);
  view.setBigUint64(16, BigInt(opaque + 1));
  return frame.fill(0x76, 28);
}

/** Replies one after the other. */
function replies(size: number): Uint8Array {
  return join(Array.from({ length: Math.floor(RUN / (28 + size)) }, (_, i) => reply(i, size)));
}

function cut(bytes: Uint8Array, size: number): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size));
  return chunks;
}

function framesIn(chunks: readonly Uint8Array[]): number {
  const splitter = new FrameSplitter({ maxBody: 2 * LARGE });
  return chunks.reduce((count, chunk) => count + splitter.split(chunk).length, 0);
}
