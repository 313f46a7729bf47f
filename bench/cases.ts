/** What is measured: the cases of the table, and the keys and sizes behind them. */

/** One row of the table. */
export interface Case {
  /** How `--only` calls it. */
  readonly id: string;
  /** How the table calls it. */
  readonly name: string;
  readonly op: "get" | "set" | "mget";
  /** Bytes of a value. */
  readonly size: number;
  /** Calls in flight on the one connection; with `mget`, batches of {@linkcode BATCH} keys. */
  readonly window: number;
}

/** Keys of one multi-get. */
export const BATCH = 100;

const KB = 1024;

/** The rows, in the order of the table. */
export const CASES: readonly Case[] = [
  { id: "get@1", name: "get 100 B @1", op: "get", size: 100, window: 1 },
  { id: "get@64", name: "get 100 B @64", op: "get", size: 100, window: 64 },
  { id: "get@512", name: "get 100 B @512", op: "get", size: 100, window: 512 },
  { id: "set@1", name: "set 100 B @1", op: "set", size: 100, window: 1 },
  { id: "set@64", name: "set 100 B @64", op: "set", size: 100, window: 64 },
  { id: "mget@1", name: "mget 100 keys @1", op: "mget", size: 100, window: 1 },
  { id: "mget@4", name: "mget 100 keys @4", op: "mget", size: 100, window: 4 },
  { id: "get4k@64", name: "get 4 KB @64", op: "get", size: 4 * KB, window: 64 },
  { id: "set4k@64", name: "set 4 KB @64", op: "set", size: 4 * KB, window: 64 },
  { id: "get64k@8", name: "get 64 KB @8", op: "get", size: 64 * KB, window: 8 },
  { id: "set64k@8", name: "set 64 KB @8", op: "set", size: 64 * KB, window: 8 },
  { id: "get1m@4", name: "get 1 MB @4", op: "get", size: KB * KB, window: 4 },
  { id: "set1m@4", name: "set 1 MB @4", op: "set", size: KB * KB, window: 4 },
];

/** Keys that a subject may use: each has a range of its own, since clients mark what they store in their own way. */
export const RANGE = 10_000;

/** The keys of a size; `ceiling.c` repeats this rule. */
export function keysOf(size: number, base: number): string[] {
  const { offset, count } = keyRange(size);
  return Array.from({ length: count }, (_, i) => `key:${String(base + offset + i).padStart(8, "0")}`);
}

/** Fewer keys of large values, so that those of all clients fit into the server's memory. */
function keyRange(size: number): { offset: number; count: number } {
  if (size < KB) return { offset: 0, count: 1000 };
  if (size < 32 * KB) return { offset: 1000, count: 1000 };
  if (size < 512 * KB) return { offset: 2000, count: 128 };
  return { offset: 3000, count: 8 };
}

/** Finds a case by its id. */
export function caseOf(id: string): Case {
  const found = CASES.find((one) => one.id === id);
  if (found === undefined) {
    throw new RangeError(`No case "${id}": the cases are ${CASES.map((one) => one.id).join(" ")}`);
  }
  return found;
}
