/**
 * `deno run -A bench/ring_bench.ts`: what it costs to find the server of a key of 20 bytes among ten, by each ring; also under Bun.
 * An argument runs only those rings whose names have it in them.
 */

import process from "node:process";
import { makeRing } from "../src/cluster/make_ring.ts";
import { type RingName, SCHEMES } from "../src/cluster/ring_names.ts";
import { table } from "./report.ts";

const ROUNDS = 7;
const KEYS_PER_ROUND = 300_000;

const [, , only = ""] = process.argv;
const servers = Array.from({ length: 10 }, (_, i) => ({ name: `10.0.0.${i}:11211` }));
const texts = Array.from({ length: 1024 }, (_, i) => `user:session:${i}${"x".repeat(20)}`.slice(0, 20));
const keys = texts.map((text) => new TextEncoder().encode(text));
const vbucketMap = Array.from({ length: 1024 }, (_, i) => [i % servers.length]);

/** The median of some rounds, in nanoseconds of CPU a key. */
function measure(locate: (i: number) => number): string {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    let places = 0;
    const began = process.cpuUsage();
    for (let i = 0; i < KEYS_PER_ROUND; i++) places += locate(i & 1023);
    const { user, system } = process.cpuUsage(began);
    times.push(((user + system) / KEYS_PER_ROUND) * 1e3);
    if (places < 0) throw new Error("a key belongs nowhere");
  }
  return `${Math.round(times.sort((a, b) => a - b)[ROUNDS >> 1]!)} ns`;
}

const rows: string[][] = [];
for (const name of Object.keys(SCHEMES) as RingName[]) {
  if (!name.includes(only)) continue;
  const ring = makeRing(name, servers, name === "couchbase-vbucket" ? { vbucketMap } : {});
  rows.push([name, measure((i) => ring.locate(keys[i]!)), measure((i) => ring.locate(texts[i]!))]);
}
process.stdout.write(`${table([["", "bytes", "text"], ...rows])}\n`);
