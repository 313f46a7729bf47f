/** What ends the processing of a feed, and what does not. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { MemoryCheckpointStore, processFeed, type ProcessOptions } from "../../src/dcp.ts";
import { ModelClock, settled } from "../support/model_clock.ts";
import { type ModelEvent, ModelFeed } from "../support/model_feed.ts";
import { events, rejection, saved, Work } from "../support/model_work.ts";
import { test } from "../support/test.ts";

type Options = ProcessOptions<ModelEvent>;

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

test("processFeed fails, and closes the feed, when what it is given is no event", async () => {
  const feed = new ModelFeed([...events(2), null as unknown as ModelEvent]);
  const [checkpoint, clock] = [new MemoryCheckpointStore(), new ModelClock()];
  const error = await rejection(processFeed(feed, () => {}, { checkpoint, clock }));
  assert(error instanceof TypeError, String(error));
  assertEquals([await saved(checkpoint), feed.closed, clock.timers], [2, true, 0]);
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
