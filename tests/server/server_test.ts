/** Servers on sockets: who may come, who is counted, and what is left when they close. */

import { assert, assertEquals, assertInstanceOf, assertNotEquals, assertRejects } from "@std/assert";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "../../mod.ts";
import { ClosedError, ConnectionError } from "../../src/errors.ts";
import { NOOP } from "../../src/ops/admin.ts";
import { GET } from "../../src/ops/retrieval.ts";
import { MemoryStore, Server } from "../../src/server.ts";
import { dial } from "../../src/transport/detect.ts";
import { memoryListener } from "../../src/transport/memory.ts";
import type { Address } from "../../src/transport/transport.ts";
import { request, Talk } from "../contract/conformance_talk.ts";
import { ServerScene } from "../support/server_scene.ts";
import { test } from "../support/test.ts";
import { wireOf } from "../support/transport_wire.ts";

const LOCAL: Address = { hostname: "127.0.0.1", port: 0 };

async function talkTo(address: Address): Promise<Talk> {
  return new Talk(wireOf(await dial(address)));
}

test("Server listens over TCP, a unix socket and TLS at once, for one store", async () => {
  const folder = await mkdtemp(join(tmpdir(), "memwire-server-"));
  const pem = (name: string) => readFile(new URL(`../vectors/tls/${name}.pem`, import.meta.url), "utf8");
  try {
    await using server = new Server();
    new MemoryStore().register(server);
    const plain = await server.listen(LOCAL);
    const unix = await server.listen({ path: join(folder, "server.sock") });
    const secure = await server.listen(LOCAL, { tls: { cert: await pem("server"), key: await pem("server_key") } });
    await using first = await connect(plain.address);
    await first.set("k", "from one");
    await using second = await connect(unix.address);
    assertEquals((await second.get("k"))?.text(), "from one");
    const tls = { caCerts: [await pem("ca")], serverName: "localhost" };
    await using third = await connect({ ...secure.address, tls } as Address);
    assertEquals((await third.get("k"))?.text(), "from one");
    assertEquals(Array.from(server.sessions, (session) => session.secure).sort(), [false, false, true]);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("Server listens with a network that is given to it", async () => {
  const network = memoryListener();
  await using server = new Server();
  new MemoryStore().register(server);
  const { address } = await server.listen({ hostname: "cache", port: 11211 }, { listen: network.listen });
  assertEquals(address, { hostname: "cache", port: 11211 });
  await using mc = await connect(address, { dial: network.connect });
  await mc.set("k", "v");
  assertEquals((await mc.get("k"))?.text(), "v");
});

test("ServerListener.close stops listening and leaves the sessions", async () => {
  await using scene = new ServerScene();
  const listener = await scene.server.listen(LOCAL);
  await using talk = await talkTo(listener.address);
  await talk.ask({ opcode: 0x0a });
  listener.close();
  await listener.closed;
  await assertRejects(() => dial(listener.address), ConnectionError);
  assertEquals((await talk.ask({ opcode: 0x0a })).status, 0);
  // Its place is free again.
  await using again = await scene.server.listen(listener.address);
  assertEquals(again.address, listener.address);
});

test("Server.close closes listeners and sessions, and refuses what comes later", async () => {
  const server = new Server();
  const { address } = await server.listen(LOCAL);
  await using talk = await talkTo(address);
  await talk.ask({ opcode: 0x0a });
  await Promise.all([server.close(), server.close()]);
  assertEquals(server.sessions.size, 0);
  assertEquals(await talk.next(), undefined);
  await assertRejects(() => dial(address), ConnectionError);
  await assertRejects(() => server.listen(LOCAL), ClosedError);
});

test("Server that is closed while it begins to listen does not listen", async () => {
  const server = new Server();
  const listening = server.listen(LOCAL);
  const closed = server.close();
  await assertRejects(() => listening, ClosedError);
  await closed;
});

test("Server turns clients away that are too many, and takes them when others have gone", async () => {
  await using scene = new ServerScene({ maxConnections: 2 });
  const { address } = await scene.server.listen(LOCAL);
  const first = await talkTo(address);
  await using second = await talkTo(address);
  await first.ask({ opcode: 0x0a });
  await second.ask({ opcode: 0x0a });
  await using third = await talkTo(address);
  assertEquals(await third.next(), undefined);
  const { connections, totalConnections, rejectedConnections } = scene.server.counters;
  assertEquals([connections, totalConnections, rejectedConnections], [2, 2, 1]);
  const [session] = scene.server.sessions;
  await first[Symbol.asyncDispose]();
  await session!.closed;
  await using fourth = await talkTo(address);
  assertEquals((await fourth.ask({ opcode: 0x0a })).status, 0);
});

test("Server counts bytes of sessions that are over and of those that are not", async () => {
  await using scene = new ServerScene();
  const one = scene.connect();
  await one.ask({ opcode: 0x0a });
  await one.ask({ opcode: 0x0a });
  await one[Symbol.asyncDispose]();
  await scene.server.sessions.values().next().value?.closed;
  await using other = scene.connect();
  await other.ask({ opcode: 0x0a });
  const { connections, totalConnections, bytesRead, bytesWritten } = scene.server.counters;
  assertEquals([connections, totalConnections, bytesRead, bytesWritten], [1, 2, 72, 72]);
});

test("Server.on takes the place of an earlier handler, for clients that are there already", async () => {
  await using scene = new ServerScene();
  await using talk = scene.connect();
  assertEquals((await talk.ask({ opcode: 0x00, key: "k" })).status, 0x81);
  scene.server.on(GET, () => ({ value: "1", flags: 0, cas: 1n }));
  assertEquals((await talk.ask({ opcode: 0x00, key: "k" })).status, 0);
  let noops = 0;
  scene.server.on(NOOP, () => void noops++).on(GET, () => undefined);
  assertEquals((await talk.ask({ opcode: 0x00, key: "k" })).status, 1);
  // The quiet twin goes with it.
  await talk.send(request({ opcode: 0x09, key: "k" }));
  assertEquals((await talk.ask({ opcode: 0x0a })).opcode, 0x0a);
  assertEquals(noops, 1);
});

test("Server reports a connection that is reset, and serves the others", async () => {
  await using scene = new ServerScene();
  scene.server.on(GET, () => ({ value: "v".repeat(100_000), flags: 0, cas: 1n }));
  await using good = scene.connect();
  const bad = scene.connectTransport();
  bad.pause();
  bad.start({ data: () => {}, end: () => {} });
  const [, session] = scene.server.sessions;
  await bad.write(request({ opcode: 0x00, key: "k" }));
  // The answer is there and was not read: to close now is a reset for the server.
  bad.close();
  await session!.closed;
  assertEquals(scene.errors.map(({ context }) => context.session), [session!]);
  assertInstanceOf(scene.errors[0]?.error, ConnectionError);
  assertEquals((await good.ask({ opcode: 0x0a })).status, 0);
  assertEquals(scene.server.sessions.size, 1);
});

test("two stores on two servers share nothing", async () => {
  await using one = ServerScene.withStore({ version: "1.2.3" });
  await using other = ServerScene.withStore();
  await using here = one.connect();
  await using there = other.connect();
  const text = async (talk: Talk) => new TextDecoder().decode((await talk.ask({ opcode: 0x0b })).value);
  assertEquals(await text(here), "1.2.3");
  assertNotEquals(await text(there), "1.2.3");
  assert((await here.stats()).get("version") === "1.2.3");
});
