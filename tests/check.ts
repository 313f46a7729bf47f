/** What `deno task check` runs: all that can be said of the code without running it, one step after the other. */

import config from "../deno.json" with { type: "json" };
import process from "node:process";
import { runSuite, say, since } from "./support/run_suite.ts";

const STEPS: Readonly<Record<string, readonly string[]>> = {
  format: ["fmt", "--check"],
  lint: ["lint"],
  types: ["check", "mod.ts", "src", "tests"],
  // The benchmarks have rivals that the package must not list, so a configuration of their own.
  "types of the benchmarks": ["check", "--config", "bench/deno.json", "bench"],
  docs: ["doc", "--lint", ...Object.values(config.exports)],
  publish: ["publish", "--dry-run", "--allow-dirty"],
};

const began = performance.now();
const failed: string[] = [];
for (const [name, args] of Object.entries(STEPS)) {
  const { code } = await runSuite([Deno.execPath(), ...args]);
  if (code !== 0) failed.push(name);
}
say(`\nChecks done in ${since(began)}${failed.length > 0 ? `; FAILED: ${failed.join(", ")}` : ""}`);
say(`Checks: ${Object.keys(STEPS).length - failed.length} passed, ${failed.length} failed`);
process.exit(failed.length > 0 ? 1 : 0);
