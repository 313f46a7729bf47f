/** Calls over a link: at once, or when there is a connection. */

import { assert, assertEquals, assertInstanceOf, assertStrictEquals, assertThrows } from "@std/assert";
import { ClosedError, OverloadError, TimeoutError } from "../../src/errors.ts";
import { Link } from "../../src/link/link.ts";
import { STAT } from "../../src/ops/admin.ts";
import { GET } from "../../src/ops/retrieval.ts";
import { SET } from "../../src/ops/storage.ts";
import { MetaWire } from "../../src/connection/meta_wire.ts";
import { endOfTurn } from "../support/fake_transport.ts";
import { failureOf, LinkScene } from "../support/link_scene.ts";
import { test } from "../support/test.ts";

const text = (value: Uint8Array) => new TextDecoder().decode(value);
const get = (link: Link, key: string, options = {}) => link.call(GET, { key }, options, (frame) => text(frame.value));
const set = (link: Link, key: string, options = {}) =>
  link.call(SET, { key, value: "v", flags: 0, expiry: 0 }, options, () => key);

test("Link gives the promise of its connection while there is one", async () => {
  const scene = new LinkScene();
  await using link = await scene.link();
  const promise = Promise.resolve();
  const connection = link.connection!;
  connection.call = (() => promise) as typeof connection.call;
  connection.batch = (() => promise) as unknown as typeof connection.batch;
  assertStrictEquals(link.call(GET, { key: "k" }) as unknown, promise);
  assertStrictEquals(link.batch(GET, [{ key: "k" }]) as unknown, promise);
});

test("Link connects at once, or at the first call when it is lazy; calls wait in their order", async () => {
  for (const lazy of [false, true]) {
    const scene = new LinkScene();
    let open = () => {};
    scene.held = new Promise((resolve) => open = resolve);
    await using link = await scene.link({ lazy });
    assertEquals([scene.dials, link.state], lazy ? [0, "idle"] : [1, "connecting"]);
    const calls = [get(link, "a"), set(link, "b"), get(link, "c")];
    await endOfTurn();
    assertEquals([scene.dials, link.state, link.inFlight], [1, "connecting", 3]);
    open();
    assertEquals((await scene.serve()).map(([, key]) => key), ["a", "b", "c"]);
    assertEquals(await Promise.all(calls), ["value of a", "b", "value of c"]);
    assertEquals([scene.told(), link.state, link.inFlight], [["connecting", "connected"], "connected", 0]);
  }
});

test("Link.connect says what went wrong, and the next attempt may succeed", async () => {
  const scene = new LinkScene();
  scene.refusal = new Error("nobody there");
  await using link = await scene.link({ lazy: true });
  assertStrictEquals(await failureOf(link.connect()), scene.refusal);
  scene.refusal = undefined;
  const connected = link.connect();
  // It was away, so it has to answer.
  await scene.serve();
  await connected;
  await link.connect();
  assertEquals([scene.dials, link.state], [2, "connected"]);
});

test("Link: batches and streams wait for a connection, too", async () => {
  const scene = new LinkScene();
  await using link = await scene.link({ lazy: true });
  const batch = link.batch(GET, [{ key: "a" }, { key: "b" }], undefined, (frame) => text(frame.value));
  const stream = link.open(STAT, {});
  const first = stream.next();
  const asked = await scene.asked();
  assertEquals(asked.map(({ opcode }) => opcode), [GET.quiet!.opcode, GET.quiet!.opcode, 0x0a, STAT.opcode]);
  await scene.serve();
  assertEquals(await batch, { replies: [undefined, undefined].map(() => ""), errors: undefined });
  assertEquals(await first, { done: true, value: undefined });
});

test("Link: calls that wait end by their deadlines, whatever they are", async () => {
  const scene = new LinkScene();
  scene.refusal = new Error("nobody there");
  await using link = await scene.link({ downAfter: 0, timeout: 500 });
  const short = failureOf(get(link, "a", { timeout: 100 }));
  const usual = failureOf(set(link, "b"));
  const batch = link.batch(GET, [{ key: "c" }, { key: "d" }], { timeout: 100 });
  const stream = failureOf(link.open(STAT, {}, { timeout: 100 }).next());
  const ever = get(link, "e", { timeout: 0 });
  await scene.clock.pass(99);
  assertEquals(link.inFlight, 5);
  await scene.clock.pass(1);
  for (const failure of [short, stream]) {
    const error = await failure;
    assertInstanceOf(error, TimeoutError);
    assertEquals([error.sent, error.cause], [false, scene.refusal]);
    assert(error.message.includes("not connected to cache in time (nobody there)"), error.message);
  }
  const { errors } = await batch;
  assertEquals([...errors!.values()].map((error) => (error as Error).name), ["TimeoutError", "TimeoutError"]);
  await scene.clock.pass(400);
  assertInstanceOf(await usual, TimeoutError);
  await scene.clock.pass(100_000);
  assertEquals(link.inFlight, 1);
  scene.refusal = undefined;
  await scene.clock.pass(2000);
  await scene.serve();
  await scene.serve();
  assertEquals(await ever, "value of e");
});

