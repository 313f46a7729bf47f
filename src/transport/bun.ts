/**
 * TCP, TLS and unix sockets under Bun, on `Bun.connect` and `Bun.listen`: what a write could not place goes out
 * when the socket has drained.
 *
 * @module
 */
import { checkAddress, dialError, formatAddress, listenError, tlsOf } from "./address.ts";
import { type BunAddress, type BunHandler, bunRuntime, type BunTls } from "./bun_runtime.ts";
import { BunTransport, HANDLER, type Socket } from "./bun_transport.ts";
import { nodeSockets } from "./node_sockets.ts";
import type { Address, DialOptions, Listener, ListenOptions, TlsOptions, Transport } from "./transport.ts";

export type * from "./transport.ts";

/** How long a client may take for its TLS handshake, in seconds. */
const HANDSHAKE_LIMIT = 60;

/**
 * Opens a connection over TCP, TLS or a unix socket.
 *
 * @param address Where the server is.
 * @param options What may end the dial early.
 * @returns The open transport; nothing is delivered from it before its `start`.
 * @throws {ConnectionError} When nobody listens there, the name is unknown or the TLS handshake fails (`sent` is false).
 * @throws {RangeError} When the port is no integer from 1 to 65535.
 * @throws {UnsupportedError} When the runtime is not Bun.
 *
 * @example A request and its answer
 * ```ts ignore
 * import { connect } from "@memwire/memwire/transport/bun";
 *
 * const transport = await connect({ hostname: "127.0.0.1", port: 11211 });
 * transport.start({ data: (chunk) => console.log(chunk.length), end: () => {} });
 * await transport.write(new TextEncoder().encode("version\r\n"));
 * ```
 */
export async function connect(address: Address, options: DialOptions = {}): Promise<Transport> {
  const runtime = bunRuntime();
  checkAddress(address, 1);
  const { signal } = options;
  signal?.throwIfAborted();
  const secured = tlsOf(address);
  const tls = secured && await clientTls(secured);
  signal?.throwIfAborted();
  return await new Promise((resolve, reject) => {
    let open: Socket | undefined;
    let settled = false;
    const settle = (end: () => void) => {
      settled = true;
      signal?.removeEventListener("abort", abort);
      end();
    };
    const abort = () => {
      settle(() => reject(signal?.reason));
      open?.terminate();
    };
    const fail = (cause: unknown) => {
      if (settled) return;
      const step = secured !== undefined && open !== undefined ? "TLS handshake" : undefined;
      settle(() => reject(dialError(address, cause, step)));
      open?.terminate();
    };
    const ready = (socket: Socket) => {
      const peer = formatAddress(address);
      settle(() => resolve(new BunTransport(socket, { peer, secure: secured !== undefined })));
    };
    signal?.addEventListener("abort", abort, { once: true });
    const socket: BunHandler<BunTransport | undefined> = {
      ...HANDLER,
      open: (socket) => {
        open = socket;
        if (settled) socket.terminate();
        else if (secured === undefined) ready(socket);
      },
      handshake: (socket, success, error) => {
        if (settled) return;
        if (success && error === null) ready(socket);
        else fail(error);
      },
      close: (socket, error) =>
        socket.data === undefined
          ? fail(error ?? new Error("Connection closed by the server"))
          : socket.data.gone(error),
    };
    const where = { ...bunAddress(address), ...(tls && { tls }) };
    runtime.connect({ ...where, socket, data: undefined, allowHalfOpen: true }).catch(fail);
  });
}

/**
 * Listens on a TCP port or a unix socket, with TLS if asked; the socket's file goes when the listener is closed.
 *
 * @param address Where to listen; port 0 takes a free one.
 * @param accept Gets every connection that is ready (after the handshake, with TLS); if it throws, that connection
 * is closed and the listener goes on.
 * @param options TLS certificate and key.
 * @returns The listener, with the port that was taken.
 * @throws {ConnectionError} When the address cannot be listened on, as when it is in use.
 * @throws {RangeError} When the port is no integer from 0 to 65535.
 * @throws {UnsupportedError} When the runtime is not Bun.
 *
 * @example Take a free port
 * ```ts ignore
 * import { listen } from "@memwire/memwire/transport/bun";
 *
 * const listener = await listen({ hostname: "127.0.0.1", port: 0 }, (transport) => transport.close());
 * console.log(listener.address);
 * listener.close();
 * ```
 */
// deno-lint-ignore require-await -- so that wrong arguments reject, as they do in every other runtime
export async function listen(
  address: Address,
  accept: (transport: Transport) => void,
  options: ListenOptions = {},
): Promise<Listener> {
  const runtime = bunRuntime();
  checkAddress(address, 0);
  const { tls } = options;
  const welcome = (socket: Socket) => {
    const peer = peerOf(socket, address);
    const transport = new BunTransport(socket, { peer, secure: tls !== undefined });
    try {
      accept(transport);
    } catch (error) {
      transport.fail(error);
    }
  };
  const socket: BunHandler<BunTransport | undefined> = tls === undefined ? { ...HANDLER, open: welcome } : {
    ...HANDLER,
    open: (socket) => socket.timeout(HANDSHAKE_LIMIT),
    handshake: (socket, success) => {
      socket.timeout(0);
      if (success) welcome(socket);
    },
  };
  try {
    const listener = runtime.listen({
      ...bunAddress(address),
      ...(tls && { tls: { cert: tls.cert, key: tls.key } }),
      socket,
      data: undefined,
      allowHalfOpen: true,
    });
    return new BunListening(listener, address);
  } catch (cause) {
    throw listenError(address, cause);
  }
}

class BunListening implements Listener {
  readonly address: Address;
  readonly closed: Promise<void>;
  readonly #listener: { stop(): void };
  #settle: () => void = () => {};

  constructor(listener: { readonly port?: number; stop(): void }, asked: Address) {
    this.#listener = listener;
    this.address = "path" in asked ? asked : { ...asked, port: listener.port ?? asked.port };
    this.closed = new Promise((resolve) => this.#settle = resolve);
  }

  close(): void {
    this.#listener.stop();
    this.#settle();
  }
}

function bunAddress(address: Address): BunAddress {
  return "path" in address ? { unix: address.path } : { hostname: address.hostname, port: address.port };
}

async function clientTls(options: TlsOptions): Promise<BunTls> {
  const { caCerts, cert, key, serverName } = options;
  return {
    rejectUnauthorized: true,
    // Giving `ca` would replace what is trusted when nothing is said.
    ...(caCerts && { ca: [...(await nodeSockets()).tls.rootCertificates, ...caCerts] }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(serverName !== undefined && { serverName }),
  };
}

function peerOf(socket: Socket, listening: Address): string {
  const { remoteAddress, remotePort } = socket;
  if ("path" in listening || remoteAddress === undefined || remotePort === undefined) return formatAddress(listening);
  return formatAddress({ hostname: remoteAddress, port: remotePort });
}
