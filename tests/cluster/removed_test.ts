/** Calls that wait for a server which is taken out of the list meanwhile, or comes to be elsewhere. */

import { assertEquals, assertRejects } from "@std/assert";
import { type ClusterOptions, connectCluster } from "../../src/client/connect_cluster.ts";
import type { ClusterClient } from "../../src/client/cluster_client.ts";
import { ClosedError } from "../../src/errors.ts";
import { MemoryStore, Server } from "../../src/server.ts";
import { memoryPair } from "../../src/transport/memory.ts";
import type { Dial } from "../../src/transport/transport.ts";
import { endOfTurn } from "../support/fake_transport.ts";
import { test } from "../support/test.ts";

/** Servers at `new-1:1` and `new-2:1`, and nothing that ever answers anywhere else. */
class Moving implements AsyncDisposable {
  readonly #servers = new Map(["new-1", "new-2"].map((name) => {
    const server = new Server();
    new MemoryStore().register(server);
    return [name, server];
  }));
  readonly dial: Dial = (address, options) => {
    const server = this.#servers.get((address as { readonly hostname: string }).hostname);
    if (server === undefined) {
      return new Promise((_, reject) =>
        options!.signal!.addEventListener("abort", () => reject(options!.signal!.reason))
      );
    }
    const [here, there] = memoryPair();
    server.serve(there);
    return Promise.resolve(here);
  };

  /** A client of one server that is away. */
  client(options: ClusterOptions = {}): Promise<ClusterClient> {
    return connectCluster([{ name: "one", address: "old:1" }], {
      dial: this.dial,
      reconnect: { lazy: true },
      timeout: 5000,
      connectTimeout: 0,
      ...options,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#servers.values()].map((server) => server.close()));
  }
}

for (const options of [{}, { pool: 2 }, { batchReads: true }, { failover: "next-node" }] as const) {
  test(`calls that wait go to where their server has come to be, with ${JSON.stringify(options)}`, async () => {
    await using moving = new Moving();
    await using client = await moving.client(options);
    const calls = [client.set("a", "1"), client.setMulti([["b", "2"], ["c", "3"]]), client.get("d"), client.get("e")];
    await endOfTurn();
    client.shards.update([{ name: "one", address: "new-1:1" }]);
    await Promise.all(calls);
    const { hits, misses } = await client.getMulti(["a", "b", "c", "d"]);
    assertEquals([[...hits.values()].map((item) => item.text()), [...misses]], [["1", "2", "3"], ["d"]]);
  });
}

test("calls that wait for a server that is gone go to those that have their keys now", async () => {
  await using moving = new Moving();
  await using client = await moving.client();
  const keys = Array.from({ length: 20 }, (_, i) => `k${i}`);
  const calls = keys.map((key) => client.set(key, key));
  const one = new Set(keys);
  client.shards.update([{ name: "two", address: "new-1:1" }, { name: "three", address: "new-2:1" }]);
  await Promise.all(calls);
  assertEquals(new Set((await client.getMulti(keys)).hits.keys()), one);
  assertEquals(new Set(keys.map((key) => client.serverOf(key))).size, 2);
});

test("what waits and is about no key, or about those of several servers, is told that its server is gone", async () => {
  await using moving = new Moving();
  await using client = await moving.client();
  const version = client.version();
  const many = client.setMulti(Array.from({ length: 20 }, (_, i) => [`k${i}`, "v"] as const));
  await endOfTurn();
  client.shards.update([{ name: "two", address: "new-1:1" }, { name: "three", address: "new-2:1" }]);
  await assertRejects(() => version, Error, "one is not among the servers any more");
  const { errors } = await many;
  const causes = new Set([...errors.values()].map((error) => (error as Error).cause));
  assertEquals([errors.size, causes.size], [20, 1]);
  assertEquals([...causes].map((cause) => [cause instanceof ClosedError, (cause as ClosedError).sent]), [[
    true,
    false,
  ]]);
});

test("calls that wait for a server when the client is closed end with it", async () => {
  await using moving = new Moving();
  const client = await moving.client({ timeout: 50 });
  const call = client.get("a").catch((error) => error);
  await client.close();
  assertEquals((await call as ClosedError).sent, false);
});
