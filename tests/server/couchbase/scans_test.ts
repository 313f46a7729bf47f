/** Collections and range scans, in frames. */

import { assertEquals } from "@std/assert";
import { joinXattrs } from "../../../src/wire/xattr.ts";
import { type CouchbasePeer, CouchbaseScene, numbers, text } from "../../support/couchbase_scene.ts";
import { test } from "../../support/test.ts";

const GET = 0x00, SET = 0x01, SET_META = 0xa2, SET_MANIFEST = 0xb9, GET_MANIFEST = 0xba, GET_ID = 0xbb;
const GET_SCOPE = 0xbc, CREATE = 0xda, CONTINUE = 0xdb, CANCEL = 0xdc;
const XATTR = 0x06, XERROR = 0x07, JSON_FEATURE = 0x0b, COLLECTIONS = 0x12, SCAN_XATTRS = 0x22;

const FEATURES = [XERROR, JSON_FEATURE, COLLECTIONS];
const base64 = (key: string) => btoa(key);

async function fill(peer: CouchbasePeer, keys: readonly string[], prefix: readonly number[] = [0]): Promise<void> {
  for (const key of keys) {
    const bytes = new Uint8Array([...prefix, ...new TextEncoder().encode(key)]);
    await peer.ask({ opcode: SET, key: bytes, extras: numbers(4, 7, 0), value: `{"${key}":1}` });
  }
}

function create(peer: CouchbasePeer, json: unknown) {
  return peer.ask({ opcode: CREATE, datatype: 1, value: typeof json === "string" ? json : JSON.stringify(json) });
}

const range = (start: string, end: string) => ({ range: { start: base64(start), end: base64(end) } });

/** The keys of an answer without documents. */
function keysOf(value: Uint8Array): string[] {
  const keys: string[] = [];
  for (let at = 0; at < value.length; at += 1 + value[at]!) {
    keys.push(text(value.subarray(at + 1, at + 1 + value[at]!)));
  }
  return keys;
}

const go = (peer: CouchbasePeer, id: Uint8Array, items = 0, bytes = 0) =>
  peer.ask({ opcode: CONTINUE, extras: new Uint8Array([...id, ...numbers(4, items, 0, bytes)]) });

test("a scan gives the keys of its range in their order, in pieces as large as was asked", async () => {
  await using scene = new CouchbaseScene();
  await using peer = await scene.peer({ features: FEATURES });
  await fill(peer, ["d", "a", "c", "b", "e"]);
  const { status, value: id } = await create(peer, { key_only: true, ...range("b", "d") });
  assertEquals([status, id.length], [0, 16]);
  const first = await go(peer, id, 2);
  assertEquals([first.status, [...first.extras], keysOf(first.value)], [0xa6, [0, 0, 0, 0], ["b", "c"]]);
  const last = await go(peer, id, 2);
  assertEquals([last.status, keysOf(last.value)], [0xa7, ["d"]]);
  assertEquals((await go(peer, id)).status, 1);
});

const RANGES: readonly (readonly [what: string, range: Record<string, string>, keys: string[]])[] = [
  ["both ends", { start: base64("b"), end: base64("d") }, ["b", "c", "d"]],
  ["without the first", { excl_start: base64("b"), end: base64("d") }, ["c", "d"]],
  ["without the last", { start: base64("b"), excl_end: base64("d") }, ["b", "c"]],
  ["from the very first", { start: "", end: base64("a") }, ["a"]],
  ["to the very last", { start: base64("e"), end: base64("\xff") }, ["e"]],
];

for (const [what, given, keys] of RANGES) {
  test(`a scan of a range ${what} gives ${keys}`, async () => {
    await using scene = new CouchbaseScene();
    await using peer = await scene.peer({ features: FEATURES });
    await fill(peer, ["a", "b", "c", "d", "e"]);
    const { value: id } = await create(peer, { key_only: true, range: given });
    const answer = await go(peer, id);
    assertEquals([answer.status, keysOf(answer.value)], [0xa7, keys]);
  });
}

