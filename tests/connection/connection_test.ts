/** Writing, limits, deadlines and signals of a connection. */

import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { Connection } from "../../src/connection/connection.ts";
import { OverloadError, TimeoutError } from "../../src/errors.ts";
import { INCREMENT } from "../../src/ops/counter.ts";
import { GET, GETK } from "../../src/ops/retrieval.ts";
import { SET } from "../../src/ops/storage.ts";
import { countedAbort } from "../support/counted_abort.ts";
import { endOfTurn, FakeTransport } from "../support/fake_transport.ts";
import { test } from "../support/test.ts";
import { answer, bytesOf, hit, joined, miss } from "../support/wire_frame.ts";

const text = (value: Uint8Array) => new TextDecoder().decode(value);

/** What a promise has come to, as far as it has. */
async function outcomeOf(promise: Promise<unknown>): Promise<unknown> {
  return await Promise.race([promise.catch((error) => error), endOfTurn().then(() => "pending")]);
}

function increment(key: string) {
  return { key, delta: 1n, initial: 0n, expiry: 0 };
}

test("Connection writes all requests of a turn at once", async () => {
  const transport = new FakeTransport();
  const connection = new Connection(transport);
  const calls = Array.from({ length: 100 }, (_, i) => connection.call(GET, { key: `k${i}` }));
  assertEquals([transport.writes.length, connection.inFlight], [0, 100]);
  await endOfTurn();
  assertEquals([transport.writes.length, connection.counters.writes], [1, 1]);
  assertEquals(transport.requests.map(({ key }) => key), Array.from({ length: 100 }, (_, i) => `k${i}`));
  // Answers in one chunk, in another order.
  transport.receive(joined(...transport.requests.reverse().map((request) => hit(request, `v-${request.key}`))));
  assertEquals((await Promise.all(calls)).map(({ value }) => text(value)), calls.map((_, i) => `v-k${i}`));
  assertEquals([connection.inFlight, connection.counters.reads], [0, 1]);
  connection.destroy();
});

test("Connection compares a key that is echoed with that which was asked for, whatever became of its bytes", async () => {
  const transport = new FakeTransport();
  const connection = new Connection(transport);
  const key = bytesOf("mine");
  const one = connection.call(GETK, { key }, undefined, (frame) => text(frame.value));
  const many = connection.batch(GETK, [{ key }], undefined, (frame) => text(frame.value));
  key.fill(0x78);
  await endOfTurn();
  const [first, second, noop] = transport.requests;
  transport.receive(
    answer(first!, { key: "mine", value: "1", extras: new Uint8Array(4) }),
    answer(second!, { key: "mine", value: "2", extras: new Uint8Array(4) }),
    answer(noop!),
  );
  assertEquals([await one, (await many).replies], ["1", ["2"]]);
  connection.destroy();
});

test("Connection lets requests gather behind a write and sends them in one piece", async () => {
  const transport = new FakeTransport("held");
  const connection = new Connection(transport);
  const calls = [connection.call(GET, { key: "first" })];
  await endOfTurn();
  for (let turn = 0; turn < 5; turn++) {
    calls.push(connection.call(GET, { key: `turn ${turn}` }));
    await endOfTurn();
  }
  assertEquals(transport.writes.length, 1);
  transport.release();
  await endOfTurn();
  assertEquals([transport.writes.length, transport.requests.length, connection.counters.writes], [2, 6, 2]);
  // Reading does not wait for writing.
  for (const request of transport.requests) transport.receive(hit(request, request.key));
  assertEquals((await Promise.all(calls)).map(({ value }) => text(value))[5], "turn 4");
  transport.release();
  connection.destroy();
});

test("Connection sends a value of 64 KiB and more as it lies", async () => {
  const transport = new FakeTransport();
  const connection = new Connection(transport);
  const value = new Uint8Array(70_000).fill(7);
  const stored = connection.call(SET, { key: "k", value, flags: 0, expiry: 0 });
  await endOfTurn();
  assertStrictEquals(transport.memory[1], value.buffer);
  transport.receive(answer({ opcode: 1, opaque: 0 } as never, { cas: 5n }));
  assertEquals((await stored).cas, 5n);
  connection.destroy();
});

