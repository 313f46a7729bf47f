/** A feed over the nodes of a cluster: vbuckets move, nodes come, go, stop and fail, and the feed follows. */

import { assert, assertEquals, assertGreater, assertRejects } from "@std/assert";
import { type DcpEvent, openDcp } from "../../src/dcp.ts";
import { ConnectionError } from "../../src/errors.ts";
import { BUCKET, FeedCluster, type FeedClusterOptions, VBUCKETS } from "../support/feed_cluster.ts";
import { withRandom } from "../support/random.ts";
import { test } from "../support/test.ts";

function scene(name: string, body: (scene: FeedCluster) => Promise<void>, options?: FeedClusterOptions): void {
  test(name, () =>
    withRandom(async (random) => {
      await using scene = new FeedCluster(random, options);
      await body(scene);
      // Servers are told of connections that broke, and of nothing else.
      assertEquals(scene.errors.filter((error) => !(error instanceof ConnectionError)), []);
    }));
}

/** The nodes of a feed in short: which are connected, and how many streams each has. */
function nodesOf(feed: { stats(): { nodes: readonly { name: string; connected: boolean; streams: number }[] } }) {
  return feed.stats().nodes.map(({ name, connected, streams }) => `${name} ${connected ? "+" : "-"}${streams}`)
    .toSorted();
}

scene("cluster feed: one connection a node, each with its name, its window and its vbuckets", async (scene) => {
  scene.write(200);
  const feed = await scene.open({ windowBytes: 1000 });
  assertEquals(nodesOf(feed), ["node-0:11210 +6", "node-1:11210 +5", "node-2:11210 +5"]);
  assertEquals(scene.life.connections, 3);
  for (const { node, id } of scene.cluster.members) {
    const { connections } = node.bucket(BUCKET).dcp;
    assertEquals(connections.map(({ name, window }) => [name, window]), [[`follower/node-${id}:11210`, 1000]]);
    const active = Array.from({ length: VBUCKETS }, (_, vbucket) => vbucket).filter((vbucket) => vbucket % 3 === id);
    assertEquals(connections[0]!.streams.map(({ vbucket }) => vbucket).toSorted((a, b) => a - b), active);
  }
  await scene.time.rest(500);
  // Nothing was taken: each node has filled the window of its own.
  const { nodes, window } = feed.stats();
  for (const { window: { size, used } } of nodes) assert(size === 1000 && used >= 1000 && used < 1500, `${used}`);
  assertEquals(window.size, 3000);
  assertEquals(window.used, nodes.reduce((sum, node) => sum + node.window.used, 0));
  await scene.catchUp(feed);
  assertEquals(feed.stats().reconnects, 0);
});

scene("cluster feed: seqnos and failover logs come from the nodes that have the vbuckets", async (scene) => {
  scene.write(100);
  const feed = await scene.open({ vbuckets: [] });
  // Nothing is wanted: only the node that was dialled is connected.
  assertEquals(nodesOf(feed), ["node-0:11210 +0"]);
  const expected = Array.from({ length: VBUCKETS }, (_, id) => {
    const { highSeqno, failoverLog } = scene.cluster.bucket(BUCKET, id).findVbucket(id)!;
    return { highSeqno, failoverLog };
  });
  const seqnos = await scene.time.until(feed.seqnos());
  assertEquals([...seqnos].toSorted(([a], [b]) => a - b), expected.map(({ highSeqno }, id) => [id, highSeqno]));
  for (const [id, { failoverLog }] of expected.entries()) {
    assertEquals(await scene.time.until(feed.failoverLog(id)), failoverLog);
  }
  // The log of one that has just moved, before the feed has been told.
  scene.cluster.moveVbucket(BUCKET, 0, 2);
  const log = await scene.time.until(feed.failoverLog(0));
  assertEquals(log, scene.cluster.bucket(BUCKET, 0).findVbucket(0)!.failoverLog);
  await assertRejects(() => feed.addStream({ vbucket: VBUCKETS }), RangeError, "the bucket has 16");
});

scene("cluster feed: from now to now, and on from a position on other nodes", async (scene) => {
  scene.write(200);
  const first = await scene.open({ to: "now" });
  const seen: DcpEvent[] = [];
  const read = async (): Promise<void> => {
    for await (const event of first) {
      seen.push(event);
      if (event.type !== "stream-end") scene.follower.apply(event);
    }
  };
  await scene.time.until(read());
  assertEquals(seen.filter(({ type }) => type === "stream-end").length, VBUCKETS);
  scene.follower.check();
  for (let vbucket = 0; vbucket < VBUCKETS; vbucket++) scene.cluster.moveVbucket(BUCKET, vbucket, (vbucket + 1) % 3);
  scene.write(100);
  const second = await scene.open({ from: JSON.parse(JSON.stringify(first.position())) });
  await scene.catchUp(second);
  assertEquals([scene.follower.repeated, second.stats().rollbacks], [0, 0]);
  const third = await scene.open({ from: "now", name: "third" });
  scene.follower.begin(third.position());
  await scene.catchUp(third);
});

