/** Sub-document calls as frames; what they make of documents is proved with the engine. */

import { assertEquals } from "@std/assert";
import { joinXattrs } from "../../../src/wire/xattr.ts";
import { type CouchbasePeer, CouchbaseScene, numbers, text } from "../../support/couchbase_scene.ts";
import { test } from "../../support/test.ts";

const SET = 0x01, DELETE = 0x04, GET_META = 0xa0, GET_LOCKED = 0x94, LOOKUP = 0xd0, MUTATE = 0xd1;
const SUB_GET = 0xc5, EXISTS = 0xc6, UPSERT = 0xc8, REMOVE = 0xc9, PUSH = 0xcb, COUNTER = 0xcf, COUNT = 0xd2;
const TOKENS = 0x04, XATTR = 0x06, XERROR = 0x07;

const encoder = new TextEncoder();

interface Single {
  readonly path: string;
  readonly value?: string;
  readonly flags?: number;
  readonly rest?: readonly number[];
  readonly cas?: bigint;
  readonly vbucket?: number;
}

/** A call about one path. */
function single(peer: CouchbasePeer, opcode: number, { path, value = "", flags = 0, rest = [], ...more }: Single) {
  const extras = new Uint8Array([...numbers(2, path.length), flags, ...rest]);
  return peer.ask({ opcode, key: "k", extras, value: path + value, ...more });
}

/** A spec of a read. */
function read(opcode: number, path: string, flags = 0): number[] {
  return [opcode, flags, ...numbers(2, path.length), ...encoder.encode(path)];
}

/** A spec of a change. */
function change(opcode: number, path: string, value = "", flags = 0): number[] {
  return [opcode, flags, ...numbers(2, path.length), ...numbers(4, value.length), ...encoder.encode(path + value)];
}

function multi(peer: CouchbasePeer, opcode: number, specs: readonly number[][], extras: readonly number[] = []) {
  return peer.ask({ opcode, key: "k", extras: new Uint8Array(extras), value: new Uint8Array(specs.flat()) });
}

async function put(peer: CouchbasePeer, value: string): Promise<void> {
  assertEquals((await peer.ask({ opcode: SET, key: "k", extras: numbers(4, 3, 0), value })).status, 0);
}

test("one path is read, counted and looked for, and its status is that of the call", async () => {
  await using scene = new CouchbaseScene();
  await using peer = await scene.peer();
  await put(peer, '{"a":{"b":[1,2]}}');
  const of = async (opcode: number, path: string) => {
    const { status, value } = await single(peer, opcode, { path });
    return [status, text(value)];
  };
  assertEquals(await of(SUB_GET, "a.b"), [0, "[1,2]"]);
  assertEquals(await of(COUNT, "a.b"), [0, "2"]);
  assertEquals(await of(EXISTS, "a"), [0, ""]);
  assertEquals(await of(EXISTS, "z"), [0xc0, ""]);
  assertEquals(await of(SUB_GET, "a.b.c"), [0xc1, ""]);
  assertEquals(
    (await peer.ask({ opcode: SUB_GET, key: "none", extras: new Uint8Array([0, 1, 0]), value: "a" })).status,
    1,
  );
  await put(peer, "text");
  assertEquals(await of(SUB_GET, "a"), [0xc6, ""]);
});

