/** What becomes of calls when the connection of a link is lost, and when it tries again. */

import { assert, assertEquals, assertInstanceOf, assertRejects, assertStrictEquals } from "@std/assert";
import {
  ClosedError,
  type ConnectionError,
  type OverloadError,
  ProtocolError,
  TimeoutError,
} from "../../src/errors.ts";
import type { Link } from "../../src/link/link.ts";
import type { LinkStatus } from "../../src/link/link_status.ts";
import type { Retry } from "../../src/link/retry.ts";
import { NOOP, QUIT, STAT } from "../../src/ops/admin.ts";
import { INCREMENT } from "../../src/ops/counter.ts";
import { GET } from "../../src/ops/retrieval.ts";
import { SET } from "../../src/ops/storage.ts";
import { endOfTurn, nextTask } from "../support/fake_transport.ts";
import { failureOf, LinkScene } from "../support/link_scene.ts";
import { test } from "../support/test.ts";
import { answer, hit } from "../support/wire_frame.ts";

const text = (value: Uint8Array) => new TextDecoder().decode(value);
const get = (link: Link, key: string, options = {}) => link.call(GET, { key }, options, (frame) => text(frame.value));
const set = (link: Link, key: string, options = {}) =>
  link.call(SET, { key, value: "v", flags: 0, expiry: 0 }, options, () => key);

test("Link makes again what had not left and what may be done twice, in its order; a write that left rejects", async () => {
  const scene = new LinkScene();
  await using link = await scene.link();
  scene.peer.mode = "held";
  const sent = [get(link, "a"), failureOf(set(link, "b")), get(link, "c")] as const;
  await endOfTurn();
  // Behind a write that is under way.
  const unsent = [set(link, "d"), get(link, "e")];
  await endOfTurn();
  scene.peer.end(new Error("cable cut"));
  const error = await sent[1] as ConnectionError;
  assertEquals([error.name, error.code, error.sent], ["ConnectionError", "CONNECTION", true]);
  assert(error.message.startsWith(`Cannot set "b": `) && error.message.includes("cable cut"), error.message);
  const [, , lost, waiting] = scene.events as LinkStatus[];
  assert(lost?.type === "disconnected" && waiting?.type === "waiting");
  assertEquals([lost.reason, lost.retries, lost.failed], ["lost", { "not-sent": 2, "idempotent": 2 }, 1]);
  assertEquals([waiting.delay, waiting.server, link.state, link.inFlight], [50, "cache", "waiting", 4]);
  await scene.comeBack(50);
  assertEquals((await scene.serve()).map(([opcode, key]) => [opcode, key]), [
    [GET.opcode, "a"],
    [GET.opcode, "c"],
    [SET.opcode, "d"],
    [GET.opcode, "e"],
  ]);
  assertEquals(await Promise.all([sent[0], sent[2], ...unsent]), ["value of a", "value of c", "d", "value of e"]);
  assertEquals(scene.told(), ["connecting", "connected", "disconnected", "waiting", "connecting", "connected"]);
});

test("Link makes a batch again as a whole, and a stream of which nothing came", async () => {
  const scene = new LinkScene();
  await using link = await scene.link();
  const gets = link.batch(GET, [{ key: "a" }, { key: "b" }], undefined, (frame) => text(frame.value));
  const sets = link.batch(SET, [{ key: "c", value: "v", flags: 0, expiry: 0 }]);
  const begun = link.open(STAT, {});
  const fresh = link.open(STAT, { group: "items" });
  const [first] = await scene.asked();
  const stats = (await scene.asked()).filter(({ opcode }) => opcode === STAT.opcode);
  scene.peer.receive(hit(first!, "old", { opcode: GET.quiet!.opcode }));
  scene.peer.receive(answer(stats[0]!, { key: "pid", value: "1" }));
  scene.peer.end();
  assertEquals((await begun.next()).value, { key: "pid", value: "1" });
  assertEquals((await failureOf(begun.next()) as Error).name, "ConnectionError");
  const { errors } = await sets;
  assertEquals([...errors!.values()].map((error) => (error as ConnectionError).sent), [true]);
  await scene.comeBack(50);
  const asked = await scene.asked();
  assertEquals(asked.map(({ opcode, key }) => [opcode, key]), [
    [GET.quiet!.opcode, "a"],
    [GET.quiet!.opcode, "b"],
    [NOOP.opcode, ""],
    [STAT.opcode, "items"],
  ]);
  // The first is not there any more, and silence says so.
  scene.peer.receive(hit(asked[1]!, "new"), answer(asked[2]!), answer(asked[3]!));
  assertEquals(await gets, { replies: [undefined, "new"], errors: undefined });
  assertEquals((await fresh.next()).done, true);
});

