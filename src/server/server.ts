import { ClosedError } from "../errors.ts";
import { DEFAULT_MAX_BODY } from "../frame/frame_splitter.ts";
import { NOOP, QUIT } from "../ops/admin.ts";
import type { Op } from "../ops/op.ts";
import { listen } from "../transport/detect.ts";
import type { Address, Listen, Listener, ListenOptions, Transport } from "../transport/transport.ts";
import type { Dialect } from "./dialect.ts";
import type { Exchange } from "./exchange.ts";
import { addRoute, type Guard, type Handler, newRoutes } from "./route.ts";
import { Session } from "./session.ts";
import type { SessionHost, SessionListener } from "./session_host.ts";
import type { TextContext } from "./text/context.ts";
import { serveText, textOf } from "./text/served_text.ts";

/** How a {@linkcode Server} is set. */
export interface ServerOptions {
  /** Largest body of a request in bytes; 20 MiB + 64 KiB by default. A larger one is answered E2BIG and the connection closed. */
  readonly maxBody?: number;
  /**
   * How many bytes of answers a client may leave unread, and how many of requests may wait for handlers, before the server stops
   * to read from it; 1 MiB by default.
   */
  readonly maxQueuedBytes?: number;
  /**
   * How many requests of one client may be in the hands of handlers that return promises; 1 by default, so that each request sees
   * what the one before it did. With more, as for a proxy, answers still leave in the order of the requests.
   */
  readonly concurrency?: number;
  /** How many clients may be connected to what the server listens on; 1024 by default. A further one is closed at once. */
  readonly maxConnections?: number;
  /**
   * Takes what no client may see: the error of a handler (with its exchange), of a listener, bytes that are no request, and a
   * connection that broke. The server goes on, and prints nothing.
   */
  readonly onError?: (error: unknown, context: ErrorContext) => void;
}

/** Where an error came up. */
export interface ErrorContext {
  /** The connection. */
  readonly session: Session;
  /** The request, if it was one. */
  readonly exchange?: Exchange;
}

/** What a server listens with. */
export interface ServerListenOptions extends ListenOptions {
  /** Listens by something other than what this runtime has, such as `memoryListener().listen`. */
  readonly listen?: Listen;
}

/** Where a server listens. */
export interface ServerListener extends Listener, AsyncDisposable {}

/** Counts since a server began. */
export interface ServerCounters {
  /** Clients that are connected. */
  readonly connections: number;
  /** Clients that were ever connected. */
  readonly totalConnections: number;
  /** Clients that were turned away because `maxConnections` were there. */
  readonly rejectedConnections: number;
  /** How many clients may be connected. */
  readonly maxConnections: number;
  /** Bytes received. */
  readonly bytesRead: number;
  /** Bytes sent. */
  readonly bytesWritten: number;
}

/** Reaches into a server; nothing for its users. */
let setText: (server: Server, context: TextContext) => void;

/**
 * Lets a server answer clients whose first byte is none of the binary protocol in text, unless there are guards of its user's or
 * another dialect, which see no text.
 */
export function speakText(server: Server, context: TextContext): void {
  setText(server, context);
}

/**
 * Answers the binary protocol: handlers say what to answer to which opcode, the server does the rest.
 *
 * - It repeats the opcode and the opaque, keeps quiet where the protocol wants it, and answers in the order of the requests.
 * - An opcode without a handler, a body of wrong lengths and a key of over 250 bytes are answered as memcached 1.6 does.
 * - It answers NOOP and QUIT by itself, unless they are given handlers.
 * - With a {@linkcode MemoryStore} it serves text clients too: a connection whose first byte is no 0x80 speaks text, classic and meta.
 *   Guards and handlers see no text, so a server with guards or a dialect has none, and handlers do not change what text is answered.
 *
 * @example
 * ```ts
 * import { GET } from "@memwire/memwire/codec";
 * import { connect } from "@memwire/memwire";
 * import { Server } from "@memwire/memwire/server";
 * import { assertEquals } from "@std/assert";
 *
 * await using server = new Server().on(GET, ({ key }) => ({ value: key, flags: 0, cas: 1n }));
 * const { address } = await server.listen({ hostname: "127.0.0.1", port: 0 });
 *
 * await using mc = await connect(address);
 * assertEquals((await mc.get("echo"))?.text(), "echo");
 * ```
 */
export class Server implements AsyncDisposable {
  readonly #routes = newRoutes();
  readonly #guards: Guard[] = [];
  readonly #sessions = new Set<Session>();
  /** Those that broke. */
  readonly #failed = new WeakSet<Session>();
  readonly #listeners = new Set<Listener>();
  readonly #maxConnections: number;
  readonly #host: { -readonly [K in keyof SessionHost]: SessionHost[K] };
  #closed = false;
  #totalConnections = 0;
  #rejectedConnections = 0;
  /** Bytes of the sessions that are over. */
  #bytesRead = 0;
  #bytesWritten = 0;

  static {
    setText = (server, context) => serveText(server.#host, context);
  }

  /** Makes a server that knows NOOP and QUIT and has no clients. */
  constructor(options: ServerOptions = {}) {
    const { onError } = options;
    this.#maxConnections = options.maxConnections ?? 1024;
    this.#host = {
      routes: this.#routes,
      guards: this.#guards,
      dialect: undefined,
      listeners: [],
      maxBody: options.maxBody ?? DEFAULT_MAX_BODY,
      maxQueuedBytes: options.maxQueuedBytes ?? 1024 * 1024,
      concurrency: options.concurrency ?? 1,
      report: (error, session, exchange) => {
        if (exchange === undefined) this.#failed.add(session);
        onError?.(error, exchange === undefined ? { session } : { session, exchange });
      },
    };
    this.on(NOOP, () => {});
    this.on(QUIT, (_, exchange) => exchange.close());
  }

