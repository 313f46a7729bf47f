/**
 * The one contract between bytes and the rest: a connected pipe that pushes what it reads and takes coalesced writes.
 *
 * Only files of this folder may name a runtime.
 */

/**
 * Who receives the bytes of a {@linkcode Transport}.
 *
 * `data` and `end` are never called inside a call of the transport's user, so a sink need not fear to be re-entered.
 */
export interface Sink {
  /**
   * A buffer to read the next bytes into, when the sink waits for a large frame; `undefined` to use the transport's own.
   * A transport that cannot read into a given buffer need not ask.
   *
   * The buffer is the transport's until the next `data` or `end`. What was read into it comes as a view that begins
   * where the buffer begins, and is not longer; an empty buffer counts as none.
   */
  room?(): Uint8Array | undefined;
  /**
   * Bytes came, at least one; they are valid until this call returns and must be copied to be kept.
   * If it throws, the pipe is closed and `end` gets what was thrown.
   */
  data(chunk: Uint8Array): void;
  /**
   * The pipe ended, once, after the last `data`: without an error when the peer closed in order,
   * with the cause otherwise: a `ConnectionError`, or what the sink threw. Nothing is delivered afterwards.
   * It must not throw: nobody would hear of it.
   */
  end(error?: unknown): void;
}

/**
 * One connected byte pipe.
 *
 * - `start` is called once; no byte is delivered before.
 * - `write` is called again only after the previous one has settled; the bytes belong to the transport until then.
 * - Reading never waits for writing, nor writing for reading.
 * - When the peer has closed in order, the transport closes by itself: a turn after the sink has heard the `end`, or
 *   a turn after its last write is done if that is later; so answers still reach a peer that closed only its own direction.
 * - `close` may be called at any time and more than once.
 */
export interface Transport {
  /** The address of the peer as text, for messages. */
  readonly peer: string;
  /** Whether the bytes are encrypted on the way. */
  readonly secure: boolean;
  /** Starts to deliver what is read to a sink; throws a `TypeError` when called twice. */
  start(sink: Sink): void;
  /**
   * Gives the pipe to another sink, from the next chunk on. If the `end` was told already, the new sink hears it too.
   * Throws a `TypeError` before `start`.
   */
  handOver(sink: Sink): void;
  /**
   * Stops reading until `resume`; the operating system then slows the peer down. What is being read at that moment
   * may still be delivered. An end of the peer may stay unnoticed until `resume`.
   */
  pause(): void;
  /** Reads on after `pause`. */
  resume(): void;
  /**
   * Writes all bytes: returns nothing when they are no longer needed, or a promise that resolves when they are
   * no longer needed and rejects when they could not be written, or perhaps not: with a `ClosedError` after `close`,
   * with a `ConnectionError` when the pipe failed or the peer has gone.
   */
  write(bytes: Uint8Array): Promise<void> | undefined;
  /**
   * Closes both directions at once: nothing more is delivered, a write under way is cut off and rejects,
   * and the sink hears `end` without an error if it has not yet.
   */
  close(): void;
  /** Resolves, never rejects, when the pipe is closed and its resources are freed. */
  readonly closed: Promise<void>;
}

/** Where a server is. */
export type Address = TcpAddress | UnixAddress;

/** A host and a port, over TCP or TLS. */
export interface TcpAddress {
  /** Name or address of the host; IPv6 without brackets. */
  readonly hostname: string;
  /** Port, 0 to 65535 (0 only to listen on a free one). */
  readonly port: number;
  /** TLS, when given; `true` uses the system's certificates. */
  readonly tls?: boolean | TlsOptions;
}

/** The path of a unix domain socket. */
export interface UnixAddress {
  /** Path of the socket in the file system. */
  readonly path: string;
}

/** What a TLS client may want to say. */
export interface TlsOptions {
  /** Certificates of authorities to trust, in PEM; replaces nothing, adds to the system's. */
  readonly caCerts?: readonly string[];
  /** The name to ask for and to check; the host name by default. */
  readonly serverName?: string;
  /** The client's own certificate chain, in PEM. */
  readonly cert?: string;
  /** The private key of that certificate, in PEM. */
  readonly key?: string;
}

/** What a TLS server needs. */
export interface TlsServerOptions {
  /** Certificate chain, in PEM. */
  readonly cert: string;
  /** Private key, in PEM. */
  readonly key: string;
}

/** What a {@linkcode Dial} takes beside the address. */
export interface DialOptions {
  /**
   * Gives up dialling when aborted; the dial then rejects with its reason and leaves nothing open.
   * Without effect once the dial is done.
   */
  readonly signal?: AbortSignal;
}

/**
 * Opens a connection to an address: all that a client needs of a runtime. With TLS, the handshake is done when it resolves.
 *
 * It rejects with a `ConnectionError` that names the address and has `sent: false`, with the reason of the signal,
 * or with a `TypeError` or `RangeError` for an address that cannot be.
 */
export type Dial = (address: Address, options?: DialOptions) => Promise<Transport>;

/** An open listening socket. */
export interface Listener {
  /** Where it listens: what was asked for, with the port that was given by the system when 0 was asked. */
  readonly address: Address;
  /** Stops listening; connections that were accepted stay open. */
  close(): void;
  /** Resolves, never rejects, when the listener is closed. */
  readonly closed: Promise<void>;
}

/** What a {@linkcode Listen} takes beside the address. */
export interface ListenOptions {
  /** Serves TLS with this certificate. */
  readonly tls?: TlsServerOptions;
}

/**
 * Listens on an address and gives every accepted connection to a function; with TLS, when its handshake is done.
 * If the function throws, that connection is closed and the listener goes on.
 *
 * It rejects with a `ConnectionError` when the address cannot be listened on, as when it is in use.
 */
export type Listen = (
  address: Address,
  accept: (transport: Transport) => void,
  options?: ListenOptions,
) => Promise<Listener>;
