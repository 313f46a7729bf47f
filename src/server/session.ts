import { ClosedError } from "../errors.ts";
import type { Frame } from "../frame/frame.ts";
import { FrameSplitter } from "../frame/frame_splitter.ts";
import type { Sink, Transport } from "../transport/transport.ts";
import type { Op, Outgoing } from "../ops/op.ts";
import { Features } from "../wire/features.ts";
import { isResponse, Magic } from "../wire/header.ts";
import { Answers } from "./answers.ts";
import { Exchange, type ExchangeHost } from "./exchange.ts";
import { RequestQueue } from "./request_queue.ts";
import { readRequest, type Route } from "./route.ts";
import { FeedPump, type SessionFeed } from "./session_feed.ts";
import { type SessionHost, showFrame } from "./session_host.ts";
import { beginText } from "./session_text.ts";
import { StatusReply } from "./status_reply.ts";
import type { TextSession } from "./text/text_session.ts";
import { type Turn, Turns } from "./turns.ts";
import { readUnreadable, refuseHeader, refuseMagic, type Unreadable } from "./unreadable.ts";

/**
 * One client of a {@linkcode Server}.
 *
 * - Answers leave in the order of the requests, all answers to one chunk in one write.
 * - When a client does not read its answers, or sends faster than the handlers answer, the session stops to read from it: it holds
 *   no more than a few times `maxQueuedBytes`.
 *
 * @example Serve one client, without a socket
 * ```ts
 * import { Connection, VERSION } from "@memwire/memwire/codec";
 * import { MemoryStore, Server } from "@memwire/memwire/server";
 * import { memoryPair } from "@memwire/memwire/transport/memory";
 * import { assertEquals } from "@std/assert";
 *
 * const server = new Server();
 * new MemoryStore({ version: "1.6.0" }).register(server);
 * const [here, there] = memoryPair();
 * const session = server.serve(there);
 *
 * const connection = new Connection(here);
 * assertEquals(await connection.call(VERSION, {}), { version: "1.6.0" });
 * assertEquals([session.bytesRead, session.bytesWritten], [24, 29]);
 *
 * await session.close();
 * await connection.closed;
 * ```
 */
export class Session implements AsyncDisposable {
  /** Who the client has shown to be; set by what authenticates it. */
  user: string | undefined = undefined;
  /** What was agreed on by HELLO; set by what answers it, and good for the requests that come after. */
  features: Features = Features.NONE;

