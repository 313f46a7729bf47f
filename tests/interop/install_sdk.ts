/** Gets the official SDK from the npm registry, into the cache folder and without running scripts of packages. */

import { access, mkdir, rename, rm } from "node:fs/promises";
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { cacheFolder } from "../support/cache_folder.ts";
import { run } from "../support/run_command.ts";

/** The version that the checks are written for. */
export const SDK_VERSION = "4.7.1";

/** Loading it shows whether there is a binary for this machine. */
const LOAD = 'require("couchbase")';

/**
 * Returns a folder whose `node_modules` has the SDK, fetched if need be; made whole or not at all.
 *
 * @throws {Error} With what npm or Node said.
 */
export async function installSdk(log: (line: string) => void): Promise<string> {
  const folder = join(await cacheFolder(), `couchbase-${SDK_VERSION}`);
  // Tried, because Node may be another one since it was fetched.
  if (await access(folder).then(() => run("node", ["-e", LOAD], folder)).then(() => true, () => false)) return folder;
  await rm(folder, { recursive: true, force: true });
  log(`Fetching couchbase ${SDK_VERSION} with npm`);
  const work = `${folder}.${randomUUID()}`;
  await mkdir(work, { recursive: true });
  try {
    // The binary is in a package of its own; the script of the package would only compile where there is none.
    const quiet = ["--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts", "--loglevel=error"];
    await run("npm", ["install", ...quiet, "--prefix", work, `couchbase@${SDK_VERSION}`], work);
    await run("node", ["-e", LOAD], work);
    // Another process may have fetched it at the same time: whichever is first stays.
    await rename(work, folder).catch(() => access(folder));
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return folder;
}
