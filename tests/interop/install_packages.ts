/** Gets packages of the system into the cache folder. */

import { randomUUID } from "node:crypto";
import { access, mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { type Download, openApt } from "../support/apt_fetch.ts";
import { cacheFolder } from "../support/cache_folder.ts";

/** What is to be there, and how it comes there. */
export interface Packages<T> {
  /** The folder in the cache folder. */
  readonly name: string;
  /** Finds the parts in the folder, and sees that they work. */
  look(folder: string): Promise<T>;
  /** Downloads the packages; their files lie in the folder beside. */
  fetch(download: Download, work: string): Promise<unknown>;
  /** Told what is done. */
  readonly log: (line: string) => void;
}

/**
 * Returns what `look` finds, fetched if need be; the folder is made whole or not at all.
 *
 * @throws {Error} With what apt-get said.
 */
export async function installPackages<T>({ name, look, fetch, log }: Packages<T>): Promise<T> {
  const folder = join(await cacheFolder(), name);
  const found = await look(folder).catch(() => undefined);
  if (found !== undefined) return found;
  await rm(folder, { recursive: true, force: true });
  const work = `${folder}.${randomUUID()}`;
  await mkdir(work, { recursive: true });
  try {
    await fetch(await openApt(work, log), work);
    // Another process may have fetched it at the same time: whichever is first stays.
    await rename(join(work, "root"), folder).catch(() => access(folder));
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return await look(folder);
}
