import type { Caller, CallOptions, ClosableCaller } from "../connection/caller.ts";
import type { EachResult } from "../cluster/ask_each.ts";
import { inTurn } from "../cluster/ask_each.ts";
import { NodeError } from "../cluster/cluster_errors.ts";
import type { Router } from "../cluster/router.ts";
import type { SentinelOptions } from "../cluster/sentinel_caller.ts";
import type { ShardManager } from "../cluster/shard_manager.ts";
import type { Bytes } from "../frame/frame_writer.ts";
import { QUIT, STAT, type StatResponse } from "../ops/admin.ts";
import type { Item } from "../ops/item.ts";
import { ADD, SET } from "../ops/storage.ts";
import { Client, type StoreOptions } from "./client.ts";
import type { MultiResult } from "./multi.ts";
import { nothing } from "./settle.ts";
import { type CasEntry, casMany, deleteMany, getMany, storeMany } from "./multi_calls.ts";

/**
 * A client of many servers: all that {@linkcode Client} does, each call at the server that has its key, and what there is only where there
 * are several.
 *
 * - Calls about many keys go to all servers they need side by side. Keys whose server fails are in `errors`, with a
 *   {@linkcode NodeError} that says which; the others are as they would be.
 * - Calls without a key (`version`, `flush`, `noop`, `verbosity`, `quit`) go to all servers and are done when all have answered.
 * - A write whose server takes none (see {@linkcode ShardState}) is a {@linkcode SkippedError}; a read of it is a miss.
 * - Sentinels are what fills servers before they are read: the methods of that name reach servers that are `writeOnly` or `warmUp`, too.
 * - `status()` tells of servers that come and go, of their connections and states, and of every decision of a failover policy.
 *
 * Made by `connect` with a list of servers; by hand it is made over a {@linkcode Router}.
 *
 * @example
 * ```ts
 * import { Connection } from "@memwire/memwire";
 * import { ClusterClient, Router, ShardManager } from "@memwire/memwire/cluster";
 * import { MemoryStore, Server } from "@memwire/memwire/server";
 * import { memoryPair } from "@memwire/memwire/transport/memory";
 * import { assertEquals } from "@std/assert";
 *
 * // Three servers in memory.
 * const servers = new Map(["cache-1", "cache-2", "cache-3"].map((name) => [name, new Server()]));
 * for (const server of servers.values()) new MemoryStore().register(server);
 * const open = ({ name }: { name: string }) => {
 *   const [here, there] = memoryPair();
 *   servers.get(name)!.serve(there);
 *   return new Connection(here);
 * };
 *
 * await using client = new ClusterClient(new Router(new ShardManager(servers.keys()), { open }));
 * await client.setMulti([["a", "1"], ["b", "2"], ["c", "3"]], { ttl: 60 });
 * const { hits, misses, errors } = await client.getMulti(["a", "b", "c", "d"]);
 * assertEquals([...hits.keys(), ...misses, ...errors.keys()], ["a", "b", "c", "d"]);
 *
 * // Each server by itself.
 * const { results } = await client.onEach((one) => one.stats());
 * assertEquals([...results.values()].map((stats) => Number(stats.get("curr_items"))).reduce((a, b) => a + b), 3);
 *
 * // A server that is filled before it is read.
 * const name = client.serverOf("a")!;
 * client.shards.setState(name, "warmUp");
 * assertEquals(await client.get("a"), undefined);
 * assertEquals((await client.setSentinels([["a", "4"]])).hits.size, 1);
 * client.shards.setState(name, "active");
 * assertEquals(await client.getText("a"), "4");
 * ```
 */
export class ClusterClient extends Client {
  readonly #router: Router;
  readonly #stop: (() => Promise<void> | undefined) | undefined;

  /** Makes a client over a router, which it closes when it is closed, once what `stop` stands for has ended. */
  constructor(router: Router, stop?: () => Promise<void> | undefined) {
    super(router);
    this.#router = router;
    this.#stop = stop;
  }

  /** The servers, what each may be used for, and where keys belong; may be changed at any time. */
  get shards(): ShardManager {
    return this.#router.shards;
  }

  /** The name of the server that has a key; nothing if none has. */
  serverOf(key: Bytes): string | undefined {
    return this.#router.shards.shardOf(key)?.name;
  }

