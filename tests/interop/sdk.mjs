/**
 * Checks what the official SDK makes of the embedded server: a plain script for Node, which `tests/interop.ts` runs.
 *
 * The first line says how many checks there are, then each has its line, beginning with `ok` or `FAILED`.
 */

import process from "node:process";
import { setTimeout } from "node:timers";
import { inspect } from "node:util";
import binary from "./sdk/binary.mjs";
import collections from "./sdk/collections.mjs";
import { nodeTime } from "./sdk/control.mjs";
import { couchbase } from "./sdk/couchbase.mjs";
import documents from "./sdk/documents.mjs";
import durability from "./sdk/durability.mjs";
import expiry from "./sdk/expiry.mjs";
import locks from "./sdk/locks.mjs";
import lookups from "./sdk/lookups.mjs";
import mutations from "./sdk/mutations.mjs";
import replicas from "./sdk/replicas.mjs";
import scans from "./sdk/scans.mjs";
import sessions from "./sdk/sessions.mjs";
import shared from "./sdk/shared.mjs";
import structures from "./sdk/structures.mjs";
import transactions from "./sdk/transactions.mjs";
import values from "./sdk/values.mjs";

const GROUPS = {
  documents,
  values,
  binary,
  expiry,
  locks,
  lookups,
  mutations,
  structures,
  collections,
  durability,
  replicas,
  scans,
  transactions,
  sessions,
  shared,
};

/** The most that one check may take, in ms. */
const LIMIT = 30_000;

const [address, only = ""] = process.argv.slice(2);
const checks = Object.entries(GROUPS).flatMap(([group, entries]) =>
  Object.entries(entries).map(([name, run]) => ({ name: `${group}: ${name}`, run }))
).filter(({ name }) => name.includes(only));

say(`${checks.length + 2} checks`);
let failed = 0;
const cluster = await check("connect", () =>
  couchbase.connect(address, {
    username: "ada",
    password: "pencil",
    // What others have left unfinished is looked for in the background: not in these few seconds.
    transactions: { cleanupConfig: { disableLostAttemptCleanup: true } },
  }));
if (cluster !== undefined) {
  const bucket = cluster.bucket("default");
  const collection = bucket.defaultCollection();
  for (const [i, { name, run }] of checks.entries()) {
    await check(name, () => run({ address, cluster, bucket, collection, key: `check-${i}`, now: nodeTime }));
  }
  await check("close", () => cluster.close());
}
// Threads of the SDK may still be about something.
process.exit(failed > 0 ? 1 : 0);

/** Runs one check and says what came of it; `undefined` when it failed. */
async function check(name, run) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done after ${LIMIT} ms`)), LIMIT);
  });
  try {
    const result = await Promise.race([run(), late]);
    say(`ok ${name}`);
    return result;
  } catch (error) {
    failed++;
    say(`FAILED ${name}\n${inspect(error, { depth: 4 }).replace(/^/gm, "    ")}`);
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}

/** Writes at once, however the process ends. */
function say(line) {
  process.stdout.write(`${line}\n`);
}
