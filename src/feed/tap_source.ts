import { Alarm } from "../connection/alarm.ts";
import { ProtocolError } from "../errors.ts";
import { DEFAULT_MAX_BODY, FrameSplitter } from "../frame/frame_splitter.ts";
import type { Frame } from "../frame/frame.ts";
import { FrameWriter } from "../frame/frame_writer.ts";
import { NOOP } from "../ops/admin.ts";
import { statusError } from "../ops/status_error.ts";
import { TAP_CONNECT, type TapCheckpoint, type TapConnectRequest } from "../ops/tap.ts";
import { VbucketState } from "../ops/vbucket.ts";
import { Outbox } from "../transport/outbox.ts";
import type { Transport } from "../transport/transport.ts";
import { isRequest, Magic } from "../wire/header.ts";
import { Status } from "../wire/status.ts";
import { TapError } from "./tap_error.ts";
import { readTapEvent, type TapEvent } from "./tap_event.ts";
import type { TapOptions } from "./tap_options.ts";
import { TapQueue } from "./tap_queue.ts";

/** How many bytes wait before the transport is paused. */
const DEFAULT_QUEUE = 4 * 1024 * 1024;

/** Servers say something every 200 seconds; so much longer than two such intervals is a server that is gone, in milliseconds. */
const SILENCE = 420_000;

/** How long acknowledgements may take to leave when the feed is closed, in milliseconds. */
const LAST_WRITE = 1000;

/** Counts of a {@linkcode TapFeed} since it began. */
export interface TapStats {
  /** Messages that came, keep-alives aside. */
  readonly received: number;
  /** Events that were taken. */
  readonly taken: number;
  /** Messages that were acknowledged. */
  readonly acks: number;
  /** Messages that were refused. */
  readonly nacks: number;
  /** Keep-alives of the server. */
  readonly noops: number;
  /** Bytes of messages that wait to be taken. */
  readonly queuedBytes: number;
}

/** How a feed has ended: as it should with neither. */
interface End {
  /** What ended it. */
  readonly error?: unknown;
  /** How the connection was lost: what is told of it depends on what was taken until then. */
  readonly lost?: string;
}

/** What a {@linkcode TapSource} starts from. */
export type TapSourceOptions = Pick<
  TapOptions,
  "dump" | "takeover" | "ack" | "idleTimeout" | "maxQueuedBytes" | "maxBody"
>;

/** The connection of a TAP feed: events come out of it one by one, and are acknowledged. */
export class TapSource {
  readonly #transport: Transport;
  readonly #options: TapSourceOptions;
  readonly #limit: number;
  readonly #idleTimeout: number;
  readonly #alarm: Alarm = new Alarm(() => this.#ring());
  /** When something came last. */
  #heard: number = performance.now();
  readonly #splitter: FrameSplitter;
  readonly #out = new FrameWriter();
  readonly #outbox: Outbox;
  readonly #position: Map<number, bigint>;
  readonly #queue = new TapQueue();
  #paused = false;
  /** The event that was taken last and is not acknowledged yet. */
  #open: TapEvent | undefined = undefined;
  #over: End | undefined = undefined;
  /** Whether the server has said that it has no more. */
  #mayEnd: boolean;
  /** Whether the server asks for acknowledgements at all, and whether it has that of the last message. */
  #asks = false;
  #settled = true;
  #latest: TapEvent | undefined = undefined;
  #wake: () => void = () => {};
  #flushing = false;
  /** Closes when what was acknowledged has left. */
  #leaving = false;
  #timer: ReturnType<typeof setTimeout> | undefined = undefined;
  #received = 0;
  #taken = 0;
  #acks = 0;
  #nacks = 0;
  #noops = 0;

