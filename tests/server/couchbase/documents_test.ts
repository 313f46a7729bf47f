/** Reads and writes of documents, in frames. */

import { assertEquals, assertNotEquals } from "@std/assert";
import { CouchbaseScene, numbers, text } from "../../support/couchbase_scene.ts";
import { test } from "../../support/test.ts";

const GET = 0x00, SET = 0x01, ADD = 0x02, REPLACE = 0x03, DELETE = 0x04, INCR = 0x05, DECR = 0x06, GETQ = 0x09;
const NOOP = 0x0a, GETK = 0x0c, APPEND = 0x0e, PREPEND = 0x0f, SETQ = 0x11, DELETEQ = 0x14, TOUCH = 0x1c, GAT = 0x1d;
const GET_META = 0xa0;

const store = (flags: number, expiry: number) => numbers(4, flags, expiry);
const count = (delta: number, initial: number, expiry: number) =>
  new Uint8Array([...numbers(8, delta, initial), ...numbers(4, expiry)]);

test("CouchbaseNode stores, finds and counts up the revision of a document", async () => {
  await using scene = new CouchbaseScene();
  await using peer = await scene.peer();
  const set = await peer.ask({ opcode: SET, key: "k", extras: store(0x11223344, 0), value: "one" });
  assertEquals([set.magic, set.status, set.extras.length, set.value.length], [0x81, 0, 0, 0]);
  assertNotEquals(set.cas, 0n);
  // The lowest 16 bits of a version only tell writes of one moment apart.
  assertEquals(set.cas & 0xffffn, 0n);
  const got = await peer.ask({ opcode: GET, key: "k" });
  assertEquals([got.status, [...got.extras], text(got.value), got.cas], [0, [0x11, 0x22, 0x33, 0x44], "one", set.cas]);
  const again = await peer.ask({ opcode: SET, key: "k", extras: store(0, 0), value: "two" });
  assertEquals(again.cas > set.cas, true);
  const meta = await peer.ask({ opcode: GET_META, key: "k" });
  assertEquals([[...meta.extras], meta.cas], [[...numbers(4, 0, 0, 0), ...numbers(8, 2)], again.cas]);
});

test("CouchbaseNode gives a miss no body, and a key back only with a hit", async () => {
  await using scene = new CouchbaseScene();
  await using peer = await scene.peer();
  const miss = await peer.ask({ opcode: GET, key: "none" });
  assertEquals([miss.status, miss.bytes.length], [1, 24]);
  const keyMiss = await peer.ask({ opcode: GETK, key: "none" });
  assertEquals([keyMiss.status, keyMiss.bytes.length], [1, 24]);
  await peer.ask({ opcode: SET, key: "k", extras: store(0, 0), value: "v" });
  const hit = await peer.ask({ opcode: GETK, key: "k" });
  assertEquals([hit.status, hit.key, text(hit.value)], [0, "k", "v"]);
});

test("CouchbaseNode answers each way of storing as the document is there or not", async () => {
  await using scene = new CouchbaseScene();
  await using peer = await scene.peer();
  const status = async (opcode: number, key: string, cas = 0n) => {
    const lengthens = opcode === APPEND || opcode === PREPEND;
    const extras = opcode === DELETE || lengthens ? {} : { extras: store(0, 0) };
    const value = opcode === DELETE ? {} : { value: "x" };
    return (await peer.ask({ opcode, key, cas, ...extras, ...value })).status;
  };
  const missing: [number, number][] = [[REPLACE, 1], [DELETE, 1], [APPEND, 5], [PREPEND, 5], [ADD, 0]];
  for (const [opcode, expected] of missing) assertEquals([opcode, await status(opcode, "k")], [opcode, expected]);
  const there: [number, number][] = [[ADD, 2], [REPLACE, 0], [SET, 0], [APPEND, 0], [PREPEND, 0]];
  for (const [opcode, expected] of there) assertEquals([opcode, await status(opcode, "k")], [opcode, expected]);
  for (const opcode of [SET, REPLACE, DELETE, APPEND, PREPEND]) assertEquals(await status(opcode, "k", 5n), 2);
  assertEquals(await status(SET, "other", 5n), 1);
  assertEquals(text((await peer.ask({ opcode: GET, key: "k" })).value), "xxx");
});

