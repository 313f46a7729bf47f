/** What becomes of calls whose server is away: the named policies, policies of one's own, and what is told of it. */
import { assertEquals, assertInstanceOf, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { Client, ClosedError, ConnectionError, OverloadError, TimeoutError } from "../../mod.ts";
import { ClusterClient } from "../../src/client/cluster_client.ts";
import { NodeError, SkippedError } from "../../src/cluster/cluster_errors.ts";
import type { FailoverEvent } from "../../src/cluster/cluster_event.ts";
import type { FailoverPolicy, Failure } from "../../src/cluster/failover.ts";
import type { RouterOptions } from "../../src/cluster/router.ts";
import { INCREMENT } from "../../src/ops/counter.ts";
import { GET } from "../../src/ops/retrieval.ts";
import { SET } from "../../src/ops/storage.ts";
import { rejection } from "../contract/client_subject.ts";
import { test } from "../support/test.ts";
import { FakeCluster, MemoryCluster } from "./cluster_scene.ts";

const ABC = ["a", "b", "c"];
const UNSENT = new ConnectionError("refused", { sent: false });
const SENT = new ConnectionError("reset", { sent: true });
const set = (key: string, expiry = 0) => ({ key, value: "v", flags: 0, expiry });

/** A cluster where some servers fail every call. */
function cluster(away: Readonly<Record<string, unknown>>, options: Partial<RouterOptions> = {}): FakeCluster {
  const made = new FakeCluster(ABC, options);
  for (const [name, error] of Object.entries(away)) fail(made, name, error);
  return made;
}

function fail(made: FakeCluster, name: string, error: unknown): void {
  made.node(name).answer = () => {
    throw error;
  };
}

/** What was told of decisions while something ran. */
async function toldDuring(
  made: FakeCluster,
  run: () => Promise<unknown>,
): Promise<Omit<FailoverEvent, "type" | "at">[]> {
  const status = made.router.status();
  await run();
  await made.router.close();
  const told: Omit<FailoverEvent, "type" | "at">[] = [];
  for await (const event of status) {
    if (event.type !== "failover") continue;
    const { type: _, at, ...rest } = event;
    assertEquals(at > 0, true);
    told.push(rest);
  }
  return told;
}

test("fail-fast is the default: the server's own error, and nothing else is asked", async () => {
  const made = cluster({ b: UNSENT });
  assertStrictEquals(await rejection(made.router.call(GET, { key: "1:k" })), UNSENT);
  assertEquals([made.node("a").keys, made.node("c").keys], [[], []]);
  const { errors } = await made.router.batch(GET, [{ key: "0:k" }, { key: "1:k" }]);
  assertInstanceOf(errors?.get(1), NodeError);
  assertEquals(made.node("c").keys, []);
});

test("next-node turns to the next servers of the ring until one answers, and tells of each turn", async () => {
  const made = cluster({ b: UNSENT, c: UNSENT }, { failover: "next-node" });
  const told = await toldDuring(made, async () => {
    assertEquals(await made.router.call(GET, { key: "1:k" }) as unknown, "from a");
    assertEquals(await made.router.call(GET, { key: "0:k" }) as unknown, "from a");
  });
  const about = { op: "get", keys: 1, cause: UNSENT, action: "use" } as const;
  assertEquals(told, [{ ...about, server: "b", to: "c" }, { ...about, server: "c", to: "a" }]);
});

test("next-node fails with the last reason when all were tried", async () => {
  const last = new ConnectionError("refused too", { sent: false });
  const made = cluster({ a: last, b: UNSENT, c: UNSENT }, { failover: "next-node" });
  const told = await toldDuring(made, async () => {
    assertStrictEquals(await rejection(made.router.call(GET, { key: "1:k" })), last);
  });
  assertEquals(told.map(({ server, action }) => [server, action]), [["b", "use"], ["c", "use"], ["a", "fail"]]);
});

test("next-node passes over servers that count as down or may not be read", async () => {
  for (const state of ["down", "warmUp", "writeOnly"] as const) {
    const made = cluster({ b: UNSENT }, { failover: "next-node" });
    if (state === "down") made.node("c").state = "down";
    else made.router.shards.setState("c", state);
    assertEquals(await made.router.call(GET, { key: "1:k" }) as unknown, "from a");
    assertEquals(made.node("c").keys, []);
  }
});

test("next-node stands in for a server that was set down, not for one that is being filled", async () => {
  const made = cluster({}, { failover: "next-node" });
  made.router.shards.setState("b", "down");
  assertEquals(await made.router.call(GET, { key: "1:k" }) as unknown, "from c");
  assertEquals((await made.router.batch(SET, [set("1:k"), set("0:k")])).errors, undefined);
  assertEquals([made.node("a").keys, made.node("b").keys, made.node("c").keys], [["0:k"], [], ["1:k", "1:k"]]);
  made.router.shards.setState("b", "warmUp");
  assertInstanceOf(await rejection(made.router.call(SET, set("1:k"))), SkippedError);
  assertEquals(made.node("c").keys.length, 2);
});

test("a call whose bytes may have left moves only if doing it twice does no harm", async () => {
  const moves: readonly (readonly [unknown, boolean, boolean])[] = [
    // The error, whether a read moves, whether a write moves.
    [UNSENT, true, true],
    [SENT, true, false],
    [new ClosedError("closed", { sent: false }), true, true],
    [new ClosedError("closed", { sent: true }), true, false],
    [new TimeoutError("late", { sent: true }), false, false],
    [new OverloadError("full", { sent: false }), false, false],
    [new RangeError("key"), false, false],
  ];
  for (const [error, read, write] of moves) {
    const made = cluster({ b: error }, { failover: "next-node" });
    const calls = [
      [made.router.call(GET, { key: "1:k" }), read],
      [made.router.call(SET, set("1:k")), write],
      [made.router.call(INCREMENT, { key: "1:k", delta: 1n, initial: 0n, expiry: 0 }), write],
    ] as const;
    for (const [call, moved] of calls) {
      const outcome = await call.then((value) => value as unknown, (reason) => reason);
      assertEquals(outcome, moved ? "from c" : error);
    }
    const batch = await made.router.batch(SET, [set("1:k")]);
    assertEquals(batch.errors === undefined, write);
  }
});

test("a moved call has what is left of its time", async () => {
  const made = cluster({ b: UNSENT }, { failover: "next-node", timeout: 500 });
  await made.router.call(GET, { key: "1:k" });
  await made.router.call(GET, { key: "1:k" }, { timeout: 200 });
  await made.router.call(GET, { key: "1:k" }, { timeout: 0 });
  const [byDefault, own, forEver] = made.node("c").calls.map(({ options }) => options?.timeout);
  assertEquals([byDefault! > 0 && byDefault! <= 500, own! > 0 && own! <= 200, forEver], [true, true, 0]);
});

test("gutter sends what a server cannot take to a pool of its own, for a short time", async () => {
  const options = { gutterServers: ["g", "h"], failover: "gutter", gutterTtl: 5 } as const;
  const made = new FakeCluster(ABC, options);
  fail(made, "b", UNSENT);
  const far = Math.floor(Date.now() / 1000) + 3600;
  const soon = 3;
  for (const expiry of [0, 100, soon, far]) await made.router.call(SET, set("1:k", expiry));
  await made.router.call(GET, { key: "1:k" });
  await made.router.call(INCREMENT, { key: "1:k", delta: 1n, initial: 0n, expiry: 0xffffffff });
  assertEquals(made.node("h").calls.map(({ op, request }) => [op, request.expiry]), [
    ["set", 5],
    ["set", 5],
    ["set", soon],
    ["set", 5],
    ["get", undefined],
    ["increment", 0xffffffff],
  ]);
  assertEquals([made.node("a").keys, made.node("c").keys, made.node("g").keys], [[], [], []]);
  // Servers of the gutter have no keys of their own.
  assertEquals(made.router.shards.servers.length, 3);
  await made.router.close();
  assertEquals([...made.nodes.values()].every(({ closed }) => closed), true);
});

test("gutter takes the next of its servers when one of them is away, then fails", async () => {
  const made = new FakeCluster(ABC, { gutterServers: ["g", "h"], failover: "gutter" });
  fail(made, "b", UNSENT);
  fail(made, "h", UNSENT);
  assertEquals(await made.router.call(GET, { key: "1:k" }) as unknown, "from g");
  fail(made, "g", SENT);
  assertStrictEquals(await rejection(made.router.call(GET, { key: "1:k" })), SENT);
  assertThrows(() => new FakeCluster(ABC, { failover: "gutter" }), TypeError, "gutter");
});

test("miss-on-down answers reads with a miss and tells that writes were skipped", async () => {
  await using memory = new MemoryCluster();
  const router = memory.router(ABC, { failover: "miss-on-down" });
  await using client = new Client(router);
  await client.setMulti([["0:k", "v"], ["1:k", "v"]]);
  memory.connections.get("b")![0]!.destroy(new Error("pulled the plug"));
  assertEquals([await client.getText("0:k"), await client.getText("1:k"), await client.get("1:k")], [
    "v",
    undefined,
    undefined,
  ]);
  const found = await client.getMulti(["0:k", "1:k", "2:k"]);
  assertEquals([[...found.hits.keys()], [...found.misses], found.errors.size], [["0:k"], ["1:k", "2:k"], 0]);
  const error = await assertRejects(() => client.set("1:k", "w"), SkippedError);
  assertEquals([error.node, error.sent, error.cause instanceof ClosedError], ["b", false, true]);
  const { hits, errors } = await client.setMulti([["0:k", "w"], ["1:k", "w"]]);
  assertEquals([[...hits.keys()], errors.get("1:k") instanceof SkippedError], [["0:k"], true]);
  await assertRejects(() => client.increment("1:n"), SkippedError);
});

test("a batch moves the keys of servers that are away, each to where it belongs next", async () => {
  const made = cluster({ a: UNSENT, b: SENT }, { failover: "next-node" });
  made.node("c").answer = ({ request }) => `c ${request.key}`;
  const keys = ["0:a", "1:b", "2:c", "1:d", "0:e"];
  const told = await toldDuring(made, async () => {
    const { replies, errors } = await made.router.batch(GET, keys.map((key) => ({ key })));
    assertEquals([replies as unknown[], errors], [keys.map((key) => `c ${key}`), undefined]);
  });
  assertEquals(told.map(({ server, to, keys, cause }) => [server, to, keys, cause]), [
    ["a", "b", 2, UNSENT],
    ["b", "c", 2, SENT],
    ["b", "c", 2, SENT],
  ]);
});

test("a batch of writes leaves those that may have been done where they failed", async () => {
  const made = cluster({ a: UNSENT, b: SENT }, { failover: "next-node" });
  const { errors } = await made.router.batch(SET, [set("0:a"), set("1:b"), set("2:c")]);
  // The first was refused by a, and may have been done by b.
  assertEquals([...errors!].map(([place, error]) => [place, (error as NodeError).node]), [[1, "b"], [0, "b"]]);
  assertEquals(made.node("c").keys, ["2:c"]);
});

test("a policy of one's own is asked with all that is known, and its word counts", async () => {
  const asked: Failure[] = [];
  let word: ReturnType<FailoverPolicy["decide"]> = "fail";
  const failover: FailoverPolicy = {
    decide(failure) {
      asked.push(failure);
      return word;
    },
  };
  const made = cluster({ b: UNSENT }, { failover });
  assertStrictEquals(await rejection(made.router.call(GET, { key: "1:k" }, { routingKey: "1:other" })), UNSENT);
  const [failure] = asked;
  assertEquals([failure!.op, failure!.read, failure!.key, failure!.server, failure!.tried, failure!.cause], [
    "get",
    true,
    "1:other",
    "b",
    ["b"],
    UNSENT,
  ]);
  assertEquals([failure!.next(), failure!.gutter()], ["c", undefined]);
  word = { server: "a", ttl: 7 };
  await made.router.call(SET, set("1:k", 60));
  assertEquals(made.node("a").calls.map(({ request }) => request.expiry), [7]);
  for (const server of ["b", "nobody"]) {
    word = { server };
    assertStrictEquals(await rejection(made.router.call(GET, { key: "1:k" })), UNSENT);
  }
  // It is asked about trouble only.
  const before = asked.length;
  await made.router.call(GET, { key: "0:k" });
  assertEquals(asked.length, before);
});

test("a policy that throws fails the call, and only that", async () => {
  const failover: FailoverPolicy = {
    decide() {
      throw new Error("no idea");
    },
  };
  const made = cluster({ b: UNSENT }, { failover });
  await assertRejects(() => made.router.call(GET, { key: "1:k" }), Error, "no idea");
  assertEquals(await made.router.call(GET, { key: "0:k" }) as unknown, "from a");
});

test("sentinels are moved by no policy", async () => {
  const made = cluster({ b: UNSENT }, { failover: "next-node" });
  const client = new ClusterClient(made.router);
  assertInstanceOf((await client.setSentinels([["1:k", "v"]])).errors.get("1:k"), NodeError);
  made.router.shards.setState("b", "down");
  assertInstanceOf((await client.setSentinels([["1:k", "v"]])).errors.get("1:k"), SkippedError);
  assertEquals(made.node("c").keys, []);
});

test("a name that is no policy is refused", () => {
  assertThrows(() => cluster({}, { failover: "hope" as "gutter" }), TypeError, "fail-fast");
});

test("each shard counts what it was asked, what was left out and what went elsewhere", async () => {
  const made = cluster({ b: UNSENT }, { failover: "next-node" });
  const { router } = made;
  await router.call(GET, { key: "0:k" });
  await router.call(GET, { key: "1:k" });
  await router.batch(GET, ["0:k", "1:k", "1:l", "2:k"].map((key) => ({ key })));
  router.shards.setState("a", "warmUp");
  await router.call(GET, { key: "0:k" }, undefined, () => undefined);
  await router.batch(SET, [set("0:k"), set("0:l")]);
  const counts = router.shards.shards.map(({ calls, skipped, moved }) => [calls, skipped, moved]);
  assertEquals(counts, [[2, 3, 0], [3, 0, 3], [4, 0, 0]]);
  const fast = new FakeCluster(["a"]);
  await fast.router.call(GET, { key: "0:k" });
  assertEquals(fast.router.shards.shards[0]?.calls, 1);
});

test("a call that moves is the one that was made, whatever became of its bytes meanwhile", async () => {
  const made = cluster({ b: UNSENT }, { failover: "next-node" });
  made.node("c").answer = ({ request }) => {
    const { key, value } = request as { key: unknown; value?: unknown };
    return [key, value].map((part) => part instanceof Uint8Array ? new TextDecoder().decode(part) : part).join(" ");
  };
  const key = new TextEncoder().encode("1:mine");
  const value = new TextEncoder().encode("v");
  const calls = [
    made.router.call(GET, { key }),
    made.router.call(SET, { key, value, flags: 0, expiry: 0 }),
    made.router.batch(SET, [{ key, value, flags: 0, expiry: 0 }, set("1:text")]),
  ];
  key.fill(0x78);
  value.fill(0x78);
  const [one, other, many] = await Promise.all(calls);
  assertEquals([one, other] as unknown, ["1:mine ", "1:mine v"]);
  assertEquals((many as { replies: unknown }).replies, ["1:mine v", "1:text v"]);
});