test("a scan gives documents of one collection with all that is kept beside them, as they were when it was made", async () => {
  const buckets = [{ name: "default", vbucketCount: 4, collections: { shop: ["users"] } }];
  await using scene = new CouchbaseScene({ buckets });
  await using peer = await scene.peer({ features: FEATURES });
  const { id: collection } = scene.bucket.manifest.collection("shop.users");
  await fill(peer, ["k"], [0]);
  await fill(peer, ["u"], [collection]);
  const { value: id } = await create(peer, { collection: collection.toString(16), ...range("a", "z") });
  const before = scene.bucket.findVbucket(0)!.find(collection, new TextEncoder().encode("u"))!;
  await fill(peer, ["u", "v"], [collection]);
  const answer = await go(peer, id);
  const { cas, seqno } = before;
  const record = [
    ...numbers(4, 7, 0),
    ...numbers(8, seqno, cas),
    1,
    1,
    0x75,
    7,
    ...new TextEncoder().encode('{"u":1}'),
  ];
  assertEquals([answer.status, [...answer.extras], [...answer.value]], [0xa7, [0, 0, 0, 1], record]);
});

test("a scan gives attributes only where that was agreed on", async () => {
  await using scene = new CouchbaseScene();
  await using peer = await scene.peer({ features: [XERROR, XATTR, JSON_FEATURE, SCAN_XATTRS] });
  const value = joinXattrs([["x", "1"]], "{}");
  const extras = new Uint8Array([...numbers(4, 0, 0), ...numbers(8, 1, 9)]);
  await peer.ask({ opcode: SET_META, key: "k", extras, value, datatype: 4 });
  const { value: plain } = await create(peer, range("a", "z"));
  assertEquals([...(await go(peer, plain)).value.subarray(24)], [1, 1, 0x6b, 2, ...new TextEncoder().encode("{}")]);
  const { value: whole } = await create(peer, { include_xattrs: true, ...range("a", "z") });
  assertEquals([...(await go(peer, whole)).value.subarray(24)], [5, 1, 0x6b, value.length, ...value]);
  await using old = await scene.peer({ features: [XERROR] });
  assertEquals((await create(old, { include_xattrs: true, ...range("a", "z") })).status, 4);
});

test("a sampling gives as many keys as were asked for, the same ones for the same seed", async () => {
  await using scene = new CouchbaseScene();
  await using peer = await scene.peer({ features: FEATURES });
  const keys = Array.from({ length: 50 }, (_, i) => `k${i}`);
  await fill(peer, keys);
  const sample = async (samples: number, seed: number) => {
    const { value: id } = await create(peer, { key_only: true, sampling: { samples, seed } });
    return keysOf((await go(peer, id)).value);
  };
  const some = await sample(10, 1);
  assertEquals([some.length, new Set(some).size, some.every((key) => keys.includes(key))], [10, 10, true]);
  assertEquals(await sample(10, 1), some);
  assertEquals((await sample(10, 2)).join() === some.join(), false);
  assertEquals((await sample(500, 1)).length, 50);
});

test("a large scan comes in many frames, and stops at the bytes that it may give", async () => {
  await using scene = new CouchbaseScene();
  await using peer = await scene.peer({ features: FEATURES });
  const value = "x".repeat(100_000);
  for (let i = 0; i < 10; i++) scene.bucket.documents.set(place(scene, `k${i}`), draft(value));
  const { value: id } = await create(peer, range("a", "z"));
  await peer.send({ opcode: CONTINUE, extras: new Uint8Array([...id, ...numbers(4, 0, 0, 0)]), opaque: 5 });
  const statuses: number[] = [];
  let bytes = 0;
  while (statuses.at(-1) !== 0xa7) {
    const { status, value, opaque } = await peer.next();
    assertEquals(opaque, 5);
    statuses.push(status);
    bytes += value.length;
  }
  assertEquals(statuses.slice(0, -1).every((status) => status === 0), true);
  assertEquals(statuses.length > 2 && bytes > 1_000_000, true);
  const { value: limited } = await create(peer, range("a", "z"));
  const piece = await go(peer, limited, 0, 150_000);
  assertEquals([piece.status, Math.floor(piece.value.length / 100_000)], [0xa6, 2]);
});

function place(scene: CouchbaseScene, key: string) {
  return { vbucket: scene.bucket.findVbucket(0)!, collection: 0, key: new TextEncoder().encode(key) };
}

