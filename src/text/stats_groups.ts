/** What {@linkcode groupStats} makes. */
export interface GroupedStats {
  /** Those that belong to none. */
  readonly general: ReadonlyMap<string, string>;
  /** By the number in their names: a slab class, or a connection. */
  readonly groups: ReadonlyMap<number, ReadonlyMap<string, string>>;
}

const NUMBERED = /^(?:items:)?(\d+):(.+)$/;

/**
 * Parts statistics by the number in their names, which is a slab class in `stats items` (`items:1:number`) and `stats slabs`
 * (`1:chunk_size`), and a connection in `stats conns` (`31:addr`).
 *
 * @example
 * ```ts
 * import { groupStats, ReplySplitter, TextCode } from "@memwire/memwire/text";
 * import { assertEquals } from "@std/assert";
 *
 * const bytes = new TextEncoder().encode("STAT 1:chunk_size 96\r\nSTAT active_slabs 1\r\nEND\r\n");
 * const lines = new ReplySplitter().split(bytes).filter(({ code }) => code === TextCode.STAT);
 * const { general, groups } = groupStats(lines.map(({ stat }) => stat));
 * assertEquals([general.get("active_slabs"), groups.get(1)?.get("chunk_size")], ["1", "96"]);
 * ```
 */
export function groupStats(stats: Iterable<readonly [name: string, value: string]>): GroupedStats {
  const general = new Map<string, string>();
  const groups = new Map<number, Map<string, string>>();
  for (const [name, value] of stats) {
    const [, number, rest] = NUMBERED.exec(name) ?? [];
    if (number === undefined || rest === undefined) {
      general.set(name, value);
      continue;
    }
    const group = groups.get(Number(number)) ?? new Map<string, string>();
    groups.set(Number(number), group.set(rest, value));
  }
  return { general, groups };
}
