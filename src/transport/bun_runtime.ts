/**
 * The part of Bun's socket API that `bun.ts` uses, written down here so that no package of types is needed.
 */
import { UnsupportedError } from "../errors.ts";

/** A socket of `Bun.connect` or `Bun.listen`. */
export interface BunSocket<Data> {
  /** What its user has attached. */
  data: Data;
  /** Address of the peer. */
  readonly remoteAddress: string | undefined;
  /** Port of the peer. */
  readonly remotePort: number | undefined;
  /** Gives bytes to the system; returns how many it took, less than 0 when the socket is closed. */
  write(bytes: Uint8Array): number;
  /** Closes in order; with TLS, when the peer has said goodbye too, or after 12 s. */
  end(): void;
  /** Ends the writing side, with TLS's goodbye. */
  shutdown(): void;
  /** Closes at once, without a reset and without TLS's goodbye. */
  close(): void;
  /** Closes with a reset. */
  terminate(): void;
  /** Stops reading. */
  pause(): void;
  /** Reads again. */
  resume(): void;
  /** Turns Nagle's algorithm off. */
  setNoDelay(on: boolean): void;
  /** Calls the `timeout` handler after so many idle seconds; 0 never. */
  timeout(seconds: number): void;
}

/** What Bun calls for a socket. */
export interface BunHandler<Data> {
  /** Connected; with TLS, before the handshake. */
  open?(socket: BunSocket<Data>): void;
  /** The handshake succeeded or not. */
  handshake?(socket: BunSocket<Data>, success: boolean, error: Error | null): void;
  /** Bytes came. */
  data(socket: BunSocket<Data>, chunk: Uint8Array): void;
  /** The system can take bytes again. */
  drain?(socket: BunSocket<Data>): void;
  /** The peer will send no more. */
  end?(socket: BunSocket<Data>): void;
  /** Closed, with an error when not in order. */
  close?(socket: BunSocket<Data>, error?: Error): void;
  /** A handler threw. */
  error?(socket: BunSocket<Data>, error: Error): void;
  /** Could not connect. */
  connectError?(socket: BunSocket<Data>, error: Error): void;
  /** Was idle for too long. */
  timeout?(socket: BunSocket<Data>): void;
}

/** TLS options as Bun takes them. */
export interface BunTls {
  readonly ca?: readonly string[];
  readonly cert?: string;
  readonly key?: string;
  readonly serverName?: string;
  readonly rejectUnauthorized?: boolean;
}

/** Where to connect to or to listen on. */
export type BunAddress = { readonly hostname: string; readonly port: number } | { readonly unix: string };

/** What `Bun.connect` and `Bun.listen` take beside the address. */
export interface BunOptions<Data> {
  readonly socket: BunHandler<Data>;
  readonly data: Data;
  readonly allowHalfOpen: boolean;
  readonly tls?: BunTls;
}

/** A listener of `Bun.listen`. */
export interface BunListener {
  /** The port; 0 or undefined on a unix socket. */
  readonly port?: number;
  /** Stops listening. */
  stop(): void;
}

/** The global `Bun`. */
export interface BunRuntime {
  /** Opens a connection. */
  connect<Data>(options: BunAddress & BunOptions<Data>): Promise<BunSocket<Data>>;
  /** Listens. */
  listen<Data>(options: BunAddress & BunOptions<Data>): BunListener;
}

/**
 * The global `Bun`.
 *
 * @throws {UnsupportedError} In another runtime.
 */
export function bunRuntime(): BunRuntime {
  const { Bun } = globalThis as { Bun?: BunRuntime };
  if (Bun === undefined) {
    throw new UnsupportedError("Cannot use this transport: Bun is not the runtime", { sent: false });
  }
  return Bun;
}
