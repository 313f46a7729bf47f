import { assert, assertEquals } from "@std/assert";
import { MemoryCheckpointStore, processFeed, type ProcessOptions } from "../../src/dcp.ts";
import { at } from "../contract/checkpoint_contract.ts";
import { settled } from "../support/model_clock.ts";
import { type ModelEvent, modelEvent, ModelFeed } from "../support/model_feed.ts";
import { events, nameOf, saved, Work } from "../support/model_work.ts";
import { test } from "../support/test.ts";

type Options = ProcessOptions<ModelEvent>;

const EACH: Options = { commitEvery: { events: 1 } };

test("processFeed calls the function for each event in order and says what it did", async () => {
  const seen: string[] = [];
  const result = await processFeed(new ModelFeed(events(5)).end(), (event) => void seen.push(nameOf(event)));
  assertEquals(seen, ["0:1", "0:2", "0:3", "0:4", "0:5"]);
  assertEquals(result, { processed: 5, skipped: 0, deadLettered: 0, retries: 0, commits: 0 });
});

test("processFeed one at a time goes in the order of the feed, whatever else it is told", async () => {
  for (const orderBy of ["key", "vbucket", "none"] as const) {
    const seen: ModelEvent[] = [];
    const types = ["mutation", "snapshot", "mutation", "system", "mutation", "rollback", "mutation"];
    const all = Array.from({ length: 700 }, (_, i) => modelEvent(i % 5, i, { type: types[i % 7]!, key: `k${i % 11}` }));
    await processFeed(new ModelFeed(all).end(), async (event) => {
      await settled(Number(event.seqno) % 3);
      seen.push(event);
    }, { orderBy });
    assertEquals(seen, all);
  }
});

test("processFeed saves up to the first event that is not done, whatever is done behind it", async () => {
  const [work, checkpoint] = [new Work(), new MemoryCheckpointStore()];
  const done = processFeed(new ModelFeed(events(4)).end(), work.fn, { ...EACH, concurrency: 4, checkpoint });
  await settled();
  assertEquals(work.running, ["0:1", "0:2", "0:3", "0:4"]);
  await work.end("0:3");
  assertEquals(await saved(checkpoint), undefined);
  await work.end("0:1");
  assertEquals(await saved(checkpoint), 1);
  await work.end("0:4");
  assertEquals(await saved(checkpoint), 1);
  await work.end("0:2");
  assertEquals(await saved(checkpoint), 4);
  await done;
});

test("processFeed by key has the events of one key wait for each other, and no others", async () => {
  const work = new Work();
  const feed = new ModelFeed([
    modelEvent(0, 1, { key: "a" }),
    modelEvent(0, 2, { key: "a" }),
    modelEvent(0, 3, { key: "b" }),
    modelEvent(1, 4, { key: "c" }),
    modelEvent(0, 5, { key: "a" }),
  ]);
  const done = processFeed(feed.end(), work.fn, { concurrency: 10 });
  await settled();
  assertEquals(work.running, ["0:1", "0:3", "1:4"]);
  await work.end("0:3", "0:1");
  assertEquals(work.running, ["1:4", "0:2"]);
  await work.end("0:2");
  assertEquals(work.running, ["1:4", "0:5"]);
  await work.end("1:4", "0:5");
  await done;
});

test("processFeed by key has an event without a key wait for all of its vbucket, and holds up the later ones", async () => {
  const work = new Work();
  const feed = new ModelFeed([
    modelEvent(0, 1),
    modelEvent(0, 1, { type: "snapshot" }),
    modelEvent(0, 2, { type: "system" }),
    modelEvent(1, 3),
    modelEvent(0, 4),
    modelEvent(0, 5, { type: "system" }),
  ]);
  const done = processFeed(feed.end(), work.fn, { concurrency: 10 });
  await settled();
  assertEquals(work.running, ["0:1", "snapshot 0:1", "1:3"]);
  await work.end("0:1");
  assertEquals(work.running, ["snapshot 0:1", "1:3"]);
  await work.end("snapshot 0:1");
  assertEquals(work.running, ["1:3", "system 0:2"]);
  await work.end("system 0:2");
  assertEquals(work.running, ["1:3", "0:4"]);
  await work.end("0:4");
  assertEquals(work.running, ["1:3", "system 0:5"]);
  await work.end("1:3", "system 0:5");
  await done;
});

