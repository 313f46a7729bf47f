/** TAP while vbuckets lose what was sent, and forget what was not. */

import { assertEquals } from "@std/assert";
import { CouchbaseScene } from "../../support/couchbase_scene.ts";
import { openPeer, stream, told } from "../../support/dcp_consumer.ts";
import { hex } from "../../support/hex.ts";
import { Scene, short, take } from "../../support/tap_scene.ts";
import { test } from "../../support/test.ts";

test("a vbucket that lost what was sent, or has purged what was not, is sent anew from the beginning", async () => {
  for (const what of ["history went back", "history went back under what is being sent", "tombstones were purged"]) {
    const buckets = [{ name: "default", vbucketCount: 1, memoryChanges: what.endsWith("sent") ? 100 : 2 }];
    await using scene = new Scene({ buckets, tap: { ackWindow: 3 } });
    const { bucket } = scene;
    for (const key of ["a", "b", "c"]) bucket.set(key, "old");
    const feed = await scene.open({ backfill: "all" });
    const reader = feed.getReader();
    const copy = new Map<string, string>();
    const follow = async (until: string): Promise<void> => {
      for (;;) {
        const [event] = await take(reader, 1);
        if (event!.type === "initial-stream") copy.clear();
        if (event!.type === "deletion") copy.delete(event!.keyText);
        if (event!.type === "mutation") copy.set(event!.keyText, event!.text());
        if (event!.type === "mutation" && event!.keyText === until) return;
      }
    };
    bucket.set("first", "1");
    await follow("first");
    const before = bucket.copyVbucket(0);
    for (const key of ["d", "e", "f", "g"]) bucket.set(key, "lost");
    if (what !== "tombstones were purged") {
      if (what === "history went back") await follow("g");
      else await follow("d");
      bucket.failover(0, { to: before });
    } else {
      await follow("d");
      bucket.delete("a");
    }
    for (const key of ["h", "i", "j", "k", "l", "m", "n"]) bucket.set(key, "new");
    if (what === "tombstones were purged") assertEquals(bucket.purge(0), 1);
    bucket.set("last", "1");
    await follow("last");
    const documents = [...bucket.findVbucket(0)!.since()].filter(({ deleted }) => deleted === undefined);
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    const now = documents.map(({ key, value }): [string, string] => [text(key), text(value)]);
    assertEquals([...copy].sort(), now.sort(), what);
    await reader.cancel();
  }
});

test("a dump is whole although its vbucket fails over under it, and has nothing that was lost", async () => {
  await using scene = new Scene({ buckets: [{ name: "default", vbucketCount: 1 }], tap: { ackWindow: 2 } });
  const { bucket } = scene;
  for (const key of ["a", "b", "c"]) bucket.set(key, "1");
  const before = bucket.copyVbucket(0);
  for (const key of ["d", "e", "f"]) bucket.set(key, "1");
  const reader = (await scene.open({ dump: true })).getReader();
  const events = (await take(reader, 3)).map(short);
  bucket.failover(0, { to: before });
  bucket.set("g", "1");
  for (;;) {
    const { value, done } = await reader.read();
    if (done) break;
    events.push(short(value));
  }
  const [last] = [events.lastIndexOf("0 initial-stream")];
  const told = events.slice(last).filter((text) => text.includes("="));
  assertEquals(told, ["0 a=1", "0 b=1", "0 c=1", "0 g=1"]);
});

test("a message of another node whose key no feed could carry is refused", async () => {
  for (const length of [250, 251, 300]) {
    await using scene = new CouchbaseScene({ buckets: [{ name: "default", vbucketCount: 1 }] });
    await using peer = await scene.peer();
    // Eight bytes of its own, eight of the item; asks for an answer.
    const extras = hex("00000001ff000000 0000000000000000");
    for (const opcode of [0x41, 0x42]) {
      const body = opcode === 0x41 ? extras : extras.subarray(0, 8);
      const answer = await peer.ask({
        opcode,
        key: "k".repeat(length),
        extras: body,
        value: opcode === 0x41 ? "v" : "",
      });
      assertEquals([opcode, length, answer.status], [opcode, length, length === 250 ? 0 : 4]);
    }
    await using consumer = await openPeer(scene);
    await stream(consumer);
    if (length === 250) assertEquals((await told(consumer, 2))[1], `deletion 2 ${"k".repeat(250)}`);
    assertEquals(scene.bucket.findVbucket(0)!.highSeqno, length === 250 ? 2n : 0n);
  }
});
