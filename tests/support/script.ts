/** A peer that does what the test says: expect this request, send that answer, send half of it, close, stay silent. */

import { memoryPair } from "../../src/transport/memory.ts";
import type { Transport } from "../../src/transport/transport.ts";
import { joined, readWire, type WireFrame } from "./wire_frame.ts";

/** The other end of a transport, in the hands of a test. */
export class ScriptedPeer {
  readonly #transport: Transport;
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  #over = false;
  #wake: () => void = () => {};
  /** How many chunks came. */
  chunks = 0;
  /** Resolves when the pipe is over and both sides are closed, with its error if it has one. */
  readonly over: Promise<unknown>;

  constructor(transport: Transport) {
    this.#transport = transport;
    this.over = new Promise((resolve) => {
      transport.start({
        data: (chunk) => {
          this.chunks++;
          this.#bytes = joined(this.#bytes, chunk);
          this.#wake();
        },
        end: (error) => {
          this.#over = true;
          this.#wake();
          transport.close();
          resolve(transport.closed.then(() => error));
        },
      });
    });
  }

  /** Waits for the next request; rejects when the pipe ends before it. */
  async next(): Promise<WireFrame> {
    let frame = readWire(this.#bytes);
    while (frame === undefined) {
      if (this.#over) throw new Error("the pipe has ended, and no request has come");
      await new Promise<void>((resolve) => this.#wake = resolve);
      frame = readWire(this.#bytes);
    }
    this.#bytes = this.#bytes.slice(frame.bytes.length);
    return frame;
  }

  /** Waits for so many requests. */
  async take(count: number): Promise<WireFrame[]> {
    const frames: WireFrame[] = [];
    while (frames.length < count) frames.push(await this.next());
    return frames;
  }

  /** Waits for a request that has to have this opcode, and this key if one is given. */
  async expect(opcode: number, key?: string): Promise<WireFrame> {
    const frame = await this.next();
    if (frame.opcode !== opcode || (key !== undefined && frame.key !== key)) {
      throw new Error(`expected opcode ${opcode} for ${key}, got ${frame.opcode} for ${frame.key}`);
    }
    return frame;
  }

  /** Bytes that came and were not taken. */
  get unread(): number {
    return this.#bytes.length;
  }

  /** Sends bytes, each array in a chunk of its own; resolves when they have been read. */
  async send(...parts: readonly Uint8Array[]): Promise<void> {
    for (const part of parts) await this.#transport.write(part);
  }

  /** Closes the pipe in order. */
  close(): void {
    this.#transport.close();
  }

  /** Reads no more: what is written to it stays where it is. */
  pause(): void {
    this.#transport.pause();
  }

  /** Reads on. */
  resume(): void {
    this.#transport.resume();
  }
}

/** A transport to test with, and its peer. */
export function scripted(): { readonly transport: Transport; readonly peer: ScriptedPeer } {
  const [here, there] = memoryPair({ peers: ["peer:11211", "client:1"] });
  return { transport: here, peer: new ScriptedPeer(there) };
}
