/** Gets libmemcached and its tools from the packages of the system, into the cache folder. */

import { access, readdir } from "node:fs/promises";
import { join } from "node:path";
import { run } from "../support/run_command.ts";
import { installPackages } from "./install_packages.ts";

/** The library first, by its names in Debian 12 and earlier, and since. */
const NAMES = [["libmemcached11", "libhashkit2"], ["libmemcached11t64", "libhashkit2t64"]];

/** Where the things are that checks need. */
export interface Libmemcached {
  /** The folder of the shared libraries. */
  readonly libraries: string;
  /** The folder of the tools. */
  readonly tools: string;
}

/**
 * Returns where libmemcached is, fetched if need be; made whole or not at all.
 *
 * @throws {Error} With what apt-get said.
 */
export function installLibmemcached(log: (line: string) => void): Promise<Libmemcached> {
  return installPackages({
    name: "libmemcached",
    look,
    log,
    async fetch(download) {
      await download(["libmemcached-tools"]);
      await download(NAMES[0]!).catch(() => download(NAMES[1]!));
      // Found on most machines, but not on all.
      await download(["libsasl2-2", "libsasl2-modules-db", "libdb5.3"]).catch((error: Error) => log(error.message));
    },
  });
}

/** Finds the parts in the folder, and starts a tool to see that it works. */
async function look(folder: string): Promise<Libmemcached> {
  const lib = join(folder, "usr", "lib");
  const [triplet] = (await readdir(lib)).filter((name) => name.includes("-linux-"));
  const found = { libraries: join(lib, triplet ?? ""), tools: join(folder, "usr", "bin") };
  await access(join(found.libraries, "libmemcached.so.11"));
  await runTool(found, "memccp", ["--version"]);
  return found;
}

/** Runs one of the tools and returns what it wrote. */
export async function runTool(where: Libmemcached, tool: string, args: readonly string[]): Promise<string> {
  // "env" because the path of the libraries has to be there before the tool is.
  return await run("env", [`LD_LIBRARY_PATH=${where.libraries}`, join(where.tools, tool), ...args]);
}
