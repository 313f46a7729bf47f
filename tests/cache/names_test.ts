/** Keys with something before them: prefixes and namespaces. */

import { assertEquals, assertRejects } from "@std/assert";
import { utf8Encode } from "../../src/bytes.ts";
import { Cache } from "../../src/cache/cache.ts";
import { Namespace } from "../../src/cache/namespace.ts";
import { withPrefix } from "../../src/cache/prefix_caller.ts";
import { test } from "../support/test.ts";
import { cacheScene } from "./cache_scene.ts";

test("prefix: stands before the keys of items, in calls about one and about many, text or bytes", async () => {
  await using scene = await cacheScene();
  const shop = withPrefix(scene.client, "shop:");
  await shop.set("a", "1");
  await shop.setMulti([["b", "2"], ["c", "3"]]);
  await shop.set(utf8Encode("d"), "4");
  await withPrefix(shop, "eu:").set("e", "5");
  const stored = await scene.client.getMulti(["shop:a", "shop:b", "shop:c", "shop:d", "shop:eu:e"]);
  assertEquals([...stored.hits.values()].map((item) => item.text()), ["1", "2", "3", "4", "5"]);
  const { hits, misses } = await shop.getMulti(["a", "z"]);
  assertEquals([[...hits.keys()], [...misses]], [["a"], ["z"]]);
  assertEquals(await shop.increment("a"), 2n);
  assertEquals(await shop.delete("a"), true);
});

test("prefix: stands before nothing else, and keeps what is no key from being one", async () => {
  await using scene = await cacheScene();
  const shop = withPrefix(scene.client, "shop:");
  assertEquals((await shop.stats("settings")).has("maxbytes"), true);
  await assertRejects(() => shop.get(""), RangeError, "empty key");
  await assertRejects(() => shop.get("k".repeat(246)), RangeError, "250");
});

test("namespace: all that is in it is gone at once here, and soon elsewhere", async () => {
  await using scene = await cacheScene();
  const here = new Namespace(scene.client, "ns", { clock: scene.clock });
  const there = new Namespace(await scene.connect(), "ns", { clock: scene.clock, refresh: 500 });
  await scene.client.set(await here.key("k"), "old");
  assertEquals(await there.key("k"), await here.key("k"));
  await here.invalidate();
  assertEquals(await scene.client.get(await here.key("k")), undefined);
  assertEquals(await scene.client.getText(await there.key("k")), "old");
  scene.pass(500);
  assertEquals(await there.key("k"), await here.key("k"));
});

test("namespace: a generation does not come again when its counter is lost", async () => {
  await using scene = await cacheScene();
  const one = new Namespace(scene.client, "ns", { clock: scene.clock });
  const seen = new Set<string>();
  for (let i = 0; i < 5; i++) {
    seen.add(await one.key("k"));
    await one.invalidate();
    seen.add(await one.key("k"));
    await scene.client.delete("ns");
    scene.pass(1000);
  }
  assertEquals(seen.size, 10);
});

test("namespace: two that begin at the same time agree", async () => {
  await using scene = await cacheScene();
  const one = new Namespace(scene.client, "ns", { clock: () => 1 });
  const two = new Namespace(await scene.connect(), "ns", { clock: () => 2 });
  const [a, b] = await Promise.all([one.key("k"), two.key("k")]);
  assertEquals(a, b);
});

test("namespace: a generation that could not be read is read again", async () => {
  await using scene = await cacheScene();
  const stop = AbortSignal.abort(new Error("not now"));
  const one = new Namespace(scene.client, "ns", { clock: scene.clock });
  await assertRejects(() => one.key("k", { signal: stop }), Error, "not now");
  assertEquals((await one.key("k")).startsWith("ns:"), true);
});

test("namespace: a cache in one forgets everything with it", async () => {
  await using scene = await cacheScene();
  const namespace = new Namespace(scene.client, "ns", { clock: scene.clock });
  const cache = new Cache<number>(scene.client, { prefix: "p:", namespace, ttl: 60, clock: scene.clock, near: true });
  await cache.set("k", 1);
  assertEquals(await cache.get("k"), 1);
  await namespace.invalidate();
  assertEquals(await cache.get("k"), undefined);
});
