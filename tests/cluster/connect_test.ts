/** Connecting to several servers over TCP: what is a client of many, what it waits for, and what it refuses. */
import { assertEquals, assertInstanceOf, assertRejects, assertStrictEquals, assertStringIncludes } from "@std/assert";
import { type Address, Client, connect, ConnectionError } from "../../mod.ts";
import { type ClusterClient, ClusterClient as Cluster, customRing, ShardManager } from "../../src/cluster.ts";
import { NoServerError } from "../../src/cluster/cluster_errors.ts";
import { MemoryStore, Server } from "../../src/server.ts";
import { Pool } from "../../src/link/pool.ts";
import { memoryPair } from "../../src/transport/memory.ts";
import { rejection } from "../contract/client_subject.ts";
import { test } from "../support/test.ts";

const PATIENT = { timeout: 30_000, connectTimeout: 30_000 };

/** An embedded server that listens. */
interface Listening extends AsyncDisposable {
  readonly store: MemoryStore;
  readonly address: Address & { readonly port: number };
  readonly text: string;
}

async function listen(options: ConstructorParameters<typeof MemoryStore>[0] = {}, port = 0): Promise<Listening> {
  const server = new Server();
  const store = new MemoryStore(options);
  store.register(server);
  const { address } = await server.listen({ hostname: "127.0.0.1", port });
  const tcp = address as Listening["address"];
  return {
    store,
    address: tcp,
    text: `127.0.0.1:${tcp.port}`,
    [Symbol.asyncDispose]: () => server.close(),
  };
}

/** An address where nobody listens. */
async function nobody(): Promise<string> {
  await using server = await listen();
  return server.text;
}

const keys = Array.from({ length: 200 }, (_, i) => `key ${i}`);

async function fill(client: Client): Promise<void> {
  const { hits } = await client.setMulti(keys.map((key) => [key, key]));
  assertEquals(hits.size, keys.length);
  assertEquals((await client.getMulti(keys)).hits.size, keys.length);
}

test("connect takes a list of addresses in any form and shares the keys out", async () => {
  await using a = await listen();
  await using b = await listen();
  await using c = await listen();
  const servers = [a.text, b.address, { address: new URL(`memcached://${c.text}`), name: "third" }];
  await using client: ClusterClient = await connect(servers, PATIENT);
  assertInstanceOf(client, Cluster);
  assertEquals(client.shards.servers.map(({ name }) => name), [a.text, b.text, "third"]);
  await fill(client);
  const counts = [a, b, c].map(({ store }) => keys.filter((key) => store.get(key) !== undefined).length);
  assertEquals(counts.every((count) => count > 20), true, `${counts}`);
  assertEquals(counts.reduce((sum, count) => sum + count, 0), keys.length);
});

test("one address is a client of one server, a list of one a client of many", async () => {
  await using a = await listen();
  await using one = await connect(a.text, PATIENT);
  await using many = await connect(new Set([a.text]), PATIENT);
  assertEquals([one instanceof Cluster, one.constructor === Client, many instanceof Cluster], [false, true, true]);
  await many.set("k", "v");
  assertEquals([await one.getText("k"), many.serverOf("k")], ["v", a.text]);
});

test("weights, rings, hash tags and functions of one's own decide where keys go", async () => {
  await using a = await listen();
  await using b = await listen();
  {
    await using client = await connect([a.text, { address: b.text, weight: 3 }], PATIENT);
    const share = keys.filter((key) => client.serverOf(key) === b.text).length / keys.length;
    assertEquals(share > 0.6 && share < 0.9, true, `${share}`);
  }
  {
    await using client = await connect([a.text, b.text], { ...PATIENT, ring: "rendezvous", hashTag: "{}" });
    assertEquals(new Set(keys.map((key) => client.serverOf(`{user}${key}`))).size, 1);
  }
  {
    const ring = customRing((key, count) => key.length % (count + 1) - 1);
    await using client = await connect([a.text, b.text], { ...PATIENT, ring });
    assertEquals(["x", "xx", "xxx"].map((key) => client.serverOf(key)), [a.text, b.text, undefined]);
    await assertRejects(() => client.get("xxx"), NoServerError);
    // What belongs together can be told to lie together.
    await client.set("xx", "v", { routingKey: "x" });
    assertEquals([a.store.get("xx") !== undefined, b.store.get("xx")], [true, undefined]);
  }
  await assertRejects(() => connect([a.text], { ring: "ketamine" as "ketama" }), TypeError, "ketama");
});

test("connect waits for all servers and goes on without those that cannot be reached", async () => {
  await using a = await listen();
  const away = await nobody();
  const ring = customRing((key) => key[0] === 0x61 ? 0 : 1);
  await using client = await connect([a.text, away], { ...PATIENT, ring });
  await client.set("a", "v");
  const { hits, errors } = await client.getMulti(["a", "b"], { timeout: 2000 });
  assertEquals([[...hits.keys()], [...errors.keys()]], [["a"], ["b"]]);
});

test("connect rejects when no server can be reached", async () => {
  const servers = [await nobody(), await nobody()];
  const error = await assertRejects(() => connect(servers, PATIENT), ConnectionError);
  assertEquals(error.sent, false);
  assertStringIncludes(error.message, servers[0]!);
  const reason = new Error("changed my mind");
  assertStrictEquals(await rejection(connect(servers, { signal: AbortSignal.abort(reason) })), reason);
  // Whoever does not want to wait is told by the calls.
  await using client = await connect(servers, { ...PATIENT, reconnect: { lazy: true } });
  await assertRejects(() => client.get("k", { timeout: 500 }));
});

