/** The streams of the node's producer, in frames made by hand. */

import { assertEquals } from "@std/assert";
import { CouchbaseScene, EVERY_FEATURE, numbers } from "../../support/couchbase_scene.ts";
import { CLOSE_STREAM, CONTROL, openPeer, stream, streamRequest, tell, told } from "../../support/dcp_consumer.ts";
import { hex, toHex } from "../../support/hex.ts";
import { test } from "../../support/test.ts";
import { joined, wire } from "../../support/wire_frame.ts";

const ONE = [{ name: "default", vbucketCount: 1 }];
const XATTR = 0x06;
const SNAPPY = 0x0a;
const FEATURES = EVERY_FEATURE.filter((code) => code !== 0x0e && code !== 0x12);

test("a stream sends what is there as one snapshot, and then what is written", async () => {
  await using scene = new CouchbaseScene({ buckets: ONE });
  scene.bucket.set("a", "1");
  scene.bucket.set("b", "x");
  scene.bucket.set("a", "2");
  scene.bucket.delete("b");
  await using peer = await openPeer(scene);
  await stream(peer);
  assertEquals(await told(peer, 3), ["marker 0-4 5", "mutation 3 a=2", "deletion 4 b"]);
  scene.bucket.set("c", "3");
  assertEquals(await told(peer, 2), ["marker 5-5 5", "mutation 5 c=3"]);
});

test("every message has the bytes that the protocol fixes", async () => {
  await using scene = new CouchbaseScene({ buckets: ONE, clock: () => 1_700_000_000_000 });
  scene.bucket.set("foo", "{}", { flags: 0x11223344, expiry: 1_800_000_000 });
  const { cas } = scene.bucket.get("foo")!;
  await using peer = await openPeer(scene, { flags: 0x20 });
  await stream(peer);
  assertEquals(
    toHex((await peer.next()).bytes),
    toHex(hex("8056 0000 14 00 0000 00000014 00001000 0000000000000000 0000000000000000 0000000000000001 00000005")),
  );
  assertEquals(
    (await peer.next()).bytes,
    joined(
      hex("8057 0003 1f 01 0000 00000024 00001000"),
      numbers(8, cas),
      hex("0000000000000001 0000000000000001 11223344 6b49d200 00000000 0000 02 666f6f 7b7d"),
    ),
  );
  const tombstone = scene.bucket.delete("foo");
  await peer.next();
  assertEquals(
    (await peer.next()).bytes,
    joined(
      hex("8058 0003 15 00 0000 00000018 00001000"),
      numbers(8, tombstone.cas),
      hex("0000000000000002 0000000000000002 6553f100 00 666f6f"),
    ),
  );
  assertEquals(scene.bucket.dcp.endStreams(4), 1);
  assertEquals((await peer.next()).bytes, hex("8055 0000 04 00 0000 00000004 00001000 0000000000000000 00000004"));
});

test("expirations are told as such only to who wants them and the times of deletions", async () => {
  let now = 1_700_000_000_000;
  await using scene = new CouchbaseScene({ buckets: ONE, clock: () => now });
  scene.bucket.set("k", "v", { expiry: 10 });
  now += 11_000;
  assertEquals(scene.bucket.expire(), 1);
  const controls = { enable_expiry_opcode: "true" };
  await using plain = await openPeer(scene, { name: "plain", controls });
  await using timed = await openPeer(scene, { name: "timed", controls, flags: 0x20 });
  await stream(plain);
  await stream(timed);
  assertEquals(await told(plain, 2), ["marker 0-2 5", "deletion 2 k"]);
  assertEquals(tell(await timed.next()), "marker 0-2 5");
  const expiration = await timed.next();
  assertEquals([expiration.opcode, expiration.extras.length], [0x59, 20]);
  assertEquals(toHex(expiration.extras.slice(16)), toHex(numbers(4, 1_700_000_011)));
});

