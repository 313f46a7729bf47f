/** Servers that come and go: connections that stay, calls that end, and keys that move only when they must. */
import { assertEquals, assertInstanceOf, assertThrows } from "@std/assert";
import fc from "fast-check";
import { Client } from "../../mod.ts";
import { ClusterClient } from "../../src/client/cluster_client.ts";
import type { ClusterEvent } from "../../src/cluster/cluster_event.ts";
import { Follower, type ServerList } from "../../src/cluster/follow.ts";
import { makeRing } from "../../src/cluster/make_ring.ts";
import { Router } from "../../src/cluster/router.ts";
import type { ServerSpec } from "../../src/cluster/server_spec.ts";
import { ShardManager } from "../../src/cluster/shard_manager.ts";
import type { ShardState } from "../../src/cluster/shard_state.ts";
import { GET } from "../../src/ops/retrieval.ts";
import { deferred } from "../support/server_scene.ts";
import { Random } from "../support/random.ts";
import { test } from "../support/test.ts";
import { FakeNode, MemoryCluster, timeless } from "./cluster_scene.ts";

test("servers that stay keep their connections, new ones get theirs, and those that go are closed", async () => {
  await using cluster = new MemoryCluster();
  const router = cluster.router(["a", "b"]);
  await using _ = new Client(router);
  const status = router.status();
  router.shards.update(["c", "b"]);
  assertEquals([...cluster.connections].map(([name, of]) => [name, of.length, of[0]!.state]), [
    ["a", 1, "closed"],
    ["b", 1, "open"],
    ["c", 1, "open"],
  ]);
  assertEquals(timeless((await status.next()).value), {
    type: "topology",
    added: ["c"],
    removed: ["a"],
    servers: ["c", "b"],
  });
  // Nothing changes, so nothing is told.
  router.shards.update(["c", "b"]);
  router.shards.update(["b", "c"]);
  router.shards.update([]);
  assertEquals((await status.next()).value?.type, "topology");
  assertEquals(router.shards.shards, []);
});

test("a server that is renumbered under its name keeps its keys and gets a new connection", async () => {
  const opened: ServerSpec[] = [];
  const nodes: FakeNode[] = [];
  const shards = new ShardManager([{ name: "one", address: "10.0.0.1" }, { name: "two", address: "10.0.0.2" }]);
  const open = (server: ServerSpec) => {
    opened.push(server);
    nodes.push(new FakeNode(server.name));
    return nodes.at(-1)!;
  };
  const router = new Router(shards, { open });
  const keys = Array.from({ length: 100 }, (_, i) => `key ${i}`);
  const before = keys.map((key) => shards.shardOf(key)?.name);
  shards.update([{ name: "one", address: "10.0.0.7" }, { name: "two", address: "10.0.0.2" }]);
  assertEquals(keys.map((key) => shards.shardOf(key)?.name), before);
  assertEquals(opened.map(({ address }) => address), ["10.0.0.1", "10.0.0.2", "10.0.0.7"]);
  assertEquals(nodes.map(({ closed }) => closed), [true, false, false]);
  await router.close();
});

test("calls under way end when their server goes, and close waits for it", async () => {
  const gone = deferred();
  const shards = new ShardManager(["a"]);
  const nodes = new Map<string, FakeNode>();
  const router = new Router(shards, {
    open({ name }) {
      const node = new FakeNode(name);
      node.close = () => gone.promise;
      nodes.set(name, node);
      return node;
    },
  });
  const slow = deferred<string>();
  nodes.get("a")!.answer = () => slow.promise;
  const call = router.call(GET, { key: "k" });
  shards.update(["b"]);
  nodes.get("b")!.close = () => Promise.resolve();
  let closed = false;
  const closing = router.close().then(() => closed = true);
  slow.resolve("late but here");
  assertEquals(await call as unknown, "late but here");
  assertEquals(closed, false);
  gone.resolve();
  await closing;
});

