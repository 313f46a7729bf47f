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
import { test } from "../support/test.ts";

type Options = ProcessOptions<ModelEvent>;

/** Work that the test ends event by event. */
class Work {
  /** What was begun, in order. */
  readonly begun: string[] = [];
  readonly #open = new Map<string, { resolve: () => void; reject: (error: unknown) => void }>();

  readonly fn = (event: ModelEvent): Promise<void> => {
    const name = nameOf(event);
    this.begun.push(name);
    return new Promise((resolve, reject) => this.#open.set(name, { resolve, reject }));
  };

  get running(): string[] {
    return [...this.#open.keys()];
  }

  /** Ends the work on some events. */
  async end(...names: readonly string[]): Promise<void> {
    for (const name of names) {
      this.#open.get(name)!.resolve();
      this.#open.delete(name);
    }
    await settled();
  }

  /** Has the work on an event fail. */
  async fail(name: string, error: unknown): Promise<void> {
    this.#open.get(name)!.reject(error);
    this.#open.delete(name);
    await settled();
  }
}

function nameOf({ vbucket, seqno, type }: ModelEvent): string {
  return `${type === "mutation" ? "" : `${type} `}${vbucket}:${seqno}`;
}

/** Events 1 to n of a vbucket, each of a key of its own. */
function events(n: number, vbucket = 0): ModelEvent[] {
  return Array.from({ length: n }, (_, i) => modelEvent(vbucket, i + 1));
}

/** The seqno that is saved of a vbucket. */
async function saved(store: MemoryCheckpointStore, vbucket = 0): Promise<number | undefined> {
  const seqno = (await store.load())?.vbuckets[vbucket]?.seqno;
  return seqno === undefined ? undefined : Number(seqno);
}

/** What a promise rejects with. */
function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then((value) => {
    throw new Error(`Expected a rejection, got ${JSON.stringify(value)}`);
  }, (error) => error);
}

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

test("processFeed fails with the function's own error, after what runs has ended and is saved", async () => {
  const [work, checkpoint] = [new Work(), new MemoryCheckpointStore()];
  const feed = new ModelFeed(events(20));
  const done = rejection(processFeed(feed, work.fn, { concurrency: 4, checkpoint }));
  await settled();
  const error = new Error("no");
  await work.end("0:1");
  await work.fail("0:3", error);
  await work.end("0:2", "0:4");
  assertEquals(work.running, ["0:5"]);
  await work.end("0:5");
  assertEquals(await done, error);
  assertEquals([work.running, await saved(checkpoint), feed.closed], [[], 2, true]);
});

test("processFeed says all that went wrong when the last save fails too", async () => {
  const [error, lost] = [new Error("no"), new TypeError("no disk")];
  const checkpoint = new MemoryCheckpointStore();
  checkpoint.save = () => Promise.reject(lost);
  const fn = ({ seqno }: ModelEvent) => {
    if (seqno === 2n) throw error;
  };
  const both = await assertRejects(() => processFeed(new ModelFeed(events(3)), fn, { checkpoint }), AggregateError);
  assertEquals(both.errors, [error, lost]);
});

test("processFeed skips what fails when told so", async () => {
  const checkpoint = new MemoryCheckpointStore();
  const fn = ({ seqno }: ModelEvent) => seqno % 2n === 0n ? Promise.reject(new Error("even")) : undefined;
  const result = await processFeed(new ModelFeed(events(5)).end(), fn, { onError: "skip", checkpoint });
  assertEquals([result.processed, result.skipped, await saved(checkpoint)], [3, 2, 5]);
});

test("processFeed gives what fails to a function, after the attempts it was granted, and fails with that function", async () => {
  const [clock, checkpoint] = [new ModelClock(), new MemoryCheckpointStore()];
  const error = new Error("poison");
  const letters: [bigint, unknown, number][] = [];
  const attempts: number[] = [];
  const run = (onError: Options["onError"]) =>
    processFeed(new ModelFeed(events(4)).end(), (event, { attempt }) => {
      if (event.seqno !== 3n) return;
      attempts.push(attempt);
      throw error;
    }, { onError: onError!, retry: { attempts: 3 }, checkpoint, clock });
  const done = run((failed) => void letters.push([failed.event.seqno, failed.error, failed.attempts]));
  await clock.advance(1000);
  assertEquals(await done, { processed: 3, skipped: 0, deadLettered: 1, retries: 2, commits: 1 });
  assertEquals([letters, attempts], [[[3n, error, 3]], [1, 2, 3]]);
  assertEquals(await saved(checkpoint), 4);

  const full = new Error("the dead-letter queue is full");
  await checkpoint.reset();
  const failed = rejection(run(() => Promise.reject(full)));
  await clock.advance(1000);
  assertEquals([await failed, await saved(checkpoint)], [full, 2]);
});

test("processFeed tries again after pauses that grow, at random below a limit", async () => {
  const clock = new ModelClock();
  const times: number[] = [];
  const done = processFeed(new ModelFeed(events(1)).end(), () => {
    times.push(clock.time);
    if (times.length < 7) throw new Error("not yet");
  }, { onError: "retry", retry: { minMs: 100, maxMs: 1000 }, clock });
  await clock.advance(10_000);
  assertEquals((await done).retries, 6);
  const pauses = times.slice(1).map((time, i) => time - times[i]!);
  assertEquals(pauses, [50, 100, 200, 400, 500, 500]);
});

test("processFeed with an end of the attempts fails with the last error", async () => {
  const clock = new ModelClock();
  let count = 0;
  const fn = () => Promise.reject(new Error(`attempt ${++count}`));
  const done = rejection(
    processFeed(new ModelFeed(events(1)), fn, { onError: "retry", retry: { attempts: 3 }, clock }),
  );
  await clock.advance(10_000);
  assertEquals((await done as Error).message, "attempt 3");
  assertEquals(clock.timers, 0);
});

test("processFeed ends on an abort: what runs is told and waited for, what is done is saved, the rest is not begun", async () => {
  const [work, checkpoint, clock] = [new Work(), new MemoryCheckpointStore(), new ModelClock()];
  const [feed, abort, reason] = [new ModelFeed(events(10)), new AbortController(), new Error("shutting down")];
  let told: AbortSignal | undefined;
  const done = rejection(processFeed(feed, (event, { signal }) => {
    told = signal;
    return work.fn(event);
  }, { concurrency: 2, checkpoint, clock, signal: abort.signal }));
  await settled();
  await work.end("0:1");
  abort.abort(reason);
  await settled();
  assertEquals([told?.aborted, told?.reason, work.running], [true, reason, ["0:2", "0:3"]]);
  await work.end("0:2");
  await work.fail("0:3", new Error("because of the abort"));
  assertEquals(await done, reason);
  assertEquals([work.begun.length, await saved(checkpoint), feed.closed, clock.timers], [3, 2, true, 0]);
});

test("processFeed on an abort gives up the pause between two attempts", async () => {
  const [clock, abort, checkpoint] = [new ModelClock(), new AbortController(), new MemoryCheckpointStore()];
  const fn = ({ seqno }: ModelEvent) => seqno === 2n ? Promise.reject(new Error("no")) : undefined;
  const options: Options = { onError: "retry", clock, signal: abort.signal, checkpoint };
  const done = rejection(processFeed(new ModelFeed(events(3)), fn, options));
  await settled();
  abort.abort();
  assertEquals(await done, abort.signal.reason);
  assertEquals([await saved(checkpoint), clock.timers], [1, 0]);
});

test("processFeed begins nothing when it was aborted before", async () => {
  const feed = new ModelFeed(events(3));
  const reason = new Error("before");
  const error = await rejection(processFeed(feed, () => {
    throw new Error("Expected no call");
  }, { signal: AbortSignal.abort(reason), checkpoint: new MemoryCheckpointStore() }));
  assertEquals([error, feed.read, feed.closed], [reason, 0, true]);
});

test("processFeed does what the feed has given before it failed, then fails with the feed's error", async () => {
  const [work, checkpoint, lost] = [new Work(), new MemoryCheckpointStore(), new Error("connection lost")];
  const done = rejection(processFeed(new ModelFeed(events(5)).end(lost), work.fn, { checkpoint }));
  await settled();
  while (work.running.length > 0) await work.end(...work.running);
  assertEquals([await done, await saved(checkpoint)], [lost, 5]);
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

test("processFeed takes no options that cannot be", async () => {
  const wrong: Options[] = [
    { concurrency: 0 },
    { concurrency: NaN },
    { queue: 1 },
    { retry: { attempts: 0 } },
    { retry: { minMs: -1 } },
    { commitEvery: { events: 0 } },
    { commitEvery: { ms: -5 } },
  ];
  for (const options of wrong) {
    await assertRejects(() => processFeed(new ModelFeed().end(), () => {}, options), RangeError, "too small");
  }
});
