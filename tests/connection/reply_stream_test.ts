/** Calls with many answers, over a connection. */

import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { Connection } from "../../src/connection/connection.ts";
import { ClosedError, ConnectionError, ProtocolError, StatusError, TimeoutError } from "../../src/errors.ts";
import { STAT, type StatResponse } from "../../src/ops/admin.ts";
import { GET } from "../../src/ops/retrieval.ts";
import { countedAbort } from "../support/counted_abort.ts";
import { endOfTurn, FakeTransport } from "../support/fake_transport.ts";
import { scripted } from "../support/script.ts";
import { test } from "../support/test.ts";
import { answer, hit, joined, type WireFrame } from "../support/wire_frame.ts";

/** The answers that say these statistics, and then that there are no more. */
function stats(request: WireFrame, names: readonly string[]): Uint8Array {
  return joined(...names.map((key) => answer(request, { key, value: `${key}!` })), answer(request));
}

interface Setup {
  readonly transport: FakeTransport;
  readonly connection: Connection;
}

function setup(): Setup {
  const transport = new FakeTransport();
  return { transport, connection: new Connection(transport) };
}

async function collect(stream: AsyncIterable<StatResponse>): Promise<string[]> {
  const names: string[] = [];
  for await (const { key, value } of stream) {
    assertEquals(value, `${key}!`);
    names.push(key);
  }
  return names;
}

/** Looks whether a connection still answers. */
async function assertGood({ transport, connection }: Setup): Promise<void> {
  const call = connection.call(GET, { key: "next" });
  await endOfTurn();
  transport.receive(hit(transport.requests.at(-1)!, "right"));
  assertEquals(new TextDecoder().decode((await call).value), "right");
  assertEquals([connection.state, connection.inFlight], ["open", 0]);
}

test("Connection.open yields the answers as they come, before the last has come", async () => {
  const { transport, peer } = scripted();
  const connection = new Connection(transport);
  const stream = connection.open(STAT, { group: "items" });
  const request = await peer.expect(STAT.opcode, "items");
  await peer.send(answer(request, { key: "a", value: "1" }));
  assertEquals(await stream.next(), { done: false, value: { key: "a", value: "1" } });
  const next = stream.next();
  await peer.send(answer(request, { key: "b" }));
  assertEquals(await next, { done: false, value: { key: "b", value: "" } });
  assertEquals(connection.inFlight, 1);
  await peer.send(answer(request));
  assertEquals(await stream.next(), { done: true, value: undefined });
  assertEquals(await stream.next(), { done: true, value: undefined });
  assertEquals(connection.inFlight, 0);
  connection.destroy();
  await peer.over;
});

test("Connection.open yields what came before anyone asked, in order, and other calls go on beside it", async () => {
  const { transport, connection } = setup();
  const stream = connection.open(STAT, {});
  const other = connection.call(GET, { key: "k" });
  await endOfTurn();
  const [stat, get] = transport.requests;
  const names = Array.from({ length: 200 }, (_, i) => `stat ${i}`);
  const answers = names.map((key) => answer(stat!, { key, value: `${key}!` }));
  transport.receive(joined(...answers.slice(0, 100), hit(get!, "v"), ...answers.slice(100), answer(stat!)));
  await other;
  assertEquals(await collect(stream), names);
  connection.destroy();
});

test("Connection.open with no answers but the last is an empty stream", async () => {
  const { transport, connection } = setup();
  const collecting = collect(connection.open(STAT, {}));
  await endOfTurn();
  transport.receive(stats(transport.requests[0]!, []));
  assertEquals(await collecting, []);
  connection.destroy();
});

// The second of two who asked took the place of the first, who then waited for ever.
test("Connection.open answers all who ask before there is anything", async () => {
  const { transport, connection } = setup();
  const stream = connection.open(STAT, {});
  const asked = [stream.next(), stream.next(), stream.next(), stream.next()];
  await endOfTurn();
  transport.receive(stats(transport.requests[0]!, ["a", "b"]));
  const results = await Promise.all(asked);
  assertEquals(results.map(({ done, value }) => done ? "done" : value.key), ["a", "b", "done", "done"]);
  connection.destroy();
});

test("Connection.open that is left early drops the rest, and the connection goes on", async () => {
  const all = setup();
  const { transport, connection } = all;
  const leaving = (async () => {
    for await (const { key } of connection.open(STAT, {})) return key;
  })();
  await endOfTurn();
  const request = transport.requests[0]!;
  transport.receive(answer(request, { key: "a", value: "a!" }));
  assertEquals(await leaving, "a");
  // Its slot waits for the rest; nobody else gets it.
  const other = connection.open(STAT, {});
  await endOfTurn();
  assert(transport.requests[1]!.opaque !== request.opaque);
  transport.receive(stats(request, ["b", "c"]), stats(transport.requests[1]!, ["d"]));
  assertEquals(await collect(other), ["d"]);
  await assertGood(all);
  connection.destroy();
});

test("Connection.open that is left before anything came ends those who wait", async () => {
  const { connection } = setup();
  const stream = connection.open(STAT, {});
  const waiting = stream.next();
  assertEquals(await stream.return!(), { done: true, value: undefined });
  assertEquals(await waiting, { done: true, value: undefined });
  assertEquals(await stream.next(), { done: true, value: undefined });
  connection.destroy();
});

