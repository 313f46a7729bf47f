/** The same requests with and without each feature that changes their answers. */

import { assertEquals } from "@std/assert";
import { compress } from "../../../src/couchbase.ts";
import { joinXattrs } from "../../../src/wire/xattr.ts";
import { type CouchbasePeer, CouchbaseScene, numbers, text } from "../../support/couchbase_scene.ts";
import { hex } from "../../support/hex.ts";
import { test } from "../../support/test.ts";

const GET = 0x00, SET = 0x01, ADD = 0x02, REPLACE = 0x03, DELETE = 0x04, INCR = 0x05, GETK = 0x0c, APPEND = 0x0e;
const TOUCH = 0x1c, GET_EX = 0x49, GET_LOCKED = 0x94, UNLOCK = 0x95, OBSERVE = 0x92, GET_KEYS = 0xb8;
const RANDOM = 0xb6, GET_ID = 0xbb, SET_WITH_META = 0xa2, GET_CONFIG = 0xb5;
const TOKENS = 0x04, XATTR = 0x06, XERROR = 0x07, SNAPPY = 0x0a, JSON_FEATURE = 0x0b, COLLECTIONS = 0x12;
const SNAPPY_EVERYWHERE = 0x13, DEDUPE = 0x1e;

const NONE = numbers(4, 0, 0);

function set(peer: CouchbasePeer, key: string | Uint8Array, value: string | Uint8Array, datatype = 0) {
  return peer.ask({ opcode: SET, key, extras: NONE, value, datatype });
}

test("MUTATION_SEQNO: writes of every kind are answered with a token, touches are not", async () => {
  await using scene = new CouchbaseScene();
  const { vbuuid } = scene.bucket.findVbucket(0)!;
  for (const features of [[], [TOKENS]]) {
    await using peer = await scene.peer({ features });
    let seqno = scene.bucket.findVbucket(0)!.highSeqno;
    const count = new Uint8Array([...numbers(8, 1, 1), ...numbers(4, 0)]);
    const meta = new Uint8Array([...numbers(4, 0, 0), ...numbers(8, 9, 9)]);
    const writes = [
      { opcode: SET, key: "k", extras: NONE, value: "v" },
      { opcode: REPLACE, key: "k", extras: NONE, value: "v" },
      { opcode: APPEND, key: "k", value: "v" },
      { opcode: DELETE, key: "k" },
      { opcode: ADD, key: "k", extras: NONE, value: "v" },
      { opcode: INCR, key: `n${features.length}`, extras: count },
      { opcode: SET_WITH_META, key: `m${features.length}`, extras: meta, value: "v" },
    ];
    for (const write of writes) {
      const { status, extras } = await peer.ask(write);
      const token = features.length === 0 ? [] : [...numbers(8, vbuuid, ++seqno)];
      assertEquals([write.opcode, status, [...extras]], [write.opcode, 0, token]);
    }
    assertEquals(
      (await peer.ask({ opcode: TOUCH, key: "k", extras: numbers(4, features.length + 9) })).extras.length,
      0,
    );
  }
});

test("JSON: the server finds JSON out by itself, says so only where it was agreed on, and takes no bit that was not", async () => {
  await using scene = new CouchbaseScene();
  await using peer = await scene.peer({ features: [JSON_FEATURE] });
  await using old = await scene.peer();
  const values: [string, number][] = [['{"a":1}', 1], ["[1]", 1], ["12", 1], ['"t"', 1], ["{a}", 0], ["text", 0], [
    "",
    0,
  ]];
  for (const [value, datatype] of values) {
    // Whatever the client says of it.
    for (const claimed of [0, 1]) {
      assertEquals((await set(peer, "k", value, claimed)).status, 0);
      assertEquals((await peer.ask({ opcode: GET, key: "k" })).datatype, datatype);
      assertEquals((await old.ask({ opcode: GET, key: "k" })).datatype, 0);
    }
  }
  assertEquals((await set(old, "k", "{}", 1)).status, 4);
  for (const bits of [2, 4, 8, 0x80]) assertEquals((await set(peer, "k", "{}", bits)).status, 4);
  assertEquals((await peer.ask({ opcode: GET, key: "k", datatype: 1 })).status, 4);
});

test("SNAPPY: values stay compressed for those who know that, and are inflated for all others", async () => {
  await using scene = new CouchbaseScene();
  await using peer = await scene.peer({ features: [JSON_FEATURE, SNAPPY] });
  await using old = await scene.peer({ features: [JSON_FEATURE] });
  const plain = JSON.stringify({ tags: Array(30).fill("blue") });
  const block = compress(new TextEncoder().encode(plain))!;
  assertEquals((await set(peer, "k", block, 2)).status, 0);
  const packed = await peer.ask({ opcode: GET, key: "k" });
  assertEquals([packed.datatype, packed.value], [3, Uint8Array.from(block)]);
  const inflated = await old.ask({ opcode: GET, key: "k" });
  assertEquals([inflated.datatype, text(inflated.value)], [1, plain]);
  assertEquals((await set(old, "k", block, 2)).status, 4);
  assertEquals((await set(peer, "k", "no block", 2)).status, 4);
  // What is added may be compressed too; the whole is not any more.
  await set(old, "t", "a");
  const more = compress(new TextEncoder().encode("b".repeat(40)))!;
  assertEquals((await peer.ask({ opcode: APPEND, key: "t", value: more, datatype: 2 })).status, 0);
  assertEquals(text((await peer.ask({ opcode: GET, key: "t" })).value), `a${"b".repeat(40)}`);
});

