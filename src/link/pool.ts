import type { BatchResult, CallOptions, ClosableCaller, Settle } from "../connection/caller.ts";
import type { Connection } from "../connection/connection.ts";
import type { FrameListener } from "../connection/frame_listeners.ts";
import type { StrandedCall } from "../connection/stranded.ts";
import { ClosedError, TimeoutError } from "../errors.ts";
import type { Bytes } from "../frame/frame_writer.ts";
import { NOOP } from "../ops/admin.ts";
import type { Op, Outgoing } from "../ops/op.ts";
import { Borrowers, type BorrowOptions } from "./borrowers.ts";
import { type LinkClock, SYSTEM_CLOCK } from "./clock.ts";
import { EventHub } from "./event_hub.ts";
import { giveTime, holdBatch, holdCall, holdStream } from "./held_calls.ts";
import { Lease } from "./lease.ts";
import { Link } from "./link.ts";
import { allBorrowed, closedLink, tooManyWait } from "./link_errors.ts";
import type { LinkStatus } from "./link_status.ts";
import { type PoolLimits, poolLimits, type PoolOptions } from "./pool_options.ts";
import type { DialConnection } from "./redial.ts";
import { WaitingCalls } from "./waiting_calls.ts";

/** How things stand in a pool. */
export interface PoolState {
  /** Open connections, that for large values included. */
  readonly open: number;
  /** Those of them on which nothing waits and that nobody borrowed. */
  readonly idle: number;
  /** Connections that are borrowed, or are being made ready for it. */
  readonly borrowed: number;
  /** The most connections that were ever open at the same time. */
  readonly highWaterMark: number;
  /** Calls that wait for an answer or a connection. */
  readonly inFlight: number;
  /** Those who wait to borrow a connection. */
  readonly waiting: number;
}

/** A connection of a pool. */
interface Member {
  readonly link: Link;
  /** It is lent, or is to be when all calls on it are answered. */
  borrowed: boolean;
  /** It is lent. */
  lent: boolean;
}

/**
 * Several connections to one server as one caller.
 *
 * - A call goes to the connection on which the fewest wait. Another one is opened when that are too many; until it is open, nothing
 *   waits for it. Connections that are not needed are closed after a while.
 * - Calls over different connections may overtake each other: await one where the order matters. One connection is the rule and
 *   enough for most; several help where large values hold up small ones, and where each user needs one alone.
 * - Nothing fails at once because the pool is busy: calls, and those who borrow, wait within their deadlines.
 *
 * @example
 * ```ts
 * import { Client, Connection } from "@memwire/memwire";
 * import { Pool } from "@memwire/memwire/cluster";
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
 * const pool = new Pool(dial, { server: "cache-1", connections: 2, largeValueBytes: 100_000 });
 * await using client = new Client(pool);
 * await client.set("k", "v");
 *
 * await using lease = await pool.borrow();
 * assertEquals(await new Client(lease).getText("k"), "v");
 * ```
 */
export class Pool implements ClosableCaller, AsyncDisposable {
  /** The name of the server. */
  readonly server: string;
  readonly #limits: PoolLimits;
  readonly #clock: LinkClock;
  readonly #members: readonly Member[];
  readonly #large: Link;
  readonly #borrowers: Borrowers;
  /** Calls that were made while all connections were borrowed. */
  readonly #waiting: WaitingCalls;
  readonly #hub: EventHub<LinkStatus> = new EventHub();
  /** The places of open connections. */
  readonly #open: Set<number> = new Set();
  #highWaterMark = 0;
  #closing = false;
  #ended: Promise<void> | undefined = undefined;
  #allBack: (() => void) | undefined = undefined;

