/** A client whose values are what a transcoder makes of them. */

import { assertEquals, assertRejects } from "@std/assert";
import { Cache, dalliTranscoder, phpTranscoder, TranscodeError, withTranscoder } from "../../src/cache.ts";
import { CasMismatchError, KeyNotFoundError, NotStoredError } from "../../src/errors.ts";
import { test } from "../support/test.ts";
import { cacheScene } from "./cache_scene.ts";

test("typed client: writes and reads values, with the flags of its transcoder", async () => {
  await using scene = await cacheScene();
  const users = withTranscoder(scene.client, phpTranscoder());
  await users.set("a", { name: "Ada" }, { ttl: 60 });
  const item = await scene.client.get("a");
  assertEquals([item?.text(), item?.flags], ['a:1:{s:4:"name";s:3:"Ada";}', 4]);
  assertEquals(await users.get("a"), { name: "Ada" });
  assertEquals([await users.get("b"), await users.getItem("b")], [undefined, undefined]);
  assertEquals([await users.delete("a"), await users.delete("a")], [true, false]);
});

test("typed client: adds, replaces, and writes only over the version it read", async () => {
  await using scene = await cacheScene();
  const counts = withTranscoder(scene.client, phpTranscoder<number>());
  await counts.add("a", 1);
  await assertRejects(() => counts.add("a", 2), NotStoredError);
  await assertRejects(() => counts.replace("b", 2), KeyNotFoundError);
  await counts.replace("a", 2);
  const read = await counts.getItem("a");
  assertEquals(read?.value, 2);
  await counts.set("a", 3, { cas: read!.cas });
  await assertRejects(() => counts.set("a", 4, { cas: read!.cas }), CasMismatchError);
  assertEquals(await counts.get("a"), 3);
});

test("typed client: many values at once, each with flags of its own, and errors by key", async () => {
  await using scene = await cacheScene();
  const values = withTranscoder(scene.client, phpTranscoder());
  const written = await values.setMulti([["d", "y"], ["a", 1], ["b", "x"], ["c", [true]], ["d", 2]]);
  assertEquals([...written.hits.keys()].sort(), ["a", "b", "c", "d"]);
  await scene.client.set("e", "N", { flags: 4 });
  const { hits, misses, errors } = await values.getMulti(["a", "b", "c", "d", "e", "f"]);
  assertEquals(hits, new Map<string, unknown>([["a", 1], ["b", "x"], ["c", [true]], ["d", 2]]));
  assertEquals([[...misses], [...errors.keys()]], [["f"], ["e"]]);
  assertEquals(errors.get("e") instanceof TranscodeError, true);
});

test("typed client: what cannot be read or stored is the transcoder's error, and nothing is written", async () => {
  await using scene = await cacheScene();
  const values = withTranscoder(scene.client, dalliTranscoder());
  await scene.client.set("a", "x", { flags: 1 });
  await assertRejects(() => values.get("a"), TranscodeError, "Cannot read a value that Ruby has marshalled");
  await assertRejects(() => values.set("a", new Date(0)), TypeError, "Date");
  await assertRejects(() => values.setMulti([["b", 1], ["c", () => 1]]), TypeError, "function");
  assertEquals([await scene.client.getText("a"), await scene.client.get("b")], ["x", undefined]);
});

test("cache: takes any of the transcoders, and reads what another program stored", async () => {
  await using scene = await cacheScene();
  const cache = new Cache<unknown>(scene.client, {
    transcoder: phpTranscoder({ threshold: 100 }),
    ttl: 60,
    clock: scene.clock,
  });
  await scene.client.set("theirs", "i:7;", { flags: 4 });
  assertEquals(await cache.get("theirs"), 7);
  const long = { text: "x".repeat(1000) };
  await cache.set("ours", long);
  assertEquals(await cache.get("ours"), long);
  assertEquals((await scene.client.get("ours"))!.value.length < 100, true);
});
