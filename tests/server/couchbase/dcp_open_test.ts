/** How connections of DCP begin and what they may be set to, and what closes them. */

import { assertEquals } from "@std/assert";
import { CouchbaseScene, numbers } from "../../support/couchbase_scene.ts";
import { ACK, CONTROL, openPeer, openRequest, stream, streamRequest, told } from "../../support/dcp_consumer.ts";
import { hex } from "../../support/hex.ts";
import { test } from "../../support/test.ts";
import { wire } from "../../support/wire_frame.ts";

const XERROR = 0x07;
const SNAPPY = 0x0a;
const UNORDERED = 0x0e;
const COLLECTIONS = 0x12;

test("a connection is opened as a producer by a name and flags that go together", async () => {
  await using scene = new CouchbaseScene();
  const open = async (name: string, flags: number, features: number[] = []) => {
    await using peer = await scene.peer({ features });
    return (await peer.ask(openRequest(name, flags))).status;
  };
  for (const flags of [0x01, 0x05, 0x09, 0x21, 0x41, 0x105]) assertEquals(await open("n", flags), 0);
  assertEquals(await open("n".repeat(200), 0x01), 0);
  assertEquals(await open("n".repeat(201), 0x01), 0x04);
  assertEquals(await open("", 0x01), 0x04);
  // Retired, unknown, and those that do not go together.
  for (const flags of [0x03, 0x11, 0x81, 0x401, 0x49, 0x101, 0x201]) assertEquals(await open("n", flags), 0x04);
  assertEquals(await open("n", 0x201, [COLLECTIONS]), 0);
  assertEquals(await open("n", 0x00), 0x83);
  assertEquals(await open("n", 0x01, [UNORDERED]), 0x83);
  await using lost = await scene.peer({ features: [XERROR], bucket: "" });
  assertEquals((await lost.ask(openRequest("n", 1))).status, 0x08);
});

test("a connection of the same name takes the place of the first, on its own bucket only", async () => {
  await using scene = new CouchbaseScene({ buckets: [{ name: "default", vbucketCount: 1 }, { name: "other" }] });
  await using first = await openPeer(scene, { name: "same" });
  await stream(first);
  await using elsewhere = await scene.peer({ bucket: "other" });
  assertEquals((await elsewhere.ask(openRequest("same", 1))).status, 0);
  await using second = await openPeer(scene, { name: "same" });
  assertEquals(await first.closes(), true);
  assertEquals(scene.bucket.dcp.connections.map(({ name, streams }) => [name, streams.length]), [["same", 0]]);
  await stream(second);
  assertEquals(scene.node.bucket("other").dcp.connections.length, 1);
});

test("a connection that carries a feed stays with its user and its bucket, and answers all else", async () => {
  await using scene = new CouchbaseScene();
  await using peer = await openPeer(scene);
  assertEquals((await peer.ask({ opcode: 0x89, key: "default" })).status, 0x83);
  assertEquals((await peer.ask({ opcode: 0x21, key: "PLAIN", value: "\0a\0b" })).status, 0x83);
  assertEquals((await peer.ask({ opcode: 0x22, key: "PLAIN", value: "x" })).status, 0x83);
  assertEquals((await peer.ask({ opcode: 0x01, key: "k", extras: numbers(4, 0, 0), value: "v" })).status, 0);
  const log = await peer.ask({ opcode: 0x54, vbucket: 1 });
  assertEquals(log.value, numbers(8, scene.bucket.findVbucket(1)!.vbuuid, 0));
  assertEquals((await peer.ask({ opcode: 0x54, vbucket: 9 })).status, 0x07);
});

test("a failover log is given before the connection is opened; what else is of DCP closes it without an answer", async () => {
  await using scene = new CouchbaseScene();
  await using early = await scene.peer();
  assertEquals((await early.ask({ opcode: 0x54 })).status, 0);
  const requests = [
    { opcode: CONTROL, key: "enable_noop", value: "true" },
    streamRequest(),
    { opcode: 0x52 },
    { opcode: ACK, extras: numbers(4, 1) },
    { opcode: 0x51, extras: numbers(4, 0) },
    { opcode: 0x5c },
  ];
  for (const request of requests) {
    await using peer = await scene.peer();
    await peer.send(request);
    assertEquals([request.opcode, await peer.closes()], [request.opcode, true]);
  }
});