  /**
   * Makes a pool, which opens `minConnections` at once.
   *
   * @throws {RangeError} If a number of the options cannot be used.
   */
  constructor(dial: DialConnection, options: PoolOptions = {}) {
    const limits = poolLimits(options);
    const { connection, ...settings } = options;
    const { server = "the server", clock = SYSTEM_CLOCK, maxIdle = 60_000, mayRetry } = settings;
    this.server = server;
    this.#clock = clock;
    this.#limits = limits;
    this.#borrowers = new Borrowers(clock, server, limits);
    this.#waiting = new WaitingCalls(clock, (call) => allBorrowed(call, server));
    this.#members = Array.from({ length: limits.connections }, (_, place) => {
      const kept = place < limits.minConnections;
      const link = new Link(dial, {
        ...settings,
        ...(place === 0 && connection !== undefined ? { connection } : {}),
        lazy: !kept,
        maxIdle: kept ? 0 : maxIdle,
        // What was asked over a borrowed connection is not for another.
        mayRetry: (retry) => !member.lent && (mayRetry?.(retry) ?? true),
        told: (event) => this.#told(event, place),
      });
      const member: Member = { link, borrowed: false, lent: false };
      return member;
    });
    this.#large = new Link(dial, {
      ...settings,
      lazy: true,
      maxIdle,
      told: (event) => this.#told(event, limits.connections),
    });
  }

  /** The connection for large values, for reads that are known to be of one: `new Client(pool.large)`. It is opened when used. */
  get large(): Link {
    return this.#large;
  }

  /** The connections that are in use, or were last, that for large values aside; each place its own. */
  get connections(): readonly (Connection | undefined)[] {
    return this.#members.map(({ link }) => link.connection);
  }

  /** How things stand. */
  get state(): PoolState {
    const links = [...this.#members, { link: this.#large, borrowed: false }];
    const open = links.filter(({ link }) => link.state === "connected");
    return {
      open: open.length,
      idle: open.filter(({ link, borrowed }) => !borrowed && link.inFlight === 0).length,
      borrowed: this.#borrowers.out,
      highWaterMark: this.#highWaterMark,
      inFlight: links.reduce((sum, { link }) => sum + link.inFlight, this.#waiting.size),
      waiting: this.#borrowers.waiting,
    };
  }

  /** Resolves when there is a connection; rejects with what went wrong if the attempt that is made now, or under way, fails. */
  connect(): Promise<void> {
    return this.#members[0]!.link.connect();
  }

  /** {@inheritDoc Caller.call} */
  call<Req, Res, T = Res>(
    op: Op<Req, Res>,
    request: Outgoing<Req>,
    options?: CallOptions,
    settle?: Settle<T>,
  ): Promise<T> {
    const link = this.#linkFor(request);
    if (link !== undefined) return link.call(op, request, options, settle);
    return holdCall(this.#hold, op, request, { options, settle });
  }

  /** {@inheritDoc Caller.batch} All requests of a batch go over the same connection. */
  batch<Req, Res, T = Res>(
    op: Op<Req, Res>,
    requests: readonly Outgoing<Req>[],
    options?: CallOptions,
    settle?: Settle<T>,
  ): Promise<BatchResult<T>> {
    const link = requests.some((request) => this.#isLarge(request)) ? this.#large : this.#pick();
    if (link !== undefined) return link.batch(op, requests, options, settle);
    return holdBatch(this.#hold, op, requests, { options, settle });
  }

  /** {@inheritDoc Caller.check} */
  check<Req>(op: Op<Req, unknown>, requests: readonly Outgoing<Req>[]): void {
    this.#members[0]!.link.check(op, requests);
  }

  /** {@inheritDoc Caller.open} */
  open<Req, Res>(op: Op<Req, Res>, request: Outgoing<Req>, options?: CallOptions): AsyncIterableIterator<Res> {
    const link = this.#pick();
    if (link !== undefined) return link.open(op, request, options);
    return holdStream(this.#hold, op, request, { options });
  }

  /**
   * Lends a connection to be used alone, once all calls of others on it are answered; `await using` gives it back. Those who come first
   * get theirs first.
   *
   * @throws {TimeoutError} If none is given back in time.
   * @throws {OverloadError} If `maxWaiting` others wait already.
   * @throws {ClosedError} If the pool is closed.
   * @throws {ConnectionError} If the server cannot be reached.
   */
  async borrow(options: BorrowOptions = {}): Promise<Lease> {
    if (this.#closing) throw this.#closed("borrow");
    const until = await this.#borrowers.turn(options);
    const member = this.#toLend();
    member.borrowed = true;
    const giveBack = () => this.#takeBack(member);
    try {
      const { link } = member;
      // The answer comes behind those of all calls of others, and shows that the connection is good.
      while (!link.ready || link.inFlight > 0 || link.stale) await link.call(NOOP, {}, this.#within(until, options));
      if (this.#closing) throw this.#closed("borrow");
      member.lent = true;
      link.pin(true);
      return new Lease(link.connection!, giveBack);
    } catch (error) {
      giveBack();
      throw error;
    }
  }

  /** Makes a call that another server could not answer; nothing is thrown. */
  resume(call: StrandedCall): void {
    if (this.#closing) call.fail(closedLink(call, this.server));
    else this.#resume(call);
  }

  /** Closes; the calls that it can do nothing for any more, and that may be made again, are given to a function to be made elsewhere. */
  leave(elsewhere: (call: StrandedCall) => void): Promise<void> {
    for (const call of this.#waiting.take()) elsewhere(call);
    for (const { link, lent } of this.#members) if (!lent) void link.leave(elsewhere);
    void this.#large.leave(elsewhere);
    return this.close();
  }

  /** Watches the frames that are sent and received over all connections; returns what ends it. */
  observe(listener: FrameListener): () => void {
    const stops = [...this.#members.map(({ link }) => link), this.#large].map((link) => link.observe(listener));
    return () => {
      for (const stop of stops) stop();
    };
  }

  /** What happens to the connections, each by its place in `connection`, until the pool is closed. */
  status(): AsyncIterableIterator<LinkStatus> {
    return this.#hub.read();
  }

  /**
   * Lets the calls under way end, then closes. New calls and those who wait to borrow are refused at once. Connections that are borrowed
   * are waited for as long as a call may take, a second if that is for ever.
   */
  close(): Promise<void> {
    this.#closing = true;
    this.#ended ??= this.#end();
    return this.#ended;
  }

  /** The same as {@linkcode Pool.close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #end(): Promise<void> {
    this.#borrowers.failAll(this.#closed("borrow"));
    this.#waiting.failAll((call) => closedLink(call, this.server));
    const free = this.#members.filter(({ borrowed }) => !borrowed).map(({ link }) => link.close());
    if (this.#borrowers.out > 0) {
      let stop = () => {};
      await new Promise<void>((resolve) => {
        this.#allBack = resolve;
        stop = this.#clock.after(this.#limits.timeout || 1000, resolve);
      });
      stop();
    }
    await Promise.all([...free, ...this.#members.map(({ link }) => link.close()), this.#large.close()]);
    this.#hub.emit({ type: "closed", server: this.server, at: this.#clock.wall() });
    this.#hub.close();
  }

  #linkFor(request: unknown): Link | undefined {
    return this.#isLarge(request) ? this.#large : this.#pick();
  }

  #isLarge(request: unknown): boolean {
    if (this.#limits.largeValueBytes === Infinity) return false;
    const { value } = request as { readonly value?: Bytes };
    return value !== undefined && value.length >= this.#limits.largeValueBytes;
  }

  /** The connection on which the fewest wait; where none is open, one to wait for. Nothing if all are borrowed. */
  #pick(): Link | undefined {
    let best: Link | undefined;
    let fewest = Infinity;
    let first: Link | undefined;
    for (const { link, borrowed } of this.#members) {
      if (borrowed) continue;
      first ??= link;
      if (!link.ready) continue;
      const waiting = link.inFlight;
      if (waiting < fewest) {
        best = link;
        fewest = waiting;
      }
    }
    if (best !== undefined && fewest >= this.#limits.openAt) this.#openAnother();
    return best ?? first;
  }

  /** Opens a connection that is not open, unless enough are being opened. */
  #openAnother(): void {
    let opening = 0;
    let closed: Link | undefined;
    for (const { link, borrowed } of this.#members) {
      if (link.ready || borrowed) continue;
      if (link.state === "connecting" || link.state === "waiting") opening++;
      else closed ??= link;
    }
    if (opening < this.#limits.maxOpening) closed?.wake();
  }

  /** The connection to lend: that with the fewest calls, or one that is not open yet where only one is. */
  #toLend(): Member {
    const free = this.#members.filter(({ borrowed }) => !borrowed);
    const open = free.filter(({ link }) => link.ready);
    // The last one that is open is left to those who share.
    const closed = open.length > 1 ? undefined : free.findLast(({ link }) => !link.ready);
    return closed ?? open.reduceRight((best, other) => other.link.inFlight < best.link.inFlight ? other : best);
  }

  /** What is left of the time of one who borrows, as options of a call. */
  #within(until: number, { signal }: BorrowOptions): CallOptions {
    const timeout = until === Infinity ? 0 : until - this.#clock.now();
    if (timeout < 0) {
      throw new TimeoutError(`Cannot borrow a connection to ${this.server}: it was not ready in time`, { sent: false });
    }
    // 0 would be for ever.
    return { timeout: until === Infinity ? 0 : Math.max(1, timeout), ...(signal === undefined ? {} : { signal }) };
  }

  #takeBack(member: Member): void {
    member.borrowed = false;
    member.lent = false;
    member.link.pin(false);
    this.#borrowers.done();
    if (this.#closing) {
      member.link.close();
      if (this.#borrowers.out === 0) this.#allBack?.();
      return;
    }
    for (const call of this.#waiting.take()) this.#resume(call);
  }

  readonly #hold = (call: StrandedCall): void => {
    try {
      giveTime(call, this.#limits.timeout);
      if (this.#closing) throw closedLink(call, this.server);
      const { size } = this.#waiting;
      if (size >= this.#limits.maxWaiting) throw tooManyWait(call, this.server, size);
    } catch (error) {
      call.fail(error, true);
      return;
    }
    this.#waiting.add(call);
  };

  #resume(call: StrandedCall): void {
    const link = this.#pick();
    if (link === undefined) this.#waiting.add(call);
    else link.resume(call);
  }

  #closed(what: string): ClosedError {
    return new ClosedError(`Cannot ${what} a connection to ${this.server}: the pool was closed`, { sent: false });
  }

  /** Passes on what a connection tells. */
  #told(event: LinkStatus, connection: number): void {
    this.#hub.emit({ ...event, connection });
    if (event.type === "connected") this.#open.add(connection);
    else if (event.type === "disconnected" || event.type === "closed") this.#open.delete(connection);
    this.#highWaterMark = Math.max(this.#highWaterMark, this.#open.size);
  }
}
