/** Calls of a router: where they go, what comes back, and what several servers make of one call. */
import { assertEquals, assertInstanceOf, assertRejects, assertStrictEquals } from "@std/assert";
import { Client, ClosedError, ConnectionError, StatusError, TimeoutError } from "../../mod.ts";
import { ClusterClient } from "../../src/client/cluster_client.ts";
import { NodeError, NoServerError } from "../../src/cluster/cluster_errors.ts";
import { NOOP, STAT, VERSION } from "../../src/ops/admin.ts";
import { GET } from "../../src/ops/retrieval.ts";
import { SET } from "../../src/ops/storage.ts";
import { rejection } from "../contract/client_subject.ts";
import { test } from "../support/test.ts";
import { Router } from "../../src/cluster/router.ts";
import type { RingServer } from "../../src/cluster/ring.ts";
import { ShardManager } from "../../src/cluster/shard_manager.ts";
import { byNumber, FakeCluster, FakeNode, MemoryCluster } from "./cluster_scene.ts";

const ABC = ["a", "b", "c"];
const lost = () => new ConnectionError("the connection was lost", { sent: true });

function failing(cluster: FakeCluster, name: string, error: unknown): void {
  cluster.node(name).answer = () => {
    throw error;
  };
}

test("call goes to the server of its key and returns that server's own promise", async () => {
  const { router, nodes } = new FakeCluster(ABC);
  for (const [i, name] of ABC.entries()) {
    const promise = router.call(GET, { key: `${i}:k` });
    assertStrictEquals(promise, nodes.get(name)!.promise as typeof promise);
    assertEquals(await promise as unknown, `from ${name}`);
    assertEquals(nodes.get(name)!.keys, [`${i}:k`]);
  }
});

test("call goes by the routing key instead of the key, and so do batches", async () => {
  const { router, nodes } = new FakeCluster(ABC);
  await router.call(GET, { key: "0:k" }, { routingKey: "2:together" });
  await router.batch(GET, [{ key: "0:k" }, { key: "1:k" }], { routingKey: "2:together" });
  assertEquals([...nodes.values()].map(({ keys }) => keys), [[], [], ["0:k", "0:k", "1:k"]]);
});

test("a key that belongs to no server rejects with NoServerError, in a batch only that key", async () => {
  const { router } = new FakeCluster(ABC);
  const error = await rejection(router.call(GET, { key: "-:k" }));
  assertInstanceOf(error, NoServerError);
  assertEquals([error.code, error.sent], ["NO_SERVER", false]);
  const { replies, errors } = await router.batch(GET, [{ key: "1:k" }, { key: "-:k" }, { key: "2:k" }]);
  assertEquals(replies as unknown[], ["from b", undefined, "from c"]);
  assertInstanceOf(errors?.get(1), NoServerError);
  await assertRejects(() => new FakeCluster([]).router.call(GET, { key: "0:k" }), NoServerError);
});

test("batch sends each server one part and puts the answers where the requests were", async () => {
  const { router, nodes } = new FakeCluster(ABC);
  const keys = ["2:a", "0:b", "1:c", "2:d", "0:e", "2:f"];
  for (const [name, node] of nodes) node.answer = ({ request }) => `${name} ${request.key}`;
  const { replies, errors } = await router.batch(GET, keys.map((key) => ({ key })));
  assertEquals(replies as unknown[], ["c 2:a", "a 0:b", "b 1:c", "c 2:d", "a 0:e", "c 2:f"]);
  assertEquals(errors, undefined);
  assertEquals([...nodes.values()].map(({ keys }) => keys), [["0:b", "0:e"], ["1:c"], ["2:a", "2:d", "2:f"]]);
});

test("batch splits the vbuckets that were given by place", async () => {
  const { router, nodes } = new FakeCluster(ABC);
  await router.batch(GET, ["2:a", "0:b", "2:c"].map((key) => ({ key })), { vbuckets: [7, 8, 9] });
  assertEquals(nodes.get("c")?.calls[0]?.options?.vbuckets, [7, 9]);
  assertEquals(nodes.get("a")?.calls[0]?.options?.vbuckets, [8]);
});

test("the keys of servers that fail are in errors, by server, and the others are unharmed", async () => {
  const cluster = new FakeCluster(ABC);
  failing(cluster, "b", lost());
  failing(cluster, "c", new TimeoutError("late", { sent: false }));
  const keys = ["0:a", "1:b", "2:c", "1:d", "0:e"];
  const { replies, errors } = await cluster.router.batch(GET, keys.map((key) => ({ key })));
  assertEquals(replies as unknown[], ["from a", undefined, undefined, undefined, "from a"]);
  assertEquals([...errors!.keys()].toSorted(), [1, 2, 3]);
  const [b, c] = [errors!.get(1), errors!.get(2)];
  assertInstanceOf(b, NodeError);
  assertInstanceOf(c, NodeError);
  assertEquals([b.node, b.sent, b.cause instanceof ConnectionError], ["b", true, true]);
  assertEquals([c.node, c.sent, c.cause instanceof TimeoutError], ["c", false, true]);
  // One error for all keys that share a reason.
  assertStrictEquals(errors!.get(3), b);
});

