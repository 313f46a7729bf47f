import type { Connection } from "../connection/connection.ts";
import type { AuthenticateOptions, CredentialsSource } from "../connection/sasl.ts";
import { VERSION } from "../ops/admin.ts";
import type { Address, TlsOptions } from "../transport/transport.ts";
import { parseAddress } from "./address.ts";
import { Client } from "./client.ts";
import type { ClusterClient } from "./cluster_client.ts";
import type { ClusterOptions, Servers } from "./connect_cluster.ts";
import { openConnection, type OpenOptions } from "../link/open_connection.ts";
import { withServer } from "./server_of.ts";
import { type LinkOpenOptions, openLink } from "../link/open_link.ts";

/** What a client speaks to the server; see {@linkcode ConnectOptions.protocol}. */
export type ProtocolName = "binary" | "meta" | "text" | "auto";

/** How {@linkcode connect} connects. */
export interface ConnectOptions extends LinkOpenOptions {
  /**
   * What to speak: `binary`, the default; `meta` for the meta protocol (memcached 1.6.18 and later); `text` for the classic text
   * protocol, which every memcached and proxy knows; `auto` asks the server and takes `meta` where it can, else `binary`, else
   * `text`, each over a new connection. Over `meta` and `text`, credentials are those of a server with a file of users (`-Y`).
   *
   * Over `text`, keys have no blanks or control bytes, writes and touches do not tell a version (their `cas` is `0n`), and `append`
   * and `prepend` take none. What a protocol cannot say is an {@linkcode UnsupportedError} before anything is sent.
   */
  readonly protocol?: ProtocolName;
  /** Who one is, for servers that ask; or a function that gets it, called at every connection. */
  readonly credentials?: CredentialsSource;
  /**
   * Sends the password over a connection that is not encrypted when the server offers nothing stronger than PLAIN. Allowed unless
   * set to `false`, as memcached mostly knows no other way; for a token only if set to `true`.
   */
  readonly allowPlaintextAuth?: boolean;
  /**
   * The SASL mechanisms that may be used, the first that the server offers is; by default the strongest it offers. A server
   * that offers SCRAM although its passwords are checked elsewhere needs `["PLAIN"]`.
   */
  readonly mechanisms?: readonly string[];
  /** Encrypts the connection; `true` or what is special about it. */
  readonly tls?: boolean | TlsOptions;
}

/**
 * Connects to a server and resolves to a client when it can be used.
 *
 * The address is `host:port`, `unix:/path`, `memcached://user:password@host:port`, `memcacheds://…` (TLS), or an object.
 * When the connection is lost later, the client connects anew by itself; see {@linkcode ConnectOptions.reconnect} and
 * {@linkcode Client.status}. Host names are resolved and credentials are asked for at every connection.
 *
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
export function connect(server: string | URL | Address, options?: ConnectOptions): Promise<Client>;
/**
 * Connects to many servers and resolves to a client when each was reached or could not be; the latter are tried again and again.
 *
 * The servers are a list of addresses, or of objects that say a `weight`, a `name` or a `state`, too; a `ShardManager`; or whatever
 * tells of servers as they come and go, such as a discovery of `./cluster`. What has this form is a client of many servers even if
 * there is one.
 *
 * Rejects with what went wrong if none can be reached, and with a `TypeError` if an address or an option cannot be used.
 *
 * @example
 * ```ts
 * import { connect } from "@memwire/memwire";
 * import { MemoryStore, Server } from "@memwire/memwire/server";
 * import { assertEquals } from "@std/assert";
 *
 * const servers = [new Server(), new Server(), new Server()];
 * const addresses = await Promise.all(servers.map(async (server) => {
 *   new MemoryStore().register(server);
 *   return (await server.listen({ hostname: "127.0.0.1", port: 0 })).address;
 * }));
 *
 * {
 *   await using client = await connect(addresses, { failover: "next-node" });
 *   await client.setMulti([["user:1", "Ada"], ["user:2", "Grace"]]);
 *   const { hits } = await client.getMulti(["user:1", "user:2", "user:3"]);
 *   assertEquals([...hits.values()].map((item) => item.text()), ["Ada", "Grace"]);
 *   assertEquals((await client.versions()).results.size, 3);
 * }
 * await Promise.all(servers.map((server) => server.close()));
 * ```
 */
export function connect(servers: Servers, options?: ClusterOptions): Promise<ClusterClient>;
export async function connect(
  server: string | URL | Address | Servers,
  options: ConnectOptions | ClusterOptions = {},
): Promise<Client> {
  if (isMany(server)) {
    // Loaded only by those who have more than one server.
    const { connectCluster } = await import("./connect_cluster.ts");
    return await connectCluster(server, options as ClusterOptions);
  }
  const { address, credentials } = locate(server, options);
  const dial = (opening: OpenOptions) => connectOnce(address, { ...options, ...opening }, credentials);
  return withServer(new Client(await openLink(address, options, dial)), { server, options });
}

/** Whether this is no address but more. */
function isMany(server: string | URL | Address | Servers): server is Servers {
  return typeof server === "object" && !(server instanceof URL || "hostname" in server || "path" in server);
}

/** Makes one connection that is ready for use; the address and the credentials are those that {@linkcode locate} found. */
export async function connectOnce(
  address: Address,
  options: ConnectOptions,
  credentials: CredentialsSource | undefined,
): Promise<Connection> {
  const { protocol = "binary" } = options;
  const binary = (probe?: number) =>
    openConnection(address, options, async (connection, signal) => {
      if (probe !== undefined) await connection.call(VERSION, {}, { timeout: probe, signal });
      if (credentials !== undefined) await introduce(connection, credentials, options, signal);
      return connection;
    });
  if (protocol === "binary") return await binary();
  // Loaded only by those who need it.
  const { connectText } = await import("./connect_text.ts");
  return await connectText(address, options, {
    protocol,
    credentials,
    allowPlaintext: options.allowPlaintextAuth,
    binary,
  });
}

/** Where a server is and who one is there, as the address and the options say. */
export function locate(
  server: string | URL | Address,
  options: ConnectOptions,
): { readonly address: Address; readonly credentials: CredentialsSource | undefined } {
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

async function introduce(
  connection: Connection,
  credentials: CredentialsSource,
  options: ConnectOptions,
  signal: AbortSignal,
): Promise<void> {
  // Loaded only by those who need it: SCRAM is as large as the rest of the client.
  const { authenticate } = await import("../connection/sasl.ts");
  const { allowPlaintextAuth: allowPlaintext = "password", mechanisms } = options;
  const how: AuthenticateOptions = { signal, timeout: 0, allowPlaintext };
  await authenticate(connection, credentials, mechanisms === undefined ? how : { ...how, mechanisms });
}
