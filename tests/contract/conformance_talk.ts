/** Requests and answers over a wire, as the conformance tests say and hear them. */

import { assertEquals } from "@std/assert";
import { bytesOf, joined, readWire, wire, type WireFrame, type WireParts } from "../support/wire_frame.ts";
import type { Wire } from "../vectors/wire.ts";

/** One connection, frame by frame. */
export class Talk implements AsyncDisposable {
  readonly #wire: Wire;
  #bytes = new Uint8Array(0);

  /** Takes over a connection. */
  constructor(wire: Wire) {
    this.#wire = wire;
  }

  /** Sends bytes. */
  async send(...parts: readonly Uint8Array[]): Promise<void> {
    await this.#wire.write(joined(...parts));
  }

  /** The next answer; `undefined` when the connection is closed. */
  async next(): Promise<WireFrame | undefined> {
    for (;;) {
      const frame = readWire(this.#bytes);
      if (frame !== undefined) {
        this.#bytes = this.#bytes.slice(frame.bytes.length);
        return frame;
      }
      const chunk = await this.#wire.read();
      if (chunk === undefined) return undefined;
      this.#bytes = joined(this.#bytes, chunk);
    }
  }

  /** Sends a request and gives its answer, which must be there. */
  async ask(parts: WireParts): Promise<WireFrame> {
    await this.send(request(parts));
    const answer = await this.next();
    if (answer === undefined) throw new Error(`No answer to opcode ${parts.opcode}: the connection is closed`);
    assertEquals(answer.opcode, parts.opcode);
    return answer;
  }

  /** The statistics of a group. */
  async stats(group = ""): Promise<Map<string, string>> {
    const all = new Map<string, string>();
    await this.send(request({ opcode: 0x10, key: group }));
    for (;;) {
      const line = await this.next();
      if (line === undefined || line.status !== 0) throw new Error(`No statistics of "${group}"`);
      if (line.key === "") return all;
      all.set(line.key, new TextDecoder().decode(line.value));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#wire.close();
  }
}

/** The bytes of a request. */
export function request(parts: WireParts): Uint8Array<ArrayBuffer> {
  return wire({ magic: 0x80, ...parts });
}

/** A request to store a value. */
export function store(opcode: number, key: string, value: string, options: StoreFields = {}): WireParts {
  const extras = new Uint8Array(8);
  const view = new DataView(extras.buffer);
  view.setUint32(0, options.flags ?? 0);
  view.setUint32(4, options.expiry ?? 0);
  return { opcode, key, value, extras, cas: options.cas ?? 0n };
}

/** What {@linkcode store} may add. */
export interface StoreFields {
  readonly flags?: number;
  readonly expiry?: number;
  readonly cas?: bigint;
}

/** Extras that are one number of 32 bits. */
export function u32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

/** The extras of a counter: delta, initial, expiry. */
export function count(delta: bigint, initial = 0n, expiry = 0): Uint8Array {
  const bytes = new Uint8Array(20);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, delta);
  view.setBigUint64(8, initial);
  view.setUint32(16, expiry);
  return bytes;
}

/** Text as UTF-8. */
export { bytesOf };
