/** Packages of Debian and its kin, unpacked into a folder: without root and without installing anything. */

import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { run } from "./run_command.ts";

/** Downloads packages and unpacks them into `root`; returns the names of their files. */
export type Download = (names: readonly string[]) => Promise<string[]>;

/** Makes what downloads into a folder; the package lists of the system are used, or, where they do not do, lists of our own. */
export async function openApt(work: string, log: (line: string) => void): Promise<Download> {
  // Folders of our own, so that package lists can be fetched without root where the system has none or old ones.
  const lists = join(work, "lists");
  const cache = join(work, "cache");
  await mkdir(join(lists, "partial"), { recursive: true });
  await mkdir(join(cache, "archives", "partial"), { recursive: true });
  const common = ["-q", "-o", "APT::Sandbox::User=root", "-o", `Dir::Cache=${cache}`];
  for (const scheme of ["http", "https"]) common.push("-o", `Acquire::${scheme}::Timeout=20`);
  const own = [...common, "-o", `Dir::State::lists=${lists}`];

  let options = common;
  const download: Download = async (names) => {
    const before = new Set(await readdir(work));
    log(`Fetching ${names.join(", ")} with apt-get`);
    await run("apt-get", [...options, "download", ...names], work);
    const files = (await readdir(work)).filter((file) => file.endsWith(".deb") && !before.has(file));
    for (const file of files) await run("dpkg-deb", ["-x", file, "root"], work);
    return files;
  };
  let first = true;
  return async (names) => {
    if (!first) return await download(names);
    first = false;
    try {
      return await download(names);
    } catch {
      log("The package lists of the system do not do: fetching lists of our own");
      options = own;
      // One source of several that cannot be reached fails the update; the download shows whether that matters.
      const updated = await run("apt-get", [...own, "update"], work).catch((error: Error) => error.message);
      return await download(names).catch((error: Error) => {
        throw new Error(`${error.message}\n${updated.slice(-2000)}`, { cause: error });
      });
    }
  };
}
