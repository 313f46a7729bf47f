/**
 * Four nodes under a live writer, at random: connections, consumers and nodes are killed, vbuckets move, nodes come, go, and fail with and
 * without loss. Nothing is missed, nothing is out of order, and the copy ends up as what the cluster holds.
 */

import { assert, assertEquals, assertGreater } from "@std/assert";
import { type DcpEvent, type DcpFeed, MemoryCheckpointStore, MemoryRecord, openDcp } from "../../src/dcp.ts";
import { ConnectionError } from "../../src/errors.ts";
import { ClusterChaos } from "../support/cluster_chaos.ts";
import { BUCKET, FeedCluster, VBUCKETS } from "../support/feed_cluster.ts";
import type { Life } from "../support/feed_life.ts";
import { type Random, withRandom } from "../support/random.ts";
import { test } from "../support/test.ts";

const KILLS = 200;

for (const way of ["for await", "process"] as const) {
  test(`cluster feed: ${KILLS} kills of connections, consumers and nodes, and everything that moves: ${way}`, () =>
    withRandom((random) => chaos(random, way)));
}

async function chaos(random: Random, way: "for await" | "process"): Promise<void> {
  await using scene = new FeedCluster(random, { nodes: 4, replicas: 1, memoryChanges: 40 });
  const { time, writer, follower, cluster } = scene;
  scene.write(100);
  const chaos = new ClusterChaos(random, scene);
  const record = new MemoryRecord();
  let lives = 0;
  let reconnects = 0;
  let ending = false;
  let isOver = (): boolean => false;

  const live = async (life: Life): Promise<void> => {
    const checkpoint = new MemoryCheckpointStore(life.own(record));
    const saved = await checkpoint.load();
    follower.begin(saved);
    const feed = await openDcp([...cluster.addresses], {
      ...scene.options({ from: saved ?? "beginning", windowBytes: 500 + random.int(3000) }, life),
    });
    let finish = (): void => {};
    const finished = new Promise<void>((resolve) => finish = resolve);
    const use = async (event: DcpEvent): Promise<void> => {
      if (!life.alive) return await new Promise(() => {});
      follower.apply(event);
      await befall(life);
      if (isOver()) finish();
      if (!life.alive) return await new Promise(() => {});
    };
    const reading = way === "process"
      ? feed.process(use, {
        checkpoint,
        clock: life.clock,
        orderBy: "vbucket",
        concurrency: 4,
        queue: 16,
        commitEvery: { ms: 200, events: 5 },
      })
      : read(feed, { random, checkpoint, use });
    await Promise.race([reading, life.death, finished]);
    reconnects += feed.stats().reconnects;
    if (life.alive) await feed.close();
  };

  const befall = async (life: Life): Promise<void> => {
    if (chaos.kills >= KILLS) {
      if (!ending) await endInPeace();
      return;
    }
    if (random.int(2) === 0) writer.write();
    if (random.int(30) === 0) await new Promise<void>((resolve) => void life.clock.after(random.int(3000), resolve));
    if (ending) return;
    chaos.step(life);
    // Something must come for something to happen.
    time.after(200, () => ending || writer.write());
  };

  const endInPeace = async (): Promise<void> => {
    ending = true;
    await chaos.end();
    // Whatever has an expiry is over then.
    await new Promise<void>((resolve) => void time.after(6000, resolve));
    for (const { node } of cluster.members) node.bucket(BUCKET).expire();
    writer.touchAll();
    isOver = () => scene.isCaughtUp;
  };

  while (!isOver()) {
    lives++;
    await time.until(live(scene.newLife()));
  }

  follower.check();
  writer.check(follower.seen);
  assertGreater(lives, 5);
  assertGreater(reconnects, 0);
  assertGreater(follower.rollbacks.reduce((sum, count) => sum + count), 0);
  assert(chaos.done.size >= 13, [...chaos.done.keys()].join());
  assertEquals(scene.errors.filter((error) => !(error instanceof ConnectionError)), []);
  assertEquals(follower.last.length, VBUCKETS);
}

/** Reads event by event, and keeps its position when it likes. */
async function read(feed: DcpFeed, { random, checkpoint, use }: {
  readonly random: Random;
  readonly checkpoint: MemoryCheckpointStore;
  use(event: DcpEvent): Promise<void>;
}): Promise<void> {
  const { epoch } = await checkpoint.claim({ bucket: feed.bucket });
  let rolledBack: number[] = [];
  for await (const event of feed) {
    await use(event);
    if (event.type === "rollback") rolledBack.push(event.vbucket);
    if (random.int(3) > 0) continue;
    await checkpoint.save(feed.position(), { epoch, rolledBack });
    rolledBack = [];
  }
}