test("Link keeps the deadlines and the signals of calls that it makes again", async () => {
  const scene = new LinkScene();
  await using link = await scene.link({ backoff: { first: 1000 } });
  const controller = new AbortController();
  const reason = new Error("changed my mind");
  const late = failureOf(get(link, "a", { timeout: 300 }));
  const aborted = failureOf(get(link, "b", { signal: controller.signal }));
  await endOfTurn();
  scene.peer.end();
  controller.abort(reason);
  assertStrictEquals(await aborted, reason);
  await scene.clock.pass(301);
  const error = await late;
  assertInstanceOf(error, TimeoutError);
  // It had left before, over the connection that was lost.
  assertEquals([error.sent, link.inFlight], [true, 0]);
});

test("Link repeats what left as often as it may, and not what bytes that are no answer came to", async () => {
  const scene = new LinkScene();
  await using link = await scene.link({ retries: 1, backoff: { first: 0 } });
  const call = failureOf(get(link, "a"));
  await endOfTurn();
  scene.peer.end();
  await scene.comeBack(0);
  assertEquals((await scene.asked()).map(({ key }) => key), ["a"]);
  scene.peer.end();
  assertEquals((await call as ConnectionError).sent, true);

  await scene.comeBack(0);
  const garbled = failureOf(get(link, "b"));
  await endOfTurn();
  scene.peer.receive(new Uint8Array(24));
  assertInstanceOf(await garbled, ProtocolError);
  await scene.comeBack(0);
  assertEquals(await scene.asked(), []);
});

test("Link asks mayRetry, and never repeats a counter or a goodbye", async () => {
  const scene = new LinkScene();
  const asked: Retry[] = [];
  await using link = await scene.link({ mayRetry: (retry) => asked.push(retry) > 1 });
  const counter = failureOf(link.call(INCREMENT, { key: "n", delta: 1n, initial: 0n, expiry: 0 }));
  const quit = failureOf(link.call(QUIT, {}));
  const refused = failureOf(get(link, "a"));
  const allowed = get(link, "b");
  await endOfTurn();
  scene.peer.end();
  for (const call of [counter, quit, refused]) assertEquals((await call as ConnectionError).code, "CONNECTION");
  assertEquals(asked.map(({ op, reason, attempts }) => [op, reason, attempts]), [
    ["get", "idempotent", 1],
    ["get", "idempotent", 1],
  ]);
  await scene.comeBack(50);
  await scene.serve();
  assertEquals(await allowed, "value of b");
});

test("Link does not keep more calls of a lost connection than may wait", async () => {
  const scene = new LinkScene();
  await using link = await scene.link({ maxWaiting: 2 });
  const calls = ["a", "b", "c"].map((key) => get(link, key));
  await endOfTurn();
  scene.peer.end();
  await assertRejects(() => calls[2]!);
  await scene.comeBack(50);
  await scene.serve();
  assertEquals(await Promise.all(calls.slice(0, 2)), ["value of a", "value of b"]);
});

test("Link pauses with full jitter over steps that double, and begins anew once a connection held", async () => {
  const scene = new LinkScene();
  await using link = await scene.link({ downAfter: 0 });
  const delays = () => scene.events.splice(0).flatMap((event) => event.type === "waiting" ? [event.delay] : []);
  scene.refusal = new Error("nobody there");
  scene.peer.end();
  for (let step = 0; step < 7; step++) await scene.clock.pass(2000);
  assertEquals(delays(), [50, 100, 200, 400, 800, 1600, 2000, 2000, 2000, 2000, 2000, 2000]);
  scene.clock.chance = 0.25;
  await scene.clock.pass(2000);
  assertEquals(delays()[0], 500);
  scene.refusal = undefined;
  await scene.comeBack(500);
  // Lost at once: the pauses are still long.
  scene.peer.end();
  await endOfTurn();
  assertEquals(delays(), [500]);
  await scene.comeBack(500);
  await scene.clock.pass(2000);
  scene.peer.end();
  await endOfTurn();
  assertEquals([delays(), link.state], [[12.5], "waiting"]);
});

