/**
 * `deno task bench:text`: what the text protocols cost beside binary, and dumps of keys.
 *
 * - `--rounds 7`, `--seconds 0.3` (of a cell), `--keys 1000000` (of the dump), `--json`, `--strict` (exit code 1 when a promise is missed)
 */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { connect } from "@memwire/memwire";
import { dumpKeys, MetadumpParser } from "@memwire/memwire/text";
import { startMemcached } from "../tests/support/memcached.ts";
import { caseOf } from "./cases.ts";
import { measure, median, type Results } from "./harness.ts";
import { describeMachine, SERVER_FLAGS } from "./machine.ts";
import { compare } from "./micro.ts";
import type { Verdict } from "./promises.ts";
import { digits, rate, table } from "./report.ts";
import { Stage } from "./stage.ts";

const { values: options } = parseArgs({
  options: {
    rounds: { type: "string", default: "7" },
    seconds: { type: "string", default: "0.3" },
    keys: { type: "string", default: "1000000" },
    json: { type: "boolean", default: false },
    strict: { type: "boolean", default: false },
  },
});

/** What is promised. */
const META_RATIO = 1.3;
const PARSED_PER_SECOND = 1e6;
const DUMP_MEMORY = 64;

const CASES = ["get@64", "set@64", "mget@1"].map(caseOf);
const say = (line: string): void => void process.stderr.write(`${line}\n`);

/** Times the CPU of one client is that of binary in the same round. */
function ratioOf(results: Results, client: string, id: string): number {
  const cpus = results.get(client)!.get(id)!.cpus;
  const binary = results.get("memwire")!.get(id)!.cpus;
  return median(cpus.map((cpu, round) => cpu / binary[round]!));
}

async function protocols(folder: string): Promise<{ results: Results; verdict: Verdict; machine: string[] }> {
  await using server = await startMemcached({ args: SERVER_FLAGS });
  await using stage = new Stage(server.port, folder);
  const machine = describeMachine(["deno"], `memcached ${server.version} ${SERVER_FLAGS.join(" ")}`);
  const children = [];
  for (const client of ["memwire", "memwire-meta", "memwire-text"]) {
    children.push(await stage.startClient(client, "deno"));
  }
  const [rounds, seconds] = [Number(options.rounds), Number(options.seconds)];
  const progress = (round: number): void => say(round === 0 ? "warming up" : `round ${round} of ${rounds}`);
  const results = await measure({ cases: CASES, children, rounds, seconds, progress });
  const ratio = ratioOf(results, "memwire-meta", "get@64");
  const verdict: Verdict = {
    promise: `get@64 over meta: CPU ≤ ${META_RATIO}× that of binary`,
    reached: `${digits(ratio)}×`,
    verdict: ratio <= META_RATIO ? "ok" : "MISSED",
  };
  return { results, verdict, machine };
}

/** Lines of a dump in chunks as a socket brings them. */
function dumpChunks(count: number): Uint8Array[] {
  let text = "";
  for (let i = 0; i < count; i++) {
    text += `key=user%3A${i} exp=${i % 3 === 0 ? -1 : 1795270000 + i} la=1795269741 cas=${
      i + 1
    } fetch=yes cls=1 size=88\n`;
  }
  const bytes = new TextEncoder().encode(text);
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += 65_536) chunks.push(bytes.subarray(at, at + 65_536));
  return chunks;
}

/** CPU per line: looked at where it lies, and made an object of, which a user keeps. */
async function parsing(): Promise<Verdict[]> {
  const lines = 20_000;
  const chunks = dumpChunks(lines);
  let sum = 0;
  const seen = await compare({
    name: "metadump",
    ours: {
      frames: lines,
      run() {
        const parser = new MetadumpParser();
        for (const chunk of chunks) parser.push(chunk, (line) => sum += line.size);
      },
    },
    baseline: {
      frames: lines,
      run() {
        const parser = new MetadumpParser();
        for (const chunk of chunks) parser.push(chunk, (line) => sum += line.entry().key.length);
      },
    },
  }, Number(options.rounds));
  if (sum === 0) throw new Error("Nothing was read");
  return ([["looked at", seen.ours], ["made objects of", seen.baseline]] as const).map(([how, ns]) => ({
    promise: `metadump lines ${how}: ≥ ${rate(PARSED_PER_SECOND)}/s of CPU`,
    reached: `${rate(1e9 / ns)}/s, ${digits(ns)} ns each`,
    verdict: 1e9 / ns >= PARSED_PER_SECOND ? "ok" : "MISSED",
  }));
}

/** Dumps very many keys of a real memcached, and looks at how much memory that takes. */
async function dump(): Promise<Verdict> {
  const keys = Number(options.keys);
  await using server = await startMemcached({ args: ["-t", "1", "-m", "1024", "-R", "1000"] });
  const address = `127.0.0.1:${server.port}`;
  await using client = await connect(address, { timeout: 30_000 });
  say(`storing ${keys} keys`);
  for (let from = 0; from < keys; from += 4000) {
    const count = Math.min(4000, keys - from);
    await client.setMulti(Array.from({ length: count }, (_, i) => [`user:${from + i}`, "v"] as const));
  }
  say("dumping");
  const before = memory();
  let highest = before;
  let seen = 0;
  const cpu = process.cpuUsage();
  for await (const { size } of dumpKeys(address, { idleTimeout: 30_000, mode: "hash" })) {
    if (size > 0) seen++;
    if (seen % 20_000 === 0) highest = Math.max(highest, memory());
  }
  const { user, system } = process.cpuUsage(cpu);
  const grown = (highest - before) / 2 ** 20;
  return {
    promise: `metadump of ${keys} keys one by one: all of them, ≤ ${DUMP_MEMORY} MiB`,
    reached: `${seen} keys, ${digits(Math.max(grown, 0))} MiB, ${rate(seen / ((user + system) / 1e6))}/s of CPU`,
    verdict: seen === keys && grown <= DUMP_MEMORY ? "ok" : "MISSED",
  };
}

function memory(): number {
  const { rss } = process.memoryUsage();
  return rss;
}

async function main(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "memwire-bench-"));
  try {
    const { results, verdict, machine } = await protocols(folder);
    const verdicts = [verdict, ...await parsing(), await dump()];
    if (options.json) {
      const cells = Object.fromEntries([...results].map(([name, of]) => [name, Object.fromEntries(of)]));
      process.stdout.write(`${JSON.stringify({ machine, cells, verdicts }, undefined, 2)}\n`);
    } else {
      const names = [...results.keys()];
      const rows = CASES.map(({ id, name }) => [
        name,
        ...names.map((client) => {
          const { rates, cpus, error } = results.get(client)!.get(id)!;
          if (error !== undefined) return "fails";
          return `${rate(median(rates))} / ${digits(median(cpus))} / ${digits(ratioOf(results, client, id))}×`;
        }),
      ]);
      const parts = [
        ...machine,
        "",
        `ops/s / client CPU µs per op / times that of binary; medians of ${options.rounds} rounds of ${options.seconds} s`,
        table([["", ...names], ...rows]),
        "",
        table([["promise", "reached", ""], ...verdicts.map((one) => [one.promise, one.reached, one.verdict])]),
      ];
      process.stdout.write(`${parts.join("\n")}\n`);
    }
    if (options.strict && verdicts.some((one) => one.verdict === "MISSED")) process.exitCode = 1;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

await main();
