import type { FailoverName, FailoverPolicy } from "../cluster/failover.ts";
import { Follower, type ServerLists } from "../cluster/follow.ts";
import { Router, type RouterOptions } from "../cluster/router.ts";
import type { ServerEntry, ServerSpec } from "../cluster/server_spec.ts";
import { ShardManager, type ShardManagerOptions } from "../cluster/shard_manager.ts";
import type { NodeCaller } from "../cluster/shard.ts";
import { TurnBatch } from "../cluster/turn_batch.ts";
import { NoServerError } from "../cluster/cluster_errors.ts";
import { untilAborted } from "../connection/until_aborted.ts";
import { Link } from "../link/link.ts";
import { Pool } from "../link/pool.ts";
import type { ReconnectOptions } from "../link/link_options.ts";
import { ClusterClient } from "./cluster_client.ts";
import { connectOnce, type ConnectOptions, locate } from "./connect.ts";

/** What a client of many servers connects to: a list, a {@linkcode ShardManager}, or lists as they change. */
export type Servers = Iterable<ServerEntry> | ShardManager | ServerLists;

/** How a client of many servers connects to them. */
export interface ClusterOptions extends Omit<ConnectOptions, "reconnect">, ShardManagerOptions {
  /** How lost connections come back; with `lazy`, the servers are connected to when they are needed, and not waited for. */
  readonly reconnect?: ReconnectOptions;
  /**
   * What becomes of calls whose server is away: a policy by its name, or one of your own; `fail-fast` by default.
   *
   * - `fail-fast`: they fail with the reason.
   * - `next-node`: they go to the next server in the ring. What is written there stays there when the server is back.
   * - `gutter`: they go to a server of `gutter`, where what is written lives no longer than `gutterTtl`.
   * - `miss-on-down`: reads miss, writes reject with a {@linkcode SkippedError}.
   */
  readonly failover?: FailoverName | FailoverPolicy;
  /** The servers that only stand in for others. */
  readonly gutter?: readonly ServerEntry[];
  /** The most that values live in the gutter, in seconds; 10 by default. */
  readonly gutterTtl?: number;
  /** Sends the reads of one turn to a server as one batch of quiet reads; not by default. */
  readonly batchReads?: boolean;
}

/** Connects to many servers; see {@linkcode connect}. */
export async function connectCluster(servers: Servers, options: ClusterOptions = {}): Promise<ClusterClient> {
  const follower = isLists(servers) ? new Follower(servers) : undefined;
  try {
    const shards = servers instanceof ShardManager
      ? servers
      : new ShardManager(isLists(servers) ? await firstOf(follower!, options.signal) : someOf(servers), options);
    const router = makeRouter(shards, options);
    try {
      if (options.reconnect?.lazy !== true) await reach(router, options.signal);
    } catch (error) {
      await router.close();
      throw error;
    }
    follower?.follow(router);
    return new ClusterClient(router, () => follower?.stop());
  } catch (error) {
    await follower?.stop();
    throw error;
  }
}

function isLists(servers: Servers): servers is ServerLists {
  return Symbol.asyncIterator in servers;
}

async function firstOf(follower: Follower, signal: AbortSignal | undefined): Promise<Iterable<ServerEntry>> {
  signal?.throwIfAborted();
  const { servers = [], error } = await untilAborted(follower.first(), signal) ?? {};
  const found = [...servers];
  if (found.length > 0) return found;
  const because = error instanceof Error ? ` (${error.message})` : "";
  throw new NoServerError(`Cannot connect: the discovery found no servers${because}`, { cause: error, sent: false });
}

/** An empty list is a mistake, while a discovery may find servers later. */
function someOf(servers: Iterable<ServerEntry>): readonly ServerEntry[] {
  const given = [...servers];
  if (given.length > 0) return given;
  throw new TypeError("Cannot connect: the list of servers is empty");
}

function makeRouter(shards: ShardManager, options: ClusterOptions): Router {
  const { failover, gutterTtl, timeout, batchReads } = options;
  const gutter = options.gutter === undefined ? undefined : new ShardManager(options.gutter, options);
  const open = (server: ServerSpec) => {
    const link = openLink(server, options);
    return batchReads === true ? new TurnBatch(link) : link;
  };
  const all: Record<keyof RouterOptions, unknown> = { open, failover, gutter, gutterTtl, timeout };
  const given = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
  return new Router(shards, given as unknown as RouterOptions);
}

/** Makes what talks to a server, after its address was read: one that is none must not come to light in the background. */
function openLink(server: ServerSpec, options: ClusterOptions): NodeCaller {
  const { address, credentials } = locate(server.address, options);
  const { signal: _signal, reconnect = {}, pool, timeout, ...rest } = options;
  const times = timeout === undefined ? {} : { timeout };
  const dial = (signal: AbortSignal) => connectOnce(address, { ...rest, ...times, signal }, credentials);
  const common = { ...times, server: server.name };
  if (pool === undefined) return new Link(dial, { ...reconnect, ...common });
  const { lazy, ...settings } = reconnect;
  const several = typeof pool === "number" ? { connections: pool } : pool;
  return new Pool(dial, { ...settings, ...(lazy === true ? { minConnections: 0 } : {}), ...several, ...common });
}

/** Resolves when each server was reached or could not be; rejects if none could, or when told to give up. */
async function reach({ shards }: Router, signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted();
  const attempts = Promise.allSettled(shards.shards.map(({ caller }) => caller.connect?.()));
  const outcomes = await untilAborted(attempts, signal);
  const [first] = outcomes;
  if (first?.status === "rejected" && outcomes.every(({ status }) => status === "rejected")) throw first.reason;
}
