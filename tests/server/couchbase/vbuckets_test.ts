/** Vbuckets, histories, seqnos, and how far writes have come, in frames. */

import { assertEquals, assertNotEquals } from "@std/assert";
import { CouchbaseScene, numbers, text } from "../../support/couchbase_scene.ts";
import { test } from "../../support/test.ts";

const GET = 0x00, SET = 0x01, DELETE = 0x04, NOOP = 0x0a, STAT = 0x10, SET_VB = 0x3d, GET_VB = 0x3e, DEL_VB = 0x3f;
const SEQNOS = 0x48, REPLICA = 0x83, OBSERVE_SEQNO = 0x91, OBSERVE = 0x92, FAILOVER_LOG = 0x96, PERSISTENCE = 0xb7;
const XERROR = 0x07, COLLECTIONS = 0x12;

const set = (key: string | Uint8Array, vbucket = 0) => ({
  opcode: SET,
  key,
  vbucket,
  extras: numbers(4, 0, 0),
  value: "v",
});

test("the state of a vbucket is set in each of the three forms, and decides who may read", async () => {
  await using scene = new CouchbaseScene();
  await using peer = await scene.peer();
  await peer.ask(set("k"));
  const state = async () => [...(await peer.ask({ opcode: GET_VB })).value];
  const read = async (opcode: number) => (await peer.ask({ opcode, key: "k" })).status;
  assertEquals([await state(), await read(GET), await read(REPLICA)], [[0, 0, 0, 1], 0, 7]);
  assertEquals((await peer.ask({ opcode: SET_VB, extras: new Uint8Array([2]) })).status, 0);
  assertEquals([await state(), await read(GET), await read(REPLICA)], [[0, 0, 0, 2], 7, 0]);
  assertEquals((await peer.ask({ opcode: SET_VB, extras: numbers(4, 4) })).status, 0);
  assertEquals([await state(), await read(GET), await read(REPLICA)], [[0, 0, 0, 4], 7, 7]);
  assertEquals((await peer.ask({ opcode: SET_VB, value: numbers(4, 1) })).status, 0);
  assertEquals([await state(), await read(GET)], [[0, 0, 0, 1], 0]);
  assertEquals((await peer.ask({ opcode: SET_VB, extras: new Uint8Array([5]) })).status, 4);
  assertEquals((await peer.ask({ opcode: SET_VB, extras: new Uint8Array([1]), vbucket: 4 })).status, 4);
});

test("a vbucket that was removed is not here, and is empty when it is made again", async () => {
  await using scene = new CouchbaseScene();
  await using peer = await scene.peer();
  await peer.ask(set("k"));
  assertEquals((await peer.ask({ opcode: DEL_VB })).status, 0);
  assertEquals((await peer.ask({ opcode: DEL_VB })).status, 7);
  assertEquals((await peer.ask({ opcode: GET_VB })).status, 7);
  assertEquals((await peer.ask({ opcode: GET, key: "k" })).status, 7);
  assertEquals((await peer.ask({ opcode: SET_VB, extras: new Uint8Array([1]) })).status, 0);
  assertEquals((await peer.ask({ opcode: GET, key: "k" })).status, 1);
});

test("requests to a pending vbucket wait until it is something else", async () => {
  await using scene = new CouchbaseScene();
  await using admin = await scene.peer();
  for (const [then, status] of [[1, 0], [2, 7]] as const) {
    await using peer = await scene.peer();
    await admin.ask({ opcode: SET_VB, extras: new Uint8Array([1]) });
    await admin.ask(set("k"));
    await admin.ask({ opcode: SET_VB, extras: new Uint8Array([3]) });
    await peer.send({ opcode: GET, key: "k", opaque: 1 }, { opcode: NOOP, opaque: 2 });
    await admin.ask({ opcode: SET_VB, extras: new Uint8Array([then]) });
    const [got, noop] = [await peer.next(), await peer.next()];
    assertEquals([got.opaque, got.status, noop.opaque], [1, status, 2]);
  }
});

test("a client that leaves while it waits for a vbucket takes nothing with it", async () => {
  await using scene = new CouchbaseScene();
  scene.bucket.setVbucketState(0, 3);
  const peer = await scene.peer();
  await peer.send({ opcode: GET, key: "k" });
  await peer[Symbol.asyncDispose]();
  scene.bucket.setVbucketState(0, 1);
  await using other = await scene.peer();
  assertEquals((await other.ask({ opcode: GET, key: "k" })).status, 1);
});

