/** How a connection ends: closed, destroyed, lost, given away. */

import { assert, assertEquals, assertInstanceOf, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { Connection } from "../../src/connection/connection.ts";
import { ClosedError, ConnectionError, TimeoutError } from "../../src/errors.ts";
import { NOOP } from "../../src/ops/admin.ts";
import { GET } from "../../src/ops/retrieval.ts";
import { STAT } from "../../src/ops/admin.ts";
import { listenTo } from "../support/ear.ts";
import { endOfTurn, FakeTransport } from "../support/fake_transport.ts";
import { scripted } from "../support/script.ts";
import { test } from "../support/test.ts";
import { answer, hit, joined, readWire, wire } from "../support/wire_frame.ts";

const text = (value: Uint8Array) => new TextDecoder().decode(value);

function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(() => undefined, (error) => error);
}

/** That nothing can be asked any more, and that this is said in the same way for every form of call. */
async function assertDead(connection: Connection): Promise<void> {
  assertEquals([connection.state, connection.inFlight], ["closed", 0]);
  for (
    const call of [
      () => connection.call(GET, { key: "k" }),
      () => connection.batch(GET, [{ key: "k" }]),
      () => connection.open(STAT, {}).next(),
    ]
  ) {
    const error = await assertRejects(call, ClosedError, "is closed; connect anew");
    assertEquals([error.sent, error.code], [false, "CLOSED"]);
  }
  assertThrows(() => connection.detach(), ClosedError);
}

test("Connection.close lets the calls under way end and refuses new ones", async () => {
  const { transport, peer } = scripted();
  const connection = new Connection(transport);
  const call = connection.call(GET, { key: "k" });
  // In the turn of the call: it has to be written all the same.
  const closed = connection.close();
  assertEquals(connection.state, "draining");
  const error = await assertRejects(() => connection.call(GET, { key: "new" }), ClosedError, `Cannot get "new"`);
  assertEquals(error.sent, false);
  // The connection closes as soon as it has read this, maybe before the peer knows that it was read.
  const sending = peer.send(hit(await peer.expect(GET.opcode, "k"), "v")).catch(() => {});
  assertEquals(text((await call).value), "v");
  await Promise.all([closed, peer.over, sending]);
  await assertDead(connection);
  await connection.close();
});

test("Connection.close ends at once when nothing is under way, and can be called again", async () => {
  const { transport, peer } = scripted();
  const connection = new Connection(transport);
  await Promise.all([connection.close(), connection.close(), peer.over]);
  await connection.close();
  await assertDead(connection);
});

test("Connection.close does not wait for the answers of calls that were given up", async () => {
  const { transport, peer } = scripted();
  const connection = new Connection(transport);
  await assertRejects(() => connection.call(GET, { key: "k" }, { timeout: 15 }), TimeoutError);
  await connection.close();
  await peer.over;
});

test("Connection is closed at the end of its block", async () => {
  const { transport, peer } = scripted();
  {
    await using connection = new Connection(transport);
    const call = connection.call(NOOP, {});
    await peer.send(answer(await peer.next()));
    await call;
  }
  await peer.over;
});

test("Connection.close gives those who wait no more than the timeout of the connection", async () => {
  const transport = new FakeTransport();
  const connection = new Connection(transport, { timeout: 20 });
  const calls = [{ timeout: 0 }, { timeout: 60_000 }, {}].map((options) => connection.call(GET, { key: "k" }, options));
  const closed = connection.close();
  for (const call of calls) assertInstanceOf(await failureOf(call), TimeoutError);
  await closed;
  await assertDead(connection);
});

// With nobody left who waited, nothing was left that would have closed it.
test("Connection.close ends behind a write that never does", async () => {
  const transport = new FakeTransport("held");
  const connection = new Connection(transport, { timeout: 20 });
  const call = connection.call(GET, { key: "k" });
  await assertRejects(() => call, TimeoutError);
  assertEquals(connection.inFlight, 0);
  await connection.close();
  assertEquals(transport.isClosed, true);
  await assertDead(connection);
});

