import type { Frame } from "../frame/frame.ts";
import { SASL_AUTH, SASL_STEP } from "../ops/auth.ts";
import { formatFrame } from "../ops/table.ts";
import type { Sink, Transport } from "../transport/transport.ts";
import { isRequest } from "../wire/header.ts";
import { FrameCutter } from "./frame_cutter.ts";
import { CLIENT_END, formatLine, type RecordedLine, type RecordingHeader, SERVER_END } from "./recording.ts";
import { WrappedTransport } from "./wrapped_transport.ts";

/** Takes the lines of a recording, without their ends. */
export type RecordSink = (line: string) => void;

/** How {@linkcode record} records. */
export interface RecordOptions {
  /** What the first line says; none is written with `false`, as for the second connection of a file. */
  readonly header?: RecordingHeader | false;
  /** What to call the connection; `conn1` by default. */
  readonly conn?: string;
  /** Whose end of the connection this is; `client` by default. */
  readonly side?: "client" | "server";
  /** Milliseconds of a clock that does not go back; the first reading is 0 in the recording. `performance.now` by default. */
  readonly now?: () => number;
  /** Writes what SASL says as it is, passwords and all; by default zeros stand there. In text nothing is hidden, log-ins neither. */
  readonly secrets?: boolean;
}

/**
 * Makes a transport that does what another does and writes down every frame with its time: a JSON object a line, to be played again
 * by {@linkcode replay}. Text, and whatever else is no frame, is written down as it comes.
 *
 * If the sink throws, the connection breaks with what it threw.
 *
 * @example
 * ```ts
 * import { Connection, VERSION } from "@memwire/memwire/codec";
 * import { MemoryStore, Server } from "@memwire/memwire/server";
 * import { record, replay } from "@memwire/memwire/testing";
 * import { memoryPair } from "@memwire/memwire/transport/memory";
 * import { assertEquals } from "@std/assert";
 *
 * const [here, there] = memoryPair();
 * const server = new Server();
 * new MemoryStore({ version: "1.6.0" }).register(server);
 * server.serve(there);
 *
 * const lines: string[] = [];
 * await using connection = new Connection(record(here, (line) => lines.push(line)));
 * await connection.call(VERSION, {});
 *
 * const recorded = await replay(lines);
 * await using again = new Connection(recorded.transport());
 * assertEquals(await again.call(VERSION, {}), { version: "1.6.0" });
 * ```
 */
export function record(transport: Transport, sink: RecordSink, options: RecordOptions = {}): Transport {
  const { header = {}, now = () => performance.now() } = options;
  if (header !== false) sink(JSON.stringify({ recorded: new Date().toISOString(), ...header }));
  return new RecordingTransport(transport, { ...options, sink, now });
}

interface RecordingSettings extends RecordOptions {
  readonly sink: RecordSink;
  readonly now: () => number;
}

class RecordingTransport extends WrappedTransport {
  readonly #settings: RecordingSettings;
  readonly #begin: number;
  readonly #written: FrameCutter;
  readonly #read: FrameCutter;
  #ended = false;
  /** What the sink threw when the end was written down, which is told to who hears of the end. */
  #failure: unknown = undefined;

  constructor(inner: Transport, settings: RecordingSettings) {
    super(inner);
    this.#settings = settings;
    this.#begin = settings.now();
    const client = settings.side !== "server";
    this.#written = new FrameCutter((bytes, frame) => this.#note(client ? "c2s" : "s2c", bytes, frame));
    this.#read = new FrameCutter((bytes, frame) => this.#note(client ? "s2c" : "c2s", bytes, frame));
  }

  override start(sink: Sink): void {
    this.inner.start(this.#listen(sink));
  }

  override handOver(sink: Sink): void {
    this.inner.handOver(this.#listen(sink));
  }

  override write(bytes: Uint8Array): Promise<void> | undefined {
    this.#written.push(bytes);
    return this.inner.write(bytes);
  }

  override close(): void {
    try {
      this.#end(true);
    } catch (error) {
      this.#failure = error;
    }
    this.inner.close();
  }

  #listen(sink: Sink): Sink {
    return {
      room: () => sink.room?.(),
      data: (chunk) => {
        this.#read.push(chunk);
        sink.data(chunk);
      },
      end: (error) => {
        try {
          this.#end(false, error);
        } catch (failure) {
          this.#failure = failure;
        }
        sink.end(error ?? this.#failure);
      },
    };
  }

  #note(dir: RecordedLine["dir"], bytes: Uint8Array, frame: Frame | undefined): void {
    const hidden = this.#settings.secrets !== true && frame !== undefined && isSecret(frame);
    if (hidden) frame.value.fill(0);
    const note = frame === undefined ? "no frame" : formatFrame(frame);
    this.#write(dir, hidden ? `${note} (value hidden)` : note, bytes);
  }

  /** The first end is noted: `ours` if it is of this side. */
  #end(ours: boolean, error?: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#written.end();
    this.#read.end();
    const client = (this.#settings.side !== "server") === ours;
    const dir = client ? "c2s" : "s2c";
    const end = client ? CLIENT_END : SERVER_END;
    this.#write(dir, error === undefined ? end : `<lost: ${error instanceof Error ? error.message : String(error)}>`);
  }

  #write(dir: RecordedLine["dir"], note: string, bytes?: Uint8Array): void {
    const { sink, now, conn = "conn1" } = this.#settings;
    const t = Math.round(now() - this.#begin);
    sink(formatLine({ dir, note, conn, t, ...(bytes === undefined ? {} : { bytes }) }));
  }
}

/** Whether a frame shows how someone proves who they are. */
export function isSecret({ opcode, magic, status }: Frame): boolean {
  const sasl = opcode === SASL_AUTH.opcode || opcode === SASL_STEP.opcode;
  return sasl && (isRequest(magic) || status !== 0);
}