test("Connection.open rejects with the status of the server, at once or after some answers", async () => {
  for (const names of [[], ["a", "b"]]) {
    const all = setup();
    const { transport, connection } = all;
    const stream = connection.open(STAT, { group: "nonsense" });
    await endOfTurn();
    const request = transport.requests[0]!;
    for (const key of names) transport.receive(answer(request, { key, value: "v" }));
    transport.receive(answer(request, { status: 1 }));
    for (const key of names) assertEquals((await stream.next()).value.key, key);
    const error = await assertRejects(() => stream.next(), StatusError, "Cannot stat");
    assertEquals([error.status, error.op], [1, "stat"]);
    assertEquals(await stream.next(), { done: true, value: undefined });
    await assertGood(all);
    connection.destroy();
  }
});

test("Connection.open rejects when its time is over in the middle, and the rest reaches nobody", async () => {
  const all = setup();
  const { transport, connection } = all;
  const stream = connection.open(STAT, {}, { timeout: 20 });
  await endOfTurn();
  const request = transport.requests[0]!;
  transport.receive(answer(request, { key: "a", value: "a!" }));
  assertEquals((await stream.next()).value.key, "a");
  const error = await assertRejects(
    () => stream.next(),
    TimeoutError,
    "Cannot stat: no answer from fake:11211 in time",
  );
  assertEquals([error.sent, connection.inFlight], [true, 0]);
  assertEquals(await stream.next(), { done: true, value: undefined });
  const other = connection.open(STAT, {});
  await endOfTurn();
  transport.receive(stats(request, ["late"]), stats(transport.requests[1]!, ["right"]));
  assertEquals(await collect(other), ["right"]);
  assertEquals(connection.counters.lateReplies, 2);
  await assertGood(all);
  connection.destroy();
});

test("Connection.open gives what had come before it rejects", async () => {
  const { transport, connection } = setup();
  const stream = connection.open(STAT, {}, { timeout: 20 });
  await endOfTurn();
  for (const key of ["a", "b"]) transport.receive(answer(transport.requests[0]!, { key, value: "v" }));
  // Another call whose time is over later: the stream has failed by then.
  await assertRejects(() => connection.call(GET, { key: "k" }, { timeout: 40 }), TimeoutError);
  assertEquals([(await stream.next()).value.key, (await stream.next()).value.key], ["a", "b"]);
  await assertRejects(() => stream.next(), TimeoutError);
  connection.destroy();
});

test("Connection.open takes a signal, and leaves no listener behind", async () => {
  const all = setup();
  const { transport, connection } = all;
  const abort = countedAbort();
  const ends = collect(connection.open(STAT, {}, { signal: abort.signal }));
  const aborted = connection.open(STAT, {}, { signal: abort.signal });
  await endOfTurn();
  const [first, second] = transport.requests;
  transport.receive(stats(first!, ["a"]));
  assertEquals([await ends, abort.listeners()], [["a"], 1]);
  const waiting = aborted.next().catch((reason) => reason);
  abort.abort("reason");
  assertEquals([await waiting, abort.listeners()], ["reason", 0]);
  transport.receive(stats(second!, ["late"]));
  await assertGood(all);
  connection.destroy();
});

test("Connection.open rejects on the first answer asked for when it may not be made", async () => {
  const { transport, connection } = setup();
  await assertRejects(() => connection.open(GET, { key: "k" }).next(), TypeError, "Cannot open get: it has one answer");
  await assertRejects(() => connection.open(STAT, { group: "g".repeat(70_000) }).next(), RangeError);
  const signal = AbortSignal.abort("reason");
  assertEquals(await connection.open(STAT, {}, { signal }).next().catch((reason) => reason), "reason");
  assertEquals([connection.inFlight, transport.writes.length], [0, 0]);
  connection.destroy();
  await assertRejects(() => connection.open(STAT, {}).next(), ClosedError);
});

test("Connection.open rejects when the connection is lost in the middle", async () => {
  const { transport, connection } = setup();
  const stream = connection.open(STAT, {});
  await endOfTurn();
  transport.receive(answer(transport.requests[0]!, { key: "a", value: "a!" }));
  transport.end();
  assertEquals((await stream.next()).value.key, "a");
  const error = await assertRejects(() => stream.next(), ConnectionError, "Cannot stat");
  assertEquals(error.sent, true);
});

// Such an answer was taken for one of the stream, or failed the stream alone while the connection went on.
for (
  const [what, parts] of [
    ["another opcode", { opcode: GET.opcode }],
    ["extras", { extras: new Uint8Array(4), key: "a", value: "v" }],
    ["another generation of its opaque", { opaque: 0x10000 }],
  ] as const
) {
  test(`Connection.open ends the connection on an answer with ${what}`, async () => {
    const { transport, connection } = setup();
    const stream = connection.open(STAT, {});
    const other = connection.call(GET, { key: "k" }).catch((error) => error);
    await endOfTurn();
    transport.receive(answer(transport.requests[0]!, { key: "a", value: "a!" }));
    transport.receive(answer(transport.requests[0]!, parts));
    assertEquals((await stream.next()).value.key, "a");
    const error = await assertRejects(() => stream.next(), ProtocolError, "Cannot stat: the connection to fake:11211");
    assertEquals([error.at, error.bytes.length], [27, 24]);
    assertInstanceOf(await other, ProtocolError);
    assertEquals(connection.state, "closed");
  });
}