test("XATTR: attributes come by GET_EX alone, outlive writes of the body, and those of the system a deletion", async () => {
  await using scene = new CouchbaseScene();
  await using peer = await scene.peer({ features: [JSON_FEATURE, XATTR, SNAPPY_EVERYWHERE, XERROR] });
  const extras = new Uint8Array([...numbers(4, 0, 0), ...numbers(8, 9, 9)]);
  const value = joinXattrs([["_sync", '{"a":1}'], ["user", "1"]], '{"b":2}');
  const store = { opcode: SET_WITH_META, key: "k", extras, value };
  assertEquals((await peer.ask({ ...store, datatype: 4 })).status, 0);
  const plain = await peer.ask({ opcode: GET, key: "k" });
  assertEquals([plain.datatype, text(plain.value)], [1, '{"b":2}']);
  const whole = await peer.ask({ opcode: GET_EX, key: "k" });
  assertEquals([whole.datatype, whole.value], [5, Uint8Array.from(value)]);
  await set(peer, "k", "[3]");
  assertEquals(
    (await peer.ask({ opcode: GET_EX, key: "k" })).value,
    Uint8Array.from(joinXattrs([["_sync", '{"a":1}'], ["user", "1"]], "[3]")),
  );
  await peer.ask({ opcode: DELETE, key: "k" });
  const tombstone = scene.bucket.findVbucket(0)!.find(0, new TextEncoder().encode("k"))!;
  assertEquals([tombstone.datatype, tombstone.value], [4, joinXattrs([["_sync", '{"a":1}']], "")]);
  assertEquals((await peer.ask({ ...store, key: "x", value: "\0\0\0\x09", datatype: 4 })).status, 0x87);
  for (const features of [[JSON_FEATURE, XATTR], [XATTR, SNAPPY_EVERYWHERE], [JSON_FEATURE, SNAPPY_EVERYWHERE]]) {
    await using less = await scene.peer({ features });
    assertEquals((await less.ask({ opcode: GET_EX, key: "k" })).status, 0x83);
  }
});

test("XERROR: locks have statuses of their own, and those of old for old clients", async () => {
  await using scene = new CouchbaseScene();
  for (const [features, expected] of [[[XERROR], [9, 9, 9, 2, 9, 9]], [[], [0x86, 2, 2, 2, 2, 0x86]]] as const) {
    const key = `k${features.length}`;
    await using owner = await scene.peer();
    await using peer = await scene.peer({ features });
    await set(owner, key, "v");
    const lock = await owner.ask({ opcode: GET_LOCKED, key, extras: numbers(4, 5) });
    const { status: again } = await peer.ask({ opcode: GET_LOCKED, key });
    const { status: write } = await set(peer, key, "x");
    const { status: deletion } = await peer.ask({ opcode: DELETE, key, cas: 5n });
    const { status: add } = await peer.ask({ opcode: ADD, key, extras: NONE, value: "x" });
    const { status: touch } = await peer.ask({ opcode: TOUCH, key, extras: numbers(4, 1) });
    const { status: unlock } = await peer.ask({ opcode: UNLOCK, key, cas: lock.cas + 1n });
    assertEquals([again, write, deletion, add, touch, unlock], expected as unknown as number[]);
    assertEquals((await peer.ask({ opcode: GET, key })).cas, 0xffff_ffff_ffff_ffffn);
    assertEquals((await peer.ask({ opcode: UNLOCK, key, cas: lock.cas })).status, 0);
    assertEquals((await peer.ask({ opcode: UNLOCK, key, cas: lock.cas })).status, features.length === 0 ? 0x86 : 0x0e);
    assertEquals((await peer.ask({ opcode: UNLOCK, key })).status, 4);
  }
});

test("a lock ends by its time, by a write with its version, and is never longer than 30 seconds", async () => {
  let now = 1_700_000_000_000;
  await using scene = new CouchbaseScene({ clock: () => now });
  await using peer = await scene.peer({ features: [XERROR] });
  await set(peer, "k", "v");
  for (const [seconds, lasts] of [[5, 5], [30, 30], [0, 15], [31, 15]] as const) {
    const lock = await peer.ask({ opcode: GET_LOCKED, key: "k", extras: numbers(4, seconds) });
    assertEquals(lock.status, 0);
    now += lasts * 1000 - 1;
    assertEquals((await set(peer, "k", "x")).status, 9);
    now += 1;
    assertEquals((await set(peer, "k", "x")).status, 0);
  }
  const lock = await peer.ask({ opcode: GET_LOCKED, key: "k" });
  assertEquals((await peer.ask({ opcode: SET, key: "k", extras: NONE, value: "y", cas: lock.cas })).status, 0);
  assertEquals((await set(peer, "k", "x")).status, 0);
});

