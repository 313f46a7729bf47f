/** Processes that take turns to make a value: each is a client and a cache of its own, on one server. */

import { assertEquals, assertRejects } from "@std/assert";
import { Cache } from "../../src/cache/cache.ts";
import type { CacheOptions } from "../../src/cache/cache_options.ts";
import { Lease } from "../../src/cache/lease.ts";
import { test } from "../support/test.ts";
import { type CacheScene, cacheScene } from "./cache_scene.ts";

/** A cache whose waits move the clock of the scene, and pass at once. */
async function process(scene: CacheScene, options: CacheOptions<number> = {}): Promise<Cache<number>> {
  return new Cache<number>(await scene.connect(), {
    ttl: 60,
    lease: true,
    clock: scene.clock,
    random: () => 0.5,
    delay: (ms, { signal }) => {
      scene.pass(ms);
      return signal.aborted ? Promise.reject(signal.reason) : Promise.resolve();
    },
    ...options,
  });
}

test("lease: one process makes the value, the others wait for it", async () => {
  await using scene = await cacheScene();
  const [one, two] = [await process(scene), await process(scene)];
  const { promise, resolve } = Promise.withResolvers<number>();
  let begun = () => {};
  const making = new Promise<void>((done) => begun = done);
  const first = one.getOrSet("k", () => {
    begun();
    return promise;
  });
  await making;
  const second = two.getOrSet("k", () => 2);
  resolve(1);
  assertEquals(await Promise.all([first, second]), [1, 1]);
  assertEquals([one.stats().loads, two.stats().loads, two.stats().leaseWaits], [1, 0, 1]);
});

test("lease: it is given back, and a process that has died holds it no longer than its time", async () => {
  await using scene = await cacheScene();
  const one = await process(scene);
  await one.getOrSet("k", () => 1);
  assertEquals(await scene.client.get("k:lease"), undefined);
  assertEquals((await Lease.take(scene.client, "gone", { ttl: 10 }))?.constructor, Lease);
  assertEquals(await Lease.take(scene.client, "gone", { ttl: 10 }), undefined);
  scene.pass(10_001);
  assertEquals(await one.getOrSet("gone", () => 3), 3);
  assertEquals(one.stats().leaseWaits, 0);
});

test("lease: who has waited long enough makes the value without the turn", async () => {
  await using scene = await cacheScene();
  await Lease.take(scene.client, "k", { ttl: 1000 });
  const one = await process(scene, { lease: { wait: 500, poll: 100 } });
  const began = scene.clock();
  assertEquals(await one.getOrSet("k", () => 3), 3);
  assertEquals(scene.clock() - began, 500);
});

test("lease: of several processes one makes a stale value anew, and none waits", async () => {
  await using scene = await cacheScene();
  const options = { ttl: 10, staleFor: 100 };
  const caches = [await process(scene, options), await process(scene, options), await process(scene, options)];
  await caches[0]!.set("k", 1);
  scene.pass(10_001);
  const { promise, resolve } = Promise.withResolvers<number>();
  assertEquals(await Promise.all(caches.map((cache) => cache.getOrSet("k", () => promise))), [1, 1, 1]);
  resolve(2);
  await Promise.all(caches.map((cache) => cache.idle()));
  assertEquals(caches.reduce((sum, cache) => sum + cache.stats().loads, 0), 1);
  assertEquals(await caches[1]!.get("k"), 2);
});

test("lease: what is deleted while it is made for the first time is not stored", async () => {
  await using scene = await cacheScene();
  const [one, two] = [await process(scene), await process(scene)];
  const { promise, resolve } = Promise.withResolvers<number>();
  let begun = () => {};
  const making = new Promise<void>((done) => begun = done);
  const got = one.getOrSet("k", () => {
    begun();
    return promise;
  });
  await making;
  await two.delete("k");
  resolve(1);
  assertEquals(await got, 1);
  assertEquals(await scene.client.get("k"), undefined);
});

test("lease: a turn that was lost is not given back for another", async () => {
  await using scene = await cacheScene();
  const lost = await Lease.take(scene.client, "k", { ttl: 10 });
  scene.pass(10_001);
  const held = await Lease.take(scene.client, "k", { ttl: 10 });
  assertEquals([await lost?.isHeld(), await held?.isHeld()], [false, true]);
  await lost?.release();
  assertEquals(await held?.isHeld(), true);
  await held?.release();
  assertEquals(await held?.isHeld(), false);
});

test("lease: waiting ends with the signal", async () => {
  await using scene = await cacheScene();
  await Lease.take(scene.client, "k", { ttl: 1000 });
  const stop = new AbortController();
  const delay = (_: number, { signal }: { readonly signal: AbortSignal }) =>
    new Promise<void>((_, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason));
      stop.abort(new Error("enough"));
    });
  const one = await process(scene, { delay });
  await assertRejects(() => one.getOrSet("k", () => 3, { signal: stop.signal }), Error, "enough");
});
