/**
 * `deno task bench:cluster`: four servers behind one client beside one server, in CPU of the client per operation.
 *
 * - `--rounds 5`, `--seconds 0.3` (of a cell), `--kinds one,hand,four,batched` (see `cluster_subject.ts`)
 * - `--strict` (exit code 1 when sharding costs more than promised)
 *
 * All servers run on this machine, so operations per second say little; CPU of the client is what counts. A turn's calls leave in one
 * write per connection: over four connections four times as many writes carry a quarter of the calls each, and a write costs ten
 * microseconds whatever is in it. No router can change that. `hand` is that price: four clients, chosen by the last letter of the
 * key. What `four` costs beyond it is the price of routing. Both are judged: the whole price beside one connection, and that of routing.
 */

import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type Memcached, startMemcached } from "../tests/support/memcached.ts";
import { type Case, caseOf } from "./cases.ts";
import { Child } from "./child.ts";
import { measure, median, type Results } from "./harness.ts";
import { commandOf, describeMachine, SERVER_FLAGS } from "./machine.ts";
import { digits, rate, table } from "./report.ts";

const SERVERS = 4;
/** What sharding may cost, as a share of the CPU per operation over one connection, and routing over as many without a router. */
const PRICE = 0.15;

const CASES: readonly Case[] = [
  caseOf("get@64"),
  { ...caseOf("get@64"), id: "get@256", name: "get 100 B @256", window: 256 },
  caseOf("get@512"),
  { ...caseOf("get@64"), id: "get@2048", name: "get 100 B @2048", window: 2048 },
  caseOf("set@64"),
  { ...caseOf("set@64"), id: "set@256", name: "set 100 B @256", window: 256 },
  caseOf("mget@1"),
  caseOf("mget@4"),
  { ...caseOf("mget@1"), id: "mget@16", name: "mget 100 keys @16", window: 16 },
];

/** The cases that a promise is about. */
const PROMISED: readonly string[] = ["get@64", "get@256", "get@512", "set@64", "set@256"];

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

/** Says of each promise whether it was kept, and what there is to know beside. */
function judge(results: Results): readonly (readonly [string, string, boolean])[] {
  const rivals = [["one", "one connection"], ["hand", "four connections without a router"]] as const;
  return rivals.flatMap(([kind, name]) =>
    PROMISED.map((id): readonly [string, string, boolean] => {
      const price = cpuOf(results, "four", id) / cpuOf(results, kind, id) - 1;
      const promise = `${id}: ≤ ${PRICE * 100} % more CPU per operation than ${name}`;
      return [promise, `${(price * 100).toFixed(1)} %`, price <= PRICE];
    })
  );
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
    if (results.has("one") && results.has("hand") && results.has("four")) {
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