for (const how of ["one by one", "all at once"]) {
  scene(`cluster feed: vbuckets that move ${how} go on where they were`, async (scene) => {
    scene.write(200);
    const feed = await scene.open({ windowBytes: 2000 });
    let events = 0;
    let next = 0;
    const ends: string[] = [];
    await scene.takeUntil(feed, () => next === 2 * VBUCKETS, (event) => {
      if (event.type === "stream-end") ends.push(event.reason);
      if (++events % 5 > 0) return;
      scene.write(8);
      do scene.cluster.moveVbucket(BUCKET, next % VBUCKETS, (next + 1 + Math.floor(next / VBUCKETS)) % 3); while (
        ++next < 2 * VBUCKETS && how === "all at once" && next !== VBUCKETS
      );
    });
    await scene.catchUp(feed, (event) => {
      if (event.type === "stream-end") ends.push(event.reason);
    });
    // Nothing was lost with a vbucket, so nothing comes twice; but for a snapshot that reached over a move, to whose beginning the next
    // node goes back.
    const { rollbacks, reconnects } = feed.stats();
    assertEquals(reconnects, 0);
    assert(rollbacks > 0 || scene.follower.repeated === 0, `${scene.follower.repeated} events were repeated`);
    assertEquals(new Set(ends), new Set(["state-changed"]));
    // They went once around, to the node that they began at.
    assertEquals(nodesOf(feed), ["node-0:11210 +6", "node-1:11210 +5", "node-2:11210 +5"]);
  });
}

scene("cluster feed: a node that fails takes with it what was not replicated, which is rolled back", async (scene) => {
  scene.write(100);
  scene.cluster.replicate(BUCKET);
  const copies = Array.from(
    { length: VBUCKETS },
    (_, id) => scene.cluster.bucket(BUCKET, id).findVbucket(id)!.highSeqno,
  );
  scene.write(100);
  const feed = await scene.open();
  await scene.catchUp(feed);
  const lost = Array.from({ length: VBUCKETS }, (_, id) => id).filter((id) => scene.cluster.activeOf(BUCKET, id) === 1);
  scene.cluster.failover(1, { lose: true });
  for (const id of lost) scene.writer.lose(id, copies[id]!);
  const rolledBack: [number, bigint][] = [];
  await scene.catchUp(feed, (event) => {
    if (event.type === "rollback") rolledBack.push([event.vbucket, event.to]);
  });
  assertEquals(rolledBack.toSorted(([a], [b]) => a - b), lost.map((id) => [id, copies[id]!]));
  assertEquals(nodesOf(feed).length, 2);
  // Without loss, the next one is not even noticed.
  scene.cluster.failover(0);
  await scene.catchUp(feed);
  assertEquals(feed.stats().rollbacks, lost.length);
  assertEquals(nodesOf(feed), [`node-2:11210 +${VBUCKETS}`]);
}, { replicas: 1 });

scene("cluster feed: nodes that come are connected to, and nodes that go are left", async (scene) => {
  scene.write(200);
  const feed = await scene.open();
  await scene.catchUp(feed);
  const added = await scene.add();
  for (let vbucket = 0; vbucket < VBUCKETS; vbucket += 2) scene.cluster.moveVbucket(BUCKET, vbucket, added);
  scene.write(50);
  await scene.catchUp(feed);
  assert(nodesOf(feed).includes("node-3:11210 +8"), nodesOf(feed).join());
  for (const id of [0, 1]) {
    scene.empty(id);
    scene.write(50);
    await scene.time.until(scene.cluster.remove(id));
    await scene.catchUp(feed);
  }
  assertEquals(nodesOf(feed).map((node) => node.slice(0, 6)), ["node-2", "node-3"]);
  assertEquals([scene.life.connections, scene.follower.repeated, feed.stats().rollbacks], [2, 0, 0]);
});

scene("cluster feed: a node that stops is tried again, and the others go on", async (scene) => {
  scene.write(200);
  const feed = await scene.open();
  await scene.catchUp(feed);
  scene.cluster.stop(1);
  await scene.time.rest(10_000);
  assertEquals(nodesOf(feed), ["node-0:11210 +6", "node-1:11210 -5", "node-2:11210 +5"]);
  const before = scene.follower.last.slice();
  scene.writer.touchAll();
  const mine = [...before.keys()].filter((vbucket) => vbucket % 3 !== 1);
  await scene.takeUntil(feed, () => mine.every((vbucket) => scene.follower.last[vbucket]! > before[vbucket]!));
  scene.cluster.start(1);
  await scene.catchUp(feed);
  assertEquals([feed.stats().reconnects, scene.follower.repeated], [1, 0]);
});

