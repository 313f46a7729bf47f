/** A consumer that sleeps: it stays connected by its no-ops, and holds no more than its window, to the byte. */

import { assert, assertEquals } from "@std/assert";
import { openDcp } from "../../src/dcp.ts";
import { CouchbaseNode, Server } from "../../src/server.ts";
import { memoryListener } from "../../src/transport/memory.ts";
import { Life, SceneTime } from "../support/feed_life.ts";
import { Random } from "../support/random.ts";
import { test } from "../support/test.ts";

const ADDRESS = { hostname: "node", port: 11210 };
const WINDOW = 100_000;
const VALUE = "x".repeat(1000);
/** A message is sent whole when any of the window is free: the marker, then header, extras, collection, key and value. */
const LARGEST = 24 + 31 + 1 + 8 + 1000;

for (const strange of [0, 2]) {
  const what = strange === 0 ? "" : ", with messages that nobody knows between the others";
  test(`a consumer that sleeps for ten minutes stays connected and holds its window${what}`, async () => {
    const time = new SceneTime(new Random(1));
    await using server = new Server();
    const node = new CouchbaseNode({
      buckets: [{ name: "default", vbucketCount: 4 }],
      timers: time.timers,
      feedIdleTimeout: 3000,
    }).register(server);
    const bucket = node.bucket("default");
    const network = memoryListener();
    await server.listen(ADDRESS, { listen: network.listen });
    for (let i = 0; i < 1000; i++) bucket.set(`k ${String(i).padStart(6, "0")}`, VALUE);
    bucket.dcp.mixUnknown(strange);
    const life = new Life(network.connect, time);
    const feed = await openDcp(ADDRESS, {
      bucket: "default",
      dial: life.dial,
      clock: life.clock,
      connectTimeout: 0,
      from: "beginning",
      noopInterval: 1,
      stallTimeout: 10_000,
      windowBytes: WINDOW,
    });
    const iterator = feed[Symbol.asyncIterator]();
    await iterator.next();
    for (let minute = 0; minute < 10; minute++) {
      await time.rest(60_000);
      const { queued, window, noops, reconnects, strays, stalls } = feed.stats();
      const [connection] = bucket.dcp.connections;
      assertEquals([noops, reconnects, stalls, life.connections], [60 * (minute + 1), 0, 0, 1]);
      // What the server counts, what the consumer counts, and what waits for it are the same bytes.
      assertEquals(window.used, connection!.unackedBytes);
      assert(window.used >= WINDOW && window.used < WINDOW + LARGEST, `${window.used}`);
      // The first marker was taken, and nobody has asked for another event since; what is not known is not kept.
      assert(
        queued.bytes <= window.used && queued.bytes > (strays === 0 ? WINDOW - 100 : WINDOW / 2),
        `${queued.bytes}`,
      );
      assertEquals(strays > 0, strange > 0);
    }
    // It wakes: all of the rest comes.
    let mutations = 0;
    while (mutations < 1000) {
      const { value } = await time.until(iterator.next());
      if (value.type === "mutation") mutations++;
    }
    const last = time.until(iterator.next());
    await time.rest(10);
    assertEquals([feed.stats().window.used, bucket.dcp.connections[0]!.unackedBytes], [0, 0]);
    assertEquals(bucket.dcp.connections[0]!.overackedBytes, 0);
    await feed.close();
    assertEquals((await last).done, true);
  });
}
