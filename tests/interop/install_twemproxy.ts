/** Gets twemproxy, whose command is nutcracker, from the packages of the system, into the cache folder. */

import { randomUUID } from "node:crypto";
import { access, mkdir, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { openApt } from "../support/apt_fetch.ts";
import { cacheFolder } from "../support/cache_folder.ts";
import { run } from "../support/run_command.ts";

/** What starts it, and where its libraries are. */
export interface Twemproxy {
  readonly command: string;
  readonly libraries: string;
}

/**
 * Returns where twemproxy is, fetched if need be; made whole or not at all.
 *
 * @throws {Error} With what apt-get said.
 */
export async function installTwemproxy(log: (line: string) => void): Promise<Twemproxy> {
  const folder = join(await cacheFolder(), "twemproxy");
  const found = await look(folder).catch(() => undefined);
  if (found !== undefined) return found;
  await rm(folder, { recursive: true, force: true });
  const work = `${folder}.${randomUUID()}`;
  await mkdir(work, { recursive: true });
  try {
    const download = await openApt(work, log);
    await download(["nutcracker", "libyaml-0-2"]);
    // Another process may have fetched it at the same time: whichever is first stays.
    await rename(join(work, "root"), folder).catch(() => access(folder));
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return await look(folder);
}

/** Finds the parts in the folder, and starts it to see that it works. */
async function look(folder: string): Promise<Twemproxy> {
  const lib = join(folder, "usr", "lib");
  const [triplet = ""] = (await readdir(lib)).filter((name) => name.includes("-linux-"));
  const found = { command: join(folder, "usr", "sbin", "nutcracker"), libraries: join(lib, triplet) };
  await run("env", [`LD_LIBRARY_PATH=${found.libraries}`, found.command, "--version"]);
  return found;
}
