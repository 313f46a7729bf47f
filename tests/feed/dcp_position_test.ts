/** Where a feed begins and ends, and where it stands: now, positions, snapshots, changes in any order, what is not shown. */

import { assert, assertEquals, assertInstanceOf, assertRejects, assertThrows } from "@std/assert";
import { DcpError } from "../../src/feed/dcp_error.ts";
import { type FeedPosition, readFeedPosition } from "../../src/feed/position.ts";
import { brief, openFeed, streamRequest, take, takeAll } from "../support/dcp_feed.ts";
import { marker, mutation, streamEnd, told, u32, u64 } from "../support/dcp_peer.ts";
import { test } from "../support/test.ts";
import { answer } from "../support/wire_frame.ts";

const MAX = 0xffffffffffffffffn;
const GOOD = { vbuuid: "77", seqno: "42", snapshotStart: "40", snapshotEnd: "50" };
const position = (vbuckets: FeedPosition["vbuckets"], bucket = ""): FeedPosition => ({ version: 1, bucket, vbuckets });

test("readFeedPosition reads what JSON has kept", () => {
  const json = JSON.stringify({ ...position({ 0: GOOD, 1023: { ...GOOD, vbuuid: String(MAX) } }), manifest: "2f" });
  const read = readFeedPosition(JSON.parse(json));
  assertEquals([...read.keys()], [0, 1023]);
  assertEquals(read.get(1023), { vbuuid: MAX, seqno: 42n, snapshotStart: 40n, snapshotEnd: 50n });
});

for (
  const [what, wrong] of [
    ["null", null],
    ["text", "yesterday"],
    ["another version", { ...position({}), version: 2 }],
    ["no bucket", { version: 1, vbuckets: {} }],
    ["no vbuckets", { version: 1, bucket: "" }],
    ["a vbucket that is none", position({ 65536: GOOD })],
    ["a name for a vbucket", position({ x: GOOD } as unknown as FeedPosition["vbuckets"])],
    ["a vbucket without a position", position({ 0: null } as unknown as FeedPosition["vbuckets"])],
    ["numbers that JSON cannot keep", position({ 0: { ...GOOD, seqno: 42 } } as unknown as FeedPosition["vbuckets"])],
    ["a negative number", position({ 0: { ...GOOD, vbuuid: "-1" } })],
    ["a number of 65 bits", position({ 0: { ...GOOD, vbuuid: String(MAX + 1n) } })],
    ["a fraction", position({ 0: { ...GOOD, seqno: "42.5" } })],
    ["a seqno before its snapshot", position({ 0: { ...GOOD, seqno: "39" } })],
    ["a seqno behind its snapshot", position({ 0: { ...GOOD, seqno: "51" } })],
    ["a manifest that is no number", { ...position({}), manifest: "x" }],
  ] as const
) {
  test(`readFeedPosition refuses ${what}, and so does opening with it`, async () => {
    assertThrows(() => readFeedPosition(wrong), TypeError, "Cannot use position");
    await assertRejects(() => openFeed({ from: wrong as FeedPosition }), TypeError, "Cannot use position");
  });
}

test("from a position goes on where it was, inside of its snapshot", async () => {
  const { feed, request } = await openFeed({ from: position({ 0: GOOD, 7: GOOD }) });
  assertEquals(streamRequest(request), { start: 42n, end: MAX, vbuuid: 77n, from: 40n, to: 50n });
  assertEquals(feed.position(), position({ 0: GOOD }));
  await feed.close();
});

test("a vbucket that the position does not name begins at the beginning", async () => {
  const { feed, request } = await openFeed({ from: position({ 7: GOOD }) });
  assertEquals(streamRequest(request), { start: 0n, end: MAX, vbuuid: 0n, from: 0n, to: 0n });
  await feed.close();
});

