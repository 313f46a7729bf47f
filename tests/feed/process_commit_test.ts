/** When and how the processing of a feed saves its position. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  CheckpointFencedError,
  CheckpointForeignError,
  MemoryCheckpointStore,
  processFeed,
  type ProcessOptions,
} from "../../src/dcp.ts";
import { at, checkpointOf } from "../contract/checkpoint_contract.ts";
import { ModelClock, settled } from "../support/model_clock.ts";
import { type ModelEvent, modelEvent, ModelFeed } from "../support/model_feed.ts";
import { events, rejection, saved } from "../support/model_work.ts";
import { test } from "../support/test.ts";

type Options = ProcessOptions<ModelEvent>;

const EACH: Options = { commitEvery: { events: 1 } };

test("processFeed saves the snapshot that the seqno lies in", async () => {
  const checkpoint = new MemoryCheckpointStore();
  const feed = new ModelFeed([
    modelEvent(1, 10, { snapshot: [8n, 14n], vbuuid: 5n }),
    modelEvent(1, 12, { snapshot: [8n, 14n], vbuuid: 5n }),
    modelEvent(2, 18446744073709551, { snapshot: [0n, 18446744073709551615n] }),
  ]);
  await processFeed(feed.end(), () => {}, { checkpoint });
  assertEquals((await checkpoint.load({ bucket: "b1" }))?.vbuckets, {
    1: { vbuuid: "5", seqno: "12", snapshotStart: "8", snapshotEnd: "14" },
    2: { vbuuid: "77", seqno: "18446744073709552", snapshotStart: "0", snapshotEnd: "18446744073709551615" },
  });
});

test("processFeed saves a rollback at once, whatever commitEvery says, and again when the save failed", async () => {
  const clock = new ModelClock();
  const checkpoint = new MemoryCheckpointStore();
  await checkpoint.save(checkpointOf({ 0: at(100), 1: at(100) }));
  const save = checkpoint.save.bind(checkpoint);
  let failures = 2;
  checkpoint.save = (...args) => failures-- > 0 ? Promise.reject(new Error("unreachable")) : save(...args);
  const feed = new ModelFeed([modelEvent(0, 60, { type: "rollback" }), modelEvent(1, 60)]);
  const done = processFeed(feed, () => {}, { checkpoint, clock });
  await settled();
  assertEquals(await saved(checkpoint), 100);
  await clock.advance(1000);
  // The other vbucket has come again without a rollback: its position stays.
  assertEquals([await saved(checkpoint, 0), await saved(checkpoint, 1)], [60, 100]);
  feed.push(modelEvent(0, 50)).end();
  await done;
  assertEquals(await saved(checkpoint), 60);
});

test("processFeed saves after so many events, and after so long, and not when nothing has come", async () => {
  const [clock, checkpoint, feed] = [new ModelClock(), new MemoryCheckpointStore(), new ModelFeed()];
  const commits: string[] = [];
  const done = processFeed(feed, () => {}, {
    checkpoint,
    clock,
    commitEvery: { ms: 1000, events: 4 },
    onCommit: ({ vbuckets }) => void commits.push(`${clock.time}: ${vbuckets[0]?.seqno}`),
  });
  await clock.advance(5000);
  assertEquals([commits, clock.timers], [[], 0]);
  feed.push(...events(3));
  await clock.advance(999);
  assertEquals(commits, []);
  await clock.advance(1);
  assertEquals(commits, ["6000: 3"]);
  feed.push(...events(7).slice(3));
  await clock.advance(0);
  assertEquals([commits, clock.timers], [["6000: 3", "6000: 7"], 0]);
  feed.push(modelEvent(0, 8)).end();
  assertEquals((await done).commits, 3);
  assertEquals([commits.at(-1), clock.timers], ["6000: 8", 0]);
});

test("processFeed goes on while a save is under way, and saves the rest behind it", async () => {
  const [checkpoint, feed] = [new MemoryCheckpointStore(), new ModelFeed(events(1))];
  const save = checkpoint.save.bind(checkpoint);
  const waiting: (() => void)[] = [];
  let saves = 0;
  checkpoint.save = async (...args) => {
    saves++;
    await new Promise<void>((resolve) => waiting.push(resolve));
    return await save(...args);
  };
  let count = 0;
  const done = processFeed(feed, () => void count++, { ...EACH, checkpoint });
  await settled();
  feed.push(...events(9).slice(1)).end();
  await settled();
  assertEquals([count, saves, await saved(checkpoint)], [9, 1, undefined]);
  waiting.shift()?.();
  await settled();
  assertEquals(saves, 2);
  waiting.shift()?.();
  await done;
  assertEquals([saves, await saved(checkpoint)], [2, 9]);
});

test("processFeed tries a save that fails again, and gives up in the end with its error", async () => {
  const [clock, checkpoint, feed] = [new ModelClock(), new MemoryCheckpointStore(), new ModelFeed(events(1))];
  let saves = 0;
  checkpoint.save = () => Promise.reject(new Error(`save ${++saves}`));
  const done = rejection(processFeed(feed, () => {}, { ...EACH, checkpoint, clock }));
  await clock.advance(60_000);
  assertEquals((await done as Error).message, "save 10");
  assertEquals([saves, feed.closed, clock.timers], [10, true, 0]);
});

test("processFeed fails with what onCommit throws; the save was made, and is not made again", async () => {
  const [checkpoint, feed] = [new MemoryCheckpointStore(), new ModelFeed(events(1))];
  const failed = new Error("cannot tell anyone");
  let saves = 0;
  const onCommit = () => {
    saves++;
    throw failed;
  };
  const done = rejection(processFeed(feed, () => {}, { ...EACH, checkpoint, onCommit }));
  assertEquals([await done, saves, await saved(checkpoint), feed.closed], [failed, 1, 1, true]);
});

test("processFeed is fenced off when another claims the checkpoint", async () => {
  const [checkpoint, feed] = [new MemoryCheckpointStore(), new ModelFeed(events(1))];
  const done = rejection(processFeed(feed, () => {}, { ...EACH, checkpoint }));
  await settled();
  assertEquals(await saved(checkpoint), 1);
  const { epoch } = await checkpoint.claim();
  await checkpoint.save(checkpointOf({ 0: at(2) }), { epoch });
  feed.push(modelEvent(0, 3));
  assert(await done instanceof CheckpointFencedError);
  assertEquals([await saved(checkpoint), feed.closed], [2, true]);
});

test("processFeed refuses the checkpoint of another bucket before it reads anything", async () => {
  const [checkpoint, feed] = [new MemoryCheckpointStore(), new ModelFeed(events(1), { bucket: "b2" })];
  await checkpoint.save(checkpointOf({ 0: at(1) }));
  await assertRejects(() => processFeed(feed, () => {}, { checkpoint }), CheckpointForeignError);
  assertEquals([feed.read, feed.closed], [0, true]);
  // The same by an option, for feeds that do not know.
  const named = processFeed(new ModelFeed(events(1)).end(), () => {}, { checkpoint, bucket: "b3" });
  await assertRejects(() => named, CheckpointForeignError);
});