test("a stream ends behind the snapshot in which its last seqno lies, at once if there is nothing", async () => {
  await using scene = new CouchbaseScene({ buckets: ONE });
  for (const key of ["a", "b", "c"]) scene.bucket.set(key, key);
  const { vbuuid } = scene.bucket.findVbucket(0)!;
  await using peer = await openPeer(scene);
  await stream(peer, { end: 2n });
  assertEquals(await told(peer, 5), ["marker 0-3 5", "mutation 1 a=a", "mutation 2 b=b", "mutation 3 c=c", "end 0"]);
  await stream(peer, { start: 3n, end: 3n, vbuuid });
  assertEquals(await told(peer, 1), ["end 0"]);
  await stream(peer, { start: 1n, end: 3n, vbuuid, snapshot: [0n, 3n] });
  assertEquals(await told(peer, 4), ["marker 0-3 1", "mutation 2 b=b", "mutation 3 c=c", "end 0"]);
});

test("a stream begins or ends at the last change there is, or at the last on disk", async () => {
  await using scene = new CouchbaseScene({ buckets: ONE });
  scene.bucket.set("a", "1");
  scene.bucket.stopPersistence();
  scene.bucket.set("b", "2");
  await using peer = await openPeer(scene);
  await stream(peer, { flags: 0x04 });
  assertEquals(await told(peer, 4), ["marker 0-2 5", "mutation 1 a=1", "mutation 2 b=2", "end 0"]);
  await stream(peer, { flags: 0x02 });
  assertEquals(await told(peer, 3), ["marker 0-1 6", "mutation 1 a=1", "end 0"]);
  await stream(peer, { flags: 0x40, end: 3n });
  scene.bucket.set("c", "3");
  assertEquals(await told(peer, 3), ["marker 2-3 5", "mutation 3 c=3", "end 0"]);
});

test("who is too far behind for memory gets the last change of each key as from disk", async () => {
  const buckets = [{ name: "default", vbucketCount: 1, memoryChanges: 2 }];
  await using scene = new CouchbaseScene({ buckets });
  for (let i = 0; i < 9; i++) scene.bucket.set(`k${i % 3}`, `${i}`);
  await using peer = await openPeer(scene, {
    features: [0x12],
    controls: { enable_noop: "true", max_marker_version: "2.2" },
  });
  await stream(peer);
  const marker = await peer.next();
  assertEquals(
    marker.bytes,
    hex(
      "8056 0000 01 00 0000 00000035 00001000 0000000000000000 02 0000000000000000 0000000000000009 00000006 0000000000000000 0000000000000000 0000000000000000 0000000000000000",
    ),
  );
  const keys = [await peer.next(), await peer.next(), await peer.next()].map((frame) => toHex(frame.bytes.slice(55)));
  assertEquals(keys, ["00 6b 30 36", "00 6b 31 37", "00 6b 32 38"]);
  scene.bucket.set("k0", "9");
  assertEquals(tell(await peer.next()), "marker 10-10 5");
});

test("a snapshot that was begun is the state at its end, whatever is written meanwhile; what comes next is one version of each key", async () => {
  await using scene = new CouchbaseScene({ buckets: ONE });
  scene.bucket.set("a", "1");
  scene.bucket.set("b", "1");
  // One message fills the window.
  await using peer = await openPeer(scene, { controls: { connection_buffer_size: "1" } });
  await stream(peer);
  const seen = [tell(await peer.next())];
  for (let i = 2; i < 6; i++) {
    scene.bucket.set("a", `${i}`);
    scene.bucket.set("b", `${i}`);
  }
  for (let i = 0; i < 5; i++) {
    await peer.send({ opcode: 0x5d, extras: numbers(4, 1000) });
    seen.push(tell(await peer.next()));
  }
  assertEquals(seen, [
    "marker 0-2 5",
    "mutation 1 a=1",
    "mutation 2 b=1",
    "marker 3-10 5",
    "mutation 9 a=5",
    "mutation 10 b=5",
  ]);
});

test("values are left out, with the datatype or without", async () => {
  await using scene = new CouchbaseScene({ buckets: ONE });
  scene.bucket.set("k", '{"a":1}');
  for (const [flags, datatype, value] of [[0x08, 0, ""], [0x40, 1, ""], [0, 1, '{"a":1}']] as const) {
    await using peer = await openPeer(scene, { name: `${flags}`, flags });
    await stream(peer);
    await peer.next();
    const frame = await peer.next();
    assertEquals([frame.datatype, new TextDecoder().decode(frame.value)], [datatype, value]);
  }
});

