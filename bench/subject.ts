/**
 * The process of one client: `subject.ts <client> <port> <first key>`, kept over all rounds.
 *
 * Takes lines on stdin, answers each with a line on stdout:
 *
 *     get 100 64 0.3            op, bytes of a value, calls in flight, seconds
 *     profile get 100 64 3      the same under the profiler; the seconds of each function
 */

import { createRequire } from "node:module";
import process from "node:process";
import { createInterface } from "node:readline";
import type { Case } from "./cases.ts";
import { Load } from "./load.ts";
import { profiled } from "./profiler.ts";
import type { Start } from "./subjects/subject.ts";

const LOADERS: Record<string, () => Promise<{ start: unknown }>> = {
  "memwire": () => import("./subjects/memwire.ts"),
  "memwire-counted": () => import("./subjects/memwire_counted.ts"),
  "memwire-meta": () => import("./subjects/memwire_text.ts").then(({ startMeta }) => startMeta),
  "memwire-text": () => import("./subjects/memwire_text.ts").then(({ startText }) => startText),
  "memjs": () => import("./subjects/memjs.ts"),
  "memcached": () => import("./subjects/memcached.ts"),
  "memcache-client": () => import("./subjects/memcache_client.ts"),
  "memcache": () => import("./subjects/memcache.ts"),
};

// In a bundle for another runtime, what was written for CommonJS still asks for this.
if (!("Deno" in globalThis)) Object.assign(globalThis, { require: createRequire(import.meta.url) });

const [name = "", port = "", base = "0"] = process.argv.slice(2);

// Some clients throw where no caller can catch it; the cell then says so, and the next may be better.
let failNow: (error: unknown) => void = () => {};
process.on("uncaughtException", (error) => failNow(error));
process.on("unhandledRejection", (error) => failNow(error));

let load: Load | undefined;

async function answer(line: string): Promise<unknown> {
  const words = line.trim().split(" ");
  const profile = words[0] === "profile";
  const [op, size, window, seconds] = profile ? words.slice(1) : words;
  if (load === undefined) {
    const loader = LOADERS[name];
    if (loader === undefined) throw new RangeError(`No subject "${name}"`);
    const start = (await loader()).start as Start;
    load = new Load(await start(Number(port)), Number(base));
  }
  const cell = { op: op as Case["op"], size: Number(size), window: Number(window) };
  if (!profile) return await load.run(cell, Number(seconds));
  const running = load;
  await running.run(cell, 1);
  return await profiled(() => running.run(cell, Number(seconds)));
}

for await (const line of createInterface({ input: process.stdin })) {
  const failed = new Promise<never>((_, reject) => failNow = reject);
  failed.catch(() => {});
  let reply: unknown;
  try {
    reply = await Promise.race([answer(line), failed]);
  } catch (error) {
    reply = { error: error instanceof Error ? error.message : String(error) };
  }
  process.stdout.write(`@${JSON.stringify(reply)}\n`);
}
process.exit(0);
