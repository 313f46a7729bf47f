/** `connect`: clients that come back by themselves, over a network inside the process. */
import { assertEquals, assertInstanceOf, assertRejects, assertThrows } from "@std/assert";
import { AuthError, type Client, connect, ConnectionError, type ConnectOptions, UnsupportedError } from "../../mod.ts";
import { connectCouchbase } from "../../src/couchbase.ts";
import { Link } from "../../src/link/link.ts";
import { Pool } from "../../src/link/pool.ts";
import { MemoryStore, Server } from "../../src/server.ts";
import { CouchbaseNode } from "../../src/server/couchbase/couchbase_node.ts";
import { memoryListener } from "../../src/transport/memory.ts";
import type { Address, Transport } from "../../src/transport/transport.ts";
import { FakeTransport } from "../support/fake_transport.ts";
import { test } from "../support/test.ts";

const ADDRESS = { hostname: "cache", port: 11211 };

/** A network with one server, which can be taken away and brought back with all that is in it. */
class Network {
  readonly #network = memoryListener();
  readonly #server = new Server();
  /** What was dialled. */
  readonly dialled: Address[] = [];
  #accepted: Transport[] = [];
  #stop: () => void = () => {};

  constructor(what: { register(server: Server): unknown } = new MemoryStore()) {
    what.register(this.#server);
  }

  readonly dial: NonNullable<ConnectOptions["dial"]> = (address, options) => {
    this.dialled.push(address);
    return this.#network.connect(address, options);
  };

  async start(): Promise<void> {
    const listener = await this.#network.listen(ADDRESS, (transport) => {
      this.#accepted.push(transport);
      this.#server.serve(transport);
    });
    this.#stop = () => listener.close();
  }

  /** Nobody listens any more, and all connections are cut. */
  stop(): void {
    this.#stop();
    for (const transport of this.#accepted.splice(0)) transport.close();
  }

  /** Only the connections are cut. */
  cut(): void {
    for (const transport of this.#accepted.splice(0)) transport.close();
  }
}

/** Waits for an event. */
async function heard(client: Client, wanted: string): Promise<void> {
  for await (const { type } of client.status()) if (type === wanted) return;
}

test("connect gives a client that comes back, and dials the name anew every time", async () => {
  const network = new Network();
  await network.start();
  await using client = await connect("cache", {
    dial: network.dial,
    timeout: 30_000,
    reconnect: { backoff: { first: 1 } },
  });
  assertInstanceOf(client.caller, Link);
  await client.set("k", "v");
  for (let round = 0; round < 3; round++) {
    const lost = heard(client, "disconnected");
    network.cut();
    await lost;
    assertEquals(await client.getText("k"), "v");
  }
  assertEquals(network.dialled, [ADDRESS, ADDRESS, ADDRESS, ADDRESS]);
  network.stop();
});

test("connect asks for the credentials at every connection", async () => {
  const network = new Network();
  await network.start();
  let asked = 0;
  const credentials = () => {
    asked++;
    throw new Error(`no password today (${asked})`);
  };
  await assertRejects(() => connect(ADDRESS, { dial: network.dial, credentials }), AuthError);
  assertEquals(asked, 1);
  await using client = await connect(ADDRESS, { dial: network.dial, credentials, reconnect: { lazy: true } });
  await assertRejects(() => client.get("k"), ConnectionError, "is down (Cannot authenticate");
  assertEquals(asked, 4);
  network.stop();
});

test("connect rejects when nobody is there, unless it is lazy: then the first call does", async () => {
  const network = new Network();
  const options = { dial: network.dial, reconnect: { backoff: { first: 1, most: 1 } } };
  await assertRejects(() => connect(ADDRESS, options), ConnectionError);
  assertEquals(network.dialled.length, 1);
  const lazy = { ...options, reconnect: { lazy: true, downAfter: 1 } };
  await using client = await connect(ADDRESS, lazy);
  assertEquals(network.dialled.length, 1);
  await assertRejects(() => client.get("k"), ConnectionError, "is down");
  await network.start();
  await using other = await connect(ADDRESS, lazy);
  assertEquals(await other.get("k"), undefined);
  network.stop();
});

test("connect with reconnect false gives a client that ends with its connection", async () => {
  const network = new Network();
  await network.start();
  await using client = await connect(ADDRESS, { dial: network.dial, reconnect: false });
  assertThrows(() => client.status(), UnsupportedError, "reconnect");
  network.stop();
  await assertRejects(() => client.get("k"), ConnectionError);
  await assertRejects(() => connect(ADDRESS, { reconnect: false, pool: 2 }), TypeError);
});

test("connect with pool gives a client over several connections", async () => {
  const network = new Network();
  await network.start();
  for (const pool of [2, { connections: 2, openAt: 0 }]) {
    network.dialled.length = 0;
    await using client = await connect(ADDRESS, { dial: network.dial, pool });
    assertInstanceOf(client.caller, Pool);
    const one = client.set("a", "1");
    await one;
    await Promise.all([client.get("a"), client.get("a")]);
    assertEquals(network.dialled.length, pool === 2 ? 1 : 2);
  }
  await using lazy = await connect(ADDRESS, { dial: network.dial, pool: 2, reconnect: { lazy: true } });
  assertEquals((lazy.caller as Pool).state.open, 0);
  assertEquals(await lazy.getText("a"), "1");
  network.stop();
});

test("Client.status tells everyone who reads, from how things stand on, until the client is closed", async () => {
  const network = new Network();
  await network.start();
  const client = await connect(ADDRESS, { dial: network.dial, reconnect: { backoff: { first: 1, most: 1 } } });
  const read = async () => {
    const types: string[] = [];
    for await (const { type } of client.status()) types.push(type);
    return types;
  };
  const readers = [read(), read()];
  for await (const { type } of client.status()) if (type === "connected") break;
  const back = heard(client, "connecting");
  network.cut();
  await back;
  await client.noop();
  await client.close();
  for (const types of await Promise.all(readers)) {
    assertEquals(types, ["connected", "disconnected", "waiting", "connecting", "connected", "closed"]);
  }
  // Who comes too late hears how it ended.
  assertEquals(await read(), ["closed"]);
  network.stop();
});

test("connectCouchbase begins a session anew at every connection", async () => {
  const network = new Network(new CouchbaseNode());
  await network.start();
  const options = { dial: network.dial, bucket: "default", reconnect: { backoff: { first: 1 } }, timeout: 30_000 };
  await using client = await connectCouchbase(ADDRESS, options);
  await client.set("k", "v", { collection: 0 });
  const lost = heard(client, "disconnected");
  network.cut();
  await lost;
  assertEquals(await client.getText("k", { collection: 0 }), "v");
  assertEquals(network.dialled.length, 2);
  network.stop();
});

for (const options of [{ reconnect: { probeAfter: -1 } }, { pool: 0 }]) {
  test(`connect leaves no connection behind when it refuses ${JSON.stringify(options)}`, async () => {
    const transport = new FakeTransport();
    const dial = () => Promise.resolve(transport);
    await assertRejects(() => connect({ hostname: "memory", port: 1 }, { dial, ...options }), RangeError);
    assertEquals(transport.isClosed, true);
  });
}
