/** Clients that do not read, or ask faster than handlers answer: what a session holds for them is bounded, and nothing is lost. */

import { assert, assertEquals } from "@std/assert";
import { once } from "node:events";
import { connect } from "node:net";
import { STAT } from "../../src/ops/admin.ts";
import { GET } from "../../src/ops/retrieval.ts";
import type { Transport } from "../../src/transport/transport.ts";
import { request } from "../contract/conformance_talk.ts";
import { deferred, ServerScene } from "../support/server_scene.ts";
import { test } from "../support/test.ts";
import { joined, readAllWire } from "../support/wire_frame.ts";

const LIMIT = 64 * 1024;

/** Bytes that are on their way beside those that wait: one write, one chunk that was read, one answer. */
const SLACK = 2 * LIMIT + 64 * 1024;

/** A transport that tells when it is paused and resumed. */
interface Watched {
  readonly transport: Transport;
  /** Resolves when the session stops to read. */
  readonly paused: Promise<void>;
  /** Resolves when it reads again. */
  readonly resumed: Promise<void>;
}

function watch(transport: Transport): Watched {
  const paused = deferred<void>();
  const resumed = deferred<void>();
  const watched: Transport = {
    peer: transport.peer,
    secure: transport.secure,
    closed: transport.closed,
    start: (sink) => transport.start(sink),
    handOver: (sink) => transport.handOver(sink),
    write: (bytes) => transport.write(bytes),
    close: () => transport.close(),
    pause: () => {
      transport.pause();
      paused.resolve();
    },
    resume: () => {
      transport.resume();
      resumed.resolve();
    },
  };
  return { transport: watched, paused: paused.promise, resumed: resumed.promise };
}

/** A client that sends much and reads when it is told to. */
function slowClient(scene: ServerScene): Watched & { readonly client: Transport; readonly read: Uint8Array[] } {
  let watched: Watched | undefined;
  const client = scene.connectTransport((transport) => (watched = watch(transport)).transport);
  const read: Uint8Array[] = [];
  client.pause();
  client.start({ data: (chunk) => void read.push(chunk.slice()), end: () => {} });
  return { ...watched!, client, read };
}

function gets(count: number): Uint8Array {
  return joined(...Array.from({ length: count }, (_, opaque) => request({ opcode: 0x00, key: "k", opaque })));
}

