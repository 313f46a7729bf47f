/** A pool: which connection a call takes, when another one is opened or closed, and lending. */

import { assert, assertEquals, assertInstanceOf, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { ClosedError, OverloadError, TimeoutError } from "../../src/errors.ts";
import { Pool } from "../../src/link/pool.ts";
import type { PoolOptions } from "../../src/link/pool_options.ts";
import { NOOP, STAT } from "../../src/ops/admin.ts";
import { GET } from "../../src/ops/retrieval.ts";
import { SET } from "../../src/ops/storage.ts";
import { endOfTurn } from "../support/fake_transport.ts";
import { failureOf, LinkScene } from "../support/link_scene.ts";
import { test } from "../support/test.ts";

const text = (value: Uint8Array) => new TextDecoder().decode(value);
const get = (pool: Pool, key: string, options = {}) => pool.call(GET, { key }, options, (frame) => text(frame.value));

async function pooled(options: PoolOptions = {}): Promise<{ readonly scene: LinkScene; readonly pool: Pool }> {
  const scene = new LinkScene();
  const pool = new Pool(scene.dial, { server: "cache", clock: scene.clock, timeout: 60_000, ...options });
  await endOfTurn();
  return { scene, pool };
}

async function serveAll(scene: LinkScene): Promise<void> {
  for (const transport of scene.transports) if (!transport.isClosed) await scene.serve(transport);
}

test("Pool opens another connection when too many calls wait on each, and takes that with the fewest", async () => {
  const { scene, pool } = await pooled({ connections: 3, openAt: 2 });
  await using _ = pool;
  assertEquals(scene.dials, 1);
  const calls = ["a", "b", "c"].map((key) => get(pool, key));
  await endOfTurn();
  // The one that found two waiting did not wait for another connection.
  assertEquals([scene.dials, (await scene.asked(scene.transports[0])).length], [2, 3]);
  calls.push(get(pool, "d"), get(pool, "e"), get(pool, "f"));
  assertEquals((await scene.asked(scene.transports[1])).map(({ key }) => key), ["d", "e", "f"]);
  assertEquals([scene.dials, pool.state.open, pool.state.inFlight], [3, 3, 6]);
  await serveAll(scene);
  assertEquals(await Promise.all(calls), ["a", "b", "c", "d", "e", "f"].map((key) => `value of ${key}`));
  // No more than it may have.
  const more = Array.from({ length: 30 }, (_, i) => get(pool, `${i}`));
  await endOfTurn();
  assertEquals(scene.transports.map((peer) => peer.requests.length), [3 + 10, 3 + 10, 10]);
  await serveAll(scene);
  await Promise.all(more);
  assertEquals([scene.dials, pool.state.highWaterMark, pool.state.idle], [3, 3, 3]);
});

test("Pool opens no more connections at a time than it may", async () => {
  const { scene, pool } = await pooled({ connections: 4, openAt: 0, maxOpening: 2 });
  await using _ = pool;
  let open = () => {};
  scene.held = new Promise((resolve) => open = resolve);
  const calls = Array.from({ length: 9 }, (_, i) => get(pool, `${i}`));
  await endOfTurn();
  assertEquals(scene.dials, 3);
  open();
  await endOfTurn();
  await serveAll(scene);
  await Promise.all(calls);
});

test("Pool closes connections that nobody needs, down to those it keeps", async () => {
  const { scene, pool } = await pooled({ connections: 3, openAt: 0, maxIdle: 1000, maxOpening: 3 });
  await using _ = pool;
  const calls = ["a", "b", "c"].map((key) => get(pool, key));
  await endOfTurn();
  await serveAll(scene);
  await Promise.all(calls);
  assertEquals(pool.state.open, 3);
  await scene.clock.pass(3000);
  assertEquals([pool.state.open, scene.transports.map(({ isClosed }) => isClosed)], [1, [false, true, true]]);
});

test("Pool begins with the first call when it keeps no connection", async () => {
  const { scene, pool } = await pooled({ minConnections: 0 });
  await using _ = pool;
  assertEquals(scene.dials, 0);
  const call = get(pool, "k");
  await scene.serve();
  assertEquals(await call, "value of k");
});

test("Pool writes large values over a connection of their own", async () => {
  const { scene, pool } = await pooled({ largeValueBytes: 1000 });
  await using _ = pool;
  const calls: Promise<unknown>[] = [];
  for (const [key, size] of [["small", 999], ["large", 1000]] as const) {
    calls.push(pool.call(SET, { key, value: new Uint8Array(size), flags: 0, expiry: 0 }, undefined, () => key));
  }
  calls.push(pool.batch(SET, [{ key: "batch", value: "x".repeat(1000), flags: 0, expiry: 0 }]));
  calls.push(pool.large.call(GET, { key: "read" }, undefined, () => {}));
  await endOfTurn();
  assertEquals(scene.transports.map((peer) => peer.requests.map(({ key }) => key)), [
    ["small"],
    ["large", "batch", "", "read"],
  ]);
  await serveAll(scene);
  await Promise.all(calls);
});

test("Pool lends a connection once others' calls on it are answered; nobody else writes on it until it is back", async () => {
  const { scene, pool } = await pooled({ connections: 2, minConnections: 2 });
  await using _ = pool;
  const shared = ["a", "b"].map((key) => get(pool, key));
  await endOfTurn();
  const borrowing = pool.borrow();
  const [, lent] = scene.transports;
  assertEquals((await scene.asked(lent)).map(({ opcode }) => opcode), [GET.opcode, NOOP.opcode]);
  await serveAll(scene);
  {
    await using lease = await borrowing;
    assertEquals([pool.state.borrowed, lease.released], [1, false]);
    const before = lent!.requests.length;
    const others = Array.from({ length: 10 }, (_, i) => get(pool, `${i}`));
    const own = lease.call(GET, { key: "own" }, undefined, (frame) => text(frame.value));
    const stat = lease.open(STAT, {}).next();
    await endOfTurn();
    assertEquals(lent!.requests.slice(before).map(({ opcode, key }) => [opcode, key]), [
      [GET.opcode, "own"],
      [STAT.opcode, ""],
    ]);
    await serveAll(scene);
    assertEquals(await own, "value of own");
    await Promise.all([stat, ...others, ...shared]);
  }
  assertEquals(pool.state.borrowed, 0);
});

test("Pool: who borrows waits for a turn, in the order of coming, within deadline and signal", async () => {
  const { scene, pool } = await pooled({ connections: 2, minConnections: 2, maxWaiting: 3 });
  await using _ = pool;
  const first = await pool.borrow();
  const order: number[] = [];
  const second = pool.borrow().then((lease) => (order.push(2), lease));
  const late = failureOf(pool.borrow({ timeout: 100 }));
  const controller = new AbortController();
  const aborted = failureOf(pool.borrow({ signal: controller.signal }));
  assertInstanceOf(await failureOf(pool.borrow()), OverloadError);
  const reason = new Error("changed my mind");
  controller.abort(reason);
  assertStrictEquals(await aborted, reason);
  assertStrictEquals(await failureOf(pool.borrow({ signal: controller.signal })), reason);
  assertInstanceOf(await failureOf(pool.borrow({ timeout: -1 })), RangeError);
  const third = pool.borrow({ timeout: 0 }).then((lease) => (order.push(3), lease));
  await scene.clock.pass(100);
  const error = await late;
  assertInstanceOf(error, TimeoutError);
  assertEquals([error.sent, pool.state.waiting], [false, 2]);
  first.release();
  first.release();
  (await second).release();
  (await third).release();
  assertEquals([order, pool.state.borrowed, pool.state.waiting], [[2, 3], 0, 0]);
  // What was given back is of no more use to whoever had it.
  assertInstanceOf(await failureOf(first.call(NOOP, {})), ClosedError);
  assertInstanceOf(await failureOf(first.batch(GET, [])), ClosedError);
  assertThrows(() => first.open(STAT, {}), ClosedError);
});

test("Pool: calls wait while the only connection is lent, within their deadlines", async () => {
  const { scene, pool } = await pooled({ connections: 1, maxWaiting: 2 });
  await using _ = pool;
  const lease = await pool.borrow();
  const patient = get(pool, "a");
  const late = failureOf(get(pool, "b", { timeout: 100 }));
  assertInstanceOf(await failureOf(get(pool, "c")), OverloadError);
  await scene.clock.pass(100);
  const error = await late;
  assertInstanceOf(error, TimeoutError);
  assertEquals([error.sent, error.message.includes("borrowed")], [false, true]);
  const batch = pool.batch(GET, [{ key: "d" }], undefined, () => "d");
  await lease.close();
  await scene.serve();
  assertEquals([await patient, (await batch).replies.length], ["value of a", 1]);
});

test("Pool looks after a connection that was idle for long before it lends it", async () => {
  const { scene, pool } = await pooled({ connections: 1, maxIdle: 0 });
  await using _ = pool;
  scene.clock.frozen = 60_000;
  const borrowing = pool.borrow();
  assertEquals((await scene.asked()).map(({ opcode }) => opcode), [NOOP.opcode]);
  await scene.serve();
  await scene.serve();
  (await borrowing).release();
  assertEquals(scene.dials, 1);
});

test("Pool replaces what was discarded, and does not repeat calls of a lease that was lost", async () => {
  const { scene, pool } = await pooled({ connections: 1 });
  await using _ = pool;
  const spoilt = await pool.borrow();
  await Promise.all([spoilt.discard(), spoilt.discard()]);
  assertEquals([scene.transports[0]!.isClosed, pool.state.borrowed], [true, 0]);
  await scene.comeBack(50);
  const lease = await pool.borrow();
  const call = failureOf(lease.call(GET, { key: "k" }));
  await endOfTurn();
  scene.peer.end();
  assertEquals((await call as Error).name, "ConnectionError");
  assertInstanceOf(await failureOf(lease.call(GET, { key: "k" })), ClosedError);
  lease.release();
  await scene.comeBack(100);
  assertEquals(await scene.asked(), []);
});

test("Pool.borrow rejects when the server cannot be reached, and the turn is the next one's", async () => {
  const { scene, pool } = await pooled({ connections: 1, minConnections: 0, downAfter: 1 });
  await using _ = pool;
  scene.refusal = new Error("nobody there");
  const first = failureOf(pool.borrow());
  const second = failureOf(pool.borrow());
  for (const failure of [first, second]) assertEquals((await failure as Error).name, "ConnectionError");
  assertEquals(pool.state.borrowed, 0);
});

test("Pool.close lets calls end, refuses the rest, and waits for what is lent, though not for ever", async () => {
  for (const returned of [true, false]) {
    const { scene, pool } = await pooled({ connections: 2, minConnections: 2, timeout: 1000 });
    const lease = await pool.borrow();
    const call = get(pool, "a");
    const borrowing = failureOf(pool.borrow());
    const closed = pool.close();
    assertInstanceOf(await borrowing, ClosedError);
    assertInstanceOf(await failureOf(pool.borrow()), ClosedError);
    assertInstanceOf(await failureOf(get(pool, "b")), ClosedError);
    await serveAll(scene);
    assertEquals(await call, "value of a");
    const own = lease.call(GET, { key: "own" }, undefined, (frame) => text(frame.value));
    await serveAll(scene);
    assertEquals(await own, "value of own");
    if (returned) lease.release();
    else await scene.clock.pass(1000);
    await closed;
    await pool.close();
    assertEquals([scene.transports.every(({ isClosed }) => isClosed), scene.clock.timers], [true, 0]);
    await assertRejects(() => lease.call(GET, { key: "late" }), ClosedError);
  }
});

test("Pool tells which connection its events are about, and shows the frames of all", async () => {
  const { scene, pool } = await pooled({ connections: 2, openAt: 0 });
  const events: string[] = [];
  const reading = (async () => {
    for await (const { type, connection } of pool.status()) events.push(`${type} ${connection}`);
  })();
  const seen: number[] = [];
  const stop = pool.observe({ sent: ({ opcode }) => void seen.push(opcode) });
  const calls = [get(pool, "a")];
  await endOfTurn();
  calls.push(get(pool, "b"));
  await endOfTurn();
  await serveAll(scene);
  await Promise.all(calls);
  stop();
  const last = get(pool, "c");
  await endOfTurn();
  await serveAll(scene);
  await last;
  await pool.close();
  await reading;
  assertEquals(seen, [GET.opcode, GET.opcode]);
  assertEquals(events, [
    ...["connected 0", "connecting 1", "connected 1"],
    ...["closed 2", "closed 0", "closed 1", "closed undefined"],
  ]);
});

test("Pool refuses numbers that make no sense", () => {
  for (
    const options of [
      { connections: 0 },
      { connections: 1.5 },
      { openAt: NaN },
      { connections: 2, minConnections: 3 },
      { connections: 2, maxBorrowed: 3 },
      { maxIdle: -1 },
    ]
  ) {
    assertThrows(() => new Pool(() => new Promise(() => {}), { minConnections: 0, ...options }), RangeError);
  }
  assert(new Pool(() => new Promise(() => {}), { minConnections: 0 }).state.open === 0);
});

test("Pool: a connection that is discarded with calls under way gets no calls of others", async () => {
  const { scene, pool } = await pooled({ connections: 1 });
  await using _ = pool;
  const borrowing = pool.borrow();
  await serveAll(scene);
  const lease = await borrowing;
  const own = lease.call(GET, { key: "own" }, {}, (frame) => text(frame.value));
  await endOfTurn();
  const discarded = lease.discard();
  const other = get(pool, "other");
  await endOfTurn();
  await serveAll(scene);
  assertEquals(await own, "value of own");
  await discarded;
  await scene.clock.pass(50);
  await serveAll(scene);
  await serveAll(scene);
  assertEquals([await other, scene.dials, pool.state.borrowed], ["value of other", 2, 0]);
});
