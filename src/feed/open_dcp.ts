import { Connection } from "../connection/connection.ts";
import { parseCouchbaseAddress } from "../couchbase/address.ts";
import { type SessionOptions, startSession } from "../couchbase/session.ts";
import { openConnection } from "../link/open_connection.ts";
import type { Address } from "../transport/transport.ts";
import { DcpCore } from "./dcp_core.ts";
import { DcpError } from "./dcp_error.ts";
import { DcpFeed } from "./dcp_feed.ts";
import { dcpFeatures } from "./dcp_handshake.ts";
import { checkDcpOptions, type DcpOptions } from "./dcp_options.ts";

/** A session takes several round trips, and a server that was just started takes its time. */
const CONNECT_TIMEOUT = 10_000;

/**
 * What a feed may be opened on: the text of an address, an address, a connection whose session has begun without unordered execution and
 * without DCP, or a function that makes such connections.
 */
export type DcpTarget = string | URL | Address | Connection | ((signal: AbortSignal) => Promise<Connection>);

/**
 * Opens a feed of the changes of a bucket, from one node. The address is `couchbase://user:password@host:port/bucket`, `couchbases://…`
 * (TLS), or an object. Resolves when the server has answered for every stream.
 *
 * A connection that was given is closed with the feed, and the feed ends with it; otherwise the feed connects anew whenever it has to.
 *
 * @example
 * ```ts
 * import { openDcp } from "@memwire/memwire/dcp";
 * import { CouchbaseNode, Server } from "@memwire/memwire/server";
 * import { assertEquals } from "@std/assert";
 *
 * await using server = new Server();
 * const bucket = new CouchbaseNode().register(server).bucket("default");
 * const { address } = await server.listen({ hostname: "127.0.0.1", port: 0 });
 *
 * await using feed = await openDcp(address, { bucket: "default", from: "now", windowBytes: 1 << 20 });
 * bucket.set("user:1", JSON.stringify({ name: "Ada" }));
 * for await (const event of feed) {
 *   if (event.type !== "mutation") continue;
 *   assertEquals([event.keyText, event.json(), event.seqno], ["user:1", { name: "Ada" }, 1n]);
 *   break; // closes the feed
 * }
 * ```
 *
 * @throws {AuthError} If the credentials or the bucket are not to be had.
 * @throws {ConnectionError} If the server cannot be reached or is none for DCP.
 * @throws {StatusError} If it refuses a stream for good.
 * @throws {TypeError} If the address, a position or options make no sense.
 */
export async function openDcp(target: DcpTarget, options: DcpOptions = {}): Promise<DcpFeed> {
  checkDcpOptions(options);
  let bucket = "";
  const connect = connectorOf(target, options, (config) => bucket = uuidOf(config));
  const core = new DcpCore({ connect, options, bucket: () => bucket });
  await core.start();
  return new DcpFeed(core);
}

function connectorOf(
  target: DcpTarget,
  options: DcpOptions,
  learn: (clusterConfig: string) => void,
): (signal: AbortSignal) => Promise<Connection> {
  if (typeof target === "function") return target;
  if (target instanceof Connection) return once(target);
  const tls = options.tls === true ? {} : options.tls || undefined;
  const where = typeof target === "string" || target instanceof URL
    ? parseCouchbaseAddress(target, tls)
    : { address: tls === undefined || "path" in target ? target : { ...target, tls } };
  const wanted: SessionOptions = { ...where, ...options, features: dcpFeatures(options) };
  const opening = { connectTimeout: CONNECT_TIMEOUT, ...options };
  return (signal) =>
    openConnection(where.address, { ...opening, signal }, async (connection, limit) => {
      // The time for all steps together is limited by the signal.
      const { clusterConfig } = await startSession(connection, { ...wanted, stepTimeout: 0, signal: limit });
      if (clusterConfig !== undefined) learn(clusterConfig);
      return connection;
    });
}

/** Whoever opened the connection knows how to open another; the feed does not. */
function once(connection: Connection): () => Promise<Connection> {
  let used = false;
  return () => {
    if (used) {
      const lost = new DcpError(
        "Cannot go on: the connection that was given is lost; open another feed from the position of this one",
      );
      return Promise.reject(lost);
    }
    used = true;
    return Promise.resolve(connection);
  };
}

function uuidOf(clusterConfig: string): string {
  try {
    const { uuid } = JSON.parse(clusterConfig) as { readonly uuid?: unknown };
    return typeof uuid === "string" ? uuid : "";
  } catch {
    return "";
  }
}
