/** A feed whose events are processed many at a time, and killed: what comes back begins at what was saved. */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { MemoryCheckpointStore, openDcp } from "../../src/dcp.ts";
import { CouchbaseNode, Server } from "../../src/server.ts";
import { memoryListener } from "../../src/transport/memory.ts";
import { test } from "../support/test.ts";

test("process saves no further than what is done, and the next feed goes on from there", async () => {
  await using server = new Server();
  const bucket = new CouchbaseNode({ buckets: [{ name: "default", vbucketCount: 4 }] }).register(server).bucket(
    "default",
  );
  const network = memoryListener();
  const address = { hostname: "node", port: 11210 };
  await server.listen(address, { listen: network.listen });
  for (let i = 0; i < 200; i++) bucket.set(`key ${i}`, `${i}`);
  const checkpoint = new MemoryCheckpointStore();
  const done = new Set<string>();
  const run = async (failAt: number): Promise<void> => {
    const from = await checkpoint.load() ?? "beginning";
    const feed = await openDcp(address, { bucket: "default", dial: network.connect, from, to: "now" });
    assert(feed.bucket !== "");
    let count = 0;
    await feed.process(async (event) => {
      await Promise.resolve();
      if (event.type !== "mutation") return;
      if (++count === failAt) throw new Error("killed");
      done.add(event.keyText);
    }, { concurrency: 5, orderBy: "vbucket", checkpoint });
  };
  await assertRejects(() => run(70), Error, "killed");
  assert(done.size < 200);
  const saved = await checkpoint.load();
  assert(saved !== undefined);
  await run(Infinity);
  assertEquals(done.size, 200);
  for (const { id, highSeqno } of bucket.vbuckets) {
    assertEquals((await checkpoint.load())?.vbuckets[id]?.seqno, String(highSeqno));
  }
});