  /** Asks for a feed over a transport that nobody has started. */
  constructor(transport: Transport, request: TapConnectRequest, options: TapSourceOptions) {
    this.#transport = transport;
    this.#options = options;
    this.#limit = options.maxQueuedBytes ?? DEFAULT_QUEUE;
    this.#idleTimeout = options.idleTimeout ?? SILENCE;
    this.#mayEnd = options.dump === true;
    this.#position = new Map(request.checkpoints?.map(({ vbucket, checkpoint }) => [vbucket, checkpoint]));
    this.#splitter = new FrameSplitter({ maxBody: options.maxBody ?? DEFAULT_MAX_BODY });
    this.#outbox = new Outbox(transport, this.#out, {
      drained: () => this.#leaving && this.#leave(),
      failed: (error) => this.#lose(error),
    });
    this.#out.begin();
    TAP_CONNECT.request.write(this.#out, request);
    this.#out.finish(Magic.CLIENT_REQUEST, TAP_CONNECT.opcode, 0, 0);
    this.#outbox.flush();
    transport.start({
      room: () => this.#splitter.room(),
      data: (chunk) => this.#receive(chunk),
      end: (error) => this.#ended(error),
    });
    if (this.#over === undefined) this.#arm();
  }

  /** The address of the server. */
  get peer(): string {
    return this.#transport.peer;
  }

  /** Resolves when the connection is closed. */
  get closed(): Promise<void> {
    return this.#transport.closed;
  }

  /** The last closed checkpoint of each vbucket that was taken. */
  get position(): TapCheckpoint[] {
    return [...this.#position].map(([vbucket, checkpoint]) => ({ vbucket, checkpoint }));
  }

  /** What has happened so far. */
  get stats(): TapStats {
    return {
      received: this.#received,
      taken: this.#taken,
      acks: this.#acks,
      nacks: this.#nacks,
      noops: this.#noops,
      queuedBytes: this.#queue.bytes,
    };
  }

  /**
   * The next event, if one has come: the one before it is settled then. `undefined` when there is none yet, `null` at the end.
   * Throws what has ended the feed before its time.
   */
  take(): TapEvent | undefined | null {
    this.#settle();
    const event = this.#queue.shift();
    if (event === undefined) return this.#end();
    this.#taken++;
    this.#open = event;
    if (this.#paused && this.#queue.bytes <= this.#limit / 2) {
      this.#paused = false;
      this.#heard = performance.now();
      this.#transport.resume();
    }
    return event;
  }

  /** What there is when nothing waits. */
  #end(): undefined | null {
    if (this.#over === undefined) return undefined;
    const { error, lost } = this.#over;
    if (lost !== undefined) throw new TapError(lost, { cause: error, position: this.position });
    if (error !== undefined) throw error;
    return null;
  }

  /** Resolves when there may be something to take. */
  wait(): Promise<void> {
    return new Promise((resolve) => this.#wake = resolve);
  }

  /** Acknowledges an event, and with it all before it. */
  ack(event: TapEvent): void {
    if (this.#options.ack === false) {
      throw new TypeError("Cannot acknowledge: the feed was opened with ack: false");
    }
    if (this.#open === event) this.#open = undefined;
    this.#note(event);
    if (event.wantsAck) this.#answer(event, Status.SUCCESS);
  }

  /** Refuses an event for now. */
  nack(event: TapEvent, status: number): void {
    if (this.#options.ack === false) throw new TypeError("Cannot refuse: the feed was opened with ack: false");
    if (this.#open === event) this.#open = undefined;
    this.#nacks++;
    this.#answer(event, status);
  }

  /** Ends the feed from this side, when what was acknowledged has left; nothing more comes. */
  close(): void {
    if (this.#over === undefined) {
      this.#over = {};
      this.#forget();
      this.#outbox.flush();
      if (this.#outbox.idle) this.#transport.close();
      else {
        this.#leaving = true;
        // A server that does not read must not keep us.
        this.#timer = setTimeout(() => this.#leave(), LAST_WRITE);
      }
    }
    this.#wake();
  }

  /** Ends the feed at once, by an error. */
  abort(error: unknown): void {
    this.#forget();
    this.#over = { error };
    this.#leave();
    this.#wake();
  }

  #leave(): void {
    clearTimeout(this.#timer);
    this.#transport.close();
  }

  #forget(): void {
    this.#alarm.clear();
    this.#queue.clear();
    this.#splitter.stop();
  }

  /** The consumer has come back for more: it is done with the last event. */
  #settle(): void {
    const event = this.#open;
    if (event === undefined || this.#options.ack === "manual") return;
    this.#open = undefined;
    this.#note(event);
    if (this.#options.ack !== false && event.wantsAck) this.#answer(event, Status.SUCCESS);
  }

  #note(event: TapEvent): void {
    if (event.type === "checkpoint-end") this.#position.set(event.vbucket, event.checkpoint);
  }

  #answer(event: TapEvent, status: number): void {
    if (this.#over !== undefined) return;
    if (status === Status.SUCCESS) {
      this.#acks++;
      this.#settled = event === this.#latest;
    }
    this.#out.begin();
    this.#out.finish(Magic.SERVER_RESPONSE, event.opcode, event.opaque, status);
    if (this.#flushing) return;
    this.#flushing = true;
    queueMicrotask(() => {
      this.#flushing = false;
      if (this.#over === undefined) this.#outbox.flush();
    });
  }

  #arm(): void {
    if (this.#idleTimeout > 0) this.#alarm.set(this.#heard + this.#idleTimeout, performance.now());
  }

  #ring(): void {
    // Who is not read cannot be heard.
    if (this.#paused) this.#heard = performance.now();
    if (performance.now() < this.#heard + this.#idleTimeout) return this.#arm();
    const lost =
      `Cannot go on with TAP feed from ${this.peer}: the server has said nothing for ${this.#idleTimeout} ms, ` +
      "not even that it is there; open another from the position";
    this.#finish({ lost });
  }

  #receive(chunk: Uint8Array): void {
    this.#heard = performance.now();
    try {
      this.#splitter.push(chunk, this.#visit);
    } catch (error) {
      this.#finish({ error });
    }
    if (!this.#paused && this.#queue.bytes > this.#limit && this.#over === undefined) {
      this.#paused = true;
      this.#transport.pause();
    }
    this.#wake();
  }

  readonly #visit = (frame: Frame): void => {
    if (!isRequest(frame.magic)) return this.#refused(frame);
    if (frame.opcode === NOOP.opcode) {
      this.#noops++;
      return;
    }
    frame.keep();
    const event = readTapEvent(frame);
    this.#received++;
    this.#asks ||= event.wantsAck && this.#options.ack !== false;
    this.#settled = false;
    this.#latest = event;
    this.#queue.push(event, frame.size);
    // What follows is the end of a feed that was asked for, or announced.
    if (event.type === "closing") this.#mayEnd = true;
    if (this.#options.takeover === true && event.type === "vbucket-state" && event.state === VbucketState.ACTIVE) {
      this.#mayEnd = true;
    }
  };

  /** Only a refusal is answered. */
  #refused(frame: Frame): never {
    if (frame.opcode !== TAP_CONNECT.opcode || frame.status === Status.SUCCESS) {
      throw new ProtocolError(`Cannot read TAP feed: an answer to opcode ${frame.opcode}, which nobody asked`, {
        at: this.#splitter.position,
        bytes: frame.bytes.slice(0, 24),
      });
    }
    throw statusError(TAP_CONNECT, frame, {});
  }

  #ended(error: unknown): void {
    // Who asks for acknowledgements waits for the last before it ends: a close before that is none.
    const whole = this.#splitter.pending === 0 && (this.#settled || !this.#asks);
    if (error === undefined && this.#mayEnd && whole) this.#finish({});
    else this.#lose(error);
  }

  /** The connection is gone before its time. */
  #lose(error: unknown): void {
    const how = error === undefined ? "the server closed the connection" : "the connection was lost";
    const lost = `Cannot go on with TAP feed from ${this.peer}: ${how} ${this.#advice(error)}`;
    this.#finish(error === undefined ? { lost } : { error, lost });
  }

  #advice(error: unknown): string {
    if (this.#splitter.pending > 0) return "in the middle of a message; open another feed from the position";
    if (this.#received > 0 || error !== undefined) return "before the end of the feed; open another from the position";
    return SILENT;
  }

  #finish(end: End): void {
    this.#alarm.clear();
    clearTimeout(this.#timer);
    if (this.#over !== undefined) return this.#transport.close();
    this.#over = end;
    this.#splitter.stop();
    // Behind the chunk that is being read: a pipe that is closed in the middle of one is reset for the other side.
    queueMicrotask(() => this.#transport.close());
    this.#wake();
  }
}

const SILENT =
  "without a word: it may not know TAP (Couchbase 5.0 removed it), not have the vbuckets, or have the name in " +
  "use; memcached's default engine closes when all is sent, so ask it for a dump";
