/**
 * TCP, TLS and unix sockets on `node:net` and `node:tls`: for Node, and for the node compatibility of other runtimes.
 *
 * @module
 */
import type net from "node:net";
import { checkAddress, dialError, formatAddress, listenError, tlsOf } from "./address.ts";
import { nodeSockets, openPlain, openServer, openTls } from "./node_sockets.ts";
import { NodeTransport, stateOf } from "./node_transport.ts";
import type { Address, DialOptions, Listener, ListenOptions, TcpAddress, Transport } from "./transport.ts";

export type * from "./transport.ts";

/**
 * Opens a connection over TCP, TLS or a unix socket.
 *
 * @param address Where the server is.
 * @param options What may end the dial early.
 * @returns The open transport; nothing is read from it before its `start`.
 * @throws {ConnectionError} When nobody listens there, the name is unknown or the TLS handshake fails (`sent` is false).
 * @throws {RangeError} When the port is no integer from 1 to 65535.
 *
 * @example A request and its answer
 * ```ts
 * import { connect, listen } from "@memwire/memwire/transport/node";
 * import { assertEquals } from "@std/assert";
 *
 * let served: Promise<void> | undefined;
 * const listener = await listen({ hostname: "127.0.0.1", port: 0 }, (peer) => {
 *   served = peer.closed;
 *   peer.start({ data: (chunk) => void peer.write(chunk.slice()), end: () => {} });
 * });
 * const transport = await connect(listener.address);
 * const answer = new Promise<string>((resolve) =>
 *   transport.start({ data: (chunk) => resolve(new TextDecoder().decode(chunk)), end: () => {} })
 * );
 * await transport.write(new TextEncoder().encode("echo"));
 * assertEquals(await answer, "echo");
 *
 * transport.close();
 * listener.close();
 * await Promise.all([transport.closed, served, listener.closed]);
 * ```
 */
export async function connect(address: Address, options: DialOptions = {}): Promise<Transport> {
  checkAddress(address, 1);
  const { signal } = options;
  signal?.throwIfAborted();
  const sockets = await nodeSockets();
  signal?.throwIfAborted();
  const secured = tlsOf(address);
  return await new Promise((resolve, reject) => {
    const state = stateOf(formatAddress(address), () => socket);
    const socket = secured === undefined
      ? openPlain(sockets, address, state)
      : openTls(sockets, address as TcpAddress, secured);
    let reached = false;
    let failure: unknown;
    const abort = () => socket.destroy();
    const fail = (error: unknown) => failure ??= error;
    const close = () => {
      signal?.removeEventListener("abort", abort);
      const step = secured !== undefined && reached ? "TLS handshake" : undefined;
      const cause = failure ?? new Error("Connection closed by the server");
      reject(signal?.aborted ? signal.reason : dialError(address, cause, step));
    };
    signal?.addEventListener("abort", abort, { once: true });
    socket.pause();
    socket.on("error", fail);
    socket.once("close", close);
    socket.once("connect", () => reached = true);
    socket.once(secured === undefined ? "connect" : "secureConnect", () => {
      signal?.removeEventListener("abort", abort);
      socket.off("error", fail);
      socket.off("close", close);
      resolve(new NodeTransport(socket, { state, secure: secured !== undefined }));
    });
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
 *
 * @example Take a free port
 * ```ts
 * import { listen } from "@memwire/memwire/transport/node";
 * import { assert } from "@std/assert";
 *
 * const listener = await listen({ hostname: "127.0.0.1", port: 0 }, (transport) => transport.close());
 * assert("port" in listener.address && listener.address.port > 0);
 * listener.close();
 * await listener.closed;
 * ```
 */
export async function listen(
  address: Address,
  accept: (transport: Transport) => void,
  options: ListenOptions = {},
): Promise<Listener> {
  checkAddress(address, 0);
  const sockets = await nodeSockets();
  const server = openServer(sockets, options.tls, (socket) => {
    const state = stateOf(peerOf(socket, address), () => socket);
    const transport = new NodeTransport(socket, { state, secure: options.tls !== undefined });
    try {
      accept(transport);
    } catch (error) {
      state.fail(error);
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) => reject(listenError(address, error)));
    server.once("listening", resolve);
    if ("path" in address) server.listen(address.path);
    else server.listen(address.port, address.hostname);
  });
  // An accept that failed, as for want of file descriptors, concerns one connection; the server goes on by itself.
  server.on("error", () => {});
  return new NodeListener(server, address);
}

class NodeListener implements Listener {
  readonly address: Address;
  readonly closed: Promise<void>;
  readonly #server: net.Server;
  #settle: () => void = () => {};

  constructor(server: net.Server, asked: Address) {
    const taken = server.address();
    this.#server = server;
    this.address = "path" in asked || taken === null || typeof taken === "string"
      ? asked
      : { ...asked, port: taken.port };
    this.closed = new Promise((resolve) => this.#settle = resolve);
  }

  close(): void {
    if (!this.#server.listening) return;
    // Its callback would wait for the connections that stay open.
    this.#server.close();
    this.#settle();
  }
}

function peerOf(socket: net.Socket, listening: Address): string {
  const { remoteAddress, remotePort } = socket;
  if (remoteAddress === undefined || remotePort === undefined) return formatAddress(listening);
  return formatAddress({ hostname: remoteAddress, port: remotePort });
}