/** Waits until all answers are read, and gives their opaques. */
async function opaquesOf(read: readonly Uint8Array[], size: number): Promise<number[]> {
  const length = () => read.reduce((sum, chunk) => sum + chunk.length, 0);
  while (length() < size) await new Promise((resolve) => setTimeout(resolve, 1));
  return readAllWire(joined(...read)).map((answer) => answer.opaque);
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

for (const [what, valueSize] of [["small", 100], ["middling", 10_000], ["large", 100_000]] as const) {
  test(`Session stops to read from a client that does not read its ${what} answers`, async () => {
    await using scene = new ServerScene({ maxQueuedBytes: LIMIT });
    const value = new Uint8Array(valueSize).fill(0x76);
    scene.server.on(GET, () => ({ value, flags: 0, cas: 1n }));
    let answered = 0;
    scene.server.observe({ sent: (frame) => void (answered += frame.size) });
    const { client, read, paused, resumed } = slowClient(scene);
    const count = 20_000_000 / (valueSize + 1000) | 0;
    const written = client.write(gets(count));
    await paused;
    const [session] = scene.server.sessions;
    assert(answered <= SLACK + valueSize, `${answered} bytes of answers wait`);
    assert(session!.bytesRead <= SLACK, `${session!.bytesRead} bytes of requests were taken`);
    assertEquals(read.length, 0);
    client.resume();
    await resumed;
    await written;
    assertEquals(await opaquesOf(read, count * (28 + valueSize)), upTo(count));
    assertEquals(scene.messages, []);
    client.close();
  });
}

test("Session stops to read from a client that asks faster than handlers answer", async () => {
  await using scene = new ServerScene({ maxQueuedBytes: LIMIT });
  const go = deferred<void>();
  let called = 0;
  scene.server.on(GET, async ({ key }) => {
    called++;
    await go.promise;
    return { value: key, flags: 0, cas: 1n };
  });
  const { client, read, paused, resumed } = slowClient(scene);
  client.resume();
  const written = client.write(gets(100_000));
  await paused;
  const [session] = scene.server.sessions;
  assert(session!.bytesRead <= LIMIT + 64 * 1024, `${session!.bytesRead} bytes of requests wait`);
  assertEquals(called, 1);
  go.resolve();
  await resumed;
  await written;
  assertEquals(await opaquesOf(read, 100_000 * 29), upTo(100_000));
  client.close();
});

test("Session tells a handler that pushes when to wait, and when to go on", async () => {
  await using scene = new ServerScene({ maxQueuedBytes: LIMIT });
  let pushed = 0;
  let waits = 0;
  const waiting = deferred<void>();
  scene.server.on(STAT, async (_, exchange) => {
    for (let i = 0; i < 10_000; i++) {
      const room = exchange.push({ key: `${i}`, value: "v".repeat(1000) });
      pushed++;
      if (room === undefined) continue;
      waits++;
      waiting.resolve();
      await room;
    }
  });
  const { client, read } = slowClient(scene);
  await client.write(request({ opcode: 0x10, opaque: 9 }));
  await waiting.promise;
  assert(pushed * 1024 <= SLACK, `${pushed} messages of 1,024 bytes wait`);
  client.resume();
  const size = upTo(10_000).reduce((sum, i) => sum + 24 + `${i}`.length + 1000, 24);
  assertEquals(new Set(await opaquesOf(read, size)), new Set([9]));
  assertEquals(pushed, 10_000);
  assert(waits > 10);
  client.close();
});

test("Session lets a handler go on that waits for room, when the client goes", async () => {
  await using scene = new ServerScene({ maxQueuedBytes: LIMIT });
  const waiting = deferred<void>();
  const done = deferred<boolean>();
  scene.server.on(STAT, async (_, exchange) => {
    for (;;) {
      const room = exchange.push({ key: "k", value: "v".repeat(1000) });
      if (room === undefined) continue;
      waiting.resolve();
      await room;
      if (exchange.signal.aborted) return done.resolve(true);
    }
  });
  const { client } = slowClient(scene);
  await client.write(request({ opcode: 0x10 }));
  await waiting.promise;
  client.close();
  assertEquals(await done.promise, true);
});

test("Server.close ends sessions whose clients do not read", async () => {
  await using scene = new ServerScene({ maxQueuedBytes: LIMIT });
  scene.server.on(GET, () => ({ value: "v".repeat(1000), flags: 0, cas: 1n }));
  const { client, paused } = slowClient(scene);
  const written = client.write(gets(10_000))!.catch(() => "cut off");
  await paused;
  await scene.server.close();
  assertEquals(await written, "cut off");
  await client.closed;
});

test("Session answers what came before the client ended its own direction", async () => {
  await using scene = new ServerScene();
  const value = new Uint8Array(500_000).fill(0x76);
  scene.server.on(GET, () => ({ value, flags: 0, cas: 1n }));
  const { address } = await scene.server.listen({ hostname: "127.0.0.1", port: 0 });
  const socket = connect({ host: "127.0.0.1", port: "port" in address ? address.port : 0, allowHalfOpen: true });
  const read: Uint8Array[] = [];
  socket.on("data", (chunk: Uint8Array) => read.push(chunk));
  socket.end(gets(20));
  await once(socket, "end");
  assertEquals(readAllWire(joined(...read)).map((answer) => answer.opaque), upTo(20));
  socket.destroy();
  await once(socket, "close");
});