test("a second OPEN, and what only a producer sends, closes a connection without an answer", async () => {
  await using scene = new CouchbaseScene();
  const requests = [
    openRequest("again", 1),
    { opcode: 0x51, extras: numbers(4, 0) },
    { opcode: 0x5c },
    { opcode: 0x57, key: "k", extras: new Uint8Array(31), value: "v" },
    { opcode: 0x58, key: "k", extras: new Uint8Array(18) },
    { opcode: 0x55, extras: numbers(4, 0) },
    { opcode: 0x5b, extras: new Uint8Array([1]) },
  ];
  for (const request of requests) {
    await using peer = await openPeer(scene, { name: `${request.opcode}` });
    await peer.send(request);
    assertEquals([request.opcode, await peer.closes()], [request.opcode, true]);
  }
  assertEquals(scene.bucket.dcp.connections, []);
});

test("a connection carries one feed, of DCP or of TAP: a second closes it, and nothing of it follows the bucket any more", async () => {
  const tap = { opcode: 0x40, key: "t" };
  for (const second of [tap, openRequest("again", 1)]) {
    await using scene = new CouchbaseScene();
    await using peer = await openPeer(scene);
    await stream(peer);
    await peer.send(second);
    // Whatever comes behind it begins no stream that would never end.
    await peer.send({ ...streamRequest({ vbucket: 1, opaque: 2 }) });
    assertEquals(await peer.closes(), true);
    assertEquals(scene.bucket.dcp.connections, []);
  }
  // One of TAP that wants nothing old, and so says nothing.
  const silent = { ...tap, extras: hex("00000001"), value: hex("ffffffffffffffff") };
  for (const second of [silent, openRequest("late", 1)]) {
    await using scene = new CouchbaseScene();
    await using peer = await scene.peer();
    await peer.send(silent);
    await peer.send(second);
    assertEquals(await peer.closes(), true);
  }
});

test("a body of the wrong length is answered and closes; an answer that nobody understands closes", async () => {
  await using scene = new CouchbaseScene();
  await using short = await openPeer(scene, { name: "short" });
  assertEquals((await short.ask({ opcode: 0x53, extras: new Uint8Array(38) })).status, 4);
  assertEquals(await short.closes(), true);
  await using long = await openPeer(scene, { name: "long" });
  assertEquals((await long.ask({ opcode: ACK, extras: new Uint8Array(8) })).status, 4);
  assertEquals(await long.closes(), true);
  await using wrong = await openPeer(scene, { name: "wrong" });
  await stream(wrong);
  // Those who have no such stream any more may say so.
  for (const status of [0, 0x01, 0x02, 0x0a, 0x0b]) await wrong.write(wire({ opcode: 0x57, opaque: 0x1000, status }));
  assertEquals((await wrong.ask({ opcode: 0x0a })).status, 0);
  await wrong.write(wire({ opcode: 0x57, opaque: 0x1000, status: 0x82 }));
  assertEquals(await wrong.closes(), true);
});

