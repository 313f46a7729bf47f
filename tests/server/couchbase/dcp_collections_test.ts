/** Collections in the streams of the node's producer: what is told of them, and what a filter leaves out. */

import { assertEquals } from "@std/assert";
import { CollectionsManifest, type CouchbaseNodeOptions } from "../../../src/server.ts";
import { type CouchbasePeer, CouchbaseScene } from "../../support/couchbase_scene.ts";
import {
  collectionKey,
  type OpenOptions,
  openPeer,
  stream,
  streamRequest,
  tell,
  told,
} from "../../support/dcp_consumer.ts";
import { hex } from "../../support/hex.ts";
import { test } from "../../support/test.ts";

const XERROR = 0x07;
const COLLECTIONS = 0x12;

function scene(options: NonNullable<CouchbaseNodeOptions["buckets"]>[number] = { name: "default" }): CouchbaseScene {
  return new CouchbaseScene({ buckets: [{ vbucketCount: 1, ...options }] });
}

function open(node: CouchbaseScene, options: OpenOptions = {}): Promise<CouchbasePeer> {
  const { controls = {}, ...rest } = options;
  return openPeer(node, { features: [XERROR, COLLECTIONS], controls: { enable_noop: "true", ...controls }, ...rest });
}

const text = (key: string) => collectionKey(8, key);

test("collections are told of in their place, and keys say theirs", async () => {
  await using node = scene();
  node.bucket.set("a", "1");
  node.bucket.createCollection("shop.users");
  node.bucket.set("b", "2", { collection: "shop.users" });
  await using peer = await open(node);
  await stream(peer);
  // Scope 9, collection 8, both by manifest 1.
  assertEquals(await told(peer, 5), [
    "marker 0-4 5",
    `mutation 1 ${collectionKey(0, "a")}=1`,
    "system 2 3v0 shop 00 00 00 00 00 00 00 01 00 00 00 09",
    "system 3 0v0 users 00 00 00 00 00 00 00 01 00 00 00 09 00 00 00 08",
    `mutation 4 ${text("b")}=2`,
  ]);
  node.bucket.dropCollection("shop.users");
  node.bucket.createCollection("shop.orders", { maxTtl: 60 });
  assertEquals(await told(peer, 3), [
    "marker 5-6 5",
    "system 5 1v0  00 00 00 00 00 00 00 02 00 00 00 09 00 00 00 08",
    "system 6 0v1 orders 00 00 00 00 00 00 00 03 00 00 00 09 00 00 00 0a 00 00 00 3c",
  ]);
});

test("a system event has the bytes that the protocol fixes", async () => {
  await using node = scene({ name: "default", collections: { _default: ["c1"] } });
  await using peer = await open(node);
  await stream(peer);
  await peer.next();
  assertEquals(
    (await peer.next()).bytes,
    hex(`805f 0002 0d 00 0000 0000001f 00001000 0000000000000000
      0000000000000001 00000000 00 6331 0000000000000001 00000000 00000008`),
  );
});

test("events have values of version 2 for who asks for that, and only then changes of a collection are told", async () => {
  await using node = scene({ name: "default", collections: { s: { c: { maxTtl: 1 } } } });
  await using flat = await open(node, { name: "flat", controls: { flatbuffers_system_events: "true" } });
  await using plain = await open(node, { name: "plain" });
  await stream(flat);
  await stream(plain);
  const { manifest } = node.bucket;
  const json = manifest.toJson().replace('"maxTTL":1', '"maxTTL":2').replace('"uid":"1"', '"uid":"2"');
  node.bucket.setManifest(CollectionsManifest.parse(json));
  const short = async (peer: CouchbasePeer) =>
    (await told(peer, 1)).map((line) => line.split(" ").slice(0, 4).join(" "));
  assertEquals([await short(flat), await short(flat), await short(flat)], [["marker 0-2 5"], ["system 1 3v2 s"], [
    "system 2 0v2 c",
  ]]);
  assertEquals([await short(flat), await short(flat)], [["marker 3-3 5"], ["system 3 5v2 c"]]);
  assertEquals((await told(plain, 3)).length, 3);
  assertEquals(await told(plain, 2), ["marker 3-3 5", "advanced 3"]);
});

test("who knows no collections gets the default one, without a word about the others", async () => {
  await using node = scene({ name: "default", collections: { s: ["c"] } });
  node.bucket.set("a", "1");
  node.bucket.set("b", "2", { collection: "s.c" });
  await using peer = await openPeer(node);
  await stream(peer);
  assertEquals(await told(peer, 2), ["marker 0-4 5", "mutation 3 a=1"]);
  node.bucket.set("b", "3", { collection: "s.c" });
  node.bucket.set("a", "4");
  assertEquals(await told(peer, 2), ["marker 5-6 5", "mutation 6 a=4"]);
});

