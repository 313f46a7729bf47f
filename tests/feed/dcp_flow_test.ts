/** Flow control to the byte, no-ops while the consumer sleeps, and memory that the window bounds. */

import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { brief, openFeed, take, takeAll } from "../support/dcp_feed.ts";
import { marker, mutation, streamEnd, told, u64 } from "../support/dcp_peer.ts";
import { withRandom } from "../support/random.ts";
import { test } from "../support/test.ts";
import { wire } from "../support/wire_frame.ts";

const noop = (opaque: number) => wire({ magic: 0x80, opcode: 0x5c, opaque });
const MARKER = 44;
/** A mutation of a key of four bytes and a value of a hundred. */
const EVENT = 55 + 4 + 100;
const VALUE = "x".repeat(100);

test("the window is asked for in bytes, and no-ops in seconds", async () => {
  const { feed, peer } = await openFeed({ windowBytes: 4096, noopInterval: 7, priority: "high" });
  const controls = peer.of(0x5e).map(({ key, value }) => [key, new TextDecoder().decode(value)]);
  assertEquals(controls.slice(0, 4), [
    ["enable_noop", "true"],
    ["set_noop_interval", "7"],
    ["connection_buffer_size", "4096"],
    ["set_priority", "high"],
  ]);
  assertEquals(feed.stats().window, { size: 4096, used: 0 });
  await feed.close();
});

test("nothing is acknowledged before it is taken, then a fifth of the window at once", async () => {
  const { feed, peer, request } = await openFeed({ windowBytes: 10 * EVENT });
  const events = Array.from({ length: 8 }, (_, i) => mutation(request, BigInt(i + 1), { text: `k00`, value: VALUE }));
  await peer.send(marker(request, 0n, 100n), ...events);
  assertEquals(events[0]!.length, EVENT);
  await peer.send(noop(1));
  await peer.until(({ requests }) => requests.some(({ magic }) => magic === 0x81));
  assertEquals([peer.acks, feed.stats().window.used], [[], MARKER + 8 * EVENT]);
  // The marker and one event are less than a fifth.
  await take(feed, 2);
  await peer.send(noop(2));
  await peer.until(({ requests }) => requests.filter(({ magic }) => magic === 0x81).length === 2);
  assertEquals(peer.acks, []);
  await take(feed, 1);
  await peer.until(({ acks }) => acks.length === 1);
  assertEquals(peer.acks, [MARKER + 2 * EVENT]);
  await take(feed, 2);
  await peer.until(({ acks }) => acks.length === 2);
  assertEquals(peer.acks, [MARKER + 2 * EVENT, 2 * EVENT]);
  assertEquals(feed.stats().window.used, 4 * EVENT);
  await feed.close();
});

test("what is left is acknowledged when the queue runs empty", async () => {
  const { feed, peer, request } = await openFeed({ windowBytes: 1_000_000 });
  await peer.send(marker(request, 0n, 1n), mutation(request, 1n, { text: "k00", value: VALUE }));
  const iterator = feed.values({ preventCancel: true });
  await iterator.next();
  await iterator.next();
  assertEquals(peer.acks, []);
  const waiting = iterator.next();
  await peer.until(({ acks }) => acks.length === 1);
  assertEquals(peer.acks, [MARKER + EVENT]);
  await peer.send(streamEnd(request, 0));
  await waiting;
  await feed.close();
});

test("messages that nobody waits for, and those that are not known, are acknowledged too, for ever", async () => {
  const { feed, peer, request } = await openFeed({ windowBytes: 1000 });
  await peer.send(marker(request, 0n, 1_000_000n));
  const seen: string[] = [];
  const reading = (async () => {
    for await (const event of feed) {
      seen.push(brief(event));
      if (event.type === "mutation" && event.seqno === 300n) break;
    }
  })();
  for (let seqno = 1n; seqno <= 300n; seqno++) {
    // As a server would: no more than the window, and whole messages.
    await peer.until(() => peer.sent - peer.acked < 1000);
    const stray = told(request, 0x57, { opaque: 0x7777, key: "\0k", extras: new Uint8Array(31) });
    await peer.send(stray, told(request, 0x6b, { key: "odd" }), mutation(request, seqno));
  }
  await reading;
  assertEquals(seen.filter((event) => event === "unknown 107").length, 300);
  assertEquals(feed.stats().strays, 300);
  assert(peer.acked <= peer.sent);
  await peer.over;
});