test("Connection.close waits for what is still being written", async () => {
  const transport = new FakeTransport("held");
  const connection = new Connection(transport);
  await assertRejects(() => connection.call(GET, { key: "k" }, { timeout: 15 }), TimeoutError);
  const closed = connection.close();
  await endOfTurn();
  assertEquals([connection.state, transport.isClosed], ["draining", false]);
  transport.release();
  await closed;
});

test("Connection.close ends when the peer closes first", async () => {
  const { transport, peer } = scripted();
  const connection = new Connection(transport);
  const call = failureOf(connection.call(GET, { key: "k" }));
  const closed = connection.close();
  await peer.next();
  peer.close();
  await closed;
  assertInstanceOf(await call, ConnectionError);
});

test("Connection.destroy rejects every call with its cause, and says which were sent", async () => {
  const transport = new FakeTransport("held");
  const connection = new Connection(transport);
  const sent = failureOf(connection.call(GET, { key: "sent" }));
  await endOfTurn();
  const waiting = failureOf(connection.call(GET, { key: "waiting" }));
  const stream = connection.open(STAT, {});
  const stat = failureOf(stream.next());
  const batch = connection.batch(GET, [{ key: "a" }, { key: "b" }]);
  const cause = new Error("why");
  connection.destroy(cause);
  const errors = [await sent, await waiting, await stat, ...(await batch).errors!.values()];
  for (const error of errors) {
    assertInstanceOf(error, ClosedError);
    assertStrictEquals(error.cause, cause);
    assertEquals(error.message.includes("the connection to fake:11211 was closed"), true);
  }
  assertEquals(errors.map((error) => (error as ClosedError).sent), [true, false, false, false, false]);
  assertEquals((errors[0] as Error).message.startsWith(`Cannot get "sent": `), true);
  await connection.closed;
  await assertDead(connection);
  connection.destroy("again");
});

test("Connection.destroy in the turn of a call sends nothing", async () => {
  const transport = new FakeTransport();
  const connection = new Connection(transport);
  const call = failureOf(connection.call(GET, { key: "k" }));
  connection.destroy();
  const error = await call;
  assertInstanceOf(error, ClosedError);
  await endOfTurn();
  assertEquals([error.sent, transport.writes.length], [false, 0]);
});

for (const mode of ["refused", "thrown"] as const) {
  test(`Connection tells everyone who waits that a write was ${mode}`, async () => {
    const transport = new FakeTransport();
    const connection = new Connection(transport);
    const first = failureOf(connection.call(GET, { key: "first" }));
    await endOfTurn();
    transport.mode = mode;
    const second = failureOf(connection.call(GET, { key: "second" }));
    for (const [key, call] of [["first", first], ["second", second]] as const) {
      const error = await call;
      assertInstanceOf(error, ConnectionError);
      const reason = mode === "refused" ? "fake refuses" : "fake throws";
      const message = `Cannot get "${key}": the connection to fake:11211 could not be written to: ${reason}`;
      assertEquals([error.message, error.sent, (error.cause as Error).message], [message, true, reason]);
    }
    await assertDead(connection);
  });
}

test("Connection tells those whose request had not left that it was not sent, when the connection is lost", async () => {
  const transport = new FakeTransport("held");
  const connection = new Connection(transport);
  const sent = failureOf(connection.call(GET, { key: "sent" }));
  await endOfTurn();
  const waiting = failureOf(connection.call(GET, { key: "waiting" }));
  await endOfTurn();
  transport.breakWrite(new Error("broken"));
  assertEquals([await sent, await waiting].map((error) => (error as ConnectionError).sent), [true, false]);
});

