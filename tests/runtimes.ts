/**
 * What `deno task test:runtimes` runs: the contracts over real sockets under Bun and under Node.
 *
 * Bun is the one on the path, else fetched with npm. Node reads no TypeScript and no `await using` before version 24,
 * so that Bun's bundler makes one plain file for it first.
 */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { onPath, run } from "./support/run_command.ts";
import { type Outcome, prepareMemcached, runSuite, say, since } from "./support/run_suite.ts";

const BUN_VERSION = "1.4.5";

const began = performance.now();
const env = await prepareMemcached() ?? {};
const bun = await onPath("bun") === undefined ? ["npx", "--yes", `bun@${BUN_VERSION}`] : ["bun"];
const folder = await mkdtemp(join(tmpdir(), "memwire-"));
let failed = false;
try {
  const underBun = await runSuite([...bun, "test", "./tests/runtime/bun_test.ts"], { env, capture: true });
  report("Bun", underBun, { passed: /^ *(\d+) pass$/m, failed: /^ *(\d+) fail$/m });

  const file = join(folder, "node_test.mjs");
  const build = ["build", "--target", "node", "--external", "cloudflare:*", "--outfile", file];
  const built = await runSuite([...bun, ...build, "./tests/runtime/node_test.ts"]);
  const underNode = built.code === 0
    ? await runSuite(["node", "--test-reporter=spec", file], { env, capture: true })
    : { code: built.code, output: "" };
  const version = (await run("node", ["--version"])).trim();
  report(`Node ${version}`, underNode, { passed: /^\S* ?pass (\d+)$/m, failed: /^\S* ?fail (\d+)$/m });
} finally {
  await rm(folder, { recursive: true, force: true });
}
say(`\nRuntimes ${failed ? "FAILED" : "passed"} in ${since(began)}`);
process.exit(failed ? 1 : 0);

/** Says the counts of the runner's own closing lines; a runner that ran nothing has failed. */
function report(name: string, outcome: Outcome, counts: { passed: RegExp; failed: RegExp }): void {
  // deno-lint-ignore no-control-regex -- the escape sequences of colours
  const text = outcome.output.replace(/\x1b\[[0-9;]*m/g, "");
  const passed = Number(counts.passed.exec(text)?.[1] ?? 0);
  const wrong = Number(counts.failed.exec(text)?.[1] ?? 0);
  const bad = outcome.code !== 0 || passed === 0 || wrong > 0;
  failed ||= bad;
  say(`${name}: ${passed} passed, ${bad ? Math.max(wrong, 1) : 0} failed`);
}
