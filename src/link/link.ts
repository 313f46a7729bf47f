import type { BatchResult, CallOptions, ClosableCaller, Settle } from "../connection/caller.ts";
import { checkRequests } from "../connection/check_requests.ts";
import type { Connection } from "../connection/connection.ts";
import type { FrameListener } from "../connection/frame_listeners.ts";
import type { StrandedCall } from "../connection/stranded.ts";
import { ClosedError, type MemcachedError } from "../errors.ts";
import { NOOP } from "../ops/admin.ts";
import type { Op, Outgoing } from "../ops/op.ts";
import { Age } from "./age.ts";
import { type LinkClock, SYSTEM_CLOCK } from "./clock.ts";
import { EventHub } from "./event_hub.ts";
import { giveTime, holdBatch, holdCall, holdStream } from "./held_calls.ts";
import { closedLink, downServer, lateCall, tooManyWait } from "./link_errors.ts";
import { checkLinkOptions, type LinkOptions } from "./link_options.ts";
import { LinkObservers } from "./link_observers.ts";
import type { LinkNews, LinkStatus } from "./link_status.ts";
import { type DialConnection, Redial, type RedialOwner } from "./redial.ts";
import { Rescue } from "./rescue.ts";
import { WaitingCalls } from "./waiting_calls.ts";
import { Watch } from "./watch.ts";

/** How long `close` waits for an attempt to connect when calls have no deadline of their own, in milliseconds. */
const DRAIN_TIMEOUT = 1000;

/** What a link is doing. `idle` is without a connection and without a need for one. */
export type LinkState = "idle" | "connecting" | "connected" | "waiting" | "down" | "closed";

/**
 * A connection that comes back: a caller that connects anew whenever its connection is lost, with full jitter.
 *
 * - A call goes straight to the connection while there is one. Otherwise it waits for it, within its own deadline.
 * - When the connection is lost, calls that had not left and those that may be done twice are made again, within their deadlines. All
 *   others reject with an error whose `sent` says that they may have been done: a write that left is never repeated.
 * - A call that waits has copies of its bytes. One that is made again has not, so with bytes that may have changed it rejects, unless
 *   `stableBytes` says that they have not.
 * - A server that answers nothing more is found out: by a NOOP when bytes stop while calls wait, and before the use of a connection
 *   that was idle for long.
 *
 * @example
 * ```ts
 * import { Client, Connection } from "@memwire/memwire";
 * import { Link } from "@memwire/memwire/cluster";
 * import { MemoryStore, Server } from "@memwire/memwire/server";
 * import { memoryPair } from "@memwire/memwire/transport/memory";
 * import { assertEquals } from "@std/assert";
 *
 * const server = new Server();
 * new MemoryStore().register(server);
 * const dial = () => {
 *   const [here, there] = memoryPair();
 *   server.serve(there);
 *   return Promise.resolve(new Connection(here));
 * };
 *
 * await using client = new Client(new Link(dial, { server: "cache-1" }));
 * await client.set("k", "v");
 * assertEquals(await client.getText("k"), "v");
 * ```
 */
export class Link implements ClosableCaller, AsyncDisposable {
  /** The name of the server. */
  readonly server: string;
  readonly #options: LinkOptions;
  readonly #clock: LinkClock;
  readonly #redial: Redial;
  readonly #waiting: WaitingCalls;
  readonly #watch: Watch;
  readonly #age: Age;
  readonly #rescue: Rescue;
  readonly #hub: EventHub<LinkStatus> = new EventHub();
  readonly #observers: LinkObservers = new LinkObservers();
  readonly #probe: CallOptions;
  readonly #maxWaiting: number;
  /** What calls go to at once. */
  #ready: Connection | undefined = undefined;
  /** That, or one that is asked for a sign of life, or the last one. */
  #connection: Connection | undefined = undefined;
  #probing = false;
  #closing = false;
  /** Who takes the calls of a link that closes. */
  #elsewhere: ((call: StrandedCall) => void) | undefined = undefined;
  #ended: Promise<void> | undefined = undefined;

