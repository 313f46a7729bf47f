import { Connection, type ConnectionOptions } from "../connection/connection.ts";
import { authenticate, type Credentials } from "../connection/sasl.ts";
import { AuthError, TimeoutError } from "../errors.ts";
import { dial as dialHere } from "../transport/detect.ts";
import type { Address, Dial, TlsOptions } from "../transport/transport.ts";
import { parseAddress } from "./address.ts";
import { Client } from "./client.ts";

/** How {@linkcode connect} connects. */
export interface ConnectOptions extends ConnectionOptions {
  /** How long connecting may take, with the handshakes, in milliseconds; 2000 by default, 0 for ever. */
  readonly connectTimeout?: number;
  /** Gives up connecting when aborted; it then rejects with the reason of the signal. */
  readonly signal?: AbortSignal;
  /** Who one is, for servers that ask. */
  readonly credentials?: Credentials;
  /** Sends the password over a connection that is not encrypted; `true` unless set, as memcached knows no other way. */
  readonly allowPlaintextAuth?: boolean;
  /** Encrypts the connection; `true` or what is special about it. */
  readonly tls?: boolean | TlsOptions;
  /** Opens the transport; that of the runtime when not given. */
  readonly dial?: Dial;
}

/**
 * Connects to a server and resolves to a client when it can be used.
 *
 * The address is `host:port`, `unix:/path`, `memcached://user:password@host:port`, `memcacheds://…` (TLS), or an object.
 * Rejects with a {@linkcode ConnectionError} if the server cannot be reached, a {@linkcode TimeoutError} if it takes too long,
 * an {@linkcode AuthError} if it does not accept the credentials, a `TypeError` if the address cannot be read.
 *
 * @example
 * ```ts
 * import { connect } from "@memwire/memwire";
 * import { MemoryStore, Server } from "@memwire/memwire/server";
 * import { assertEquals } from "@std/assert";
 *
 * await using server = new Server();
 * new MemoryStore().register(server);
 * const { address } = await server.listen({ hostname: "127.0.0.1", port: 0 });
 *
 * await using client = await connect(address);
 * await client.set("user:1", "Ada", { ttl: 60 });
 * assertEquals(await client.getText("user:1"), "Ada");
 * ```
 */
export async function connect(server: string | URL | Address, options: ConnectOptions = {}): Promise<Client> {
  const { address, credentials } = locate(server, options);
  const { connectTimeout = 2000, signal } = options;
  const giveUp = new AbortController();
  const onAbort = () => giveUp.abort(signal?.reason);
  signal?.throwIfAborted();
  signal?.addEventListener("abort", onAbort, { once: true });
  const timer = connectTimeout === 0 ? undefined : setTimeout(() => {
    giveUp.abort(
      new TimeoutError(`Cannot connect to ${show(address)}: not done after ${connectTimeout} ms`, { sent: false }),
    );
  }, connectTimeout);
  try {
    const transport = await (options.dial ?? dialHere)(address, { signal: giveUp.signal });
    const connection = new Connection(transport, options);
    if (credentials !== undefined) await introduce(connection, credentials, options, giveUp.signal);
    return new Client(connection);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  }
}

function locate(
  server: string | URL | Address,
  options: ConnectOptions,
): { readonly address: Address; readonly credentials: Credentials | undefined } {
  const tls = options.tls === true ? {} : options.tls || undefined;
  if (typeof server === "string" || server instanceof URL) {
    const parsed = parseAddress(server, tls);
    if (tls !== undefined && "path" in parsed.address) refuseTls(parsed.address.path);
    return { address: parsed.address, credentials: options.credentials ?? parsed.credentials };
  }
  if (tls === undefined) return { address: server, credentials: options.credentials };
  if ("path" in server) refuseTls(server.path);
  return { address: { ...server, tls }, credentials: options.credentials };
}

/** What cannot be encrypted must not go unencrypted in silence. */
function refuseTls(path: string): never {
  throw new TypeError(`Cannot connect to unix:${path} with tls: it is for host and port only`);
}

/** Closes a connection on which the credentials were not accepted. */
async function introduce(
  connection: Connection,
  credentials: Credentials,
  options: ConnectOptions,
  signal: AbortSignal,
): Promise<void> {
  try {
    if (options.allowPlaintextAuth === false && !connection.secure) {
      throw new AuthError(
        "Cannot authenticate: PLAIN would send the password over a connection that is not encrypted; use TLS",
        {
          sent: false,
        },
      );
    }
    await authenticate(connection, credentials, { signal, timeout: 0 });
  } catch (error) {
    connection.destroy(error);
    throw error;
  }
}

function show(address: Address): string {
  return "path" in address ? `unix:${address.path}` : `${address.hostname}:${address.port}`;
}