test("from now begins behind the last write, in its history", async () => {
  const how = { seqnos: new Map([[0, 120n], [1, 0n]]), log: [[0xbbn, 100n], [0xaan, 0n]] as const };
  const { feed, peer } = await openFeed({ from: "now", vbuckets: undefined as never }, how);
  const [first, second] = [await peer.expect(0x53, 1), await peer.expect(0x53, 2)];
  assertEquals(streamRequest(first), { start: 120n, end: MAX, vbuuid: 0xbbn, from: 120n, to: 120n });
  assertEquals(streamRequest(second), { start: 0n, end: MAX, vbuuid: 0n, from: 0n, to: 0n });
  assertEquals(new DataView(peer.of(0x48)[0]!.extras.buffer).getUint32(0), 1);
  await feed.close();
});

test("to now ends at the last write, to a position at its seqno", async () => {
  const seqnos = new Map([[0, 120n]]);
  const now = await openFeed({ to: "now" }, { seqnos });
  assertEquals(streamRequest(now.request).end, 120n);
  await now.feed.close();
  const later = await openFeed({ to: position({ 0: GOOD }), vbuckets: [0, 1] }, { seqnos });
  assertEquals(streamRequest(later.request).end, 42n);
  assertEquals(later.feed.stats().streams.length, 1);
  await later.feed.close();
});

test("a feed of which nothing is wanted is over at once", async () => {
  const { openDcp } = await import("../../src/feed/open_dcp.ts");
  const { DcpScene } = await import("../support/dcp_peer.ts");
  const scene = new DcpScene();
  const how = { dial: scene.dial, vbuckets: [3], from: "beginning", to: position({ 0: GOOD }) } as const;
  assertEquals(await takeAll(await openDcp("couchbase://h/b", how)), []);
  await (await scene.peer()).over;
});

test("a position of another bucket is refused, that of this one is not", async () => {
  const config = JSON.stringify({ uuid: "one", name: "b" });
  const error = await assertRejects(() => openFeed({ from: position({ 0: GOOD }, "two") }, { config }));
  assertInstanceOf(error, DcpError);
  const { feed } = await openFeed({ from: position({ 0: GOOD }, "one") }, { config });
  assertEquals([feed.bucket, feed.position().bucket], ["one", "one"]);
  await feed.close();
});

test("positions lie in the snapshot that their seqno came in, and stay at a marker", async () => {
  const { feed, peer, request } = await openFeed({}, { log: [[0xbbn, 15n], [0xaan, 0n]] });
  await peer.send(
    marker(request, 0n, 10n),
    mutation(request, 3n),
    mutation(request, 10n),
    marker(request, 11n, 20n),
    mutation(request, 15n),
    told(request, 0x64, { extras: u64(20n) }),
  );
  const events = await take(feed, 6);
  const at = (vbuuid: bigint, seqno: bigint, snapshotStart: bigint, snapshotEnd: bigint) => ({
    vbuuid,
    seqno,
    snapshotStart,
    snapshotEnd,
  });
  assertEquals(events.map((event) => event.position), [
    at(0n, 0n, 0n, 0n),
    at(0xaan, 3n, 0n, 10n),
    at(0xaan, 10n, 0n, 10n),
    at(0xaan, 10n, 0n, 10n),
    at(0xbbn, 15n, 11n, 20n),
    at(0xbbn, 20n, 11n, 20n),
  ]);
  await feed.close();
});

test("a change behind the end of its snapshot, as old servers send it, stretches the snapshot of its position", async () => {
  const { feed, peer, request } = await openFeed();
  await peer.send(marker(request, 4n, 6n), mutation(request, 9n), mutation(request, 3n));
  const [, late, early] = await take(feed, 3);
  assertEquals(late!.position, { vbuuid: 0xabcn, seqno: 9n, snapshotStart: 4n, snapshotEnd: 9n });
  assertEquals(early!.position, { vbuuid: 0xabcn, seqno: 3n, snapshotStart: 3n, snapshotEnd: 6n });
  await feed.close();
});

