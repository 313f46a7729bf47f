/** TAP from end to end: the node sends, `TapFeed` reads. Time is let pass by hand. */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { VbucketState } from "../../../src/codec.ts";
import { TapError } from "../../../src/tap.ts";
import { CouchbaseScene } from "../../support/couchbase_scene.ts";
import { hex } from "../../support/hex.ts";
import { all, keyOf, Scene, short, take } from "../../support/tap_scene.ts";
import { test } from "../../support/test.ts";

test("a dump sends what there is, tombstones too, and ends", async () => {
  await using scene = new Scene();
  const [a, b, c] = [keyOf(scene, 0, "a"), keyOf(scene, 0, "b"), keyOf(scene, 2, "c")];
  scene.bucket.set(a, "old");
  scene.bucket.set(b, "1", { flags: 0x11223344, expiry: 2_000_000_000 });
  scene.bucket.set(a, "new");
  scene.bucket.set(c, "2");
  scene.bucket.delete(c);
  for (const ack of [true, false]) {
    assertEquals(await all(await scene.open({ dump: true, ack })), [
      ...(ack ? ["0 auto-nack"] : []),
      "0 initial-stream",
      "2 initial-stream",
      `0 ${b}=1`,
      `0 ${a}=new`,
      `2 -${c}`,
      "0 backfill-end",
      "2 backfill-end",
    ]);
  }
});

test("events of the node say flags, expiry, CAS and revision, whichever the order of the bytes", async () => {
  await using scene = new Scene();
  const document = scene.bucket.set("k", '{"a":1}', { flags: 0x11223344, expiry: 2_000_000_000 });
  for (const fixFlagByteOrder of [true, false]) {
    const feed = await scene.open({ dump: true, fixFlagByteOrder });
    for await (const event of feed) {
      if (event.type !== "mutation") continue;
      assertEquals([event.flags, event.expiry, event.cas], [0x11223344, 2_000_000_000, document.cas]);
      assertEquals([event.revision, event.json(), event.keyOnly], [1n, { a: 1 }, false]);
    }
  }
});

test("a dump of nothing ends at once, of vbuckets that are not here too", async () => {
  await using scene = new Scene();
  assertEquals(await all(await scene.open({ dump: true })), []);
  scene.bucket.set("k", "v");
  assertEquals(await all(await scene.open({ dump: true, vbuckets: [100] })), []);
  assertEquals(await all(await scene.open({ dump: true, backfill: "none" })), []);
});

test("a list of vbuckets is all that is sent", async () => {
  await using scene = new Scene();
  const [a, b] = [keyOf(scene, 1), keyOf(scene, 3)];
  scene.bucket.set(a, "1");
  scene.bucket.set(b, "2");
  const events = await all(await scene.open({ dump: true, vbuckets: [3] }));
  assertEquals(events, ["0 auto-nack", "3 initial-stream", `3 ${b}=2`, "3 backfill-end"]);
});

test("what is written later comes live, deduplicated, with the last asking for an acknowledgement", async () => {
  await using scene = new Scene();
  const key = keyOf(scene, 0);
  scene.bucket.set(key, "before");
  await using feed = await scene.open();
  const reader = feed.getReader();
  assertEquals((await take(reader, 1)).map(short), ["0 auto-nack"]);
  const next = take(reader, 2);
  scene.bucket.set(key, "1");
  scene.bucket.set(key, "2");
  scene.bucket.set(keyOf(scene, 0, "z"), "3");
  const events = await next;
  assertEquals(events.map(short), [`0 ${key}=2`, `0 ${keyOf(scene, 0, "z")}=3`]);
  assertEquals(events.map(({ wantsAck }) => wantsAck), [false, true]);
  const more = take(reader, 1);
  scene.bucket.delete(key);
  assertEquals((await more).map(short), [`0 -${key}`]);
});

test("numbers of messages rise by one with acknowledgements, and only at control messages without", async () => {
  await using scene = new Scene();
  for (const name of ["a", "b"]) scene.bucket.set(keyOf(scene, 0, name), "v");
  const opaques = async (ack: boolean): Promise<number[]> => {
    const numbers: number[] = [];
    for await (const { opaque } of await scene.open({ dump: true, ack })) numbers.push(opaque);
    return numbers;
  };
  // As 3.1.6 counts.
  assertEquals(await opaques(true), [2, 4, 5, 6, 8]);
  assertEquals(await opaques(false), [2, 2, 2, 3]);
});

test("no item overtakes a control message that is not acknowledged, nor more than the window", async () => {
  await using scene = new Scene({ tap: { ackWindow: 3, ackInterval: 2 } });
  for (let i = 0; i < 10; i++) scene.bucket.set(keyOf(scene, 0, `n${i}-`), "v");
  await using feed = await scene.open({ dump: true, ack: "manual" });
  const reader = feed.getReader();
  const controls = await take(reader, 2);
  assertEquals(controls.map(short), ["0 auto-nack", "0 initial-stream"]);
  assertEquals(feed.stats().received, 2);
  feed.ack(controls[1]!);
  const items = await take(reader, 3);
  assertEquals(items.map(({ wantsAck }) => wantsAck), [false, true, true]);
  assertEquals(feed.stats().received, 5);
  feed.ack(items[2]!);
  assertEquals((await take(reader, 3)).length, 3);
});