test("attributes come to who wants them, and of a tombstone those of the system, or all", async () => {
  await using scene = new CouchbaseScene({ buckets: ONE });
  await using writer = await scene.peer({ features: FEATURES });
  // One attribute of the system, one of the user, and a body.
  const pair = (key: string, value: string) => {
    const bytes = new TextEncoder().encode(`${key}\0${value}\0`);
    return joined(numbers(4, bytes.length), bytes);
  };
  const both = joined(pair("_s", "1"), pair("u", "2"));
  const own = pair("_s", "1");
  const meta = joined(numbers(4, 0, 0), numbers(8, 1, 77));
  const stored = {
    opcode: 0xa2,
    key: "k",
    datatype: 5,
    extras: meta,
    value: joined(numbers(4, both.length), both, hex("7b7d")),
  };
  assertEquals((await writer.ask(stored)).status, 0);
  const open = (name: string, flags: number) =>
    openPeer(scene, { name, flags, features: FEATURES, controls: { enable_noop: "true" } });
  await using none = await open("none", 0);
  await using some = await open("some", 0x04);
  await using keyed = await open("keyed", 0x0c);
  await using all = await open("all", 0x104);
  const value = async (peer: typeof none) => {
    await peer.next();
    const frame = await peer.next();
    return [frame.datatype, toHex(frame.value)];
  };
  for (const peer of [none, some, keyed, all]) await stream(peer);
  assertEquals(await value(none), [1, "7b 7d"]);
  assertEquals(await value(some), [5, toHex(stored.value)]);
  assertEquals(await value(keyed), [4, toHex(joined(numbers(4, both.length), both))]);
  assertEquals(await value(all), [5, toHex(stored.value)]);
  // A tombstone keeps what it is given by a write with metadata.
  const buried = joined(numbers(4, both.length), both);
  const gone = {
    opcode: 0xa8,
    key: "k",
    datatype: 4,
    extras: joined(numbers(4, 0, 0), numbers(8, 2, 78)),
    value: buried,
  };
  assertEquals((await writer.ask(gone)).status, 0);
  assertEquals(await value(none), [0, ""]);
  assertEquals(await value(some), [4, toHex(joined(numbers(4, own.length), own))]);
  assertEquals(await value(all), [4, toHex(buried)]);
});

test("values are compressed as they are stored for who knows that, always for who asks for it", async () => {
  await using scene = new CouchbaseScene({ buckets: ONE });
  await using writer = await scene.peer({ features: [SNAPPY] });
  // 7 bytes: the literal "xab", then a copy of 4 bytes from 2 back.
  const block = hex("07 08 786162 01 02");
  assertEquals(
    (await writer.ask({ opcode: 0x01, key: "k", datatype: 2, extras: numbers(4, 0, 0), value: block })).status,
    0,
  );
  await using old = await openPeer(scene, { name: "old" });
  await using knows = await openPeer(scene, { name: "knows", features: [XATTR, SNAPPY] });
  const controls = { force_value_compression: "true" };
  await using forces = await openPeer(scene, { name: "forces", features: [SNAPPY], controls });
  for (const peer of [old, knows, forces]) await stream(peer);
  const next = async (peer: typeof old) => {
    await peer.next();
    const { datatype, value } = await peer.next();
    return [datatype, toHex(value)];
  };
  assertEquals(await next(old), [0, toHex(new TextEncoder().encode("xababab"))]);
  assertEquals(await next(knows), [2, toHex(block)]);
  assertEquals(await next(forces), [2, toHex(block)]);
  scene.bucket.set("k", "ab");
  assertEquals(await next(knows), [0, "61 62"]);
  // A literal of two bytes.
  assertEquals(await next(forces), [2, "02 04 61 62"]);
});

test("closing a stream is answered and said once more to who wants that; a second time there is none", async () => {
  await using scene = new CouchbaseScene({ buckets: ONE });
  await using peer = await openPeer(scene);
  await stream(peer);
  assertEquals((await peer.ask({ opcode: CLOSE_STREAM })).status, 0);
  assertEquals((await peer.ask({ opcode: CLOSE_STREAM })).status, 1);
  assertEquals(
    (await peer.ask({ opcode: CONTROL, key: "send_stream_end_on_client_close_stream", value: "true" })).status,
    0,
  );
  await stream(peer);
  assertEquals((await peer.ask({ opcode: CLOSE_STREAM })).status, 0);
  assertEquals(tell(await peer.next()), "end 1");
  scene.bucket.set("a", "1");
  await stream(peer);
  assertEquals(tell(await peer.next()), "marker 0-1 5");
});

