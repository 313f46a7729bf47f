/**
 * Many servers behind one client: rings, shards, pools, failover, discovery.
 *
 * `connect` with a list of servers, a {@linkcode ShardManager} or a discovery gives a {@linkcode ClusterClient}. What it stands on is
 * here, too, for those who build their own: rings say where keys belong, a {@linkcode Router} sends calls there, a {@linkcode Link} or a
 * {@linkcode Pool} keeps up the connections to one server.
 *
 * @example
 * ```ts
 * import { connect } from "@memwire/memwire/cluster";
 * import { MemoryStore, Server } from "@memwire/memwire/server";
 * import { assertEquals } from "@std/assert";
 *
 * const servers = [new Server(), new Server(), new Server()];
 * const addresses = await Promise.all(servers.map(async (server) => {
 *   new MemoryStore().register(server);
 *   return (await server.listen({ hostname: "127.0.0.1", port: 0 })).address;
 * }));
 * const [a, b, c] = addresses;
 *
 * {
 *   await using client = await connect([{ name: "a", address: a! }, { name: "b", address: b!, weight: 2 }], {
 *     ring: "ketama-weighted",
 *     hashTag: "{}",
 *     failover: "gutter",
 *     gutter: [{ name: "spare", address: c! }],
 *   });
 *   await client.setMulti([["{user:1}:name", "Ada"], ["{user:1}:mail", "ada@example.org"]]);
 *   assertEquals(client.serverOf("{user:1}:name"), client.serverOf("{user:1}:mail"));
 *
 *   // The server goes away; the gutter stands in for it, and the status tells.
 *   client.shards.setState(client.serverOf("{user:1}:name")!, "down");
 *   const status = client.status();
 *   await client.set("{user:1}:name", "Grace", { ttl: 3600 });
 *   assertEquals(await client.getText("{user:1}:name"), "Grace");
 *   for await (const event of status) {
 *     if (event.type !== "failover") continue;
 *     assertEquals([event.action, event.to, event.op], ["use", "spare", "set"]);
 *     break;
 *   }
 * }
 * await Promise.all(servers.map((server) => server.close()));
 * ```
 *
 * @module
 */

export { customRing } from "./cluster/custom_ring.ts";
export type { CustomHash, HashName } from "./cluster/hashes/hash_names.ts";
export { makeRing, ringOf } from "./cluster/make_ring.ts";
export type { RingOptions } from "./cluster/make_ring.ts";
export type { RingName } from "./cluster/ring_names.ts";
export type { Ring, RingFactory, RingServer } from "./cluster/ring.ts";
export { type DnsOptions, dnsServers } from "./cluster/dns_servers.ts";
export { type FileOptions, fileServers } from "./cluster/file_servers.ts";
export { elastiCacheServers, type HostedOptions, memorystoreServers } from "./cluster/hosted_servers.ts";
export type { PollOptions } from "./cluster/poll.ts";
export { diffTopology, staticServers, type Topology, type TopologyDiff } from "./cluster/topology.ts";
export type { NameServer, RecordType, Resolve, ResolvedRecord, ResolveOptions } from "./transport/resolve.ts";
export type { Bytes } from "./wire/slab.ts";

export { Link, type LinkState } from "./link/link.ts";
export { Pool, type PoolState } from "./link/pool.ts";
export type { PoolOptions, PoolSettings } from "./link/pool_options.ts";
export type { Lease } from "./link/lease.ts";
export type { BorrowOptions } from "./link/borrowers.ts";
export type { LinkOptions, ReconnectOptions } from "./link/link_options.ts";
export type { LinkClock } from "./link/clock.ts";
export type { BackoffOptions } from "./link/backoff.ts";
export type { DialConnection } from "./link/redial.ts";
export type { Retry, RetryOptions } from "./link/retry.ts";
export type * from "./link/link_status.ts";

export { connect } from "./client/connect.ts";
export type { ClusterOptions, Servers } from "./client/connect_cluster.ts";
export { ClusterClient } from "./client/cluster_client.ts";
export type { EachResult } from "./cluster/ask_each.ts";
export { NodeError, NoServerError, SkippedError } from "./cluster/cluster_errors.ts";
export type * from "./cluster/cluster_event.ts";
export type { FailoverDecision, FailoverName, FailoverPolicy, FailoverTarget, Failure } from "./cluster/failover.ts";
export type { ServerList, ServerLists } from "./cluster/follow.ts";
export { Router, type RouterOptions } from "./cluster/router.ts";
export type { SentinelOptions } from "./cluster/sentinel_caller.ts";
export type { ServerEntry, ServerOptions, ServerSpec } from "./cluster/server_spec.ts";
export { type NodeCaller, Shard } from "./cluster/shard.ts";
export { ShardManager, type ShardManagerOptions, type ShardUser } from "./cluster/shard_manager.ts";
export type { ShardState } from "./cluster/shard_state.ts";
