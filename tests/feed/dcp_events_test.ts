/** What each message of a stream becomes. The bytes are those of the protocol sheet, with the opaque of the request. */

import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { ProtocolError } from "../../src/errors.ts";
import { Frame } from "../../src/frame/frame.ts";
import type { DcpEvent } from "../../src/feed/dcp_event.ts";
import { brief, openFeed, take, takeAll } from "../support/dcp_feed.ts";
import { marker, mutation, streamEnd, told, u32, u64 } from "../support/dcp_peer.ts";
import { hex } from "../support/hex.ts";
import { test } from "../support/test.ts";
import { joined } from "../support/wire_frame.ts";
import { VECTORS } from "../vectors/all.ts";
import { FLATBUFFERS_EVENTS, SNAPPY_VALUE_TEXT } from "../vectors/seed_dcp.ts";

/** A golden frame as if it were of the stream. */
function vector(name: string, opaque: number): Uint8Array<ArrayBuffer> {
  const found = VECTORS.find((vector) => vector.name.startsWith(name));
  if (found === undefined) throw new Error(`no vector ${name}`);
  const bytes = Uint8Array.from(hex(found.hex));
  const view = new DataView(bytes.buffer);
  view.setUint16(6, 0);
  view.setUint32(12, opaque);
  return bytes;
}

async function eventOf(name: string): Promise<DcpEvent> {
  const { feed, peer, request } = await openFeed({ streamIds: name.includes("stream-id") });
  await peer.send(marker(request, 0n, 100n), vector(name, request.opaque));
  const [, event] = await take(feed, 2);
  await feed.close();
  return event!;
}

const POSITION = { vbuuid: 0xabcn, snapshotStart: 0n, snapshotEnd: 100n };

test("a mutation with JSON", async () => {
  const event = await eventOf("DCP_MUTATION seq 7");
  assert(event.type === "mutation");
  assertEquals([event.vbucket, event.seqno, event.revision, event.cas], [0, 7n, 1n, 0x1122n]);
  assertEquals([event.collection, event.keyText, event.key], [8, "foo", new TextEncoder().encode("foo")]);
  assertEquals([event.json(), event.text(), event.datatype, event.xattrs], [{}, "{}", 1, undefined]);
  assertEquals([event.flags, event.expiry, event.lockTime, event.streamId], [0, 0, 0, undefined]);
  assertEquals(event.position, { ...POSITION, seqno: 7n });
});

test("a mutation with extended attributes", async () => {
  const event = await eventOf("DCP_MUTATION with xattr");
  assert(event.type === "mutation");
  assertEquals([event.text(), event.xattrs?.json("_sync"), event.rawValue.length], ["{}", { a: 1 }, 24]);
});

test("a mutation that is compressed", async () => {
  const event = await eventOf("DCP_MUTATION of d1, snappy, in the default collection");
  assert(event.type === "mutation");
  assertEquals([event.keyText, event.collection, event.text()], ["d1", 0, SNAPPY_VALUE_TEXT]);
  assertEquals([event.datatype, event.flags], [3, 0x02000006]);
});

test("a mutation with metadata of old servers behind its value", async () => {
  const event = await eventOf("DCP_MUTATION with 3 bytes");
  assert(event.type === "mutation");
  assertEquals(event.text(), "{}");
});

test("a mutation with a stream id", async () => {
  const event = await eventOf("DCP_MUTATION carrying stream-id");
  assert(event.type === "mutation");
  assertEquals([event.seqno, event.keyText, event.collection, event.text()], [7n, "foo", 8, "{}"]);
  assertEquals(event.streamId, 1);
});

test("deletions of both forms, and with metadata", async () => {
  for (
    const [name, time] of [["DCP_DELETION v1 seq", undefined], ["DCP_DELETION v1 with", undefined], [
      "DCP_DELETION v2",
      1700000000,
    ]] as const
  ) {
    const event = await eventOf(name);
    assert(event.type === "deletion");
    assertEquals([event.seqno, event.revision, event.cas, event.keyText], [9n, 3n, 0x1124n, "foo"]);
    assertEquals([event.deleteTime, event.value.length, event.xattrs], [time, 0, undefined]);
  }
});