test("who acknowledges nothing for too long is dropped, and learns where to go on", async () => {
  await using scene = new Scene();
  scene.bucket.set("k", "v");
  await using feed = await scene.open({ ack: "manual" });
  const reader = feed.getReader();
  await take(reader, 1);
  scene.timers.pass(300_000);
  const error = await assertRejects(() => reader.read(), TapError, "the server closed the connection");
  assertEquals(error.position, []);
});

test("a refused message comes again after a while under another number; any other status ends the feed", async () => {
  await using scene = new Scene();
  const [a, b] = [keyOf(scene, 0, "a"), keyOf(scene, 0, "b")];
  scene.bucket.set(a, "1");
  scene.bucket.set(b, "2");
  await using feed = await scene.open({ backfill: "all", vbuckets: [0] });
  const reader = feed.getReader();
  const [, , first] = await take(reader, 3);
  assertEquals(short(first!), `0 ${a}=1`);
  feed.nack(first!);
  assertEquals((await take(reader, 1)).map(short), [`0 ${b}=2`]);
  // The end of the backfill was on its way; it and what came before are acknowledged, and nothing more comes for now.
  assertEquals((await take(reader, 1)).map(short), ["0 backfill-end"]);
  const again = take(reader, 3);
  await scene.timers.asked(5000);
  scene.timers.pass(5000);
  const events = await again;
  assertEquals(events.map(short), [`0 ${a}=1`, `0 ${b}=2`, "0 backfill-end"]);
  assert(events[0]!.opaque > first!.opaque);
  feed.nack(events[2]!, 0x04);
  await assertRejects(() => reader.read(), TapError);
});

test("checkpoints are marked, and a feed goes on behind the last that was closed", async () => {
  await using scene = new Scene({ tap: { checkpointItems: 2 } });
  const key = (i: number): string => keyOf(scene, 1, `n${i}-`);
  const checkpoints = { name: "walker", vbuckets: [1], backfill: "all" } as const;
  for (let i = 0; i < 3; i++) scene.bucket.set(key(i), `${i}`);
  const feed = await scene.open({ ...checkpoints, checkpoints: [{ vbucket: 1, checkpoint: 0n }] });
  const reader = feed.getReader();
  assertEquals((await take(reader, 8)).map(short), [
    "0 auto-nack",
    "0 checkpoint-sync",
    "1 checkpoint-start 1",
    `1 ${key(0)}=0`,
    `1 ${key(1)}=1`,
    "1 checkpoint-end 1",
    "1 checkpoint-start 2",
    `1 ${key(2)}=2`,
  ]);
  assertEquals(feed.position(), [{ vbucket: 1, checkpoint: 1n }]);
  await feed.close();
  scene.bucket.set(key(3), "3");
  await using next = await scene.open({ ...checkpoints, checkpoints: feed.position() });
  assertEquals((await take(next.getReader(), 7)).map(short), [
    "0 auto-nack",
    "0 checkpoint-sync",
    "1 checkpoint-start 2",
    `1 ${key(2)}=2`,
    `1 ${key(3)}=3`,
    "1 checkpoint-end 2",
    "1 checkpoint-start 3",
  ]);
});

test("a checkpoint that the server does not have is a full backfill", async () => {
  await using scene = new Scene({ tap: { checkpointItems: 2 } });
  const key = keyOf(scene, 1);
  scene.bucket.set(key, "v");
  await using feed = await scene.open({ vbuckets: [1], checkpoints: [{ vbucket: 1, checkpoint: 7n }] });
  assertEquals((await take(feed.getReader(), 7)).map(short), [
    "0 auto-nack",
    "0 checkpoint-sync",
    "1 initial-stream",
    `1 ${key}=v`,
    "1 backfill-end",
    "1 open-checkpoint",
    "1 checkpoint-start 1",
  ]);
});

test("a registered feed misses nothing while it is away, until it is forgotten", async () => {
  await using scene = new Scene();
  const options = { name: "reg", registered: true, vbuckets: [0] } as const;
  const key = (i: number): string => keyOf(scene, 0, `n${i}-`);
  const first = await scene.open(options);
  const reader = first.getReader();
  await take(reader, 1);
  const taking = take(reader, 1);
  scene.bucket.set(key(0), "0");
  const taken = await taking;
  assertEquals(taken.map(short), [`0 ${key(0)}=0`]);
  first.ack(taken[0]!);
  await first.close();
  scene.bucket.set(key(1), "1");
  const second = await scene.open(options);
  const again = second.getReader();
  assertEquals((await take(again, 2)).map(short), ["0 auto-nack", `0 ${key(1)}=1`]);
  await scene.deregister("reg");
  await assertRejects(() => again.read(), TapError);
  await using third = await scene.open(options);
  assertEquals((await take(third.getReader(), 1)).map(short), ["0 auto-nack"]);
  assertEquals(third.stats().received, 1);
});

