/**
 * Groups of statistics, read into fields of their own. All that a server tells is also in `fields`, by its own names.
 */

import type { CallOptions } from "../connection/caller.ts";
import { groupStats } from "../text/stats_groups.ts";

/** What statistics are asked of: a {@linkcode Client}. */
export interface StatsReader {
  /** Statistics of a group, in the server's own names. */
  stats(group?: string, options?: CallOptions): Promise<Map<string, string>>;
}

/** What is told of anything. */
export interface StatsFields {
  /** All that the server tells of it, by its own names. */
  readonly fields: ReadonlyMap<string, string>;
}

/** The memory of one class of sizes; what a server does not tell is 0. */
export interface SlabClassStats extends StatsFields {
  /** Bytes of a chunk. */
  readonly chunkSize: number;
  /** Chunks of a page. */
  readonly chunksPerPage: number;
  /** Pages. */
  readonly totalPages: number;
  /** Chunks. */
  readonly totalChunks: number;
  /** Chunks that hold an item. */
  readonly usedChunks: number;
  /** Chunks that hold none. */
  readonly freeChunks: number;
  /** Reads that found an item. */
  readonly getHits: number;
  /** Items stored. */
  readonly cmdSet: number;
  /** Deletes that found an item. */
  readonly deleteHits: number;
  /** Touches that found an item. */
  readonly touchHits: number;
}

/** What {@linkcode slabStats} reads. */
export interface SlabStats extends StatsFields {
  /** How many classes have pages. */
  readonly activeSlabs: number;
  /** Bytes of all pages. */
  readonly totalMalloced: number;
  /** The classes by their numbers. */
  readonly classes: ReadonlyMap<number, SlabClassStats>;
}

/** The items of one class of sizes; what a server does not tell is 0. */
export interface ItemClassStats extends StatsFields {
  /** Items. */
  readonly number: number;
  /** Items that are new. */
  readonly numberHot: number;
  /** Items that were read more than once. */
  readonly numberWarm: number;
  /** Items that will be evicted next. */
  readonly numberCold: number;
  /** Seconds since the oldest item was used. */
  readonly age: number;
  /** Bytes that the items take. */
  readonly memRequested: number;
  /** Items that had to go to make room. */
  readonly evicted: number;
  /** Those of them that would have expired some day. */
  readonly evictedNonzero: number;
  /** Those of them that nobody had read. */
  readonly evictedUnfetched: number;
  /** Seconds since the item that was evicted last had been used. */
  readonly evictedTime: number;
  /** Items for which there was no room. */
  readonly outOfMemory: number;
  /** Items whose room was used again when they had expired. */
  readonly reclaimed: number;
  /** Those of them that nobody had read. */
  readonly expiredUnfetched: number;
}

/** What {@linkcode sizeStats} reads. */
export interface SizeStats extends StatsFields {
  /** Whether the server keeps count (`-o track_sizes`). */
  readonly enabled: boolean;
  /** How many items there are by their sizes in bytes, rounded up to 32. */
  readonly sizes: ReadonlyMap<number, number>;
}

/** What {@linkcode settingStats} reads; what a server does not tell is `undefined`. */
export interface SettingStats extends StatsFields {
  /** Bytes for items. */
  readonly maxBytes: number | undefined;
  /** The most connections. */
  readonly maxConns: number | undefined;
  /** Threads that answer. */
  readonly numThreads: number | undefined;
  /** The largest item in bytes. */
  readonly itemSizeMax: number | undefined;
  /** How many requests of one connection are answered before others have their turn. */
  readonly reqsPerEvent: number | undefined;
  /** Seconds after which a silent connection is closed; 0 for never. */
  readonly idleTimeout: number | undefined;
  /** Whether items have to go to make room; else storing fails. */
  readonly evictions: boolean | undefined;
  /** Whether items have versions. */
  readonly casEnabled: boolean | undefined;
  /** Whether everything may be flushed. */
  readonly flushEnabled: boolean | undefined;
  /** Whether keys may be dumped. */
  readonly dumpEnabled: boolean | undefined;
}

/** One connection of a server. */
export interface ConnStats extends StatsFields {
  /** Where it comes from, as `tcp:127.0.0.1:40682`; of a listening one, where it listens. */
  readonly address: string;
  /** Where it was accepted; `undefined` for one that listens. */
  readonly listenAddress: string | undefined;
  /** What it is doing, such as `conn_read` or `conn_listening`. */
  readonly state: string;
  /** Seconds since its last command. */
  readonly secondsSinceLastCommand: number;
}

/**
 * Reads `stats slabs`.
 *
 * @example
 * ```ts
 * import { slabStats } from "@memwire/memwire/text";
 * import { assertEquals } from "@std/assert";
 *
 * const told = new Map([["1:chunk_size", "96"], ["1:used_chunks", "2"], ["active_slabs", "1"]]);
 * const { classes, activeSlabs } = await slabStats({ stats: () => Promise.resolve(told) });
 * assertEquals([activeSlabs, classes.get(1)?.chunkSize, classes.get(1)?.usedChunks], [1, 96, 2]);
 * ```
 */
