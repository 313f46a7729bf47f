/** Up to where a consumer must roll back: the rule alone, and what the node answers. */

import { assertEquals } from "@std/assert";
import { CouchbaseCluster } from "../../../src/server.ts";
import { rollbackPoint } from "../../../src/server/couchbase/dcp/rollback.ts";
import { type CouchbasePeer, CouchbaseScene, EVERY_FEATURE, numbers } from "../../support/couchbase_scene.ts";
import { acknowledge, openPeer, stream, type StreamParts, streamRequest, told } from "../../support/dcp_consumer.ts";
import { test } from "../../support/test.ts";

const FEATURES = EVERY_FEATURE.filter((code) => code !== 0x0e);

/** A history that was taken over twice: at 100, and at 200. */
const LOG = [{ vbuuid: 3n, seqno: 200n }, { vbuuid: 2n, seqno: 100n }, { vbuuid: 1n, seqno: 0n }];

interface Row {
  readonly what: string;
  readonly start: bigint;
  readonly snapshot?: readonly [bigint, bigint];
  readonly vbuuid: bigint;
  readonly strict?: boolean;
  readonly purge?: bigint;
  readonly high?: bigint;
  readonly expected: bigint | undefined;
}

const ROWS: readonly Row[] = [
  { what: "nothing yet, of any history", start: 0n, vbuuid: 99n, expected: undefined },
  { what: "nothing yet, strictly, of no history", start: 0n, vbuuid: 0n, strict: true, expected: undefined },
  { what: "nothing yet, strictly, of one that is known", start: 0n, vbuuid: 1n, strict: true, expected: undefined },
  { what: "nothing yet, strictly, of one that is not", start: 0n, vbuuid: 99n, strict: true, expected: 0n },
  { what: "something of a history that is not known", start: 5n, vbuuid: 99n, expected: 0n },
  { what: "something of none", start: 5n, vbuuid: 0n, expected: 0n },
  { what: "the newest history, all of a snapshot", start: 250n, vbuuid: 3n, expected: undefined },
  { what: "the newest history, up to its end", start: 300n, vbuuid: 3n, expected: undefined },
  { what: "the newest history, behind its end", start: 301n, vbuuid: 3n, expected: 300n },
  { what: "an older history, before it was left", start: 150n, vbuuid: 2n, expected: undefined },
  { what: "an older history, where it was left", start: 200n, vbuuid: 2n, expected: undefined },
  { what: "an older history, behind where it was left", start: 201n, vbuuid: 2n, expected: 200n },
  { what: "the oldest history, behind where it was left", start: 150n, vbuuid: 1n, expected: 100n },
  {
    what: "in a snapshot that ends in what is common",
    start: 90n,
    snapshot: [80n, 95n],
    vbuuid: 1n,
    expected: undefined,
  },
  { what: "in a snapshot that ends behind it", start: 90n, snapshot: [80n, 101n], vbuuid: 1n, expected: 80n },
  {
    what: "at the beginning of one that ends behind it",
    start: 80n,
    snapshot: [80n, 101n],
    vbuuid: 1n,
    expected: undefined,
  },
  { what: "at the end of one that ends in it", start: 95n, snapshot: [80n, 95n], vbuuid: 1n, expected: undefined },
  { what: "at the end of one that ends behind it", start: 101n, snapshot: [80n, 101n], vbuuid: 1n, expected: 100n },
  { what: "in a snapshot that begins behind it", start: 115n, snapshot: [110n, 120n], vbuuid: 1n, expected: 100n },
  { what: "before what was purged", start: 5n, vbuuid: 1n, purge: 6n, expected: 0n },
  { what: "where it was purged", start: 6n, vbuuid: 1n, purge: 6n, expected: undefined },
  { what: "nothing yet, whatever was purged", start: 0n, vbuuid: 1n, purge: 6n, expected: undefined },
];

for (
  const { what, start, snapshot = [start, start], vbuuid, strict = false, purge = 0n, high = 300n, expected } of ROWS
) {
  test(`rollbackPoint: ${what}`, () => {
    const consumer = { startSeqno: start, snapshotStart: snapshot[0], snapshotEnd: snapshot[1], vbuuid, strict };
    assertEquals(rollbackPoint(consumer, { failoverLog: LOG, highSeqno: high, purgeSeqno: purge }), expected);
  });
}

/** What the node answers: where to roll back to, nothing if the stream begins. */
async function answer(peer: CouchbasePeer, parts: StreamParts): Promise<bigint | undefined> {
  const { status, value } = await peer.ask(streamRequest(parts));
  if (status === 0) return undefined;
  assertEquals([status, value.length], [0x23, 8]);
  return new DataView(value.buffer, value.byteOffset).getBigUint64(0);
}

