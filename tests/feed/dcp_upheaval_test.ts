/**
 * Everything that can befall a feed, at random, hundreds of times: connections break, consumers are killed and others go on from their
 * checkpoints, vbuckets fail over with and without loss, servers fall silent. Nothing is missed, and the copy ends up as the bucket.
 */

import { assert, assertEquals, assertGreater } from "@std/assert";
import { connectCouchbase } from "../../src/couchbase.ts";
import {
  type CheckpointStore,
  type DcpEvent,
  type DcpFeed,
  FileCheckpointStore,
  MemoryCheckpointStore,
  MemoryRecord,
  openDcp,
} from "../../src/dcp.ts";
import { ConnectionError } from "../../src/errors.ts";
import { CouchbaseNode, Server } from "../../src/server.ts";
import { memoryListener } from "../../src/transport/memory.ts";
import { Chaos, type Target } from "../support/feed_chaos.ts";
import { Follower, LiveWriter } from "../support/feed_follower.ts";
import { Life, SceneTime } from "../support/feed_life.ts";
import { ModelDisk } from "../support/model_files.ts";
import { type Random, withRandom } from "../support/random.ts";
import { test } from "../support/test.ts";

const ADDRESS = { hostname: "node", port: 11210 };
const VBUCKETS = 4;
const KEYS = 60;
const KILLS = 240;

/** What a consumer does with its feed until it dies; calls back after each event, and holds still when that says so. */
type Consume = (feed: DcpFeed, scene: {
  readonly life: Life;
  readonly random: Random;
  readonly checkpoint: CheckpointStore;
  /** Resolves when the event was made use of; never in a consumer that dies of it. */
  use(event: DcpEvent): Promise<void>;
}) => Promise<void>;

interface Variant {
  readonly name: string;
  readonly consume: Consume;
  /** A place for checkpoints; each life has its own store there. */
  readonly place: () => (life: Life) => CheckpointStore;
  /** Whether the events of a vbucket come in their order. */
  readonly ordered: boolean;
}

/** Reads event by event, and keeps its position when it likes. */
const plain: Consume = async (feed, { random, checkpoint, use }) => {
  const { epoch } = await checkpoint.claim({ bucket: feed.bucket });
  let rolledBack: number[] = [];
  for await (const event of feed) {
    await use(event);
    if (event.type === "rollback") rolledBack.push(event.vbucket);
    if (random.int(3) > 0) continue;
    await checkpoint.save(feed.position(), { epoch, rolledBack });
    rolledBack = [];
  }
};

const processing = (orderBy: "key" | "vbucket"): Consume => async (feed, { life, checkpoint, use }) => {
  await feed.process(use, {
    checkpoint,
    clock: life.clock,
    concurrency: 4,
    orderBy,
    queue: 16,
    commitEvery: { ms: 200, events: 5 },
  });
};

const inMemory = (): (life: Life) => CheckpointStore => {
  const record = new MemoryRecord();
  return (life) => new MemoryCheckpointStore(life.own(record));
};

const inFiles = (): (life: Life) => CheckpointStore => {
  const disk = new ModelDisk();
  return (life) => new FileCheckpointStore("data/feed", { files: life.own(disk.process()) });
};

const VARIANTS: readonly Variant[] = [
  { name: "for await and a position", consume: plain, place: inMemory, ordered: true },
  { name: "process and memory", consume: processing("vbucket"), place: inMemory, ordered: true },
  { name: "process by key and files", consume: processing("key"), place: inFiles, ordered: false },
];

for (const variant of VARIANTS) {
  test(`${KILLS} kills, rollbacks and everything else over a live writer: ${variant.name}`, () =>
    withRandom((random) => upheaval(random, variant)));
}