test("what becomes active begins a new history, of which the log tells", async () => {
  await using scene = new CouchbaseScene();
  await using peer = await scene.peer();
  await peer.ask(set("a"));
  await peer.ask(set("b"));
  const log = async () => {
    const { value } = await peer.ask({ opcode: FAILOVER_LOG });
    const view = new DataView(value.buffer);
    return Array.from({ length: value.length / 16 }, (_, i) => {
      return { vbuuid: view.getBigUint64(i * 16), seqno: view.getBigUint64(i * 16 + 8) };
    });
  };
  const [first] = await log();
  assertEquals([(await log()).length, first!.seqno], [1, 0n]);
  scene.bucket.setVbucketState(0, 2);
  assertEquals((await log()).length, 1);
  scene.bucket.setVbucketState(0, 1);
  const [second, ...rest] = await log();
  assertEquals([second!.seqno, rest], [2n, [first]]);
  assertNotEquals(second!.vbuuid, first!.vbuuid);
  await peer.ask(set("c"));
  scene.bucket.failover(0);
  assertEquals((await log()).map(({ seqno }) => seqno), [3n, 2n, 0n]);
  assertEquals((await peer.ask({ opcode: FAILOVER_LOG, vbucket: 9 })).status, 7);
});

test("OBSERVE_SEQNO answers in the form of the history that it is asked about", async () => {
  await using scene = new CouchbaseScene();
  await using peer = await scene.peer();
  const vbucket = scene.bucket.findVbucket(0)!;
  const first = vbucket.vbuuid;
  await peer.ask(set("a"));
  scene.bucket.stopPersistence();
  await peer.ask(set("b"));
  const ask = (vbuuid: bigint) => peer.ask({ opcode: OBSERVE_SEQNO, value: numbers(8, vbuuid) });
  const now = (vbuuid: bigint) => [0, 0, ...numbers(8, vbuuid, 1, 2)];
  assertEquals([...(await ask(first)).value], [0, ...now(first)]);
  scene.bucket.failover(0);
  const second = vbucket.vbuuid;
  assertEquals([...(await ask(second)).value], [0, ...now(second)]);
  assertEquals([...(await ask(first)).value], [1, ...now(second), ...numbers(8, first, 2)]);
  assertEquals((await ask(0xbadn)).status, 1);
  const short = { opcode: OBSERVE_SEQNO, value: numbers(4, 1) };
  assertEquals((await peer.ask(short)).status, 4);
  // As kv_engine 6.0.5 does.
  assertEquals(await peer.closes(), true);
});

test("OBSERVE tells of each key what has become of it, or that a vbucket is not here", async () => {
  await using scene = new CouchbaseScene();
  await using peer = await scene.peer();
  const persisted = await peer.ask(set("disk"));
  await peer.ask(set("gone"));
  await peer.ask({ opcode: DELETE, key: "gone" });
  await peer.ask(set("dead"));
  scene.bucket.stopPersistence();
  const fresh = await peer.ask(set("mem"));
  const dead = await peer.ask({ opcode: DELETE, key: "dead" });
  const asked = (key: string, vbucket = 0) => [...numbers(2, vbucket, key.length), ...new TextEncoder().encode(key)];
  const keys = ["disk", "gone", "dead", "mem", "none"];
  const answer = await peer.ask({ opcode: OBSERVE, value: new Uint8Array(keys.flatMap((key) => asked(key))) });
  const states: Record<string, [number, bigint]> = {
    disk: [1, persisted.cas],
    gone: [0x80, 0n],
    dead: [0x81, dead.cas],
    mem: [0, fresh.cas],
    none: [0x80, 0n],
  };
  const expected = keys.flatMap((key) => [...asked(key), states[key]![0], ...numbers(8, states[key]![1])]);
  assertEquals([...answer.value], expected);
  const elsewhere = new Uint8Array([...asked("disk"), ...asked("disk", 9)]);
  assertEquals((await peer.ask({ opcode: OBSERVE, value: elsewhere })).status, 7);
});

