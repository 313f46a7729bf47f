/** Those who watch the frames of a connection. */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { Connection, type FrameListener } from "../../src/connection/connection.ts";
import { ClosedError, StatusError } from "../../src/errors.ts";
import { STAT } from "../../src/ops/admin.ts";
import { GET } from "../../src/ops/retrieval.ts";
import { SET } from "../../src/ops/storage.ts";
import { formatFrame } from "../../src/ops/table.ts";
import { endOfTurn, FakeTransport, nextTask } from "../support/fake_transport.ts";
import { test } from "../support/test.ts";
import { answer, assertAllBytes, hit, miss, wire } from "../support/wire_frame.ts";

/** Copies of all frames that a listener is shown. */
class Watcher implements FrameListener {
  readonly sentFrames: Uint8Array[] = [];
  readonly receivedFrames: Uint8Array[] = [];
  readonly lines: string[] = [];

  readonly sent: NonNullable<FrameListener["sent"]> = (frame) => {
    this.sentFrames.push(frame.bytes.slice());
    this.lines.push(`> ${formatFrame(frame)}`);
  };
  readonly received: NonNullable<FrameListener["received"]> = (frame) => {
    this.receivedFrames.push(frame.bytes.slice());
    this.lines.push(`< ${formatFrame(frame)}`);
  };
}

test("Connection.observe shows every frame that is sent and received, in order", async () => {
  const transport = new FakeTransport();
  const connection = new Connection(transport);
  const watcher = new Watcher();
  connection.observe(watcher);
  const get = connection.call(GET, { key: "user:1" });
  const batch = connection.batch(GET, [{ key: "a" }, { key: "b" }], { vbucket: 7 });
  const stream = connection.open(STAT, { group: "items" });
  await endOfTurn();
  const [first, a, , noop, stat] = transport.requests;
  transport.receive(miss(first!), hit(a!, "A"), answer(noop!), answer(stat!, { key: "n", value: "1" }), answer(stat!));
  await assertRejects(() => get, StatusError);
  await batch;
  await stream.next();
  assertEquals(watcher.lines, [
    `> client-request get opaque=0x00000000 key="user:1"`,
    `> client-request getq vbucket=7 opaque=0x00000001 key="a"`,
    `> client-request getq vbucket=7 opaque=0x00010001 key="b"`,
    `> client-request noop opaque=0x00020001`,
    `> client-request stat opaque=0x00000002 key="items"`,
    `< server-response get KEY_ENOENT opaque=0x00000000 value=9:"Not found"`,
    `< server-response getq SUCCESS opaque=0x00000001 cas=0x1 extras=00000000 value=1:"A"`,
    `< server-response noop SUCCESS opaque=0x00020001`,
    `< server-response stat SUCCESS opaque=0x00000002 key="n" value=1:"1"`,
    `< server-response stat SUCCESS opaque=0x00000002`,
  ]);
  assertAllBytes(watcher.sentFrames, transport.requests.map(({ bytes }) => bytes));
  connection.destroy();
});

test("Connection.observe shows large values whole, both ways, and they are not copied for sending because of it", async () => {
  const transport = new FakeTransport();
  const connection = new Connection(transport);
  const watcher = new Watcher();
  connection.observe(watcher);
  const value = Uint8Array.from({ length: 100_000 }, (_, i) => i & 0xff);
  const request = { key: "k", value, flags: 1, expiry: 2 };
  const set = connection.call(SET, request);
  const batch = connection.batch(SET, [request, request]);
  const get = connection.call(GET, { key: "k" });
  await endOfTurn();
  assertEquals(transport.memory.filter((memory) => memory === value.buffer).length, 3);
  // Writes of large values are in pieces.
  const sent = transport.writes.reduce((size, { length }) => size + length, 0);
  assertEquals(watcher.sentFrames.reduce((size, { length }) => size + length, 0), sent);
  const extras = Uint8Array.of(0, 0, 0, 1, 0, 0, 0, 2);
  const set1 = { magic: 0x80, opcode: 1, extras, key: "k", value };
  assertAllBytes(watcher.sentFrames, [
    wire(set1),
    wire({ ...set1, opcode: 0x11, opaque: 1 }),
    wire({ ...set1, opcode: 0x11, opaque: 0x10001 }),
    wire({ magic: 0x80, opcode: 0x0a, opaque: 0x20001 }),
    wire({ magic: 0x80, opcode: 0x00, opaque: 2, key: "k" }),
  ]);
  const answers = [
    wire({ opcode: 1, cas: 9n }),
    wire({ opcode: 0x0a, opaque: 0x20001 }),
    wire({ opcode: 0, opaque: 2, extras: new Uint8Array(4), value }),
  ];
  for (const bytes of answers) transport.receive(bytes.subarray(0, 30), bytes.subarray(30));
  await Promise.all([set, batch]);
  assertAllBytes([(await get).value], [value]);
  assertAllBytes(watcher.receivedFrames, answers);
  connection.destroy();
});

test("Connection.observe shows frames to several listeners, until each is removed", async () => {
  const transport = new FakeTransport();
  const connection = new Connection(transport);
  const watchers = [new Watcher(), new Watcher(), new Watcher()];
  const [removeFirst, removeSecond, removeThird] = watchers.map((watcher) => connection.observe(watcher));
  const removeAgain = connection.observe(watchers[0]!);
  const ask = async (key: string) => {
    const call = connection.call(GET, { key });
    await endOfTurn();
    transport.receive(hit(transport.requests.at(-1)!, "v"));
    await call;
  };
  await ask("one");
  removeSecond!();
  await ask("two");
  // Who was added twice is removed once.
  removeFirst!();
  await ask("three");
  removeAgain();
  removeThird!();
  removeThird!();
  await ask("four");
  assertEquals(watchers.map(({ lines }) => lines.length), [4 + 4 + 2, 2, 6]);
  connection.destroy();
});

