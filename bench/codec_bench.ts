/**
 * `deno task bench:codec`: what a frame costs to write and to read, beside the plain way of doing it.
 *
 * - `--rounds 7`, `--only split` (comparisons whose name has that in it), `--json`
 * - Under Bun: `bun bench/codec_bench.ts`. Under Node: `deno bundle --config bench/deno.json -o <file>.mjs bench/codec_bench.ts`,
 *   then `node <file>.mjs`.
 */

import process from "node:process";
import { parseArgs } from "node:util";
import { encodeComparisons } from "./codec/encode.ts";
import { splitComparisons } from "./codec/split.ts";
import { compare } from "./micro.ts";
import { digits, table } from "./report.ts";

const { values: options } = parseArgs({
  options: {
    rounds: { type: "string", default: "7" },
    only: { type: "string", default: "" },
    json: { type: "boolean", default: false },
  },
});

const figures: Record<string, { ours: number; baseline: number }> = {};
for (const comparison of [...encodeComparisons(), ...splitComparisons()]) {
  if (comparison.name.includes(options.only)) {
    figures[comparison.name] = await compare(comparison, Number(options.rounds));
  }
}

if (options.json) {
  process.stdout.write(`${JSON.stringify(figures, undefined, 2)}\n`);
} else {
  const time = (ns: number): string => ns >= 1e5 ? `${digits(ns / 1e6)} ms` : `${Math.round(ns)} ns`;
  const rows = Object.entries(figures).map(([name, { ours, baseline }]) => {
    const factor = baseline / ours;
    return [name, time(ours), time(baseline), `${digits(factor)}×`];
  });
  process.stdout.write(`CPU time per frame, medians of ${options.rounds} rounds\n`);
  process.stdout.write(`${table([["", "memwire", "plain", ""], ...rows])}\n`);
}