test("Link does not count a server as back that accepts and does not answer", async () => {
  const scene = new LinkScene(() => ({ timeout: 5 }));
  await using link = await scene.link({ probeTimeout: 5, downAfter: 0 });
  scene.peer.end();
  await scene.clock.pass(50);
  assertEquals(link.state, "connecting");
  const first = scene.peer;
  await scene.until(() => first.isClosed);
  assertEquals(scene.told(), ["connecting", "connected", "disconnected", "waiting", "connecting", "waiting"]);
  await scene.comeBack(100);
  assertEquals(link.state, "connected");
});

test("Link that is lazy comes back only for a call", async () => {
  const scene = new LinkScene();
  await using link = await scene.link({ lazy: true });
  await link.connect();
  scene.peer.end();
  await scene.clock.pass(10_000);
  assertEquals([scene.dials, link.state, scene.clock.timers], [1, "idle", 0]);
  const call = get(link, "k");
  await scene.serve();
  await scene.serve();
  assertEquals([await call, scene.dials], ["value of k", 2]);
});

test("Link.observe follows from one connection to the next, until it is ended", async () => {
  const scene = new LinkScene();
  await using link = await scene.link();
  const seen: number[] = [];
  const stop = link.observe({ sent: ({ opcode }) => void seen.push(opcode) });
  for (const key of ["a", "b", "c"]) {
    const call = get(link, key);
    await scene.serve();
    await call;
    scene.peer.end();
    await scene.comeBack(50 * 2 ** seen.length / 2);
  }
  stop();
  const call = get(link, "d");
  await scene.serve();
  await call;
  assertEquals(seen, [GET.opcode, GET.opcode, GET.opcode]);
});

test("Link: what is refused when it is made again may have been done all the same", async () => {
  const scene = new LinkScene(() => ({ timeout: 60_000, maxQueuedBytes: 400 }));
  await using link = await scene.link();
  const calls = [];
  for (const key of ["a", "b", "c"]) {
    calls.push(failureOf(get(link, key.repeat(200))));
    await endOfTurn();
  }
  scene.peer.end(new Error("cable cut"));
  await scene.comeBack(50);
  await scene.serve();
  const errors = await Promise.all(calls) as OverloadError[];
  assertEquals(errors.map((error) => error && [error.code, error.sent]), [undefined, undefined, ["OVERLOAD", true]]);
});

test("Link.close waits no longer for an attempt that never ends than for an answer", async () => {
  const scene = new LinkScene();
  scene.held = new Promise(() => {});
  const link = await scene.link({ timeout: 0 });
  const call = failureOf(get(link, "a"));
  const closed = link.close();
  await scene.clock.pass(1001);
  assertInstanceOf(await call, ClosedError);
  await closed;
  assertEquals(scene.clock.timers, 0);
});

for (const how of ["is replaced for its age", "leaves"] as const) {
  test(`Link: calls under way have all of their time when their connection ${how}`, async () => {
    const scene = new LinkScene(() => ({ timeout: 2 }));
    const link = await scene.link({ maxLifetime: 1000 });
    const old = scene.peer;
    const call = get(link, "a", { timeout: 60_000 });
    await endOfTurn();
    let left: Promise<void> | undefined;
    if (how === "leaves") left = link.leave(() => {});
    else await scene.clock.pass(1001);
    assertEquals([scene.connectionOver(old)?.state, scene.dials], ["draining", how === "leaves" ? 1 : 2]);
    const began = performance.now();
    while (performance.now() - began < 10) await nextTask();
    await scene.serve(old);
    assertEquals([await call, scene.connectionOver(old)?.state], ["value of a", "closed"]);
    await (left ?? link.close());
  });
}