test("seqnos of all vbuckets are given by state, and of one collection or of all", async () => {
  const buckets = [{ name: "default", vbucketCount: 3, collections: { shop: ["users"] } }];
  await using scene = new CouchbaseScene({ buckets });
  await using peer = await scene.peer({ features: [COLLECTIONS, XERROR] });
  await using old = await scene.peer();
  const { id } = scene.bucket.manifest.collection("shop.users");
  await peer.ask(set(new Uint8Array([0, 0x61])));
  await peer.ask(set(new Uint8Array([id, 0x61])));
  scene.bucket.setVbucketState(1, 2);
  scene.bucket.setVbucketState(2, 4);
  const ask = async (from: typeof peer, ...extras: number[]) => {
    const { status, value } = await from.ask({
      opcode: SEQNOS,
      ...(extras.length === 0 ? {} : { extras: numbers(4, ...extras) }),
    });
    const view = new DataView(value.buffer, value.byteOffset);
    if (status !== 0) return status;
    return Array.from({ length: value.length / 10 }, (_, i) => {
      return [view.getUint16(i * 10), Number(view.getBigUint64(i * 10 + 2))];
    });
  };
  // The scope and the collection have taken two seqnos of each vbucket.
  assertEquals(await ask(peer), [[0, 4], [1, 2]]);
  assertEquals(await ask(peer, 1), [[0, 4]]);
  assertEquals(await ask(peer, 2), [[1, 2]]);
  assertEquals(await ask(peer, 3), []);
  assertEquals(await ask(peer, 4), [[2, 2]]);
  assertEquals(await ask(peer, 1, 0), [[0, 3]]);
  assertEquals(await ask(peer, 1, id), [[0, 4]]);
  assertEquals(await ask(peer, 1, 99), 0x88);
  // Who knows no collections sees the default one.
  assertEquals(await ask(old, 1), [[0, 3]]);
  assertEquals(await ask(peer, 5), 4);
  assertEquals(await peer.closes(), true);
  assertEquals(await ask(old, 1, 0), 4);
  assertEquals(await old.closes(), true);
});

test("SEQNO_PERSISTENCE is answered when the write is on disk, or when that takes too long", async () => {
  await using scene = new CouchbaseScene({ persistenceTimeout: 1 });
  await using peer = await scene.peer();
  await peer.ask(set("a"));
  assertEquals((await peer.ask({ opcode: PERSISTENCE, extras: numbers(8, 1) })).status, 0);
  assertEquals((await peer.ask({ opcode: PERSISTENCE, extras: numbers(8, 2) })).status, 0x86);
  await using patient = new CouchbaseScene();
  await using other = await patient.peer();
  patient.bucket.stopPersistence();
  await other.ask(set("a"));
  await other.send({ opcode: PERSISTENCE, extras: numbers(8, 1), opaque: 7 }, { opcode: NOOP, opaque: 8 });
  patient.bucket.startPersistence();
  assertEquals([(await other.next()).opaque, (await other.next()).opaque], [7, 8]);
});

test("statistics come in groups, and there is a status for a group that is unknown", async () => {
  const buckets = [{
    name: "default",
    vbucketCount: 2,
    uuid: "ab".repeat(16),
    collections: { shop: { users: { maxTtl: 9 } } },
  }];
  await using scene = new CouchbaseScene({ buckets });
  await using peer = await scene.peer();
  await peer.ask(set("k"));
  const stats = async (group: string): Promise<Record<string, string> | number> => {
    const all: Record<string, string> = {};
    await peer.send({ opcode: STAT, key: group, opaque: 1 });
    while (true) {
      const { key, value, status } = await peer.next();
      if (status !== 0) return status;
      if (key === "") return all;
      all[key] = text(value);
    }
  };
  assertEquals(await stats("uuid"), { uuid: "ab".repeat(16) });
  assertEquals(await stats("vbucket"), { vb_0: "active", vb_1: "active" });
  const seqnos = await stats("vbucket-seqno 0") as Record<string, string>;
  assertEquals([seqnos["vb_0:high_seqno"], seqnos["vb_1:high_seqno"]], ["3", undefined]);
  assertEquals(seqnos["vb_0:uuid"], String(scene.bucket.findVbucket(0)!.vbuuid));
  const collections = await stats("collections") as Record<string, string>;
  assertEquals([collections["manifest_uid"], collections["0x0:0x0:items"], collections["0x9:0x8:name"]], [
    "1",
    "1",
    "users",
  ]);
  assertEquals((await stats("scopes") as Record<string, string>)["0x9:name"], "shop");
  assertEquals((await stats("") as Record<string, string>)["curr_items"], "1");
  assertEquals(await stats("nonsense"), 1);
});
