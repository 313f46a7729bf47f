/** Transports around transports that make what is read arrive in a worse way. */

import { WrappedTransport } from "../../src/testing/wrapped_transport.ts";
import type { Sink, Transport } from "../../src/transport/transport.ts";

/** A transport whose sink is another. */
class Around extends WrappedTransport {
  readonly #around: (sink: Sink) => Sink;

  constructor(inner: Transport, around: (sink: Sink) => Sink) {
    super(inner);
    this.#around = around;
  }

  override start(sink: Sink): void {
    this.inner.start(this.#around(sink));
  }

  override handOver(sink: Sink): void {
    this.inner.handOver(this.#around(sink));
  }
}

/** Delivers what is read in chunks of so many bytes at most, in memory that is overwritten after each. */
export function inChunks(transport: Transport, size: number): Transport {
  return new Around(transport, (sink) => {
    const slab = new Uint8Array(size);
    let ended = false;
    return {
      data(chunk) {
        for (let at = 0; at < chunk.length && !ended; at += size) {
          const part = slab.subarray(0, Math.min(size, chunk.length - at));
          part.set(chunk.subarray(at, at + part.length));
          sink.data(part);
          slab.fill(0xee);
        }
      },
      end(error) {
        ended = true;
        sink.end(error);
      },
    };
  });
}

/** Reads so many bytes and then ends the pipe: in order, or with an error. */
export function cutAfter(transport: Transport, size: number, error?: unknown): Transport {
  return new Around(transport, (sink) => {
    let left = size;
    let ended = false;
    return {
      data(chunk) {
        if (ended) return;
        const part = chunk.subarray(0, left);
        left -= part.length;
        if (part.length > 0) sink.data(part);
        if (left > 0 || ended) return;
        ended = true;
        sink.end(error);
      },
      end(cause) {
        if (ended) return;
        ended = true;
        sink.end(cause);
      },
    };
  });
}