test("an end before the beginning is the beginning", async () => {
  const early = { vbuuid: "77", seqno: "7", snapshotStart: "7", snapshotEnd: "7" };
  const { feed, request } = await openFeed({ from: position({ 0: GOOD }), to: position({ 0: early }) });
  assertEquals([streamRequest(request).start, streamRequest(request).end], [42n, 42n]);
  await feed.close();
});

test("changes in any order: the position stands still until all have come", async () => {
  const { feed, peer, request } = await openFeed({ oso: true, collections: [8] });
  assert(peer.of(0x5e).some(({ key }) => key === "enable_out_of_order_snapshots"));
  const oso = (flags: number) => told(request, 0x65, { extras: u32(flags) });
  await peer.send(oso(1), mutation(request, 9n), mutation(request, 4n), mutation(request, 7n), oso(2));
  await peer.send(marker(request, 10n, 12n), mutation(request, 12n));
  const events = await take(feed, 7);
  assertEquals(events.map(brief), [
    "oso start",
    "mutation 9",
    "mutation 4",
    "mutation 7",
    "oso end",
    "snapshot 10-12",
    "mutation 12",
  ]);
  assertEquals(events.map((event) => event.position.seqno), [0n, 0n, 0n, 0n, 9n, 9n, 12n]);
  assertEquals(events[4]!.position, { vbuuid: 0xabcn, seqno: 9n, snapshotStart: 9n, snapshotEnd: 9n });
  await feed.close();
});

test("changes in any order that are cut off begin anew", async () => {
  const { feed, peer, request, scene, clock } = await openFeed({ oso: true, collections: [8] });
  await peer.send(told(request, 0x65, { extras: u32(1) }), mutation(request, 9n), mutation(request, 4n));
  await take(feed, 3);
  peer.close();
  await clock.ring(50);
  const again = await (await scene.peer(2)).expect(0x53);
  assertEquals(streamRequest(again), { start: 0n, end: MAX, vbuuid: 0n, from: 0n, to: 0n });
  await feed.close();
});

test("what is not shown moves the position when what came before it was taken", async () => {
  const { feed, peer, request } = await openFeed({ seqnoAdvanced: false });
  const advanced = (seqno: bigint) => told(request, 0x64, { extras: u64(seqno) });
  await peer.send(marker(request, 0n, 9n), mutation(request, 2n), advanced(5n));
  await take(feed, 1);
  assertEquals(feed.position().vbuckets[0]!.seqno, "0");
  await take(feed, 1);
  assertEquals(feed.position().vbuckets[0], { vbuuid: "2748", seqno: "5", snapshotStart: "0", snapshotEnd: "9" });
  await peer.send(advanced(7n), advanced(9n), streamEnd(request, 0));
  assertEquals((await takeAll(feed)).map(brief), ["end ok"]);
  assertEquals(feed.position().vbuckets[0]!.seqno, "9");
  await peer.over;
  assertEquals(peer.acked, peer.sent);
});

for (
  const [what, make] of [
    ["falls", (r) => [marker(r, 0n, 9n), mutation(r, 5n), mutation(r, 4n)]],
    ["stays", (r) => [marker(r, 0n, 9n), mutation(r, 5n), mutation(r, 5n)]],
    ["lies behind its snapshot", (r) => [marker(r, 0n, 9n), mutation(r, 10n)]],
    ["comes before its snapshot", (r) => [marker(r, 4n, 9n), mutation(r, 3n)]],
    ["is of a snapshot that is over", (r) => [marker(r, 0n, 9n), mutation(r, 9n), marker(r, 3n, 8n)]],
  ] as [string, (request: Awaited<ReturnType<typeof openFeed>>["request"]) => Uint8Array[]][]
) {
  test(`verifyOrder: a seqno that ${what} ends the feed`, async () => {
    const { feed, peer, request } = await openFeed({ verifyOrder: true });
    await peer.send(...make(request)).catch(() => {});
    const error = await assertRejects(() => takeAll(feed));
    assertInstanceOf(error, DcpError);
    assertEquals(error.vbucket, 0);
  });
}