test("a window of 0 is none: nothing is asked for and nothing acknowledged", async () => {
  const { feed, peer, request } = await openFeed({ windowBytes: 0 });
  assertEquals(peer.of(0x5e).some(({ key }) => key === "connection_buffer_size"), false);
  await peer.send(marker(request, 0n, 9n), ...Array.from({ length: 9 }, (_, i) => mutation(request, BigInt(i + 1))));
  await take(feed, 10);
  await peer.send(noop(1));
  await peer.until(({ requests }) => requests.at(-1)?.magic === 0x81);
  assertEquals(peer.of(0x5d), []);
  await feed.close();
});

test("acknowledged bytes are those that were sent, whatever is sent and however it is taken", () =>
  withRandom(async (random) => {
    const { feed, peer, request } = await openFeed({ windowBytes: 5000, to: "now" }, { seqnos: new Map([[0, 400n]]) });
    await peer.send(marker(request, 0n, 400n));
    const reading = (async () => {
      let events = 0;
      for await (const batch of feed.batches({ max: 1 + random.int(20) })) events += batch.length;
      return events;
    })();
    let count = 2;
    for (let seqno = 1n; seqno <= 400n; seqno++) {
      await peer.until(() => peer.sent - peer.acked < 5000);
      const kinds = [
        () => mutation(request, seqno, { value: "v".repeat(random.int(3000)) }),
        () => mutation(request, seqno, { magic: 0x08, framing: new Uint8Array([0x22, 0, 1]) }),
        () => told(request, 0x58, { extras: new Uint8Array([...u64(seqno), ...u64(1n), 0, 0]), key: "\0k" }),
        () => told(request, 0x64, { extras: u64(seqno) }),
      ];
      await peer.send(random.pick(kinds)());
      count++;
    }
    await peer.send(streamEnd(request, 0));
    assertEquals(await reading, count);
    await peer.over;
    assertEquals([peer.acked, feed.stats().ackedBytes, feed.stats().bytes], [peer.sent, peer.sent, peer.sent]);
  }));

test("a no-op is answered at once while nobody reads, with its opaque", async () => {
  const { feed, peer, request } = await openFeed();
  await peer.send(marker(request, 0n, 5n), mutation(request, 1n), noop(0xcafe), mutation(request, 2n));
  await peer.until(({ requests }) => requests.at(-1)?.magic === 0x81);
  const answer = peer.requests.at(-1)!;
  assertEquals([answer.opcode, answer.opaque, answer.status, answer.bytes.length], [0x5c, 0xcafe, 0, 24]);
  assertEquals([feed.stats().noops, feed.stats().queued.events], [1, 3]);
  await feed.close();
});

test("a no-op during the handshake is answered", async () => {
  const opening = openFeed({}, {
    handlers: {
      0x50: (request) => [noop(9), wire({ opcode: 0x50, opaque: request.opaque })],
    },
  });
  const { feed, peer } = await opening;
  assertEquals(peer.requests.filter(({ magic }) => magic === 0x81).map(({ opaque }) => opaque), [9]);
  await feed.close();
});

test("a refused acknowledgement ends the connection, and another is made", async () => {
  const { feed, peer, request, scene, clock } = await openFeed({ windowBytes: 100 });
  await peer.send(marker(request, 0n, 5n), mutation(request, 1n));
  await take(feed, 2);
  const ack = await peer.expect(0x5d);
  await peer.send(wire({ opcode: 0x5d, status: 4, opaque: ack.opaque })).catch(() => {});
  await clock.ring(50);
  await (await scene.peer(2)).expect(0x53);
  await feed.close();
});

test("a server that refuses the window is refused", async () => {
  const refuse = {
    0x5e: (request: { key: string; opaque: number }) =>
      wire({ opcode: 0x5e, opaque: request.opaque, status: request.key === "connection_buffer_size" ? 4 : 0 }),
  };
  await assertRejects(() => openFeed({}, { handlers: refuse }));
});

