/** What a cache does when callers give up, turns are lost, servers fail, and clocks are set back. */

import { assertEquals, assertRejects } from "@std/assert";
import { Cache } from "../../src/cache/cache.ts";
import type { CacheClient } from "../../src/cache/cache_entry.ts";
import type { CacheOptions } from "../../src/cache/cache_options.ts";
import { Lease } from "../../src/cache/lease.ts";
import { Namespace } from "../../src/cache/namespace.ts";
import { withPrefix } from "../../src/cache/prefix_caller.ts";
import { connect } from "../../src/client/connect.ts";
import { UnsupportedError } from "../../src/errors.ts";
import { MemoryStore } from "../../src/server/memory_store.ts";
import { Server } from "../../src/server/server.ts";
import { memoryPair } from "../../src/transport/memory.ts";
import { MockClient } from "../../src/testing/mock_client.ts";
import { test } from "../support/test.ts";
import { type CacheScene, cacheScene } from "./cache_scene.ts";

function cacheOf(scene: CacheScene, options: CacheOptions<number> = {}, client: CacheClient = scene.client) {
  return new Cache<number>(client, { clock: scene.clock, random: () => 0.5, ...options });
}

/** Something to wait for. */
function gate(): { readonly open: () => void; readonly opened: Promise<void> } {
  let open = () => {};
  const opened = new Promise<void>((resolve) => open = resolve);
  return { open: () => open(), opened };
}

test("cache: the turn is given back for all who wait, although the one who took it has given up", async () => {
  await using scene = await cacheScene();
  const cache = cacheOf(scene, { ttl: 60, lease: true, onCacheError: "throw" });
  const giveUp = new AbortController();
  const [begun, go] = [gate(), gate()];
  const load = async () => {
    begun.open();
    await go.opened;
    return 1;
  };
  const first = cache.getOrSet("k", load, { signal: giveUp.signal });
  await begun.opened;
  const second = cache.getOrSet("k", load);
  // The second has joined when its lookup has been answered.
  while (cache.stats().misses < 2) await scene.client.noop();
  giveUp.abort(new Error("enough"));
  await assertRejects(() => first, Error, "enough");
  go.open();
  assertEquals(await second, 1);
  assertEquals([await scene.client.get("k:lease"), await cache.get("k")], [undefined, 1]);
});

test("cache: the turn is given back when nobody waits any more", async () => {
  await using scene = await cacheScene();
  const cache = cacheOf(scene, { ttl: 60, lease: true });
  const giveUp = new AbortController();
  const begun = gate();
  const load = ({ signal }: { readonly signal: AbortSignal }) => {
    begun.open();
    return new Promise<number>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  };
  const first = cache.getOrSet("k", load, { signal: giveUp.signal });
  await begun.opened;
  giveUp.abort(new Error("enough"));
  await assertRejects(() => first, Error, "enough");
  while (await scene.client.get("k:lease") !== undefined);
});

for (const [how, outcome] of [["finds no value", undefined], ["fails", new Error("no source")]] as const) {
  test(`cache: when the process whose turn it is ${how}, the turn is that of the next who waits`, async () => {
    await using scene = await cacheScene();
    const [begun, go, waited] = [gate(), gate(), gate()];
    const one = cacheOf(scene, { ttl: 60, lease: true });
    const load = async () => {
      begun.open();
      await go.opened;
      if (outcome instanceof Error) throw outcome;
      return outcome;
    };
    const first = one.getOrSet("k", load).catch((error) => error);
    await begun.opened;
    const began = scene.clock();
    const delay: CacheOptions<number>["delay"] = async (ms) => {
      scene.pass(ms);
      waited.open();
      await first;
    };
    const other = cacheOf(scene, { ttl: 60, lease: true, delay }, await scene.connect());
    const second = other.getOrSet("k", () => 2);
    await waited.opened;
    go.open();
    assertEquals(await first, outcome);
    assertEquals(await second, 2);
    // One look, and not as long as a turn may take.
    assertEquals([scene.clock() - began, other.stats().leaseWaits], [50, 1]);
    assertEquals([await scene.client.get("k:lease"), await one.get("k")], [undefined, 2]);
  });
}

test("cache: a clock that is set back makes nobody wait longer for a turn", async () => {
  await using scene = await cacheScene();
  await Lease.take(scene.client, "k", { ttl: 1000 });
  let waited = 0;
  const delay: CacheOptions<number>["delay"] = (ms) => {
    waited += ms;
    if (waited > 1000) throw new Error("waits on and on");
    scene.pass(-10);
    return Promise.resolve();
  };
  const cache = cacheOf(scene, { ttl: 60, lease: { wait: 500, poll: 100 }, delay });
  assertEquals([await cache.getOrSet("k", () => 3), waited], [3, 500]);
});