test("one path is changed with a token, an expiry, flags, a precondition", async () => {
  const now = 1_700_000_000;
  await using scene = new CouchbaseScene({ clock: () => now * 1000 });
  await using peer = await scene.peer({ features: [TOKENS, XERROR] });
  const { vbuuid } = scene.bucket.findVbucket(0)!;
  assertEquals((await single(peer, UPSERT, { path: "a", value: "1" })).status, 1);
  const made = await single(peer, UPSERT, { path: "a", value: "1", rest: [...numbers(4, 60, 9), 1] });
  assertEquals([made.status, [...made.extras]], [0, [...numbers(8, vbuuid, 1)]]);
  const count = await single(peer, COUNTER, { path: "n", value: "5" });
  assertEquals([count.status, text(count.value)], [0, "5"]);
  assertEquals((await single(peer, PUSH, { path: "l", value: "1,2", flags: 1 })).status, 0);
  assertEquals(text(scene.bucket.documents.get(place(scene))!.value), '{"a":1,"n":5,"l":[1,2]}');
  const meta = await peer.ask({ opcode: GET_META, key: "k" });
  // The expiry of the first write stays, and so do its flags.
  assertEquals([...meta.extras], [...numbers(4, 0, 9, now + 60), ...numbers(8, 3)]);
  assertEquals((await single(peer, REMOVE, { path: "n", cas: 5n })).status, 2);
  assertEquals((await single(peer, REMOVE, { path: "n", cas: meta.cas })).status, 0);
  const lock = await peer.ask({ opcode: GET_LOCKED, key: "k" });
  assertEquals((await single(peer, REMOVE, { path: "a" })).status, 9);
  assertEquals((await single(peer, REMOVE, { path: "a", cas: lock.cas + 1n })).status, 9);
  assertEquals((await single(peer, SUB_GET, { path: "a" })).cas, 0xffff_ffff_ffff_ffffn);
  assertEquals((await single(peer, REMOVE, { path: "a", cas: lock.cas })).status, 0);
});

function place(scene: CouchbaseScene) {
  return { vbucket: scene.bucket.findVbucket(0)!, collection: 0, key: encoder.encode("k") };
}

test("many paths are read, each with its own status", async () => {
  await using scene = new CouchbaseScene();
  await using peer = await scene.peer();
  await put(peer, '{"b":[1,2]}');
  const some = await multi(peer, LOOKUP, [read(SUB_GET, "b"), read(EXISTS, "zz")]);
  // As kv_engine 6.0.5 answered the official SDK.
  assertEquals([some.status, [...some.value]], [
    0xcc,
    [0, 0, 0, 0, 0, 5, ...encoder.encode("[1,2]"), 0, 0xc0, 0, 0, 0, 0],
  ]);
  assertEquals(some.cas, scene.bucket.documents.get(place(scene))!.cas);
  const all = await multi(peer, LOOKUP, [read(0x00, "")]);
  assertEquals([all.status, text(all.value.subarray(6))], [0, '{"b":[1,2]}']);
  assertEquals((await multi(peer, LOOKUP, [read(UPSERT, "b")])).status, 0xcb);
  assertEquals((await multi(peer, LOOKUP, [])).status, 0xcb);
  assertEquals((await multi(peer, LOOKUP, Array(17).fill(read(SUB_GET, "b")))).status, 0xcb);
});

test("many paths are changed, or none and it is said which failed first", async () => {
  await using scene = new CouchbaseScene();
  await using peer = await scene.peer({ features: [TOKENS, XATTR] });
  await put(peer, '{"a":1}');
  const held = await multi(peer, MUTATE, [change(UPSERT, "b", "2"), change(COUNTER, "a", "41")]);
  assertEquals([held.status, held.extras.length, [...held.value]], [0, 16, [
    1,
    0,
    0,
    0,
    0,
    0,
    2,
    ...encoder.encode("42"),
  ]]);
  const failed = await multi(peer, MUTATE, [change(UPSERT, "c", "3"), change(REMOVE, "zz"), change(REMOVE, "yy")]);
  assertEquals([failed.status, failed.cas, failed.extras.length, [...failed.value]], [0xcc, 0n, 0, [1, 0, 0xc0]]);
  assertEquals(text(scene.bucket.documents.get(place(scene))!.value), '{"a":42,"b":2}');
  assertEquals((await multi(peer, MUTATE, [change(UPSERT, "x", "3"), change(UPSERT, "y", "3", 4)])).status, 0xd4);
});

