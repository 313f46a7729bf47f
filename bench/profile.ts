/**
 * `deno run -A --config bench/deno.json bench/profile.ts get@64`: where the time of one cell goes.
 *
 * Prints the functions with the most time of their own, as a share of the time that was not idle. `--client memjs` profiles a
 * rival, `--seconds 3` is how long, `--top 30` how many, `--runtime node` runs it elsewhere (Deno or Node).
 */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { startMemcached } from "../tests/support/memcached.ts";
import { caseOf } from "./cases.ts";
import { SERVER_FLAGS } from "./machine.ts";
import { order } from "./harness.ts";
import type { Profile } from "./profiler.ts";
import { digits, rate, table } from "./report.ts";
import { Stage } from "./stage.ts";

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    client: { type: "string", default: "memwire" },
    runtime: { type: "string", default: "deno" },
    seconds: { type: "string", default: "3" },
    top: { type: "string", default: "30" },
  },
});

const folder = await mkdtemp(join(tmpdir(), "memwire-bench-"));
try {
  await using server = await startMemcached({ args: SERVER_FLAGS });
  await using stage = new Stage(server.port, folder);
  const one = caseOf(positionals[0] ?? "get@64");
  const seconds = Number(options.seconds);
  const child = await stage.startClient(options.client, options.runtime);
  const profile = await child.ask<Profile>(`profile ${order(one, seconds)}`, seconds);
  const { ops, seconds: took, cpu } = profile.sample;
  const busy = profile.total - profile.idle;
  const rows = profile.functions
    .filter(({ name }) => name !== "(idle)")
    .slice(0, Number(options.top))
    .map(({ name, place, self }) => [
      `${name} ${place}`,
      `${(self / busy * 100).toFixed(1)} %`,
      `${(self * 1e6 / ops).toFixed(0)} ns`,
    ]);
  process.stdout.write([
    `${options.client}, ${one.name}: ${rate(ops / took)} ops/s, ${
      digits(cpu / ops)
    } µs of CPU per op under the profiler, ` +
    `idle ${(profile.idle / profile.total * 100).toFixed(0)} %`,
    table([["function", "of busy time", "per op"], ...rows]),
    "",
  ].join("\n"));
} finally {
  await rm(folder, { recursive: true, force: true });
}