test("Link: calls that wait end by their signals, and wrong ones do not begin to", async () => {
  const scene = new LinkScene();
  await using link = await scene.link({ lazy: true });
  const controller = new AbortController();
  const { signal } = controller;
  const reason = new Error("changed my mind");
  const calls = [
    get(link, "a", { signal }),
    link.batch(GET, [{ key: "b" }], { signal }),
    link.open(STAT, {}, { signal }).next(),
  ];
  controller.abort(reason);
  for (const call of [...calls, get(link, "c", { signal })]) assertStrictEquals(await failureOf(call), reason);
  assertInstanceOf(await failureOf(get(link, "d", { timeout: -1 })), RangeError);
  assertInstanceOf(await failureOf(link.open(GET, { key: "k" }).next()), TypeError);
  assertInstanceOf(await failureOf(link.batch(STAT, [{}])), TypeError);
  // What cannot be written is found when it is to be.
  const empty = failureOf(get(link, ""));
  const good = get(link, "k");
  await scene.serve();
  assertInstanceOf(await empty, RangeError);
  assertEquals(await good, "value of k");
});

test("Link: no more calls wait than maxWaiting, others are refused unsent", async () => {
  const scene = new LinkScene();
  let open = () => {};
  scene.held = new Promise((resolve) => open = resolve);
  await using link = await scene.link({ maxWaiting: 2 });
  const calls = [get(link, "a"), get(link, "b")];
  const error = await failureOf(get(link, "c"));
  assertInstanceOf(error, OverloadError);
  assertEquals(error.sent, false);
  open();
  await scene.serve();
  assertEquals(await Promise.all(calls), ["value of a", "value of b"]);
});

test("Link.close refuses new calls, lets those under way end, and leaves nothing behind", async () => {
  const scene = new LinkScene();
  const link = await scene.link({ maxIdle: 1000, maxLifetime: 10_000 });
  const call = get(link, "a");
  const closed = link.close();
  assertEquals(link.state, "closed");
  for (const late of [get(link, "b"), link.batch(GET, [{ key: "b" }]), link.open(STAT, {}).next(), link.connect()]) {
    const error = await failureOf(late);
    assertInstanceOf(error, ClosedError);
    assertEquals(error.sent, false);
  }
  await scene.serve();
  assertEquals(await call, "value of a");
  await Promise.all([closed, link.close()]);
  assertEquals([scene.peer.isClosed, scene.clock.timers, scene.dials], [true, 0, 1]);
  assertEquals(scene.told(), ["connecting", "connected", "closed"]);
});

test("Link.close lets calls end that wait for an attempt to connect; those in a pause reject", async () => {
  const scene = new LinkScene();
  let open = () => {};
  scene.held = new Promise((resolve) => open = resolve);
  const link = await scene.link();
  const call = get(link, "a");
  const closed = link.close();
  open();
  await scene.serve();
  assertEquals(await call, "value of a");
  await closed;
  assertEquals([scene.peer.isClosed, scene.clock.timers], [true, 0]);

  scene.refusal = new Error("nobody there");
  const other = await scene.link();
  const waiting = failureOf(get(other, "b"));
  await other.close();
  assertInstanceOf(await waiting, ClosedError);
  assertEquals(scene.clock.timers, 0);
});

test("Link.close gives up a dial that nobody waits for", async () => {
  const scene = new LinkScene();
  let given: AbortSignal | undefined;
  const link = new Link((signal) => {
    given = signal;
    return new Promise(() => {});
  }, { clock: scene.clock });
  const connecting = failureOf(link.connect());
  await link.close();
  assertEquals([given!.aborted, scene.clock.timers], [true, 0]);
  // A dial that does not look at its signal never ends; nobody is told then.
  await Promise.race([connecting, endOfTurn()]);
});

test("Link speaks whatever its connections speak", async () => {
  const scene = new LinkScene(() => ({ timeout: 60_000, wire: new MetaWire() }));
  await using link = await scene.link();
  for (const lost of [false, true]) {
    const call = get(link, "k");
    await endOfTurn();
    if (lost) {
      scene.peer.end();
      await scene.clock.pass(50);
      assertEquals(text(scene.peer.writes[0]!), "mn\r\n");
      scene.peer.receive(new TextEncoder().encode("MN\r\n"));
      await endOfTurn();
    }
    const asked = text(scene.peer.writes.at(-1)!);
    const opaque = / (O\S+)/.exec(asked)![1];
    scene.peer.receive(new TextEncoder().encode(`VA 1 f0 c1 ${opaque}\r\nv\r\n`));
    assertEquals(await call, "v");
  }
});

test("Link refuses numbers that make no sense", () => {
  for (const options of [{ maxWaiting: -1 }, { probeIdle: NaN }, { backoff: { first: -1 } }, { downAfter: -1 }]) {
    assertThrows(() => new Link(() => new Promise(() => {}), { lazy: true, ...options }), RangeError);
  }
});
