/** How far the node's producer goes: its window to the byte, its no-ops, and what it holds for who does not read. */

import { assert, assertEquals } from "@std/assert";
import { memoryPair } from "../../../src/transport/memory.ts";
import { type CouchbasePeer, CouchbaseScene, numbers, requestBytes } from "../../support/couchbase_scene.ts";
import {
  acknowledge,
  CLOSE_STREAM,
  CONTROL,
  END,
  ManualTimers,
  NOOP,
  openPeer,
  openRequest,
  stream,
  streamRequest,
  tell,
} from "../../support/dcp_consumer.ts";
import { test } from "../../support/test.ts";
import { joined, wire } from "../../support/wire_frame.ts";

const ONE = [{ name: "default", vbucketCount: 1 }];

/** Asks something that is answered at once: what was sent before it has come then. */
async function untilNow(peer: CouchbasePeer): Promise<string[]> {
  await peer.send({ opcode: 0x0a, opaque: 0xabcdef });
  const all: string[] = [];
  for (let frame = await peer.next(); frame.opaque !== 0xabcdef; frame = await peer.next()) all.push(tell(frame));
  return all;
}

function scene(count: number): CouchbaseScene {
  const made = new CouchbaseScene({ buckets: ONE });
  // 24 bytes of header, 31 of extras, 1 of key, 10 of value: 66 each.
  for (let i = 0; i < count; i++) made.bucket.set(String.fromCharCode(97 + i), "0123456789");
  return made;
}

const SIZE = 66;
const MARKER_SIZE = 44;

test("the producer sends while any room is left, whole frames counted, and goes on at the very byte", async () => {
  await using node = scene(9);
  // Room for the marker and two messages, of which the last byte is missing.
  await using peer = await openPeer(node, { controls: { connection_buffer_size: `${MARKER_SIZE + 2 * SIZE - 1}` } });
  await stream(peer);
  const seqnos = (frames: string[]) => frames.map((text) => text.split(" ")[1]);
  assertEquals(seqnos(await untilNow(peer)), ["0-9", "1", "2"]);
  await acknowledge(peer, 1);
  assertEquals(await untilNow(peer), []);
  assertEquals(node.bucket.dcp.connections[0]!.unackedBytes, MARKER_SIZE + 2 * SIZE - 1);
  await acknowledge(peer, 1);
  assertEquals(seqnos(await untilNow(peer)), ["3"]);
  await acknowledge(peer, SIZE);
  assertEquals(seqnos(await untilNow(peer)), ["4"]);
  await acknowledge(peer, 2 * SIZE);
  assertEquals(seqnos(await untilNow(peer)), ["5", "6"]);
});

test("a message larger than the window is sent all the same, and an end waits for room as all else", async () => {
  await using node = scene(1);
  await using peer = await openPeer(node, { controls: { connection_buffer_size: "1" } });
  await stream(peer, { end: 1n });
  assertEquals(await untilNow(peer), ["marker 0-1 5"]);
  await acknowledge(peer, MARKER_SIZE);
  assertEquals(await untilNow(peer), ["mutation 1 a=0123456789"]);
  await acknowledge(peer, SIZE - 1);
  assertEquals(await untilNow(peer), []);
  await acknowledge(peer, 1);
  assertEquals(await untilNow(peer), ["end 0"]);
  assertEquals(node.bucket.dcp.connections[0]!.unackedBytes, 28);
});

test("the window is of the connection, may be changed and switched off, and answers do not count", async () => {
  await using node = new CouchbaseScene({ buckets: [{ name: "default", vbucketCount: 2 }] });
  for (let i = 0; i < 8; i++) node.bucket.set(`${i}`, "x");
  await using peer = await openPeer(node, { controls: { connection_buffer_size: "1" } });
  await stream(peer);
  await peer.send(streamRequest({ vbucket: 1, opaque: 2 }));
  const frames = [await peer.next(), await peer.next()];
  assertEquals(frames.map(({ opcode }) => opcode).sort(), [0x53, 0x56]);
  assertEquals(await untilNow(peer), []);
  await peer.send({ opcode: CONTROL, key: "connection_buffer_size", value: "0" });
  const rest = (await untilNow(peer)).filter((text) => text.startsWith("mutation"));
  assertEquals(rest.length, 8);
});

test("more acknowledged than was sent opens the window wholly and no further, and is counted", async () => {
  await using node = scene(6);
  await using peer = await openPeer(node, { controls: { connection_buffer_size: `${MARKER_SIZE + SIZE}` } });
  await stream(peer);
  assertEquals((await untilNow(peer)).length, 2);
  await acknowledge(peer, 100_000);
  assertEquals((await untilNow(peer)).length, 2);
  assertEquals(node.bucket.dcp.connections[0]!.overackedBytes, 100_000 - MARKER_SIZE - SIZE);
});

test("the number of a stream makes every message three bytes longer, and tells two streams of one vbucket apart", async () => {
  await using node = scene(1);
  const controls = { enable_noop: "true", enable_stream_id: "true" };
  await using peer = await openPeer(node, { features: [0x12], controls });
  await stream(peer, { filter: { sid: 7 }, opaque: 7, end: 1n });
  const frames = [await peer.next(), await peer.next(), await peer.next()];
  assertEquals(frames.map(({ magic, framing }) => [magic, ...framing]), [8, 8, 8].map((magic) => [magic, 0x22, 0, 7]));
  assertEquals(node.bucket.dcp.connections[0]!.unackedBytes, MARKER_SIZE + SIZE + 1 + 28 + 3 * 3);
  await stream(peer, { filter: { sid: 8 }, opaque: 8, flags: 0x40 });
  await stream(peer, { filter: { sid: 9 }, opaque: 9, flags: 0x40 });
  assertEquals((await peer.ask(streamRequest({ filter: { sid: 9 }, opaque: 10 }))).status, 0x02);
});

