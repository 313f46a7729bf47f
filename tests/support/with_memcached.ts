/** Tests of one file that share one real memcached. */

import process from "node:process";
import { locateMemcached, type Memcached, startMemcached, type StartOptions } from "./memcached.ts";
import { afterAll, test } from "./test.ts";

/** Registers a test that is given the memcached of the file. */
export type MemcachedTest = (name: string, fn: (server: Memcached) => void | Promise<void>) => void;

/**
 * Starts a memcached for the tests of a file, ends it after them, and returns what registers them.
 *
 * Without a memcached the tests are registered as ignored, with the reason in their names.
 *
 * @throws {Error} When there is no memcached and `CI` is `true`, or when it does not start.
 *
 * ```ts ignore
 * const memcachedTest = await withMemcached({ args: ["-R", "1000"] });
 * memcachedTest("get answers a miss", async ({ port }) => { … });
 * ```
 */
export async function withMemcached(options: StartOptions = {}): Promise<MemcachedTest> {
  const { path, story } = await locateMemcached();
  if (path === undefined && process.env.CI !== "true") {
    return (name) => test(`${name} (no memcached: ${story})`, () => {}, { ignore: true });
  }
  const server = await startMemcached(options);
  afterAll(() => server.stop());
  return (name, fn) => test(name, () => fn(server));
}