test("verifyOrder lets right streams pass, and without it others too", async () => {
  const right = await openFeed({ verifyOrder: true, to: "now" });
  await right.peer.send(marker(right.request, 0n, 9n), mutation(right.request, 5n), mutation(right.request, 9n));
  await right.peer.send(marker(right.request, 10n, 11n), mutation(right.request, 11n), streamEnd(right.request, 0));
  assertEquals((await takeAll(right.feed)).length, 6);
  const wrong = await openFeed({ to: "now" });
  await wrong.peer.send(marker(wrong.request, 0n, 9n), mutation(wrong.request, 5n), mutation(wrong.request, 4n));
  await wrong.peer.send(streamEnd(wrong.request, 0));
  assertEquals((await takeAll(wrong.feed)).length, 4);
});

test("names of collections and scopes are asked for", async () => {
  const handlers = {
    0xbb: (request: { opaque: number }) =>
      answer(request as never, { opcode: 0xbb, extras: new Uint8Array([0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0x1f]) }),
    0xbc: (request: { opaque: number }) =>
      answer(request as never, { opcode: 0xbc, extras: new Uint8Array([0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 9]) }),
  };
  const text = new TextDecoder();
  const one = await openFeed({ collections: ["shop.orders", 8] }, { handlers });
  assertEquals(text.decode(one.request.value), '{"collections":["1f","8"]}');
  await one.feed.close();
  const other = await openFeed({ scope: "shop" }, { handlers });
  assertEquals(text.decode(other.request.value), '{"scope":"9"}');
  await other.feed.close();
});

test("flags of the opening say what events carry", async () => {
  const flagsOf = async (options: Parameters<typeof openFeed>[0]): Promise<number> => {
    const { feed, peer } = await openFeed(options);
    const [open] = peer.of(0x50);
    await feed.close();
    assertEquals(open!.key, "feed");
    return new DataView(open!.extras.buffer).getUint32(4);
  };
  assertEquals(await flagsOf({}), 0x01);
  assertEquals(await flagsOf({ xattrs: true, deletedUserXattrs: true }), 0x105);
  assertEquals(await flagsOf({ values: false }), 0x09);
  assertEquals(await flagsOf({ values: "datatype" }), 0x41);
  assertEquals(await flagsOf({ deleteTimes: true }), 0x21);
  assertEquals(await flagsOf({ expiryOpcode: true }), 0x21);
});

test("HELLO never asks for unordered execution", async () => {
  const { feed, peer } = await openFeed();
  const [hello] = peer.of(0x1f);
  const codes = Array.from({ length: hello!.value.length / 2 }, (_, i) => hello!.value[2 * i + 1]!);
  assert(!codes.includes(0x0e));
  for (const code of [0x06, 0x0a, 0x0b, 0x10, 0x12]) assert(codes.includes(code));
  await feed.close();
});

for (
  const [what, options, kind] of [
    ["a negative window", { windowBytes: -1 }, RangeError],
    ["a window with a fraction", { windowBytes: 1.5 }, RangeError],
    ["an interval that is no number", { noopInterval: NaN }, RangeError],
    ["an empty name", { name: "" }, RangeError],
    ["a name of 201 bytes", { name: "n".repeat(201) }, RangeError],
    ["collections and a scope", { collections: [8], scope: 9 }, TypeError],
    ["deletedUserXattrs without xattrs", { deletedUserXattrs: true }, TypeError],
    ["a vbucket that is none", { vbuckets: [65536] }, RangeError],
  ] as const
) {
  test(`openDcp refuses ${what}`, async () => {
    await assertRejects(() => openFeed(options), kind);
  });
}