test("processFeed by vbucket has one event of each at a time", async () => {
  const work = new Work();
  const feed = new ModelFeed([...events(2, 0), ...events(2, 1), modelEvent(1, 3, { type: "system" })]);
  const done = processFeed(feed.end(), work.fn, { concurrency: 10, orderBy: "vbucket" });
  await settled();
  assertEquals(work.running, ["0:1", "1:1"]);
  await work.end("1:1", "0:1");
  assertEquals(work.running, ["1:2", "0:2"]);
  await work.end("0:2", "1:2");
  await work.end("system 1:3");
  await done;
});

test("processFeed without order begins everything, but nothing goes past a rollback", async () => {
  const [work, checkpoint] = [new Work(), new MemoryCheckpointStore()];
  const feed = new ModelFeed([
    modelEvent(0, 90, { key: "a" }),
    modelEvent(0, 100, { key: "a" }),
    modelEvent(0, 80, { type: "rollback", vbuuid: 78n }),
    modelEvent(0, 85, { vbuuid: 78n }),
    modelEvent(1, 1),
  ]);
  const done = processFeed(feed.end(), work.fn, { ...EACH, concurrency: 10, orderBy: "none", checkpoint });
  await settled();
  assertEquals(work.running, ["0:90", "0:100", "1:1"]);
  await work.end("0:90", "0:100");
  assertEquals([work.running, await saved(checkpoint)], [["1:1", "rollback 0:80"], 100]);
  await work.end("rollback 0:80");
  assertEquals((await checkpoint.load())?.vbuckets[0], at(80, "78"));
  assertEquals(work.running, ["1:1", "0:85"]);
  await work.end("0:85", "1:1");
  await done;
  assertEquals((await checkpoint.load())?.vbuckets[0], at(85, "78"));
});

test("processFeed runs no more than it may and reads no further than its queue", async () => {
  const [work, feed] = [new Work(), new ModelFeed(events(100)).end()];
  const done = processFeed(feed, work.fn, { concurrency: 3, queue: 4 });
  await settled();
  assertEquals(work.running.length, 3);
  assert(feed.read <= 3 + 4 && feed.read > 3, `${feed.read}`);
  for (let ended = 1; ended <= 100; ended++) {
    await work.end(work.running[0]!);
    assert(work.running.length <= 3 && feed.read <= ended + 3 + 4, `${feed.read} after ${ended}`);
    assert(ended > 90 || work.running.length === 3, `${work.running} after ${ended}`);
  }
  assertEquals((await done).processed, 100);
});

test("processFeed reads batches where the feed has them, and no more of them than its queue holds", async () => {
  const work = new Work();
  const asked: number[] = [];
  let read = 0;
  const feed = {
    async *[Symbol.asyncIterator]() {
      yield await Promise.reject<ModelEvent>(new Error("Expected batches"));
    },
    async *batches({ max }: { readonly max: number }) {
      asked.push(max);
      for (let first = 1; first < 50; first += max) {
        read += max;
        yield await Promise.resolve(Array.from({ length: max }, (_, i) => modelEvent(0, first + i)));
      }
    },
  };
  const done = processFeed<ModelEvent>(feed, work.fn, { concurrency: 2, queue: 20 });
  await settled();
  assertEquals([asked, read], [[10], 20]);
  while (work.running.length > 0) await work.end(...work.running);
  assertEquals((await done).processed, 50);
});

test("processFeed does not go deeper with functions that return at once", async () => {
  let count = 0;
  const feed = {
    async *[Symbol.asyncIterator](): AsyncGenerator<ModelEvent> {},
    async *batches() {
      yield await Promise.resolve(events(100_000));
    },
  };
  for (const orderBy of ["key", "vbucket", "none"] as const) {
    const result = await processFeed(feed, () => void count++, { orderBy });
    assertEquals(result.processed, 100_000);
  }
  assertEquals(count, 300_000);
});
