import { Frame } from "../frame/frame.ts";
import { FrameWriter } from "../frame/frame_writer.ts";
import { Outbox } from "../transport/outbox.ts";
import type { Transport } from "../transport/transport.ts";
import type { Op, Outgoing } from "../ops/op.ts";
import { Status } from "../wire/status.ts";
import type { Exchange } from "./exchange.ts";
import { isSilent, nothingIsSuccess, Replies } from "./replies.ts";
import type { Route } from "./route.ts";
import type { SessionFeed } from "./session_feed.ts";
import { type SessionHost, showFrame } from "./session_host.ts";
import type { Session } from "./session.ts";
import { INTERNAL_ERROR, NOT_FOUND, StatusReply } from "./status_reply.ts";

/** How much a feed may have waiting: enough for a good write, and less than what has the session stop reading. */
const FEED_BYTES = 256 * 1024;

/** The writing half of a session: makes answers, gathers them, and knows when too many wait. */
export class Answers {
  readonly #session: Session;
  readonly #host: SessionHost;
  readonly #out = new FrameWriter();
  readonly #outbox: Outbox;
  readonly #replies: Replies;
  readonly #drained: () => void;
  #congested = false;
  #flushScheduled = false;
  /** Those who wait for room. */
  #waiters: (() => void)[] = [];

  /** Writes to a transport; tells whenever all that waited has been written. */
  constructor(transport: Transport, options: {
    readonly session: Session;
    readonly host: SessionHost;
    readonly drained: () => void;
  }) {
    this.#session = options.session;
    this.#host = options.host;
    this.#drained = options.drained;
    this.#replies = new Replies(this.#out, options.host);
    this.#outbox = new Outbox(transport, this.#out, {
      drained: () => this.#relieve(),
      // The sink is told why.
      failed: () => transport.close(),
    });
  }

  /** Whether more bytes wait than may. */
  get congested(): boolean {
    return this.#congested;
  }

  /** Whether nothing waits and no write is under way. */
  get idle(): boolean {
    return this.#outbox.idle;
  }

  /** Bytes given to the transport since the beginning. */
  get bytesWritten(): number {
    return this.#outbox.taken;
  }

  /** Answers what a handler returned. */
  succeed(exchange: Exchange, route: Route, request: unknown, result: unknown): void {
    if (result === undefined && !nothingIsSuccess(route)) return this.fail(exchange, route, request, NOT_FOUND);
    if (isSilent(route, Status.SUCCESS)) return;
    if (result !== undefined) {
      try {
        this.#replies.message(exchange, result, exchange.status);
      } catch (error) {
        return this.fail(exchange, route, request, error);
      }
      this.#wrote();
      if (route.op.terminated !== true) return;
    }
    this.#replies.empty(exchange);
    this.#wrote();
  }

  /** Answers what a handler threw. */
  fail(exchange: Exchange, route: Route | undefined, request: unknown, error: unknown): void {
    let reply = INTERNAL_ERROR;
    if (error instanceof StatusReply) reply = error;
    else this.#host.report(error, this.#session, exchange);
    const { dialect } = this.#host;
    if (dialect !== undefined) {
      const changed = dialect.refuse(reply, exchange);
      if (changed === undefined) return exchange.close();
      reply = changed;
    }
    if (reply.close) exchange.close();
    if (isSilent(route, reply.status)) return;
    this.#replies.status(exchange, reply, request);
    this.#wrote();
  }

  /**
   * Sends a message before the answer.
   *
   * @throws What the row throws when the message does not fit the opcode.
   */
  push(exchange: Exchange, message: unknown): void {
    this.#replies.message(exchange, message, Status.SUCCESS);
    this.#wrote();
  }

  /** Sends a request of the server itself. */
  notify<Req, Res>(op: Op<Req, Res>, request: Outgoing<Req>): void {
    this.#replies.request(op, request);
    this.#wrote();
  }

  /** Has a feed write until enough waits or it has no more, and writes that. */
  fill(feed: SessionFeed): void {
    const out = this.#out;
    const limit = Math.min(FEED_BYTES, Math.max(1, this.#host.maxQueuedBytes / 2));
    try {
      while (out.size < limit && feed.write(out)) {
        if (this.#host.listeners.length > 0) this.#show();
      }
    } catch (error) {
      // Half a frame must not leave.
      this.#host.report(error, this.#session);
      this.#session.close();
      return;
    }
    this.#outbox.flush();
  }

  /** Appends text that is no frame, a byte for each character. */
  text(text: string): void {
    const out = this.#out;
    const at = out.reserve(text.length);
    const { bytes } = out;
    for (let i = 0; i < text.length; i++) bytes[at + i] = text.charCodeAt(i);
    this.#gathered();
  }

  /** Appends bytes that are no frame; they are copied. */
  bytes(bytes: Uint8Array): void {
    const at = this.#out.reserve(bytes.length);
    this.#out.bytes.set(bytes, at);
    this.#gathered();
  }

  /** Resolves when what waits has been written, or never will be. */
  room(): Promise<void> {
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  /** Writes what has gathered. */
  flush(): void {
    this.#outbox.flush();
  }

  /** Writes what gathers until the end of this turn. */
  flushSoon(): void {
    if (this.#flushScheduled) return;
    this.#flushScheduled = true;
    queueMicrotask(() => {
      this.#flushScheduled = false;
      this.#outbox.flush();
    });
  }

  /** Lets those go on who wait for room. */
  release(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const resolve of waiters) resolve();
  }

  #relieve(): void {
    this.#congested = false;
    if (this.#waiters.length > 0) this.release();
    this.#drained();
  }

  /** A frame was appended. */
  #wrote(): void {
    if (this.#host.listeners.length > 0) this.#show();
    this.#gathered();
  }

  #show(): void {
    showFrame(this.#host, "sent", Frame.from(this.#out.last()), this.#session);
  }

  /** Something was appended: writes it when it is much, and says when too much waits. */
  #gathered(): void {
    const limit = this.#host.maxQueuedBytes;
    if (this.#out.size < limit) return;
    this.#outbox.flush();
    // A write is under way, and this much waits behind it.
    if (this.#out.size >= limit) this.#congested = true;
  }
}
