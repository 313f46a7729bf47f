/**
 * The process of one client of `cluster_bench.ts`: `cluster_subject.ts <kind> <port>…`, commanded like `subject.ts`.
 *
 * Kinds: `one` is the first server alone; `four` all of them, or `four/<ring>`; `batched` the same with the reads of a turn in
 * batches; `hand` a client for each server, chosen in turn, which is what several servers cost without a router.
 */

import process from "node:process";
import { createInterface } from "node:readline";
import { connect } from "@memwire/memwire";
import type { Client } from "@memwire/memwire";
import type { RingName } from "../src/cluster/ring_names.ts";
import type { Case } from "./cases.ts";
import { Load } from "./load.ts";
import { profiled } from "./profiler.ts";
import { makeSubject } from "./subjects/memwire.ts";
import type { Subject } from "./subjects/subject.ts";

const [kind = "one", ...ports] = process.argv.slice(2);
const addresses = ports.map((port) => `127.0.0.1:${port}`);
const TIME = { timeout: 5000 };

async function start(): Promise<Subject> {
  const [what, ring = "ketama-weighted"] = kind.split("/");
  if (what === "one") return makeSubject(await connect(addresses[0]!, TIME)) as Subject;
  if (what === "hand") return byHand(await Promise.all(addresses.map((address) => connect(address, TIME))));
  const options = { ...TIME, ring: ring as RingName, batchReads: what === "batched" };
  return makeSubject(await connect(addresses, options)) as Subject;
}

/** Keys go by their last digit, found at the least price there is. */
function byHand(clients: readonly Client[]): Subject {
  const subject = makeSubject(clients[0]!);
  const at = (key: string) => clients[key.charCodeAt(key.length - 1) % clients.length]!;
  return {
    ...subject,
    get: (key: string) => at(key).get(key),
    set: (key: string, value: Uint8Array) => at(key).set(key, value),
    getMany: undefined,
  } as unknown as Subject;
}

let load: Load | undefined;

async function answer(line: string): Promise<unknown> {
  const words = line.trim().split(" ");
  const profile = words[0] === "profile";
  const [op, size, window, seconds] = profile ? words.slice(1) : words;
  load ??= new Load(await start(), 0);
  const running = load;
  const cell = { op: op as Case["op"], size: Number(size), window: Number(window) };
  if (!profile) return await running.run(cell, Number(seconds));
  await running.run(cell, 1);
  return await profiled(() => running.run(cell, Number(seconds)));
}

for await (const line of createInterface({ input: process.stdin })) {
  let reply: unknown;
  try {
    reply = await answer(line);
  } catch (error) {
    reply = { error: error instanceof Error ? error.message : String(error) };
  }
  process.stdout.write(`@${JSON.stringify(reply)}\n`);
}
process.exit(0);