test("Connection.observe shows what came before anything is made of it, also what ends the connection", async () => {
  const transport = new FakeTransport();
  const connection = new Connection(transport);
  const watcher = new Watcher();
  connection.observe(watcher);
  transport.receive(wire({ magic: 0x82, opcode: 1, value: "from the server" }), wire({ opcode: 0, opaque: 77 }));
  assertEquals(watcher.lines.map((line) => line.split(" ", 2).join(" ")), ["< server-request", "< server-response"]);
  assertEquals(connection.state, "closed");
  await connection.closed;
});

test("Connection.observe shows no request that was refused, and none of its batch", async () => {
  const transport = new FakeTransport();
  const connection = new Connection(transport);
  const watcher = new Watcher();
  connection.observe(watcher);
  await assertRejects(() => connection.call(GET, { key: "" }), RangeError);
  await assertRejects(() => connection.batch(GET, [{ key: "good" }, { key: "" }]), RangeError);
  assertEquals(watcher.lines, []);
  connection.destroy();
});

test("Frame that a listener keeps is safe to keep", async () => {
  const transport = new FakeTransport();
  const connection = new Connection(transport);
  const kept: Uint8Array[] = [];
  connection.observe({
    received(frame) {
      frame.keep();
      kept.push(frame.bytes);
    },
  });
  const call = connection.call(GET, { key: "k" });
  await endOfTurn();
  const bytes = hit(transport.requests[0]!, "value");
  transport.receive(bytes);
  await call;
  assertAllBytes(kept, [bytes]);
  connection.destroy();
});

/** Collects the errors that nobody catches, instead of letting them end the process. */
async function uncaught(fn: () => Promise<void>): Promise<unknown[]> {
  const errors: unknown[] = [];
  const onError = (event: Event) => {
    event.preventDefault();
    errors.push((event as ErrorEvent).error);
  };
  globalThis.addEventListener("error", onError);
  try {
    await fn();
    await nextTask();
  } finally {
    globalThis.removeEventListener("error", onError);
  }
  return errors;
}

// The error of one that watched sent requests rejected the call, and with a large value broke all that were written after it;
// the error of one that watched answers ended the connection.
test("Connection goes on when a listener throws, and what it threw is not lost", async () => {
  const transport = new FakeTransport();
  const connection = new Connection(transport);
  const watcher = new Watcher();
  const errors = await uncaught(async () => {
    connection.observe({
      sent: () => {
        throw "sent";
      },
      received: () => {
        throw "received";
      },
    });
    connection.observe(watcher);
    const value = new Uint8Array(100_000);
    const set = connection.call(SET, { key: "k", value, flags: 0, expiry: 0 });
    const get = connection.call(GET, { key: "k" });
    await endOfTurn();
    transport.receive(wire({ opcode: 1 }), wire({ opcode: 0, opaque: 1, extras: new Uint8Array(4), value: "v" }));
    await Promise.all([set, get]);
  });
  assertEquals(errors, ["sent", "sent", "received", "received"]);
  assertEquals([watcher.lines.length, connection.state], [4, "open"]);
  connection.destroy();
});

// The call had no promise yet, so that nobody could be told.
test("Connection tells the caller when a listener closes the connection or gives the call up", async () => {
  for (const form of ["call", "batch", "open"] as const) {
    const make = (connection: Connection, signal?: AbortSignal): Promise<unknown> => {
      const options = signal === undefined ? {} : { signal };
      if (form === "call") return connection.call(GET, { key: "k" }, options);
      if (form === "open") return connection.open(STAT, {}, options).next();
      return connection.batch(GET, [{ key: "a" }, { key: "b" }], options).then(({ errors }) => {
        throw errors!.get(1);
      });
    };
    const closing = new Connection(new FakeTransport());
    closing.observe({ sent: () => closing.destroy("closed by a listener") });
    const error = await assertRejects(() => make(closing), ClosedError);
    assertEquals(error.cause, "closed by a listener");
    const transport = new FakeTransport();
    const aborting = new Connection(transport);
    const controller = new AbortController();
    aborting.observe({ sent: () => controller.abort("given up by a listener") });
    assertEquals(await make(aborting, controller.signal).catch((reason) => reason), "given up by a listener");
    await endOfTurn();
    assertEquals([transport.writes.length, aborting.inFlight], [0, 0]);
    aborting.destroy();
  }
});

test("Connection takes calls that a listener makes", async () => {
  const transport = new FakeTransport();
  const connection = new Connection(transport);
  const calls: Promise<unknown>[] = [];
  const remove = connection.observe({
    sent: ({ opcode }) => {
      if (opcode === 0x01 || opcode === 0x0a) calls.push(connection.call(GET, { key: `after ${opcode}` }));
    },
  });
  calls.push(connection.call(SET, { key: "k", value: "v", flags: 0, expiry: 0 }));
  calls.push(connection.batch(GET, [{ key: "a" }]));
  await endOfTurn();
  remove();
  const requests = transport.requests;
  assertEquals(requests.map(({ key, opcode }) => key || opcode), ["k", "after 1", "a", 0x0a, "after 10"]);
  for (const request of requests) transport.receive(request.opcode === 0 ? hit(request, "v") : answer(request));
  await Promise.all(calls).catch(() => {});
  assert(connection.inFlight === 0);
  connection.destroy();
});
