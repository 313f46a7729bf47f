import { connect } from "@memwire/memwire";
import type { Dial, Item, MultiResult, Sink, Transport } from "@memwire/memwire";
import { connect as dial } from "@memwire/memwire/transport/deno";
import type { Counts } from "../counters.ts";
import { makeSubject } from "./memwire.ts";
import type { Start, Subject } from "./subject.ts";

/** memwire over a transport that counts; too slow to be timed. */
export const start: Start<Subject<Item | undefined, Uint8Array, MultiResult<string, Item>>> = async (port) => {
  const counter = new Counter();
  const client = await connect(`127.0.0.1:${port}`, { timeout: 5000, dial: counter.dial });
  return { ...makeSubject(client), counters: () => counter.take() };
};

class Counter {
  #counts: Counts = none();
  #seen = new WeakSet<ArrayBufferLike>();

  readonly dial: Dial = async (address, options) => this.#wrap(await dial(address, options));

  /** What was counted since the last call. */
  take(): Record<string, number> {
    const counts = { ...this.#counts };
    this.#counts = none();
    this.#seen = new WeakSet();
    return counts;
  }

  #wrap(transport: Transport): Transport {
    return {
      peer: transport.peer,
      secure: transport.secure,
      closed: transport.closed,
      start: (sink) => transport.start(this.#listen(sink)),
      handOver: (sink) => transport.handOver(this.#listen(sink)),
      pause: () => transport.pause(),
      resume: () => transport.resume(),
      close: () => transport.close(),
      write: (bytes) => {
        this.#counts.writes++;
        // Nothing but the value of the caller is exactly so large and fills its buffer.
        if (bytes.length >= 64 * 1024 && bytes.length === bytes.buffer.byteLength && bytes.at(0) === 0x76) {
          this.#counts.valuesUncopied++;
        } else if (this.#isNew(bytes.buffer)) this.#counts.writeBuffers++;
        return transport.write(bytes);
      },
    };
  }

  #listen(sink: Sink): Sink {
    let room: Uint8Array | undefined;
    const listener: Sink = {
      data: (chunk) => {
        const counts = this.#counts;
        counts.reads++;
        counts.bytesRead += chunk.length;
        if (room !== undefined && chunk.buffer === room.buffer) counts.bytesInPlace += chunk.length;
        else if (this.#isNew(chunk.buffer)) counts.readBuffers++;
        sink.data(chunk);
      },
      end: (error) => sink.end(error),
    };
    if (sink.room !== undefined) listener.room = () => room = sink.room!();
    return listener;
  }

  #isNew(buffer: ArrayBufferLike): boolean {
    if (this.#seen.has(buffer)) return false;
    this.#seen.add(buffer);
    return true;
  }
}

function none(): Counts {
  return { writes: 0, reads: 0, bytesRead: 0, bytesInPlace: 0, writeBuffers: 0, readBuffers: 0, valuesUncopied: 0 };
}
