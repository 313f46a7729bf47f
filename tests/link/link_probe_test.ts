/** A link whose server is down, silent, or whose process was frozen. */

import { assertEquals, assertInstanceOf, assertStrictEquals } from "@std/assert";
import { ConnectionError } from "../../src/errors.ts";
import type { Link } from "../../src/link/link.ts";
import { NOOP } from "../../src/ops/admin.ts";
import { GET } from "../../src/ops/retrieval.ts";
import { SET } from "../../src/ops/storage.ts";
import { endOfTurn } from "../support/fake_transport.ts";
import { failureOf, LinkScene } from "../support/link_scene.ts";
import { test } from "../support/test.ts";

const text = (value: Uint8Array) => new TextDecoder().decode(value);
const get = (link: Link, key: string, options = {}) => link.call(GET, { key }, options, (frame) => text(frame.value));

test("Link of a server that is down fails calls at once, until it has answered", async () => {
  const scene = new LinkScene();
  await using link = await scene.link({ downAfter: 2 });
  scene.refusal = new Error("nobody there");
  scene.peer.end();
  const waiting = failureOf(get(link, "a"));
  await scene.clock.pass(50);
  assertEquals([link.state, link.inFlight], ["waiting", 1]);
  await scene.clock.pass(100);
  for (const failure of [waiting, failureOf(get(link, "b"))]) {
    const error = await failure;
    assertInstanceOf(error, ConnectionError);
    assertEquals([error.sent, error.cause], [false, scene.refusal]);
    assertEquals(error.message.includes("cache is down (nobody there)"), true);
  }
  assertEquals(link.state, "down");
  scene.refusal = undefined;
  await scene.clock.pass(200);
  // It is accepted, and not up yet.
  assertInstanceOf(await failureOf(get(link, "c")), ConnectionError);
  assertEquals((await scene.serve()).map(([opcode]) => opcode), [NOOP.opcode]);
  const call = get(link, "d");
  await scene.serve();
  assertEquals(await call, "value of d");
  assertEquals(scene.told().slice(2), [
    ...["disconnected", "waiting", "connecting", "waiting", "connecting", "down", "waiting"],
    ...["connecting", "connected", "up"],
  ]);
});

test("Link of a server that is down has calls wait when told so", async () => {
  const scene = new LinkScene();
  scene.refusal = new Error("nobody there");
  await using link = await scene.link({ downAfter: 1, whenDown: "wait" });
  const call = get(link, "a");
  await scene.clock.pass(1000);
  assertEquals([link.state, link.inFlight], ["down", 1]);
  scene.refusal = undefined;
  await scene.clock.pass(2000);
  await scene.serve();
  await scene.serve();
  assertEquals(await call, "value of a");
});

test("Link that is lazy lets one call at a time find out whether the server is up", async () => {
  const scene = new LinkScene();
  scene.refusal = new Error("nobody there");
  await using link = await scene.link({ lazy: true, downAfter: 1 });
  const first = failureOf(get(link, "a"));
  assertInstanceOf(await first, ConnectionError);
  assertEquals([scene.dials, link.state, scene.clock.timers], [1, "down", 0]);
  assertInstanceOf(await failureOf(get(link, "b")), ConnectionError);
  assertEquals(scene.dials, 1);
  await scene.clock.pass(50);
  scene.refusal = undefined;
  const probing = get(link, "c");
  const other = await failureOf(get(link, "d"));
  assertInstanceOf(other, ConnectionError);
  assertEquals(scene.dials, 2);
  await scene.serve();
  await scene.serve();
  assertEquals(await probing, "value of c");
});

test("Link asks a connection that was idle for long for a sign of life before it is used", async () => {
  const scene = new LinkScene();
  await using link = await scene.link();
  for (const [frozen, probed] of [[9_999, false], [10_000, true], [3_600_000, true]] as const) {
    scene.clock.frozen += frozen;
    const calls = [get(link, "a"), get(link, "b")];
    const first = await scene.serve();
    assertEquals(first.map(([opcode]) => opcode), probed ? [NOOP.opcode] : [GET.opcode, GET.opcode]);
    if (probed) assertEquals((await scene.serve()).length, 2);
    assertEquals(await Promise.all(calls), ["value of a", "value of b"]);
  }
  assertEquals(scene.dials, 1);
});

test("Link replaces a connection that gives no sign of life after a freeze, and no call notices", async () => {
  const scene = new LinkScene();
  await using link = await scene.link({ probeTimeout: 5 });
  scene.clock.frozen = 60_000;
  const call = link.call(SET, { key: "k", value: "v", flags: 0, expiry: 0 }, undefined, () => "stored");
  const old = scene.peer;
  assertEquals((await scene.asked()).map(({ opcode }) => opcode), [NOOP.opcode]);
  await scene.until(() => old.isClosed);
  await scene.comeBack(50);
  await scene.serve();
  // It was never written to the old one.
  assertEquals([await call, old.requests.length], ["stored", 1]);
});

