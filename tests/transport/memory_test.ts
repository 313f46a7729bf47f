import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { ConnectionError } from "../../src/errors.ts";
import { memoryListener, memoryPair } from "../../src/transport/memory.ts";
import { listenTo } from "../support/ear.ts";
import { test } from "../support/test.ts";

test("memoryPair overwrites a chunk once it was delivered", async () => {
  const [here, there] = memoryPair();
  const kept: Uint8Array[] = [];
  const heard = listenTo(there, { data: (chunk) => kept.push(chunk) });
  await here.write(Uint8Array.of(1, 2, 3));
  assertEquals([...heard.bytes()], [1, 2, 3]);
  assertEquals(kept.map((chunk) => [...chunk]), [[0xee, 0xee, 0xee]]);
  here.close();
  await there.closed;
});

test("memoryPair leaves the room of the sink as it was filled", async () => {
  const [here, there] = memoryPair();
  const room = new Uint8Array(8);
  const heard = listenTo(there, { room: () => room.subarray(heardSize) });
  let heardSize = 0;
  await here.write(Uint8Array.of(1, 2, 3));
  heardSize = heard.size;
  await here.write(Uint8Array.of(4, 5));
  assertEquals([...room], [1, 2, 3, 4, 5, 0, 0, 0]);
  here.close();
  await there.closed;
});

test("memoryPair delivers at most its chunk size at once", async () => {
  const [here, there] = memoryPair({ chunkSize: 2 });
  const heard = listenTo(there);
  await here.write(Uint8Array.of(1, 2, 3, 4, 5));
  assertEquals(heard.chunks.map((chunk) => [...chunk]), [[1, 2], [3, 4], [5]]);
  here.close();
  await there.closed;
});

test("memoryPair resets the connection when it is closed with bytes unread", async () => {
  const [here, there] = memoryPair({ peers: ["there", "here"] });
  const heard = listenTo(here);
  const written = here.write(Uint8Array.of(1));
  assert(written !== undefined);
  there.close();
  await assertRejects(() => written, ConnectionError, "Cannot write to there");
  const error = await heard.ended;
  assertInstanceOf(error, ConnectionError);
  assertEquals(error.message, "Lost the connection to there while reading: Connection reset by peer");
  await Promise.all([here.closed, there.closed]);
  await assertRejects(async () => await here.write(Uint8Array.of(1)), ConnectionError, "has failed");
});

test("memoryPair fails a write to a peer that has closed in order", async () => {
  const [here, there] = memoryPair({ peers: ["there", "here"] });
  there.close();
  await assertRejects(async () => await here.write(Uint8Array.of(1)), ConnectionError, "Cannot write to there");
  here.close();
  await here.closed;
});

test("memoryPair lets timers run between messages that never stop", async () => {
  const [here, there] = memoryPair();
  let stop = false;
  const stopped = new Promise<void>((resolve) =>
    setTimeout(() => {
      stop = true;
      resolve();
    }, 0)
  );
  const back = (transport: typeof here) => (chunk: Uint8Array) => {
    if (!stop) transport.write(chunk.slice())?.catch(() => {});
  };
  listenTo(here, { keep: false, data: back(here) });
  listenTo(there, { keep: false, data: back(there) });
  await here.write(Uint8Array.of(1));
  await stopped;
  here.close();
  await Promise.all([here.closed, there.closed]);
});

test("memoryPair says what it was told about the peers and their security", () => {
  const [here, there] = memoryPair({ peers: ["there", "here"], secure: true });
  assertEquals([here.peer, here.secure, there.peer, there.secure], ["there", true, "here", true]);
  assertEquals(memoryPair().map(({ peer, secure }) => [peer, secure]), [["memory:b", false], ["memory:a", false]]);
});

test("memoryListener gives every listener a port of its own", async () => {
  const { listen } = memoryListener();
  const first = await listen({ hostname: "cache", port: 0 }, () => {});
  const second = await listen({ hostname: "cache", port: 0 }, () => {});
  assert("port" in first.address && "port" in second.address);
  assert(first.address.port !== second.address.port);
});

test("memoryListener does not mix what is secure with what is not", async () => {
  const { connect, listen } = memoryListener();
  const plain = await listen({ hostname: "cache", port: 1 }, () => {});
  const secure = await listen({ hostname: "cache", port: 2 }, () => {}, { tls: { cert: "", key: "" } });
  await assertRejects(() => connect({ ...plain.address, tls: true }), ConnectionError, "does not speak TLS");
  await assertRejects(() => connect(secure.address), ConnectionError, "speaks TLS only");
});

test("memoryListener does not reach another network", async () => {
  const { listen } = memoryListener();
  const { address } = await listen({ path: "/cache" }, () => {});
  await assertRejects(() => memoryListener().connect(address), ConnectionError, "Cannot connect to unix:/cache");
});
