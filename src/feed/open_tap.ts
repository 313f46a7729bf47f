import { parseAddress, type ParsedAddress } from "../client/address.ts";
import type { Connection } from "../connection/connection.ts";
import { authenticate } from "../connection/sasl.ts";
import { parseCouchbaseAddress } from "../couchbase/address.ts";
import { detachWhenIdle } from "../link/detach_when_idle.ts";
import { openConnection } from "../link/open_connection.ts";
import { SELECT_BUCKET } from "../ops/session.ts";
import { DEREGISTER_TAP_CLIENT } from "../ops/tap.ts";
import type { Address, TlsOptions } from "../transport/transport.ts";
import { TapFeed } from "./tap_feed.ts";
import { tapConnectRequest, type TapOptions } from "./tap_options.ts";
import { TapSource } from "./tap_source.ts";

/** What is needed to talk to a server at all. */
export type TapSessionOptions = Pick<
  TapOptions,
  "connectTimeout" | "signal" | "dial" | "credentials" | "mechanisms" | "allowPlaintextAuth" | "bucket" | "tls"
>;

/**
 * Opens a TAP feed: the changes of a bucket of Membase, Couchbase 2.0 to 4.x, or of what else speaks TAP. **Legacy**: Couchbase 5.0
 * removed TAP; use DCP (`@memwire/memwire/dcp`) wherever the server knows it, from Couchbase 3.0 on.
 *
 * The address is `host`, `host:port`, `couchbase://user:password@host:port/bucket`, `memcached://…`, `unix:/path` or an object; the
 * port is 11210 when there is none. TAP does not answer success, so this resolves when the feed was asked for; a refusal comes when
 * it is read.
 *
 * @throws {ConnectionError} If the server cannot be reached.
 * @throws {TimeoutError} If it takes longer than `connectTimeout`.
 * @throws {AuthError} If the server does not accept the credentials.
 * @throws {TypeError} If the options contradict each other.
 *
 * @example All that there is
 * ```ts
 * import { CouchbaseNode, Server } from "@memwire/memwire/server";
 * import { openTap } from "@memwire/memwire/tap";
 * import { assertEquals } from "@std/assert";
 *
 * await using server = new Server();
 * const node = new CouchbaseNode({ buckets: [{ name: "default", vbucketCount: 4 }] }).register(server);
 * node.bucket("default").set("user:1", '{"name":"Ada"}', { flags: 7 });
 * const { address } = await server.listen({ hostname: "127.0.0.1", port: 0 });
 *
 * await using feed = await openTap(address, { dump: true, bucket: "default" });
 * for await (const event of feed) {
 *   if (event.type === "mutation") assertEquals([event.keyText, event.json(), event.flags], ["user:1", { name: "Ada" }, 7]);
 * }
 * ```
 */
export async function openTap(server: string | URL | Address, options: TapOptions = {}): Promise<TapFeed> {
  const request = tapConnectRequest(options);
  return await withSession(server, options, async (connection, signal) => {
    // From here on the server speaks first: what a connection is for is over.
    const transport = await detachWhenIdle(connection, signal);
    return new TapFeed(new TapSource(transport, request, options), options.signal);
  });
}

/**
 * Has a server forget a registered TAP feed, whose place it would keep for ever.
 *
 * @throws {StatusError} If it refuses; a name that it does not know is no reason to.
 *
 * @example
 * ```ts
 * import { CouchbaseNode, Server } from "@memwire/memwire/server";
 * import { deregisterTap, openTap } from "@memwire/memwire/tap";
 *
 * await using server = new Server();
 * new CouchbaseNode().register(server);
 * const { address } = await server.listen({ hostname: "127.0.0.1", port: 0 });
 *
 * const feed = await openTap(address, { name: "copy", registered: true });
 * await feed.close();
 * await deregisterTap(address, "copy");
 * ```
 */
export async function deregisterTap(
  server: string | URL | Address,
  name: string,
  options: TapSessionOptions = {},
): Promise<void> {
  await withSession(server, options, async (connection, signal) => {
    await connection.call(DEREGISTER_TAP_CLIENT, { name }, { signal });
    await connection.close();
  });
}

function withSession<T>(
  server: string | URL | Address,
  options: TapSessionOptions,
  use: (connection: Connection, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const place = locate(server, options);
  return openConnection(place.address, options, async (connection, signal) => {
    await introduce(connection, { ...place, ...options }, signal);
    return await use(connection, signal);
  });
}

async function introduce(connection: Connection, options: TapSessionOptions, signal: AbortSignal): Promise<void> {
  const { credentials, mechanisms, allowPlaintextAuth: allowPlaintext = true, bucket } = options;
  const call = { signal, timeout: 0 };
  if (credentials !== undefined) {
    await authenticate(connection, credentials, {
      ...call,
      allowPlaintext,
      ...(mechanisms === undefined ? {} : { mechanisms }),
    });
  }
  if (bucket !== undefined) await connection.call(SELECT_BUCKET, { bucket }, call);
}

function locate(
  server: string | URL | Address,
  { tls: asked }: TapSessionOptions,
): ParsedAddress & { readonly bucket?: string } {
  const tls = asked === true ? {} : asked || undefined;
  if (typeof server === "string" || server instanceof URL) return parse(String(server), tls);
  if (tls === undefined) return { address: server };
  if ("path" in server) {
    throw new TypeError(`Cannot connect to unix:${server.path} with tls: it is for host and port only`);
  }
  return { address: { ...server, tls } };
}

function parse(text: string, tls: TlsOptions | undefined): ParsedAddress & { readonly bucket?: string } {
  if (/^(memcacheds?:\/\/|unix:|\/)/.test(text)) return parseAddress(text, tls);
  return parseCouchbaseAddress(text.includes("://") ? text : `couchbase://${text}`, tls);
}
