/** A session whose bytes come cut anywhere, and consumers that go away anywhere. */

import { assertEquals, assertRejects } from "@std/assert";
import type { DcpOptions } from "../../src/feed/dcp_options.ts";
import { openDcp } from "../../src/feed/open_dcp.ts";
import { brief, openFeed, take } from "../support/dcp_feed.ts";
import { type Handler, marker, mutation, streamEnd, told, u32, u64 } from "../support/dcp_peer.ts";
import { DcpScene, ManualClock } from "../support/dcp_peer.ts";
import { hex } from "../support/hex.ts";
import { test } from "../support/test.ts";
import { answer, joined, wire, type WireFrame } from "../support/wire_frame.ts";
import { FLATBUFFERS_EVENTS } from "../vectors/seed_dcp.ts";

/** All kinds of messages of a stream, with no-ops between them. */
function session(request: WireFrame): Uint8Array<ArrayBuffer> {
  const v2 = joined(u64(6n), u64(9n), u32(2), u64(0n), u64(0n), u64(3n), u64(9n));
  return joined(
    marker(request, 0n, 5n),
    mutation(request, 1n, { value: "v".repeat(300) }),
    wire({ magic: 0x80, opcode: 0x5c, opaque: 1 }),
    told(request, 0x58, { extras: joined(u64(2n), u64(1n), new Uint8Array(2)), key: "\0gone" }),
    told(request, 0x59, { extras: joined(u64(3n), u64(1n), u32(9)), key: "\0late" }),
    told(request, 0x6c, { value: "odd" }),
    told(request, 0x56, { extras: new Uint8Array([2]), value: v2 }),
    told(request, 0x5f, {
      extras: joined(u64(6n), u32(0), new Uint8Array([2])),
      key: "C1",
      value: hex(FLATBUFFERS_EVENTS[0].hex),
    }),
    mutation(request, 7n),
    told(request, 0x64, { extras: u64(9n) }),
    wire({ magic: 0x80, opcode: 0x5c, opaque: 2 }),
    streamEnd(request, 0),
  );
}

const EVENTS = [
  "snapshot 0-5",
  "mutation 1",
  "deletion 2",
  "expiration 3",
  "unknown 108",
  "snapshot 6-9",
  "collection-created 6",
  "mutation 7",
  "advanced 9",
  "end ok",
];

async function play(send: (bytes: Uint8Array) => readonly Uint8Array[]): Promise<void> {
  const { feed, peer, request } = await openFeed();
  const bytes = session(request);
  const reading = (async () => {
    const seen: string[] = [];
    for await (const event of feed) seen.push(brief(event));
    return seen;
  })();
  for (const piece of send(bytes)) await peer.send(piece);
  assertEquals(await reading, EVENTS);
  await peer.over;
  assertEquals(peer.acked, bytes.length - 48);
  assertEquals(peer.requests.filter(({ magic }) => magic === 0x81).map(({ opaque }) => opaque), [1, 2]);
}

test("a session cut at any byte gives the same events and acknowledgements", async () => {
  const { feed, request } = await openFeed();
  const { length } = session(request);
  await feed.close();
  for (let at = 1; at < length; at += 1) await play((bytes) => [bytes.slice(0, at), bytes.slice(at)]);
});

test("a session in single bytes, and in pieces of a few", async () => {
  for (const size of [1, 2, 3, 7, 23, 24, 25, 100]) {
    await play((bytes) =>
      Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.slice(i * size, (i + 1) * size))
    );
  }
});

test("the answer to a request may come with its first messages", async () => {
  const handlers: Record<number, Handler> = {
    0x53: (request) => [answer(request, { value: joined(u64(1n), u64(0n)) }), session(request)],
  };
  const { feed } = await openFeed({}, { handlers });
  const seen: string[] = [];
  for await (const event of feed) seen.push(brief(event));
  assertEquals(seen, EVENTS);
});

test("leaving a loop anywhere closes the connection", async () => {
  for (let count = 1; count <= EVENTS.length; count++) {
    const { feed, peer, request } = await openFeed();
    await peer.send(session(request));
    let seen = 0;
    for await (const _ of feed) if (++seen === count) break;
    await peer.over;
    assertEquals(feed.locked, false);
  }
});

test("an error in a loop closes the connection and comes out", async () => {
  const { feed, peer, request } = await openFeed();
  await peer.send(session(request));
  const reason = new Error("mine");
  const error = await assertRejects(async () => {
    for await (const _ of feed) throw reason;
  });
  assertEquals(error, reason);
  await peer.over;
});

const OPENING: DcpOptions = { from: "now", collections: ["a.b"], noopInterval: 5, name: "n" };

