/**
 * The one contract between bytes and the rest: a connected pipe that pushes what it reads and takes coalesced writes.
 *
 * Only files of this folder may name a runtime.
 */

/** Who receives the bytes of a {@linkcode Transport}. */
export interface Sink {
  /**
   * A buffer to read the next bytes into, when the sink waits for a large frame; `undefined` to use the transport's own.
   * A transport that cannot read into a given buffer need not ask.
   */
  room?(): Uint8Array | undefined;
  /** Bytes came; they are valid until this call returns and must be copied to be kept. */
  data(chunk: Uint8Array): void;
  /**
   * The pipe ended, once, after the last `data`: without an error when the peer closed in order,
   * with the cause otherwise. Nothing is delivered afterwards.
   */
  end(error?: unknown): void;
}

/**
 * One connected byte pipe.
 *
 * - `start` is called once; no byte is read before.
 * - `write` is called again only after the previous one has settled; the bytes belong to the transport until then.
 * - Reading never waits for writing, nor writing for reading.
 * - `close` may be called at any time and more than once.
 */
export interface Transport {
  /** The address of the peer as text, for messages. */
  readonly peer: string;
  /** Whether the bytes are encrypted on the way. */
  readonly secure: boolean;
  /** Starts to deliver what is read to a sink. */
  start(sink: Sink): void;
  /** Gives the pipe to another sink, from the next chunk on. */
  handOver(sink: Sink): void;
  /** Stops reading until `resume`; the operating system then slows the peer down. */
  pause(): void;
  /** Reads on after `pause`. */
  resume(): void;
  /**
   * Writes all bytes: returns nothing when they are no longer needed, or a promise that resolves when they are
   * no longer needed and rejects when they could not be written.
   */
  write(bytes: Uint8Array): Promise<void> | undefined;
  /** Closes both directions at once; the sink hears `end` without an error if it has not yet. */
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
  /** Gives up dialling when aborted; the dial then rejects with its reason and leaves nothing open. */
  readonly signal?: AbortSignal;
}

/** Opens a connection to an address: all that a client needs of a runtime. */
export type Dial = (address: Address, options?: DialOptions) => Promise<Transport>;

/** An open listening socket. */
export interface Listener {
  /** Where it listens, with the port that was given by the system when 0 was asked. */
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

/** Listens on an address and gives every accepted connection to a function. */
export type Listen = (
  address: Address,
  accept: (transport: Transport) => void,
  options?: ListenOptions,
) => Promise<Listener>;
