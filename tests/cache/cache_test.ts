/** What a cache gives out, what it makes anew and when, and what it leaves alone. */

import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { Cache } from "../../src/cache/cache.ts";
import type { CacheOptions, CacheProblem } from "../../src/cache/cache_options.ts";
import type { Client } from "../../src/client/client.ts";
import { test } from "../support/test.ts";
import { type CacheScene, cacheScene } from "./cache_scene.ts";

/** A source that counts, and that can be held up. */
function source() {
  let made = 0;
  return {
    load: () => Promise.resolve(++made),
    get made() {
      return made;
    },
  };
}

function cacheOf(scene: CacheScene, options: CacheOptions<number> = {}, client: Client = scene.client) {
  return new Cache<number>(client, { clock: scene.clock, random: () => 0.5, ...options });
}

test("cache: a value is made once, for those who ask at the same time and for those who ask later", async () => {
  await using scene = await cacheScene();
  const from = source();
  const cache = cacheOf(scene, { ttl: 60 });
  assertEquals(await Promise.all([1, 2, 3].map(() => cache.getOrSet("k", from.load))), [1, 1, 1]);
  assertEquals(await cache.getOrSet("k", from.load), 1);
  assertEquals(await cacheOf(scene).get("k"), 1);
  assertEquals([from.made, cache.stats().loads, cache.stats().hits], [1, 1, 1]);
});

test("cache: a value past its time is made anew, by who asks for it", async () => {
  await using scene = await cacheScene();
  const from = source();
  const cache = cacheOf(scene, { ttl: 10 });
  await cache.getOrSet("k", from.load);
  scene.pass(9_999);
  assertEquals(await cache.getOrSet("k", from.load), 1);
  scene.pass(2);
  assertEquals(await cache.get("k"), undefined);
  assertEquals(await cache.getOrSet("k", from.load), 2);
});

test("cache: within staleFor the old value is given out and a new one made behind it", async () => {
  await using scene = await cacheScene();
  const from = source();
  const cache = cacheOf(scene, { ttl: 10, staleFor: 10 });
  await cache.getOrSet("k", from.load);
  scene.pass(10_001);
  assertEquals(await cache.get("k"), undefined);
  assertEquals(await cache.getOrSet("k", from.load), 1);
  await cache.idle();
  assertEquals(await cache.getOrSet("k", from.load), 2);
  assertEquals([cache.stats().stale, cache.stats().refreshes], [1, 1]);
});

test("cache: a value that was deleted or written while a new one was made is left alone", async () => {
  await using scene = await cacheScene();
  const cache = cacheOf(scene, { ttl: 10, staleFor: 100 });
  for (const change of [() => cache.delete("k"), () => cache.set("k", 99)]) {
    await cache.set("k", 1);
    scene.pass(10_001);
    const { promise, resolve } = Promise.withResolvers<number>();
    assertEquals(await cache.getOrSet("k", () => promise), 1);
    await change();
    const before = await cache.get("k");
    resolve(2);
    await cache.idle();
    assertEquals(await cache.get("k"), before);
  }
});

test("cache: a value is made before its time is over, by chance and the sooner the longer that takes", async () => {
  await using scene = await cacheScene();
  let slow = 0;
  const load = () => {
    scene.pass(1000);
    return ++slow;
  };
  // With dice of one half, 1 s of work and a weight of 2: the last 2 × ln 2 × 1 s.
  const cache = cacheOf(scene, { ttl: 10, early: 2 });
  await cache.getOrSet("k", load);
  scene.pass(10_000 - 1387);
  await cache.getOrSet("k", load);
  assertEquals([cache.stats().refreshes, slow], [0, 1]);
  scene.pass(2);
  assertEquals(await cache.getOrSet("k", load), 1);
  await cache.idle();
  assertEquals([cache.stats().refreshes, await cache.get("k")], [1, 2]);
});

test("cache: that there is no value is remembered for missTtl", async () => {
  await using scene = await cacheScene();
  let asked = 0;
  const none = () => void asked++;
  const cache = cacheOf(scene, { ttl: 60, missTtl: 5 });
  for (let i = 0; i < 3; i++) assertEquals(await cache.getOrSet("k", none), undefined);
  assertEquals(asked, 1);
  scene.pass(5_001);
  assertEquals(await cache.getOrSet("k", none), undefined);
  assertEquals(asked, 2);
  scene.pass(5_001);
  assertEquals(await cache.getOrSet("k", () => 7), 7);
  const forgetful = cacheOf(scene, { ttl: 60 });
  for (let i = 0; i < 2; i++) await forgetful.getOrSet("other", none);
  assertEquals(asked, 4);
});

test("cache: an error of load reaches all who wait, nothing is stored, and the next one tries again", async () => {
  await using scene = await cacheScene();
  const cache = cacheOf(scene, { ttl: 60 });
  const fail = () => Promise.reject(new Error("no database"));
  for (const got of await Promise.allSettled([cache.getOrSet("k", fail), cache.getOrSet("k", fail)])) {
    assertEquals(got.status === "rejected" && got.reason.message, "no database");
  }
  assertEquals(await cache.getOrSet("k", () => 5), 5);
  assertEquals(cache.stats().loadErrors, 1);
});