test("a status about one key of a batch is not about its server", async () => {
  await using cluster = new MemoryCluster();
  await using client = new Client(cluster.router(ABC));
  const { hits, errors } = await client.setMulti([["0:a", "1"], ["1:b", new Uint8Array(2 ** 21)], ["2:c", "3"]]);
  assertEquals([...hits.keys()], ["0:a", "2:c"]);
  assertInstanceOf(errors.get("1:b"), StatusError);
});

test("a part that is refused as a whole fails its keys alone, what is about the call all of it", async () => {
  const cluster = new FakeCluster(ABC);
  cluster.node("b").batch = () => Promise.reject(new ClosedError("closed", { sent: false }));
  const requests = [{ key: "0:a" }, { key: "1:b" }];
  const { replies, errors } = await cluster.router.batch(GET, requests);
  assertEquals([replies[0] as unknown, errors?.size], ["from a", 1]);
  assertInstanceOf(errors?.get(1), NodeError);
  const reason = new Error("changed my mind");
  cluster.node("b").batch = () => Promise.reject(reason);
  assertStrictEquals(await rejection(cluster.router.batch(GET, requests)), reason);
});

test("a key that cannot be written refuses a batch before any server is asked", async () => {
  const { router, nodes } = new FakeCluster(ABC);
  for (const bad of ["", `1:${"x".repeat(249)}`, "1:" + "ä".repeat(125)]) {
    await assertRejects(() => router.batch(GET, [{ key: "0:a" }, { key: bad }, { key: "2:c" }]), RangeError);
  }
  assertEquals([...nodes.values()].flatMap(({ calls }) => calls), []);
  // Long, but not too long.
  await router.batch(GET, [{ key: `1:${"x".repeat(248)}` }]);
  assertEquals(nodes.get("b")?.calls.length, 1);
});

test("multi calls give their results in the order of the caller", async () => {
  await using cluster = new MemoryCluster();
  await using client = new Client(cluster.router(ABC));
  const keys = Array.from({ length: 5000 }, (_, i) => `${(i * 7) % 11}:k${i}`);
  const stored = await client.setMulti(keys.map((key) => [key, key]));
  assertEquals([...stored.hits.keys()], keys);
  const found = await client.getMulti(keys.toReversed());
  assertEquals([...found.hits].map(([key, item]) => [key, item.text()]), keys.toReversed().map((key) => [key, key]));
  assertEquals(cluster.connections.size, 3);
});

test("a call without a key asks all servers and waits for all", async () => {
  const { router, nodes } = new FakeCluster(ABC);
  assertEquals(await router.call(VERSION, {}) as unknown, "from a");
  assertEquals([...nodes.values()].map(({ calls }) => calls.length), [1, 1, 1]);
  await assertRejects(() => new FakeCluster([]).router.call(NOOP, {}), NoServerError);
});

test("a call without a key that fails at some servers says at which", async () => {
  const cluster = new FakeCluster(ABC);
  const [b, c] = [lost(), new TimeoutError("late", { sent: false })];
  failing(cluster, "b", b);
  failing(cluster, "c", c);
  const error = await rejection(cluster.router.call(NOOP, {}));
  assertInstanceOf(error, NodeError);
  assertEquals([error.node, error.cause, error.sent], ["b", b, true]);
  assertEquals([...error.errors], [["b", b], ["c", c]]);
  assertEquals(error.message, "Cannot noop at b, c: the connection was lost");
});

test("what all servers refuse alike is the answer of one", async () => {
  await using cluster = new MemoryCluster();
  await using client = new Client(cluster.router(ABC));
  const error = await assertRejects(() => client.caller.call(STAT, { group: "nonsense" }), StatusError);
  assertEquals(error.op, "stat");
  await assertRejects(() => client.noop({ timeout: -1 }), RangeError, "timeout");
  const reason = new Error("changed my mind");
  assertStrictEquals(await rejection(client.noop({ signal: AbortSignal.abort(reason) })), reason);
});

test("per server: versions, statistics and whatever else, also when some fail", async () => {
  await using cluster = new MemoryCluster();
  await using client = new ClusterClient(cluster.router(ABC));
  await client.setMulti([["0:a", "1"], ["0:b", "1"], ["2:c", "1"]]);
  const versions = await client.versions();
  assertEquals([[...versions.results.keys()], versions.errors.size], [ABC, 0]);
  cluster.connections.get("b")![0]!.destroy();
  const { results, errors } = await client.statsPerServer();
  assertEquals([...results].map(([name, stats]) => [name, stats.get("curr_items")]), [["a", "2"], ["c", "1"]]);
  assertInstanceOf(errors.get("b"), ClosedError);
  const flushed = await client.onEach(async (one, server) => {
    if (server === "c") await one.flush();
    await one.close();
    return server;
  });
  assertEquals([[...flushed.results], [...flushed.errors.keys()]], [[["a", "a"], ["b", "b"], ["c", "c"]], []]);
  assertEquals([cluster.textAt("a", "0:a"), await client.getText("2:c")], ["1", undefined]);
});