test("Link asks for a sign of life when bytes stop while calls wait; one comes", async () => {
  const scene = new LinkScene();
  await using link = await scene.link({ probeAfter: 1000 });
  const call = get(link, "slow");
  await scene.clock.pass(1499);
  assertEquals((await scene.asked()).length, 1);
  await scene.clock.pass(1);
  const [slow, probe] = await scene.asked();
  assertEquals([slow!.opcode, probe!.opcode], [GET.opcode, NOOP.opcode]);
  await scene.serve();
  assertEquals(await call, "value of slow");
  await scene.clock.pass(10_000);
  assertEquals([scene.dials, scene.clock.timers], [1, 0]);
});

test("Link asks at once after a freeze during which calls waited", async () => {
  const scene = new LinkScene();
  await using link = await scene.link({ probeAfter: 1000 });
  const call = get(link, "k");
  await endOfTurn();
  scene.clock.frozen = 60_000;
  await scene.clock.pass(500);
  assertEquals((await scene.serve()).map(([opcode]) => opcode), [GET.opcode, NOOP.opcode]);
  assertEquals(await call, "value of k");
});

test("Link replaces a connection that is silent though calls were given up, and repeats what may be", async () => {
  const scene = new LinkScene(() => ({ timeout: 60_000 }));
  await using link = await scene.link({ probeAfter: 1000, probeTimeout: 5 });
  const controller = new AbortController();
  const reason = new Error("no patience");
  const given = failureOf(get(link, "a", { signal: controller.signal }));
  await endOfTurn();
  controller.abort(reason);
  assertStrictEquals(await given, reason);
  // Nobody waits, but an answer is owed.
  const old = scene.peer;
  await scene.clock.pass(1500);
  const call = get(link, "b");
  await scene.until(() => old.isClosed);
  const lost = scene.events.find((event) => event.type === "disconnected");
  assertEquals(lost?.type === "disconnected" && (lost.error as Error).message.includes("did not answer a NOOP"), true);
  await scene.comeBack(50);
  await scene.serve();
  assertEquals(await call, "value of b");
});

test("Link closes a connection that nobody uses, and opens one at the next call", async () => {
  const scene = new LinkScene();
  await using link = await scene.link({ maxIdle: 1000, probeAfter: 0 });
  for (let round = 0; round < 3; round++) {
    await scene.clock.pass(600);
    const call = get(link, "k");
    await scene.serve();
    await call;
  }
  assertEquals(scene.dials, 1);
  await scene.clock.pass(2000);
  assertEquals([scene.peer.isClosed, link.state, scene.clock.timers], [true, "idle", 0]);
  const call = get(link, "k");
  await scene.serve();
  assertEquals([await call, scene.dials], ["value of k", 2]);
  assertEquals(scene.told(), ["connecting", "connected", "disconnected", "connecting", "connected"]);
});

test("Link that is pinned keeps its connection, however idle or old", async () => {
  const scene = new LinkScene();
  await using link = await scene.link({ maxIdle: 1000, maxLifetime: 2000 });
  link.pin(true);
  await scene.clock.pass(10_000);
  assertEquals([scene.dials, scene.peer.isClosed], [1, false]);
  link.pin(false);
  await endOfTurn();
  assertEquals([scene.dials, scene.transports[0]!.isClosed], [2, true]);
});

test("Link that is pinned while its connection is being replaced keeps the old one until it is let go", async () => {
  const scene = new LinkScene();
  await using link = await scene.link({ maxLifetime: 2000 });
  let open = () => {};
  scene.held = new Promise((resolve) => open = resolve);
  await scene.clock.pass(2000);
  assertEquals(scene.dials, 2);
  link.pin(true);
  open();
  await endOfTurn();
  assertEquals(scene.transports.map(({ isClosed }) => isClosed), [false, true]);
  link.pin(false);
  await endOfTurn();
  assertEquals(scene.transports.map(({ isClosed }) => isClosed), [true, true, false]);
  assertEquals(link.state, "connected");
});

test("Link replaces a connection that is old, and lets its calls end", async () => {
  const scene = new LinkScene();
  await using link = await scene.link({ maxLifetime: 10_000 });
  await scene.clock.pass(8999);
  const call = get(link, "a");
  scene.refusal = new Error("not now");
  await scene.clock.pass(1);
  const old = scene.peer;
  // It is good as long as there is no other.
  assertEquals([scene.dials, link.state], [2, "connected"]);
  scene.refusal = undefined;
  await scene.clock.pass(100);
  assertEquals([scene.dials, old.isClosed], [3, false]);
  const other = get(link, "b");
  await scene.serve(old);
  assertEquals([await call, old.isClosed], ["value of a", true]);
  await scene.serve();
  assertEquals(await other, "value of b");
});

test("Link that is lazy closes an old connection which nobody uses", async () => {
  const scene = new LinkScene();
  await using link = await scene.link({ lazy: true, maxLifetime: 10_000 });
  await link.connect();
  scene.clock.chance = 0;
  await scene.clock.pass(10_000);
  assertEquals([scene.peer.isClosed, link.state, scene.dials], [true, "idle", 1]);
});
