import type { StatsSource, Values } from "./store_stats.ts";

/** The statistics `settings`: what of memcached's there is here, in its order. */
export function settingsStats({ options, server, tuning, ...source }: StatsSource): Values {
  const users = options.users === undefined ? "no" : "yes";
  return [
    ["maxbytes", source.memoryLimit],
    ["maxconns", server.maxConnections],
    ["verbosity", source.verbosity],
    ["evictions", "on"],
    ["shutdown_command", yesOrNo(options.onShutdown !== undefined)],
    ["num_threads", 1],
    ["stat_key_prefix", ":"],
    ["detail_enabled", yesOrNo(source.detailed)],
    ["cas_enabled", "yes"],
    ["binding_protocol", "auto-negotiate"],
    ["auth_enabled_sasl", users],
    ["auth_enabled_ascii", users],
    ["item_size_max", source.itemSizeLimit],
    ["slab_automove", tuning.automove],
    ["slab_automove_ratio", tuning.automoveRatio.toFixed(2)],
    ["lru_crawler", yesOrNo(tuning.crawler)],
    ["lru_crawler_sleep", tuning.crawlerSleep],
    ["lru_crawler_tocrawl", tuning.crawlerItems],
    ["flush_enabled", "yes"],
    ["dump_enabled", "yes"],
    ["lru_segmented", yesOrNo(tuning.segmented)],
    ["hot_lru_pct", tuning.hotPercent],
    ["warm_lru_pct", tuning.warmPercent],
    ["hot_max_factor", tuning.hotFactor.toFixed(2)],
    ["warm_max_factor", tuning.warmFactor.toFixed(2)],
    ["temp_lru", yesOrNo(tuning.temporaryTtl !== undefined)],
    ["temporary_ttl", tuning.temporaryTtl ?? 61],
    ["idle_timeout", 0],
    ["track_sizes", yesOrNo(tuning.sizesSince !== undefined)],
  ];
}

function yesOrNo(yes: boolean): string {
  return yes ? "yes" : "no";
}