test("CouchbaseNode leaves a tombstone that keeps counting", async () => {
  const now = 1_700_000_000;
  await using scene = new CouchbaseScene({ clock: () => now * 1000 });
  await using peer = await scene.peer();
  await peer.ask({ opcode: SET, key: "k", extras: store(7, 0), value: "x" });
  const gone = await peer.ask({ opcode: DELETE, key: "k" });
  assertEquals(gone.status, 0);
  assertEquals((await peer.ask({ opcode: GET, key: "k" })).status, 1);
  const meta = await peer.ask({ opcode: GET_META, key: "k" });
  // Deleted; flags; when; revision: as kv_engine 6.0.5 says it.
  assertEquals([[...meta.extras], meta.cas], [[...numbers(4, 1, 0, now), ...numbers(8, 2)], gone.cas]);
  await peer.ask({ opcode: ADD, key: "k", extras: store(0, 0), value: "y" });
  const back = await peer.ask({ opcode: GET_META, key: "k", extras: new Uint8Array([2]) });
  assertEquals([...back.extras], [...numbers(4, 0, 0, 0), ...numbers(8, 3), 0]);
});

test("CouchbaseNode counts, keeps counters as text, and makes them with their initial value", async () => {
  await using scene = new CouchbaseScene();
  await using peer = await scene.peer();
  const value = async (opcode: number, extras: Uint8Array) => {
    const { status, value } = await peer.ask({ opcode, key: "n", extras });
    return [status, value.length === 8 ? new DataView(value.buffer).getBigUint64(0) : text(value)];
  };
  assertEquals(await value(INCR, count(1, 10, 0xffffffff)), [1, ""]);
  assertEquals(await value(INCR, count(1, 10, 0)), [0, 10n]);
  assertEquals(await value(INCR, count(5, 10, 0)), [0, 15n]);
  assertEquals(await value(DECR, count(100, 0, 0)), [0, 0n]);
  assertEquals(text((await peer.ask({ opcode: GET, key: "n" })).value), "0");
  await peer.ask({ opcode: SET, key: "n", extras: store(0, 0), value: "18446744073709551615" });
  assertEquals(await value(INCR, count(1, 0, 0)), [0, 0n]);
  await peer.ask({ opcode: SET, key: "n", extras: store(0, 0), value: "abc" });
  assertEquals(await value(INCR, count(1, 0, 0)), [6, ""]);
});

test("CouchbaseNode is silent where quiet commands want it", async () => {
  await using scene = new CouchbaseScene();
  await using peer = await scene.peer();
  await peer.send(
    { opcode: GETQ, key: "none", opaque: 1 },
    { opcode: SETQ, key: "k", extras: store(0, 0), value: "v", opaque: 2 },
    { opcode: DELETEQ, key: "none", opaque: 3 },
    { opcode: GETQ, key: "k", opaque: 4 },
    { opcode: NOOP, opaque: 5 },
  );
  const answers = [await peer.next(), await peer.next(), await peer.next()];
  assertEquals(answers.map(({ opaque, opcode, status }) => [opaque, opcode, status]), [
    [3, DELETEQ, 1],
    [4, GETQ, 0],
    [5, NOOP, 0],
  ]);
});

