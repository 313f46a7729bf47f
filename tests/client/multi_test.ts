/** Calls about many keys where something goes wrong on the way. */
import { assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { Client, Connection, ConnectionError, OverloadError, TimeoutError } from "../../mod.ts";
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

test("a key that was given twice and came to two ends counts as a hit, then as an error", async () => {
  const transport = new FakeTransport();
  const client = new Client(new Connection(transport));
  const call = client.getMulti(["a", "a", "b", "b", "c", "c"]);
  await endOfTurn();
  const [, second, third, , fifth, , noop] = transport.requests;
  transport.receive(
    hit(second!, "A"),
    answer(third!, { status: 0x86 }),
    answer(fifth!, { status: 0x01 }),
    wire({ opcode: 0x0a, opaque: noop!.opaque }),
  );
  const { hits, misses, errors } = await call;
  assertEquals([[...hits.keys()], [...errors.keys()], [...misses]], [["a"], ["b"], ["c"]]);
  (client.caller as Connection).destroy();
});