test("a filter takes the collections that it names, and is told how far it has come", async () => {
  await using node = scene({ name: "default", collections: { s: ["one", "two"] } });
  await using peer = await open(node);
  // The scope is number 9, its collections 8 and 10; they took the first three seqnos.
  node.bucket.set("x", "1", { collection: "s.one" });
  node.bucket.set("y", "2", { collection: "s.two" });
  await stream(peer, { filter: { collections: ["8"] } });
  assertEquals(await told(peer, 4), [
    "marker 0-5 5",
    "system 2 0v0 one 00 00 00 00 00 00 00 02 00 00 00 09 00 00 00 08",
    `mutation 4 ${text("x")}=1`,
    "advanced 5",
  ]);
  node.bucket.set("y", "3", { collection: "s.two" });
  assertEquals(await told(peer, 2), ["marker 6-6 5", "advanced 6"]);
  node.bucket.set("y", "4", { collection: "s.two" });
  node.bucket.set("x", "5", { collection: "s.one" });
  assertEquals(await told(peer, 2), ["marker 7-8 5", `mutation 8 ${text("x")}=5`]);
});

test("a stream ends when all that it is about was dropped", async () => {
  await using node = scene({ name: "default", collections: { s: ["one", "two"] } });
  await using peer = await open(node);
  await stream(peer, { filter: { collections: ["8"] }, flags: 0x40 });
  node.bucket.dropCollection("s.two");
  assertEquals(await told(peer, 2), ["marker 3-4 5", "advanced 4"]);
  node.bucket.dropCollection("s.one");
  assertEquals((await told(peer, 3)).map((line) => line.slice(0, 12)), ["marker 5-5 5", "system 5 1v0", "end 7"]);
});

test("a scope takes the collections that it has and those that it gets, and ends with itself", async () => {
  await using node = scene({ name: "default", collections: { s: ["one"], t: ["two"] } });
  await using peer = await open(node);
  const scope = node.bucket.manifest.scope("s").id.toString(16);
  await stream(peer, { filter: { scope }, flags: 0x40 });
  node.bucket.createCollection("s.more");
  node.bucket.set("k", "1", { collection: "s.more" });
  node.bucket.set("k", "2", { collection: "t.two" });
  const { id } = node.bucket.manifest.collection("s.more");
  assertEquals(await told(peer, 4), [
    "marker 4-7 5",
    `system 5 0v0 more 00 00 00 00 00 00 00 03 00 00 00 0${scope} 00 00 00 0${id.toString(16)}`,
    `mutation 6 ${collectionKey(id, "k")}=1`,
    "advanced 7",
  ]);
  const { manifest } = node.bucket;
  const without = JSON.parse(manifest.toJson());
  without.uid = "9";
  without.scopes = without.scopes.filter(({ name }: { name: string }) => name !== "s");
  node.bucket.setManifest(CollectionsManifest.parse(JSON.stringify(without)));
  assertEquals((await told(peer, 5)).map((line) => line.slice(0, 13)), [
    "marker 8-10 5",
    "system 8 1v0 ",
    "system 9 1v0 ",
    "system 10 4v0",
    "end 7",
  ]);
});

test("a filter of what is not there, or that is no filter, is refused", async () => {
  await using node = scene();
  await using peer = await open(node);
  const status = async (filter: unknown) => (await peer.ask(streamRequest({ filter }))).status;
  assertEquals(await status({ collections: ["63"] }), 0x88);
  assertEquals(await status({ scope: "63" }), 0x8c);
  assertEquals(await status({ scope: "0", collections: ["0"] }), 0x04);
  assertEquals(await status({ collections: "0" }), 0x04);
  assertEquals(await status([]), 0x04);
  assertEquals(await status({ sid: 1 }), 0x8d);
  assertEquals(await status({ uid: "0" }), 0);
});

test("who takes any order gets the keys in theirs, and is told how far they go if it asks for that", async () => {
  await using node = scene({ name: "default", collections: { s: ["c", "d"] } });
  for (const key of ["c", "a", "b"]) node.bucket.set(key, key, { collection: "s.c" });
  node.bucket.set("z", "z", { collection: "s.d" });
  const keyed = ["a", "b", "c"].map((key, i) => `mutation ${[5, 6, 4][i]} ${text(key)}=${key}`);
  for (const [value, told7] of [["true", []], ["true_with_seqno_advanced", ["advanced 7"]]] as const) {
    await using peer = await open(node, { name: value, controls: { enable_out_of_order_snapshots: value } });
    await stream(peer, { filter: { collections: ["8"] } });
    const event = "system 2 0v0 c 00 00 00 00 00 00 00 02 00 00 00 09 00 00 00 08";
    const expected = ["oso 1", event, ...keyed, ...told7, "oso 2"];
    assertEquals(await told(peer, expected.length), expected);
  }
  await using peer = await open(node, { name: "all", controls: { enable_out_of_order_snapshots: "true" } });
  await stream(peer);
  assertEquals(tell(await peer.next()), "marker 0-7 5");
});

test("deletions are left out of the first backfill for who asks for that, and of nothing else", async () => {
  await using node = scene({ name: "default", memoryChanges: 1 });
  for (const key of ["a", "b", "c"]) node.bucket.set(key, key);
  node.bucket.delete("b");
  await using peer = await open(node, { flags: 0x200 });
  await stream(peer);
  assertEquals(await told(peer, 4), [
    "marker 0-4 6",
    `mutation 1 ${collectionKey(0, "a")}=a`,
    `mutation 3 ${collectionKey(0, "c")}=c`,
    "advanced 4",
  ]);
  node.bucket.delete("a");
  assertEquals(await told(peer, 2), ["marker 5-5 5", `deletion 5 ${collectionKey(0, "a")}`]);
});