scene("cluster feed: all nodes stop for a while in which vbuckets move and one of them goes", async (scene) => {
  scene.write(100);
  const feed = await scene.open();
  await scene.catchUp(feed);
  for (const { id } of scene.cluster.members) scene.cluster.stop(id);
  await scene.time.rest(3000);
  // While nobody hears of it, the vbuckets of a node move, and it is taken out.
  scene.empty(2);
  await scene.time.until(scene.cluster.remove(2));
  scene.write(50);
  for (const { id } of scene.cluster.members) scene.cluster.start(id);
  await scene.catchUp(feed);
  assertEquals(nodesOf(feed).map((node) => node.slice(0, 8)), ["node-0:1", "node-1:1"]);
  assertEquals(scene.follower.repeated, 0);
});

scene(
  "cluster feed: when all nodes are others, they are found by the addresses that the feed began at",
  async (scene) => {
    scene.write(100);
    const dialled = `couchbase://node-0,node-3/${BUCKET}`;
    const feed = await scene.time.until(openDcp(dialled, scene.options()));
    await scene.catchUp(feed);
    for (const { id } of scene.cluster.members) scene.cluster.stop(id);
    await scene.time.rest(1000);
    const added = await scene.add();
    for (let vbucket = 0; vbucket < VBUCKETS; vbucket++) scene.cluster.moveVbucket(BUCKET, vbucket, added);
    for (const id of [0, 1, 2]) await scene.time.until(scene.cluster.remove(id));
    scene.write(50);
    await scene.catchUp(feed);
    assertEquals(nodesOf(feed), [`node-3:11210 +${VBUCKETS}`]);
    assertEquals([scene.follower.repeated, feed.stats().rollbacks], [0, 0]);
    await feed.close();
  },
);

scene(
  "cluster feed: the first address need not answer, and one that is stopped at the beginning is waited for",
  async (scene) => {
    scene.write(100);
    scene.cluster.stop(0);
    const opening = openDcp(`couchbase://node-0,node-2/${BUCKET}`, scene.options({ connectTimeout: 60_000 }));
    await scene.time.rest(5000);
    scene.cluster.start(0);
    const feed = await scene.time.until(opening);
    await scene.catchUp(feed);
    await feed.close();
    scene.cluster.stop(1);
    const late = scene.time.until(openDcp(scene.cluster.addresses, scene.options({ connectTimeout: 3000 })));
    await assertRejects(() => late, ConnectionError, "no node there is up");
    assertEquals(scene.life.connections, 0);
  },
);

scene("cluster feed: streams are added and closed wherever their vbuckets are", async (scene) => {
  scene.write(200);
  const feed = await scene.open({ vbuckets: [1] });
  assertEquals(nodesOf(feed), ["node-0:11210 +0", "node-1:11210 +1"]);
  await scene.time.until(feed.addStream({ vbucket: 2 }));
  scene.cluster.moveVbucket(BUCKET, 4, 0);
  await scene.time.until(feed.addStream({ vbucket: 4 }));
  assertEquals(nodesOf(feed), ["node-0:11210 +1", "node-1:11210 +1", "node-2:11210 +1"]);
  const { failoverLog } = scene.cluster.bucket(BUCKET, 4).findVbucket(4)!;
  assertGreater(failoverLog.length, 1);
  for (const vbucket of [1, 2, 4]) await scene.time.until(feed.closeStream(vbucket));
  assertEquals(
    scene.cluster.members.flatMap(({ node }) => node.bucket(BUCKET).dcp.connections.map((one) => one.streams)),
    [
      [],
      [],
      [],
    ],
  );
});

scene("cluster feed: leaving closes all connections, at whatever it waits", async (scene) => {
  scene.write(50);
  for (let steps = 0; steps < 60; steps++) {
    const life = scene.newLife();
    const stop = new AbortController();
    const opening = openDcp(scene.cluster.addresses, scene.options({ signal: stop.signal }, life));
    const settled = opening.then(() => undefined, (error) => error);
    for (let i = 0; i < steps * 5; i++) await Promise.resolve();
    stop.abort(new Error("enough"));
    await settled;
    await scene.time.rest(50);
    assertEquals(life.connections, 0);
  }
});

scene("cluster feed: a name that leaves no room for the node behind it is refused", async (scene) => {
  await assertRejects(() => openDcp(scene.cluster.addresses, scene.options({ name: "n".repeat(195) })), RangeError);
  assertEquals(scene.life.connections, 0);
});