test("controls take the values that they know, and name what they refuse", async () => {
  await using scene = new CouchbaseScene();
  const set = async (name: string, values: readonly string[], features: readonly number[] = []) => {
    await using peer = await openPeer(scene, { features });
    const statuses: number[] = [];
    for (const value of values) statuses.push((await peer.ask({ opcode: CONTROL, key: name, value })).status);
    return statuses;
  };
  assertEquals(await set("enable_noop", ["true", "false", "yes", ""]), [0, 0, 4, 4]);
  assertEquals(await set("set_noop_interval", ["20", "0.1", "10800", "0.05", "10801", "x", "-1"]), [
    0,
    0,
    0,
    4,
    4,
    4,
    4,
  ]);
  assertEquals(await set("connection_buffer_size", ["0", "4294967295", "4294967296", "-1", "1e3"]), [0, 0, 4, 4, 4]);
  assertEquals(await set("stream_buffer_size", ["100"]), [0x83]);
  assertEquals(await set("set_priority", ["high", "medium", "low", "top"]), [0, 0, 0, 4]);
  assertEquals(await set("force_value_compression", ["true"]), [4]);
  assertEquals(await set("force_value_compression", ["true", "false"], [SNAPPY]), [0, 4]);
  assertEquals(await set("supports_cursor_dropping", ["true"]), [0]);
  assertEquals(await set("supports_cursor_dropping_vulcan", ["true", "false"]), [0, 4]);
  assertEquals(await set("supports_hifi_MFU", ["true"]), [0]);
  assertEquals(await set("send_stream_end_on_client_close_stream", ["true", "false"]), [0, 4]);
  assertEquals(await set("enable_expiry_opcode", ["true", "maybe"]), [0, 4]);
  assertEquals(await set("enable_sync_writes", ["true"]), [0]);
  assertEquals(await set("consumer_name", ["me", ""]), [0, 4]);
  assertEquals(await set("include_deleted_user_xattrs", ["true"]), [0]);
  assertEquals(await set("enable_out_of_order_snapshots", ["true", "true_with_seqno_advanced", "false"]), [0, 0, 4]);
  assertEquals(await set("backfill_order", ["round-robin", "sequential", "random"]), [0, 0, 4]);
  assertEquals(await set("v7_dcp_status_codes", ["true"]), [0]);
  assertEquals(await set("flatbuffers_system_events", ["true"]), [0]);
  assertEquals(await set("max_marker_version", ["2.2"]), [4]);
  assertEquals(await set("max_marker_version", ["2.2", "2.0"], [COLLECTIONS]), [0, 4]);
  assertEquals(await set("cache_transfer", ["true"]), [0x83]);
  assertEquals(await set("nonsense", ["1"]), [4]);
  assertEquals(await set("toString", ["true"]), [4]);
  assertEquals(await set("", [""]), [4]);
});

test("numbers of streams and synchronous writes exclude each other, and come before the first stream", async () => {
  await using scene = new CouchbaseScene();
  const ask = async (peer: Awaited<ReturnType<typeof openPeer>>, key: string) =>
    (await peer.ask({ opcode: CONTROL, key, value: "true" })).status;
  await using first = await openPeer(scene, { name: "1" });
  assertEquals([await ask(first, "enable_stream_id"), await ask(first, "enable_sync_writes")], [0, 4]);
  await using second = await openPeer(scene, { name: "2" });
  assertEquals([await ask(second, "enable_sync_writes"), await ask(second, "enable_stream_id")], [0, 4]);
  await using third = await openPeer(scene, { name: "3" });
  await stream(third);
  assertEquals(await ask(third, "enable_stream_id"), 4);
});

test("who wants attributes or collections must want no-ops too before the first stream", async () => {
  await using scene = new CouchbaseScene();
  for (const options of [{ flags: 0x04 }, { features: [COLLECTIONS] }]) {
    await using peer = await openPeer(scene, options);
    assertEquals((await peer.ask(streamRequest())).status, 0x83);
    assertEquals((await peer.ask({ opcode: CONTROL, key: "enable_noop", value: "true" })).status, 0);
    assertEquals((await peer.ask(streamRequest())).status, 0);
  }
});

test("who takes part in synchronous writes is told in the marker what is visible", async () => {
  await using scene = new CouchbaseScene({ buckets: [{ name: "default", vbucketCount: 1 }] });
  scene.bucket.set("a", "1");
  await using peer = await openPeer(scene, { controls: { enable_sync_writes: "true", consumer_name: "me" } });
  await stream(peer);
  assertEquals(
    (await peer.next()).bytes,
    hex(`8056 0000 01 00 0000 00000025 00001000 0000000000000000 00
      0000000000000000 0000000000000001 00000005 0000000000000001 0000000000000000`),
  );
});

test("statistics tell of connections and streams", async () => {
  await using scene = new CouchbaseScene({ buckets: [{ name: "default", vbucketCount: 1 }] });
  scene.bucket.set("a", "1");
  await using peer = await openPeer(scene, { name: "mine", controls: { connection_buffer_size: "1000" } });
  await stream(peer);
  await told(peer, 2);
  await using other = await scene.peer();
  const stats = new Map<string, string>();
  await other.send({ opcode: 0x10, key: "dcp" });
  for (let line = await other.next(); line.key !== ""; line = await other.next()) {
    stats.set(line.key, new TextDecoder().decode(line.value));
  }
  const wanted = ["ep_dcp_count", "eq_dcpq:mine:unacked_bytes", "eq_dcpq:mine:stream_0_last_sent_seqno"];
  assertEquals(wanted.map((name) => stats.get(name)), ["1", `${44 + 24 + 31 + 2}`, "1"]);
});
