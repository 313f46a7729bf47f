/** Many quiet calls in one, over a connection. */

import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { MAX_BATCH } from "../../src/connection/batch.ts";
import type { BatchResult } from "../../src/connection/caller.ts";
import { Connection } from "../../src/connection/connection.ts";
import { ConnectionError, StatusError, TimeoutError } from "../../src/errors.ts";
import { NOOP } from "../../src/ops/admin.ts";
import { GET, type GetResponse } from "../../src/ops/retrieval.ts";
import { DELETE, SET } from "../../src/ops/storage.ts";
import { endOfTurn, FakeTransport } from "../support/fake_transport.ts";
import { scripted } from "../support/script.ts";
import { test } from "../support/test.ts";
import { answer, hit, joined } from "../support/wire_frame.ts";

const keys = (...names: string[]) => names.map((key) => ({ key }));

function values({ replies }: BatchResult<GetResponse>): (string | undefined)[] {
  return replies.map((item) => item === undefined ? undefined : new TextDecoder().decode(item.value));
}

test("Connection.batch sends quiet requests and a NOOP in one write, and resolves when that is answered", async () => {
  const { transport, peer } = scripted();
  const connection = new Connection(transport);
  const batch = connection.batch(GET, keys("a", "b", "c", "d"), { vbucket: 7 });
  const requests = await peer.take(5);
  assertEquals(requests.map(({ opcode, key, status }) => [opcode, key, status]), [
    [0x09, "a", 7],
    [0x09, "b", 7],
    [0x09, "c", 7],
    [0x09, "d", 7],
    [0x0a, "", 0],
  ]);
  assertEquals([peer.chunks, new Set(requests.map(({ opaque }) => opaque)).size, connection.inFlight], [1, 5, 1]);
  const [a, , c, d, noop] = requests;
  await peer.send(joined(hit(c!, "C"), hit(a!, "A")));
  await peer.send(answer(d!, { status: 0x82, value: "Out of memory" }), answer(noop!));
  const result = await batch;
  assertEquals(values(result), ["A", undefined, "C", undefined]);
  const error = result.errors!.get(3);
  assertInstanceOf(error, StatusError);
  assertEquals([result.errors!.size, error.status, error.retryable, connection.inFlight], [1, 0x82, true, 0]);
  connection.destroy();
  await peer.over;
});

test("Connection.batch of writes hears only of what went wrong", async () => {
  const transport = new FakeTransport();
  const connection = new Connection(transport);
  const requests = ["a", "b"].map((key) => ({ key, value: "v", flags: 0, expiry: 0 }));
  const stored = connection.batch(SET, requests);
  const deleted = connection.batch(DELETE, keys("x", "y"), {}, (frame) => frame.status);
  await endOfTurn();
  const sent = transport.requests;
  assertEquals(sent.map(({ opcode }) => opcode), [0x11, 0x11, 0x0a, 0x14, 0x14, 0x0a]);
  transport.receive(
    answer(sent[1]!, { status: 3 }),
    answer(sent[4]!, { status: 1 }),
    answer(sent[2]!),
    answer(sent[5]!),
  );
  assertEquals([...(await stored).errors!.keys()], [1]);
  assertEquals(await deleted, { replies: [undefined, 1], errors: undefined });
  connection.destroy();
});

test("Connection.batch values are safe to keep", async () => {
  const transport = new FakeTransport();
  const connection = new Connection(transport);
  const batch = connection.batch(GET, keys("a", "b"));
  await endOfTurn();
  const [a, b, noop] = transport.requests;
  // The transport overwrites its memory after each chunk.
  transport.receive(joined(hit(a!, "kept"), hit(b!, "x".repeat(50_000))), answer(noop!));
  assertEquals(values(await batch), ["kept", "x".repeat(50_000)]);
  connection.destroy();
});

test("Connection.batch whose time is over keeps what was answered, and the rest reaches nobody", async () => {
  const transport = new FakeTransport();
  const connection = new Connection(transport, { maxInFlight: 2 });
  const batch = connection.batch(GET, keys("a", "b", "c"), { timeout: 20 });
  await endOfTurn();
  const [a, b, , noop] = transport.requests;
  transport.receive(hit(b!, "B"));
  const result = await batch;
  assertEquals(values(result), [undefined, "B", undefined]);
  assertEquals([...result.errors!.keys()], [0, 2]);
  for (const error of result.errors!.values()) {
    assertInstanceOf(error, TimeoutError);
    assertEquals([error.sent, error.message], [true, "Cannot get: no answer from fake:11211 in time"]);
  }
  const next = connection.batch(GET, keys("d"));
  await endOfTurn();
  const [d, after] = transport.requests.slice(4);
  transport.receive(hit(a!, "late"), answer(noop!), hit(d!, "D"), answer(after!));
  assertEquals(values(await next), ["D"]);
  assertEquals([connection.counters.lateReplies, connection.state, connection.inFlight], [2, "open", 0]);
  connection.destroy();
});

