/** The client with a real memcached that stops, dies, or is set so that it refuses. */
import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import {
  type Client,
  connect,
  ConnectionError,
  StatusError,
  TimeoutError,
  UnsupportedError,
  ValueTooLargeError,
} from "../../mod.ts";
import { connectionOf, patterned, rejection } from "../contract/client_subject.ts";
import { halt } from "../support/halt.ts";
import { type Memcached, startMemcached, type StartOptions } from "../support/memcached.ts";
import { withMemcached } from "../support/with_memcached.ts";

const memcachedTest = await withMemcached();

/** Registers a test with a memcached that it may harm. */
function ownTest(
  name: string,
  options: StartOptions,
  run: (client: Client, server: Memcached) => Promise<void>,
): void {
  memcachedTest(name, async () => {
    await using server = await startMemcached(options);
    await using client = await connect(`127.0.0.1:${server.port}`, { timeout: 30_000 });
    await run(client, server);
  });
}

ownTest("client with a halted memcached: calls end in time, late answers reach nobody", {}, async (client, server) => {
  const keys = Array.from({ length: 300 }, (_, i) => `key ${i}`);
  await client.setMulti(keys.map((key) => [key, `value of ${key}`]));
  await halt(server);
  const late = keys.map((key) => rejection(client.get(key, { timeout: 20 })));
  const multi = client.getMulti(keys, { timeout: 20 });
  for (const error of await Promise.all(late)) {
    assertInstanceOf(error, TimeoutError);
    assertEquals([error.code, error.sent], ["TIMEOUT", true]);
  }
  // Nobody knows what became of its keys, and an error is no miss.
  const { hits, misses, errors } = await multi;
  assertEquals([hits.size, misses.size, errors.size], [0, 0, keys.length]);
  for (const error of errors.values()) assertInstanceOf(error, TimeoutError);

  const patient = keys.map((key) => client.getText(key));
  server.kill("SIGCONT");
  assertEquals(await Promise.all(patient), keys.map((key) => `value of ${key}`));
  assertEquals(connectionOf(client).state, "open");
  // Each single get, each key of the multi-get, and the NOOP behind it.
  assertEquals(connectionOf(client).counters.lateReplies, 2 * keys.length + 1);
});

ownTest("client with a halted memcached: close and connect end in time", {}, async (client, server) => {
  await using other = await connect(`127.0.0.1:${server.port}`, { timeout: 50 });
  await halt(server);
  const calls = [rejection(other.get("k", { timeout: 0 })), rejection(other.set("k", new Uint8Array(10_000_000)))];
  await other.close();
  for (const error of await Promise.all(calls)) assert(error instanceof TimeoutError, String(error));
  server.kill("SIGCONT");
  await client.noop();
});

ownTest("bare client with a killed memcached: every call ends with ConnectionError", {}, async (_, server) => {
  await using client = await connect(`127.0.0.1:${server.port}`, { timeout: 30_000, reconnect: false });
  await client.set("k", "v");
  await halt(server);
  const calls = [
    ...Array.from({ length: 100 }, () => client.get("k")),
    client.set("k", new Uint8Array(5_000_000)),
    client.stats(),
    client.update("k", () => "w"),
  ];
  const multi = client.getMulti(["k", "l"]);
  await Promise.resolve();
  server.kill("SIGKILL");
  for (const call of calls) {
    const error = await assertRejects(() => call, ConnectionError);
    assertEquals(error.code, "CONNECTION");
  }
  const { errors, misses } = await multi;
  assertEquals([errors.size, misses.size], [2, 0]);
  for (const error of errors.values()) assertInstanceOf(error, ConnectionError);
  assertEquals(connectionOf(client).state, "closed");
});

memcachedTest("client of a port where nobody listens rejects with ConnectionError", async () => {
  const server = await startMemcached();
  await server.stop();
  const error = await assertRejects(() => connect(`127.0.0.1:${server.port}`), ConnectionError);
  assertEquals(error.sent, false);
});

ownTest("client with memcached -C: update refuses to race without versions", { args: ["-C"] }, async (client) => {
  assertEquals((await client.update("k", () => "1")).outcome, "stored");
  assertEquals((await client.get("k"))?.cas, 0n);
  await assertRejects(() => client.update("k", () => "2"), UnsupportedError, "no versions");
  assertEquals(await client.getText("k"), "1");
});

ownTest("client with memcached -I 8m: values up to it, and no more", { args: ["-I", "8m"] }, async (client) => {
  const value = patterned(7_500_000, 1);
  await client.set("k", value);
  assertEquals((await client.get("k"))?.value, value);
  const target = new Uint8Array(7_500_000);
  assertEquals((await client.getInto("k", target))?.length, 7_500_000);
  assertEquals(target, value);
  await assertRejects(() => client.set("k", new Uint8Array(8_500_000)), ValueTooLargeError);
  assertEquals(await client.get("k"), undefined);
});

ownTest("client with memcached -M: a full memory refuses writes", { args: ["-M", "-m", "2"] }, async (client) => {
  const value = new Uint8Array(1000);
  const stored: string[] = [];
  let error: unknown;
  for (let i = 0; error === undefined && i < 10_000; i++) {
    error = await client.set(`${i}`, value).then(() => void stored.push(`${i}`), (reason) => reason);
  }
  assertInstanceOf(error, StatusError);
  assertEquals([error.statusName, error.sent], ["ENOMEM", true]);
  assertEquals((await client.getMulti(stored)).hits.size, stored.length);
  const { errors } = await client.setMulti([["a", value], ["b", value]]);
  assertEquals([...errors.values()].map((reason) => (reason as StatusError).statusName), ["ENOMEM", "ENOMEM"]);
});
