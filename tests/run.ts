/**
 * What `deno task test` runs: gets a memcached, then runs the tests and the examples in the docs.
 *
 * Arguments go to `deno test`; files and folders among them replace all: `deno task test tests/frame --filter cut`.
 */

import { existsSync } from "node:fs";
import process from "node:process";
import { prepareMemcached, runSuite, say, since } from "./support/run_suite.ts";

/** The helpers have no tests, and the tests of the other runtimes run there: see `runtimes.ts`. */
const IGNORED = ["tests/support", "tests/runtime/bun_test.ts", "tests/runtime/node_test.ts"];
/** Not `tests` as a folder: Deno finds nothing in one that has members of the workspace below it. */
const ALL = ["README.md", "mod.ts", "src", "tests/**/*_test.ts"];

const began = performance.now();
const args = process.argv.slice(2);
const paths = args.some((arg) => existsSync(arg)) ? [] : ALL;
const env = await prepareMemcached();
const { code } = await runSuite(
  [Deno.execPath(), "test", "-A", "--doc", "--parallel", `--ignore=${IGNORED.join(",")}`, ...args, ...paths],
  { env: env ?? {} },
);
const strict = process.env.CI === "true";
if (env === undefined) {
  say(strict ? "With CI=true a missing memcached is a failure" : "Not all was tested: no memcached");
}
const failed = code !== 0 || (env === undefined && strict);
say(`Tests ${failed ? "FAILED" : "passed"} in ${since(began)}`);
process.exit(failed ? code || 1 : 0);
