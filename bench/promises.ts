/** What memwire promises about its client, and whether a run kept it. */

import { type Cell, median, type Results } from "./harness.ts";
import { digits } from "./report.ts";

/** One promise and what became of it. */
export interface Verdict {
  readonly promise: string;
  /** The figure that was reached, or why there is none. */
  readonly reached: string;
  /** The same of the C pipeliner: what no client can pass on this machine. */
  readonly ceiling?: string;
  readonly verdict: "ok" | "MISSED" | "–";
}

/** The columns that are not rivals. */
export const SUBJECT = "memwire";
export const CEILING = "C pipeliner";

/** A promise that the clock can judge, for each of some cases. */
type Promised =
  /** Times the operations per second of the best rival in the same round, at least: under Deno, in each runtime, or of all. */
  | { readonly cases: readonly string[]; readonly times: number; readonly where: "deno" | "each" | "any" }
  /** CPU µs per operation, at most. */
  | { readonly cases: readonly string[]; readonly cpu: number }
  /** Times the CPU of the C pipeliner in the same round, at most. */
  | { readonly cases: readonly string[]; readonly ceiling: number };

const PROMISES: readonly Promised[] = [
  { cases: ["get@64", "get@512"], times: 9, where: "deno" },
  { cases: ["get@64", "get@512"], times: 5, where: "any" },
  { cases: ["get@64", "get@512"], cpu: 1.6 },
  { cases: ["get@64", "get@512"], ceiling: 4 },
  { cases: ["set@64"], times: 7, where: "deno" },
  { cases: ["mget@1", "mget@4"], times: 5, where: "deno" },
  { cases: ["mget@1", "mget@4"], cpu: 0.9 },
  { cases: ["get@1", "set@1"], times: 1.5, where: "deno" },
  { cases: ["get@1", "set@1"], cpu: 35 },
  { cases: ["get4k@64", "set4k@64"], times: 3, where: "deno" },
  { cases: ["get64k@8", "set64k@8", "get1m@4", "set1m@4"], times: 1, where: "each" },
];

/** Judges the promises about the cases that were measured. */
export function judge(results: Results, runtimes: readonly string[]): Verdict[] {
  const verdicts: Verdict[] = [];
  for (const promised of PROMISES) {
    for (const id of promised.cases) {
      if (!results.get(SUBJECT)?.has(id)) continue;
      if ("times" in promised) {
        for (const [own, rivals] of opponents(results, runtimes, promised.where)) {
          verdicts.push(faster(results, id, { own, rivals, times: promised.times }));
        }
      } else if ("cpu" in promised) verdicts.push(cheap(results, id, promised.cpu));
      else verdicts.push(nearCeiling(results, id, promised.ceiling));
    }
  }
  return verdicts;
}

/** Who is compared with whom. */
function opponents(
  results: Results,
  runtimes: readonly string[],
  where: "deno" | "each" | "any",
): [string, string[]][] {
  const rivals = [...results.keys()].filter((name) => !name.startsWith(SUBJECT) && name !== CEILING);
  if (where === "any") return [[SUBJECT, rivals]];
  return (where === "deno" ? ["deno"] : runtimes).map((runtime) => {
    const own = runtime === "deno" ? SUBJECT : `${SUBJECT}/${runtime}`;
    return [own, rivals.filter((name) => (name.split("/")[1] ?? "deno") === runtime)];
  });
}

interface Multiple {
  readonly own: string;
  readonly rivals: readonly string[];
  readonly times: number;
}

function faster(results: Results, id: string, { own: ownName, rivals, times }: Multiple): Verdict {
  const runtimes = new Set(rivals.map((name) => name.split("/")[1] ?? "deno"));
  const promise = `${id}: ${times === 1 ? "faster than" : `≥ ${times}×`} the best npm client in ${
    [...runtimes].join(", ")
  }`;
  const own = finished(results, ownName, id);
  let best: { name: string; cell: Cell; rate: number } | undefined;
  for (const name of rivals) {
    const cell = finished(results, name, id);
    if (cell === undefined) continue;
    const rate = median(cell.rates);
    if (best === undefined || rate > best.rate) best = { name, cell, rate };
  }
  if (own === undefined || best === undefined) return { promise, reached: "not measured", verdict: "–" };
  const theirs = best.cell;
  const ratio = median(ratios(own.rates, theirs.rates));
  const cpu = median(ratios(theirs.cpus, own.cpus));
  const verdict: Verdict = {
    promise,
    reached: `${digits(ratio)}× ${best.name}, CPU 1/${digits(cpu)}`,
    verdict: ratio >= times ? "ok" : "MISSED",
  };
  const ceiling = finished(results, CEILING, id);
  return ceiling === undefined
    ? verdict
    : { ...verdict, ceiling: `${digits(median(ratios(ceiling.rates, theirs.rates)))}×` };
}

function cheap(results: Results, id: string, limit: number): Verdict {
  const promise = `${id}: CPU ≤ ${limit} µs per ${id.startsWith("mget") ? "key" : "call"}`;
  const own = finished(results, SUBJECT, id);
  if (own === undefined) return { promise, reached: "not measured", verdict: "–" };
  const cpu = median(own.cpus);
  return { promise, reached: `${digits(cpu)} µs`, verdict: cpu <= limit ? "ok" : "MISSED" };
}

function nearCeiling(results: Results, id: string, limit: number): Verdict {
  const promise = `${id}: CPU ≤ ${limit}× a C pipeliner's`;
  const own = finished(results, SUBJECT, id);
  const ceiling = finished(results, CEILING, id);
  if (own === undefined || ceiling === undefined) return { promise, reached: "not measured", verdict: "–" };
  const ratio = median(ratios(own.cpus, ceiling.cpus));
  return { promise, reached: `${digits(ratio)}×`, verdict: ratio <= limit ? "ok" : "MISSED" };
}

/** Rounds are compared one by one, so that what slows a whole round down counts for both. */
function ratios(numbers: readonly number[], others: readonly number[]): number[] {
  return numbers.map((number, round) => number / others[round]!);
}

/** A cell that was measured to its end. */
function finished(results: Results, name: string, id: string): Cell | undefined {
  const cell = results.get(name)?.get(id);
  return cell === undefined || cell.error !== undefined || cell.rates.length === 0 ? undefined : cell;
}
