/** Processing and groups over a feed of many nodes. */

import { assert, assertEquals, assertGreater } from "@std/assert";
import { consumeInGroup, type DcpEvent, MemoryCheckpointStore, MemoryRecord } from "../../src/dcp.ts";
import { ConnectionError } from "../../src/errors.ts";
import { BUCKET, FeedCluster, VBUCKETS } from "../support/feed_cluster.ts";
import { withRandom } from "../support/random.ts";
import { test } from "../support/test.ts";

test("cluster feed: process goes on elsewhere when it is killed, while vbuckets move and a node is taken out", () =>
  withRandom(async (random) => {
    await using scene = new FeedCluster(random);
    const { time, follower, writer, cluster } = scene;
    const record = new MemoryRecord();
    scene.write(300);
    let isOver = (): boolean => false;
    for (let round = 0; round < 5; round++) {
      const life = scene.newLife();
      const checkpoint = new MemoryCheckpointStore(record);
      const saved = await checkpoint.load();
      follower.begin(saved);
      const feed = await scene.open(saved === undefined ? {} : { from: saved }, life);
      const stop = new AbortController();
      let left = 150;
      const use = async (event: DcpEvent): Promise<void> => {
        await Promise.resolve();
        if (!life.alive) return await new Promise(() => {});
        follower.apply(event);
        if (random.int(10) === 0) cluster.moveVbucket(BUCKET, random.int(VBUCKETS), random.pick(cluster.members).id);
        if (round < 4) writer.write();
        if (round < 4 && --left === 0) life.kill();
        if (isOver()) stop.abort("enough");
      };
      if (round === 4) {
        scene.empty(0);
        await time.until(cluster.remove(0));
        writer.touchAll();
        isOver = () => scene.isCaughtUp;
      }
      const running = feed.process(use, {
        checkpoint,
        clock: life.clock,
        concurrency: 4,
        orderBy: "vbucket",
        commitEvery: { events: 20 },
        signal: stop.signal,
      });
      const outcome = await time.until(Promise.race([running, life.death]).then(() => "killed", (error) => error));
      assertEquals(outcome, round < 4 ? "killed" : "enough");
    }
    follower.check();
    writer.check(follower.seen);
    const { vbuckets } = (await new MemoryCheckpointStore(record).load())!;
    for (const [id, { seqno }] of Object.entries(vbuckets)) {
      assertEquals(BigInt(seqno), cluster.bucket(BUCKET, Number(id)).findVbucket(Number(id))!.highSeqno);
    }
    assertEquals(scene.errors.filter((error) => !(error instanceof ConnectionError)), []);
  }));

test("cluster feed: the members of a group share the vbuckets of all nodes, while they move", () =>
  withRandom(async (random) => {
    await using scene = new FeedCluster(random);
    const { time, follower, writer, cluster } = scene;
    const store = new MemoryRecord();
    const checkpoint = new MemoryCheckpointStore();
    scene.write(200);
    const member = async (name: string) => {
      const life = scene.newLife();
      const feed = await scene.open({ vbuckets: [], name }, life);
      const stop = new AbortController();
      const held = new Set<number>();
      const outcome = consumeInGroup(feed, (event) => {
        follower.apply(event);
        held.add(event.vbucket);
      }, {
        group: { store, name: "g", member: name, vbuckets: VBUCKETS, leaseMs: 5000, renewMs: 500, rebalanceDelayMs: 0 },
        checkpoint,
        clock: life.clock,
        orderBy: "vbucket",
        commitEvery: { ms: 100 },
        signal: stop.signal,
      }).then(() => undefined, (error) => error);
      return { held, stop, outcome, feed };
    };
    const caughtUp = async (): Promise<void> => {
      writer.touchAll();
      for (let i = 0; i < 400 && !scene.isCaughtUp; i++) await time.rest(250);
      assert(scene.isCaughtUp, "the group has not caught up");
    };
    const one = await member("one");
    await caughtUp();
    assertEquals(one.held.size, VBUCKETS);
    const two = await member("two");
    const three = await member("three");
    for (let i = 0; i < 20; i++) {
      cluster.moveVbucket(BUCKET, random.int(VBUCKETS), random.int(3));
      scene.write(10);
      await time.rest(500);
    }
    await caughtUp();
    for (const { held } of [two, three]) assertGreater(held.size, 3);
    one.stop.abort("enough");
    assertEquals(await time.until(one.outcome), "enough");
    scene.write(50);
    await caughtUp();
    two.stop.abort("enough");
    three.stop.abort("enough");
    await time.until(Promise.all([two.outcome, three.outcome]));
    follower.check();
    writer.check(follower.seen);
    // All left in good order, and nothing was rolled back: nothing came twice.
    assertEquals([follower.repeated, Math.max(...follower.rollbacks)], [0, 0]);
  }));