test("COLLECTIONS: keys begin with their collection, in requests, answers and lists", async () => {
  const buckets = [{ name: "default", vbucketCount: 4, collections: { shop: { users: {}, short: { maxTtl: 10 } } } }];
  await using scene = new CouchbaseScene({ buckets });
  await using peer = await scene.peer({ features: [COLLECTIONS, XERROR, JSON_FEATURE] });
  const id = scene.bucket.manifest.collection("shop.users").id;
  const key = new Uint8Array([id, 0x61]);
  await set(peer, new Uint8Array([0, 0x61]), "default");
  await set(peer, key, "users");
  assertEquals(text((await peer.ask({ opcode: GET, key })).value), "users");
  assertEquals((await peer.ask({ opcode: GETK, key })).key, text(key));
  await using old = await scene.peer();
  assertEquals(text((await old.ask({ opcode: GET, key: "a" })).value), "default");
  const keys = await peer.ask({ opcode: GET_KEYS, key });
  assertEquals([...keys.value], [0, 2, ...key]);
  assertEquals([...(await old.ask({ opcode: GET_KEYS, key: "a" })).value], [0, 1, 0x61]);
  const observed = await peer.ask({ opcode: OBSERVE, value: new Uint8Array([0, 0, 0, 2, ...key]) });
  assertEquals([...observed.value.subarray(0, 7)], [0, 0, 0, 2, ...key, 1]);
  const random = await peer.ask({ opcode: RANDOM, extras: numbers(4, id) });
  assertEquals([random.key, text(random.value)], [text(key), "users"]);
  assertEquals([(await peer.ask({ opcode: RANDOM })).status, (await old.ask({ opcode: RANDOM })).status], [4, 0]);
  assertEquals((await old.ask({ opcode: RANDOM, extras: numbers(4, 0) })).status, 4);
});

test("COLLECTIONS: what is wrong with a key, and what is said of a collection that there is not", async () => {
  await using scene = new CouchbaseScene();
  await using peer = await scene.peer({ features: [COLLECTIONS, JSON_FEATURE] });
  const get = async (prefix: string, key: string) => {
    const bytes = new Uint8Array([...hex(prefix), ...new TextEncoder().encode(key)]);
    return await peer.ask({ opcode: GET, key: bytes });
  };
  for (const prefix of ["01", "07", "8000", "ffffffffff01"]) assertEquals((await get(prefix, "k")).status, 4);
  assertEquals((await get("00", "")).status, 4);
  assertEquals((await get("00", "k".repeat(250))).status, 1);
  assertEquals((await get("00", "k".repeat(251))).status, 4);
  assertEquals((await get("08", "k".repeat(247))).status, 4);
  const unknown = await get("08", "k".repeat(246));
  assertEquals([unknown.status, unknown.datatype], [0x88, 1]);
  assertEquals(JSON.parse(text(unknown.value)), { manifest_uid: "0" });
  assertEquals((await peer.ask({ opcode: GET_ID, value: "shop.users" })).status, 0x8c);
  assertEquals((await peer.ask({ opcode: GET_ID, value: "_default.users" })).status, 0x88);
  await using old = await scene.peer();
  assertEquals((await old.ask({ opcode: GET_ID, value: "_default.users" })).status, 4);
});

test("DEDUPE: a cluster map comes with a wrong vbucket once, or every time", async () => {
  await using scene = new CouchbaseScene();
  await using old = await scene.peer({ features: [JSON_FEATURE] });
  await using peer = await scene.peer({ features: [JSON_FEATURE, DEDUPE] });
  const wrong = (from: CouchbasePeer) => from.ask({ opcode: GET, key: "k", vbucket: 9 });
  const first = await wrong(old);
  assertEquals([first.status, first.datatype, JSON.parse(text(first.value)).name], [7, 1, "default"]);
  assertEquals((await wrong(old)).value, first.value);
  assertEquals((await wrong(peer)).value, first.value);
  assertEquals((await wrong(peer)).value.length, 0);
  scene.bucket.setVbucketState(3, 2);
  assertEquals(JSON.parse(text((await wrong(peer)).value)).rev, 2);
  await using asked = await scene.peer({ features: [DEDUPE] });
  await asked.ask({ opcode: GET_CONFIG });
  assertEquals((await wrong(asked)).value.length, 0);
  await using plain = await scene.peer();
  assertEquals((await wrong(plain)).datatype, 0);
});
