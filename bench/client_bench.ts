/**
 * `deno task bench`: memwire beside the npm clients and a C pipeliner, against a real memcached on loopback.
 *
 * - `--rounds 5`, `--seconds 0.3` (of a cell)
 * - `--only get@64,mget` (cases; a name without `@` takes all its windows; without what needs no rounds), `--clients memwire,memjs`
 * - `--runtimes deno,bun,node` (measures the clients there, too)
 * - `--json` (everything that was measured, for programs), `--strict` (exit code 1 when a promise is missed)
 */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { startMemcached } from "../tests/support/memcached.ts";
import { weigh } from "./bundle.ts";
import { type Case, CASES } from "./cases.ts";
import type { Child } from "./child.ts";
import { count } from "./counters.ts";
import { type Cell, measure, median, type Results } from "./harness.ts";
import { describeMachine, SERVER_FLAGS, versionOf } from "./machine.ts";
import { CEILING, judge, SUBJECT, type Verdict } from "./promises.ts";
import { digits, rate, table } from "./report.ts";
import { Stage } from "./stage.ts";

const CLIENTS = [SUBJECT, "memjs", "memcached", "memcache-client", "memcache"];
const LARGEST_IMPORT = 25 * 1024;

const { values: options } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "0.3" },
    only: { type: "string", default: "" },
    clients: { type: "string", default: CLIENTS.join(",") },
    runtimes: { type: "string", default: "deno" },
    json: { type: "boolean", default: false },
    strict: { type: "boolean", default: false },
  },
});

const notes: string[] = [];
const say = (line: string): void => void process.stderr.write(`${line}\n`);
const pathOf = (file: string): string => fileURLToPath(new URL(file, import.meta.url));

function chosenCases(): Case[] {
  const wanted = options.only.split(",").filter((name) => name !== "");
  const fits = (id: string, name: string): boolean => id === name || id.startsWith(`${name}@`);
  const chosen = CASES.filter(({ id }) => wanted.length === 0 || wanted.some((name) => fits(id, name)));
  if (chosen.length > 0) return chosen;
  throw new RangeError(`No case fits --only ${options.only}: the cases are ${CASES.map(({ id }) => id).join(" ")}`);
}

async function measureImport(): Promise<Verdict> {
  const promise = `import of ".": ≤ ${LARGEST_IMPORT / 1024} KiB minified and gzipped`;
  try {
    const { minified, gzipped } = await weigh(pathOf("../mod.ts"));
    const reached = `${digits(gzipped / 1024)} KiB (${digits(minified / 1024)} before gzip)`;
    return { promise, reached, verdict: gzipped <= LARGEST_IMPORT ? "ok" : "MISSED" };
  } catch (error) {
    notes.push(`import of "." not weighed: ${messageOf(error)}`);
    return { promise, reached: "not measured", verdict: "–" };
  }
}

function show(cell: Cell): string {
  if (cell.error === "no multi-get") return "–";
  return cell.error === undefined ? `${rate(median(cell.rates))} / ${digits(median(cell.cpus))}` : "fails";
}

/** One table per runtime: more columns than clients fit on no screen. */
function showResults(results: Results, cases: readonly Case[]): string {
  const groups = Map.groupBy(results.keys(), (name) => name.split("/")[1] ?? "");
  const tables = [...groups.values()].map((names) => {
    const rows = cases.map(({ id, name }) => [name, ...names.map((column) => show(results.get(column)!.get(id)!))]);
    return table([["", ...names], ...rows]);
  });
  return tables.join("\n\n");
}

/** Says once per client why cells are missing. */
function noteErrors(results: Results): void {
  for (const [name, cells] of results) {
    const errors = new Map<string, string[]>();
    for (const [id, { error }] of cells) {
      if (error !== undefined && error !== "no multi-get") errors.set(error, [...errors.get(error) ?? [], id]);
    }
    for (const [error, ids] of errors) {
      notes.push(`${name} fails${ids.length === cells.size ? "" : ` in ${ids.join(", ")}`}: ${error}`);
    }
  }
}

/** Starts the C pipeliner and every client under every runtime that is there. */
async function startAll(stage: Stage, clients: readonly string[], runtimes: readonly string[]): Promise<Child[]> {
  const children: Child[] = [];
  try {
    children.push(await stage.startCeiling(CEILING));
  } catch (error) {
    notes.push(`No ${CEILING}, and no promise about it: ${messageOf(error)}`);
  }
  for (const runtime of runtimes) {
    if (versionOf(runtime) === undefined) {
      notes.push(`${runtime} is not on the path: its columns are left out`);
      continue;
    }
    for (const client of clients) children.push(await stage.startClient(client, runtime));
  }
  return children;
}

/** What needs memwire but no rounds. */
async function measureOnce(stage: Stage, seconds: number): Promise<Verdict[]> {
  const verdicts: Verdict[] = [];
  try {
    verdicts.push(...await count(await stage.startClient(`${SUBJECT}-counted`, "deno"), seconds));
  } catch (error) {
    notes.push(`No counters: ${messageOf(error)}`);
  }
  verdicts.push(await measureImport());
  return verdicts;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message.trim() : String(error);
}

async function main(): Promise<void> {
  const cases = chosenCases();
  const clients = options.clients.split(",");
  const runtimes = options.runtimes.split(",");
  const [rounds, seconds] = [Number(options.rounds), Number(options.seconds)];
  const folder = await mkdtemp(join(tmpdir(), "memwire-bench-"));
  try {
    await using server = await startMemcached({ args: SERVER_FLAGS });
    await using stage = new Stage(server.port, folder);
    const machine = describeMachine(runtimes, `memcached ${server.version} ${SERVER_FLAGS.join(" ")}`);
    if (!options.json) process.stdout.write(`${machine.join("\n")}\n`);
    const children = await startAll(stage, clients, runtimes);
    const progress = (round: number): void => say(round === 0 ? "warming up" : `round ${round} of ${rounds}`);
    const results = await measure({ cases, children, rounds, seconds, progress });
    noteErrors(results);
    const verdicts = judge(results, runtimes);
    if (clients.includes(SUBJECT) && options.only === "") verdicts.push(...await measureOnce(stage, seconds));

    if (options.json) {
      const cells = Object.fromEntries([...results].map(([name, of]) => [name, Object.fromEntries(of)]));
      process.stdout.write(`${JSON.stringify({ machine, rounds, seconds, cells, verdicts, notes }, undefined, 2)}\n`);
    } else {
      const head = "ops/s / client CPU µs per op; @N = N in flight on one connection; " +
        `medians of ${rounds} rounds of ${seconds} s per cell`;
      const promises = verdicts.map((
        { promise, reached, ceiling = "", verdict },
      ) => [promise, reached, ceiling, verdict]);
      const parts = ["", head, showResults(results, cases), "", ...notes];
      if (promises.length > 0) parts.push("", table([["promise", "reached", CEILING, ""], ...promises]));
      process.stdout.write(`${parts.join("\n")}\n`);
    }
    if (options.strict && verdicts.some(({ verdict }) => verdict === "MISSED")) process.exitCode = 1;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

await main();
