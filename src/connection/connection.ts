import {
  ClosedError,
  ConnectionError,
  type MemcachedError,
  OverloadError,
  ProtocolError,
  TimeoutError,
} from "../errors.ts";
import { Frame } from "../frame/frame.ts";
import { FrameSplitter } from "../frame/frame_splitter.ts";
import { FrameWriter } from "../frame/frame_writer.ts";
import { NOOP } from "../ops/admin.ts";
import type { Op, Outgoing } from "../ops/op.ts";
import { describe } from "../ops/status_error.ts";
import type { AnyOp } from "../ops/table.ts";
import { Outbox } from "../transport/outbox.ts";
import type { Sink, Transport } from "../transport/transport.ts";
import { Magic } from "../wire/header.ts";
import { Batch, MAX_BATCH } from "./batch.ts";
import type { BatchResult, Caller, CallOptions, Settle } from "./caller.ts";
import { Alarm } from "./alarm.ts";
import { type Detached, detachTransport } from "./detached.ts";
import { Pipeline, type Slot } from "./pipeline.ts";
import { readReply } from "./read_reply.ts";
import { ReplyStream } from "./reply_stream.ts";

/** How a {@linkcode Connection} is set. */
export interface ConnectionOptions {
  /** How long a call may take unless it says otherwise, in milliseconds; 1000 by default, 0 for ever. */
  readonly timeout?: number;
  /** How many calls may wait for an answer; 16,384 by default, 65,536 at most. */
  readonly maxInFlight?: number;
  /** How many bytes may wait to be written before calls are refused; 64 MiB by default. */
  readonly maxQueuedBytes?: number;
  /** Largest body in bytes that is accepted from the peer; 20 MiB + 64 KiB by default. */
  readonly maxBody?: number;
}

/** What a connection is doing. It only ever moves to the right: `open`, `draining`, `closed`. */
export type ConnectionState = "open" | "draining" | "closed";

/** Someone who watches the frames of a connection. A frame is valid until the listener returns. */
export interface FrameListener {
  /** A request was written. */
  sent?(frame: Frame): void;
  /** A frame was received, before anything is made of it. */
  received?(frame: Frame): void;
}

/** How long `close` waits for calls that have no deadline of their own, in milliseconds. */
const DRAIN_TIMEOUT = 1000;

/**
 * One connection: many calls at once over one transport, told apart by the opaque.
 *
 * - All requests made in the same turn leave in one write; while a write is under way, the next ones gather behind it.
 * - Every call ends: with its answer, by its deadline or signal, or with the connection.
 * - A connection that was closed or that lost its place never heals; make a new one.
 *
 * @example
 * ```ts
 * import { Connection, GET, SET } from "@memwire/memwire/codec";
 * import { MemoryStore, Server } from "@memwire/memwire/server";
 * import { memoryPair } from "@memwire/memwire/transport/memory";
 * import { assertEquals } from "@std/assert";
 *
 * const [here, there] = memoryPair();
 * const server = new Server();
 * new MemoryStore().register(server);
 * server.serve(there);
 * await using connection = new Connection(here);
 * await connection.call(SET, { key: "k", value: "v", flags: 7, expiry: 0 });
 * assertEquals((await connection.call(GET, { key: "k" })).flags, 7);
 * ```
 */
export class Connection implements Caller, AsyncDisposable {
  readonly #transport: Transport;
  readonly #splitter: FrameSplitter;
  readonly #pipeline: Pipeline;
  readonly #out: FrameWriter = new FrameWriter();
  readonly #outbox: Outbox;
  readonly #timeout: number;
  readonly #maxQueuedBytes: number;
  readonly #alarm: Alarm = new Alarm(() => this.#expire());
  #state: ConnectionState = "open";
  #listeners: readonly FrameListener[] = [];
  /** Whether calls were made in this turn, which will leave at its end, and when the turn began. */
  #inTurn = false;
  #now = 0;
  #chunks = 0;

