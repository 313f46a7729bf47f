/** A transport without a peer: the test says when a write ends, and what is read. */

import type { Sink, Transport } from "../../src/transport/transport.ts";
import { readAllWire, type WireFrame } from "./wire_frame.ts";

/** What becomes of a write: done at once, done when released, refused by a promise, or by an exception. */
export type WriteMode = "at once" | "held" | "refused" | "thrown";

/** Keeps what is written and gives what it is told to give. */
export class FakeTransport implements Transport {
  readonly peer = "fake:11211";
  readonly secure = false;
  readonly closed: Promise<void>;
  /** What becomes of the next writes. */
  mode: WriteMode;
  /** Copies of what was written, in the order it came; a held write is in it at once. */
  readonly writes: Uint8Array[] = [];
  /** The memory that each write lay in. */
  readonly memory: ArrayBufferLike[] = [];
  /** Whether `close` was called. */
  isClosed = false;
  /** Whether `pause` was called and `resume` not since. */
  isPaused = false;
  #sink: Sink | undefined;
  #settleClosed: () => void = () => {};
  #held: { resolve: () => void; reject: (error: unknown) => void; bytes: Uint8Array; copy: Uint8Array } | undefined;

  constructor(mode: WriteMode = "at once") {
    this.mode = mode;
    this.closed = new Promise((resolve) => this.#settleClosed = resolve);
  }

  start(sink: Sink): void {
    if (this.#sink !== undefined) throw new TypeError("started twice");
    this.#sink = sink;
  }

  handOver(sink: Sink): void {
    this.#sink = sink;
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
  }

  write(bytes: Uint8Array): Promise<void> | undefined {
    if (this.#held !== undefined) throw new Error("written to before the previous write had settled");
    if (this.isClosed) return Promise.reject(new Error("fake is closed"));
    if (this.mode === "thrown") throw new Error("fake throws");
    if (this.mode === "refused") return Promise.reject(new Error("fake refuses"));
    const copy = bytes.slice();
    this.writes.push(copy);
    this.memory.push(bytes.buffer);
    if (this.mode === "at once") {
      // What was written belongs to its owner again.
      return undefined;
    }
    return new Promise((resolve, reject) => this.#held = { resolve, reject, bytes, copy });
  }

  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    const held = this.#held;
    this.#held = undefined;
    held?.reject(new Error("fake was closed"));
    queueMicrotask(() => {
      this.#sink?.end();
      this.#settleClosed();
    });
  }

  /** Ends the write that is held; throws when its bytes were changed while they belonged to the transport. */
  release(): void {
    const held = this.#held;
    this.#held = undefined;
    if (held === undefined) throw new Error("no write is held");
    if (held.bytes.some((byte, i) => byte !== held.copy[i])) throw new Error("bytes changed while they were written");
    held.resolve();
  }

  /** Lets the write that is held fail. */
  breakWrite(error: unknown): void {
    const held = this.#held;
    this.#held = undefined;
    if (held === undefined) throw new Error("no write is held");
    held.reject(error);
  }

  /** Reads bytes: they lie in memory that is overwritten as soon as they are delivered. */
  receive(...parts: readonly Uint8Array[]): void {
    for (const part of parts) {
      const room = this.#sink!.room?.();
      const chunk = room !== undefined && room.length >= part.length ? room.subarray(0, part.length) : undefined;
      if (chunk !== undefined) {
        chunk.set(part);
        this.#sink!.data(chunk);
      } else {
        const slab = part.slice();
        this.#sink!.data(slab);
        slab.fill(0xee);
      }
    }
  }

  /** The peer ends the pipe, or it breaks. */
  end(error?: unknown): void {
    this.#sink!.end(error);
  }

  /** All requests that were written. */
  get requests(): WireFrame[] {
    return this.writes.flatMap((bytes) => readAllWire(bytes));
  }
}

/**
 * Resolves when all that is to be done at the end of this turn has been done: microtasks only, so that no timer rings meanwhile
 * and no test depends on how busy the machine is.
 */
export async function endOfTurn(): Promise<void> {
  for (let i = 0; i < 50; i++) await Promise.resolve();
}

/** Resolves in the next task, when timers and uncaught errors have had their turn. */
export function nextTask(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