test("connect refuses what is no server before anything is opened", async () => {
  await using a = await listen();
  await assertRejects(() => connect([]), TypeError, "empty");
  await assertRejects(() => connect([a.text, "ftp://b"]), TypeError, "ftp");
  await assertRejects(() => connect([a.text, { address: "b", weight: NaN }]), RangeError, "weight");
  await assertRejects(() => connect([a.text], { gutter: ["ftp://g"], failover: "gutter" }), TypeError, "ftp");
  await assertRejects(() => connect([a.text], { failover: "gutter" }), TypeError, "gutter");
});

test("a shard manager of one's own can be connected to, and be changed", async () => {
  await using a = await listen();
  await using b = await listen();
  const shards = new ShardManager([{ name: "one", address: a.text }], { ring: "modula" });
  await using client = await connect(shards, PATIENT);
  assertStrictEquals(client.shards, shards);
  await fill(client);
  shards.update([{ name: "one", address: a.text }, { name: "two", address: b.text }]);
  await fill(client);
  assertEquals(b.store.get(keys.find((key) => client.serverOf(key) === "two")!) !== undefined, true);
  await assertRejects(() => connect(shards), TypeError, "twice");
});

test("lists of servers are followed while the client is open, and left when it is closed", async () => {
  await using a = await listen();
  await using b = await listen();
  let go: () => void = () => {};
  let left = false;
  async function* lists() {
    try {
      yield { servers: [a.text] };
      await new Promise<void>((resolve) => go = resolve);
      yield { servers: [a.text, b.text] };
      await new Promise(() => {});
    } finally {
      left = true;
    }
  }
  {
    await using client = await connect(lists(), PATIENT);
    assertEquals(client.shards.servers.length, 1);
    const status = client.status();
    go();
    for await (const event of status) if (event.type === "topology") break;
    assertEquals(client.shards.servers.map(({ name }) => name), [a.text, b.text]);
    await fill(client);
  }
  // A list that waits for ever holds nobody up, and is never heard of again.
  assertEquals(left, false);
  async function* none() {}
  await assertRejects(() => connect(none()), NoServerError, "no servers");
  async function* broken() {
    yield await Promise.reject(new Error("no DNS"));
  }
  await assertRejects(() => connect(broken()), Error, "no DNS");
});

test("several connections for each server, and reads of a turn in batches, on request", async () => {
  await using a = await listen();
  await using b = await listen();
  for (
    const options of [{ pool: 2 }, { pool: { connections: 3 } }, { batchReads: true }, { pool: 2, batchReads: true }]
  ) {
    await using client = await connect([a.text, b.text], { ...PATIENT, ...options });
    await fill(client);
    const texts = await Promise.all([...keys, "none", "nor"].map((key) => client.getText(key)));
    assertEquals(texts, [...keys, undefined, undefined]);
    const pooled = client.shards.shards.every(({ caller }) => caller instanceof Pool);
    assertEquals(pooled, "pool" in options && !("batchReads" in options));
    const outcomes = await Promise.allSettled([client.get(""), client.getText("key 1"), client.getJson("key 2")]);
    assertEquals(outcomes.map(({ status }) => status), ["rejected", "fulfilled", "rejected"]);
    const [long, , json] = outcomes as PromiseRejectedResult[];
    assertInstanceOf(long!.reason, RangeError);
    assertInstanceOf(json!.reason, SyntaxError);
  }
});

test("the reads of a turn leave as one batch per server, those with options as they are", async () => {
  await using a = await listen();
  await using client = await connect([a.text], { ...PATIENT, batchReads: true });
  await client.set("k", "v");
  const opcodes: number[] = [];
  client.watchFrames({ sent: (frame) => void opcodes.push(frame.opcode) });
  await Promise.all([client.get("k"), client.getText("none"), client.get("k", { timeout: 9000 })]);
  assertEquals(opcodes, [0x00, 0x09, 0x09, 0x0a]);
  opcodes.length = 0;
  await client.get("k");
  assertEquals(opcodes, [0x00]);
});

test("links tell of themselves in the status of the client", async () => {
  await using a = await listen();
  const client = await connect([a.text], PATIENT);
  const status = client.status();
  await client.close();
  const types: string[] = [];
  for await (const event of status) types.push(event.type);
  assertEquals(types.at(-1), "closed");
});

for (const batchReads of [false, true]) {
  test(`a key that the text protocol cannot carry refuses very many writes before any is sent, batchReads ${batchReads}`, async () => {
    const server = new Server();
    const store = new MemoryStore();
    store.register(server);
    const dial = () => {
      const [here, there] = memoryPair();
      server.serve(there);
      return Promise.resolve(here);
    };
    await using client = await connect(["a:1", "b:1"], { dial, protocol: "text", timeout: 30_000, batchReads });
    const entries = Array.from({ length: 5000 }, (_, i) => [i === 4999 ? "has a blank" : `k${i}`, "v"] as const);
    await assertRejects(() => client.setMulti(entries), TypeError);
    assertEquals(store.get("k0"), undefined);
    await server.close();
  });
}