test("a stream with a number is closed by its number", async () => {
  await using node = new CouchbaseScene({ buckets: ONE });
  const controls = { enable_noop: "true", enable_stream_id: "true" };
  await using peer = await openPeer(node, { features: [0x07, 0x12], controls });
  await stream(peer, { filter: { sid: 7 } });
  assertEquals((await peer.ask({ opcode: CLOSE_STREAM })).status, 0x8d);
  assertEquals((await peer.ask({ opcode: CLOSE_STREAM, framing: new Uint8Array([0x22, 0, 8]) })).status, 1);
  assertEquals((await peer.ask({ opcode: CLOSE_STREAM, framing: new Uint8Array([0x22, 0, 7]) })).status, 0);
  assertEquals((await peer.ask(streamRequest())).status, 0x8d);
  await using plain = await openPeer(node, {
    name: "plain",
    features: [0x07, 0x12],
    controls: { enable_noop: "true" },
  });
  assertEquals((await plain.ask(streamRequest({ filter: { sid: 7 } }))).status, 0x8d);
});

test("no-ops come in the interval, one at a time, also when the window is full, and not when switched off", async () => {
  const timers = new ManualTimers();
  await using node = new CouchbaseScene({ buckets: ONE, timers });
  node.bucket.set("a", "1");
  const controls = { set_noop_interval: "1", enable_noop: "true", connection_buffer_size: "1" };
  await using peer = await openPeer(node, { controls });
  await stream(peer);
  assertEquals(await untilNow(peer), ["marker 0-1 5"]);
  timers.pass(999);
  assertEquals(await untilNow(peer), []);
  timers.pass(1);
  const first = await peer.next();
  assertEquals([first.magic, first.opcode, first.bytes.length], [0x80, NOOP, 24]);
  timers.pass(3000);
  assertEquals(await untilNow(peer), []);
  await peer.write(wire({ opcode: NOOP, opaque: first.opaque }));
  assertEquals(await untilNow(peer), []);
  timers.pass(1000);
  const second = await peer.next();
  assert(second.opaque !== first.opaque);
  await peer.ask({ opcode: CONTROL, key: "enable_noop", value: "false" });
  assertEquals(timers.waiting, 0);
});

test("a consumer that wants no-ops and says nothing any more is closed, and no timer is left", async () => {
  const timers = new ManualTimers();
  await using node = new CouchbaseScene({ buckets: ONE, timers, feedIdleTimeout: 5000 });
  await using silent = await openPeer(node, {
    name: "silent",
    controls: { enable_noop: "true", set_noop_interval: "1" },
  });
  await using awake = await openPeer(node, {
    name: "awake",
    controls: { enable_noop: "true", set_noop_interval: "1" },
  });
  for (let second = 0; second < 5; second++) {
    timers.pass(1000);
    const noop = await awake.next();
    await awake.write(wire({ opcode: NOOP, opaque: noop.opaque }));
    await untilNow(awake);
  }
  assertEquals(tell(await silent.next()), "noop");
  assertEquals(await silent.closes(), true);
  assertEquals(node.bucket.dcp.connections.map(({ name }) => name), ["awake"]);
  assertEquals(timers.waiting, 1);
  await node.server.close();
  assertEquals(timers.waiting, 0);
});

test("who does not read has a few hundred kilobytes waiting, is still heard, and gets all when it reads", async () => {
  await using node = new CouchbaseScene({ buckets: ONE });
  const value = new Uint8Array(1000).fill(0x78);
  const count = 5000;
  for (let i = 0; i < count; i++) node.bucket.set(`${i}`, value);
  const [here, there] = memoryPair();
  const session = node.server.serve(there);
  const chunks: Uint8Array[] = [];
  const ended = Promise.withResolvers<void>();
  let size = 0;
  here.start({
    data: (chunk) => {
      chunks.push(chunk.slice());
      size += chunk.length;
      const last = chunk.subarray(chunk.length - 28);
      if (last[1] === END) ended.resolve();
    },
    end: () => ended.resolve(),
  });
  here.pause();
  const requests = [{ opcode: 0x89, key: "default" }, openRequest("slow", 1), streamRequest({ end: 1n })];
  await here.write(joined(...requests.map(requestBytes)));
  for (let i = 0; i < 50; i++) await here.write(requestBytes({ opcode: 0x5d, extras: numbers(4, 1) }));
  assert(session.bytesRead > 50 * 28);
  assert(session.bytesWritten < 1024 * 1024, `${session.bytesWritten} bytes wait`);
  here.resume();
  await ended.promise;
  const documents = count * (24 + 31 + 1000) + Array.from({ length: count }, (_, i) => `${i}`).join("").length;
  assert(size > documents && chunks.length > 0);
  here.close();
});

test("streams of many vbuckets take turns", async () => {
  await using node = new CouchbaseScene({ buckets: [{ name: "default", vbucketCount: 2 }] });
  for (let i = 0; i < 400; i++) node.bucket.set(`${i}`, "x");
  await using peer = await openPeer(node);
  await peer.send(streamRequest({ vbucket: 0, opaque: 1, end: 1n }), streamRequest({ vbucket: 1, opaque: 2, end: 1n }));
  const ends: number[] = [];
  const order: number[] = [];
  while (ends.length < 2) {
    const { opcode, opaque } = await peer.next();
    if (opcode === END) ends.push(opaque);
    else if (opcode !== 0x53) order.push(opaque);
  }
  const changes = order.filter((opaque, i) => opaque !== order[i - 1]).length;
  assert(changes >= 5, `${changes} turns`);
});