test("a second feed of a name closes the first", async () => {
  await using scene = new Scene();
  const first = await scene.open({ name: "twin" });
  const reader = first.getReader();
  await take(reader, 1);
  await using second = await scene.open({ name: "twin" });
  await assertRejects(() => reader.read(), TapError, "before the end of the feed");
  assertEquals((await take(second.getReader(), 1)).map(short), ["0 auto-nack"]);
});

test("a takeover hands the vbuckets over, dead, and ends", async () => {
  await using scene = new Scene();
  const key = keyOf(scene, 2);
  scene.bucket.set(key, "v");
  for (const ack of [true, false]) {
    scene.bucket.setVbucketState(2, VbucketState.ACTIVE);
    assertEquals(await all(await scene.open({ takeover: true, vbuckets: [2], ack })), [
      ...(ack ? ["0 auto-nack"] : []),
      "2 state 3",
      `2 ${key}=v`,
      "2 state 1",
    ]);
    assertEquals(scene.bucket.findVbucket(2)?.state, VbucketState.DEAD);
  }
});

test("keep-alives come and need no answer", async () => {
  await using scene = new Scene();
  await using feed = await scene.open();
  const reader = feed.getReader();
  await take(reader, 1);
  const next = take(reader, 1);
  scene.timers.pass(200_000);
  scene.bucket.set("k", "v");
  assertEquals((await next).length, 1);
  assertEquals(feed.stats().noops, 1);
});

test("the last word of a server that ends the feed is heard", async () => {
  await using scene = new Scene({ tap: { ackInterval: 1 } });
  scene.bucket.set("k", "v");
  const feed = await scene.open({ dump: true });
  assertEquals((await all(feed)).length, 4);
  assertEquals(feed.stats().acks, 4);
});

test("a node that serves no TAP refuses with its reason", async () => {
  await using scene = new Scene({ tap: { enabled: false } });
  await using feed = await scene.open();
  await assertRejects(() => feed.getReader().read(), Error, "tap-connect");
});

test("credentials and a bucket of one's own", async () => {
  const buckets = [{ name: "shop", vbucketCount: 2, users: ["ada"] }];
  await using scene = new Scene({ buckets, users: { ada: "pencil" } });
  scene.node.bucket("shop").set("k", "v");
  const credentials = { username: "ada", password: "pencil" };
  const events = await all(await scene.open({ dump: true, credentials, bucket: "shop" }));
  assertEquals(events.filter((event) => event.includes("k=v")).length, 1);
});

test("connects that are wrong are refused as 3.1.6 refuses them", async () => {
  const cases: readonly (readonly [what: string, key: string, extras: string, value: string, status: number])[] = [
    ["a list without its count", "e2", "00000004", "", 0x83],
    ["a list that is cut short", "e3", "00000004", "00030001", 0x83],
    ["checkpoints that are cut short", "e4", "00000040", "00020001", 0x83],
    ["a name that is too long", "n".repeat(300), "00000002", "", 0x04],
  ];
  for (const [what, key, extras, value, status] of cases) {
    await using scene = new CouchbaseScene();
    await using peer = await scene.peer();
    const answer = await peer.ask({ opcode: 0x40, key, extras: hex(extras), value: hex(value) });
    assertEquals(answer.status, status, what);
    assert(await peer.closes(), what);
  }
});

test("a client that selects no bucket gets that of its name, or the usual one", async () => {
  await using scene = new Scene({
    buckets: [{ name: "default", vbucketCount: 1 }, { name: "ada", vbucketCount: 1 }],
    users: { ada: "p", bob: "p" },
  });
  scene.node.bucket("ada").set("k", "hers");
  scene.node.bucket("default").set("k", "everybody's");
  const dump = async (username: string): Promise<string | undefined> =>
    (await all(await scene.open({ dump: true, ack: false, credentials: { username, password: "p" } })))[1];
  assertEquals([await dump("ada"), await dump("bob")], ["0 k=hers", "0 k=everybody's"]);
});

test("ordinary requests are answered in the middle of a feed", async () => {
  await using scene = new CouchbaseScene();
  await using peer = await scene.peer();
  await peer.send({ opcode: 0x40, extras: hex("00000011"), value: hex("ffffffffffffffff") });
  const first = await peer.next();
  assertEquals([first.magic, first.opcode, first.opaque], [0x80, 0x44, 2]);
  const answer = await peer.ask({ opcode: 0x0a });
  assertEquals([answer.magic, answer.status], [0x81, 0]);
});
