/** What only the meta protocol can do, on a real memcached. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { CasMismatchError, connect, NotStoredError, StatusError, UnsupportedError } from "../../mod.ts";
import { MetaClient, ServerVersion } from "../../src/text.ts";
import { withMemcached } from "../support/with_memcached.ts";

const memcachedTest = await withMemcached();

const connectTo = (port: number, protocol: "meta" | "binary" = "meta") =>
  connect({ hostname: "127.0.0.1", port }, { protocol, timeout: 30_000, connectTimeout: 30_000 });

memcachedTest("MetaClient with a real memcached: stale while one makes it anew", async ({ port }) => {
  await using client = await connectTo(port);
  const meta = new MetaClient(client);
  const { cas } = await meta.set("page", "old", { ttl: 1000, flags: 7 });
  const fresh = await meta.get("page");
  assertEquals([fresh?.text(), fresh?.flags, fresh?.cas, fresh?.size], ["old", 7, cas, 3]);
  assertEquals([fresh?.hitBefore, fresh?.won, fresh?.stale], [false, false, false]);
  assertEquals((await meta.get("page", { noBump: true }))?.hitBefore, true);

  assertEquals(await meta.invalidate("page", { ttl: 30 }), true);
  const [first, second, third] = await Promise.all([meta.get("page"), meta.get("page"), meta.get("page")]);
  assertEquals([first?.won, first?.stale, first?.text()], [true, true, "old"]);
  for (const other of [second, third]) assertEquals([other?.won, other?.alreadyWon, other?.stale], [false, true, true]);
  await meta.set("page", "new", { cas: first!.cas, ttl: 1000 });
  const again = await meta.get("page");
  assertEquals([again?.text(), again?.stale, again?.won, again?.alreadyWon], ["new", false, false, false]);
  assertEquals(await meta.invalidate("none"), false);
  await assertRejects(() => meta.invalidate("page", { cas: 1n }), CasMismatchError);
});

memcachedTest("MetaClient with a real memcached: one early reader, one who makes what is missing", async ({ port }) => {
  await using client = await connectTo(port);
  const meta = new MetaClient(client);
  await meta.set("soon", "v", { ttl: 20 });
  const [first, second] = await Promise.all([meta.get("soon", { recache: 30 }), meta.get("soon", { recache: 30 })]);
  assertEquals([first?.won, second?.won, second?.alreadyWon], [true, false, true]);
  const [made, seen] = await Promise.all([meta.get("lock", { vivify: 30 }), meta.get("lock", { vivify: 30 })]);
  assertEquals([made?.won, made?.size, seen?.won, seen?.alreadyWon], [true, 0, false, true]);
  assert(made!.ttl! > 25 && made!.ttl! <= 31);
  const late = await meta.set("lock", "filled", { cas: made!.cas });
  assertEquals((await meta.get("lock"))?.cas, late.cas);
  await assertRejects(() => meta.set("lock", "x", { mode: "add" }), NotStoredError);
});

memcachedTest("MetaClient with a real memcached: what is known, counters, keys of any bytes", async ({ port }) => {
  await using client = await connectTo(port);
  const meta = new MetaClient(client);
  const key = "a b\r\n\0";
  await meta.set(key, "x".repeat(1000), { ttl: 500 });
  const known = await meta.get(key, { value: false });
  assertEquals([known?.size, known?.hasValue, known?.value.length], [1000, false, 0]);
  const touched = await meta.get(key, { ttl: 0 });
  assertEquals([touched?.ttl, touched?.value.length], [undefined, 1000]);
  assertEquals((await meta.debug(key))?.exp, -1);
  assertEquals(await meta.debug("none"), undefined);
  assertEquals((await meta.increment("hits", { initial: 10, vivify: 60 }))?.value, 10n);
  const counted = await meta.increment("hits", { by: 5 });
  assertEquals([counted?.value, counted!.ttl! > 50], [15n, true]);
  assertEquals((await meta.decrement("hits", { by: 100, cas: counted!.cas }))?.value, 0n);
  await assertRejects(() => meta.increment("hits", { cas: counted!.cas }), CasMismatchError);
  assertEquals(await meta.increment("none"), undefined);
});

memcachedTest(
  "MetaClient with a real memcached: versions of one's own choice, where it knows them",
  async ({ port, version }) => {
    await using client = await connectTo(port);
    const meta = new MetaClient(client);
    if (ServerVersion.parse(version)!.atLeast("1.6.27")) {
      assertEquals((await meta.set("mine", "v", { newCas: 1234n })).cas, 1234n);
    } else {
      const error = await assertRejects(() => meta.set("mine", "v", { newCas: 1234n }), StatusError);
      assertEquals(error.statusName, "EINVAL");
      await client.noop();
    }
    await using binary = await connectTo(port, "binary");
    await assertRejects(() => new MetaClient(binary).get("k"), UnsupportedError, 'protocol "meta"');
  },
);