test("cache: with staleIfError an old value is better than none", async () => {
  await using scene = await cacheScene();
  const problems: CacheProblem[] = [];
  const cache = cacheOf(scene, { ttl: 10, staleFor: 10, staleIfError: true, report: (one) => problems.push(one) });
  await cache.set("k", 1);
  scene.pass(10_001);
  const fail = () => Promise.reject(new Error("no database"));
  assertEquals(await cache.getOrSet("k", fail), 1);
  await cache.idle();
  assertEquals(problems.map(({ attempt, key }) => `${attempt} ${key}`), ["refresh k"]);
});

test("cache: one caller that gives up leaves the others; when the last has gone the work is told", async () => {
  await using scene = await cacheScene();
  const cache = cacheOf(scene, { ttl: 60 });
  const first = new AbortController();
  const second = new AbortController();
  const began = Promise.withResolvers<AbortSignal>();
  const load = ({ signal }: { signal: AbortSignal }) => {
    began.resolve(signal);
    return new Promise<number>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  };
  const one = cache.getOrSet("k", load, { signal: first.signal });
  const two = cache.getOrSet("k", load, { signal: second.signal });
  const signal = await began.promise;
  // Both wait for the same work once their reading is done.
  await scene.client.noop();
  first.abort(new Error("first"));
  await assertRejects(() => one, Error, "first");
  assertEquals(signal.aborted, false);
  second.abort(new Error("second"));
  await assertRejects(() => two, Error, "second");
  assertEquals(signal.aborted, true);
  await assertRejects(() => cache.getOrSet("k", load, { signal: second.signal }), Error, "second");
  assertEquals(await cache.getOrSet("k", () => 3), 3);
});

test("cache: a server that fails is done without, and told of; or not", async () => {
  await using scene = await cacheScene();
  const problems: CacheProblem[] = [];
  const closed = await scene.connect();
  await closed.close();
  const cache = cacheOf(scene, { ttl: 60, report: (one) => problems.push(one) }, closed);
  assertEquals(await cache.getOrSet("k", () => 1), 1);
  assertEquals(problems.map(({ attempt }) => attempt), ["read", "write"]);
  assertEquals(cache.stats().cacheErrors, 2);
  const strict = cacheOf(scene, { ttl: 60, onCacheError: "throw" }, closed);
  await assertRejects(() => strict.getOrSet("k", () => 1), Error, "closed");
});

test("cache: bytes that are no value are made anew", async () => {
  await using scene = await cacheScene();
  await scene.client.set("k", "{");
  const cache = cacheOf(scene, { ttl: 60 });
  assertEquals(await cache.getOrSet("k", () => 4), 4);
  assertEquals(cache.stats().cacheErrors, 1);
});

test("cache: what others have stored bare is read as fresh", async () => {
  await using scene = await cacheScene();
  await scene.client.set("k", "12");
  assertEquals(await cacheOf(scene).getOrSet("k", () => 4), 12);
});

test("cache: what cannot be stored and times that are none are refused, whatever is done about servers", async () => {
  await using scene = await cacheScene();
  const cache = new Cache<unknown>(scene.client, { ttl: 60 });
  await assertRejects(() => cache.getOrSet("k", () => Symbol("s")), TypeError, "Cannot store symbol as JSON");
  await assertRejects(() => cache.getOrSet("k", () => 1, { ttl: -1 }), RangeError, "Cannot use ttl of -1");
  await assertRejects(() => cache.getOrSet("k", () => 1, { lease: { wait: NaN } }), RangeError, "lease.wait of NaN");
  assertThrows(() => new Cache(scene.client, { early: NaN }), RangeError, "Cannot use early of NaN");
});

test("cache: what is kept in the process is not asked for, until its time is over or it is written here", async () => {
  await using scene = await cacheScene();
  let ms = 0;
  const cache = cacheOf(scene, { ttl: 60, near: { ttl: 100, clock: () => ms } });
  const other = cacheOf(scene, { ttl: 60 });
  assertEquals(await cache.getOrSet("k", () => 1), 1);
  await other.set("k", 2);
  assertEquals(await cache.get("k"), 1);
  ms = 100;
  assertEquals(await cache.get("k"), 2);
  await other.set("k", 3);
  await cache.delete("k");
  assertEquals(await cache.get("k"), undefined);
  await cache.set("k", 4);
  assertEquals(await cache.get("k"), 4);
  assertEquals(cache.stats().near?.hits, 1);
});

test("cache: what was read before a change here is not kept in the process after it", async () => {
  await using scene = await cacheScene();
  const cache = cacheOf(scene, { ttl: 60, near: true });
  await cacheOf(scene, { ttl: 60 }).set("k", 1);
  const reading = cache.get("k");
  await Promise.all([reading, cache.delete("k")]);
  assertEquals(await cache.get("k"), undefined);
});
