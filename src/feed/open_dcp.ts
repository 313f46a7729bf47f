import { DcpCore } from "./dcp_core.ts";
import { type DcpTarget, dialerOf } from "./dcp_dialer.ts";
import { DcpFeed } from "./dcp_feed.ts";
import { checkDcpOptions, type DcpOptions } from "./dcp_options.ts";

export type { DcpTarget };

/**
 * Opens a feed of the changes of a bucket. The address is `couchbase://user:password@host:port/bucket`, `couchbases://…` (TLS), several
 * hosts as `couchbase://a,b/bucket`, an object, or a list of these: the first that answers will do. Resolves when the servers have answered
 * for every stream.
 *
 * Where the server has a cluster map, the feed follows it:
 *
 * - There is one connection to each node that has wanted vbuckets, all merged into one feed. Each has a window and no-ops of its own, and
 *   is made anew when it is lost; a node that cannot be reached does not hold up the others.
 * - A vbucket that moves goes on from its position at the node that has it then; the end of its stream is shown as an event of type
 *   `stream-end` that is not final. Nothing is lost, and nothing comes twice. A node that fails and had not replicated all is a rollback.
 * - New maps come by notice of the servers, with refusals, and are asked for when a node is lost, at the addresses of the beginning when
 *   all are. Nodes that come are connected to, nodes that go are left.
 * - In the beginning all nodes that have wanted vbuckets must be reached within `connectTimeout`, 10 s by default, 0 for ever.
 * - `stats().nodes` shows which nodes there are. With more than one, the connections are called `name/host:port`.
 *
 * A connection that was given is closed with the feed, and the feed ends with it; such a feed, and one on a function that makes
 * connections, has the vbuckets of that one node and follows no map.
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
 * @example Over the nodes of a cluster
 * ```ts
 * import { openDcp } from "@memwire/memwire/dcp";
 * import { CouchbaseCluster } from "@memwire/memwire/server";
 * import { assertEquals } from "@std/assert";
 *
 * await using cluster = new CouchbaseCluster({ nodes: 3, buckets: [{ name: "shop", vbucketCount: 12 }] });
 * for (let i = 0; i < 100; i++) cluster.bucketOf("shop", `order ${i}`).set(`order ${i}`, "new");
 *
 * const seen = new Set<string>();
 * await using feed = await openDcp(cluster.addresses, { dial: cluster.dial, bucket: "shop", from: "beginning" });
 * assertEquals(feed.stats().nodes.map(({ streams }) => streams), [4, 4, 4]);
 * for await (const event of feed) {
 *   if (event.type !== "mutation") continue;
 *   seen.add(event.keyText);
 *   // The whole first node moves away meanwhile.
 *   if (seen.size === 50) for (const vbucket of [0, 3, 6, 9]) cluster.moveVbucket("shop", vbucket, 1);
 *   if (seen.size === 100) break;
 * }
 * ```
 *
 * @throws {AuthError} If the credentials or the bucket are not to be had.
 * @throws {ConnectionError} If the servers cannot be reached or are none for DCP.
 * @throws {StatusError} If it refuses a stream for good.
 * @throws {TypeError} If the address, a position or options make no sense.
 */
export async function openDcp(target: DcpTarget, options: DcpOptions = {}): Promise<DcpFeed> {
  checkDcpOptions(options);
  const core = new DcpCore({ dialer: dialerOf(target, options), options });
  await core.start();
  return new DcpFeed(core);
}