test("a change of the vbucket ends its streams: another state, a failover, the end of it", async () => {
  await using scene = new CouchbaseScene({ buckets: ONE });
  const { bucket } = scene;
  await using peer = await openPeer(scene);
  const changes = [
    () => bucket.setVbucketState(0, 2),
    () => bucket.setVbucketState(0, 1),
    () => bucket.failover(0),
    () => bucket.failover(0, { to: bucket.copyVbucket(0) }),
    () => void bucket.deleteVbucket(0),
  ];
  for (const change of changes) {
    await stream(peer);
    change();
    assertEquals(tell(await peer.next()), "end 2");
  }
  assertEquals((await peer.ask(streamRequest())).status, 7);
  // The same state is no change.
  bucket.setVbucketState(0, 1);
  await stream(peer);
  bucket.setVbucketState(0, 1);
  bucket.set("a", "1");
  assertEquals(tell(await peer.next()), "marker 0-1 5");
});

test("a request for a stream is refused for each of its reasons, and the connection stays good", async () => {
  await using scene = new CouchbaseScene({ buckets: [{ name: "default", vbucketCount: 2 }] });
  const { bucket } = scene;
  bucket.setVbucketState(1, 2);
  await using peer = await openPeer(scene);
  const refused = async (...parts: Parameters<typeof streamRequest>) =>
    (await peer.ask(streamRequest(...parts))).status;
  assertEquals(await refused({ flags: 0x08 }), 0x04);
  assertEquals(await refused({ flags: 0x100 }), 0x04);
  assertEquals(await refused({ flags: 0x8000 }), 0x04);
  assertEquals(await refused({ vbucket: 2 }), 0x07);
  assertEquals(await refused({ vbucket: 1, flags: 0x10 }), 0x07);
  assertEquals(await refused({ start: 5n, end: 4n }), 0x22);
  assertEquals(await refused({ start: 5n, snapshot: [6n, 7n] }), 0x22);
  assertEquals(await refused({ start: 5n, snapshot: [3n, 4n] }), 0x22);
  assertEquals(await refused({ filter: {} }), 0x04);
  assertEquals(await refused(), 0);
  assertEquals(await refused(), 0x02);
  // Without the flag a replica is streamed too.
  assertEquals(await refused({ vbucket: 1 }), 0);
});

test("a takeover is confirmed step by step, and leaves the vbucket dead", async () => {
  await using scene = new CouchbaseScene({ buckets: ONE });
  scene.bucket.set("a", "1");
  await using peer = await openPeer(scene);
  await stream(peer, { flags: 0x01 });
  assertEquals(await told(peer, 2), ["marker 0-1 d", "mutation 1 a=1"]);
  const confirm = (opcode: number) => peer.write(wire({ opcode, opaque: 0x1000 }));
  await confirm(0x56);
  const pending = await peer.next();
  assertEquals([tell(pending), [...pending.extras]], ["state", [3]]);
  scene.bucket.set("a", "2");
  await confirm(0x5b);
  assertEquals(scene.bucket.findVbucket(0)!.state, 4);
  assertEquals(await told(peer, 2), ["marker 2-2 d", "mutation 2 a=2"]);
  const active = await peer.next();
  assertEquals([tell(active), [...active.extras]], ["state", [1]]);
  await confirm(0x5b);
  assertEquals(tell(await peer.next()), "end 0");
});

test("every version comes to who asks for the history of a bucket that keeps it", async () => {
  await using scene = new CouchbaseScene({ buckets: [{ name: "default", vbucketCount: 1, history: true }] });
  await using poor = new CouchbaseScene({ buckets: ONE });
  await using without = await openPeer(poor);
  assertEquals((await without.ask({ opcode: CONTROL, key: "change_streams", value: "true" })).status, 0x83);
  for (const value of ["1", "2", "3"]) scene.bucket.set("a", value);
  await using peer = await openPeer(scene, { controls: { change_streams: "true" } });
  await using plain = await openPeer(scene, { name: "plain" });
  await stream(peer);
  await stream(plain);
  assertEquals(await told(peer, 4), ["marker 0-3 35", "mutation 1 a=1", "mutation 2 a=2", "mutation 3 a=3"]);
  assertEquals(await told(plain, 2), ["marker 0-3 5", "mutation 3 a=3"]);
});