function draft(value: string) {
  return {
    value: new TextEncoder().encode(value),
    datatype: 0,
    flags: 0,
    expiry: 0,
    cas: 0n,
    preserveExpiry: false,
  };
}

test("a scan can be cancelled, belongs to its vbucket, and outlives the connection that made it", async () => {
  await using scene = new CouchbaseScene();
  await using peer = await scene.peer({ features: FEATURES });
  await fill(peer, ["a", "b"]);
  const maker = await scene.peer({ features: FEATURES });
  const { value: id } = await create(maker, { key_only: true, ...range("a", "z") });
  await maker[Symbol.asyncDispose]();
  const elsewhere = { opcode: CONTINUE, vbucket: 1, extras: new Uint8Array([...id, ...numbers(4, 0, 0, 0)]) };
  assertEquals((await peer.ask(elsewhere)).status, 1);
  assertEquals((await go(peer, id, 1)).status, 0xa6);
  assertEquals((await peer.ask({ opcode: CANCEL, extras: id })).status, 0);
  assertEquals((await peer.ask({ opcode: CANCEL, extras: id })).status, 1);
  assertEquals((await go(peer, id)).status, 1);
  const { value: other } = await create(peer, { key_only: true, ...range("a", "z") });
  scene.bucket.setVbucketState(0, 2);
  assertEquals((await go(peer, other)).status, 7);
});

test("a scan begins when the write is on disk that it must see, in the history that it names", async () => {
  await using scene = new CouchbaseScene();
  await using peer = await scene.peer({ features: FEATURES });
  await fill(peer, ["a", "b", "a"]);
  const vbucket = scene.bucket.findVbucket(0)!;
  const snapshot = (given: Record<string, unknown>) => {
    const snapshot_requirements = { vb_uuid: String(vbucket.vbuuid), seqno: 3, ...given };
    return create(peer, { key_only: true, ...range("a", "z"), snapshot_requirements });
  };
  assertEquals((await snapshot({})).status, 0);
  assertEquals((await snapshot({ vb_uuid: "1" })).status, 0xa8);
  assertEquals((await snapshot({ seqno: 4 })).status, 0x86);
  assertEquals((await snapshot({ seqno: 4, timeout_ms: 1 })).status, 0x86);
  assertEquals((await snapshot({ seqno: 3, seqno_exists: true })).status, 0);
  // Overwritten since.
  assertEquals((await snapshot({ seqno: 1, seqno_exists: true })).status, 1);
  assertEquals((await snapshot({ vb_uuid: 5 })).status, 4);
});

const SENSELESS: readonly unknown[] = [
  "no json",
  "[]",
  {},
  { ...range("a", "z"), sampling: { samples: 1 } },
  { range: { start: "YQ==" } },
  { range: { start: "YQ==", excl_start: "YQ==", end: "YQ==" } },
  range("z", "a"),
  { range: { start: "***", end: "YQ==" } },
  { sampling: { samples: 0 } },
  { collection: "xyz", ...range("a", "z") },
  { collection: 8, ...range("a", "z") },
  { key_only: 1, ...range("a", "z") },
  { name: "n".repeat(51), ...range("a", "z") },
];

test("a scan that makes no sense is refused, one of nothing finds nothing, and old clients cannot be told", async () => {
  await using scene = new CouchbaseScene();
  await using peer = await scene.peer({ features: FEATURES });
  await fill(peer, ["k"]);
  for (const json of SENSELESS) assertEquals([json, (await create(peer, json)).status], [json, 4]);
  assertEquals((await create(peer, range("l", "z"))).status, 1);
  assertEquals((await create(peer, { collection: "9", ...range("a", "z") })).status, 0x88);
  await using old = await scene.peer();
  const { value: id } = await create(old, range("a", "z"));
  await old.send({ opcode: CONTINUE, extras: new Uint8Array([...id, ...numbers(4, 0, 0, 0)]) });
  assertEquals(await old.closes(), true);
});

