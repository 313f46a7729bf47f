/**
 * Finds a real memcached, or fetches one.
 *
 * Where it comes from, in this order: `MEMWIRE_MEMCACHED_PATH`, the path, the cache folder
 * (`$XDG_CACHE_HOME/memwire`, else `~/.cache/memwire`), the system's package manager, into the cache folder.
 * `MEMWIRE_MEMCACHED=fetch` passes over the path, `MEMWIRE_MEMCACHED=none` makes as if there were none.
 */

import { access, rm } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { cacheFolder } from "./cache_folder.ts";
import { fetchMemcached } from "./memcached_fetch.ts";
import { onPath, run } from "./run_command.ts";

/** What {@linkcode locateMemcached} found. */
export interface Location {
  /** The path of what starts memcached; absent when there is none. */
  readonly path?: string;
  /** In words: where it is from, or why there is none. */
  readonly story: string;
}

/** The path of what starts memcached, fetched if need be; `undefined` when there is none. */
export async function findMemcached(): Promise<string | undefined> {
  return (await locateMemcached()).path;
}

/** Finds memcached, fetches it if need be, and says where it is from or why there is none; never rejects. */
export async function locateMemcached(log: (line: string) => void = () => {}): Promise<Location> {
  const { MEMWIRE_MEMCACHED: mode, MEMWIRE_MEMCACHED_PATH: given } = process.env;
  if (mode === "none") return { story: "MEMWIRE_MEMCACHED=none says so" };
  if (given) return { path: given, story: "named by MEMWIRE_MEMCACHED_PATH" };
  const installed = mode === "fetch" ? undefined : await onPath("memcached");
  if (installed !== undefined) return { path: installed, story: "found on the path" };
  try {
    const folder = join(await cacheFolder(), "memcached");
    const cached = join(folder, "memcached");
    if (await starts(cached)) return { path: cached, story: "found in the cache folder" };
    await rm(folder, { recursive: true, force: true });
    return { path: await fetchMemcached(folder, log), story: "fetched with the system's package manager" };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { story: `not on the path, and it cannot be fetched: ${reason}` };
  }
}

/** Runs it, because the libraries of the system may have changed since it was fetched. */
async function starts(path: string): Promise<boolean> {
  return await access(path).then(() => run(path, ["-V"])).then(() => true, () => false);
}
