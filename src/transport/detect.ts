/** Finds the transport of the runtime it runs in, and loads no other: dynamic imports only. */
import type { Address, DialOptions, Listener, ListenOptions, Transport } from "./transport.ts";

/** What every transport file of a runtime exports. */
interface Sockets {
  connect(address: Address, options?: DialOptions): Promise<Transport>;
  listen(address: Address, accept: (transport: Transport) => void, options?: ListenOptions): Promise<Listener>;
}

/**
 * Opens a connection with what this runtime has: `Deno.connect`, `Bun.connect` or, in Node and everything else, `node:net`.
 *
 * @param address Where the server is.
 * @param options What may end the dial early.
 * @returns The open transport; nothing is delivered from it before its `start`.
 * @throws {ConnectionError} When nobody listens there, the name is unknown or the TLS handshake fails (`sent` is false).
 * @throws {RangeError} When the port is no integer from 1 to 65535.
 *
 * @example Nobody is there
 * ```ts
 * import { ConnectionError, dial } from "@memwire/memwire";
 * import { assertRejects } from "@std/assert";
 *
 * const error = await assertRejects(() => dial({ hostname: "127.0.0.1", port: 1 }), ConnectionError);
 * console.log(error.sent); // false: nothing has left, try again at will
 * ```
 */
export async function dial(address: Address, options?: DialOptions): Promise<Transport> {
  return await (await sockets()).connect(address, options);
}

/**
 * Listens with what this runtime has: `Deno.listen`, `Bun.listen` or, in Node and everything else, `node:net`.
 *
 * @param address Where to listen; port 0 takes a free one.
 * @param accept Gets every connection that is ready; if it throws, that connection is closed and the listener goes on.
 * @param options TLS certificate and key.
 * @returns The listener, with the port that was taken.
 * @throws {ConnectionError} When the address cannot be listened on, as when it is in use.
 * @throws {RangeError} When the port is no integer from 0 to 65535.
 *
 * @example Take a free port
 * ```ts
 * import { listen } from "@memwire/memwire/server";
 *
 * const listener = await listen({ hostname: "127.0.0.1", port: 0 }, (transport) => transport.close());
 * console.log(listener.address);
 * listener.close();
 * await listener.closed;
 * ```
 */
export async function listen(
  address: Address,
  accept: (transport: Transport) => void,
  options?: ListenOptions,
): Promise<Listener> {
  return await (await sockets()).listen(address, accept, options);
}

/** In this order, because Deno and Bun also pass for Node. */
async function sockets(): Promise<Sockets> {
  const { Deno, Bun } = globalThis as { Deno?: { version?: unknown }; Bun?: unknown };
  if (Deno?.version !== undefined) return await import("./deno.ts");
  if (Bun !== undefined) return await import("./bun.ts");
  return await import("./node.ts");
}
