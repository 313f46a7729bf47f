/** Gets twemproxy, whose command is nutcracker, from the packages of the system, into the cache folder. */

import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { run } from "../support/run_command.ts";
import { installPackages } from "./install_packages.ts";

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
export function installTwemproxy(log: (line: string) => void): Promise<Twemproxy> {
  return installPackages({
    name: "twemproxy",
    look,
    log,
    fetch: (download) => download(["nutcracker", "libyaml-0-2"]),
  });
}

/** Finds the parts in the folder, and starts it to see that it works. */
async function look(folder: string): Promise<Twemproxy> {
  const lib = join(folder, "usr", "lib");
  const [triplet = ""] = (await readdir(lib)).filter((name) => name.includes("-linux-"));
  const found = { command: join(folder, "usr", "sbin", "nutcracker"), libraries: join(lib, triplet) };
  await run("env", [`LD_LIBRARY_PATH=${found.libraries}`, found.command, "--version"]);
  return found;
}
