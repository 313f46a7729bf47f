import type { Statistic } from "./store_stats.ts";
import type { Entry } from "./stored_item.ts";

/** Sizes are rounded up to it. */
const STEP = 32;

/** The statistics `sizes`: how many items there are of each size, of those that have been written since sizes are tracked. */
export function sizeStats(entries: readonly Entry[], since: bigint | undefined): Statistic[] {
  if (since === undefined) return [["sizes_status", "disabled"]];
  const counts = new Map<number, number>();
  for (const { size, cas } of entries) {
    if (cas <= since) continue;
    const rounded = Math.ceil(size / STEP) * STEP;
    counts.set(rounded, (counts.get(rounded) ?? 0) + 1);
  }
  return [...counts].sort(([a], [b]) => a - b).map(([size, count]) => [String(size), String(count)]);
}
