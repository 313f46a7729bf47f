/** Streams that are closed at awkward times: while they are asked for, while the connection is away. */

import { assertEquals } from "@std/assert";
import { brief, openFeed, take, takeAll } from "../support/dcp_feed.ts";
import { type Handler, marker, mutation, streamEnd, u64 } from "../support/dcp_peer.ts";
import { test } from "../support/test.ts";
import { answer, joined, type WireFrame } from "../support/wire_frame.ts";

test("a stream that is closed while it is asked for is closed again when it is granted", async () => {
  let late: WireFrame | undefined;
  const log = joined(u64(1n), u64(0n));
  const handlers: Record<number, Handler> = {
    0x53: (request) => {
      if (request.status === 0) return answer(request, { value: log });
      late = request;
      return undefined;
    },
  };
  const { feed, peer, request } = await openFeed({}, { handlers });
  const adding = feed.addStream({ vbucket: 4 });
  await peer.expect(0x53, 2);
  await feed.closeStream(4);
  assertEquals(peer.of(0x52).length, 0);
  await peer.send(answer(late!, { value: log }), marker(late!, 0n, 9n), mutation(late!, 1n));
  await adding;
  assertEquals((await peer.expect(0x52)).status, 4);
  await peer.send(marker(request, 0n, 1n));
  assertEquals((await take(feed, 2)).map(brief), ["end closed", "snapshot 0-1"]);
  assertEquals(feed.stats().strays, 2);
  await feed.close();
});

test("a stream that is closed while the connection is away stands where the consumer is", async () => {
  const { feed, peer, request, clock, scene } = await openFeed({ vbuckets: [0, 1] });
  await peer.send(marker(request, 0n, 9n), mutation(request, 1n), mutation(request, 2n));
  await take(feed, 2);
  peer.close();
  while (!clock.waiting.some((ms) => ms <= 50)) await new Promise((resolve) => setTimeout(resolve));
  await feed.closeStream(0);
  const [end] = await take(feed, 1);
  assertEquals([brief(end!), end!.position.seqno], ["end closed", 1n]);
  await clock.ring(50);
  const next = await scene.peer(2);
  assertEquals((await next.expect(0x53)).status, 1);
  assertEquals(next.of(0x53).length, 1);
  await feed.close();
});

test("a stream that waits to be asked for again is asked for once on the next connection", async () => {
  const { feed, peer, request, clock, scene } = await openFeed();
  await peer.send(marker(request, 0n, 9n), streamEnd(request, 3));
  await take(feed, 2);
  assertEquals(clock.waiting.includes(50), true);
  clock.chance = 0.5;
  peer.close();
  await clock.ring(25);
  const next = await scene.peer(2);
  await next.expect(0x53);
  clock.pass(5000);
  await next.send(marker(next.of(0x53)[0]!, 0n, 9n));
  assertEquals((await take(feed, 1)).map(brief), ["snapshot 0-9"]);
  assertEquals(next.of(0x53).length, 1);
  await feed.close();
});

test("the end of the last stream, when others were closed, ends the feed", async () => {
  const { feed, peer, request } = await openFeed({ vbuckets: [0, 1] });
  await peer.expect(0x53, 2);
  await feed.closeStream(1);
  await peer.send(marker(request, 0n, 1n), streamEnd(request, 0));
  assertEquals((await takeAll(feed)).map(brief), ["end closed", "snapshot 0-1", "end ok"]);
  await peer.over;
});

test("a feed whose streams were all closed waits for others", async () => {
  const { feed, peer } = await openFeed();
  await feed.closeStream(0);
  assertEquals((await take(feed, 1)).map(brief), ["end closed"]);
  await feed.addStream({ vbucket: 2 });
  const added = await peer.expect(0x53, 2);
  await peer.send(marker(added, 0n, 1n));
  assertEquals((await take(feed, 1)).map(brief), ["snapshot 0-1"]);
  await feed.close();
});
