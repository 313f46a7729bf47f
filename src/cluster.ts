/**
 * Many servers behind one client: rings, shards, pools, failover, discovery.
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