test("cache: who finds nothing while a value is made anew is not given the old one when that fails", async () => {
  await using scene = await cacheScene();
  const problems: unknown[] = [];
  const report = ({ error }: { readonly error: unknown }) => void problems.push((error as Error).message);
  const cache = cacheOf(scene, { ttl: 10, staleFor: 60, report });
  await cache.set("k", 1);
  scene.pass(10_001);
  const go = gate();
  const load = async () => {
    await go.opened;
    throw new Error("no source");
  };
  assertEquals(await cache.getOrSet("k", load), 1);
  await scene.client.delete("k");
  const second = cache.getOrSet("k", load);
  while (cache.stats().misses < 1) await scene.client.noop();
  go.open();
  await assertRejects(() => second, Error, "no source");
  await cache.idle();
  assertEquals(problems, ["no source"]);
});

test("cache: bytes that are no value are replaced, unless somebody else did", async () => {
  await using scene = await cacheScene();
  await scene.client.set("k", "{");
  const cache = cacheOf(scene, { ttl: 60, staleIfError: true });
  await assertRejects(
    () =>
      cache.getOrSet("k", () => {
        throw new Error("no source");
      }),
    Error,
    "no source",
  );
  assertEquals(await cache.getOrSet("k", () => 4), 4);
  assertEquals([await cache.get("k"), cache.stats().cacheErrors], [4, 2]);
  await scene.client.set("k", "{");
  const load = async () => {
    await cacheOf(scene).set("k", 5);
    return 6;
  };
  assertEquals([await cache.getOrSet("k", load), await cache.get("k")], [6, 5]);
});

test("cache: without the generation of its namespace it does without the server, or not", async () => {
  await using scene = await cacheScene();
  const away = new MockClient({ faults: { "*": "error" } });
  const problems: string[] = [];
  const options = (): CacheOptions<number> => ({
    ttl: 60,
    namespace: new Namespace(away, "n"),
    report: ({ attempt }) => void problems.push(attempt),
  });
  const cache = cacheOf(scene, options());
  const go = gate();
  let loads = 0;
  const load = async () => {
    loads++;
    await go.opened;
    return 1;
  };
  const both = [cache.getOrSet("k", load), cache.getOrSet("k", load)];
  while (cache.stats().misses < 2) await scene.client.noop();
  go.open();
  assertEquals([await Promise.all(both), loads], [[1, 1], 1]);
  assertEquals(await cache.get("k"), undefined);
  assertEquals(problems, ["read", "read", "read"]);
  const strict = cacheOf(scene, { ...options(), onCacheError: "throw" });
  await assertRejects(() => strict.getOrSet("k", () => 1), Error, "EINTERNAL");
  await away.close();
});

test("namespace: who gives up leaves the generation to the others", async () => {
  let answer = (_: string) => {};
  const asked: (AbortSignal | undefined)[] = [];
  const client = {
    getText: (_: string, options?: { readonly signal?: AbortSignal }) => {
      asked.push(options?.signal);
      return new Promise<string>((resolve, reject) => {
        answer = resolve;
        options?.signal?.addEventListener("abort", () => reject(options.signal!.reason));
      });
    },
  } as unknown as ConstructorParameters<typeof Namespace>[0];
  const namespace = new Namespace(client, "n");
  const giveUp = new AbortController();
  const one = namespace.key("a", { signal: giveUp.signal });
  const other = namespace.key("b");
  giveUp.abort(new Error("enough"));
  await assertRejects(() => one, Error, "enough");
  answer("7");
  assertEquals([await other, asked.length], ["n:7:b", 1]);
});

test("prefix: a client with one tells its status, if the one below does", async () => {
  await using scene = await cacheScene();
  for await (const event of withPrefix(scene.client, "p:").status()) {
    assertEquals(event.type, "connected");
    break;
  }
  await using mock = new MockClient();
  try {
    withPrefix(mock, "p:").status();
    throw new Error("no error");
  } catch (error) {
    assertEquals(error instanceof UnsupportedError, true);
  }
});

test("lease: turns are told apart over the text protocol, too, which tells writers no version", async () => {
  await using server = new Server();
  new MemoryStore().register(server);
  const dial = () => {
    const [here, there] = memoryPair();
    server.serve(there);
    return Promise.resolve(here);
  };
  await using client = await connect({ hostname: "memory", port: 1 }, { dial, protocol: "text" });
  const cache = new Cache<number>(client, { ttl: 60, lease: true });
  assertEquals(await cache.getOrSet("k", () => 1), 1);
  assertEquals([await cache.get("k"), await client.get("k:lease")], [1, undefined]);
  const lost = await Lease.take(client, "k", { ttl: 10 });
  await Lease.revoke(client, "k");
  const held = await Lease.take(client, "k", { ttl: 10 });
  await lost?.release();
  assertEquals([await lost?.isHeld(), await held?.isHeld()], [false, true]);
});

test("namespace: a clock that is set back does not keep an old generation", async () => {
  await using scene = await cacheScene();
  const [here, there] = [scene.client, await scene.connect()].map((client) =>
    new Namespace(client, "n", { clock: scene.clock })
  );
  const old = await here!.key("k");
  scene.pass(-3_600_000);
  await there!.invalidate();
  assertEquals(await here!.key("k") === old, false);
});
