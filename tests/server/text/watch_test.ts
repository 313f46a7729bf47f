/** What the embedded server logs to those who watch: memcached's own lines, and a count of those for which there was no room. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { connect } from "../../../mod.ts";
import { MemoryStore, Server } from "../../../src/server.ts";
import { connStats, readWatchLine, settingStats, type WatchEvent, watchServer } from "../../../src/text.ts";
import type { Transport } from "../../../src/transport/transport.ts";
import { store } from "../../contract/conformance_talk.ts";
import { deferred, ServerScene } from "../../support/server_scene.ts";
import { test } from "../../support/test.ts";
import { WatchLog } from "../../support/watch_log.ts";
import { wireOf } from "../../support/transport_wire.ts";
import { withMemcached } from "../../support/with_memcached.ts";
import { LOGGED } from "../../vectors/text_recorded/watch_logs.ts";
import { connectWire, type Wire } from "../../vectors/wire.ts";

// Its other threads would take out what has expired before it is looked for.
const memcachedTest = await withMemcached({ args: ["-o", "no_lru_maintainer,no_lru_crawler"] });

memcachedTest("memcached tells those who watch what was recorded", async ({ port, version }) => {
  if (version === "1.6.18") await playLog(() => connectWire(port));
});

test("watch tells of every fetch and mutation as memcached does", async () => {
  await using scene = ServerScene.withStore();
  await playLog(() => Promise.resolve(clientOf(scene)));
});

async function playLog(connect: () => Promise<Wire>): Promise<void> {
  const log = await WatchLog.open(await connect(), "fetchers mutations");
  const client = await connect();
  for (const [sent, ...expected] of LOGGED) {
    await say(client, `${sent}mg fence\r\n`);
    const lines = await log.until(/ key=fence /);
    assertEquals(lines.slice(0, -1).map(steady), expected, sent.slice(0, 60));
  }
  await client.close();
  await log.wire.close();
}

/** Without what differs from server to server: of a large item memcached tells the class and the connection from memory that is not set. */
function steady(line: string): string {
  const rest = line.replace(/^ts=\d+\.\d+ gid=\d+ type=/, "").replace(/ cfd=-?\d+/, "");
  return rest.replace(/(?<=status=too_large .*clsid=)\d+/, "#").replace(/(?<=ttl=)4294\d{6}/, "#");
}

test("watch tells of evictions, and of connections that come and go", async () => {
  await using scene = ServerScene.withStore({ memoryLimit: 30_000, clock: () => 1_700_000_000_123 });
  const log = await WatchLog.open(clientOf(scene), "evictions connevents");
  const client = clientOf(scene);
  const value = "z".repeat(8000);
  await say(client, `set first 0 1000 8000\r\n${value}\r\nset second 0 0 8000\r\n${value}\r\nget second\r\n`);
  for (const name of ["third", "fourth", "fifth"]) await say(client, `set ${name} 0 0 8000\r\n${value}\r\n`);
  const http = clientOf(scene);
  await say(http, "GET / HTTP/1.1\r\n");
  assertEquals(await http.read(), undefined);
  await client.close();
  const lines = await log.until(/conn_close .*reason=normal/);
  assertEquals(lines.map((line) => line.replace(/rip=\S+ rport=\d+ transport=\S+/, "#")), [
    "ts=1700000000.123000 gid=1 type=conn_new # cfd=11",
    "ts=1700000000.123000 gid=2 type=eviction key=first fetch=no ttl=1000 la=0 clsid=1 size=8000",
    "ts=1700000000.123000 gid=3 type=eviction key=second fetch=yes ttl=-1 la=0 clsid=1 size=8000",
    "ts=1700000000.123000 gid=4 type=conn_new # cfd=12",
    "ts=1700000000.123000 gid=5 type=conn_close # reason=error cfd=12",
    "ts=1700000000.123000 gid=6 type=conn_close # reason=normal cfd=11",
  ]);
  assertMatch(scene.messages[0]!, /HTTP/);
});

test("watch tells by which connection of either protocol", async () => {
  await using scene = ServerScene.withStore();
  const log = await WatchLog.open(clientOf(scene), "");
  await using binary = scene.connect();
  await binary.ask(store(0x01, "k", "v"));
  const text = clientOf(scene);
  await say(text, "get k\r\n");
  await binary.ask({ opcode: 0x00, key: "k" });
  await say(text, "get fence\r\n");
  const numbers = (await log.until(/fence/)).map((line) =>
    readWatchLine(new TextEncoder().encode(line)).fields.get("cfd")
  );
  const [first, second] = numbers;
  assert(first !== second);
  assertEquals(numbers, [first, second, first, second]);
});

