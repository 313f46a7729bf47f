/** What takes a connection of its own, on a real memcached: keys, the log, raw commands, capabilities, logins. */
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { AuthError, connect, type ConnectOptions, StatusError, UnsupportedError } from "../../mod.ts";
import {
  connStats,
  dumpKeyBytes,
  dumpKeys,
  itemStats,
  readCapabilities,
  sendCommand,
  settingStats,
  sizeStats,
  slabStats,
  watchServer,
} from "../../src/text.ts";
import { startMemcached } from "../support/memcached.ts";
import { withMemcached } from "../support/with_memcached.ts";

const memcachedTest = await withMemcached();
const at = (port: number) => ({ hostname: "127.0.0.1", port });
const PATIENT: ConnectOptions = { timeout: 30_000, connectTimeout: 30_000 };
const SLOW = { connectTimeout: 30_000, timeout: 30_000, idleTimeout: 30_000 };

/** Keys that an escape could be read wrongly in. */
const KEYS = ["plain", "a+b", "a%20b", "%", "ü😀", "a=b", "key=x", "q&r", "x".repeat(250)];

memcachedTest("dumpKeys of a real memcached has all keys as they are, in both modes", async ({ port }) => {
  await using client = await connect(at(port), { ...PATIENT, protocol: "meta" });
  await client.flush();
  await client.setMulti(KEYS.map((key) => [key, key]), { ttl: 1000, flags: 5 });
  await client.set("a b\r\n\0", "binary");
  await client.get("plain");
  for (const mode of ["all", "hash"] as const) {
    const found = new Map((await Array.fromAsync(dumpKeys(at(port), { ...SLOW, mode }))).map((e) => [e.key, e]));
    assertEquals(new Set(found.keys()), new Set([...KEYS, "a b\r\n\0"]));
    const plain = found.get("plain")!;
    assertEquals([plain.fetched, plain.cas], [true, (await client.get("plain"))!.cas]);
    const left = (plain.expiresAt!.getTime() - Date.now()) / 1000;
    assert(left > 900 && left < 1003, `${left} seconds left`);
    assertEquals(found.get("a b\r\n\0")!.expiresAt, undefined);
  }
  const some = dumpKeys(at(port), { ...SLOW, prefix: "a" });
  assertEquals((await Array.fromAsync(some)).map(({ key }) => key).sort(), ["a b\r\n\0", "a%20b", "a+b", "a=b"]);
  assertEquals(some.progress.seen, KEYS.length + 1);
});

memcachedTest("dumpKeys of an empty memcached ends, and two at once wait for each other", async () => {
  await using server = await startMemcached();
  assertEquals(await Array.fromAsync(dumpKeys(at(server.port), SLOW)), []);
  await using client = await connect(at(server.port), PATIENT);
  const keys = Array.from({ length: 2000 }, (_, i) => `key:${i}`);
  await client.setMulti(keys.map((key) => [key, "v"]));
  const dumps = await Promise.all(
    [1, 2, 3].map(() => Array.fromAsync(dumpKeys(at(server.port), { ...SLOW, busyTimeout: 60_000, mode: "hash" }))),
  );
  assertEquals(dumps.map(({ length }) => length), [2000, 2000, 2000]);
});

memcachedTest("dumpKeys and dumpKeyBytes of a memcached that cannot say what it needs", async ({ port, version }) => {
  await using closed = await startMemcached({ args: ["-X"] });
  const error = await assertRejects(() => Array.fromAsync(dumpKeys(at(closed.port), SLOW)), StatusError);
  assert(error.message.includes("metadump not allowed"));
  if (version === "1.6.18") {
    await assertRejects(() => Array.fromAsync(dumpKeyBytes(at(port), SLOW)), UnsupportedError, "1.6.19");
  }
});

