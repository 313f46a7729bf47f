/**
 * Two connected transports inside one process, and a small network of them: for tests, and for a client and a server
 * that live together.
 *
 * @module
 */
import { checkAddress, dialError, formatAddress, listenError, tlsOf } from "./address.ts";
import { joined, type MemoryPairOptions } from "./memory_transport.ts";
import type { Address, Dial, Listen, Listener, Transport } from "./transport.ts";

export type { MemoryPairOptions };
export type * from "./transport.ts";

/** Where free ports begin, as on most systems. */
const FIRST_FREE_PORT = 49152;

/**
 * Makes two transports that are connected with each other.
 *
 * - Bytes arrive in a microtask of their own, never inside a call of `write`, `start` or `resume`.
 * - A write is done when the other side has taken its last byte; nothing is buffered, so a paused side holds it up.
 * - A delivered chunk is overwritten with 0xEE as soon as `data` returns.
 * - Closing with bytes of the other side unread is a reset for it, otherwise an orderly end.
 *
 * @param options Names of the two sides, chunk size.
 * @returns The two ends.
 *
 * @example Talk to yourself
 * ```ts
 * import { memoryPair } from "@memwire/memwire/transport/memory";
 * import { assertEquals } from "@std/assert";
 *
 * const [here, there] = memoryPair();
 * const heard = new Promise<string>((resolve) =>
 *   there.start({ data: (chunk) => resolve(new TextDecoder().decode(chunk)), end: () => {} })
 * );
 * await here.write(new TextEncoder().encode("hello"));
 * assertEquals(await heard, "hello");
 *
 * here.close();
 * await Promise.all([here.closed, there.closed]);
 * ```
 */
export function memoryPair(options: MemoryPairOptions = {}): [Transport, Transport] {
  return joined(options);
}

/** What {@linkcode memoryListener} gives: both ends of a network that exists in this process only. */
export interface MemoryListener {
  /** Connects to an address that was listened on. */
  readonly connect: Dial;
  /** Listens on any address: a port, where 0 takes a free one, or a path. */
  readonly listen: Listen;
}

/**
 * Makes a network inside the process: what is listened on by its `listen` can be reached by its `connect`, and by
 * nothing else. Who listens with TLS options must be dialled with `tls` and the other way round, but nothing is
 * encrypted and no certificate is looked at.
 *
 * @returns The `connect` and the `listen` of the new network.
 *
 * @example Serve without a socket
 * ```ts
 * import { memoryListener } from "@memwire/memwire/transport/memory";
 * import { assertEquals } from "@std/assert";
 *
 * const { connect, listen } = memoryListener();
 * const listener = await listen({ hostname: "cache", port: 11211 }, (transport) => transport.close());
 * const transport = await connect({ hostname: "cache", port: 11211 });
 * assertEquals(transport.peer, "cache:11211");
 * await new Promise<void>((resolve) => transport.start({ data: () => {}, end: () => resolve() }));
 * listener.close();
 * ```
 */
export function memoryListener(): MemoryListener {
  const network = new MemoryNetwork();
  return {
    connect: (address, options) => network.connect(address, options?.signal),
    listen: (address, accept, options) => network.listen(address, { accept, secure: options?.tls !== undefined }),
  };
}

interface MemoryServer {
  readonly accept: (transport: Transport) => void;
  readonly secure: boolean;
}

class MemoryNetwork {
  readonly #servers = new Map<string, MemoryServer>();
  #nextPort = FIRST_FREE_PORT;
  #nextClient = 1;

  async connect(address: Address, signal: AbortSignal | undefined): Promise<Transport> {
    checkAddress(address, 1);
    signal?.throwIfAborted();
    // As elsewhere, a dial takes its time and can be given up meanwhile.
    await Promise.resolve();
    signal?.throwIfAborted();
    const name = formatAddress(address);
    const server = this.#servers.get(name);
    if (server === undefined) throw dialError(address, new Error("Connection refused"));
    const secure = tlsOf(address) !== undefined;
    if (server.secure !== secure) {
      const what = secure ? "The server does not speak TLS" : "The server speaks TLS only";
      throw dialError(address, new Error(what), "TLS handshake");
    }
    const [client, peer] = joined({ peers: [name, `memory:${this.#nextClient++}`], secure });
    try {
      server.accept(peer);
    } catch (error) {
      peer.fail(error);
    }
    return client;
  }

  // deno-lint-ignore require-await -- so that wrong arguments reject
  async listen(asked: Address, server: MemoryServer): Promise<Listener> {
    checkAddress(asked, 0);
    const address = "port" in asked && asked.port === 0 ? this.#freePort(asked.hostname) : asked;
    const name = formatAddress(address);
    if (this.#servers.has(name)) throw listenError(address, new Error("Address already in use"));
    this.#servers.set(name, server);
    let settle = () => {};
    const closed = new Promise<void>((resolve) => settle = resolve);
    const close = () => {
      if (this.#servers.get(name) === server) this.#servers.delete(name);
      settle();
    };
    return { address, close, closed };
  }

  #freePort(hostname: string): Address {
    while (this.#servers.has(formatAddress({ hostname, port: this.#nextPort }))) this.#nextPort++;
    return { hostname, port: this.#nextPort++ };
  }
}