test("Connection refuses calls beyond maxInFlight without sending them, and takes new ones after an answer", async () => {
  const transport = new FakeTransport();
  const connection = new Connection(transport, { maxInFlight: 2 });
  const calls = [connection.call(GET, { key: "a" }), connection.call(GET, { key: "b" })];
  const error = await assertRejects(
    () => connection.call(GET, { key: "c" }),
    OverloadError,
    `Cannot get "c": 2 calls wait for an answer from fake:11211`,
  );
  assertEquals([error.sent, error.code], [false, "OVERLOAD"]);
  await assertRejects(() => connection.batch(GET, [{ key: "c" }]), OverloadError);
  assertEquals(transport.requests.map(({ key }) => key), ["a", "b"]);
  transport.receive(hit(transport.requests[1]!, "B"));
  await calls[1];
  calls.push(connection.call(GET, { key: "d" }));
  await endOfTurn();
  for (const request of [transport.requests[0]!, transport.requests[2]!]) transport.receive(hit(request, "v"));
  await Promise.all(calls);
  connection.destroy();
});

test("Connection refuses calls while more than maxQueuedBytes wait to be written", async () => {
  const transport = new FakeTransport("held");
  const connection = new Connection(transport, { maxQueuedBytes: 1000 });
  const request = { key: "k", value: "v".repeat(600), flags: 0, expiry: 0 };
  const calls = [connection.call(SET, request)];
  await endOfTurn();
  // The first is with the transport; the next two wait, which is more than the limit.
  calls.push(connection.call(SET, request), connection.call(SET, request));
  const error = await assertRejects(() => connection.call(SET, request), OverloadError, "bytes wait to be written");
  assertEquals([error.sent, connection.inFlight], [false, 3]);
  transport.release();
  await endOfTurn();
  calls.push(connection.call(SET, request));
  transport.release();
  await endOfTurn();
  assertEquals(transport.requests.length, 4);
  for (const sent of transport.requests) transport.receive(answer(sent, { cas: 1n }));
  await Promise.all(calls);
  connection.destroy();
});

test("Connection rejects a call without an answer in time, drops the late answer and goes on", async () => {
  const transport = new FakeTransport();
  const connection = new Connection(transport, { timeout: 20 });
  const error = await assertRejects(
    () => connection.call(GETK, { key: "user:1" }),
    TimeoutError,
    `Cannot getk "user:1": no answer from fake:11211 in time`,
  );
  assertEquals([error.sent, error.code, connection.inFlight], [true, "TIMEOUT", 0]);
  const next = connection.call(GET, { key: "user:2" }, { timeout: 0 });
  await endOfTurn();
  const [late, asked] = transport.requests;
  assert(late!.opaque !== asked!.opaque);
  transport.receive(hit(late!, "late", { key: "user:1" }));
  assertEquals([await outcomeOf(next), connection.counters.lateReplies, connection.state], ["pending", 1, "open"]);
  transport.receive(hit(asked!, "right"));
  assertEquals(text((await next).value), "right");
  connection.destroy();
});

// It used to be sent as soon as the write before it was done, although its error said that it had not been.
test("Connection takes a request back whose time was over before it was written: it was not sent and never will be", async () => {
  const transport = new FakeTransport("held");
  const connection = new Connection(transport, { timeout: 0 });
  const first = connection.call(GET, { key: "first" });
  await endOfTurn();
  const before = connection.call(GET, { key: "before" });
  const late = connection.call(INCREMENT, increment("counter"), { timeout: 20 });
  const large = { key: "large", value: new Uint8Array(100_000), flags: 0, expiry: 0 };
  const lateToo = connection.call(SET, large, { timeout: 20 });
  const lateBatch = connection.batch(GET, [{ key: "a" }, { key: "b" }], { timeout: 20 });
  const after = connection.call(GET, { key: "after" });
  const error = await assertRejects(() => late, TimeoutError, `Cannot increment "counter": fake:11211 did not take`);
  assertEquals(error.sent, false);
  assertEquals((await assertRejects(() => lateToo, TimeoutError)).sent, false);
  const { errors } = await lateBatch;
  assertEquals([...errors!.values()].map((failure) => (failure as TimeoutError).sent), [false, false]);
  // Their slots are free: no answer can come.
  assertEquals(connection.inFlight, 3);
  const again = connection.call(GET, { key: "again" });
  transport.release();
  await endOfTurn();
  transport.mode = "at once";
  transport.release();
  await endOfTurn();
  assertEquals(transport.requests.map(({ key }) => key), ["first", "before", "after", "again"]);
  for (const request of transport.requests) transport.receive(hit(request, request.key));
  const values = await Promise.all([first, before, after, again]);
  assertEquals(values.map(({ value }) => text(value)), ["first", "before", "after", "again"]);
  assertEquals([connection.counters.lateReplies, connection.state], [0, "open"]);
  connection.destroy();
});