test("watch counts what there was no room for, holds little, and goes on when there is", async () => {
  await using scene = ServerScene.withStore({}, { maxQueuedBytes: 4096 });
  const gate = deferred();
  let unread = 0;
  let open = false;
  const slow = (peer: Transport): Transport => ({
    peer: peer.peer,
    secure: peer.secure,
    closed: peer.closed,
    start: (sink) => peer.start(sink),
    handOver: (sink) => peer.handOver(sink),
    close: () => peer.close(),
    pause: () => peer.pause(),
    resume: () => peer.resume(),
    write: (bytes) => {
      if (bytes.length < 10 || open) return peer.write(bytes);
      unread += bytes.length;
      const copy = bytes.slice();
      return gate.promise.then(() => peer.write(copy));
    },
  });
  const log = await WatchLog.open(wireOf(scene.connectTransport(slow)), "fetchers");
  const client = clientOf(scene);
  for (let i = 0; i < 1000; i++) await say(client, `mg missing${i} k\r\n`);
  assert(unread < 10_000, `${unread} bytes`);
  open = true;
  gate.resolve();
  await log.until(/missing0 /);
  let lines: string[] = [];
  for (let i = 0; !lines.some((line) => line.startsWith("skipped=")); i++) {
    await say(client, `mg after${i} k\r\n`);
    lines = [...lines, ...await log.until(/key=/)];
  }
  const [told, skipped] = [
    lines.filter((line) => line.includes("missing")).length,
    lines.find((l) => l.startsWith("skip"))!,
  ];
  assertEquals(Number(skipped.slice("skipped=".length)) + told + 1 >= 1000, true, `${skipped}, ${told} told`);
});

test("watch has room for twenty, and again when one of them has gone", async () => {
  await using scene = ServerScene.withStore();
  const logs: WatchLog[] = [];
  for (let i = 0; i < 20; i++) logs.push(await WatchLog.open(clientOf(scene), "mutations"));
  const late = clientOf(scene);
  assertEquals(await say(late, "watch\r\n"), "WATCHER_TOO_MANY log watcher limit reached\r\n");
  await logs[7]!.wire.close();
  assertEquals(await say(late, "watch\r\n"), "OK\r\n");
});

test("watch is refused behind other commands and for names that there are not; what is said after it is not looked at", async () => {
  await using scene = ServerScene.withStore();
  const client = clientOf(scene);
  assertEquals(
    await say(client, "version\r\nwatch\r\nlru_crawler metadump all\r\n"),
    "VERSION 1.6.18\r\nERROR cannot pipeline other commands before watch\r\n" +
      "ERROR cannot pipeline other commands before metadump\r\n",
  );
  for (const names of ["nothing", "fetchers nothing", "deletions"]) {
    assertEquals(await say(client, `watch ${names}\r\n`), "ERROR\r\n");
  }
  // memcached sends what a fence or a get has answered, before it looks at more.
  assertEquals(await say(client, "mn\r\nwatch rawcmds proxyreqs\r\nversion\r\n"), "MN\r\nOK\r\n");
  await client.write(new TextEncoder().encode("set k 0 0 1\r\nv\r\n"));
  assertEquals(await say(clientOf(scene), "get k\r\n"), "END\r\n");
});

test("watchServer reads what the embedded server logs, and connections and settings are told as by memcached", async () => {
  await using server = new Server();
  new MemoryStore().register(server);
  const { address } = await server.listen({ hostname: "127.0.0.1", port: 0 });
  await using client = await connect(address, { protocol: "meta" });
  const events = watchServer(client, { events: ["fetchers", "mutations"] })[Symbol.asyncIterator]();
  const first = events.next();
  let told = false;
  first.then(() => told = true, () => told = true);
  // Until it has begun.
  while (!told) await client.get("missing key");
  assertMatch(
    JSON.stringify((await first).value, (_, value) => typeof value === "bigint" ? 0 : value),
    /"key":"missing key"/,
  );
  await client.set("stored", "value", { ttl: 100 });
  let event: WatchEvent;
  do event = (await events.next()).value!; while (event.type !== "item_store");
  assertEquals([event.key, event.status, event.command, event.ttl, event.size], ["stored", "stored", "set", 100, 5]);
  const watching = [...(await connStats(client)).values()].filter(({ state }) => state === "conn_watch");
  assertEquals(watching.length, 1);
  assertMatch(watching[0]!.address, /^tcp:127\.0\.0\.1:\d+$/);
  assertEquals((await settingStats(client)).itemSizeMax, 1024 * 1024);
  await events.return!(undefined);
});

function clientOf(scene: ServerScene): Wire {
  return wireOf(scene.connectTransport());
}

/** Sends, and hears the next that comes. */
async function say(wire: Wire, text: string): Promise<string> {
  await wire.write(new TextEncoder().encode(text));
  return text.startsWith("GET /") ? "" : new TextDecoder().decode(await wire.read());
}
