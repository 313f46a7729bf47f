import { STAT } from "../../ops/admin.ts";
import { VbucketState } from "../../ops/vbucket.ts";
import type { Server } from "../server.ts";
import { NOT_FOUND } from "../status_reply.ts";
import type { CouchbaseBucket } from "./bucket.ts";
import { dcpStats } from "./dcp/dcp_stats.ts";
import type { NodeContext } from "./node_context.ts";
import type { Vbucket } from "./vbucket.ts";

/** A name and its value. */
type Statistic = readonly [name: string, value: string];

const STATE_NAMES: Readonly<Record<number, string>> = {
  [VbucketState.ACTIVE]: "active",
  [VbucketState.REPLICA]: "replica",
  [VbucketState.PENDING]: "pending",
  [VbucketState.DEAD]: "dead",
};

/** Answers STAT. */
export function registerNodeStats(server: Server, context: NodeContext): void {
  const startedAt = (context.options.clock ?? Date.now)();
  server.on(STAT, ({ group = "" }, exchange) => {
    const bucket = context.bucket(exchange);
    const [name = "", argument] = group.split(" ");
    const statistics = name === ""
      ? generalStats(bucket, server, startedAt)
      : groupStats(bucket, name, argument === undefined ? undefined : Number(argument));
    if (statistics === undefined) throw NOT_FOUND;
    for (const [key, value] of statistics) exchange.push({ key, value });
  });
}

function generalStats(bucket: CouchbaseBucket, server: Server, startedAt: number): Statistic[] {
  const now = bucket.clock();
  const { counters } = server;
  const states = Object.entries(STATE_NAMES).filter(([state]) => Number(state) !== VbucketState.DEAD);
  return [
    ["uptime", `${Math.floor((now - startedAt) / 1000)}`],
    ["time", `${Math.floor(now / 1000)}`],
    ["curr_connections", `${counters.connections}`],
    ["total_connections", `${counters.totalConnections}`],
    ["bytes_read", `${counters.bytesRead}`],
    ["bytes_written", `${counters.bytesWritten}`],
    ["curr_items", `${countItems(bucket.vbuckets.filter(({ state }) => state === VbucketState.ACTIVE))}`],
    ["curr_items_tot", `${countItems(bucket.vbuckets)}`],
    ...states.map(([state, name]): Statistic => {
      return [`vb_${name}_num`, `${bucket.vbuckets.filter((vbucket) => vbucket.state === Number(state)).length}`];
    }),
  ];
}

function countItems(vbuckets: readonly Vbucket[]): number {
  let count = 0;
  for (const vbucket of vbuckets) {
    for (const document of vbucket.since()) if (document.deleted === undefined) count++;
  }
  return count;
}

function groupStats(bucket: CouchbaseBucket, group: string, only: number | undefined): Statistic[] | undefined {
  const vbuckets = bucket.vbuckets.filter(({ id }) => only === undefined || id === only);
  switch (group) {
    case "uuid":
      return [["uuid", bucket.uuid]];
    case "vbucket":
      return vbuckets.map(({ id, state }) => [`vb_${id}`, STATE_NAMES[state]!]);
    case "vbucket-seqno":
      return vbuckets.flatMap(seqnoStats);
    case "failovers":
      return vbuckets.flatMap(failoverStats);
    case "dcp":
      return dcpStats(bucket);
    case "collections":
      return collectionStats(bucket);
    case "scopes":
      return scopeStats(bucket);
    default:
      return undefined;
  }
}

function seqnoStats({ id, highSeqno, persistedSeqno, purgeSeqno, vbuuid }: Vbucket): Statistic[] {
  return [
    [`vb_${id}:high_seqno`, `${highSeqno}`],
    [`vb_${id}:abs_high_seqno`, `${highSeqno}`],
    [`vb_${id}:last_persisted_seqno`, `${persistedSeqno}`],
    [`vb_${id}:purge_seqno`, `${purgeSeqno}`],
    [`vb_${id}:uuid`, `${vbuuid}`],
    [`vb_${id}:last_persisted_snap_start`, `${persistedSeqno}`],
    [`vb_${id}:last_persisted_snap_end`, `${persistedSeqno}`],
  ];
}

function failoverStats({ id, failoverLog }: Vbucket): Statistic[] {
  return [
    [`vb_${id}:num_entries`, `${failoverLog.length}`],
    ...failoverLog.flatMap(({ vbuuid, seqno }, i): Statistic[] => [
      [`vb_${id}:${i}:id`, `${vbuuid}`],
      [`vb_${id}:${i}:seq`, `${seqno}`],
    ]),
  ];
}

function collectionStats({ manifest, vbuckets }: CouchbaseBucket): Statistic[] {
  return [
    ["manifest_uid", manifest.uidText],
    ...manifest.scopes.flatMap((scope) =>
      scope.collections.flatMap(({ id, name, maxTtl }): Statistic[] => {
        const at = `0x${scope.id.toString(16)}:0x${id.toString(16)}`;
        const items = vbuckets.reduce((sum, vbucket) => sum + vbucket.inOrder(id).length, 0);
        const stats: Statistic[] = [[`${at}:name`, name], [`${at}:items`, `${items}`]];
        return maxTtl === undefined ? stats : [...stats, [`${at}:maxTTL`, `${maxTtl}`]];
      })
    ),
  ];
}

function scopeStats({ manifest }: CouchbaseBucket): Statistic[] {
  return [
    ["manifest_uid", manifest.uidText],
    ...manifest.scopes.flatMap(({ id, name, collections }): Statistic[] => [
      [`0x${id.toString(16)}:name`, name],
      [`0x${id.toString(16)}:collections`, `${collections.length}`],
    ]),
  ];
}