test("CouchbaseNode lets documents expire, relative up to 30 days and absolute beyond, and makes tombstones of them", async () => {
  let now = 1_700_000_000;
  await using scene = new CouchbaseScene({ clock: () => now * 1000 });
  await using peer = await scene.peer();
  const expiry = async (key: string) => {
    const { extras } = await peer.ask({ opcode: GET_META, key });
    return new DataView(extras.buffer).getUint32(8);
  };
  await peer.ask({ opcode: SET, key: "a", extras: store(0, 60), value: "x" });
  await peer.ask({ opcode: SET, key: "b", extras: store(0, now + 1), value: "x" });
  assertEquals([await expiry("a"), await expiry("b")], [now + 60, now + 1]);
  // Beyond 30 days it is a time, and this one is long over.
  await peer.ask({ opcode: SET, key: "b", extras: store(0, 2_592_001), value: "x" });
  assertEquals((await peer.ask({ opcode: GET, key: "b" })).status, 1);
  now += 59;
  assertEquals((await peer.ask({ opcode: GET, key: "a" })).status, 0);
  now += 1;
  assertEquals((await peer.ask({ opcode: GET, key: "a" })).status, 1);
  const found = scene.bucket.findVbucket(0)!.find(0, new TextEncoder().encode("a"));
  assertEquals([found?.deleted, found?.revision], ["expiration", 2n]);
});

test("CouchbaseNode touches without extras in the answer, and a get-and-touch gives the document", async () => {
  const now = 1_700_000_000;
  await using scene = new CouchbaseScene({ clock: () => now * 1000 });
  await using peer = await scene.peer();
  assertEquals((await peer.ask({ opcode: TOUCH, key: "k", extras: numbers(4, 10) })).status, 1);
  const set = await peer.ask({ opcode: SET, key: "k", extras: store(3, 0), value: "v" });
  const touch = await peer.ask({ opcode: TOUCH, key: "k", extras: numbers(4, 10) });
  assertEquals([touch.status, touch.bytes.length, touch.cas > set.cas], [0, 24, true]);
  const gat = await peer.ask({ opcode: GAT, key: "k", extras: numbers(4, 20) });
  assertEquals([gat.status, text(gat.value), [...gat.extras], gat.cas > touch.cas], [0, "v", [0, 0, 0, 3], true]);
  const meta = await peer.ask({ opcode: GET_META, key: "k" });
  // Written once and touched twice.
  assertEquals([...meta.extras], [...numbers(4, 0, 3, now + 20), ...numbers(8, 3)]);
  // The same expiry again is no write.
  assertEquals((await peer.ask({ opcode: TOUCH, key: "k", extras: numbers(4, 20) })).cas, gat.cas);
});

test("CouchbaseNode refuses a CAS where none may be, a key of 251 bytes, and a value that is too large", async () => {
  await using scene = new CouchbaseScene({ buckets: [{ name: "default", vbucketCount: 4, itemSizeLimit: 100 }] });
  await using peer = await scene.peer();
  for (const opcode of [GET, GETK]) assertEquals((await peer.ask({ opcode, key: "k", cas: 1n })).status, 4);
  assertEquals((await peer.ask({ opcode: ADD, key: "k", cas: 1n, extras: store(0, 0), value: "x" })).status, 4);
  assertEquals((await peer.ask({ opcode: INCR, key: "k", cas: 1n, extras: count(1, 1, 0) })).status, 4);
  assertEquals((await peer.ask({ opcode: GET, key: "k".repeat(251) })).status, 4);
  assertEquals((await peer.ask({ opcode: GET, key: "k".repeat(250) })).status, 1);
  assertEquals((await peer.ask({ opcode: SET, key: "k", extras: store(0, 0), value: "x".repeat(101) })).status, 3);
  assertEquals((await peer.ask({ opcode: SET, key: "k", extras: store(0, 0), value: "x".repeat(100) })).status, 0);
  assertEquals((await peer.ask({ opcode: APPEND, key: "k", value: "x" })).status, 3);
});

test("CouchbaseNode does not know flush, retired opcodes and unknown ones, and says which", async () => {
  await using scene = new CouchbaseScene({ tap: { enabled: false } });
  await using peer = await scene.peer();
  assertEquals((await peer.ask({ opcode: 0x08, extras: numbers(4, 0) })).status, 0x83);
  for (const opcode of [0x18, 0x23, 0x30, 0x40, 0x97, 0xf2]) assertEquals((await peer.ask({ opcode })).status, 0x83);
  for (const opcode of [0x4f, 0xef]) assertEquals((await peer.ask({ opcode })).status, 0x81);
});
