/** Where tests keep what they fetch. */

import { mkdir, mkdtemp } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";

/**
 * A folder to keep what was fetched: `$XDG_CACHE_HOME/memwire`, else `~/.cache/memwire`; one for this time only where the home
 * cannot be written.
 */
export async function cacheFolder(): Promise<string> {
  const folder = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "memwire");
  return await mkdir(folder, { recursive: true }).then(() => folder, () => mkdtemp(join(tmpdir(), "memwire-")));
}
