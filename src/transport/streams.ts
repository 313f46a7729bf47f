/** Transports from Web Streams and back, for everything that is stream-shaped. Costs three to four times a direct one. */
import { ConnectionError } from "../errors.ts";
import { PipeState } from "./pipe_state.ts";
import type { Sink, Transport } from "./transport.ts";

/** A pair of byte streams, as sockets of edge runtimes have. */
export interface ByteStreams {
  /** What comes in. */
  readonly readable: ReadableStream<Uint8Array>;
  /** What goes out. */
  readonly writable: WritableStream<Uint8Array>;
}

/** What {@linkcode fromStreams} takes: the two streams, and what to say about them. */
export interface StreamTransportOptions extends ByteStreams {
  /** The peer as text, for messages; `"stream"` by default. */
  readonly peer?: string;
  /** Whether the bytes are encrypted on the way; false by default. */
  readonly secure?: boolean;
}

class StreamTransport implements Transport {
  readonly peer: string;
  readonly secure: boolean;
  readonly #state: PipeState;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  #paused = false;
  #wake: (() => void) | undefined;

  constructor(options: StreamTransportOptions) {
    this.peer = options.peer ?? "stream";
    this.secure = options.secure ?? false;
    this.#state = new PipeState(this.peer, () => void this.#free());
    this.#reader = options.readable.getReader();
    this.#writer = options.writable.getWriter();
    // Both reject when the stream fails, which the read and the write then report.
    this.#reader.closed.catch(() => {});
    this.#writer.closed.catch(() => {});
    this.#writer.ready.catch(() => {});
  }

  get closed(): Promise<void> {
    return this.#state.closed;
  }

  start(sink: Sink): void {
    this.#state.start(sink);
    if (!this.#state.over) this.#readAll();
  }

  handOver(sink: Sink): void {
    this.#state.handOver(sink);
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#wake?.();
  }

  write(bytes: Uint8Array): Promise<void> | undefined {
    const opened = this.#state.openWrite(bytes);
    return opened === true ? this.#writeAll(bytes) : opened || undefined;
  }

  close(): void {
    this.#state.close();
  }

  /** Reads until the end; never rejects. */
  async #readAll(): Promise<void> {
    const state = this.#state;
    try {
      while (!state.over) {
        while (this.#paused && !state.over) await new Promise<void>((resolve) => this.#wake = resolve);
        if (state.over) break;
        const { done, value } = await this.#reader.read();
        if (done) state.finish();
        else state.deliver(value);
      }
    } catch (error) {
      state.broke("reading", error);
    }
  }

  async #writeAll(bytes: Uint8Array): Promise<void> {
    try {
      // A stream may keep what it is given, but the writer of a transport gets its bytes back.
      await this.#writer.write(bytes.slice());
    } catch (error) {
      this.#state.broke("writing", error);
      throw this.#state.refusal();
    } finally {
      this.#state.doneWrite();
    }
    // The stream has taken bytes that a close cut off; their writer must not think that they went out.
    if (this.#state.freed) throw this.#state.refusal();
  }

  /** Lets go of both streams; never rejects. */
  async #free(): Promise<void> {
    this.#wake?.();
    const reason = this.#state.refusal();
    const ended = this.#state.writing ? this.#writer.abort(reason) : this.#writer.close();
    await Promise.allSettled([this.#reader.cancel(reason), ended]);
    this.#state.settle();
  }
}

/**
 * Makes a transport of a readable and a writable stream of bytes.
 *
 * - Every write is copied, because a stream may keep what it is given.
 * - Closing the transport cancels the readable and closes the writable, or aborts it when a write is under way.
 * - The streams are locked from now on.
 *
 * @param options The streams, and the peer's name for messages.
 * @returns A transport over them.
 * @throws {TypeError} When a stream is locked.
 *
 * @example Over an identity transform
 * ```ts
 * import { fromStreams } from "@memwire/memwire";
 * import { assertEquals } from "@std/assert";
 *
 * const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
 * const echo = fromStreams({ readable, writable, peer: "echo" });
 * const heard = new Promise<number>((resolve) =>
 *   echo.start({ data: (chunk) => resolve(chunk.length), end: () => {} })
 * );
 * await echo.write(new Uint8Array(3));
 * assertEquals(await heard, 3);
 * echo.close();
 * await echo.closed;
 * ```
 */
export function fromStreams(options: StreamTransportOptions): Transport {
  return new StreamTransport(options);
}

/** How many bytes the readable of {@linkcode toStreams} holds before the transport is paused. */
const HIGH_WATER = 64 * 1024;

/**
 * Makes a readable and a writable stream of a transport, and starts it.
 *
 * - Every chunk is copied out of the transport's buffer; the transport is paused while 64 KiB wait to be read.
 * - Cancelling the readable closes the transport, and so does closing or aborting the writable: a transport has no
 *   half-close. Use `preventClose` on a `pipeTo` whose answers are still to be read.
 * - When the transport fails, both streams fail with its error.
 *
 * @param transport A transport that was not started yet.
 * @returns The streams over it; the readable is a byte stream.
 * @throws {TypeError} When the transport was started already.
 *
 * @example Read text from a transport
 * ```ts
 * import { toStreams } from "@memwire/memwire";
 * import { memoryPair } from "@memwire/memwire/transport/memory";
 * import { assertEquals } from "@std/assert";
 *
 * const [here, there] = memoryPair();
 * const { readable } = toStreams(there);
 * here.start({ data: () => {}, end: () => {} });
 * void here.write(new TextEncoder().encode("hello"))?.then(() => here.close());
 * assertEquals(await new Response(readable).text(), "hello");
 * ```
 */
export function toStreams(transport: Transport): ByteStreams {
  const readable = readableOf(transport);
  let controller: WritableStreamDefaultController | undefined;
  const writable = new WritableStream<Uint8Array>({
    start: (writing) => void (controller = writing),
    write: (bytes) => transport.write(bytes),
    close: () => transport.close(),
    abort: () => transport.close(),
  });
  void transport.closed.then(() => {
    controller?.error(new ConnectionError(`Cannot write to ${transport.peer}: the connection is closed`));
  });
  return { readable, writable };
}

function readableOf(transport: Transport): ReadableStream<Uint8Array> {
  let controller: ReadableByteStreamController | undefined;
  let cancelled = false;
  let paused = false;
  const readable = new ReadableStream({
    type: "bytes",
    start: (reading) => void (controller = reading),
    pull: () => {
      if (paused) transport.resume();
      paused = false;
    },
    cancel: () => {
      cancelled = true;
      transport.close();
    },
  }, { highWaterMark: HIGH_WATER });
  transport.start({
    data: (chunk) => {
      if (cancelled || controller === undefined) return;
      controller.enqueue(chunk.slice());
      paused = controller.desiredSize === null || controller.desiredSize <= 0;
      if (paused) transport.pause();
    },
    end: (error) => {
      if (cancelled) return;
      if (error !== undefined) return controller?.error(error);
      controller?.close();
      // A reader that brought its own buffer waits for it.
      controller?.byobRequest?.respond(0);
    },
  });
  return readable;
}