memcachedTest("watchServer sees what happens", async ({ port }) => {
  await using client = await connect(at(port), PATIENT);
  const log = watchServer(at(port), { ...SLOW, events: ["mutations"] });
  const reader = log.getReader();
  const first = reader.read();
  // The log begins some time after it was asked for.
  let waiting = true;
  first.finally(() => waiting = false);
  while (waiting) {
    await client.set("w 1", "value", { ttl: 60 });
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  const seen = (await first).value!;
  assertEquals([seen.type === "item_store" && seen.key, seen.type === "item_store" && seen.ttl], ["w 1", 60]);
  await reader.cancel();
  await assertRejects(
    () => watchServer(at(port), { events: ["nonsense" as never] }).getReader().read(),
    UnsupportedError,
  );
});

memcachedTest("sendCommand of lines of all kinds", async ({ port, version }) => {
  const lines = async (line: string, value?: string) =>
    (await sendCommand(at(port), line, value === undefined ? SLOW : { ...SLOW, value })).map(({ text }) => text);
  assertEquals(await lines("version"), [`VERSION ${version}`]);
  assertEquals(await lines("set raw 0 0 3", "raw"), ["STORED"]);
  assertEquals(await lines("get raw none"), ["VALUE raw 0 3", "END"]);
  assertEquals(await lines("delete raw noreply"), []);
  assertEquals(await lines("mg raw v"), ["EN"]);
  assertEquals(await lines("slabs automove 1"), ["OK"]);
  assertEquals(await lines("nonsense"), ["ERROR"]);
  assertEquals(await lines("quit"), []);
  assertEquals((await lines("stats detail dump")).at(-1), "END");
  assertEquals((await lines("shutdown"))[0], "ERROR: shutdown not enabled");
});

memcachedTest("readCapabilities and typed statistics", async ({ port, version }) => {
  const found = await readCapabilities(at(port), SLOW);
  assertEquals(found.versionText, version);
  const { meta, tls, sasl, textAuth, extstore, dumps, flush, cas, itemSizeMax } = found.flags;
  assertEquals([meta, tls, sasl, textAuth, extstore], [true, false, false, false, false]);
  assertEquals([dumps, flush, cas, itemSizeMax], [true, true, true, 1024 * 1024]);
  for (const protocol of ["binary", "meta", "text"] as const) {
    await using client = await connect(at(port), { ...PATIENT, protocol });
    await client.flush();
    await client.set("k", "v");
    const slabs = await slabStats(client);
    assertEquals([slabs.classes.get(1)?.chunkSize, slabs.activeSlabs > 0], [96, true]);
    assert((await itemStats(client)).get(1)!.number >= 1);
    assertEquals((await sizeStats(client)).enabled, false);
    const settings = await settingStats(client);
    assertEquals([settings.numThreads, settings.evictions, settings.maxBytes], [1, true, 256 * 1024 * 1024]);
    // memcached tells its connections only in text.
    if (protocol === "binary") continue;
    const conns = [...(await connStats(client)).values()];
    assertEquals(
      conns.some(({ state, listenAddress }) => state === "conn_listening" && listenAddress === undefined),
      true,
    );
  }
});

memcachedTest(
  "a file of users: logins over meta, text and auto, and all that has a connection of its own",
  async () => {
    const folder = await mkdtemp(join(tmpdir(), "memwire-users-"));
    const file = join(folder, "users");
    await writeFile(file, "ada:secret\nbob:p:ss w@rd\n", { mode: 0o644 });
    await chmod(folder, 0o755);
    try {
      await using server = await startMemcached({ args: ["-Y", file] });
      const credentials = { username: "ada", password: "secret" };
      const address = at(server.port);
      for (const protocol of ["meta", "text", "auto"] as const) {
        await using client = await connect(address, { ...PATIENT, protocol, credentials });
        await client.set(`k ${protocol}`.replace(" ", "-"), "v");
        await using other = await connect(`memcached://ada:secret@127.0.0.1:${server.port}`, { ...PATIENT, protocol });
        assertEquals(await other.getText(`k-${protocol}`), "v");
        const wrong = { ...PATIENT, protocol, credentials: { username: "ada", password: "Secret" } };
        await assertRejects(() => connect(address, wrong), AuthError, "does not accept the password");
        await assertRejects(() => connect(address, { ...PATIENT, protocol }), AuthError, "give credentials");
      }
      const keys = await Array.fromAsync(dumpKeys(address, { ...SLOW, credentials }));
      assertEquals(keys.length, 3);
      await assertRejects(() => Array.fromAsync(dumpKeys(address, SLOW)), AuthError, "give credentials");
      const [reply] = await sendCommand(address, "mn", { ...SLOW, credentials });
      assertEquals(reply?.text, "MN");
      const found = await readCapabilities(address, { ...SLOW, credentials });
      assertEquals(found.flags.textAuth, true);
      await assertRejects(() => watchServer(address, SLOW).getReader().read(), AuthError, "give credentials");
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
);

memcachedTest("credentials are not shown to a server that wants none", async ({ port }) => {
  const credentials = { username: "ada", password: "secret" };
  for (const protocol of ["meta", "text"] as const) {
    await assertRejects(() => connect(at(port), { ...PATIENT, protocol, credentials }), AuthError, "wants no login");
  }
  assertEquals(await sendCommand(at(port), "get auth", SLOW).then(([end]) => end?.text), "END");
});
