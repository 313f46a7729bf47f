/** The part of the demo about change feeds: a bucket that is written to, and a process that follows it and is killed half way. */

import { type CouchbaseBucket, CouchbaseNode, Server } from "@memwire/memwire/server";
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { bar, print, show, title } from "./demo_print.ts";

const DOCUMENTS = 20_000;
const LIVE = 5;
const FOLLOWER = fileURLToPath(new URL("./demo_follower.ts", import.meta.url));

/** One line of what the follower has written down. */
interface Seen {
  readonly key: string;
  readonly value: string | null;
  readonly vbucket: number;
  readonly seqno: string;
}

/** Shows it all. */
export async function showFeed(): Promise<void> {
  title(`A change feed: another process follows a bucket of ${DOCUMENTS.toLocaleString("en")} documents`);
  const server = new Server();
  const bucket = new CouchbaseNode({ buckets: [{ name: "shop", vbucketCount: 64 }] }).register(server).bucket("shop");
  for (let i = 0; i < DOCUMENTS; i++) bucket.set(`order:${i}`, `${i % 100} pens`);
  const { address } = await server.listen({ hostname: "127.0.0.1", port: 0 });
  const folder = await mkdtemp(join(tmpdir(), "memwire-demo-"));
  const file = join(folder, "seen.jsonl");
  const port = "port" in address ? address.port : 0;
  try {
    const first = await follow(port, file, { until: DOCUMENTS / 2, before: 0 });
    show(`kill -9 after ${first.toLocaleString("en")} events`, "the follower is gone, without a word");
    for (let i = 0; i < 100; i++) bucket.set(`order:${i}`, "changed meanwhile");
    for (let i = 100; i < 200; i++) bucket.delete(`order:${i}`);
    show("meanwhile", "100 documents are changed, 100 deleted");
    const before = linesOf(file).length;
    await follow(port, file, { until: remaining(bucket, file), before, live: bucket });
    report(bucket, file);
  } finally {
    await rm(folder, { recursive: true, force: true });
    await server.close();
  }
}

/** Runs the follower until it has seen so many events, and kills it then; returns how many it had seen. */
async function follow(
  port: number,
  file: string,
  { until, before, live }: { readonly until: number; readonly before: number; readonly live?: CouchbaseBucket },
): Promise<number> {
  const child = spawn(process.execPath, ["run", "-A", FOLLOWER, `${port}`, file], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let seen = 0;
  for await (const line of createInterface(child.stdout)) {
    const [count, type, key, ...value] = line.split(" ");
    seen = Number(count);
    if (seen <= until) bar(Math.min(1, (before + seen) / (before + until)) * (live === undefined ? 0.5 : 1));
    else if (live !== undefined) print(`  ${type} ${key} ${value.join(" ")}`);
    if (live !== undefined && seen === until) {
      title("What happens now, as it comes");
      for (let i = 0; i < LIVE; i++) live.set(`order:${DOCUMENTS + i}`, `${i} pens, just ordered`);
    }
    if (seen === until + (live === undefined ? 0 : LIVE)) child.kill("SIGKILL");
  }
  return seen;
}

/** How many changes there are behind those that were seen. */
function remaining(bucket: CouchbaseBucket, file: string): number {
  const last = new Map<number, bigint>();
  for (const { vbucket, seqno } of linesOf(file)) last.set(vbucket, BigInt(seqno));
  return bucket.vbuckets.reduce((sum, one) => sum + [...one.since(last.get(one.id) ?? 0n)].length, 0);
}

/** Compares what was seen with what is there. */
function report(bucket: CouchbaseBucket, file: string): void {
  const lines = linesOf(file);
  const last = new Map<number, bigint>();
  const copy = new Map<string, string>();
  let repeated = 0;
  for (const { key, value, vbucket, seqno } of lines) {
    if (BigInt(seqno) <= (last.get(vbucket) ?? 0n)) repeated++;
    last.set(vbucket, BigInt(seqno));
    if (value === null) copy.delete(key);
    else copy.set(key, value);
  }
  const documents = bucket.vbuckets.flatMap((one) => one.inOrder(0));
  const text = new TextDecoder();
  const lost = documents.filter(({ key, value }) => copy.get(text.decode(key)) !== text.decode(value)).length;
  if (lost + repeated + Math.abs(documents.length - copy.size) > 0) {
    throw new Error(`${lost} lost, ${repeated} repeated`);
  }
  const counts = `${lines.length.toLocaleString("en")} events, ${lost} lost, ${repeated} repeated`;
  show(
    "both lives of the follower together",
    `${counts}; its copy is the bucket: ${copy.size.toLocaleString("en")} documents`,
  );
}

/** What was written down whole. */
function linesOf(file: string): Seen[] {
  return readFileSync(file, "utf8").split("\n").slice(0, -1).map((line) => JSON.parse(line) as Seen);
}