test("Connection waits for ever with a timeout of 0, of the call or of all", async () => {
  for (const [timeout, own] of [[20, 0], [0, undefined]] as const) {
    const transport = new FakeTransport();
    const connection = new Connection(transport, { timeout });
    const patient = connection.call(GET, { key: "patient" }, own === undefined ? {} : { timeout: own });
    await assertRejects(() => connection.call(GET, { key: "other" }, { timeout: 25 }), TimeoutError);
    assertEquals(await outcomeOf(patient), "pending");
    transport.receive(hit(transport.requests[0]!, "v"));
    assertEquals(text((await patient).value), "v");
    connection.destroy();
  }
});

test("Connection rings for the earliest deadline, also when a later one was set before", async () => {
  const transport = new FakeTransport();
  const connection = new Connection(transport);
  const long = connection.call(GET, { key: "long" }, { timeout: 60_000 });
  for (const timeout of [30, 15, 45]) {
    await assertRejects(() => connection.call(GET, { key: "short" }, { timeout }), TimeoutError);
  }
  // Two that are waited for by one alarm after the other.
  const calls = [40, 20].map((timeout) => connection.call(GET, { key: "short" }, { timeout }));
  for (const { status } of await Promise.allSettled(calls)) assertEquals(status, "rejected");
  assertEquals([await outcomeOf(long), connection.inFlight], ["pending", 1]);
  connection.destroy();
  await assertRejects(() => long);
});

test("Connection refuses a timeout that is no time, before anything is sent", async () => {
  const transport = new FakeTransport();
  const connection = new Connection(transport);
  for (const timeout of [-1, NaN]) {
    const call = () => connection.call(GET, { key: "k" }, { timeout });
    await assertRejects(call, RangeError, `Cannot use a timeout of ${timeout}`);
  }
  assertEquals([connection.inFlight, transport.writes.length], [0, 0]);
  connection.destroy();
});

// Timers ring at once when asked to wait for more than 2^31 - 1 ms.
test("Connection never sets a timer that is too long to wait", async () => {
  const original = globalThis.setTimeout;
  const waits: (number | undefined)[] = [];
  const transport = new FakeTransport();
  const connection = new Connection(transport);
  try {
    globalThis.setTimeout = ((fn: () => void, ms?: number) => (waits.push(ms), original(fn, ms))) as typeof setTimeout;
    for (const timeout of [2 ** 31, 1e15, Infinity]) {
      connection.call(GET, { key: "k" }, { timeout }).catch(() => {});
    }
  } finally {
    globalThis.setTimeout = original;
  }
  assertEquals(waits, [2 ** 31 - 1]);
  connection.destroy();
  await connection.closed;
});

test("Connection rejects with the reason of a signal that is aborted already, and sends nothing", async () => {
  const transport = new FakeTransport();
  const connection = new Connection(transport);
  const signal = AbortSignal.abort("reason");
  for (
    const call of [
      () => connection.call(GET, { key: "k" }, { signal }),
      () => connection.batch(GET, [{ key: "k" }], { signal }),
    ]
  ) {
    assertEquals(await call().catch((reason) => reason), "reason");
  }
  assertEquals([connection.inFlight, transport.writes.length], [0, 0]);
  connection.destroy();
});

test("Connection sends nothing of a call that is aborted in the turn it was made in", async () => {
  const transport = new FakeTransport();
  const connection = new Connection(transport);
  const abort = countedAbort();
  const gone = connection.call(INCREMENT, increment("k"), { signal: abort.signal });
  const goneToo = connection.batch(GET, [{ key: "a" }, { key: "b" }], { signal: abort.signal });
  const stays = connection.call(GET, { key: "stays" });
  abort.abort("reason");
  assertEquals(await Promise.all([gone, goneToo].map((call) => call.catch((reason) => reason))), ["reason", "reason"]);
  assertEquals([transport.requests.map(({ key }) => key), abort.listeners()], [["stays"], 0]);
  transport.receive(miss(transport.requests[0]!));
  await stays.catch(() => {});
  assertEquals([connection.inFlight, connection.state], [0, "open"]);
  connection.destroy();
});