test("Connection tells everyone who waits that the peer closed, or how it was lost", async () => {
  for (
    const [cause, words] of [[undefined, "was closed by the peer"], [new Error("reset"), "was lost: reset"]] as const
  ) {
    const transport = new FakeTransport();
    const connection = new Connection(transport);
    const call = failureOf(connection.call(GET, { key: "k" }));
    await endOfTurn();
    transport.end(cause);
    const error = await call;
    assertInstanceOf(error, ConnectionError);
    assertEquals([error.message, error.sent, error.cause, error.code], [
      `Cannot get "k": the connection to fake:11211 ${words}`,
      true,
      cause,
      "CONNECTION",
    ]);
    await connection.closed;
    await assertDead(connection);
  }
});

test("Connection that was lost while nobody waited refuses the next call", async () => {
  const { transport, peer } = scripted();
  const connection = new Connection(transport);
  peer.close();
  await connection.closed;
  await assertDead(connection);
});

test("Connection.detach gives the transport away with what was read ahead, and nothing is lost", async () => {
  const { transport, peer } = scripted();
  const connection = new Connection(transport);
  const call = connection.call(NOOP, {});
  const request = await peer.next();
  const next = wire({ opcode: 0x41, value: "of another protocol" });
  // The answer, and in the same chunk the beginning of what follows.
  await peer.send(joined(answer(request), next.subarray(0, 30)));
  await call;
  const detached = connection.detach();
  assertEquals(detached.readAhead, next.subarray(0, 30));
  assertEquals([connection.state, detached.transport.peer, detached.transport.secure], ["closed", "peer:11211", false]);
  await assertDead(connection);
  // More comes before there is anyone to hear it.
  const sending = peer.send(next.subarray(30), new TextEncoder().encode("and more"));
  await endOfTurn();
  const ear = listenTo(detached.transport);
  await ear.hears(next.length + 8);
  await sending;
  assertEquals(readWire(ear.bytes())!.value, new TextEncoder().encode("of another protocol"));
  assertEquals(text(ear.bytes().subarray(next.length)), "and more");
  await detached.transport.write(request.bytes);
  assertEquals((await peer.next()).bytes, request.bytes);
  peer.close();
  assertEquals(await ear.ended, undefined);
  await detached.transport.closed;
});

// It used to wait until the transport was closed, by whoever has it now.
test("Connection.close does not wait for a transport that was given away, nor close it", async () => {
  const { transport, peer } = scripted();
  const connection = new Connection(transport);
  const detached = connection.detach();
  await connection.close();
  connection.destroy();
  const ear = listenTo(detached.transport);
  await peer.send(Uint8Array.of(1, 2, 3));
  assertEquals(ear.bytes(), Uint8Array.of(1, 2, 3));
  detached.transport.close();
  await peer.over;
});

test("Connection.detach tells the new owner of an end that came before it", async () => {
  for (const cause of [undefined, new Error("reset")]) {
    const transport = new FakeTransport();
    const { transport: given } = new Connection(transport).detach();
    assertEquals(transport.isPaused, true);
    // A read was under way.
    transport.receive(Uint8Array.of(7));
    transport.end(cause);
    const ear = listenTo(given);
    assertEquals([await ear.ended, ear.bytes()], [cause, Uint8Array.of(7)]);
  }
});

test("Connection.detach refuses while calls or bytes are under way, and the connection goes on", async () => {
  const transport = new FakeTransport("held");
  const connection = new Connection(transport);
  const call = connection.call(GET, { key: "k" });
  assertThrows(() => connection.detach(), TypeError, "Cannot detach from fake:11211: 1 calls are under way");
  await endOfTurn();
  transport.receive(hit(transport.requests[0]!, "v"));
  await call;
  // The write has not ended.
  assertThrows(() => connection.detach(), TypeError);
  transport.release();
  await endOfTurn();
  transport.mode = "at once";
  const next = connection.call(GET, { key: "k" }, { timeout: 15 });
  await assertRejects(() => next, TimeoutError);
  // The answer of the call that was given up may still come.
  assertThrows(() => connection.detach(), TypeError);
  transport.receive(hit(transport.requests[1]!, "late"));
  assert(connection.detach().readAhead.length === 0);
});