export async function slabStats(client: StatsReader, options?: CallOptions): Promise<SlabStats> {
  const fields = await client.stats("slabs", options);
  const { general, groups } = groupStats(fields);
  const classes = new Map(Array.from(groups, ([id, fields]) => {
    const count = counter(fields);
    return [id, {
      chunkSize: count("chunk_size"),
      chunksPerPage: count("chunks_per_page"),
      totalPages: count("total_pages"),
      totalChunks: count("total_chunks"),
      usedChunks: count("used_chunks"),
      freeChunks: count("free_chunks"),
      getHits: count("get_hits"),
      cmdSet: count("cmd_set"),
      deleteHits: count("delete_hits"),
      touchHits: count("touch_hits"),
      fields,
    }];
  }));
  const count = counter(general);
  return { activeSlabs: count("active_slabs"), totalMalloced: count("total_malloced"), classes, fields };
}

/**
 * Reads `stats items`: the classes of sizes that hold any, by their numbers.
 *
 * @example
 * ```ts
 * import { itemStats } from "@memwire/memwire/text";
 * import { assertEquals } from "@std/assert";
 *
 * const told = new Map([["items:3:number", "7"], ["items:3:evicted", "2"]]);
 * const found = await itemStats({ stats: () => Promise.resolve(told) });
 * assertEquals([found.get(3)?.number, found.get(3)?.evicted, found.get(3)?.age], [7, 2, 0]);
 * ```
 */
export async function itemStats(
  client: StatsReader,
  options?: CallOptions,
): Promise<ReadonlyMap<number, ItemClassStats>> {
  const { groups } = groupStats(await client.stats("items", options));
  return new Map(Array.from(groups, ([id, fields]) => {
    const count = counter(fields);
    return [id, {
      number: count("number"),
      numberHot: count("number_hot"),
      numberWarm: count("number_warm"),
      numberCold: count("number_cold"),
      age: count("age"),
      memRequested: count("mem_requested"),
      evicted: count("evicted"),
      evictedNonzero: count("evicted_nonzero"),
      evictedUnfetched: count("evicted_unfetched"),
      evictedTime: count("evicted_time"),
      outOfMemory: count("outofmemory"),
      reclaimed: count("reclaimed"),
      expiredUnfetched: count("expired_unfetched"),
      fields,
    }];
  }));
}

/**
 * Reads `stats sizes`.
 *
 * @example
 * ```ts
 * import { sizeStats } from "@memwire/memwire/text";
 * import { assertEquals } from "@std/assert";
 *
 * const told = new Map([["96", "2"], ["128", "1"]]);
 * const { enabled, sizes } = await sizeStats({ stats: () => Promise.resolve(told) });
 * assertEquals([enabled, sizes.get(96)], [true, 2]);
 * ```
 */
export async function sizeStats(client: StatsReader, options?: CallOptions): Promise<SizeStats> {
  const fields = await client.stats("sizes", options);
  const sizes = new Map<number, number>();
  for (const [name, value] of fields) if (/^\d+$/.test(name)) sizes.set(Number(name), Number(value));
  return { enabled: fields.get("sizes_status") !== "disabled", sizes, fields };
}

/**
 * Reads `stats settings`.
 *
 * @example
 * ```ts
 * import { settingStats } from "@memwire/memwire/text";
 * import { assertEquals } from "@std/assert";
 *
 * const told = new Map([["maxbytes", "67108864"], ["evictions", "on"], ["flush_enabled", "no"]]);
 * const found = await settingStats({ stats: () => Promise.resolve(told) });
 * assertEquals([found.maxBytes, found.evictions, found.flushEnabled, found.casEnabled], [67108864, true, false, undefined]);
 * ```
 */
export async function settingStats(client: StatsReader, options?: CallOptions): Promise<SettingStats> {
  const fields = await client.stats("settings", options);
  const number = (name: string) => fields.has(name) ? counter(fields)(name) : undefined;
  const is = (name: string) => fields.has(name) ? /^(yes|on|1|enabled)$/.test(fields.get(name)!) : undefined;
  return {
    maxBytes: number("maxbytes"),
    maxConns: number("maxconns"),
    numThreads: number("num_threads"),
    itemSizeMax: number("item_size_max"),
    reqsPerEvent: number("reqs_per_event"),
    idleTimeout: number("idle_timeout"),
    evictions: is("evictions"),
    casEnabled: is("cas_enabled"),
    flushEnabled: is("flush_enabled"),
    dumpEnabled: is("dump_enabled"),
    fields,
  };
}

/**
 * Reads `stats conns`: the connections of a server by their numbers there. memcached knows it only over `meta` and `text`.
 *
 * @example
 * ```ts
 * import { connStats } from "@memwire/memwire/text";
 * import { assertEquals } from "@std/assert";
 *
 * const told = new Map([["11:addr", "tcp:127.0.0.1:34486"], ["11:state", "conn_read"], ["11:secs_since_last_cmd", "4"]]);
 * const found = await connStats({ stats: () => Promise.resolve(told) });
 * assertEquals([found.get(11)?.state, found.get(11)?.secondsSinceLastCommand], ["conn_read", 4]);
 * ```
 */
export async function connStats(client: StatsReader, options?: CallOptions): Promise<ReadonlyMap<number, ConnStats>> {
  const { groups } = groupStats(await client.stats("conns", options));
  return new Map(Array.from(groups, ([id, fields]) => [id, {
    address: fields.get("addr") ?? "",
    listenAddress: fields.get("listen_addr"),
    state: fields.get("state") ?? "",
    secondsSinceLastCommand: counter(fields)("secs_since_last_cmd"),
    fields,
  }]));
}

function counter(fields: ReadonlyMap<string, string>): (name: string) => number {
  return (name) => Number(fields.get(name) ?? 0) || 0;
}
