/** Ways to read a feed: batches by number and by time, several reads at once, counts and rates. */

import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { brief, openFeed, take } from "../support/dcp_feed.ts";
import { marker, mutation, streamEnd } from "../support/dcp_peer.ts";
import { test } from "../support/test.ts";

test("batches take what is there, up to max, and no more", async () => {
  const { feed, peer, request } = await openFeed();
  await peer.send(marker(request, 0n, 9n), ...[1n, 2n, 3n, 4n].map((seqno) => mutation(request, seqno)));
  const sizes: number[] = [];
  for await (const batch of feed.batches({ max: 2, preventCancel: true })) {
    sizes.push(batch.length);
    if (sizes.length === 3) break;
  }
  assertEquals([sizes, peer.isOver, feed.locked], [[2, 2, 1], false, false]);
  await peer.send(streamEnd(request, 0));
  const rest: string[] = [];
  for await (const batch of feed.batches()) rest.push(...batch.map(brief));
  assertEquals(rest, ["end ok"]);
});

test("batches with maxMs wait for more, but not beyond max and not beyond the time", async () => {
  const { feed, peer, request, clock } = await openFeed();
  const batches = feed.batches({ max: 3, maxMs: 100 });
  const seen: string[] = [];
  const read = async () => void seen.push((await batches.next()).value.map(brief).join(" "));
  let reading = read();
  await peer.send(marker(request, 0n, 9n), mutation(request, 1n));
  assertEquals([seen, clock.waiting.includes(100)], [[], true]);
  await peer.send(mutation(request, 2n));
  await reading;
  // Enough came before the time was over; the timer is gone.
  assertEquals([seen, clock.waiting.includes(100)], [["snapshot 0-9 mutation 1 mutation 2"], false]);
  reading = read();
  await peer.send(mutation(request, 3n));
  clock.pass(99);
  await peer.send(mutation(request, 4n));
  assertEquals(seen.length, 1);
  clock.pass(1);
  await reading;
  assertEquals(seen[1], "mutation 3 mutation 4");
  // What is there already waits as well.
  await peer.send(mutation(request, 5n));
  reading = read();
  await peer.send(mutation(request, 6n));
  assertEquals([seen.length, clock.waiting.includes(100)], [2, true]);
  await peer.send(streamEnd(request, 0));
  await reading;
  assertEquals(seen[2], "mutation 5 mutation 6 end ok");
  assertEquals((await batches.next()).done, true);
  assertEquals(clock.waiting.includes(100), false);
});

test("leaving batches while they wait leaves no timer", async () => {
  const { feed, peer, request, clock } = await openFeed();
  const batches = feed.batches({ max: 3, maxMs: 100 });
  const reading = batches.next();
  await peer.send(marker(request, 0n, 9n));
  await batches.return!();
  assertEquals((await reading).done, true);
  await peer.over;
  assertEquals(clock.waiting, []);
});

test("several reads at once are served in their order, also at the end", async () => {
  const { feed, peer, request } = await openFeed();
  const iterator = feed.values();
  const reads = [1, 2, 3, 4, 5].map(() => iterator.next());
  await peer.send(marker(request, 0n, 2n), mutation(request, 1n));
  await peer.send(mutation(request, 2n), streamEnd(request, 0));
  const results = await Promise.all(reads);
  assertEquals(results.map(({ done, value }) => done ? "done" : brief(value)), [
    "snapshot 0-2",
    "mutation 1",
    "mutation 2",
    "end ok",
    "done",
  ]);
  assertEquals((await iterator.next()).done, true);
  // The stream is closed as well.
  await feed.getReader().closed;
});

test("a failure comes out once, and the end afterwards", async () => {
  const controller = new AbortController();
  const { feed } = await openFeed({ signal: controller.signal });
  const iterator = feed.values();
  const reads = [iterator.next(), iterator.next()];
  const settled = Promise.allSettled(reads);
  controller.abort("why");
  const [first, second] = await settled;
  assertEquals(first, { status: "rejected", reason: "why" });
  assertEquals(second, { status: "fulfilled", value: { done: true, value: undefined } });
  await assertRejects(() => feed.getReader().read());
});

test("batches refuse numbers that make no sense", async () => {
  const { feed } = await openFeed();
  assertThrows(() => feed.batches({ max: 0 }), RangeError, "max of 0");
  assertThrows(() => feed.batches({ maxMs: -1 }), RangeError, "maxMs of -1");
  assertEquals(feed.locked, false);
  await feed.close();
});

test("stats count events and bytes, and know rates and lag", async () => {
  const seqnos = new Map([[0, 9n]]);
  const { feed, peer, request, clock } = await openFeed({}, { seqnos });
  assertEquals(feed.stats().lag, 0n);
  await feed.seqnos();
  await peer.send(marker(request, 0n, 9n), mutation(request, 4n), mutation(request, 5n));
  await take(feed, 2);
  clock.time += 500;
  const stats = feed.stats();
  assertEquals([stats.events, stats.bytes, stats.lag, stats.queued], [3, peer.sent, 5n, {
    events: 1,
    bytes: mutation(request, 5n).length,
  }]);
  assertEquals([stats.eventsPerSecond, stats.bytesPerSecond], [6, peer.sent * 2]);
  assertEquals(stats.streams, [{
    vbucket: 0,
    streamId: undefined,
    state: "streaming",
    seqno: 4n,
    highSeqno: 9n,
    lag: 5n,
    events: 3,
  }]);
  clock.time += 1000;
  assertEquals(feed.stats().eventsPerSecond, 0);
  await feed.close();
});

test("failover logs and seqnos can be asked for while the feed runs", async () => {
  const { feed } = await openFeed({}, { seqnos: new Map([[0, 3n], [9, 8n]]), log: [[2n, 5n], [1n, 0n]] });
  assertEquals(await feed.seqnos(), new Map([[0, 3n], [9, 8n]]));
  assertEquals(await feed.failoverLog(0), [{ vbuuid: 2n, seqno: 5n }, { vbuuid: 1n, seqno: 0n }]);
  assertThrows(() => void feed.failoverLog(-1), RangeError);
  await feed.close();
});
