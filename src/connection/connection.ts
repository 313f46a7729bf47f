import type { ClosedError } from "../errors.ts";
import type { Frame } from "../frame/frame.ts";
import type { Op, Outgoing } from "../ops/op.ts";
import { describe } from "../ops/status_error.ts";
import type { AnyOp } from "../ops/table.ts";
import { Outbox } from "../transport/outbox.ts";
import type { Sink, Transport } from "../transport/transport.ts";
import { Features } from "../wire/features.ts";
import { Magic } from "../wire/header.ts";
import { Batch, makeBatch, writeBatch } from "./batch.ts";
import type { BatchResult, Caller, CallOptions, Settle } from "./caller.ts";
import { Alarm } from "./alarm.ts";
import { BinaryWire } from "./binary_wire.ts";
import { checkRequests } from "./check_requests.ts";
import { closedHere, lateError, lost, type MakeError, overload, refusal } from "./connection_errors.ts";
import { DRAIN_TIMEOUT } from "./connection_options.ts";
import type { Agreement, ConnectionCounters, ConnectionOptions, ConnectionState } from "./connection_options.ts";
import { type Detached, detachTransport } from "./detached.ts";
import { type FrameListener, FrameListeners } from "./frame_listeners.ts";
import { Pipeline, type Slot, withOwnKey } from "./pipeline.ts";
import { readReply } from "./read_reply.ts";
import { ReplyStream } from "./reply_stream.ts";
import { refuseRequest, TOLD } from "./server_requests.ts";
import { SignalWatch } from "./signal_watch.ts";
import { bring, type Keeper, moved, strand, type StrandedCall } from "./stranded.ts";
import { Turn } from "./turn.ts";
import type { Wire, WireInput, WireOutput } from "./wire.ts";

