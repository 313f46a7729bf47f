/** Calls about many keys where something goes wrong on the way. */
import { assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import {
  Client,
  Connection,
  ConnectionError,
  NotStoredError,
  OverloadError,
  StatusError,
  TimeoutError,
} from "../../mod.ts";
import type { ClosableCaller } from "../../src/connection/caller.ts";
import { MockClient } from "../../src/testing/mock_client.ts";
import { MemoryStore, Server } from "../../src/server.ts";
import { memoryPair } from "../../src/transport/memory.ts";
import { endOfTurn, FakeTransport } from "../support/fake_transport.ts";
import { test } from "../support/test.ts";
import { answer, hit, wire } from "../support/wire_frame.ts";

/** Of three batches. */
const MANY = Array.from({ length: 9000 }, (_, i) => `key ${i}`);

test("getMulti reports the keys of batches that were refused beside those that were answered", async () => {
  await using server = new Server();
  new MemoryStore().register(server);
  const [here, there] = memoryPair();
  server.serve(there);
  await using client = new Client(new Connection(here, { maxInFlight: 2, timeout: 30_000 }));
  await client.setMulti(MANY.slice(0, 8000).map((key) => [key, "v"]));
  await client.setMulti(MANY.slice(8000).map((key) => [key, "v"]));
  const { hits, misses, errors } = await client.getMulti(MANY);
  assertEquals([hits.size, misses.size, errors.size], [8192, 0, 808]);
  assertEquals([[...hits.keys()], [...errors.keys()]], [MANY.slice(0, 8192), MANY.slice(8192)]);
  for (const error of errors.values()) assertInstanceOf(error, OverloadError);
});

test("a multi call of which nothing could be sent rejects with OverloadError", async () => {
  const client = new Client(new Connection(new FakeTransport(), { maxInFlight: 1 }));
  const waiting = client.get("k");
  for (const keys of [MANY.slice(0, 2), MANY]) {
    const error = await assertRejects(() => client.getMulti(keys), OverloadError);
    assertEquals(error.sent, false);
  }
  const connection = client.caller as Connection;
  connection.destroy();
  await assertRejects(() => waiting);
});

test("getMulti has every key that was not answered in errors, after a timeout and after a loss", async () => {
  for (const end of ["time", "loss"]) {
    const transport = new FakeTransport();
    const client = new Client(new Connection(transport, { timeout: end === "time" ? 20 : 0 }));
    const call = client.getMulti(["a", "b", "c"]);
    await endOfTurn();
    const [, second] = transport.requests;
    transport.receive(hit(second!, "B"));
    if (end === "loss") transport.end(new Error("reset"));
    const { hits, misses, errors } = await call;
    assertEquals([[...hits.keys()], misses.size, [...errors.keys()]], [["b"], 0, ["a", "c"]]);
    for (const error of errors.values()) assertInstanceOf(error, end === "time" ? TimeoutError : ConnectionError);
    (client.caller as Connection).destroy();
  }
});

test("setMulti and deleteMulti tell apart what was done, what was not there and what was refused", async () => {
  const transport = new FakeTransport();
  const client = new Client(new Connection(transport));
  const set = client.setMulti([["a", "1"], ["b", "2"], ["c", "3"]]);
  const deleted = client.deleteMulti(["a", "b", "c"]);
  await endOfTurn();
  const requests = transport.requests;
  assertEquals(requests.map(({ opcode }) => opcode), [0x11, 0x11, 0x11, 0x0a, 0x14, 0x14, 0x14, 0x0a]);
  transport.receive(
    answer(requests[1]!, { status: 0x82, value: "Out of memory" }),
    answer(requests[3]!),
    answer(requests[4]!, { status: 0x01, value: "Not found" }),
    answer(requests[6]!, { status: 0x86 }),
    answer(requests[7]!),
  );
  const first = await set;
  assertEquals([[...first.hits.keys()], first.misses.size, [...first.errors.keys()]], [["a", "c"], 0, ["b"]]);
  const second = await deleted;
  assertEquals(
    [[...second.hits.keys()], [...second.misses], [...second.errors.keys()]],
    [["b"], ["a"], ["c"]],
  );
  (client.caller as Connection).destroy();
});

test("a key that is given twice is asked for once", async () => {
  const transport = new FakeTransport();
  const client = new Client(new Connection(transport));
  const calls = [client.getMulti(["a", "b", "a", "b"]), client.deleteMulti(["a", "a"])] as const;
  await endOfTurn();
  const [first, second, noop, third, last] = transport.requests;
  assertEquals(transport.requests.map(({ key }) => key), ["a", "b", "", "a", ""]);
  transport.receive(
    hit(first!, "A"),
    answer(second!, { status: 0x86 }),
    wire({ opcode: 0x0a, opaque: noop!.opaque }),
    answer(third!, { status: 0x01 }),
    wire({ opcode: 0x0a, opaque: last!.opaque }),
  );
  const { hits, misses, errors } = await calls[0];
  assertEquals([[...hits.keys()], [...errors.keys()], [...misses]], [["a"], ["b"], []]);
  assertEquals([...(await calls[1]).misses], ["a"]);
  (client.caller as Connection).destroy();
});

/** A client of a store of its own. */
function storeClient(): { readonly client: Client; readonly store: MemoryStore } {
  const server = new Server();
  const store = new MemoryStore();
  store.register(server);
  const [here, there] = memoryPair();
  server.serve(there);
  return { client: new Client(new Connection(here, { timeout: 30_000 })), store };
}

test("addMulti writes what is not there and tells what is", async () => {
  const { client } = storeClient();
  await using _ = client;
  await client.set("b", "old");
  const { hits, misses, errors } = await client.addMulti([["a", "1"], ["b", "2"], ["c", "3"]], { flags: 5 });
  assertEquals([[...hits.keys()], misses.size, [...errors.keys()]], [["a", "c"], 0, ["b"]]);
  assertInstanceOf(errors.get("b"), NotStoredError);
  assertEquals([await client.getText("b"), (await client.get("c"))?.flags], ["old", 5]);
});

test("casMulti writes over the given versions, adds those of version 0, and keeps the order", async () => {
  const { client } = storeClient();
  await using _ = client;
  const { cas } = await client.set("held", "1");
  await client.set("changed", "1");
  await client.set("there", "1");
  const { hits, misses, errors } = await client.casMulti([
    ["new", "n", 0n],
    ["held", "h", cas],
    ["there", "t", 0n],
    ["changed", "c", cas],
    ["gone", "g", 7n],
    ["newer", "n", 0n],
  ]);
  assertEquals([[...hits.keys()], misses.size], [["new", "held", "newer"], 0]);
  assertEquals([...errors].map(([key, error]) => [key, (error as Error).name]), [
    ["there", "NotStoredError"],
    ["changed", "CasMismatchError"],
    ["gone", "KeyNotFoundError"],
  ]);
  const found = await client.getMulti(["new", "held", "there", "changed", "gone"]);
  assertEquals([...found.hits].map(([key, item]) => `${key}=${item.text()}`), [
    "new=n",
    "held=h",
    "there=1",
    "changed=1",
  ]);
});

test("touchMulti and getAndTouchMulti change when items go away", async () => {
  const { client, store } = storeClient();
  await using _ = client;
  const { cas } = await client.set("a", "1");
  await client.set("b", "2");
  const touched = await client.touchMulti(["a", "none", "b"], { ttl: 0 });
  assertEquals([[...touched.hits.keys()], [...touched.misses], touched.errors.size], [["a", "b"], ["none"], 0]);
  assertEquals(touched.hits.get("a")?.cas !== undefined, true);
  assertEquals(store.get("a")?.expiresAt, Infinity);
  const found = await client.getAndTouchMulti(["b", "none", "a"], { ttl: 3600 });
  assertEquals([[...found.hits].map(([key, item]) => [key, item.text()]), [...found.misses]], [
    [["b", "2"], ["a", "1"]],
    ["none"],
  ]);
  assertEquals(store.get("a")!.expiresAt < Infinity, true);
  assertEquals(cas > 0n, true);
});

test("incrementMulti and decrementMulti count each counter once, thousands of them", async () => {
  const { client } = storeClient();
  await using _ = client;
  await client.set("word", "abc");
  const keys = Array.from({ length: 3000 }, (_, i) => `n${i}`);
  const created = await client.incrementMulti([...keys, "n0"], { by: 2, initial: 40 });
  assertEquals([[...created.hits.keys()], new Set(created.hits.values())], [keys, new Set([40n])]);
  const counted = await client.incrementMulti(["n1", "word", "none", "n2"], { by: 2 });
  assertEquals([[...counted.hits], [...counted.misses]], [[["n1", 42n], ["n2", 42n]], ["none"]]);
  assertInstanceOf(counted.errors.get("word"), StatusError);
  assertEquals([...(await client.decrementMulti(["n1", "n0"])).hits], [["n1", 41n], ["n0", 39n]]);
});

test("multi calls without a quiet form end with the reason of their signal", async () => {
  const { client } = storeClient();
  await using _ = client;
  const signal = AbortSignal.abort(new Error("changed my mind"));
  await assertRejects(() => client.touchMulti(["a"], { ttl: 1, signal }), Error, "changed my mind");
  await assertRejects(() => client.incrementMulti(["a"], { signal }), Error, "changed my mind");
});

test("multi calls refuse what they cannot write", async () => {
  const { client } = storeClient();
  await using _ = client;
  await assertRejects(() => client.addMulti([["a", "1"]], { flags: -1 }), RangeError, "flags");
  await assertRejects(() => client.casMulti([["", "1", 0n]]), RangeError);
  await assertRejects(() => client.getAndTouchMulti(["a"], { ttl: NaN }), RangeError);
});

test("casMulti: a key that cannot be written is found before anything is sent", async () => {
  await using client = new MockClient();
  const entries = [["new", "v", 0n], ["k".repeat(251), "v", 5n]] as const;
  await assertRejects(() => client.casMulti(entries), RangeError);
  assertEquals(await client.get("new"), undefined);
});

test("casMulti: what was sent is told, although the rest is refused", async () => {
  const asked: string[] = [];
  const caller = {
    batch: (op: { readonly name: string }, requests: readonly unknown[]) => {
      asked.push(op.name);
      if (asked.length === 2) return Promise.reject(new OverloadError("too much", { sent: false }));
      return Promise.resolve({ replies: requests.map(() => undefined), errors: undefined });
    },
  } as unknown as ClosableCaller;
  const { hits, errors } = await new Client(caller).casMulti([["a", "v", 0n], ["b", "v", 5n], ["c", "v", 0n]]);
  assertEquals([[...hits.keys()], [...errors.keys()], asked.length], [["a", "c"], ["b"], 2]);
});