test("statistics of several servers are told apart by the names of the servers", async () => {
  await using cluster = new MemoryCluster();
  await using client = new ClusterClient(cluster.router(ABC));
  await client.set("1:k", "v");
  const stats = await client.stats();
  assertEquals(["a", "b", "c"].map((name) => stats.get(`${name} curr_items`)), ["0", "1", "0"]);
  for await (const { key } of client.eachStat()) {
    assertEquals(key.startsWith("a "), true);
    break;
  }
  assertEquals(await client.getText("1:k"), "v");
});

test("open asks all servers and yields the answers of one after the other", async () => {
  await using cluster = new MemoryCluster();
  const router = cluster.router(ABC);
  await using client = new Client(router);
  const names: string[] = [];
  for await (const { key } of router.open(STAT, {})) names.push(key);
  assertEquals(names.filter((name) => name === "curr_items").length, 3);
  for await (const _ of router.open(STAT, {})) break;
  cluster.connections.get("b")![0]!.destroy();
  const seen = async () => {
    for await (const { key } of router.open(STAT, {})) names.push(key);
  };
  const error = await assertRejects(seen, NodeError);
  assertEquals(error.node, "b");
  assertEquals(await client.get("0:k"), undefined);
});

test("frames of all servers can be watched, also of those to come", async () => {
  await using cluster = new MemoryCluster();
  const router = cluster.router(["a"]);
  await using client = new Client(router);
  let sent = 0;
  const stop = client.watchFrames({ sent: () => void sent++ });
  router.shards.update(["a", "b"]);
  await client.getMulti(["0:k", "1:k"]);
  assertEquals(sent, 4);
  stop();
  await client.get("1:k");
  assertEquals(sent, 4);
});

test("close ends all servers, and every call is then refused with ClosedError", async () => {
  await using cluster = new MemoryCluster();
  const router = cluster.router(ABC, { failover: "next-node" });
  const client = new ClusterClient(router);
  const waiting = client.getMulti(["0:k", "1:k"]);
  const status = client.status();
  await client.close();
  assertEquals((await waiting).misses.size, 2);
  assertEquals((await status.next()).done, true);
  for (
    const call of [
      () => client.get("0:k"),
      () => client.getMulti(["0:k"]),
      () => client.set("0:k", "v"),
      () => client.version(),
      () => client.stats(),
      () => client.versions(),
      () => client.getSentinels(["0:k"]),
      () => router.call(SET, { key: "0:k", value: "v", flags: 0, expiry: 0 }),
    ]
  ) await assertRejects(call, ClosedError);
  await client.close();
  assertEquals([...cluster.connections.values()].map(([one]) => one?.state), ["closed", "closed", "closed"]);
});

test("a shard manager serves one client only", () => {
  const { router } = new FakeCluster(ABC);
  const again = () => new FakeCluster(ABC).router.shards.start({ open: () => null!, careful: false, listener() {} });
  assertEquals(router.shards.servers.length, 3);
  try {
    again();
  } catch (error) {
    assertInstanceOf(error, TypeError);
    return;
  }
  throw new Error("was not refused");
});

test("quit says goodbye to all servers and closes, also if one is away", async () => {
  await using cluster = new MemoryCluster();
  const client = new ClusterClient(cluster.router(ABC));
  await client.quit();
  const states = () => [...cluster.connections.values()].map((all) => all.at(-1)?.state);
  assertEquals(states(), ["closed", "closed", "closed"]);
  const other = new ClusterClient(cluster.router(ABC));
  cluster.connections.get("b")!.at(-1)!.destroy();
  const error = await assertRejects(() => other.quit(), NodeError);
  assertEquals([error.node, states()], ["b", ["closed", "closed", "closed"]]);
});

test("what a ring of one's own throws is what the call rejects with", async () => {
  const ring = (servers: readonly RingServer[]) => ({
    ...byNumber(servers),
    locate: () => {
      throw new RangeError("no such key");
    },
  });
  const router = new Router(new ShardManager(["a", "b"], { ring }), { open: ({ name }) => new FakeNode(name) });
  for (const caller of [router, router.sentinels()]) {
    await assertRejects(() => caller.call(GET, { key: "k" }), RangeError, "no such key");
    await assertRejects(() => caller.batch(GET, [{ key: "k" }]), RangeError, "no such key");
    await assertRejects(() => caller.open(GET, { key: "k" }).next(), RangeError, "no such key");
  }
  await router.close();
});
