/**
 * What `deno task interop` runs: the official Couchbase SDK, under Node, against the embedded node, and our own client beside it;
 * then libmemcached and twemproxy beside our rings, and the clients for PHP, Python and Ruby beside our transcoders, with real servers.
 *
 * The SDK is fetched with npm into the cache folder, all others with the system's package manager.
 * An argument runs only those checks whose names have it in them.
 * The last line is "N passed, N failed".
 */

import process from "node:process";
import { fileURLToPath } from "node:url";
import { type EmbeddedNode, startNode } from "./interop/embedded_node.ts";
import { installSdk, SDK_VERSION } from "./interop/install_sdk.ts";
import { type RingChecks, ringChecks } from "./interop/rings.ts";
import { AFTER, BEFORE, type Checks, withOwnClient } from "./interop/own_client.ts";
import { twemproxyChecks } from "./interop/twemproxy.ts";
import { valueChecks } from "./interop/values.ts";
import { runSuite, say, since } from "./support/run_suite.ts";

/** The most that all checks of the SDK may take together, in ms. */
const LIMIT = 5 * 60_000;
const SCRIPT = fileURLToPath(new URL("./interop/sdk.mjs", import.meta.url));

const began = performance.now();
const only = process.argv[2] ?? "";
let passed = 0;
let failed = 0;

{
  await using node = await startNode();
  await runOwn("memwire", BEFORE, node);
  await runSdk(node);
  // Of no use without what all checks of the SDK have left.
  if (only === "") await runOwn("memwire, afterwards", AFTER, node);
  await check("the node has met no error inside", () => {
    if (node.errors.length > 0) throw new AggregateError(node.errors, node.errors.join("; "));
  });
}
await runOther("libmemcached", ringChecks);
await runOther("twemproxy", twemproxyChecks);
for (const language of ["php", "python", "ruby"] as const) {
  await runOther(`${language}, with its clients,`, (log) => valueChecks(language, log));
}
say(`\nInterop done in ${since(began)}`);
say(`Interop: ${passed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);

/** Runs the checks of the SDK in a process of their own, and adds what they came to. */
async function runSdk({ address }: EmbeddedNode): Promise<void> {
  let folder: string | undefined;
  await check(`the SDK, couchbase ${SDK_VERSION}, is installed and loads`, async () => {
    folder = await installSdk(say);
  });
  if (folder === undefined) return;
  const { code, output } = await runSuite(["node", SCRIPT, `couchbase://127.0.0.1:${address.port}`, only], {
    env: { MEMWIRE_INTEROP_SDK: folder },
    capture: true,
    limit: LIMIT,
  });
  const count = (line: RegExp) => output.match(line)?.length ?? 0;
  const good = count(/^ok /gm);
  const bad = count(/^FAILED /gm);
  passed += good;
  failed += bad;
  const planned = Number(/^(\d+) checks$/m.exec(output)?.[1] ?? 0);
  await check("the SDK got to the end of its checks", () => {
    if (good + bad !== planned || planned === 0) {
      throw new Error(`${good + bad} of ${planned} checks, then code ${code}`);
    }
    if ((code === 0) !== (bad === 0)) throw new Error(`${bad} checks failed, yet the process ended with code ${code}`);
  });
}

/** Runs the checks beside one of those whose keys or values we share. */
async function runOther(name: string, make: (log: typeof say) => Promise<RingChecks>): Promise<void> {
  let checks: RingChecks = {};
  await check(`${name} is installed`, async () => {
    checks = await make(say);
  });
  for (const [name, run] of Object.entries(checks)) {
    if (name.includes(only)) await check(name, run);
  }
}

/** Runs checks of our own client. */
async function runOwn(group: string, checks: Checks, { address }: EmbeddedNode): Promise<void> {
  for (const [name, run] of Object.entries(checks)) {
    await check(`${group}: ${name}`, () => withOwnClient(address.port, run));
  }
}

/** Runs one check and says what came of it. */
async function check(name: string, run: () => void | Promise<void>): Promise<void> {
  try {
    await run();
    passed++;
    say(`ok ${name}`);
  } catch (error) {
    failed++;
    say(`FAILED ${name}\n${Deno.inspect(error).replace(/^/gm, "    ")}`);
  }
}