async function upheaval(random: Random, { consume, place, ordered }: Variant): Promise<void> {
  const time = new SceneTime(random);
  const errors: unknown[] = [];
  await using server = new Server({ onError: (error) => errors.push(error) });
  const node = new CouchbaseNode({
    buckets: [{ name: "default", vbucketCount: VBUCKETS, memoryChanges: 40 }],
    timers: time.timers,
    clock: time.wall,
    random: () => time.random(),
  }).register(server);
  const bucket = node.bucket("default");
  const network = memoryListener();
  await server.listen(ADDRESS, { listen: network.listen });
  const client = await connectCouchbase(ADDRESS, { dial: network.connect, bucket: "default", timeout: 0 });

  const writer = new LiveWriter(random, () => bucket, { vbuckets: VBUCKETS, keys: KEYS });
  writer.hear(bucket);
  const follower = new Follower(VBUCKETS, () => bucket);
  const chaos = new Chaos(random, { bucket, writer, time });
  const newStore = place();
  let lives = 0;
  let strays = 0;
  let ending = false;
  let isOver = (): boolean => false;
  for (let i = 0; i < 50; i++) writer.write();

  /** One life: from the checkpoint to the next death, or to the end of all. */
  const live = async (life: Life): Promise<void> => {
    const checkpoint = newStore(life);
    const saved = await checkpoint.load();
    follower.begin(saved);
    const feed = await openDcp(ADDRESS, {
      bucket: "default",
      dial: life.dial,
      clock: life.clock,
      connectTimeout: 0,
      from: saved ?? "beginning",
      name: "follower",
      noopInterval: 1,
      maxBackoff: 300,
      stallTimeout: 5000,
      windowBytes: 500 + random.int(3000),
      expiryOpcode: random.int(2) === 0,
      verifyOrder: true,
    });
    let finish = (): void => {};
    const finished = new Promise<void>((resolve) => finish = resolve);
    const use = async (event: DcpEvent): Promise<void> => {
      if (!life.alive) return await new Promise(() => {});
      follower.apply(event, { ordered });
      await befall({ feed, life, follower });
      // Of other keys some may still be under way.
      if (isOver()) life.clock.after(1000, finish);
      if (!life.alive) return await new Promise(() => {});
    };
    const reading = consume(feed, { life, random, checkpoint, use });
    await Promise.race([reading, life.death, finished]);
    strays += feed.stats().strays;
    if (life.alive) await feed.close();
  };

  /** What happens between two events. */
  const befall = async (target: Target): Promise<void> => {
    if (chaos.kills >= KILLS) {
      if (!ending && !chaos.isCalm(follower)) await endInPeace(target.life);
      return;
    }
    if (random.int(2) === 0) writer.write();
    if (random.int(40) === 0) await client.append("appended", "+").catch(() => client.set("appended", "0"));
    if (random.int(40) === 0) bucket.expire();
    if (random.int(20) === 0) await pause(target.life, random.int(3000));
    if (ending) return;
    chaos.step(target);
    // Something must come for something to happen.
    time.after(200, () => void writer.write());
  };

  const endInPeace = async (life: Life): Promise<void> => {
    ending = true;
    chaos.end();
    // Whatever has an expiry is over then.
    await pause(life, 4000);
    bucket.expire();
    writer.touchAll();
    isOver = () => follower.seen.every((seen, vbucket) => seen.has(writer.last(vbucket)));
  };

  while (!isOver()) {
    lives++;
    await time.until(live(new Life(network.connect, time)));
  }
  await client.close();

  follower.check();
  writer.check(follower.seen);
  assertGreater(chaos.kills, KILLS - 1);
  assertGreater(lives, 20);
  const { repeated, expirations, rollbacks } = follower;
  const rolledBack = Math.min(...rollbacks);
  for (const [name, count] of Object.entries({ strays, repeated, expirations, rolledBack })) {
    assertGreater(count, 0, name);
  }
  assert(chaos.done.size >= 11, [...chaos.done.keys()].join());
  // A server is told of connections that broke, and of nothing else.
  assertEquals(errors.filter((error) => !(error instanceof ConnectionError)), []);
}

/** Sleeps as a consumer does who has better things to do. */
function pause(life: Life, ms: number): Promise<void> {
  return new Promise((resolve) => life.clock.after(ms, resolve));
}
