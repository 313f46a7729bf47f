/** A transport around a transport that delays, splits and joins what goes through it, at random and never out of order. */

import { WrappedTransport } from "../../src/testing/wrapped_transport.ts";
import type { Sink, Transport } from "../../src/transport/transport.ts";
import type { Random } from "./random.ts";

/** The longest that bytes are held, in ms. */
const LONGEST_PAUSE = 3;
/** The largest of the pieces that bytes are cut into; the smallest are rare, since they cost most. */
const GRAINS = [1, 30, 300, 300, 3000, 3000, 3000, Infinity, Infinity, Infinity] as const;
/** What is cut into the smallest is no more than this. */
const MOST_PIECES = 60;
/** Read bytes are overwritten with this once they were shown. */
const GONE = 0xee;

/** Makes what is read and written come at other times and in other pieces. */
export function withJitter(inner: Transport, random: Random): Transport {
  return new Jitter(inner, random);
}

class Jitter extends WrappedTransport {
  readonly #random: Random;
  readonly #slab = new Uint8Array(64 * 1024);
  #sink: Sink | undefined;
  #held: Uint8Array[] = [];
  #ended: { readonly error: unknown } | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #paused = false;
  #closed = false;

  constructor(inner: Transport, random: Random) {
    super(inner);
    this.#random = random;
  }

  override start(sink: Sink): void {
    this.#sink = sink;
    this.inner.start({
      data: (chunk) => this.#hear(chunk),
      end: (error) => {
        this.#ended = { error };
        this.#deliver();
      },
    });
  }

  override handOver(sink: Sink): void {
    this.#sink = sink;
  }

  override pause(): void {
    this.#paused = true;
    this.inner.pause();
  }

  override resume(): void {
    this.#paused = false;
    this.inner.resume();
    this.#deliver();
  }

  override write(bytes: Uint8Array): Promise<void> | undefined {
    return this.#random.int(4) === 0 ? this.inner.write(bytes) : this.#writeInPieces(bytes);
  }

  override close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.inner.close();
  }

  async #writeInPieces(bytes: Uint8Array): Promise<void> {
    const grain = this.#grain(bytes.length);
    let at = 0;
    while (at < bytes.length) {
      const end = at + this.#piece(bytes.length - at, grain);
      await this.inner.write(bytes.subarray(at, end));
      at = end;
      if (this.#random.int(30) === 0) await new Promise((resolve) => setTimeout(resolve, this.#pause()));
    }
  }

  /** Holds what comes; now and then all that is held is shown at once, soon, or later. */
  #hear(chunk: Uint8Array): void {
    this.#held.push(chunk.slice());
    const how = this.#random.int(20);
    if (how < 12) this.#deliver();
    else if (how < 16) queueMicrotask(() => this.#deliver());
    else this.#timer ??= setTimeout(() => this.#deliver(), this.#pause());
  }

  #deliver(): void {
    if (this.#paused) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const bytes = joined(this.#held);
    this.#held = [];
    const grain = this.#grain(bytes.length);
    for (let at = 0; at < bytes.length && !this.#closed;) {
      // As the transports do: into the room that the sink gives, or into a slab that is used again.
      const room = this.#random.int(2) === 0 ? this.#sink?.room?.() : undefined;
      const into = room ?? this.#slab;
      const piece = into.subarray(0, Math.min(into.length, this.#piece(bytes.length - at, grain)));
      piece.set(bytes.subarray(at, at + piece.length));
      at += piece.length;
      this.#sink?.data(piece);
      if (into === this.#slab) piece.fill(GONE);
    }
    if (this.#ended === undefined) return;
    const { error } = this.#ended;
    this.#ended = undefined;
    this.#sink?.end(error);
  }

  #grain(size: number): number {
    return Math.max(this.#random.pick(GRAINS), size / MOST_PIECES);
  }

  /** How much of so many bytes goes next. */
  #piece(left: number, grain: number): number {
    return grain >= left ? left : Math.min(left, 1 + this.#random.int(grain));
  }

  #pause(): number {
    return this.#random.int(LONGEST_PAUSE + 1);
  }
}

function joined(chunks: readonly Uint8Array[]): Uint8Array {
  if (chunks.length === 1) return chunks[0]!;
  const all = new Uint8Array(chunks.reduce((size, chunk) => size + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}
