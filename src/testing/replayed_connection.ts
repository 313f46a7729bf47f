import { toHex } from "../bytes.ts";
import { Frame } from "../frame/frame.ts";
import { memoryPair } from "../transport/memory.ts";
import type { Transport } from "../transport/transport.ts";
import { isRequest } from "../wire/header.ts";
import { FrameCutter } from "./frame_cutter.ts";
import { isSecret } from "./record.ts";
import { bytesOfLine, type RecordedLine } from "./recording.ts";
import type { ReplayDeviation, ReplayOptions } from "./replay.ts";

/** Where the opaque stands in a frame. */
const OPAQUE_AT = 12;

/** What a {@linkcode ReplayedConnection} is told beside its lines. */
export interface ReplayedConnectionOptions extends ReplayOptions {
  /** Hears of what should not have come. */
  readonly deviate: (deviation: ReplayDeviation) => void;
}

/** The server's end of one recorded connection. */
export class ReplayedConnection {
  /** The client's end. */
  readonly transport: Transport;
  readonly #conn: string;
  readonly #options: ReplayedConnectionOptions;
  readonly #lines: readonly (RecordedLine & { readonly line: number })[];
  /** How many of the lines are done: to take them off the front would take longer the more there are. */
  #done = 0;
  readonly #server: Transport;
  /** What requests were asked with when recorded, and now. */
  readonly #opaques = new Map<number, number>();
  /** What came before it was expected. */
  readonly #early: Uint8Array[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined = undefined;
  #playing = false;
  #over = false;
  #last: number;

  /** Waits for what the client says, or begins to talk if the server did. */
  constructor(
    conn: string,
    lines: readonly (RecordedLine & { readonly line: number })[],
    options: ReplayedConnectionOptions,
  ) {
    this.#conn = conn;
    this.#options = options;
    this.#lines = lines;
    this.#last = lines[0]?.t ?? 0;
    const { chunkSize } = options;
    const peers = [`replay:${conn}`, "client"] as const;
    const [client, server] = memoryPair(chunkSize === undefined ? { peers } : { peers, chunkSize });
    this.transport = client;
    this.#server = server;
    const cutter = new FrameCutter((bytes) => this.#early.push(bytes));
    server.start({
      data: (chunk) => {
        cutter.push(chunk);
        void this.#play();
      },
      end: () => this.#end(),
    });
    void this.#play();
  }

  /** The lines of what the client has not said. */
  get missing(): number[] {
    return this.#lines.slice(this.#done).filter(({ dir, hex }) => dir === "c2s" && hex !== "").map(({ line }) => line);
  }

  /** Goes through the lines as far as the client has come; never rejects. */
  async #play(): Promise<void> {
    if (this.#playing) return;
    this.#playing = true;
    while (!this.#over) {
      const next = this.#lines[this.#done];
      if (next === undefined) {
        this.#refuseRest();
        break;
      }
      if (next.dir === "c2s") {
        if (next.hex !== "" && !this.#hear(next)) break;
        this.#done++;
        this.#last = next.t;
      } else {
        await this.#pause(next.t);
        if (this.#over) break;
        this.#done++;
        await this.#say(next);
      }
    }
    this.#playing = false;
  }

  /** Takes what the client says in the place of a line; false if nothing has come. */
  #hear(expected: RecordedLine & { readonly line: number }): boolean {
    const actual = this.#early.shift();
    if (actual === undefined) return false;
    const recorded = bytesOfLine(expected);
    const asked = frameOf(recorded);
    const asks = frameOf(actual);
    if (asked !== undefined && asks !== undefined) this.#opaques.set(asked.opaque, asks.opaque);
    if (this.#options.check !== "none" && comparable(recorded) !== comparable(actual)) {
      this.#deviate({ line: expected.line, conn: this.#conn, expected: toHex(recorded), actual: toHex(actual) });
    }
    return true;
  }

  /** Nothing more was recorded of the client. */
  #refuseRest(): void {
    for (const bytes of this.#early.splice(0)) {
      if (this.#options.check === "none") continue;
      this.#deviate({ line: 0, conn: this.#conn, expected: "", actual: toHex(bytes) });
    }
  }

  #deviate(deviation: ReplayDeviation): void {
    this.#options.deviate(deviation);
    if (this.#options.check !== "note") this.#end();
  }

  async #say(line: RecordedLine): Promise<void> {
    if (line.hex === "") {
      // Any remark of the server is about its end.
      this.#end();
      return;
    }
    const bytes = bytesOfLine(line);
    const frame = frameOf(bytes);
    const opaque = frame === undefined || isRequest(frame.magic) ? undefined : this.#opaques.get(frame.opaque);
    if (opaque !== undefined) new DataView(bytes.buffer).setUint32(OPAQUE_AT, opaque);
    // A client that has gone wants nothing more.
    await this.#server.write(bytes)?.catch(() => this.#end());
  }

  async #pause(t: number): Promise<void> {
    const { timing = false } = this.#options;
    const waiting = Math.max(0, t - this.#last) * Number(timing);
    this.#last = t;
    if (waiting === 0) return;
    await new Promise<void>((resolve) => {
      this.#timer = setTimeout(resolve, waiting);
      this.#wake = resolve;
    });
  }

  #wake: () => void = () => {};

  #end(): void {
    this.#over = true;
    if (this.#timer !== undefined) clearTimeout(this.#timer);
    this.#wake();
    this.#server.close();
  }
}

function frameOf(bytes: Uint8Array): Frame | undefined {
  try {
    return Frame.from(bytes);
  } catch {
    // Text, or half a frame: it is compared as it is.
    return undefined;
  }
}

/** What must be the same: all but the opaque of a request, and what was hidden. */
function comparable(bytes: Uint8Array): string {
  const copy = bytes.slice();
  const frame = frameOf(copy);
  if (frame === undefined) return toHex(copy);
  if (isRequest(frame.magic)) copy.fill(0, OPAQUE_AT, OPAQUE_AT + 4);
  return toHex(isSecret(frame) ? copy.subarray(0, frame.valueAt) : copy);
}
