import type { Frame } from "../../../frame/frame.ts";
import type { FrameWriter } from "../../../frame/frame_writer.ts";
import { DCP_NOOP } from "../../../ops/dcp.ts";
import { StreamEndReason } from "../../../ops/dcp_flags.ts";
import { Magic } from "../../../wire/header.ts";
import { Status } from "../../../wire/status.ts";
import type { Session } from "../../session.ts";
import type { SessionFeed } from "../../session_feed.ts";
import { DcpStream, type StreamHost, type StreamPlan } from "./dcp_stream.ts";
import type { DcpFaults } from "./faults.ts";
import { FlowWindow } from "./flow_window.ts";
import { NoopTimer, type Timers } from "./noop_timer.ts";
import type { DcpSettings } from "./settings.ts";

/** What a {@linkcode DcpProducer} needs of the bucket that it sends. */
export interface ProducerHost {
  /** What it is to do wrong. */
  readonly faults: DcpFaults;
  /** What lets time pass. */
  readonly timers: Timers;
  /** After how many milliseconds without a byte the consumer is gone. */
  readonly idleTimeout: number;
  /** The vbucket belongs to somebody else from now on. */
  surrender(vbucket: number): void;
  /** The connection is gone. */
  ended(producer: DcpProducer): void;
}

/** How many messages one stream sends before it is another one's turn. */
const TURN = 64;

/** Where the opaques of no-ops begin; real servers write theirs in the byte order of the machine. */
const FIRST_NOOP = 10_000_001;

/** An opcode that no protocol has, for messages that nobody knows. */
const STRANGE_OPCODE = 0x6f;

/** Answers of old and new consumers that only say that they have no such stream any more. */
const TOLERATED: ReadonlySet<number> = new Set<number>([
  Status.SUCCESS,
  Status.KEY_ENOENT,
  Status.KEY_EEXISTS,
  Status.STREAM_NOT_FOUND,
  Status.OPAQUE_NO_MATCH,
]);

/** One connection of DCP: sends what its streams have, as far as the window goes, and looks whether the consumer is alive. */
export class DcpProducer implements SessionFeed, StreamHost {
  /** What the connection is called. */
  readonly name: string;
  /** How it works. */
  readonly settings: DcpSettings;
  /** The connection. */
  readonly session: Session;
  /** What may be sent. */
  readonly window: FlowWindow = new FlowWindow();
  readonly #host: ProducerHost;
  readonly #streams = new Map<number, DcpStream>();
  /** Streams that may have something to send, the next one first. */
  readonly #ready = new Set<DcpStream>();
  readonly #timer: NoopTimer;
  #current: DcpStream | undefined = undefined;
  #turn = 0;
  #messages = 0;
  #strange = false;
  #noopDue = false;
  #noopWaits = false;
  #nextNoop = FIRST_NOOP;
  /** After how many further messages the connection breaks. */
  #breakAfter = Infinity;
  #breaking = false;