test("an expiration", async () => {
  const event = await eventOf("DCP_EXPIRATION seq");
  assert(event.type === "expiration");
  assertEquals([event.seqno, event.deleteTime, event.keyText], [10n, 1700000001, "foo"]);
});

test("a prepare, a commit and an abort", async () => {
  const prepare = await eventOf("DCP_PREPARE");
  assert(prepare.type === "prepare");
  assertEquals([prepare.seqno, prepare.level, prepare.deleted, prepare.json()], [11n, 1, false, {}]);
  for (const type of ["commit", "abort"] as const) {
    const event = await eventOf(`DCP_${type.toUpperCase()}`);
    assert(event.type === type);
    assertEquals([event.preparedSeqno, event.seqno, event.keyText, event.collection], [11n, 12n, "foo", 0]);
    assertEquals(event.position.seqno, 12n);
  }
});

test("snapshot markers of all versions", async () => {
  const none = { maxVisibleSeqno: undefined, highCompletedSeqno: undefined };
  const late = { purgeSeqno: undefined, highPreparedSeqno: undefined };
  const two = { maxVisibleSeqno: 9n, highCompletedSeqno: 8n };
  const cases = [
    ["DCP_SNAPSHOT_MARKER v1", { flags: 5, version: "1", ...none, ...late }],
    ["DCP_SNAPSHOT_MARKER v2.0", { flags: 6, version: "2.0", ...two, ...late }],
    ["DCP_SNAPSHOT_MARKER v2.2 disk", { flags: 6, version: "2.2", ...two, purgeSeqno: 3n, highPreparedSeqno: 9n }],
  ] as const;
  for (const [name, expected] of cases) {
    const event = await eventOf(name);
    assertEquals(event, {
      type: "snapshot",
      vbucket: 0,
      streamId: undefined,
      startSeqno: 0n,
      endSeqno: 10n,
      position: { vbuuid: 0n, seqno: 0n, snapshotStart: 0n, snapshotEnd: 0n },
      ...expected,
    });
  }
});

test("system events of the versions 0 and 1", async () => {
  const created = await eventOf("DCP_SYSTEM_EVENT begin collection c1");
  assert(created.type === "system");
  assertEquals([created.seqno, created.position.seqno], [3n, 3n]);
  const ids = { manifest: 2n, scope: 0, collection: 8, name: "c1" };
  assertEquals(created.event, { kind: "collection-created", ...ids });
  const timed = await eventOf("DCP_SYSTEM_EVENT begin collection v1");
  assert(timed.type === "system");
  assertEquals(timed.event, { kind: "collection-created", ...ids, maxTtl: 60 });
  const dropped = await eventOf("DCP_SYSTEM_EVENT end collection");
  assert(dropped.type === "system");
  assertEquals(dropped.event, { kind: "collection-dropped", manifest: 4n, scope: 0, collection: 8 });
  const scope = await eventOf("DCP_SYSTEM_EVENT create scope");
  assert(scope.type === "system");
  assertEquals(scope.event, { kind: "scope-created", manifest: 1n, scope: 9, name: "s1" });
});

test("system events of version 2, and the newest manifest in the position", async () => {
  const { feed, peer, request } = await openFeed();
  const event = (seqno: bigint, id: number, text: string) =>
    told(request, 0x5f, { extras: joined(u64(seqno), u32(id), new Uint8Array([2])), value: hex(text) });
  const [collection, , , droppedScope] = FLATBUFFERS_EVENTS;
  await peer.send(marker(request, 0n, 9n), event(1n, 4, droppedScope.hex), event(2n, 0, collection.hex));
  const [, dropped, created] = await take(feed, 3);
  assert(dropped!.type === "system" && created!.type === "system");
  assertEquals(dropped!.event, { kind: "scope-dropped", manifest: 8n, scope: 8, system: false });
  assertEquals(created!.event.kind === "collection-created" && created!.event.name, "C1");
  assertEquals(feed.position().manifest, "8");
  await feed.close();
});