  readonly #transport: Transport;
  readonly #host: SessionHost;
  readonly #splitter: FrameSplitter;
  readonly #answers: Answers;
  readonly #exchanges: ExchangeHost;
  /** `ending`: nothing more is read, and when what waits has been written the connection is closed. */
  #state: "open" | "ending" | "closed" = "open";
  #bytesRead = 0;
  /** Reads the requests of a client that speaks text. */
  #text: TextSession | undefined = undefined;
  readonly #feed: FeedPump = new FeedPump({
    ready: () => this.#state === "open" && (this.#turns.length === 0 || this.#host.concurrency === 1),
    fill: (feed) => this.#answers.fill(feed),
  });
  #controller: AbortController | undefined = undefined;
  #paused = false;
  /** Whether requests are being looked at, whose answers leave together afterwards. */
  #busy = false;

  /** Requests in the hands of handlers. */
  readonly #turns = new Turns();
  /** Requests behind them. */
  readonly #queue = new RequestQueue();
  /** What came behind those, and ends the session when they are answered. */
  #last: Unreadable | undefined = undefined;

  /** Starts to answer what comes over a transport; `Server.serve` makes it. */
  constructor(transport: Transport, host: SessionHost) {
    this.#transport = transport;
    this.#host = host;
    this.#splitter = new FrameSplitter({ maxBody: host.maxBody });
    this.#exchanges = { session: this, push: (exchange, message) => this.#push(exchange, message) };
    this.#answers = new Answers(transport, { session: this, host, drained: () => this.#drained() });
    transport.start(this.#sink);
  }

  /** The address of the client as text. */
  get peer(): string {
    return this.#transport.peer;
  }

  /** Whether the bytes are encrypted on the way. */
  get secure(): boolean {
    return this.#transport.secure;
  }

  /** Bytes received since the beginning. */
  get bytesRead(): number {
    return this.#bytesRead;
  }

  /** Bytes written since the beginning. */
  get bytesWritten(): number {
    return this.#answers.bytesWritten;
  }

  /** Resolves, never rejects, when the connection is closed, whoever closed it. */
  get closed(): Promise<void> {
    return this.#transport.closed;
  }

  /** Aborted when the connection is gone. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#state === "closed") this.#abort();
    }
    return this.#controller.signal;
  }

  /** Sends a request of the server itself, magic 0x82 with opaque 0; an answer to it is not looked at. Nothing is sent once it ends. */
  notify<Req, Res>(op: Op<Req, Res>, request: Outgoing<Req>): void {
    if (this.#state !== "open") return;
    this.#answers.notify(op, request);
    if (!this.#busy) this.#answers.flushSoon();
  }

  /**
   * Lets a feed send requests of its own, with whatever opaque, as far as the client reads; one at a time. A request of the client
   * is answered before what the feed sends because of it, unless the answer takes a promise.
   */
  attach(feed: SessionFeed): void {
    if (this.#state === "open") this.#feed.attach(feed);
    else feed.ended();
  }

  /** The feed has something to send: it is asked for it at the end of this turn, if there is room, else as soon as there is. */
  wake(): void {
    this.#feed.wake();
  }

  /** Takes no more requests, and closes the connection when what was sent until now has left. */
  finish(): void {
    this.#finish();
  }

  /** Closes the connection at once; requests that handlers still work on are not answered. Resolves when it is closed. */
  close(): Promise<void> {
    this.#leave();
    this.#transport.close();
    return this.closed;
  }

  /** The same as {@linkcode Session.close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  readonly #sink: Sink = {
    room: () => this.#text === undefined ? this.#splitter.room() : undefined,
    data: (chunk) => this.#receive(chunk),
    end: (error) => {
      if (error !== undefined && this.#state !== "closed") this.#host.report(error, this);
      this.#leave();
      // Answers that are on their way still reach a client that has ended its own direction only.
      if (this.#answers.idle) this.#transport.close();
    },
  };

  #receive(chunk: Uint8Array): void {
    if (this.#bytesRead === 0 && chunk[0] !== Magic.CLIENT_REQUEST) {
      this.#text = beginText(this.#host, this.#answers, {
        session: this,
        isOpen: () => this.#state === "open",
        finish: () => this.#finish(),
      });
    }
    this.#bytesRead += chunk.length;
    if (this.#state !== "open" || this.#last !== undefined) return;
    this.#busy = true;
    try {
      if (this.#text !== undefined) this.#text.receive(chunk);
      else this.#splitter.push(chunk, this.#visit);
    } catch (error) {
      this.#refuse(readUnreadable(error));
    }
    this.#busy = false;
    this.#answers.flush();
    if (!this.#queue.empty) this.#work();
    this.#control();
  }

  readonly #visit = (frame: Frame): void => {
    if (this.#host.listeners.length > 0) showFrame(this.#host, "received", frame, this);
    if (frame.magic !== Magic.CLIENT_REQUEST && !this.#takes(frame.magic)) this.#refuse(refuseMagic(frame));
    else if (isResponse(frame.magic)) this.#feed.answered(frame);
    else if (!this.#queue.empty || this.#stalled()) this.#queue.push(frame);
    else this.#handle(frame);
  };

  /** Whether a frame may come beside plain requests: one with framing extras, or the answer to what the server has sent. */
  #takes(magic: number): boolean {
    if (this.#host.dialect === undefined) return false;
    // What a feed sends is answered as a server would.
    if (magic === Magic.SERVER_RESPONSE || magic === Magic.FLEX_RESPONSE) return this.#feed.attached;
    return magic === Magic.FLEX_REQUEST || magic === Magic.CLIENT_RESPONSE;
  }

  /** Whether no request may be given to a handler now. */
  #stalled(): boolean {
    return this.#answers.congested || this.#turns.length >= this.#host.concurrency;
  }

  #handle(frame: Frame): void {
    const route = this.#host.routes[frame.opcode];
    const exchange = new Exchange(this.#exchanges, frame, route?.op);
    const turn = this.#turns.length > 0 ? this.#turns.add(exchange, route) : undefined;
    let request: unknown;
    let outcome: unknown;
    let failed = false;
    try {
      this.#host.dialect?.receive(frame, exchange);
      this.#guard(exchange);
      request = readRequest(route, frame, this.#host.dialect !== undefined);
      outcome = route!.handler(request, exchange);
    } catch (error) {
      outcome = error;
      failed = true;
    }
    if (!failed && isPromise(outcome)) this.#await(outcome, turn ?? this.#turns.add(exchange, route), request);
    else if (turn !== undefined) turn.settle(request, outcome, failed);
    else this.#answer(exchange, route, request, outcome, failed);
  }

  #guard(exchange: Exchange): void {
    for (const guard of this.#host.guards) guard(exchange);
  }

  #await(outcome: PromiseLike<unknown>, turn: Turn, request: unknown): void {
    const settle = (outcome: unknown, failed: boolean) => {
      turn.settle(request, outcome, failed);
      if (this.#state === "open") this.#work();
      // Nobody waits for the answer any more, but a fault stays one.
      else if (failed && !(outcome instanceof StatusReply) && outcome !== this.#controller?.signal.reason) {
        this.#host.report(outcome, this, turn.exchange);
      }
    };
    outcome.then((result) => settle(result, false), (error) => settle(error, true));
  }

  #answer(exchange: Exchange, route: Route | undefined, request: unknown, outcome: unknown, failed: boolean): void {
    if (failed) this.#answers.fail(exchange, route, request, outcome);
    else if (!exchange.silent) this.#answers.succeed(exchange, route!, request, outcome);
    if (exchange.closing) this.#finish();
  }

  /** Answers what has come to its turn, and goes on with the requests that had to wait. */
  #work(): void {
    if (this.#state !== "open" || this.#busy) return;
    this.#busy = true;
    this.#workOnText();
    this.#answerTurns();
    while (this.#state === "open" && !this.#queue.empty && !this.#stalled()) {
      this.#handle(this.#queue.shift());
      this.#answerTurns();
    }
    this.#busy = false;
    if (this.#last !== undefined && this.#queue.empty && this.#turns.length === 0) this.#endWith(this.#last);
    this.#answers.flushSoon();
    this.#feed.wake();
    this.#control();
  }

  #workOnText(): void {
    try {
      this.#text?.work();
    } catch (error) {
      this.#refuse(readUnreadable(error));
    }
  }

  #answerTurns(): void {
    for (let turn = this.#turns.first; turn !== undefined; turn = this.#turns.first) {
      const pushed = turn.takePushed();
      for (const message of pushed) this.#pushInTurn(turn.exchange, message);
      if (!turn.settled || this.#state !== "open") return;
      this.#turns.shift();
      this.#answer(turn.exchange, turn.route, turn.request, turn.outcome, turn.failed);
    }
  }

  #push(exchange: Exchange, message: unknown): Promise<void> | undefined {
    if (this.#state !== "open") return undefined;
    const waiting = this.#turns.findWaiting(exchange);
    if (waiting !== undefined) {
      waiting.pushed.push(message);
      return this.#answers.room();
    }
    this.#answers.push(exchange, message);
    if (!this.#busy) this.#answers.flushSoon();
    return this.#answers.congested ? this.#answers.room() : undefined;
  }

  /** Sends what was pushed too early; nobody is there any more to be told that it does not fit. */
  #pushInTurn(exchange: Exchange, message: unknown): void {
    try {
      this.#answers.push(exchange, message);
    } catch (error) {
      this.#host.report(error, this, exchange);
    }
  }

  /** Ends the session because of what cannot be read, when all before it is answered. */
  #refuse(unreadable: Unreadable): void {
    this.#splitter.stop();
    if (this.#queue.empty && this.#turns.length === 0) this.#endWith(unreadable);
    else this.#last = unreadable;
  }

  #endWith({ error, header }: Unreadable): void {
    this.#host.report(error, this);
    if (header !== undefined) {
      const exchange = new Exchange(this.#exchanges, header, undefined);
      try {
        if (header.valueLength >= 0) this.#guard(exchange);
        refuseHeader(header, this.#host.routes[header.opcode]);
      } catch (reply) {
        this.#answers.fail(exchange, undefined, undefined, reply);
      }
    }
    this.#finish();
  }

  /** Takes no more requests, and closes the connection when what was answered has left. */
  #finish(): void {
    if (this.#state !== "open") return;
    this.#state = "ending";
    this.#splitter.stop();
    this.#forget();
    this.#feed.end();
    // What comes now is not looked at, but it must be read to learn that the client is gone.
    if (this.#paused) this.#transport.resume();
    if (this.#answers.idle) this.#transport.close();
    else this.#answers.flushSoon();
  }

  #drained(): void {
    if (this.#state !== "open") return this.#transport.close();
    this.#work();
    this.#feed.wake();
  }

  /** Stops and starts to read, as the client and the handlers keep up or not. */
  #control(): void {
    if (this.#state !== "open") return;
    const full = this.#answers.congested || this.#queue.bytes >= this.#host.maxQueuedBytes;
    if (full && !this.#paused) {
      this.#paused = true;
      this.#transport.pause();
    } else if (this.#paused && !this.#answers.congested && this.#queue.empty && this.#text?.waiting !== true) {
      this.#paused = false;
      this.#transport.resume();
    }
  }

  #leave(): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#splitter.stop();
    this.#forget();
    this.#feed.end();
    this.#answers.release();
    this.#abort();
  }

  #forget(): void {
    this.#turns.clear();
    this.#queue.clear();
    this.#text?.end();
    this.#last = undefined;
  }

  #abort(): void {
    this.#controller?.abort(new ClosedError(`Cannot answer ${this.peer}: the connection is closed`));
  }
}

function isPromise(outcome: unknown): outcome is PromiseLike<unknown> {
  return typeof (outcome as PromiseLike<unknown> | undefined)?.then === "function";
}
