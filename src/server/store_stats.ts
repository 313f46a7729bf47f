import { settingsStats } from "./settings_stats.ts";
import type { StoreCounts } from "./store_counts.ts";
import type { MemoryStoreOptions } from "./store_options.ts";
import type { Tuning } from "./tuning.ts";

/** The name and the value of one statistic. */
export type Statistic = readonly [name: string, value: string];

/** What the statistics are made of. */
export interface StatsSource {
  /** How the store is set. */
  readonly options: MemoryStoreOptions;
  /** What was set since. */
  readonly tuning: Tuning;
  /** What the store calls its version. */
  readonly version: string;
  /** How many bytes all items may take, and one. */
  readonly memoryLimit: number;
  readonly itemSizeLimit: number;
  /** What has been counted. */
  readonly counts: StoreCounts;
  /** How many items there are, and the bytes that they take. */
  readonly items: number;
  readonly bytes: number;
  /** Seconds since the oldest of them was stored. */
  readonly age: number;
  /** Now, and when the store was made, in milliseconds since 1970. */
  readonly now: number;
  readonly startedAt: number;
  /** The last level of a VERBOSITY request. */
  readonly verbosity: number;
  /** Whether prefixes of keys are counted. */
  readonly detailed: boolean;
  /** Of the server that asks; nothing when none does. */
  readonly server: ServerStats;
}

/** What a server adds to the statistics. */
export interface ServerStats {
  /** Clients that are connected. */
  readonly connections: number;
  /** Clients that were ever connected. */
  readonly totalConnections: number;
  /** Clients that were turned away because too many were there. */
  readonly rejectedConnections: number;
  /** How many clients may be connected. */
  readonly maxConnections: number;
  /** Bytes received. */
  readonly bytesRead: number;
  /** Bytes sent. */
  readonly bytesWritten: number;
}

/** What is said when no server asks. */
export const NO_SERVER: ServerStats = {
  connections: 0,
  totalConnections: 0,
  rejectedConnections: 0,
  maxConnections: 0,
  bytesRead: 0,
  bytesWritten: 0,
};

/** Names with values, in their order. */
export type Values = readonly (readonly [name: string, value: string | number])[];

/** The statistics of a group, in the order of memcached; `undefined` for a group that is not known. */
export function storeStats(group: string, source: StatsSource): Statistic[] | undefined {
  return valuesOf(group, source)?.map(([name, value]) => [name, String(value)]);
}

function valuesOf(group: string, source: StatsSource): Values | undefined {
  if (group === "") return general(source);
  // memcached looks at the beginning of this name only.
  if (group.startsWith("settings")) return settingsStats(source);
  switch (group) {
    case "items":
      return source.items === 0 ? [] : items(source);
    case "slabs":
      return slabs(source);
    default:
      return undefined;
  }
}

function general({ counts, server, ...source }: StatsSource): Values {
  return [
    ["uptime", Math.floor((source.now - source.startedAt) / 1000)],
    ["time", Math.floor(source.now / 1000)],
    ["version", source.version],
    ["pointer_size", 64],
    ["max_connections", server.maxConnections],
    ["curr_connections", server.connections],
    ["total_connections", server.totalConnections],
    ["rejected_connections", server.rejectedConnections],
    ["cmd_get", counts.cmdGet],
    ["cmd_set", counts.cmdSet],
    ["cmd_flush", counts.cmdFlush],
    ["cmd_touch", counts.cmdTouch],
    ["cmd_meta", 0],
    ["get_hits", counts.getHits],
    ["get_misses", counts.getMisses],
    ["get_expired", counts.getExpired],
    ["get_flushed", 0],
    ["delete_misses", counts.deleteMisses],
    ["delete_hits", counts.deleteHits],
    ["incr_misses", counts.incrMisses],
    ["incr_hits", counts.incrHits],
    ["decr_misses", counts.decrMisses],
    ["decr_hits", counts.decrHits],
    ["cas_misses", counts.casMisses],
    ["cas_hits", counts.casHits],
    ["cas_badval", counts.casBadval],
    ["touch_hits", counts.touchHits],
    ["touch_misses", counts.touchMisses],
    // memcached counts these in its text protocol only.
    ["store_too_large", counts.storeTooLarge],
    ["store_no_memory", counts.storeNoMemory],
    ["auth_cmds", counts.authCmds],
    ["auth_errors", counts.authErrors],
    ["bytes_read", server.bytesRead],
    ["bytes_written", server.bytesWritten],
    ["limit_maxbytes", source.memoryLimit],
    ["accepting_conns", 1],
    ["threads", 1],
    ["bytes", source.bytes],
    ["curr_items", source.items],
    ["total_items", counts.totalItems],
    ["expired_unfetched", counts.expiredUnfetched],
    ["evicted_unfetched", counts.evictedUnfetched],
    ["evictions", counts.evictions],
    ["reclaimed", counts.reclaimed],
    ["crawler_reclaimed", counts.crawlerReclaimed],
  ];
}

/** All items are in what memcached would call its first class. */
function items({ counts, ...source }: StatsSource): Values {
  return [
    ["items:1:number", source.items],
    ["items:1:age", source.age],
    ["items:1:mem_requested", source.bytes],
    ["items:1:evicted", counts.evictions],
    ["items:1:evicted_nonzero", counts.evictedNonzero],
    ["items:1:outofmemory", 0],
    ["items:1:reclaimed", counts.reclaimed],
    ["items:1:expired_unfetched", counts.expiredUnfetched],
    ["items:1:evicted_unfetched", counts.evictedUnfetched],
    ["items:1:crawler_reclaimed", counts.crawlerReclaimed],
  ];
}

function slabs({ counts, ...source }: StatsSource): Values {
  const none = source.items === 0;
  const total: Values = [["active_slabs", none ? 0 : 1], ["total_malloced", source.bytes]];
  if (none) return total;
  return [
    ["1:used_chunks", source.items],
    ["1:get_hits", counts.getHits],
    ["1:cmd_set", counts.cmdSet],
    ["1:delete_hits", counts.deleteHits],
    ["1:incr_hits", counts.incrHits],
    ["1:decr_hits", counts.decrHits],
    ["1:cas_hits", counts.casHits],
    ["1:cas_badval", counts.casBadval],
    ["1:touch_hits", counts.touchHits],
    ...total,
  ];
}