test("controls that the feed can do without may be refused", async () => {
  const handlers = {
    0x5e: (request: { key: string; opaque: number }) =>
      wire({
        opcode: 0x5e,
        opaque: request.opaque,
        status: request.key.startsWith("set_noop") || request.key === "connection_buffer_size" ? 0 : 0x83,
      }),
  };
  const { feed } = await openFeed({ expiryOpcode: true, controls: { odd: "1" } }, { handlers });
  assertEquals(feed.stats().refusedControls.toSorted(), [
    "enable_expiry_opcode",
    "enable_noop",
    "flatbuffers_system_events",
    "max_marker_version",
    "odd",
  ]);
  await feed.close();
});

test("two intervals without a byte end the connection, one does not", async () => {
  const { feed, peer, scene, clock, request } = await openFeed({ noopInterval: 10 });
  await peer.send(marker(request, 0n, 5n));
  clock.pass(10_000);
  await peer.send(noop(1));
  clock.pass(19_000);
  assertEquals([peer.isOver, feed.stats().reconnects], [false, 0]);
  await peer.send(mutation(request, 1n));
  await take(feed, 2);
  clock.pass(30_000);
  await peer.over;
  await clock.ring(50);
  const next = await (await scene.peer(2)).expect(0x53);
  assertEquals(next.opcode, 0x53);
  assertEquals(feed.stats().reconnects, 1);
  await feed.close();
});

test("silences of one interval, again and again, are none", async () => {
  const { feed, peer, clock } = await openFeed({ noopInterval: 10 });
  for (let round = 0; round < 6; round++) {
    clock.pass(10_000);
    await peer.send(noop(round));
    clock.pass(10_000);
    clock.pass(9000);
    await peer.send(noop(round));
    clock.pass(1000);
  }
  assertEquals([peer.isOver, feed.stats().reconnects], [false, 0]);
  await feed.close();
});

test("a server that was not told an interval is given the longest that one has by itself, one without no-ops for ever", async () => {
  for (const [refused, waits] of [["set_noop_interval", [180_000]], ["enable_noop", []]] as const) {
    const handlers = {
      0x5e: (request: { key: string; opaque: number }) =>
        wire({ opcode: 0x5e, opaque: request.opaque, status: request.key === refused ? 4 : 0 }),
    };
    const { feed, clock } = await openFeed({ noopInterval: 1 }, { handlers });
    assertEquals(clock.waiting, [...waits]);
    await feed.close();
  }
});

test("a reader of the stream takes one event for each read, and acknowledges no more", async () => {
  const { feed, peer, request } = await openFeed({ windowBytes: 100 });
  await peer.send(marker(request, 0n, 5n), mutation(request, 1n), mutation(request, 2n));
  const reader = feed.getReader();
  const { value } = await reader.read();
  assertEquals(brief(value!), "snapshot 0-5");
  await peer.until(({ acks }) => acks.length === 1);
  assertEquals([peer.acks, feed.stats().queued.events], [[MARKER], 2]);
  await reader.cancel();
  await peer.over;
});

test("pipeThrough and tee work as on any stream", async () => {
  const { feed, peer, request } = await openFeed({ to: "now" }, { seqnos: new Map([[0, 1n]]) });
  await peer.send(marker(request, 0n, 1n), mutation(request, 1n), streamEnd(request, 0));
  const [left, right] = feed.pipeThrough(new TransformStream()).tee();
  const read = async (stream: ReadableStream): Promise<string[]> => {
    const seen: string[] = [];
    for await (const event of stream) seen.push(brief(event));
    return seen;
  };
  const expected = ["snapshot 0-1", "mutation 1", "end ok"];
  assertEquals(await Promise.all([read(left), read(right)]), [expected, expected]);
});

test("the feed is locked while it is iterated, and free afterwards", async () => {
  const { feed, peer, request } = await openFeed();
  const iterator = feed.values({ preventCancel: true });
  assertEquals(feed.locked, true);
  let error: unknown;
  try {
    feed.getReader();
  } catch (caught) {
    error = caught;
  }
  assertInstanceOf(error, TypeError);
  await iterator[Symbol.asyncDispose]();
  assertEquals(feed.locked, false);
  await peer.send(marker(request, 0n, 5n));
  assertEquals((await take(feed, 1)).map(brief), ["snapshot 0-5"]);
  await feed.close();
  assertEquals(await takeAll(feed), []);
  await feed.getReader().closed;
});