test("Connection.batch that is aborted rejects with the reason, and the connection goes on", async () => {
  const transport = new FakeTransport();
  const connection = new Connection(transport);
  const controller = new AbortController();
  const batch = connection.batch(GET, keys("a", "b"), { signal: controller.signal }).catch((reason) => reason);
  await endOfTurn();
  transport.receive(hit(transport.requests[0]!, "A"));
  controller.abort("reason");
  assertEquals(await batch, "reason");
  transport.receive(answer(transport.requests[2]!));
  const noop = connection.call(NOOP, {});
  await endOfTurn();
  transport.receive(answer(transport.requests[3]!));
  await noop;
  connection.destroy();
});

test("Connection.batch sends nothing when one of its requests is wrong, and the turn's other calls leave", async () => {
  const transport = new FakeTransport();
  const connection = new Connection(transport);
  const before = connection.call(GET, { key: "before" });
  const wrong = connection.batch(GET, keys("a", "k".repeat(251), "c"));
  const large = { key: "large", value: new Uint8Array(100_000), flags: 0, expiry: 0 };
  const wrongToo = connection.batch(SET, [large, { ...large, key: "" }]);
  const after = connection.call(GET, { key: "after" });
  await assertRejects(() => wrong, RangeError, "251 bytes");
  await assertRejects(() => wrongToo, RangeError, "empty key");
  await endOfTurn();
  assertEquals(transport.requests.map(({ key }) => key), ["before", "after"]);
  assertEquals(connection.inFlight, 2);
  for (const request of transport.requests) transport.receive(hit(request, "v"));
  await Promise.all([before, after]);
  connection.destroy();
});

test("Connection.batch takes 65,535 requests and no more, nor those without a quiet twin", async () => {
  const transport = new FakeTransport();
  const connection = new Connection(transport);
  assertEquals(MAX_BATCH, 65_535);
  const most = connection.batch(GET, new Array(MAX_BATCH).fill({ key: "k" }));
  const tooMany = () => connection.batch(GET, new Array(MAX_BATCH + 1).fill({ key: "k" }));
  await assertRejects(tooMany, RangeError, "Cannot batch 65536 requests: 65535 are the most");
  await assertRejects(() => connection.batch(NOOP, [{}]), TypeError, "Cannot batch noop: it has no quiet twin");
  await endOfTurn();
  const requests = transport.requests;
  assertEquals([requests.length, transport.writes.length], [MAX_BATCH + 1, 1]);
  transport.receive(hit(requests[0]!, "first"), hit(requests[MAX_BATCH - 1]!, "last"), answer(requests[MAX_BATCH]!));
  const found = values(await most);
  assertEquals([found[0], found[1], found[MAX_BATCH - 1], found.length], ["first", undefined, "last", MAX_BATCH]);
  connection.destroy();
});

test("Connection.batch of nothing is a NOOP", async () => {
  const transport = new FakeTransport();
  const connection = new Connection(transport);
  const batch = connection.batch(GET, []);
  await endOfTurn();
  assertEquals(transport.requests.map(({ opcode }) => opcode), [0x0a]);
  transport.receive(answer(transport.requests[0]!));
  assertEquals(await batch, { replies: [], errors: undefined });
  connection.destroy();
});

test("Connection.batch resolves with an error for all that was not answered when the connection is lost", async () => {
  const transport = new FakeTransport();
  const connection = new Connection(transport);
  const batch = connection.batch(GET, keys("a", "b"));
  await endOfTurn();
  transport.receive(hit(transport.requests[0]!, "A"));
  transport.end(new Error("reset"));
  const result = await batch;
  assertEquals(values(result), ["A", undefined]);
  const error = result.errors!.get(1);
  assertInstanceOf(error, ConnectionError);
  assertEquals([error.sent, result.errors!.size], [true, 1]);
});

test("Connection tells several batches and single calls in flight apart", async () => {
  const transport = new FakeTransport();
  const connection = new Connection(transport);
  const batches = Array.from({ length: 20 }, (_, i) => connection.batch(GET, keys(`b${i}-0`, `b${i}-1`, `b${i}-2`)));
  const calls = Array.from({ length: 20 }, (_, i) => connection.call(GET, { key: `c${i}` }));
  await endOfTurn();
  const requests = transport.requests;
  assertEquals(new Set(requests.map(({ opaque }) => opaque)).size, 20 * 4 + 20);
  // All answers, back to front, but the NOOPs last.
  const noops = requests.filter(({ opcode }) => opcode === 0x0a);
  for (const request of requests.filter((one) => !noops.includes(one)).reverse()) {
    transport.receive(hit(request, request.key));
  }
  for (const request of noops) transport.receive(answer(request));
  for (const [i, batch] of batches.entries()) assertEquals(values(await batch), [`b${i}-0`, `b${i}-1`, `b${i}-2`]);
  for (const [i, call] of calls.entries()) assertEquals(new TextDecoder().decode((await call).value), `c${i}`);
  assert(connection.inFlight === 0);
  connection.destroy();
});
