/** What can be made to go wrong for consumers. */

import { assertEquals } from "@std/assert";
import { CouchbaseScene } from "../../support/couchbase_scene.ts";
import { acknowledge, ManualTimers, openPeer, stream, streamRequest, tell, told } from "../../support/dcp_consumer.ts";
import { test } from "../../support/test.ts";

const TWO = [{ name: "default", vbucketCount: 2 }];
const ONE = [{ name: "default", vbucketCount: 1 }];

test("streams end with any reason: all, those of a vbucket, those of a connection", async () => {
  await using scene = new CouchbaseScene({ buckets: TWO });
  const { dcp } = scene.bucket;
  await using a = await openPeer(scene, { name: "a" });
  await using b = await openPeer(scene, { name: "b" });
  for (const peer of [a, b]) {
    await stream(peer);
    await stream(peer, { vbucket: 1, opaque: 0x1001 });
  }
  assertEquals(dcp.endStreams(3, { name: "a", vbucket: 1 }), 1);
  const end = await a.next();
  assertEquals([tell(end), end.status, end.opaque], ["end 3", 1, 0x1001]);
  assertEquals(dcp.endStreams(5, { name: "b" }), 2);
  assertEquals(await told(b, 2), ["end 5", "end 5"]);
  assertEquals(dcp.endStreams(4), 1);
  assertEquals(await told(a, 1), ["end 4"]);
  assertEquals(dcp.connections.map(({ streams }) => streams.length), [0, 0]);
});

test("reasons that a consumer does not know are told as others", async () => {
  await using scene = new CouchbaseScene({ buckets: ONE });
  await using peer = await openPeer(scene);
  for (const [reason, expected] of [[6, 2], [7, 0], [8, 0]]) {
    await stream(peer);
    scene.bucket.dcp.endStreams(reason!);
    assertEquals(await told(peer, 1), [`end ${expected}`]);
  }
});

test("the next requests for a stream are answered as was said, in that order, and then as ever", async () => {
  await using scene = new CouchbaseScene({ buckets: ONE });
  await using peer = await openPeer(scene);
  scene.bucket.dcp.rollbackNext(0, 7n);
  scene.bucket.dcp.refuseNext(0, 0x86);
  scene.bucket.dcp.rollbackNext(0, 0n);
  const rollback = await peer.ask(streamRequest({ start: 8n }));
  assertEquals([rollback.status, [...rollback.value]], [0x23, [0, 0, 0, 0, 0, 0, 0, 7]]);
  assertEquals((await peer.ask(streamRequest())).status, 0x86);
  assertEquals((await peer.ask(streamRequest())).status, 0);
});

test("silence is silence, of no-ops too, and all comes when it is over", async () => {
  const timers = new ManualTimers();
  await using scene = new CouchbaseScene({ buckets: ONE, timers });
  await using peer = await openPeer(scene, { controls: { enable_noop: "true", set_noop_interval: "1" } });
  await stream(peer);
  scene.bucket.dcp.silence();
  scene.bucket.set("a", "1");
  timers.pass(1000);
  // What is asked is answered, and nothing has come before.
  assertEquals((await peer.ask({ opcode: 0x0a })).status, 0);
  scene.bucket.dcp.silence(false);
  assertEquals(await told(peer, 3), ["noop", "marker 0-1 5", "mutation 1 a=1"]);
});

test("the window is exceeded by so many bytes", async () => {
  await using scene = new CouchbaseScene({ buckets: ONE });
  for (const key of ["a", "b", "c"]) scene.bucket.set(key, "");
  await using peer = await openPeer(scene, { controls: { connection_buffer_size: "44" } });
  await stream(peer);
  assertEquals(await told(peer, 1), ["marker 0-3 5"]);
  assertEquals((await peer.ask({ opcode: 0x0a })).status, 0);
  scene.bucket.dcp.exceedWindow(57);
  assertEquals(await told(peer, 2), ["mutation 1 a=", "mutation 2 b="]);
  assertEquals((await peer.ask({ opcode: 0x0a })).status, 0);
  scene.bucket.dcp.exceedWindow(0);
  await acknowledge(peer, 2 * 56 + 1);
  assertEquals(await told(peer, 1), ["mutation 3 c="]);
});

