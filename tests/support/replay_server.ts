/** A server that answers as one that was recorded: for a client of ours on the other end. */

import { memoryPair } from "../../src/transport/memory.ts";
import type { Transport } from "../../src/transport/transport.ts";
import { type Capture, framesOf, isFrame, type RecordedFrame } from "./capture.ts";
import { toHex } from "./hex.ts";
import { joined, readWire, type WireFrame } from "./wire_frame.ts";

/** What was asked, with all that was answered. */
interface Exchange {
  readonly asked: RecordedFrame;
  readonly answers: RecordedFrame[];
}

/** A request that is not the recorded one but for its opaque. */
export interface Deviation {
  /** The line of the recorded request. */
  readonly line: number;
  /** What was sent, without its opaque. */
  readonly sent: string;
  /** What was recorded, without its opaque. */
  readonly recorded: string;
}

/** One end of a recorded connection. */
export class ReplayServer {
  /** The end for the client. */
  readonly transport: Transport;
  /** Requests that were not the recorded ones but for the opaque, in the order they came. */
  readonly deviations: Deviation[] = [];
  /** What came that nobody had asked. */
  readonly strangers: string[] = [];
  readonly #exchanges: Exchange[];
  readonly #transport: Transport;
  /** Whether the server ended the connection when all was answered. */
  readonly #closes: boolean;
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  #over = false;

  /** Waits for the requests of a connection. */
  constructor(capture: Capture, connection: string) {
    this.#exchanges = exchangesOf(capture, connection);
    this.#closes = capture.events.some((event) => !isFrame(event) && !event.sent && event.connection === connection);
    [this.transport, this.#transport] = memoryPair({ peers: [`${capture.name}:${connection}`, "client"] });
    this.#transport.start({
      data: (chunk) => {
        this.#bytes = joined(this.#bytes, chunk);
        this.#answerAll();
      },
      end: () => {
        this.#over = true;
        this.#transport.close();
      },
    });
  }

  /** The lines of the requests that have not come. */
  get missing(): number[] {
    return this.#exchanges.map(({ asked }) => asked.line);
  }

  #answerAll(): void {
    const answers: Uint8Array[] = [];
    for (let frame = readWire(this.#bytes); frame !== undefined; frame = readWire(this.#bytes)) {
      this.#bytes = this.#bytes.slice(frame.bytes.length);
      answers.push(...this.#answer(frame));
    }
    if (answers.length > 0 || this.#exchanges.length === 0) void this.#write(joined(...answers));
  }

  #answer(frame: WireFrame): Uint8Array[] {
    const place = this.#find(frame);
    if (place < 0) {
      this.strangers.push(`opcode ${frame.opcode} with key ${JSON.stringify(frame.key)}`);
      this.#transport.close();
      return [];
    }
    const [{ asked, answers }] = this.#exchanges.splice(place, 1) as [Exchange];
    const sent = withoutOpaque(frame.bytes);
    const recorded = withoutOpaque(asked.frame.bytes);
    if (sent !== recorded) this.deviations.push({ line: asked.line, sent, recorded });
    return answers.map((answer) => withOpaque(answer.frame.bytes, frame.opaque));
  }

  /** The first that asks the same of the same vbucket, else the first that asks about the same key. */
  #find(frame: WireFrame): number {
    const same = this.#exchanges.findIndex(({ asked }) =>
      withoutOpaque(asked.frame.bytes) === withoutOpaque(frame.bytes)
    );
    if (same >= 0) return same;
    return this.#exchanges.findIndex(({ asked }) =>
      asked.frame.opcode === frame.opcode && asked.frame.key === frame.key && asked.frame.status === frame.status
    );
  }

  async #write(bytes: Uint8Array): Promise<void> {
    // The client may have gone; then it does not want the answer either.
    if (!this.#over && bytes.length > 0) await this.#transport.write(bytes)?.catch(() => {});
    if (this.#closes && this.#exchanges.length === 0) this.#transport.close();
  }
}

/** Answers one connection of a capture: by opcode and key, in their order, with the opaque of the one who asks now. */
export function replayServer(capture: Capture, connection: string): ReplayServer {
  return new ReplayServer(capture, connection);
}

function exchangesOf(capture: Capture, connection: string): Exchange[] {
  const exchanges: Exchange[] = [];
  for (const event of framesOf(capture, connection)) {
    if (event.sent) {
      exchanges.push({ asked: event, answers: [] });
      continue;
    }
    // The last request with the opaque: some clients use one again.
    const exchange = exchanges.findLast(({ asked }) => asked.frame.opaque === event.frame.opaque);
    if (exchange === undefined) throw new Error(`line ${event.line} of ${capture.name} answers nobody`);
    exchange.answers.push(event);
  }
  return exchanges;
}

function withOpaque(bytes: Uint8Array, opaque: number): Uint8Array {
  const copy = bytes.slice();
  new DataView(copy.buffer).setUint32(12, opaque);
  return copy;
}

function withoutOpaque(bytes: Uint8Array): string {
  return toHex(withOpaque(bytes, 0));
}