test("Connection rejects with the reason of a signal while it waits, and drops the late answer", async () => {
  const transport = new FakeTransport();
  const connection = new Connection(transport, { maxInFlight: 1 });
  const abort = countedAbort();
  const reason = { why: "changed my mind" };
  const call = connection.call(GET, { key: "k" }, { signal: abort.signal });
  await endOfTurn();
  abort.abort(reason);
  assertStrictEquals(await call.catch((error) => error), reason);
  assertEquals([connection.inFlight, abort.listeners()], [0, 0]);
  // Its slot is not free before the answer.
  await assertRejects(() => connection.call(GET, { key: "other" }), OverloadError);
  transport.receive(hit(transport.requests[0]!, "late"));
  assertEquals(connection.counters.lateReplies, 1);
  const next = connection.call(GET, { key: "next" });
  await endOfTurn();
  transport.receive(hit(transport.requests[1]!, "right"));
  assertEquals(text((await next).value), "right");
  connection.destroy();
});

test("Connection does not mind a signal that is aborted after the answer", async () => {
  const transport = new FakeTransport();
  const connection = new Connection(transport);
  const abort = countedAbort();
  const call = connection.call(GET, { key: "k" }, { signal: abort.signal });
  await endOfTurn();
  transport.receive(hit(transport.requests[0]!, "v"));
  abort.abort("too late");
  assertEquals(text((await call).value), "v");
  // The slot may be somebody else's by now.
  const next = connection.call(GET, { key: "next" });
  await endOfTurn();
  transport.receive(hit(transport.requests[1]!, "w"));
  assertEquals(text((await next).value), "w");
  connection.destroy();
});

test("Connection leaves no listener behind, however a call ended", async () => {
  const transport = new FakeTransport();
  const connection = new Connection(transport);
  const { signal, listeners } = countedAbort();
  const calls: Promise<unknown>[] = [];
  for (let i = 0; i < 300; i++) calls.push(connection.call(GET, { key: `k${i}` }, { signal }));
  calls.push(connection.batch(GET, [{ key: "a" }], { signal }));
  // One listens for all of them.
  assertEquals(listeners(), 1);
  await endOfTurn();
  const requests = transport.requests;
  for (const request of requests.slice(0, 300)) {
    transport.receive(Number(request.key.slice(1)) % 2 ? miss(request) : hit(request, "v"));
  }
  transport.receive(answer(requests.at(-1)!));
  await Promise.allSettled(calls);
  assertEquals(listeners(), 0);
  // Of a wrong request, a deadline, a failure of the connection.
  await assertRejects(() => connection.call(GET, { key: "" }, { signal }), RangeError);
  await assertRejects(() => connection.batch(GET, [{ key: "k" }, { key: "" }], { signal }), RangeError);
  await assertRejects(() => connection.call(GET, { key: "k" }, { signal, timeout: 15 }), TimeoutError);
  assertEquals(listeners(), 0);
  const lost = connection.call(GET, { key: "k" }, { signal });
  connection.destroy();
  await assertRejects(() => lost);
  assertEquals(listeners(), 0);
});

test("Connection refuses a wrong request before anything of it is sent, and frees its slot", async () => {
  const transport = new FakeTransport();
  const connection = new Connection(transport);
  const good = connection.call(GET, { key: "good" });
  const large = new Uint8Array(100_000);
  await assertRejects(() => connection.call(GET, { key: "k".repeat(251) }), RangeError, "251 bytes");
  await assertRejects(() => connection.call(GET, { key: undefined as never }), TypeError, "text or Uint8Array");
  await assertRejects(() => connection.call(SET, { key: "", value: large, flags: 0, expiry: 0 }), RangeError);
  await assertRejects(() => connection.call(SET, { key: "k", value: 5 as never, flags: 0, expiry: 0 }), TypeError);
  for (const vbucket of [-1, 65536, 1.5, NaN]) {
    await assertRejects(() => connection.call(GET, { key: "k" }, { vbucket }), RangeError, `vbucket ${vbucket}`);
  }
  const next = connection.call(GET, { key: "next" }, { vbucket: 65535 });
  await endOfTurn();
  const requests = transport.requests;
  assertEquals(requests.map(({ key, status }) => [key, status]), [["good", 0], ["next", 65535]]);
  assertEquals(connection.inFlight, 2);
  for (const request of requests) transport.receive(hit(request, bytesOf("v")));
  await Promise.all([good, next]);
  connection.destroy();
});