  /** Begins without streams. */
  constructor(session: Session, options: { name: string; settings: DcpSettings; host: ProducerHost }) {
    this.session = session;
    this.name = options.name;
    this.settings = options.settings;
    this.#host = options.host;
    const { timers, idleTimeout } = options.host;
    this.#timer = new NoopTimer({
      timers,
      idleTimeout,
      heard: () => session.bytesRead,
      ring: () => this.#ring(),
      expire: () => void session.close(),
    });
  }

  /** The streams that have not ended. */
  get streams(): readonly DcpStream[] {
    return [...this.#streams.values()];
  }

  /** How many messages of streams were sent. */
  get messages(): number {
    return this.#messages;
  }

  /** Whether a no-op waits for its answer. */
  get awaitsNoop(): boolean {
    return this.#noopWaits;
  }

  /** The stream of a vbucket with a number. */
  find(vbucket: number, streamId: number): DcpStream | undefined {
    return this.#streams.get(streamKey(vbucket, streamId));
  }

  /** Begins a stream. */
  add(plan: StreamPlan): void {
    const stream = new DcpStream(plan, this);
    this.#streams.set(streamKey(plan.head.vbucket, plan.head.streamId), stream);
    this.wake(stream);
  }

  /** Ends a stream that the consumer does not want any more. */
  close(stream: DcpStream): void {
    if (this.settings.endsClosed) {
      stream.end(StreamEndReason.CLOSED);
    } else {
      stream.stop();
      this.over(stream);
    }
  }

  /** Has the connection break when so many further messages of streams were sent. */
  breakAfter(messages: number): void {
    this.#breakAfter = messages;
    this.session.wake();
  }

  /** The settings have changed. */
  settingsChanged(): void {
    if (this.settings.noop) this.#timer.start(this.settings.noopInterval);
    else this.#timer.stop();
    this.session.wake();
  }

  /** The consumer has made room. */
  acknowledge(bytes: number): void {
    this.window.acknowledge(bytes);
    this.session.wake();
  }

  /** {@inheritDoc StreamHost.wake} */
  wake(stream: DcpStream): void {
    this.#ready.add(stream);
    this.session.wake();
  }

  /** {@inheritDoc StreamHost.over} */
  over(stream: DcpStream): void {
    const { vbucket, streamId } = stream.plan.head;
    this.#streams.delete(streamKey(vbucket, streamId));
    this.#ready.delete(stream);
    if (this.#current === stream) this.#current = undefined;
  }

  /** {@inheritDoc StreamHost.surrender} */
  surrender(vbucket: number): void {
    this.#host.surrender(vbucket);
  }

  /** {@inheritDoc SessionFeed.write} */
  write(out: FrameWriter): boolean {
    const { faults } = this.#host;
    if (faults.silent) return false;
    if (this.#breakAfter <= 0) return this.#break(out);
    if (this.#noopDue) return this.#writeNoop(out);
    this.window.exceed(faults.excess);
    if (this.window.isFull(this.settings.window)) return false;
    const before = out.size;
    if (!this.#writeStrange(out) && !this.#writeNext(out)) return false;
    this.window.add(out.size - before);
    this.#messages++;
    this.#breakAfter--;
    return true;
  }

  /** {@inheritDoc SessionFeed.answered} */
  answered(frame: Frame): void {
    if (!TOLERATED.has(frame.status)) {
      void this.session.close();
      return;
    }
    if (frame.opcode === DCP_NOOP.opcode) {
      this.#noopWaits = false;
      return;
    }
    for (const stream of this.#streams.values()) {
      if (stream.plan.head.opaque === frame.opaque) stream.acknowledged(frame.opcode);
    }
  }

  /** {@inheritDoc SessionFeed.ended} */
  ended(): void {
    this.#timer.stop();
    for (const stream of this.#streams.values()) stream.stop();
    this.#streams.clear();
    this.#ready.clear();
    this.#host.ended(this);
  }

  #writeNext(out: FrameWriter): boolean {
    for (;;) {
      const stream = this.#current ?? this.#choose();
      if (stream === undefined) return false;
      if (stream.write(out)) return true;
      this.#ready.delete(stream);
      this.#current = undefined;
    }
  }

  /** Takes the stream whose turn it is; one that has had its turn goes behind the others. */
  #choose(): DcpStream | undefined {
    for (const stream of this.#ready) {
      this.#current = stream;
      this.#turn = 0;
      return stream;
    }
    return undefined;
  }

  #rotate(): void {
    const stream = this.#current;
    if (stream === undefined || ++this.#turn < TURN) return;
    if (this.settings.sequential && stream.inSnapshot) return;
    this.#current = undefined;
    // It may have sent its end, and then is not among them any more.
    if (this.#ready.delete(stream)) this.#ready.add(stream);
  }

  #writeStrange(out: FrameWriter): boolean {
    const { strangeEvery } = this.#host.faults;
    if (strangeEvery === 0 || this.#strange || this.#messages === 0 || this.#messages % strangeEvery !== 0) {
      this.#strange = false;
      this.#rotate();
      return false;
    }
    // Otherwise the same count would bring another one.
    this.#strange = true;
    out.begin();
    out.value("what is this?");
    out.finish(Magic.CLIENT_REQUEST, STRANGE_OPCODE, 0, 0);
    return true;
  }

  /** Waits until what was written has left, and closes then; at once when all has. */
  #break(out: FrameWriter): false {
    if (this.#breaking || out.size === 0) void this.session.close();
    this.#breaking = true;
    return false;
  }

  #ring(): void {
    if (this.#noopWaits) return;
    this.#noopDue = true;
    this.session.wake();
  }

  #writeNoop(out: FrameWriter): boolean {
    this.#noopDue = false;
    this.#noopWaits = true;
    out.begin();
    DCP_NOOP.request.write(out, {});
    const opaque = new DataView(new ArrayBuffer(4));
    opaque.setUint32(0, this.#nextNoop++, true);
    out.finish(Magic.CLIENT_REQUEST, DCP_NOOP.opcode, opaque.getUint32(0), 0);
    return true;
  }
}

/** A vbucket and a number of a stream in one number. */
function streamKey(vbucket: number, streamId: number): number {
  return vbucket * 0x10000 + streamId;
}