  /** Where `#capture` puts the functions of the promise being made: a closure per connection and none per call. */
  #resolve: (value: unknown) => void = () => {};
  #reject: (error: unknown) => void = () => {};
  readonly #capture = (resolve: (value: unknown) => void, reject: (error: unknown) => void): void => {
    this.#resolve = resolve;
    this.#reject = reject;
  };

  /** Starts to talk over a transport, which from now on belongs to the connection. */
  constructor(transport: Transport, options: ConnectionOptions = {}) {
    this.#transport = transport;
    this.#timeout = options.timeout ?? 1000;
    this.#maxQueuedBytes = options.maxQueuedBytes ?? 64 * 1024 * 1024;
    this.#pipeline = new Pipeline(options.maxInFlight ?? 16_384);
    this.#splitter = new FrameSplitter(options.maxBody === undefined ? {} : { maxBody: options.maxBody });
    this.#outbox = new Outbox(transport, this.#out, {
      drained: () => this.#closeWhenDone(),
      failed: (error) => this.#lose("could not be written to", error),
    });
    transport.start(this.#sink);
  }

  /** The address of the peer as text. */
  get peer(): string {
    return this.#transport.peer;
  }

  /** Whether the bytes are encrypted on the way. */
  get secure(): boolean {
    return this.#transport.secure;
  }

  /** What the connection is doing; only `open` takes calls. */
  get state(): ConnectionState {
    return this.#state;
  }

  /** How many calls wait for an answer. */
  get inFlight(): number {
    return this.#pipeline.live;
  }

  /** Counts since the beginning: writes, chunks received, answers whose caller had given up. */
  get counters(): ConnectionCounters {
    return { writes: this.#outbox.writes, reads: this.#chunks, lateReplies: this.#pipeline.lateReplies };
  }

  /** Resolves, never rejects, when the transport is closed, whoever closed it. */
  get closed(): Promise<void> {
    return this.#transport.closed;
  }

  /** Watches the frames that are sent and received; returns what ends it. */
  observe(listener: FrameListener): () => void {
    this.#listeners = [...this.#listeners, listener];
    return () => {
      this.#listeners = this.#listeners.filter((other) => other !== listener);
    };
  }

  /** {@inheritDoc Caller.call} */
  call<Req, Res, T = Res>(
    op: Op<Req, Res>,
    request: Outgoing<Req>,
    options?: CallOptions,
    settle: Settle<T> = readReply as Settle<T>,
  ): Promise<T> {
    let slot: Slot;
    try {
      slot = this.#admit(op, request, options);
      slot.opcode = op.opcode;
      this.#writeOrGiveBack(slot, request, slot.opaque, options);
    } catch (error) {
      return Promise.reject(error);
    }
    slot.settle = settle;
    const promise = new Promise(this.#capture);
    slot.resolve = this.#resolve;
    slot.reject = this.#reject;
    return promise as Promise<T>;
  }

  /** {@inheritDoc Caller.batch} */
  batch<Req, Res, T = Res>(
    op: Op<Req, Res>,
    requests: readonly Outgoing<Req>[],
    options?: CallOptions,
    settle: Settle<T> = readReply as Settle<T>,
  ): Promise<BatchResult<T>> {
    return new Promise((resolve, reject) => {
      const quiet = op.quiet;
      if (quiet === undefined) throw new TypeError(`Cannot batch ${op.name}: it has no quiet twin`);
      if (requests.length > MAX_BATCH) {
        throw new RangeError(`Cannot batch ${requests.length} requests: ${MAX_BATCH} are the most`);
      }
      const slot = this.#admit(op, undefined, options);
      slot.waiter = new Batch(op as Op<unknown, unknown>, requests, settle, { resolve, reject });
      const mark = this.#out.mark();
      try {
        let place = 0;
        for (const request of requests) this.#write(op, quiet.opcode, request, opaqueOf(slot, place++), options);
        this.#write(NOOP, NOOP.opcode, {}, opaqueOf(slot, place), undefined);
      } catch (error) {
        this.#out.reset(mark);
        this.#pipeline.giveBack(slot);
        throw error;
      }
    });
  }

  /** {@inheritDoc Caller.open} */
  open<Req, Res>(op: Op<Req, Res>, request: Outgoing<Req>, options?: CallOptions): AsyncIterableIterator<Res> {
    const stream = new ReplyStream(op as Op<unknown, Res>, request);
    try {
      if (op.last === undefined) throw new TypeError(`Cannot open ${op.name}: it has one answer`);
      const slot = this.#admit(op, request, options);
      slot.opcode = op.opcode;
      slot.waiter = stream;
      this.#writeOrGiveBack(slot, request, opaqueOf(slot, 0), options);
    } catch (error) {
      stream.fail(error);
    }
    return stream;
  }

  /**
   * Lets the calls under way end, then closes. New calls are refused at once; calls that have no deadline get a second.
   * Resolves when the transport is closed.
   */
  close(): Promise<void> {
    if (this.#state === "open") {
      this.#state = "draining";
      this.#outbox.flush();
      const now = performance.now();
      this.#pipeline.hurry(now + (this.#timeout || DRAIN_TIMEOUT));
      this.#expire();
      this.#closeWhenDone();
    }
    return this.closed;
  }

  /** The same as {@linkcode Connection.close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Closes at once. Calls under way reject with a {@linkcode ClosedError} that has the given cause. */
  destroy(cause?: unknown): void {
    this.#fail((what, sent) =>
      new ClosedError(`Cannot ${what}: the connection to ${this.peer} was closed`, { cause, sent })
    );
  }

  /**
   * Gives the transport away, with the bytes that were read and belong to no answer. The connection is of no more use
   * afterwards; the transport is open.
   *
   * @throws {TypeError} If calls wait for an answer, or bytes to be written.
   */
  detach(): Detached {
    if (this.#state !== "open") throw this.#refusal("detach");
    if (this.#pipeline.used > 0 || !this.#outbox.idle) {
      throw new TypeError(`Cannot detach from ${this.peer}: ${this.#pipeline.used} calls are under way`);
    }
    this.#state = "closed";
    this.#alarm.clear();
    return detachTransport(this.#transport, this.#splitter.rest());
  }

  readonly #sink: Sink = {
    room: () => this.#splitter.room(),
    data: (chunk) => this.#receive(chunk),
    end: (error) => this.#lose(error === undefined ? "was closed by the peer" : "was lost", error),
  };

  /** Finds a slot for a call and sees to its deadline and its signal; throws when it may not be made. */
  #admit(op: AnyOp, request: unknown, options: CallOptions | undefined): Slot {
    if (this.#state !== "open") throw this.#refusal(describe(op, request));
    const signal = options?.signal;
    if (signal !== undefined) signal.throwIfAborted();
    if (this.#out.size > this.#maxQueuedBytes) {
      this.#overload(op, request, `${this.#out.size} bytes wait to be written`);
    }
    const slot = this.#pipeline.take();
    if (slot === undefined) this.#overload(op, request, `${this.#pipeline.used} calls wait for an answer`);
    if (!this.#inTurn) {
      this.#inTurn = true;
      this.#now = performance.now();
      queueMicrotask(this.#endTurn);
    }
    slot.op = op;
    slot.request = request;
    slot.offset = this.#outbox.taken + this.#out.size;
    const timeout = options?.timeout ?? this.#timeout;
    if (timeout > 0) {
      slot.deadline = this.#now + timeout;
      this.#alarm.set(slot.deadline, this.#now);
    }
    if (signal !== undefined) {
      const onAbort = () => this.#pipeline.abandon(slot, signal.reason, true);
      signal.addEventListener("abort", onAbort, { once: true });
      slot.release = () => signal.removeEventListener("abort", onAbort);
    }
    return slot;
  }

  readonly #endTurn = (): void => {
    this.#inTurn = false;
    this.#outbox.flush();
  };

  #writeOrGiveBack(slot: Slot, request: unknown, opaque: number, options: CallOptions | undefined): void {
    try {
      this.#write(slot.op!, slot.opcode, request, opaque, options);
    } catch (error) {
      this.#out.undo();
      this.#pipeline.giveBack(slot);
      throw error;
    }
  }

  #write(op: AnyOp, opcode: number, request: unknown, opaque: number, options: CallOptions | undefined): void {
    const out = this.#out;
    out.begin();
    op.request.write(out, request as Outgoing<unknown>);
    out.finish(Magic.CLIENT_REQUEST, opcode, opaque, options?.vbucket ?? 0);
    if (this.#listeners.length > 0) {
      const frame = Frame.from(out.last());
      for (const listener of this.#listeners) listener.sent?.(frame);
    }
  }

  #receive(chunk: Uint8Array): void {
    this.#chunks++;
    try {
      this.#splitter.push(chunk, this.#dispatch);
    } catch (error) {
      this.#lose("received what is no answer", error);
      return;
    }
    if (this.#state === "draining") this.#closeWhenDone();
  }

  readonly #dispatch = (frame: Frame): void => {
    if (this.#listeners.length > 0) {
      for (const listener of this.#listeners) listener.received?.(frame);
    }
    const magic = frame.magic;
    if (magic === Magic.SERVER_RESPONSE || magic === Magic.FLEX_RESPONSE) this.#pipeline.dispatch(frame);
    else if (magic !== Magic.SERVER_REQUEST) this.#unexpected(frame);
  };

  #unexpected(frame: Frame): never {
    throw new ProtocolError(`Cannot read answer: magic 0x${frame.magic.toString(16)} is that of a request`, {
      at: this.#splitter.position - frame.size,
      bytes: frame.bytes.slice(0, 24),
    });
  }

  #expire(): void {
    const now = performance.now();
    // Timers may ring a fraction of a millisecond early.
    const next = this.#pipeline.expire(now + 1, (slot) => {
      const waited = Math.round(now - slot.deadline);
      const what = `Cannot ${describe(slot.op!, slot.request)}: no answer from ${this.peer} in time`;
      return new TimeoutError(waited > 100 ? `${what}, the process was busy for ${waited} ms` : what, {
        sent: this.#sent(slot),
      });
    });
    if (next < Infinity) this.#alarm.set(next, now);
    if (this.#state === "draining") this.#closeWhenDone();
  }

  /** Whether any byte of the request may have left. */
  #sent(slot: Slot): boolean {
    return slot.offset < this.#outbox.taken;
  }

  #closeWhenDone(): void {
    if (this.#state !== "draining" || this.#pipeline.live > 0 || !this.#outbox.idle) return;
    this.destroy();
  }

  /** The connection is of no more use: tells everyone who waits. */
  #lose(how: string, cause: unknown): void {
    if (cause instanceof ProtocolError) {
      this.#fail((what, sent) =>
        new ProtocolError(`Cannot ${what}: the connection to ${this.peer} ${how}: ${cause.message}`, {
          cause,
          sent,
          at: cause.at,
          bytes: cause.bytes,
        })
      );
    } else {
      const detail = cause instanceof Error ? `: ${cause.message}` : "";
      this.#fail((what, sent) =>
        new ConnectionError(`Cannot ${what}: the connection to ${this.peer} ${how}${detail}`, { cause, sent })
      );
    }
  }

  #fail(makeError: (what: string, sent: boolean) => MemcachedError): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#alarm.clear();
    this.#splitter.stop();
    this.#pipeline.failAll((slot) => makeError(describe(slot.op!, slot.request), this.#sent(slot)));
    this.#transport.close();
  }

  #refusal(what: string): ClosedError {
    return new ClosedError(`Cannot ${what}: the connection to ${this.peer} is ${this.#state}; connect anew`, {
      sent: false,
    });
  }

  #overload(op: AnyOp, request: unknown, found: string): never {
    throw new OverloadError(
      `Cannot ${
        describe(op, request)
      }: ${found} on the connection to ${this.peer}; slow down, or raise maxInFlight or maxQueuedBytes`,
      { sent: false },
    );
  }
}

/** Counts since a connection began. */
export interface ConnectionCounters {
  /** Writes to the transport. */
  readonly writes: number;
  /** Chunks from the transport. */
  readonly reads: number;
  /** Answers that were dropped because their caller had given up. */
  readonly lateReplies: number;
}

/** The opaque of one of several requests that share a slot. */
function opaqueOf(slot: Slot, place: number): number {
  return ((place << 16) | slot.index) >>> 0;
}