test("what is not known passes through, with its bytes", async () => {
  const { feed, peer, request } = await openFeed();
  const strange = told(request, 0x6e, { extras: u32(7), key: "k", value: "what" });
  await peer.send(strange, marker(request, 0n, 2n), mutation(request, 1n));
  const [unknown, , event] = await take(feed, 3);
  assert(unknown!.type === "unknown" && event!.type === "mutation");
  assertEquals(unknown!.opcode, 0x6e);
  assertEquals(unknown!.frame.bytes, strange);
  assertInstanceOf(unknown!.frame, Frame);
  assertEquals(unknown!.position.seqno, 0n);
  await feed.close();
});

test("events keep their bytes when the connection reads on", async () => {
  const { feed, peer, request } = await openFeed();
  await peer.send(marker(request, 0n, 500n));
  const values = Array.from({ length: 200 }, (_, i) => `${i}`.repeat(1 + i % 40));
  for (const [i, value] of values.entries()) await peer.send(mutation(request, BigInt(i + 1), { value }));
  const [, ...events] = await take(feed, 201);
  assertEquals(events.map((event) => event.type === "mutation" && event.text()), values);
  assertEquals(events.map((event) => event.type === "mutation" && event.keyText), values.map((_, i) => `k${i + 1}`));
  await feed.close();
});

test("events show themselves in the console", async () => {
  const event = await eventOf("DCP_MUTATION seq 7");
  assertEquals(String(event), 'mutation of "foo", vbucket 0, seqno 7');
});

test("without collections keys are whole", async () => {
  const { feed, peer, request } = await openFeed({}, { features: [0x06] });
  await peer.send(marker(request, 0n, 1n), mutation(request, 1n, { key: "\x08foo" }));
  const [, event] = await take(feed, 2);
  assert(event!.type === "mutation");
  assertEquals([event!.keyText, event!.collection], ["\x08foo", 0]);
  await feed.close();
});

for (
  const [what, parts, opcode] of [
    ["a mutation without extras", { key: "\0k" }, 0x57],
    ["a mutation without a key", { extras: new Uint8Array(31) }, 0x57],
    ["a mutation with more metadata than body", { extras: new Uint8Array(31).fill(9), key: "\0k" }, 0x57],
    ["a deletion of 19 bytes of extras", { extras: new Uint8Array(19), key: "\0k" }, 0x58],
    ["an expiration of 21 bytes of extras", { extras: new Uint8Array(21), key: "\0k" }, 0x59],
    ["a marker of another length", { extras: new Uint8Array(19) }, 0x56],
    ["an end without a reason", {}, 0x55],
    ["a system event whose value is cut", { extras: new Uint8Array(13), value: "short" }, 0x5f],
  ] as const
) {
  test(`${what} ends the feed with a ProtocolError, behind what came before`, async () => {
    const { feed, peer, request, scene } = await openFeed();
    const sent = peer.send(marker(request, 0n, 9n), mutation(request, 1n), told(request, opcode, parts));
    const seen: string[] = [];
    const error = await assertRejects(async () => {
      for await (const event of feed) seen.push(brief(event));
    });
    assertInstanceOf(error, ProtocolError);
    assertEquals(seen, ["snapshot 0-9", "mutation 1"]);
    await sent.catch(() => {});
    await peer.over;
    assertEquals(scene.peers.length, 1);
  });
}

test("the feed ends when its streams have ended, and closes the connection", async () => {
  const { feed, peer, request } = await openFeed({ to: "now" }, { seqnos: new Map([[0, 2n]]) });
  await peer.send(marker(request, 0n, 2n), mutation(request, 2n), streamEnd(request, 0));
  assertEquals((await takeAll(feed)).map(brief), ["snapshot 0-2", "mutation 2", "end ok"]);
  await peer.over;
  assertEquals(feed.stats().streams[0]!.state, "done");
});