test("messages that nobody knows are mixed in, and count in the window", async () => {
  await using scene = new CouchbaseScene({ buckets: ONE });
  for (const key of ["a", "b", "c", "d"]) scene.bucket.set(key, "");
  scene.bucket.dcp.mixUnknown(2);
  await using peer = await openPeer(scene, { controls: { connection_buffer_size: "100000" } });
  await stream(peer, { end: 4n });
  await peer.send({ opcode: 0x0a, opaque: 7 });
  const frames = [];
  for (let frame = await peer.next(); frame.opaque !== 7; frame = await peer.next()) frames.push(frame);
  const strange = frames.filter(({ opcode }) => opcode === 0x6f);
  assertEquals([frames.length, strange.length > 1], [6 + strange.length, true]);
  const size = frames.reduce((sum, { bytes }) => sum + bytes.length, 0);
  assertEquals(scene.bucket.dcp.connections[0]!.unackedBytes, size);
});

test("a connection breaks after so many messages, or at once", async () => {
  await using scene = new CouchbaseScene({ buckets: ONE });
  for (const key of ["a", "b", "c"]) scene.bucket.set(key, "");
  await using peer = await openPeer(scene, { name: "peer" });
  await using other = await openPeer(scene, { name: "other" });
  scene.bucket.dcp.drop({ after: 2, name: "peer" });
  await stream(peer);
  assertEquals(await told(peer, 2), ["marker 0-3 5", "mutation 1 a="]);
  assertEquals(await peer.closes(), true);
  scene.bucket.dcp.drop();
  assertEquals(await other.closes(), true);
  assertEquals(scene.bucket.dcp.connections, []);
});

test("a connection breaks after so many messages although each of them fills a write", async () => {
  for (const after of [1, 2, 3]) {
    await using scene = new CouchbaseScene({ buckets: ONE });
    for (const key of ["a", "b", "c"]) scene.bucket.set(key, "x".repeat(300_000));
    await using peer = await openPeer(scene);
    scene.bucket.dcp.drop({ after });
    await stream(peer);
    for (let i = 0; i < after; i++) await peer.next();
    assertEquals(await peer.closes(), true);
  }
});

test("a vbucket that moves ends its streams, and the cluster map says that it is not here", async () => {
  await using scene = new CouchbaseScene({ buckets: TWO });
  await using peer = await openPeer(scene);
  await stream(peer, { vbucket: 1 });
  const { revision } = scene.node.clusterMap("default");
  scene.bucket.setVbucketState(1, 4);
  assertEquals(await told(peer, 1), ["end 2"]);
  const map = scene.node.clusterMap("default");
  assertEquals([map.revision > revision, JSON.parse(map.json).vBucketServerMap.vBucketMap], [true, [[0], [-1]]]);
  const refusal = await peer.ask(streamRequest({ vbucket: 1 }));
  assertEquals([refusal.status, new TextDecoder().decode(refusal.value)], [0x07, map.json]);
});

test("whatever a consumer was promised, a failover to an older copy is what others see then", async () => {
  await using scene = new CouchbaseScene({ buckets: ONE });
  scene.bucket.set("a", "old");
  const copy = scene.bucket.copyVbucket(0);
  scene.bucket.set("a", "new");
  scene.bucket.set("b", "new");
  scene.bucket.failover(0, { to: copy });
  await using peer = await openPeer(scene);
  await stream(peer);
  assertEquals(await told(peer, 2), ["marker 0-1 6", "mutation 1 a=old"]);
  scene.bucket.set("c", "after");
  assertEquals(await told(peer, 2), ["marker 2-2 5", "mutation 2 c=after"]);
});
