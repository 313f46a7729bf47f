/** Each fault, on frames written by hand, and what our own client makes of it. */

import { assertEquals, assertRejects } from "@std/assert";
import { connect } from "../../src/client/connect.ts";
import { Connection } from "../../src/connection/connection.ts";
import { ConnectionError, ProtocolError, StatusError, TimeoutError } from "../../src/errors.ts";
import { GET } from "../../src/ops/retrieval.ts";
import { SET } from "../../src/ops/storage.ts";
import { FaultLane } from "../../src/testing/fault_lane.ts";
import type { Fault, FaultRule } from "../../src/testing/fault_plan.ts";
import { faultPlan } from "../../src/testing/fault_plan.ts";
import { FaultServer } from "../../src/testing/fault_server.ts";
import { FaultTransport } from "../../src/testing/fault_transport.ts";
import { memoryPair } from "../../src/transport/memory.ts";
import { Status } from "../../src/wire/status.ts";
import { toHex } from "../../src/bytes.ts";
import { hex } from "../support/hex.ts";
import { test } from "../support/test.ts";

// Answers to GETK, opaques 1 to 3, keys a to c.
const FRAMES = ["a", "b", "c"].map((key, i) =>
  hex(`810c 0001 04 00 0000 00000005 0000000${i + 1} 0000000000000000 00000000 ${key.charCodeAt(0).toString(16)}`)
);
const [A, B, C] = FRAMES.map(toHex);

/** What is read of the three frames with a rule, the end included, and what waits for a time to pass. */
function readWith(rule: FaultRule) {
  const [here, there] = memoryPair();
  const waits: { ms: number; done: () => void }[] = [];
  const transport = new FaultTransport(here, faultPlan([rule]), { after: (ms, done) => waits.push({ ms, done }) });
  const read: string[] = [];
  transport.start({
    data: (chunk) => void read.push(toHex(chunk)),
    end: (error) => void read.push(error === undefined ? "end" : (error as Error).name),
  });
  const all = new Uint8Array(FRAMES.reduce((size, frame) => size + frame.length, 0));
  FRAMES.reduce((at, frame) => (all.set(frame, at), at + frame.length), 0);
  there.start({ data: () => {}, end: () => there.close() });
  void there.write(all)?.catch(() => {});
  return { read, waits, transport, there };
}

async function settled(reading: ReturnType<typeof readWith>): Promise<string[]> {
  // Memory delivers within a few turns of the microtask queue; a macrotask is behind all of them.
  await new Promise((resolve) => setTimeout(resolve, 0));
  return reading.read;
}

const cases: readonly (readonly [name: string, fault: Fault, seen: readonly string[]])[] = [
  ["drop", { kind: "drop" }, [A!, C!]],
  ["duplicate", { kind: "duplicate" }, [A!, B!, B!, C!]],
  ["reorder", { kind: "reorder" }, [A!, C!, B!]],
  ["truncate", { kind: "truncate", bytes: 10 }, [A!, B!.slice(0, 20), "end"]],
  ["truncate by half", { kind: "truncate" }, [A!, B!.slice(0, 28), "end"]],
  ["split", { kind: "split", at: 24 }, [A!, B!.slice(0, 48), B!.slice(48), C!]],
  ["split everywhere", { kind: "split" }, [A!, ...B!.match(/../g)!, C!]],
  ["wrong opaque", { kind: "wrong-opaque" }, [A!, B!.replace("00000002", "ff000002"), C!]],
  ["wrong opcode", { kind: "wrong-opcode" }, [A!, B!.replace("810c", "81f3"), C!]],
  ["wrong key", { kind: "wrong-key" }, [A!, B!.slice(0, -2) + "9d", C!]],
  ["silence", { kind: "silence" }, [A!]],
  ["reset", { kind: "reset" }, [A!, "ConnectionError"]],
  ["half-close", { kind: "half-close" }, [A!, "end"]],
];

for (const [name, fault, seen] of cases) {
  test(`faults: ${name}`, async () => {
    const reading = readWith({ fault, after: 1, times: 1 });
    assertEquals(await settled(reading), seen);
    reading.transport.close();
    await reading.there.closed;
  });
}

test("faults: delay holds a frame and all behind it, and no other", async () => {
  const reading = readWith({ fault: { kind: "delay", ms: 30 }, after: 1, times: 1 });
  assertEquals(await settled(reading), [A!]);
  assertEquals(reading.waits.map(({ ms }) => ms), [30]);
  reading.waits[0]!.done();
  assertEquals(reading.read, [A!, B!, C!]);
  reading.transport.close();
});

test("faults: the end comes behind what was delayed, and a frame kept for later comes before it", async () => {
  const late = readWith({ fault: { kind: "delay", ms: 30 }, after: 2, times: 1 });
  await settled(late);
  late.there.close();
  await new Promise((resolve) => setTimeout(resolve, 0));
  assertEquals(late.read, [A!, B!]);
  late.waits[0]!.done();
  assertEquals(late.read, [A!, B!, C!, "end"]);
  const last = readWith({ fault: { kind: "reorder" }, after: 2, times: 1 });
  assertEquals(await settled(last), [A!, B!]);
  last.there.close();
  await last.transport.closed;
  assertEquals(last.read, [A!, B!, C!, "end"]);
});

