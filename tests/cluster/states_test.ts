/** Which shards take which calls, row by row of the table that shard managers go by, and what becomes of the others. */
import { assertEquals, assertInstanceOf, assertRejects, assertThrows } from "@std/assert";
import { Client, ConnectionError, KeyNotFoundError } from "../../mod.ts";
import { ClusterClient } from "../../src/client/cluster_client.ts";
import { NodeError, SkippedError } from "../../src/cluster/cluster_errors.ts";
import type { ShardState } from "../../src/cluster/shard_state.ts";
import { GET } from "../../src/ops/retrieval.ts";
import { rejection } from "../contract/client_subject.ts";
import { test } from "../support/test.ts";
import { FakeCluster, MemoryCluster, timeless } from "./cluster_scene.ts";

const STATES: readonly ShardState[] = ["active", "writeOnly", "warmUp", "down"];

/** A family of calls, what it needs, and whether each state takes it, in the order of {@linkcode STATES}. */
const ROWS: readonly (readonly [string, (client: Client) => Promise<unknown>, string])[] = [
  ["get", (client) => client.get("0:k"), "yes no no no"],
  ["getText", (client) => client.getText("0:k"), "yes no no no"],
  ["getMulti", (client) => client.getMulti(["0:k"]), "yes no no no"],
  ["getAndTouch", (client) => client.getAndTouch("0:k", { ttl: 9 }), "yes no no no"],
  ["set", (client) => client.set("0:k", "v"), "yes no no no"],
  ["add", (client) => client.add("0:k", "v"), "yes no no no"],
  ["replace", (client) => client.replace("0:k", "v"), "yes no no no"],
  ["delete", (client) => client.delete("0:k"), "yes no no no"],
  ["append", (client) => client.append("0:k", "v"), "yes no no no"],
  ["prepend", (client) => client.prepend("0:k", "v"), "yes no no no"],
  ["touch", (client) => client.touch("0:k", { ttl: 9 }), "yes no no no"],
  ["setMulti", (client) => client.setMulti([["0:k", "v"]]), "yes no no no"],
  ["addMulti", (client) => client.addMulti([["0:k", "v"]]), "yes no no no"],
  ["casMulti", (client) => client.casMulti([["0:k", "v", 1n]]), "yes no no no"],
  ["touchMulti", (client) => client.touchMulti(["0:k"], { ttl: 9 }), "yes no no no"],
  ["incrementMulti", (client) => client.incrementMulti(["0:k"]), "yes no no no"],
  ["deleteMulti", (client) => client.deleteMulti(["0:k"]), "yes no no no"],
  ["increment", (client) => client.increment("0:k"), "yes no no no"],
  ["decrement", (client) => client.decrement("0:k"), "yes no no no"],
  ["flush", (client) => client.flush(), "yes yes yes yes"],
  ["version", (client) => client.version(), "yes yes yes yes"],
  ["noop", (client) => client.noop(), "yes yes yes yes"],
  ["verbosity", (client) => client.verbosity(1), "yes yes yes yes"],
  ["stats", (client) => client.stats(), "yes yes yes yes"],
];

for (const [name, call, takes] of ROWS) {
  test(`a shard takes ${name} in the states ${takes}`, async () => {
    for (const [i, state] of STATES.entries()) {
      const cluster = new FakeCluster([{ address: "a", state }]);
      const node = cluster.node("a");
      await call(new Client(cluster.router)).catch(() => {});
      assertEquals([state, node.calls.length > 0], [state, takes.split(" ")[i] === "yes"]);
    }
  });
}

for (const state of STATES.slice(1)) {
  test(`a read of a shard that is ${state} misses without an error`, async () => {
    await using cluster = new MemoryCluster();
    await using client = new Client(cluster.router([{ address: "a", state }]));
    assertEquals(await client.get("0:k"), undefined);
    assertEquals(await client.getText("0:k"), undefined);
    assertEquals(await client.getJson("0:k"), undefined);
    assertEquals(await client.getInto("0:k", new Uint8Array(1)), undefined);
    assertEquals(await client.getAndTouch("0:k", { ttl: 1 }), undefined);
    const { hits, misses, errors } = await client.getMulti(["0:k", "0:l"]);
    assertEquals([hits.size, [...misses], errors.size], [0, ["0:k", "0:l"], 0]);
    // Who asks for answers as they are is told of the same answer.
    await assertRejects(() => client.caller.call(GET, { key: "0:k" }), KeyNotFoundError);
  });

  test(`a write to a shard that is ${state} is skipped and never a success`, async () => {
    await using cluster = new MemoryCluster();
    await using client = new Client(cluster.router([{ address: "a", state }]));
    const calls: (() => Promise<unknown>)[] = [
      () => client.set("0:k", "v"),
      () => client.add("0:k", "v"),
      () => client.replace("0:k", "v"),
      () => client.append("0:k", "v"),
      () => client.prepend("0:k", "v"),
      () => client.delete("0:k"),
      () => client.touch("0:k", { ttl: 1 }),
      () => client.increment("0:k", { initial: 1 }),
      () => client.decrement("0:k", { initial: 1 }),
    ];
    for (const call of calls) {
      const error = await rejection(call());
      assertInstanceOf(error, SkippedError);
      assertEquals([error.code, error.node, error.state, error.sent], ["SKIPPED", "a", state, false]);
    }
    for (const many of [client.setMulti([["0:k", "v"]]), client.deleteMulti(["0:k"])]) {
      const { hits, misses, errors } = await many;
      assertEquals([hits.size, misses.size], [0, 0]);
      assertInstanceOf(errors.get("0:k"), SkippedError);
    }
    assertEquals(cluster.textAt("a", "0:k"), undefined);
  });
}