test("a list that cannot be used changes nothing", async () => {
  await using cluster = new MemoryCluster();
  const router = cluster.router(["a", "b"]);
  await using client = new Client(router);
  const before = router.shards.shards;
  assertThrows(() => router.shards.update(["a", { address: "c", weight: -1 }]), RangeError, "weight");
  assertThrows(() => router.shards.update(["a", { address: "c", state: "tired" as ShardState }]), TypeError, "tired");
  assertEquals([router.shards.shards, router.shards.servers.length], [before, 2]);
  assertEquals(await client.get("1:k"), undefined);
});

test("names of servers never show users and passwords", () => {
  const shards = new ShardManager([
    "memcached://ada:se/cret@10.0.0.1:11211",
    new URL("memcacheds://bob:pw@cache.example:11212"),
    "unix:/run/memcached.sock",
    { hostname: "::1", port: 11211 },
    { path: "/run/other.sock" },
    "plain",
  ]);
  assertEquals(shards.servers.map(({ name }) => name), [
    "10.0.0.1:11211",
    "cache.example:11212",
    "unix:/run/memcached.sock",
    "[::1]:11211",
    "/run/other.sock",
    "plain",
  ]);
});

/** Lists that a test hands out one by one. */
class Script implements AsyncIterable<ServerList> {
  readonly #lists: (ServerList | Error)[] = [];
  #wake = deferred();
  returned = false;

  give(list: ServerList | Error): void {
    this.#lists.push(list);
    this.#wake.resolve();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<ServerList, void, void> {
    try {
      for (;;) {
        const list = this.#lists.shift();
        if (list instanceof Error) throw list;
        if (list !== undefined) {
          yield list;
          continue;
        }
        this.#wake = deferred();
        await this.#wake.promise;
        if (this.returned) return;
      }
    } finally {
      this.returned = true;
    }
  }

  end(): void {
    this.returned = true;
    this.#wake.resolve();
  }
}

test("lists of servers are followed as they come; a bad one and a failure are told and change nothing", async () => {
  await using cluster = new MemoryCluster();
  const script = new Script();
  script.give({ servers: ["a"] });
  const follower = new Follower(script);
  const router = cluster.router([...(await follower.first())!.servers]);
  await using _ = new ClusterClient(router);
  const status = router.status();
  const next = async (): Promise<ClusterEvent> => (await status.next()).value;
  const following = follower.follow(router);
  script.give({ servers: ["a", "b"] });
  assertEquals((await next() as { added: unknown }).added, ["b"]);
  script.give({ servers: [{ address: "c", weight: 0 }] });
  const bad = await next();
  assertEquals(bad.type, "discovery");
  assertInstanceOf((bad as { error: unknown }).error, RangeError);
  script.give({ servers: ["b"] });
  assertEquals((await next() as { removed: unknown }).removed, ["a"]);
  const broken = new Error("no more DNS");
  script.give(broken);
  assertEquals(timeless(await next()), { type: "discovery", error: broken });
  await following;
  assertEquals(router.shards.servers.map(({ name }) => name), ["b"]);
});