  /**
   * Does something at each server, side by side, with a client of that server alone. Resolves when all are done, to what each
   * gave and why others did not.
   */
  onEach<T>(run: (client: Client, server: string) => Promise<T>): Promise<EachResult<T>> {
    return this.#router.onEach((caller, server) => run(new Client(lend(caller)), server));
  }

  /** The versions of all servers, by their names. */
  versions(options?: CallOptions): Promise<EachResult<string>> {
    return this.onEach((client) => client.version(options));
  }

  /** The statistics of all servers, by their names. */
  statsPerServer(group?: string, options?: CallOptions): Promise<EachResult<Map<string, string>>> {
    return this.onEach((client) => client.stats(group, options));
  }

  /**
   * The statistics of one server after the other, each name behind that of its server and a blank: `cache-1:11211 curr_items`. So are those
   * of `stats`; {@linkcode ClusterClient.statsPerServer} has them apart.
   */
  override eachStat(group?: string, options?: CallOptions): AsyncIterableIterator<StatResponse> {
    const { shards, closed } = this.#router;
    if (closed || shards.shards.length === 0) return super.eachStat(group, options);
    const request = group === undefined ? {} : { group };
    const streams = shards.shards.map(({ name, caller }) => ({
      name,
      stream: prefixed(name, caller.open(STAT, request, options)),
    }));
    return inTurn(streams, (error) => error);
  }

  /** Says goodbye to all servers, then closes; also if some cannot be told, for which it then rejects. */
  override async quit(options?: CallOptions): Promise<void> {
    let failed: NodeError | undefined;
    try {
      await this.#router.call(QUIT, {}, options, nothing);
    } catch (error) {
      if (!(error instanceof NodeError)) throw error;
      failed = error;
    }
    await this.close();
    if (failed !== undefined) throw failed;
  }

  /** Lets the calls under way end, then closes; the servers are not looked for any more. */
  override async close(): Promise<void> {
    await Promise.all([this.#stop?.(), super.close()]);
  }

  /** Reads many items, also from servers that are being filled. */
  getSentinels<K extends Bytes>(keys: Iterable<K>, options?: CallOptions): Promise<MultiResult<K, Item>> {
    return getMany(this.#router.sentinels(), keys, options);
  }

  /** Writes many items, also to servers that are being filled. */
  setSentinels<K extends Bytes>(
    entries: Iterable<readonly [K, Bytes]>,
    options?: StoreOptions & SentinelOptions,
  ): Promise<MultiResult<K, true>> {
    return storeMany(this.#router.sentinels(options), SET, { entries, options });
  }

  /** Writes many items that must not be there, also to servers that are being filled. */
  addSentinels<K extends Bytes>(
    entries: Iterable<readonly [K, Bytes]>,
    options?: StoreOptions & SentinelOptions,
  ): Promise<MultiResult<K, true>> {
    return storeMany(this.#router.sentinels(options), ADD, { entries, options });
  }

  /** Writes many items, each over the version given with it, also to servers that are being filled; see {@linkcode Client.casMulti}. */
  casSentinels<K extends Bytes>(
    entries: Iterable<CasEntry<K>>,
    options?: StoreOptions & SentinelOptions,
  ): Promise<MultiResult<K, true>> {
    return casMany(this.#router.sentinels(options), entries, options);
  }

  /** Deletes many items, also from servers that are being filled. */
  deleteSentinels<K extends Bytes>(
    keys: Iterable<K>,
    options?: CallOptions & SentinelOptions,
  ): Promise<MultiResult<K, true>> {
    return deleteMany(this.#router.sentinels(options), keys, options);
  }
}

/** A caller for somebody who must not close it. */
function lend(caller: Caller): ClosableCaller {
  return {
    call: (op, request, options, settle) => caller.call(op, request, options, settle),
    batch: (op, requests, options, settle) => caller.batch(op, requests, options, settle),
    open: (op, request, options) => caller.open(op, request, options),
    close: () => Promise.resolve(),
    observe: () => () => {},
  };
}

/** Puts the name of a server before those of its statistics. */
async function* prefixed(
  server: string,
  stats: AsyncIterableIterator<StatResponse>,
): AsyncGenerator<StatResponse, void, void> {
  for await (const { key, value } of stats) yield { key: `${server} ${key}`, value };
}