  /** The clients that are connected now. */
  get sessions(): ReadonlySet<Session> {
    return this.#sessions;
  }

  /** Where the server listens now. */
  get addresses(): readonly Address[] {
    return Array.from(this.#listeners, (listener) => listener.address);
  }

  /** Counts since the beginning. */
  get counters(): ServerCounters {
    let bytesRead = this.#bytesRead;
    let bytesWritten = this.#bytesWritten;
    for (const session of this.#sessions) {
      bytesRead += session.bytesRead;
      bytesWritten += session.bytesWritten;
    }
    return {
      connections: this.#sessions.size,
      totalConnections: this.#totalConnections,
      rejectedConnections: this.#rejectedConnections,
      maxConnections: this.#maxConnections,
      bytesRead,
      bytesWritten,
    };
  }

  /** Gives an opcode, and its quiet twin with it, to a handler; one that it had before is forgotten. */
  on<Req, Res>(op: Op<Req, Res>, handler: Handler<Req, Res>): this {
    addRoute(this.#routes, op, handler);
    return this;
  }

  /**
   * Adds what every request must pass before it is read.
   *
   * @example Take requests for one vbucket only
   * ```ts
   * import { GET, Status } from "@memwire/memwire/codec";
   * import { Server, StatusReply } from "@memwire/memwire/server";
   *
   * const server = new Server();
   * server.guard(({ op, vbucket }) => {
   *   if (op === GET && vbucket !== 7) throw new StatusReply(Status.NOT_MY_VBUCKET);
   * });
   * ```
   */
  guard(guard: Guard): this {
    this.#guards.push(guard);
    return this;
  }

  /** Does what is not about one opcode as another family of servers does; without this, as memcached 1.6. */
  speak(dialect: Dialect): this {
    this.#host.dialect = dialect;
    return this;
  }

  /**
   * Watches the frames of all clients; returns what ends it. What a watcher throws goes to `onError`.
   *
   * @example A trace
   * ```ts
   * import { connect } from "@memwire/memwire";
   * import { formatFrame } from "@memwire/memwire/codec";
   * import { Server } from "@memwire/memwire/server";
   * import { assertEquals } from "@std/assert";
   *
   * await using server = new Server();
   * const trace: string[] = [];
   * const stop = server.observe({
   *   received: (frame, session) => trace.push(`${session.peer} < ${formatFrame(frame)}`),
   *   sent: (frame, session) => trace.push(`${session.peer} > ${formatFrame(frame)}`),
   * });
   * const { address } = await server.listen({ hostname: "127.0.0.1", port: 0 });
   * await using mc = await connect(address);
   * await mc.noop();
   * assertEquals(trace.length, 2);
   * stop();
   * ```
   */
  observe(listener: SessionListener): () => void {
    this.#host.listeners = [...this.#host.listeners, listener];
    return () => {
      this.#host.listeners = this.#host.listeners.filter((other) => other !== listener);
    };
  }

  /**
   * Answers a client at the other end of a transport, which from now on belongs to the session.
   *
   * @throws {ClosedError} If the server is closed; the transport is closed then too.
   */
  serve(transport: Transport): Session {
    if (this.#closed) {
      transport.close();
      throw new ClosedError(`Cannot serve ${transport.peer}: the server is closed`);
    }
    const session = new Session(transport, this.#host);
    this.#totalConnections++;
    this.#sessions.add(session);
    textOf(this.#host)?.log.opened(session);
    session.closed.then(() => {
      this.#sessions.delete(session);
      textOf(this.#host)?.log.closed(session, this.#failed.has(session) ? "error" : "normal");
      this.#bytesRead += session.bytesRead;
      this.#bytesWritten += session.bytesWritten;
    });
    return session;
  }

  /**
   * Listens on an address and serves every client that comes: over TCP, TLS (with `tls`) or a unix socket.
   *
   * @returns Where it listens, with the port that was taken when 0 was asked.
   * @throws {ConnectionError} If the address cannot be listened on.
   * @throws {ClosedError} If the server is closed.
   */
  async listen(address: Address, options: ServerListenOptions = {}): Promise<ServerListener> {
    const { listen: listenBy = listen, ...rest } = options;
    const listener = await listenBy(address, (transport) => this.#accept(transport), rest);
    this.#listeners.add(listener);
    listener.closed.then(() => this.#listeners.delete(listener));
    if (this.#closed) {
      await this.close();
      throw new ClosedError("Cannot listen: the server is closed");
    }
    return {
      address: listener.address,
      closed: listener.closed,
      close: () => listener.close(),
      [Symbol.asyncDispose]: () => {
        listener.close();
        return listener.closed;
      },
    };
  }

  /** Stops listening and closes all connections at once. Resolves when they are closed. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const listener of this.#listeners) listener.close();
    for (const session of this.#sessions) session.close();
    await Promise.all([...this.#listeners, ...this.#sessions].map((open) => open.closed));
  }

  /** The same as {@linkcode Server.close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #accept(transport: Transport): void {
    if (this.#sessions.size < this.#maxConnections) {
      this.serve(transport);
    } else {
      this.#rejectedConnections++;
      transport.close();
    }
  }
}
