/** The last changes of a vbucket: what is kept, how much, and what leads from one manifest to another. */

import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { ChangeLog } from "../../../src/server/couchbase/change_log.ts";
import { changesBetween } from "../../../src/server/couchbase/collection_change.ts";
import type { CouchbaseDocument } from "../../../src/server.ts";
import { CollectionsManifest, CouchbaseNode, publishChanges, StatusReply } from "../../../src/server.ts";
import { test } from "../../support/test.ts";

function change(seqno: bigint): CouchbaseDocument {
  return {
    key: new Uint8Array([1]),
    collection: 0,
    value: new Uint8Array(0),
    datatype: 0,
    flags: 0,
    expiry: 0,
    cas: 1n,
    revision: 1n,
    seqno,
  };
}

const seqnos = (log: ChangeLog, since: bigint) => log.since(since).map(({ seqno }) => Number(seqno));

test("ChangeLog gives what is behind a seqno and still holds", () => {
  const log = new ChangeLog(10);
  for (let seqno = 1n; seqno <= 5n; seqno++) log.append(change(seqno));
  log.remove(2n);
  log.remove(5n);
  assertEquals([seqnos(log, 0n), seqnos(log, 1n), seqnos(log, 3n), seqnos(log, 5n)], [[1, 3, 4], [3, 4], [4], []]);
});

test("ChangeLog keeps the last so many seqnos, and at most twice as many", () => {
  const log = new ChangeLog(4);
  for (let seqno = 1n; seqno <= 1000n; seqno++) {
    log.append(change(seqno));
    assert(log.reaches(seqno) && (seqno < 4n || log.reaches(seqno - 4n)));
    assert(seqno < 9n || !log.reaches(seqno - 9n));
  }
  // What is not there any more can be replaced all the same.
  log.remove(3n);
  assertEquals(seqnos(log, 996n), [997, 998, 999, 1000]);
});

test("ChangeLog without room keeps nothing, and begins anew where it is told", () => {
  const none = new ChangeLog(0);
  none.append(change(1n));
  assertEquals([none.reaches(0n), none.reaches(1n), none.since(1n)], [false, true, []]);
  const log = new ChangeLog(4);
  log.append(change(1n));
  log.restart(7n);
  log.append(change(8n));
  assertEquals([log.reaches(6n), seqnos(log, 7n)], [false, [8]]);
});

test("changes between manifests: scopes come first and go last", () => {
  const before = CollectionsManifest.FIRST.withCollection("old.a").withCollection("_default.c", { maxTtl: 1 });
  const made = CollectionsManifest.FIRST.withCollection("fresh.b");
  const json = JSON.parse(before.toJson());
  const { scopes } = JSON.parse(made.toJson());
  json.uid = "7";
  json.scopes[0].collections[1].maxTTL = 2;
  json.scopes = [json.scopes[0], { ...scopes[1], uid: "40", collections: [{ name: "b", uid: "41" }] }];
  const changes = changesBetween(before, CollectionsManifest.parse(JSON.stringify(json)));
  assertEquals(changes.map(({ type, scope, collection, name }) => [type, scope, collection, name]), [
    ["scope-created", 0x40, 0, "fresh"],
    ["collection-dropped", 9, 8, ""],
    ["collection-created", 0x40, 0x41, "b"],
    ["collection-changed", 0, 10, "c"],
    ["scope-dropped", 9, 0, ""],
  ]);
  assert(changes.every(({ manifest }) => manifest === 7n));
});

test("tombstones are purged from the vbucket, not from memory; the last change of all stays", () => {
  const bucket = new CouchbaseNode({ buckets: [{ name: "b", vbucketCount: 1 }] }).bucket("b");
  for (const key of ["a", "b", "c"]) bucket.set(key, key);
  for (const key of ["a", "b", "c"]) bucket.delete(key);
  const vbucket = bucket.findVbucket(0)!;
  assertEquals(bucket.purge(0, 4n), 1);
  assertEquals(vbucket.purgeSeqno, 4n);
  assertEquals(bucket.purge(0), 1);
  assertEquals([vbucket.purgeSeqno, vbucket.highSeqno], [5n, 6n]);
  assertEquals([...vbucket.since()].map(({ seqno }) => seqno), [6n]);
  assertEquals(vbucket.log.since(0n).map(({ seqno }) => seqno), [4n, 5n, 6n]);
});

test("a failover to a copy forgets what came after it, of the history too", () => {
  const bucket = new CouchbaseNode({ buckets: [{ name: "b", vbucketCount: 1, history: true }] }).bucket("b");
  const vbucket = bucket.findVbucket(0)!;
  for (const value of ["1", "2", "3"]) bucket.set("a", value);
  const copy = bucket.copyVbucket(0);
  bucket.set("a", "4");
  bucket.createCollection("s.c");
  bucket.failover(0, { to: copy });
  bucket.set("a", "5");
  assertEquals(vbucket.historySince(0n).map(({ seqno }) => Number(seqno)), [1, 2, 3, 4]);
  assertEquals(vbucket.changesSince(0n).map(({ seqno }) => Number(seqno)), [4]);
  assertEquals([vbucket.log.reaches(2n), vbucket.log.reaches(3n), copy.seqno], [false, true, 3n]);
});

test("a version from elsewhere that no clock could make does not have the next ones overflow", () => {
  const bucket = new CouchbaseNode({ buckets: [{ name: "b", vbucketCount: 1 }] }).bucket("b");
  const content = { collection: 0, value: new Uint8Array(0), datatype: 0, flags: 0, expiry: 0, revision: 1n };
  const key = new Uint8Array([97]);
  for (const cas of [0x7fffffffffffffffn, 0x8000000000000000n, 0xffffffffffffffffn]) {
    bucket.findVbucket(0)!.put({ ...content, key, cas });
    assertEquals(bucket.findVbucket(0)!.find(0, key)?.cas, cas);
    const { cas: next } = bucket.set("b", "1");
    assert(next > 0n && next < 0xffffffffffffffffn, `${next}`);
  }
});

test("a key that no feed could carry is refused, whoever writes it in the process", async () => {
  const collections = { s: ["c"] };
  const bucket = new CouchbaseNode({ buckets: [{ name: "b", vbucketCount: 1, collections }] }).bucket("b");
  const before = bucket.findVbucket(0)!.highSeqno;
  for (const [length, collection] of [[0, 0], [251, 0], [0, "s.c"], [247, "s.c"]] as const) {
    const key = "k".repeat(length);
    const error = assertThrows(() => bucket.set(key, "1", { collection }), StatusReply);
    assertEquals(error.status, 4);
    await assertRejects(() => publishChanges(bucket, [{ key, value: "1", collection }]), StatusReply);
  }
  assertEquals(bucket.findVbucket(0)!.highSeqno, before);
  bucket.set("k".repeat(250), "1");
  bucket.set("k".repeat(246), "1", { collection: "s.c" });
  assertEquals(bucket.findVbucket(0)!.highSeqno, before + 2n);
});