/** What each state does with the calls that fill servers. */
const SENTINELS: Readonly<Record<ShardState, boolean>> = { active: true, writeOnly: true, warmUp: true, down: false };

for (const [state, takes] of Object.entries(SENTINELS) as [ShardState, boolean][]) {
  test(`sentinels are ${takes ? "" : "not "}read from and written to a shard that is ${state}`, async () => {
    await using cluster = new MemoryCluster();
    await using client = new ClusterClient(cluster.router([{ address: "a", state }]));
    const { hits, errors } = await client.setSentinels([["0:k", "v"]]);
    assertEquals([hits.has("0:k"), errors.get("0:k") instanceof SkippedError], [takes, !takes]);
    assertEquals(cluster.textAt("a", "0:k"), takes ? "v" : undefined);
    const found = await client.getSentinels(["0:k", "0:none"]);
    assertEquals(found.hits.get("0:k")?.text(), takes ? "v" : undefined);
    assertEquals([found.misses.has("0:none"), found.errors.size], [true, 0]);
    const cas = found.hits.get("0:k")?.cas ?? 1n;
    assertEquals((await client.addSentinels([["0:n", "new"]])).hits.has("0:n"), takes);
    assertEquals((await client.casSentinels([["0:k", "w", cas], ["0:m", "new", 0n]])).hits.size, takes ? 2 : 0);
    assertEquals((await client.deleteSentinels(["0:k"])).hits.has("0:k"), takes);
    assertEquals(cluster.textAt("a", "0:n"), takes ? "new" : undefined);
  });
}

test("failures of sentinels at a shard that warms up are masked only when asked, and reads never", async () => {
  for (const state of STATES.slice(0, 3)) {
    for (const maskWarmUpFailures of [false, true]) {
      const cluster = new FakeCluster([{ address: "a", state }]);
      cluster.node("a").answer = () => {
        throw new ConnectionError("lost", { sent: true });
      };
      const client = new ClusterClient(cluster.router);
      const masked = state === "warmUp" && maskWarmUpFailures;
      const options = { maskWarmUpFailures };
      for (
        const { hits, errors } of [
          await client.setSentinels([["0:k", "v"]], options),
          await client.addSentinels([["0:k", "v"]], options),
          await client.casSentinels([["0:k", "v", 1n]], options),
          await client.deleteSentinels(["0:k"], options),
        ]
      ) {
        assertEquals([hits.has("0:k"), errors.get("0:k") instanceof NodeError], [masked, !masked]);
      }
      assertEquals((await client.getSentinels(["0:k"])).errors.size, 1);
    }
  }
});

test("states may be changed while the client is in use, and are told", async () => {
  await using cluster = new MemoryCluster();
  await using client = new ClusterClient(cluster.router(["a", "b"]));
  const status = client.status();
  await client.set("1:k", "v");
  client.shards.setState("b", "down");
  assertEquals(await client.get("1:k"), undefined);
  client.shards.updateShardStates([{ address: "a", state: "warmUp" }, { address: "b", state: "active" }]);
  assertEquals(await client.getText("1:k"), "v");
  assertEquals(await client.get("0:k"), undefined);
  const told = [await status.next(), await status.next(), await status.next()].map(({ value }) => timeless(value));
  assertEquals(told, [
    { type: "state", server: "b", from: "active", to: "down" },
    { type: "state", server: "a", from: "active", to: "warmUp" },
    { type: "state", server: "b", from: "down", to: "active" },
  ]);
  assertEquals(cluster.connections.get("b")?.length, 1);
  assertThrows(() => client.shards.setState("c", "down"), RangeError, "a, b");
  assertThrows(() => client.shards.setState("a", "sleepy" as ShardState), TypeError, "warmUp");
});

test("updateShardStates drops servers that are not in its list and takes in new ones, duplicates once", async () => {
  await using cluster = new MemoryCluster();
  await using client = new ClusterClient(cluster.router(["a", "b"]));
  await client.set("1:k", "at b");
  client.shards.updateShardStates([
    { address: "b", state: "active" },
    { address: "c", state: "writeOnly" },
    { address: "b", state: "down" },
  ]);
  assertEquals(client.shards.servers.map(({ name, state }) => [name, state]), [["b", "active"], ["c", "writeOnly"]]);
  assertEquals(await client.getText("1:k"), undefined);
  assertEquals(await client.getText("0:k"), undefined);
  await client.set("0:k", "v");
  assertEquals([cluster.textAt("b", "0:k"), cluster.connections.get("a")?.[0]?.state], ["v", "closed"]);
});
