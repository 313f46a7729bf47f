/**
 * TCP, TLS and unix sockets under Deno: reads into one slab of its own or into the room that the sink gives,
 * without Web Streams.
 *
 * @module
 */
import { checkAddress, formatAddress, listenError, tlsOf } from "./address.ts";
import { openPlain, startTls } from "./deno_dial.ts";
import { DenoListener } from "./deno_listener.ts";
import { DenoTransport } from "./deno_transport.ts";
import type { Address, DialOptions, Listener, ListenOptions, TcpAddress, Transport } from "./transport.ts";

export type * from "./transport.ts";

/**
 * Opens a connection over TCP, TLS or a unix socket. Needs the permission to connect to it.
 *
 * @param address Where the server is.
 * @param options What may end the dial early.
 * @returns The open transport; nothing is read from it before its `start`.
 * @throws {ConnectionError} When nobody listens there, the name is unknown or the TLS handshake fails (`sent` is false).
 * @throws {RangeError} When the port is no integer from 1 to 65535.
 *
 * @example A request and its answer
 * ```ts
 * import { connect, listen } from "@memwire/memwire/transport/deno";
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
  const secured = tlsOf(address);
  if (secured?.cert !== undefined) {
    // Deno's own TLS can show a certificate only over a connection on which Nagle's algorithm cannot be turned off.
    return await (await import("./node.ts")).connect(address, options);
  }
  const conn = await openPlain(address, signal);
  const secure = secured === undefined ? conn : await startTls(conn as Deno.TcpConn, {
    address: address as TcpAddress,
    options: secured,
    signal,
  });
  return new DenoTransport(secure, { peer: formatAddress(address), secure: secured !== undefined });
}

/**
 * Listens on a TCP port or a unix socket, with TLS if asked; the socket's file goes when the listener is closed.
 * Needs the permission to listen there, and for a unix socket to read and write its path.
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
 * import { listen } from "@memwire/memwire/transport/deno";
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
  if (options.tls !== undefined) {
    // On connections of `Deno.listenTls` Nagle's algorithm cannot be turned off: 40 ms for the second small write.
    return await (await import("./node.ts")).listen(address, accept, options);
  }
  let listener: Deno.Listener;
  try {
    listener = "path" in address
      ? Deno.listen({ transport: "unix", path: address.path })
      : Deno.listen({ hostname: address.hostname, port: address.port });
  } catch (cause) {
    throw listenError(address, cause);
  }
  return new DenoListener(listener, { address, accept });
}