test("the manifest says what there is, gives its numbers by paths, and can be set if it is not older", async () => {
  const buckets = [{ name: "default", vbucketCount: 4, collections: { shop: { users: { maxTtl: 60 } } } }];
  await using scene = new CouchbaseScene({ buckets });
  await using peer = await scene.peer({ features: FEATURES });
  const manifest = {
    uid: "1",
    scopes: [
      { name: "_default", uid: "0", collections: [{ name: "_default", uid: "0" }] },
      { name: "shop", uid: "9", collections: [{ name: "users", uid: "8", maxTTL: 60 }] },
    ],
  };
  assertEquals(JSON.parse(text((await peer.ask({ opcode: GET_MANIFEST })).value)), manifest);
  assertEquals((await peer.ask({ opcode: GET_MANIFEST, vbucket: 1 })).status, 4);
  const id = async (path: string, opcode = GET_ID) => {
    const { status, extras } = await peer.ask({ opcode, value: path });
    return status === 0 ? [...extras] : status;
  };
  assertEquals(await id("shop.users"), [...numbers(8, 1), ...numbers(4, 8)]);
  for (const path of ["_default._default", ".", "_default."]) {
    assertEquals(await id(path), [...numbers(8, 1), ...numbers(4, 0)]);
  }
  for (const path of ["shop", "a.b.c"]) assertEquals(await id(path), 4);
  assertEquals(await id("shop.users", GET_SCOPE), [...numbers(8, 1), ...numbers(4, 9)]);
  assertEquals(await id("", GET_SCOPE), [...numbers(8, 1), ...numbers(4, 0)]);
  assertEquals([await id("none", GET_SCOPE), await id("none.x"), await id("shop.x")], [0x8c, 0x8c, 0x88]);
  const { status, extras } = await peer.ask({ opcode: GET_ID, key: "shop.users" });
  assertEquals([status, [...extras]], [0, [...numbers(8, 1), ...numbers(4, 8)]]);

  const put = async (json: unknown) => {
    return (await peer.ask({ opcode: SET_MANIFEST, value: typeof json === "string" ? json : JSON.stringify(json) }))
      .status;
  };
  assertEquals(await put({ ...manifest, uid: "0" }), 0x8a);
  for (
    const bad of ["no json", "{}", { ...manifest, uid: "xyz" }, { uid: "2", scopes: [{ name: "_bad", uid: "0" }] }]
  ) {
    assertEquals(await put(bad), 4);
  }
  assertEquals(await put({ ...manifest, uid: "1f", scopes: manifest.scopes.slice(0, 1) }), 0);
  assertEquals(scene.bucket.manifest.uid, 0x1fn);
  assertEquals(await id("shop.users"), 0x8c);
});

test("documents of a collection go with it, and its limit of time holds for each of them", async () => {
  const now = 1_700_000_000;
  await using scene = new CouchbaseScene({
    clock: () => now * 1000,
    buckets: [{
      name: "default",
      vbucketCount: 4,
      maxTtl: 1000,
      collections: { shop: { short: { maxTtl: 60 }, ever: { maxTtl: 0 } } },
    }],
  });
  const { bucket } = scene;
  const expiry = (collection: string, asked: number) => {
    return bucket.set("k", "v", { collection, expiry: asked }).expiry;
  };
  assertEquals([expiry("shop.short", 0), expiry("shop.short", 30), expiry("shop.short", 90)], [
    now + 60,
    now + 30,
    now + 60,
  ]);
  assertEquals([expiry("shop.ever", 0), expiry("shop.ever", 90)], [0, now + 90]);
  assertEquals([expiry("_default._default", 0), expiry("_default._default", 9000)], [now + 1000, now + 1000]);
  await using peer = await scene.peer({ features: FEATURES });
  const { id } = bucket.manifest.collection("shop.short");
  const key = new Uint8Array([id, 0x6b]);
  const vbucket = bucket.vbucketOf("k");
  assertEquals((await peer.ask({ opcode: GET, key, vbucket })).status, 0);
  bucket.dropCollection("shop.short");
  const gone = await peer.ask({ opcode: GET, key, vbucket });
  assertEquals([gone.status, JSON.parse(text(gone.value))], [0x88, { manifest_uid: "3" }]);
  const again = bucket.createCollection("shop.short");
  assertEquals(again > id, true);
  assertEquals((await peer.ask({ opcode: GET, key: new Uint8Array([again, 0x6b]), vbucket })).status, 1);
});