test("attributes are written beside the body, with macros of the very write, where they were agreed on", async () => {
  await using scene = new CouchbaseScene();
  await using peer = await scene.peer({ features: [XATTR] });
  await using old = await scene.peer();
  await put(peer, '{"a":1}');
  const macro = change(UPSERT, "x.cas", '"${Mutation.CAS}"', 0x15);
  const written = await multi(peer, MUTATE, [macro, change(UPSERT, "b", "2")]);
  assertEquals(written.status, 0);
  const swapped = [...numbers(8, written.cas)].reverse().map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const stored = scene.bucket.documents.get(place(scene))!;
  assertEquals([stored.datatype, stored.cas], [5, written.cas]);
  assertEquals(stored.value, joinXattrs([["x", `{"cas":"0x${swapped}"}`]], '{"a":1,"b":2}'));
  const shown = await multi(peer, LOOKUP, [read(SUB_GET, "$document.seqno", 4)]);
  assertEquals(text(shown.value.subarray(6)), '"0x0000000000000002"');
  assertEquals((await single(peer, UPSERT, { path: "$document.x", value: "1", flags: 4 })).status, 0xd2);
  assertEquals((await multi(old, LOOKUP, [read(SUB_GET, "x", 4)])).status, 0x83);
});

test("tombstones are read and made by those who ask for such, and can be revived", async () => {
  await using scene = new CouchbaseScene();
  await using peer = await scene.peer({ features: [XATTR, XERROR] });
  await put(peer, "{}");
  assertEquals(
    (await multi(peer, MUTATE, [change(UPSERT, "_s", "1", 5), change(UPSERT, "u", "2", 5)].slice(0, 1))).status,
    0,
  );
  await peer.ask({ opcode: DELETE, key: "k" });
  assertEquals((await multi(peer, LOOKUP, [read(SUB_GET, "_s", 4)])).status, 1);
  const dead = await multi(peer, LOOKUP, [read(SUB_GET, "_s", 4)], [4]);
  assertEquals([dead.status, text(dead.value.subarray(6))], [0xcd, "1"]);
  assertEquals((await multi(peer, LOOKUP, [read(SUB_GET, "_t", 4)], [4])).status, 0xd3);
  const more = await multi(peer, MUTATE, [change(UPSERT, "u", "2", 4)], [4]);
  assertEquals(more.status, 0xcd);
  const found = scene.bucket.documents.find(place(scene))!;
  assertEquals([found.deleted, found.value], ["deletion", joinXattrs([["_s", "1"], ["u", "2"]], "")]);
  const revived = await multi(peer, MUTATE, [change(0x01, "", '{"z":1}')], [0x14]);
  assertEquals(revived.status, 0);
  assertEquals(scene.bucket.documents.get(place(scene))!.value, joinXattrs([["_s", "1"], ["u", "2"]], '{"z":1}'));
  assertEquals((await multi(peer, MUTATE, [change(0x01, "", "{}")], [0x14])).status, 0xd6);
});

test("a whole document is written and deleted among its attributes; those of users go with it", async () => {
  await using scene = new CouchbaseScene();
  await using peer = await scene.peer({ features: [XATTR] });
  const made = await multi(peer, MUTATE, [
    change(UPSERT, "_s", "1", 4),
    change(UPSERT, "u", "2", 4),
    change(0x01, "", "[1]"),
  ], [2]);
  assertEquals(made.status, 0);
  assertEquals((await multi(peer, MUTATE, [change(0x01, "", "[1]")], [2])).status, 2);
  assertEquals((await multi(peer, MUTATE, [change(UPSERT, "_t", "3", 4), change(0x04, "")])).status, 0);
  const tombstone = scene.bucket.documents.find(place(scene))!;
  assertEquals([tombstone.deleted, tombstone.value], ["deletion", joinXattrs([["_s", "1"], ["_t", "3"]], "")]);
});

test("a read may go to a replica, and only if it says so", async () => {
  await using scene = new CouchbaseScene();
  await using peer = await scene.peer();
  await put(peer, '{"a":1}');
  const status = async (flags: readonly number[]) => (await multi(peer, LOOKUP, [read(SUB_GET, "a")], flags)).status;
  assertEquals([await status([]), await status([0x20])], [0, 7]);
  scene.bucket.setVbucketState(0, 2);
  assertEquals([await status([]), await status([0x20])], [7, 0]);
});
