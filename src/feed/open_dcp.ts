import { DcpCore } from "./dcp_core.ts";
import { type DcpTarget, dialerOf } from "./dcp_dialer.ts";
import { DcpFeed } from "./dcp_feed.ts";
import { checkDcpOptions, type DcpOptions } from "./dcp_options.ts";

export type { DcpTarget };

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
  const core = new DcpCore({ dialer: dialerOf(target, options), options });
  await core.start();
  return new DcpFeed(core);
}