export type { Agreement, ConnectionCounters, ConnectionOptions, ConnectionState } from "./connection_options.ts";
export type { FrameListener } from "./frame_listeners.ts";
export type { Wire, WireInput, WireOutput } from "./wire.ts";

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
  readonly #wire: Wire;
  readonly #out: WireOutput;
  readonly #splitter: WireInput;
  readonly #pipeline: Pipeline;
  readonly #outbox: Outbox;
  readonly #timeout: number;
  readonly #maxQueuedBytes: number;
  readonly #turn: Turn = new Turn(() => {
    if (this.#state !== "closed") this.#outbox.flush();
  });
  readonly #alarm: Alarm = new Alarm(() => this.#expire());
  readonly #signals: SignalWatch<Slot> = new SignalWatch((slot, reason) => this.#giveUp(slot, reason, true));
  #state: ConnectionState = "open";
  #features: Features = Features.NONE;
  readonly #listeners = new FrameListeners();
  #chunks = 0;
  /** When a connection that is being closed waits no longer. */
  #drainUntil = Infinity;
  #detached = false;
  /** What ended the connection, for those who come later. */
  #cause: unknown = undefined;
  #keeper: Keeper | undefined = undefined;
  #onRequest: (frame: Frame) => void = refuseRequest;
  readonly #onNotice: ((frame: Frame) => void) | undefined;

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
    const { onMoved } = options;
    const takeOver = onMoved === undefined ? undefined : (slot: Slot, frame: Frame) => onMoved(moved(slot), frame);
    this.#pipeline = new Pipeline(options.maxInFlight ?? 16_384, takeOver);
    this.#onNotice = options.onNotice;
    this.#wire = options.wire ?? new BinaryWire(options);
    this.#out = this.#wire.output;
    this.#splitter = this.#wire.input;
    this.#outbox = new Outbox(transport, this.#out, {
      drained: () => this.#closeWhenDone(),
      failed: (error) => this.lose("could not be written to", error),
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

  /** How many calls are to be answered, those that were given up included. */
  get unanswered(): number {
    return this.#pipeline.used;
  }

  /** What was agreed on with the server. */
  get features(): Features {
    return this.#features;
  }

  /** Goes by what was agreed on from now on. No call may be under way whose answer depends on it. */
  adopt(agreed: Agreement): void {
    this.#wire.adopt(agreed);
    if (agreed.features !== undefined) this.#features = agreed.features;
  }

  /** Counts since the beginning: writes, chunks received, answers whose caller had given up. */
  get counters(): ConnectionCounters {
    return { writes: this.#outbox.writes, reads: this.#chunks, lateReplies: this.#pipeline.lateReplies };
  }

  /** Resolves, never rejects, when the transport is closed, whoever closed it. */
  get closed(): Promise<void> {
    return this.#transport.closed;
  }

  /**
   * Takes the requests that the server makes by itself, as those of DCP and TAP, and refusals of what was told by {@linkcode tell}. A
   * frame is valid until the function returns, its views for good after {@linkcode Frame.keep}. What it throws ends the connection, as
   * such a request does without it.
   */
  onRequest(take: (frame: Frame) => void): void {
    this.#onRequest = take;
  }

  /** Has something written that no call waits for, in the same write as the calls of this turn; see {@linkcode tell}. */
  push(what: string, write: (wire: Wire) => void): void {
    if (this.#state === "closed") throw this.#refusal(what);
    try {
      write(this.#wire);
    } catch (error) {
      this.#out.undo();
      throw error;
    }
    this.#turn.leave();
    if (this.#listeners.any) this.#listeners.sent(this.#out.last());
  }

  /** Watches the frames that are sent and received; returns what ends it. */
  observe(listener: FrameListener): () => void {
    return this.#listeners.add(listener);
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
    // Last, since a listener may do anything, such as to close the connection.
    if (this.#listeners.any) this.#listeners.sent(this.#out.last());
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
      const batch = makeBatch(op, requests, settle, { resolve, reject });
      this.#writeBatch(this.#admit(op, undefined, options), batch, options);
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
      this.#writeOrGiveBack(slot, request, slot.opaque, options);
      if (this.#listeners.any) this.#listeners.sent(this.#out.last());
    } catch (error) {
      stream.fail(error);
    }
    return stream;
  }

  /** {@inheritDoc Caller.check} */
  check<Req>(op: Op<Req, unknown>, requests: readonly Outgoing<Req>[]): void {
    checkRequests(op, requests, this.#wire);
  }

  /** Makes a call that another connection could not answer. It is told here what becomes of it; nothing is thrown. */
  resume(call: StrandedCall): void {
    const { op, request, options, waiter } = call;
    try {
      const slot = this.#admit(op, request, options, call.sent);
      slot.opcode = op.opcode;
      bring(call, slot, this.#turn.now);
      if (slot.deadline < Infinity) this.#alarm.set(slot.deadline, this.#turn.now);
      if (waiter instanceof Batch) {
        waiter.restart();
        this.#writeBatch(slot, waiter, options);
        return;
      }
      this.#writeOrGiveBack(slot, request, slot.opaque, options);
      if (this.#listeners.any) this.#listeners.sent(this.#out.last());
    } catch (error) {
      // Only what rejects at once on an open connection: bad arguments, and too many calls.
      call.fail(error, true);
    }
  }

  /** Has someone hear of the loss of the connection and take over the calls that wait then; nobody with nothing. */
  entrust(keeper: Keeper | undefined): void {
    this.#keeper = keeper;
  }

  /**
   * Lets the calls under way end, then closes; new ones are refused. Those under way get no more than `timeout` of the connection, a
   * second if that is 0, or all of their time if `patient`. Resolves when the transport is closed, or at once if it was given away.
   */
  close(patient = false): Promise<void> {
    if (this.#detached) return Promise.resolve();
    if (this.#state === "open") {
      this.#state = "draining";
      this.#outbox.flush();
      this.#drainUntil = this.#pipeline.hurry(performance.now() + (this.#timeout || DRAIN_TIMEOUT), patient);
      this.#expire();
    }
    return this.closed;
  }

  /** The same as {@linkcode Connection.close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Closes at once. Calls under way reject with a {@linkcode ClosedError} that has the given cause. */
  destroy(cause?: unknown): void {
    this.#fail(closedHere(this.peer, cause));
  }

  /** Closes at once as if the peer had: `how` says what it did, as in "did not answer". Calls under way reject with a {@linkcode ConnectionError}. */
  lose(how: string, cause?: unknown): void {
    if (this.#state !== "closed") this.#cause = cause;
    this.#fail(lost(this.peer, how, cause, this.#splitter.position));
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
      const found = this.#pipeline.used > 0 ? `${this.#pipeline.used} calls are under way` : "a write is under way";
      throw new TypeError(`Cannot detach from ${this.peer}: ${found}`);
    }
    this.#state = "closed";
    this.#detached = true;
    this.#alarm.clear();
    return detachTransport(this.#transport, this.#splitter.rest());
  }

  readonly #sink: Sink = {
    room: () => this.#splitter.room(),
    data: (chunk) => this.#receive(chunk),
    end: (error) => this.lose(error === undefined ? "was closed by the peer" : "was lost", error),
  };

  /** Finds a slot for a call, `sent` or not over another connection before, and sees to its deadline and signal; throws when it may not be made. */
  #admit(op: AnyOp, request: unknown, options: CallOptions | undefined, sent = false): Slot {
    if (this.#state !== "open") throw this.#refusal(describe(op, request), sent);
    const signal = options?.signal;
    if (signal !== undefined) signal.throwIfAborted();
    const timeout = options?.timeout ?? this.#timeout;
    if (!(timeout >= 0)) throw new RangeError(`Cannot use a timeout of ${timeout}: it is milliseconds, 0 for ever`);
    if (this.#out.size > this.#maxQueuedBytes) {
      throw overload(op, request, { found: `${this.#out.size} bytes wait to be written to ${this.peer}`, sent });
    }
    const slot = this.#pipeline.take();
    if (slot === undefined) {
      throw overload(op, request, { found: `${this.#pipeline.used} calls wait for an answer from ${this.peer}`, sent });
    }
    this.#turn.enter();
    slot.op = op;
    slot.request = op.echoesKey === true ? withOwnKey(request) : request;
    slot.options = options;
    slot.offset = this.#outbox.taken + this.#out.size;
    if (timeout > 0) {
      slot.deadline = this.#turn.now + timeout;
      this.#alarm.set(slot.deadline, this.#turn.now);
    }
    if (signal !== undefined) this.#signals.add(signal, slot);
    return slot;
  }

  #writeOrGiveBack(slot: Slot, request: unknown, opaque: number, options: CallOptions | undefined): void {
    try {
      this.#wire.write(slot.op!, slot.opcode, request, opaque, options);
    } catch (error) {
      this.#out.undo();
      this.#pipeline.giveBack(slot);
      throw error;
    }
    slot.end = this.#outbox.taken + this.#out.size;
    this.#turn.leave();
  }

  #writeBatch(slot: Slot, batch: Batch<unknown>, options: CallOptions | undefined): void {
    slot.waiter = batch;
    const mark = this.#out.mark();
    const watched: Uint8Array[] | undefined = this.#listeners.any ? [] : undefined;
    try {
      writeBatch(this.#wire, slot, { batch, options, watched });
    } catch (error) {
      this.#out.reset(mark);
      this.#pipeline.giveBack(slot);
      throw error;
    }
    slot.end = this.#outbox.taken + this.#out.size;
    this.#turn.leave();
    watched?.forEach((bytes) => this.#listeners.sent(bytes));
  }

  #receive(chunk: Uint8Array): void {
    this.#chunks++;
    try {
      this.#splitter.push(chunk, this.#dispatch);
    } catch (error) {
      this.lose("received what is no answer", error);
      return;
    }
    if (this.#state === "draining") this.#closeWhenDone();
  }

  readonly #dispatch = (frame: Frame): void => {
    if (this.#listeners.any) this.#listeners.received(frame);
    const magic = frame.magic;
    const answers = magic === Magic.SERVER_RESPONSE || magic === Magic.FLEX_RESPONSE;
    if (answers && (frame.opaque !== TOLD || this.#onRequest === refuseRequest)) this.#pipeline.dispatch(frame);
    else if (magic !== Magic.SERVER_REQUEST) this.#onRequest(frame);
    else this.#onNotice?.(frame);
  };

  #expire(): void {
    const now = performance.now();
    // Timers may ring a fraction of a millisecond early.
    const next = this.#pipeline.expire(now + 1, (slot) => {
      this.#giveUp(slot, lateError(slot, now, { peer: this.peer, sent: this.#sent(slot) }), false);
    });
    this.#closeWhenDone();
    if (now + 1 >= this.#drainUntil) this.destroy();
    if (this.#state === "closed") return;
    const until = Math.min(next, this.#drainUntil);
    if (until < Infinity) this.#alarm.set(until, now);
  }

  /** Ends the wait of a caller. What has not been taken for writing yet will not be written any more: it was not sent. */
  #giveUp(slot: Slot, error: unknown, aborted: boolean): void {
    const taken = this.#outbox.taken;
    if (slot.offset < taken || slot.end <= slot.offset) {
      this.#pipeline.abandon(slot, error, aborted);
    } else {
      this.#out.drop(slot.offset - taken, slot.end - taken);
      this.#pipeline.cancel(slot, error, aborted);
    }
  }

  /** Whether any byte of the request may have left, now or over an earlier connection. */
  #sent(slot: Slot): boolean {
    return slot.attempts > 0 || slot.offset < this.#outbox.taken;
  }

  #closeWhenDone(): void {
    if (this.#state !== "draining" || this.#pipeline.live > 0 || !this.#outbox.idle) return;
    this.destroy();
  }

  #refusal(what: string, sent = false): ClosedError {
    return refusal(what, this.peer, { state: this.#state, cause: this.#cause, sent });
  }

  #fail(makeError: MakeError): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#alarm.clear();
    this.#splitter.stop();
    const keeper = this.#keeper;
    const loss = keeper === undefined ? undefined : makeError("go on", true);
    this.#pipeline.failAll(
      (slot) => makeError(describe(slot.op!, slot.request), this.#sent(slot)),
      loss === undefined ? undefined : (slot) => keeper!.rescue(strand(slot, this.#outbox.taken), loss),
    );
    this.#transport.close();
    if (loss !== undefined) keeper!.lost(loss);
  }
}