  /**
   * Makes a link, which connects at once unless it is `lazy`.
   *
   * @throws {RangeError} If a number of the options cannot be used.
   */
  constructor(dial: DialConnection, options: LinkOptions = {}) {
    checkLinkOptions(options);
    const { server = "the server", clock = SYSTEM_CLOCK, probeTimeout = 1000, maxWaiting = 16_384 } = options;
    this.server = server;
    this.#options = options;
    this.#clock = clock;
    this.#maxWaiting = maxWaiting;
    this.#probe = { timeout: probeTimeout };
    this.#rescue = new Rescue(options);
    this.#waiting = new WaitingCalls(clock, (call) => lateCall(call, server, this.#redial.cause));
    this.#watch = new Watch(clock, {
      probeAfter: options.probeAfter ?? 5000,
      probeIdle: options.probeIdle ?? 10_000,
      maxIdle: options.maxIdle ?? 0,
      silent: () => this.#askForSign(this.#connection!),
      idle: () => {
        if (!this.#age.pinned) this.#rest();
        return !this.#age.pinned;
      },
    });
    this.#age = new Age(clock, options.maxLifetime ?? 0, () => this.#renew());
    const owner: RedialOwner = {
      connected: (connection) => this.#use(connection),
      failed: (error, down) => {
        if (down && options.whenDown !== "wait") this.#waiting.failAll((call) => downServer(call, server, error));
      },
      wanted: () => options.lazy !== true || this.#waiting.size > 0,
      good: () => this.#ready !== undefined || this.#probing,
      tell: (news) => this.#tell(news),
    };
    this.#redial = new Redial(dial, { server, clock, options, owner, probe: this.#probe });
    if (options.connection?.state === "open") this.#redial.adopt(options.connection);
    else if (options.lazy !== true) this.#redial.begin();
  }

  /** What the link is doing. */
  get state(): LinkState {
    if (this.#closing) return "closed";
    if (this.#ready !== undefined || this.#probing) return "connected";
    if (this.#redial.down) return "down";
    if (this.#redial.attempt !== undefined) return "connecting";
    return this.#redial.pausing ? "waiting" : "idle";
  }

  /** The connection that is in use, or was last; nothing before the first. */
  get connection(): Connection | undefined {
    return this.#connection;
  }

  /** How many calls wait: for an answer, or for a connection. */
  get inFlight(): number {
    const connection = this.#connection;
    const answers = connection === undefined || connection.state === "closed" ? 0 : connection.inFlight;
    return this.#waiting.size + answers;
  }

  /** Whether calls go to a connection at once, unless it was idle for long. */
  get ready(): boolean {
    return this.#ready !== undefined;
  }

  /** Resolves when there is a connection; rejects with what went wrong if the attempt that is made now, or under way, fails. */
  connect(): Promise<void> {
    if (this.#closing) {
      return Promise.reject(new ClosedError(`Cannot connect: the link to ${this.server} was closed`, { sent: false }));
    }
    return this.#ready === undefined && !this.#probing ? this.#redial.begin() : Promise.resolve();
  }

  /** Connects if there is no connection, after the pause that may be due; what comes of it is told by the status. */
  wake(): void {
    if (this.#ready === undefined && !this.#probing && !this.#closing) this.#redial.wake();
  }

  /** Keeps the connection from being closed for its idleness or replaced for its age, until it is let go with `false`. */
  pin(on: boolean): void {
    this.#age.pin(on);
  }

  /** Whether the connection was idle for so long that it has to show first that it is still good. */
  get stale(): boolean {
    return this.#ready !== undefined && this.#ready.inFlight === 0 && !this.#watch.fresh();
  }

  /** {@inheritDoc Caller.call} */
  call<Req, Res, T = Res>(
    op: Op<Req, Res>,
    request: Outgoing<Req>,
    options?: CallOptions,
    settle?: Settle<T>,
  ): Promise<T> {
    const connection = this.#ready;
    if (connection !== undefined && (connection.inFlight > 0 || this.#watch.fresh())) {
      return connection.call(op, request, options, settle);
    }
    return holdCall(this.#hold, op, request, { options, settle });
  }

  /** {@inheritDoc Caller.batch} */
  batch<Req, Res, T = Res>(
    op: Op<Req, Res>,
    requests: readonly Outgoing<Req>[],
    options?: CallOptions,
    settle?: Settle<T>,
  ): Promise<BatchResult<T>> {
    const connection = this.#ready;
    if (connection !== undefined && (connection.inFlight > 0 || this.#watch.fresh())) {
      return connection.batch(op, requests, options, settle);
    }
    return holdBatch(this.#hold, op, requests, { options, settle });
  }

  /** {@inheritDoc Caller.open} */
  open<Req, Res>(op: Op<Req, Res>, request: Outgoing<Req>, options?: CallOptions): AsyncIterableIterator<Res> {
    const connection = this.#ready;
    if (connection !== undefined && (connection.inFlight > 0 || this.#watch.fresh())) {
      return connection.open(op, request, options);
    }
    return holdStream(this.#hold, op, request, { options });
  }

  /** {@inheritDoc Caller.check} */
  check<Req>(op: Op<Req, unknown>, requests: readonly Outgoing<Req>[]): void {
    const connection = this.#connection;
    if (connection === undefined) checkRequests(op, requests);
    else connection.check(op, requests);
  }

  /** Makes a call that another connection could not answer, or that waited for one; nothing is thrown. */
  resume(call: StrandedCall): void {
    const connection = this.#ready;
    if (connection !== undefined && (connection.inFlight > 0 || this.#watch.fresh())) connection.resume(call);
    else this.#wait(call);
  }

  /** Gives away the calls that wait for a connection, in their order. Whoever takes them has them made elsewhere. */
  takeWaiting(): StrandedCall[] {
    return this.#waiting.take();
  }

  /** Watches the frames that are sent and received, over all connections to come; returns what ends it. */
  observe(listener: FrameListener): () => void {
    return this.#observers.add(listener, this.#connection);
  }

  /** What happens between the link and its server: the latest event first, then those to come, until the link is closed. */
  status(): AsyncIterableIterator<LinkStatus> {
    return this.#hub.read();
  }

  /**
   * Lets the calls under way end, those that wait for an attempt to connect included, then closes. New calls are refused at once; those
   * under way get no more than `timeout`, or a second if that is 0.
   */
  close(): Promise<void> {
    this.#closing = true;
    this.#ended ??= this.#end();
    return this.#ended;
  }

  /** Closes; the calls that it can do nothing for any more, and that may be made again, are given to a function to be made elsewhere. */
  leave(elsewhere: (call: StrandedCall) => void): Promise<void> {
    this.#elsewhere = elsewhere;
    for (const call of this.#waiting.take()) elsewhere(call);
    return this.close();
  }

  /** The same as {@linkcode Link.close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #end(): Promise<void> {
    const redial = this.#redial;
    redial.stop();
    // Calls may wait for a connection that is just being asked for a sign of life.
    if (this.#probing) this.#flush(this.#connection!);
    this.#disconnect();
    if (redial.attempt !== undefined && this.#waiting.size > 0) {
      let stop = () => {};
      const enough = new Promise<void>((resolve) => {
        stop = this.#clock.after(this.#options.timeout || DRAIN_TIMEOUT, resolve);
      });
      await Promise.race([redial.attempt.catch(() => {}), this.#waiting.whenEmpty(), enough]);
      stop();
    }
    this.#waiting.failAll((call) => closedLink(call, this.server));
    redial.abort(new ClosedError(`Cannot connect: the link to ${this.server} was closed`, { sent: false }));
    await this.#connection?.close(this.#elsewhere !== undefined);
    this.#tell({ type: "closed" });
    this.#hub.close();
  }

  /** Has a new call wait for a connection. */
  readonly #hold = (call: StrandedCall): void => {
    try {
      giveTime(call, this.#options.timeout ?? 1000);
    } catch (error) {
      call.fail(error, true);
      return;
    }
    this.#wait(call);
  };

  #wait(call: StrandedCall): void {
    const refusal = this.#refusal(call);
    if (refusal !== undefined) {
      call.fail(refusal, true);
      return;
    }
    this.#waiting.add(call);
    if (this.#ready !== undefined) {
      // It was idle for long, and has to show that it is still good.
      this.#ready = undefined;
      this.#probing = true;
      this.#askForSign(this.#connection!);
    } else if (!this.#probing) this.#redial.wake();
  }

  /** Why a call may not wait, if it may not. */
  #refusal(call: StrandedCall): MemcachedError | undefined {
    if (this.#closing) return closedLink(call, this.server);
    if (this.#waiting.size >= this.#maxWaiting) return tooManyWait(call, this.server, this.#waiting.size);
    const { down, free, cause } = this.#redial;
    if (!down || this.#options.whenDown === "wait") return undefined;
    // Where nothing goes on by itself, one call at a time finds out how things are.
    return this.#options.lazy === true && free ? undefined : downServer(call, this.server, cause);
  }

  #use(connection: Connection): void {
    const old = this.#ready !== undefined || this.#probing ? this.#connection : undefined;
    if (old !== undefined && this.#age.pinned) {
      // It was pinned while another was being made.
      this.#age.end();
      connection.close();
      return;
    }
    this.#connection = connection;
    this.#observers.follow(connection);
    connection.entrust({
      rescue: (call, loss) => {
        if ((this.#closing && this.#elsewhere === undefined) || call.options === this.#probe) return false;
        return this.#rescue.take(call, loss, this.#maxWaiting - this.#waiting.size);
      },
      lost: (loss) => this.#lost(connection, loss),
    });
    this.#tell({ type: "connected", peer: connection.peer, waited: this.#waiting.size });
    if (!this.#closing) this.#age.start();
    this.#flush(connection);
    // Whoever asked it does not know that it goes.
    old?.close(true);
  }

  /** Has the calls that wait made over a connection, and those to come. */
  #flush(connection: Connection): void {
    this.#probing = false;
    if (!this.#closing) {
      this.#ready = connection;
      this.#watch.start(connection);
    }
    for (const call of this.#waiting.take()) connection.resume(call);
  }

  /** Replaces a connection that is old. */
  #renew(): void {
    const idle = this.#connection!.unanswered === 0 && this.#waiting.size === 0;
    if (idle && this.#options.lazy === true) this.#rest();
    else this.#redial.begin();
  }

  /** Closes a connection that nobody uses; the next call opens one. */
  #rest(): void {
    const connection = this.#connection!;
    connection.entrust(undefined);
    this.#disconnect();
    const error = new ClosedError(`The connection to ${this.server} was not used`, { sent: false });
    this.#tell({ type: "disconnected", reason: "idle", error, retries: { "not-sent": 0, "idempotent": 0 }, failed: 0 });
    connection.close();
  }

  #disconnect(): void {
    this.#ready = undefined;
    this.#probing = false;
    this.#watch.stop();
    this.#age.stop();
  }

  #lost(connection: Connection, error: MemcachedError): void {
    const { calls, retries, failed } = this.#rescue.end();
    if (this.#elsewhere !== undefined) calls.splice(0).forEach(this.#elsewhere);
    if (connection !== this.#connection) {
      // One that was replaced already, and was to end its calls.
      for (const call of calls) this.resume(call);
      return;
    }
    this.#disconnect();
    if (this.#closing && error instanceof ClosedError) return;
    this.#waiting.addFirst(calls);
    this.#tell({ type: "disconnected", reason: "lost", error, retries, failed });
    this.#redial.lost(error);
  }

  async #askForSign(connection: Connection): Promise<void> {
    const { reads } = connection.counters;
    try {
      await connection.call(NOOP, {}, this.#probe);
    } catch (error) {
      if (connection.state !== "open") return;
      // When the process was busy, the answer may have come already and not have been read.
      await new Promise<void>((resolve) => this.#clock.after(0, resolve));
      if (connection.counters.reads === reads) {
        connection.lose(`did not answer a NOOP within ${this.#probe.timeout} ms`, error);
      }
    }
    if (this.#probing && connection === this.#connection && connection.state === "open") this.#flush(connection);
  }

  #tell(news: LinkNews): void {
    const event = { ...news, server: this.server, at: this.#clock.wall() } as LinkStatus;
    this.#options.told?.(event);
    this.#hub.emit(event);
  }
}
