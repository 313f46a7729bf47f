/** TAP that is processed: what was read ahead and not processed must not count as received. */

import { assert, assertEquals } from "@std/assert";
import { processFeed } from "../../src/dcp.ts";
import { CouchbaseNode, Server } from "../../src/server.ts";
import { openTap, type TapEvent } from "../../src/tap.ts";
import { memoryListener } from "../../src/transport/memory.ts";
import { test } from "../support/test.ts";

const NODE = { hostname: "node", port: 11210 };

test("processFeed over TAP with acknowledgements by hand loses nothing of a registered feed that is killed", async () => {
  const errors: unknown[] = [];
  await using server = new Server({ onError: (error) => errors.push(error) });
  const buckets = [{ name: "default", vbucketCount: 1 }];
  const node = new CouchbaseNode({ buckets, tap: { ackInterval: 3 } }).register(server);
  const network = memoryListener();
  await server.listen(NODE, { listen: network.listen });
  const bucket = node.bucket("default");
  for (let i = 0; i < 100; i++) bucket.set(`k${i}`, `${i}`);
  const seen: string[] = [];
  const lives: number[] = [];
  while (new Set(seen).size < 100) {
    const before = seen.length;
    const stop = new AbortController();
    const feed = await openTap(NODE, {
      dial: network.connect,
      name: "copy",
      registered: true,
      backfill: "all",
      ack: "manual",
    });
    const work = async (event: TapEvent): Promise<void> => {
      // Long enough for more to be read ahead.
      await new Promise((resolve) => setTimeout(resolve, 0));
      if (event.type === "mutation") {
        // Killed before it is done with the event.
        if (seen.length - before === 7) return stop.abort();
        seen.push(event.keyText);
      }
      feed.ack(event);
      if (seen.at(-1) === "k99") stop.abort();
    };
    await processFeed(feed, work, { signal: stop.signal }).catch((error) => assertEquals(error, stop.signal.reason));
    await feed.close();
    lives.push(seen.length - before);
  }
  assertEquals([...new Set(seen)], Array.from({ length: 100 }, (_, i) => `k${i}`));
  assert(lives.length >= 14, `${lives}`);
  assertEquals(errors, []);
});