test("a resize under load loses no call, and every value is found where the ring says", async () => {
  await using cluster = new MemoryCluster();
  const shards = new ShardManager(["a", "b", "c", "d"], { ring: "rendezvous" });
  await using client = new ClusterClient(new Router(shards, { open: cluster.open }));
  const sizes = [["a", "b", "c", "d", "e"], ["b", "c", "d", "e"], ["b", "c"], ["a", "b", "c", "d", "e", "f"]];
  let running = true;
  let calls = 0;
  const lanes = Array.from({ length: 20 }, async (_, lane) => {
    for (let i = 0; running || i < 50; i++) {
      const key = `key ${lane} ${i % 50}`;
      await client.set(key, key);
      const text = await client.getText(key);
      // Between the two the key may have moved to a server that never had it; it may not be another's.
      if (text !== undefined) assertEquals(text, key);
      const { hits, errors } = await client.getMulti([key, `${key}x`]);
      assertEquals([errors.size, hits.get(key)?.text() ?? key], [0, key]);
      calls += 4;
    }
  });
  for (const servers of [...sizes, ...sizes]) {
    const target = calls + 400;
    while (calls < target) await new Promise((resolve) => setTimeout(resolve, 0));
    shards.update(servers);
  }
  running = false;
  await Promise.all(lanes);
  // Now that it stands still, what is written is found.
  await Promise.all(lanes.map((_, lane) => client.set(`key ${lane} 0`, "last")));
  for (let lane = 0; lane < 20; lane++) {
    const key = `key ${lane} 0`;
    assertEquals(cluster.textAt(client.serverOf(key)!, key), "last");
  }
});

type Step =
  | { readonly kind: "servers"; readonly names: readonly string[] }
  | { readonly kind: "state"; readonly at: number; readonly state: ShardState }
  | { readonly kind: "write" | "read" | "many"; readonly key: string };

const NAMES = ["a", "b", "c", "d", "e", "f"];
const key = fc.nat({ max: 19 }).map((i) => `key ${i}`);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant("servers" as const), names: fc.subarray(NAMES) }),
  fc.record({
    kind: fc.constant("state" as const),
    at: fc.nat(5),
    state: fc.constantFrom<ShardState>("active", "active", "writeOnly", "warmUp", "down"),
  }),
  fc.record({ kind: fc.constantFrom("write" as const, "read" as const, "many" as const), key }),
);

test("routing under random changes is that of a model: a ring, a map per server, and a state each", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      await using cluster = new MemoryCluster();
      const shards = new ShardManager(["a", "b", "c"], { ring: "ketama-weighted" });
      await using client = new ClusterClient(new Router(shards, { open: cluster.open }));
      let names: readonly string[] = ["a", "b", "c"];
      let states = new Map<string, ShardState>();
      const model = new Map<string, Map<string, string>>();
      const serverOf = (key: string): string | undefined =>
        names[makeRing("ketama-weighted", names.map((name) => ({ name }))).locate(key)];
      const expected = (key: string): string | undefined => {
        const server = serverOf(key);
        if (server === undefined || (states.get(server) ?? "active") !== "active") return undefined;
        return model.get(server)?.get(key);
      };
      for (const [i, one] of steps.entries()) {
        if (one.kind === "servers") {
          names = one.names;
          states = new Map();
          shards.update(names);
        } else if (one.kind === "state") {
          const name = names[one.at];
          if (name === undefined) continue;
          states.set(name, one.state);
          shards.setState(name, one.state);
        } else if (one.kind === "write") {
          const server = serverOf(one.key);
          const outcome = await client.set(one.key, `value ${i}`).then(() => "stored", (error) => error.code);
          if (server === undefined) assertEquals(outcome, "NO_SERVER");
          else if ((states.get(server) ?? "active") !== "active") assertEquals(outcome, "SKIPPED");
          else {
            assertEquals(outcome, "stored");
            if (!model.has(server)) model.set(server, new Map());
            model.get(server)!.set(one.key, `value ${i}`);
          }
        } else if (one.kind === "read") {
          if (serverOf(one.key) !== undefined) assertEquals(await client.getText(one.key), expected(one.key));
        } else if (names.length > 0) {
          const keys = Array.from({ length: 20 }, (_, i) => `key ${i}`);
          const { hits, misses, errors } = await client.getMulti(keys);
          const wanted = keys.filter((key) => expected(key) !== undefined);
          assertEquals([...hits].map(([key, item]) => [key, item.text()]), wanted.map((key) => [key, expected(key)]));
          assertEquals([misses.size, errors.size], [20 - wanted.length, 0]);
        }
      }
    }),
    { numRuns: 60, seed: new Random().seed | 0 },
  );
});
