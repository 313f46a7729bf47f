/**
 * `deno task bench:cluster`: four servers behind one client beside one server, in CPU of the client per operation.
 *
 * - `--rounds 5`, `--seconds 0.3` (of a cell), `--kinds one,hand,four,batched` (see `cluster_subject.ts`)
 * - `--strict` (exit code 1 when sharding costs more than promised)
 *
 * All servers run on this machine, so operations per second say little; CPU of the client is what counts. With as many calls in
 * flight, each of four connections shares its writes and reads among a quarter of them, which no router can change: `hand` shows that
 * price. So one connection with 64 in flight is compared with four that have 64 each.
 */

import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type Memcached, startMemcached } from "../tests/support/memcached.ts";
import type { Case } from "./cases.ts";
import { Child } from "./child.ts";
import { measure, median, type Results } from "./harness.ts";
import { commandOf, describeMachine, SERVER_FLAGS } from "./machine.ts";
import { digits, rate, table } from "./report.ts";

const SERVERS = 4;
/** What sharding may cost, as a share of the CPU per operation of one connection. */
const PRICE = 0.15;

const CASES: readonly Case[] = [
  { id: "get@64", name: "get 100 B @64", op: "get", size: 100, window: 64 },
  { id: "get@256", name: "get 100 B @256", op: "get", size: 100, window: 256 },
  { id: "get@512", name: "get 100 B @512", op: "get", size: 100, window: 512 },
  { id: "set@64", name: "set 100 B @64", op: "set", size: 100, window: 64 },
  { id: "set@256", name: "set 100 B @256", op: "set", size: 100, window: 256 },
  { id: "mget@1", name: "mget 100 keys @1", op: "mget", size: 100, window: 1 },
  { id: "mget@4", name: "mget 100 keys @4", op: "mget", size: 100, window: 4 },
];

/** What is compared with what: the same number of calls in flight on each connection. */
const PROMISES: readonly (readonly [cluster: string, one: string])[] = [["get@256", "get@64"], ["set@256", "set@64"]];

const { values: options } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "0.3" },
    kinds: { type: "string", default: "one,hand,four,batched" },
    strict: { type: "boolean", default: false },
  },
});

function startChild(kind: string, servers: readonly Memcached[]): Child {
  const config = fileURLToPath(new URL("./deno.json", import.meta.url));
  const file = fileURLToPath(new URL("./cluster_subject.ts", import.meta.url));
  const ports = servers.map(({ port }) => String(port));
  return new Child(kind, [commandOf("deno"), "run", "-A", "--config", config, file, kind, ...ports]);
}

function cpuOf(results: Results, kind: string, id: string): number {
  return median(results.get(kind)?.get(id)?.cpus ?? [NaN]);
}

function show(results: Results): string {
  const rows = CASES.map(({ id, name }) => [
    name,
    ...[...results.values()].map((cells) => {
      const { rates, cpus, error } = cells.get(id)!;
      return error === undefined ? `${rate(median(rates))} / ${digits(median(cpus))}` : "–";
    }),
  ]);
  return table([["ops/s / client CPU µs per op", ...results.keys()], ...rows]);
}

/** Says of each promise whether it was kept. */
function judge(results: Results): readonly (readonly [string, string, boolean])[] {
  return PROMISES.map(([cluster, one]) => {
    const extra = cpuOf(results, "four", cluster) / cpuOf(results, "one", one) - 1;
    const promise = `four servers ${cluster}: ≤ ${PRICE * 100} % more CPU per operation than one ${one}`;
    return [promise, `${(extra * 100).toFixed(1)} %`, extra <= PRICE];
  });
}

async function main(): Promise<void> {
  const servers = await Promise.all(Array.from({ length: SERVERS }, () => startMemcached({ args: SERVER_FLAGS })));
  const children = options.kinds.split(",").map((kind) => startChild(kind, servers));
  try {
    const [first] = servers;
    const machine = describeMachine(["deno"], `${SERVERS} × memcached ${first!.version} ${SERVER_FLAGS.join(" ")}`);
    process.stdout.write(`${machine.join("\n")}\n\n`);
    const [rounds, seconds] = [Number(options.rounds), Number(options.seconds)];
    const progress = (round: number): void =>
      void process.stderr.write(round === 0 ? "warming up\n" : `round ${round} of ${rounds}\n`);
    const results = await measure({ cases: CASES, children, rounds, seconds, progress });
    process.stdout.write(`${show(results)}\n`);
    if (results.has("one") && results.has("four")) {
      const verdicts = judge(results);
      const rows = verdicts.map(([promise, reached, kept]) => [promise, reached, kept ? "ok" : "MISSED"]);
      process.stdout.write(`\n${table([["promise", "reached", ""], ...rows])}\n`);
      if (options.strict && verdicts.some(([, , kept]) => !kept)) process.exitCode = 1;
    }
  } finally {
    await Promise.all([...children.map((child) => child.close()), ...servers.map((server) => server.stop())]);
  }
}

await main();
