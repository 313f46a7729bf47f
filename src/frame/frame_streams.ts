import type { Frame } from "./frame.ts";
import { FrameSplitter, type FrameSplitterOptions } from "./frame_splitter.ts";

/**
 * Turns a stream of bytes into a stream of frames, for proxies, captures and users who compose streams. The chunks belong to
 * the frames: whoever writes them must not overwrite them. Errors with a {@linkcode ProtocolError} on bytes that are no frame, and
 * when the stream ends inside one.
 *
 * @example
 * ```ts
 * import { FrameDecoderStream } from "@memwire/memwire/codec";
 * import { assertEquals } from "@std/assert";
 *
 * const noop = new Uint8Array(24);
 * noop.set([0x81, 0x0a]);
 * const frames = ReadableStream.from([noop]).pipeThrough(new FrameDecoderStream());
 * assertEquals((await Array.fromAsync(frames)).length, 1);
 * ```
 */
export class FrameDecoderStream extends TransformStream<Uint8Array, Frame> {
  /** Makes a decoder with nothing read. */
  constructor(options: FrameSplitterOptions = {}) {
    const splitter = new FrameSplitter(options);
    super({
      transform(chunk, controller) {
        for (const frame of splitter.split(chunk)) controller.enqueue(frame);
      },
      flush() {
        splitter.end();
      },
    });
  }
}

/**
 * Turns a stream of frames into a stream of bytes: each frame as it lies, without a copy.
 *
 * @example
 * ```ts
 * import { Frame, FrameEncoderStream } from "@memwire/memwire/codec";
 * import { assertEquals } from "@std/assert";
 *
 * const noop = new Uint8Array(24);
 * noop.set([0x80, 0x0a]);
 * const bytes = ReadableStream.from([Frame.from(noop)]).pipeThrough(new FrameEncoderStream());
 * assertEquals(await Array.fromAsync(bytes), [noop]);
 * ```
 */
export class FrameEncoderStream extends TransformStream<Frame, Uint8Array> {
  /** Makes an encoder. */
  constructor() {
    super({
      transform(frame, controller) {
        controller.enqueue(frame.bytes);
      },
    });
  }
}