test("a consumer that has more than the node that takes over rolls back to what both have", async () => {
  await using scene = new CouchbaseScene({ buckets: [{ name: "default", vbucketCount: 1 }] });
  const { bucket } = scene;
  bucket.set("a", "1");
  bucket.set("b", "1");
  const replica = bucket.copyVbucket(0);
  const before = bucket.findVbucket(0)!.vbuuid;
  bucket.set("a", "2");
  bucket.set("c", "2");
  bucket.failover(0, { to: replica });
  bucket.set("d", "3");
  await using peer = await openPeer(scene);
  assertEquals(await answer(peer, { start: 4n, vbuuid: before }), 2n);
  assertEquals(await answer(peer, { start: 3n, vbuuid: before, snapshot: [0n, 4n] }), 0n);
  const { vbuuid, highSeqno, failoverLog } = bucket.findVbucket(0)!;
  assertEquals([highSeqno, failoverLog], [3n, [{ vbuuid, seqno: 2n }, { vbuuid: before, seqno: 0n }]]);
  assertEquals(await answer(peer, { start: 2n, vbuuid: before }), undefined);
  const [marker, mutation] = [await peer.next(), await peer.next()];
  assertEquals([marker.extras.slice(0, 16), mutation.key], [numbers(8, 2, 3), "d"]);
  assertEquals(new TextDecoder().decode(bucket.get("a")!.value), "1");
});

test("a consumer that would miss purged tombstones begins anew, unless they are not for it or it does not mind", async () => {
  const buckets = [{ name: "default", vbucketCount: 1, collections: { s: ["one", "two"] } }];
  await using scene = new CouchbaseScene({ buckets });
  const { bucket } = scene;
  const { vbuuid } = bucket.findVbucket(0)!;
  // Three seqnos are taken by the scope and its collections.
  bucket.set("a", "1", { collection: "s.one" });
  bucket.set("b", "1", { collection: "s.one" });
  bucket.delete("a", { collection: "s.one" });
  bucket.set("c", "1", { collection: "s.two" });
  assertEquals(bucket.purge(0), 1);
  assertEquals(bucket.findVbucket(0)!.purgeSeqno, 6n);
  const other = bucket.manifest.collection("s.two").id.toString(16);
  const start = { start: 5n, vbuuid } as const;
  const ask = async (parts: StreamParts) => {
    await using peer = await openPeer(scene, { features: FEATURES, controls: { enable_noop: "true" } });
    return await answer(peer, parts);
  };
  assertEquals(await ask(start), 0n);
  assertEquals(await ask({ ...start, start: 6n }), undefined);
  assertEquals(await ask({ ...start, flags: 0x80 }), undefined);
  assertEquals(await ask({ ...start, filter: { purge_seqno: "6" } }), undefined);
  assertEquals(await ask({ ...start, filter: { purge_seqno: "5" } }), 0n);
  assertEquals(await ask({ ...start, filter: { collections: [other] } }), undefined);
  // Nothing is left out of what is still there.
  assertEquals(await ask({ start: 0n }), undefined);
});

test("a stream that is too slow to be told of what is purged ends, so that the consumer begins anew", async () => {
  for (const flags of [0, 0x80]) {
    await using scene = new CouchbaseScene({ buckets: [{ name: "default", vbucketCount: 1, memoryChanges: 2 }] });
    const { bucket } = scene;
    bucket.set("a", "1");
    bucket.set("b", "1");
    await using peer = await openPeer(scene, { controls: { connection_buffer_size: "158" } });
    await stream(peer, { flags });
    assertEquals(await told(peer, 3), ["marker 0-2 5", "mutation 1 a=1", "mutation 2 b=1"]);
    bucket.delete("a");
    for (const key of ["c", "d", "e", "f", "g"]) bucket.set(key, "1");
    assertEquals(bucket.purge(0), 1);
    await acknowledge(peer, 158);
    // Who does not mind what was purged is not kept from the rest.
    assertEquals(await told(peer, 1), [flags === 0 ? "end 2" : "marker 3-8 6"]);
    const { vbuuid } = bucket.findVbucket(0)!;
    await using again = await openPeer(scene, { name: "again" });
    assertEquals(await answer(again, { start: 2n, vbuuid }), 0n);
  }
});

test("a vbucket that moves takes along what was purged and, if it is kept, the history", async () => {
  const buckets = [{ name: "default", vbucketCount: 1, history: true }];
  await using cluster = new CouchbaseCluster({ nodes: 2, buckets });
  const before = cluster.bucket("default", 0);
  for (const key of ["a", "b", "c"]) before.set(key, "1");
  before.delete("b");
  before.set("d", "1");
  assertEquals(before.purge(0), 1);
  const { deletedRevision } = before.findVbucket(0)!;
  cluster.moveVbucket("default", 0, 1);
  const after = cluster.bucket("default", 0).findVbucket(0)!;
  assertEquals(after.historySince(0n).map(({ seqno }) => Number(seqno)), [1, 2, 3, 4, 5]);
  assertEquals([after.purgeSeqno, after.purgedOf(() => true), after.deletedRevision], [4n, 4n, deletedRevision]);
});

test("no more than 25 histories are remembered", async () => {
  await using scene = new CouchbaseScene({ buckets: [{ name: "default", vbucketCount: 1 }] });
  for (let i = 0; i < 30; i++) scene.bucket.failover(0);
  await using peer = await openPeer(scene);
  assertEquals((await peer.ask({ opcode: 0x54 })).value.length, 25 * 16);
});