test("an abort at any time of the opening rejects with its reason and leaves nothing open", async () => {
  for (let stop = 0;; stop++) {
    const controller = new AbortController();
    const reason = new Error(`stopped at ${stop}`);
    let asked = 0;
    const clock = new ManualClock();
    const abortAt = (handler?: Handler): Handler => (request, peer) => {
      if (asked++ === stop) {
        controller.abort(reason);
        return undefined;
      }
      return handler?.(request, peer) ?? answer(request);
    };
    const id = joined(u64(1n), u32(8));
    const log = joined(u64(1n), u64(0n));
    const handlers: Record<number, Handler> = {
      0x1f: abortAt((request) => answer(request, { value: new Uint8Array([0, 0x12, 0, 0x10]) })),
      0xb5: abortAt((request) => answer(request, { status: 1 })),
      0x50: abortAt(),
      0x5e: abortAt(),
      0x48: abortAt((request) => answer(request, { value: joined(new Uint8Array(2), u64(5n)) })),
      0xbb: abortAt((request) => answer(request, { extras: id })),
      0x54: abortAt((request) => answer(request, { value: log })),
      0x53: abortAt((request) => answer(request, { value: log })),
    };
    const scene = new DcpScene({ handlers });
    const opening = openDcp("couchbase://h/b", { ...OPENING, dial: scene.dial, clock, signal: controller.signal });
    if (await opening.then(() => true, () => false)) {
      await (await opening).close();
      await (await scene.peer()).over;
      // HELLO, cluster map, OPEN, five controls, seqnos, collection, failover log, stream.
      assertEquals(stop, 12);
      break;
    }
    assertEquals(await assertRejects(() => opening), reason);
    await (await scene.peer()).over;
    assertEquals(clock.waiting, []);
  }
});

test("an abort before the opening, and while it dials", async () => {
  const scene = new DcpScene();
  const reason = new Error("never mind");
  const how = { dial: scene.dial, vbuckets: [0] };
  assertEquals(
    await assertRejects(() => openDcp("couchbase://h/b", { ...how, signal: AbortSignal.abort(reason) })),
    reason,
  );
  assertEquals(scene.peers.length, 0);
  const controller = new AbortController();
  const opening = openDcp("couchbase://h/b", { ...how, signal: controller.signal });
  controller.abort(reason);
  assertEquals(await assertRejects(() => opening), reason);
  for (const peer of scene.peers) await peer.over;
});

test("an abort while the feed is read rejects with its reason, and drops what was not taken", async () => {
  const controller = new AbortController();
  const { feed, peer, request, clock } = await openFeed({ signal: controller.signal });
  await peer.send(marker(request, 0n, 9n), mutation(request, 1n));
  await take(feed, 1);
  const reason = new Error("enough");
  controller.abort(reason);
  assertEquals(await assertRejects(() => take(feed, 1)), reason);
  await peer.over;
  assertEquals([clock.waiting, feed.stats().queued.events], [[], 0]);
});

test("an abort ends a read that waits, of the iterator and of a reader", async () => {
  for (const way of ["iterator", "reader", "batches"]) {
    const controller = new AbortController();
    const { feed, peer } = await openFeed({ signal: controller.signal });
    const reason = new Error(way);
    const reading = way === "reader"
      ? feed.getReader().read()
      : way === "batches"
      ? feed.batches().next()
      : feed.values().next();
    controller.abort(reason);
    assertEquals(await assertRejects(() => reading as Promise<unknown>), reason);
    await peer.over;
  }
});

test("close ends a read that waits, in order", async () => {
  for (const way of ["iterator", "reader", "batches"]) {
    const { feed, peer, clock } = await openFeed();
    const reading = way === "reader"
      ? feed.getReader().read()
      : way === "batches"
      ? feed.batches().next()
      : feed.values().next();
    await feed.close();
    assertEquals((await reading as IteratorResult<unknown>).done, true);
    await peer.over;
    assertEquals(clock.waiting, []);
    await feed.close();
  }
});

test("close while it waits to connect anew leaves no timer and no connection", async () => {
  const { feed, peer, request, clock, scene } = await openFeed();
  await peer.send(marker(request, 0n, 9n));
  await take(feed, 1);
  peer.close();
  while (!clock.waiting.some((ms) => ms <= 50)) await new Promise((resolve) => setTimeout(resolve));
  await feed.close();
  assertEquals([clock.waiting, scene.peers.length], [[], 1]);
});

test("close while it connects anew closes what was connected", async () => {
  const { feed, peer, request, clock, scene } = await openFeed();
  await peer.send(marker(request, 0n, 9n));
  await take(feed, 1);
  scene.options = { handlers: { 0x50: () => undefined } };
  peer.close();
  await clock.ring(50);
  const next = await scene.peer(2);
  await next.expect(0x50);
  await feed.close();
  await next.over;
  assertEquals(clock.waiting, []);
});

test("await using closes the feed", async () => {
  const { peer } = await (async () => {
    const scene = await openFeed();
    await using _feed = scene.feed;
    return scene;
  })();
  await peer.over;
});