test("faults: rules count, and equal seeds give equal chance", () => {
  const frames = (rule: Partial<FaultRule>, seed = 1) => {
    const plan = faultPlan([{ fault: { kind: "drop" }, ...rule }], { seed });
    return Array.from({ length: 12 }, () => plan.decide("read", undefined) === undefined ? "." : "x").join("");
  };
  assertEquals(frames({ after: 3, every: 4 }), "...x...x...x");
  assertEquals(frames({ times: 2 }), "xx..........");
  assertEquals(frames({ chance: 0.5 }), frames({ chance: 0.5 }));
  assertEquals(frames({ chance: 0.5 }) === frames({ chance: 0.5 }, 2), false);
  assertEquals(frames({ direction: "write" }), "............");
  assertEquals(frames({ opcode: 0 }), "............");
});

test("faults: what is written has its own plan, of requests or answers", async () => {
  const [here, there] = memoryPair();
  const plan = faultPlan([{ fault: { kind: "drop" }, direction: "write", only: "requests", opcode: SET.opcode }]);
  const transport = new FaultTransport(here, plan);
  const heard: string[] = [];
  there.start({ data: (chunk) => void heard.push(toHex(chunk)), end: () => {} });
  const set = hex("8001 0001 08 00 0000 00000009 00000000 0000000000000000 0000000000000000 61");
  for (const bytes of [set, FRAMES[0]!]) await transport.write(bytes);
  await new Promise((resolve) => setTimeout(resolve, 0));
  assertEquals(heard, [A!]);
  transport.close();
});

async function withServer(fault: Fault, run: (connection: Connection) => Promise<void>): Promise<void> {
  await using server = new FaultServer({
    faults: [{ fault, direction: "write", opcode: GET.opcode, after: 1, times: 1 }],
  });
  await using connection = new Connection(await server.dial({ hostname: "faulty", port: 1 }), { timeout: 100 });
  await connection.call(SET, { key: "k", value: "v", flags: 0, expiry: 0 });
  assertEquals((await connection.call(GET, { key: "k" })).value, hex("76"));
  await run(connection);
}

test("faults: a client never takes one answer for another", async () => {
  for (const kind of ["wrong-opaque", "wrong-opcode", "duplicate"] as const) {
    await withServer({ kind }, async (connection) => {
      const first = connection.call(GET, { key: "k" });
      if (kind === "duplicate") await first;
      else await assertRejects(() => first, ProtocolError);
      await connection.closed;
    });
  }
});

test("faults: a client waits no longer than its deadline, and knows a broken connection", async () => {
  for (const kind of ["drop", "silence"] as const) {
    await withServer({ kind }, async (connection) => {
      await assertRejects(() => connection.call(GET, { key: "k" }), TimeoutError);
    });
  }
  for (const kind of ["reset", "truncate"] as const) {
    await withServer({ kind }, async (connection) => {
      await assertRejects(() => connection.call(GET, { key: "k" }), ConnectionError);
    });
  }
});

test("fault server: answers what it is told to, so often, and to whom", async () => {
  await using server = new FaultServer({
    replies: [{ status: Status.NOT_MY_VBUCKET, vbucket: 3, value: '{"rev":1}' }, {
      status: Status.ETMPFAIL,
      opcode: GET.opcode,
      after: 1,
      times: 2,
    }],
  });
  await using client = await connect({ hostname: "faulty", port: 1 }, { dial: server.dial });
  await assertRejects(() => client.get("k", { vbucket: 3 }), StatusError, "does not have its vbucket");
  assertEquals(await client.get("k"), undefined);
  for (let i = 0; i < 2; i++) await assertRejects(() => client.get("k"), StatusError, "ETMPFAIL");
  assertEquals(await client.get("k"), undefined);
  const end = server.reply({ status: Status.EBUSY });
  await assertRejects(() => client.set("k", "v"), StatusError, "EBUSY");
  end();
  await client.set("k", "v");
});

test("fault server: is down and up again with what it had, over sockets too", async () => {
  await using server = new FaultServer({ after: (_, done) => done() });
  const { address } = await server.listen({ hostname: "127.0.0.1", port: 0 });
  const open = () => connect(address, { connectTimeout: 5000 });
  {
    await using client = await open();
    await client.set("k", "v");
  }
  await server.down();
  await assertRejects(open, ConnectionError);
  await assertRejects(() => server.dial(address), ConnectionError, "down");
  await server.up();
  await server.flap(2, { down: 5, up: 5 });
  await using client = await open();
  assertEquals(await client.getText("k"), "v");
});

for (const [fault, expected] of [[{ kind: "split" }, B! + A], [{ kind: "truncate" }, B!.slice(0, 28)]] as const) {
  test(`fault lane: a frame that was held back never comes in the middle of another: ${fault.kind}`, () => {
    const plan = faultPlan([{ fault: { kind: "reorder" }, times: 1 }, { fault, times: 1 }]);
    let passed = "";
    const lane = new FaultLane({
      decide: (frame) => plan.decide("read", frame),
      pass: (bytes) => void (passed += toHex(bytes)),
      end: () => {},
      reset: () => {},
      after: () => {},
    });
    for (const frame of FRAMES.slice(0, 2)) lane.push(frame);
    assertEquals(passed, expected);
  });
}
