/** Streams and connections that end and come again: every reason, every status, from where they go on. */

import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { AuthError, ConnectionError, StatusError } from "../../src/errors.ts";
import { DcpError } from "../../src/feed/dcp_error.ts";
import { brief, openFeed, streamRequest, take, takeAll } from "../support/dcp_feed.ts";
import { type Handler, marker, mutation, streamEnd, told, u32, u64 } from "../support/dcp_peer.ts";
import { test } from "../support/test.ts";
import { answer, joined } from "../support/wire_frame.ts";

const LOG = [[0xbbn, 100n], [0xaan, 0n]] as const;
const MAX = 0xffffffffffffffffn;

/** Reasons that are final, then some that are not, known or unknown. */
const FINAL = [[0, "ok"], [7, "filter-empty"], [8, "lost-privileges"]] as const;
const PASSING = [
  [1, "closed"],
  [2, "state-changed"],
  [3, "disconnected"],
  [4, "slow"],
  [5, "backfill-failed"],
  [
    6,
    "rollback",
  ],
  [9, "unknown"],
  [0xffffffff, "unknown"],
] as const;

for (const [code, reason] of FINAL) {
  test(`a stream that ends with ${reason} is not asked for again`, async () => {
    const { feed, peer, request } = await openFeed();
    await peer.send(marker(request, 0n, 9n), mutation(request, 9n), streamEnd(request, code));
    const events = await takeAll(feed);
    const last = events.at(-1)!;
    assert(last.type === "stream-end");
    assertEquals([last.reason, last.code, last.final, last.position.seqno], [reason, code, true, 9n]);
    await peer.over;
    assertEquals(peer.of(0x53).length, 1);
  });
}

for (const [code, reason] of PASSING) {
  test(`a stream that ends with ${reason} (${code}) is asked for again, behind what was taken`, async () => {
    const { feed, peer, request, clock } = await openFeed({}, { log: LOG });
    await peer.send(marker(request, 0n, 50n), mutation(request, 7n), streamEnd(request, code));
    const [, , end] = await take(feed, 3);
    assert(end!.type === "stream-end");
    assertEquals([end!.reason, end!.code, end!.final], [reason, code, false]);
    assertEquals(feed.stats().streams[0]!.state, "reopening");
    clock.pass(50);
    const again = await peer.expect(0x53, 2);
    assertEquals(streamRequest(again), { start: 7n, end: MAX, vbuuid: 0xaan, from: 0n, to: 50n });
    await peer.send(marker(again, 0n, 50n), mutation(again, 8n));
    assertEquals((await take(feed, 2)).map(brief), ["snapshot 0-50", "mutation 8"]);
    await feed.close();
  });
}

test("a stream is asked for again when its end is taken, not before", async () => {
  const { feed, peer, request, clock } = await openFeed();
  await peer.send(marker(request, 0n, 9n), mutation(request, 1n), streamEnd(request, 2));
  await take(feed, 2);
  assertEquals([clock.waiting.filter((ms) => ms <= 2000), feed.stats().streams[0]!.state], [[], "ended"]);
  await take(feed, 1);
  assertEquals(clock.waiting.filter((ms) => ms <= 2000), [50]);
  await feed.close();
});

test("the wait doubles up to a limit, is random below it, and begins anew when something comes", async () => {
  const { feed, peer, request, clock } = await openFeed({ maxBackoff: 300 });
  let current = request;
  for (const [index, expected] of [50, 100, 200, 300, 300].entries()) {
    await peer.send(streamEnd(current, 3));
    await take(feed, 1);
    assertEquals(clock.waiting.filter((ms) => ms <= 2000), [expected]);
    clock.pass(expected);
    current = await peer.expect(0x53, index + 2);
  }
  clock.chance = 0.5;
  await peer.send(marker(current, 0n, 9n), mutation(current, 1n), streamEnd(current, 3));
  await take(feed, 3);
  assertEquals(clock.waiting.filter((ms) => ms <= 2000), [25]);
  await feed.close();
});

/** Refuses the first stream requests with a status each. */
function refusing(statuses: number[]): Handler {
  return (request) => {
    const status = statuses.shift();
    return status === undefined
      ? answer(request, { value: joined(u64(1n), u64(0n)) })
      : answer(request, { status, value: "no" });
  };
}

test("a stream that is refused for now is asked for again, whatever the status", async () => {
  const statuses = [0x07, 0x86, 0x85, 0x02, 0x82, 0x9f, 0x1234];
  const { feed, peer, clock } = await openFeed({}, { handlers: { 0x53: refusing([...statuses]) } });
  for (let nth = 2; nth <= statuses.length + 1; nth++) {
    await clock.ring(2000);
    await peer.expect(0x53, nth);
  }
  const last = peer.of(0x53).at(-1)!;
  await peer.send(marker(last, 0n, 1n));
  assertEquals((await take(feed, 1)).map(brief), ["snapshot 0-1"]);
  await feed.close();
});

for (const status of [0x04, 0x22, 0x24, 0x83, 0x81, 0x88, 0x8c, 0x8d]) {
  test(`a stream that is refused with 0x${status.toString(16)} makes opening reject, and nothing stays open`, async () => {
    let over: Promise<void> | undefined;
    const handlers: Record<number, Handler> = {
      0x53: (request, peer) => {
        over = peer.over;
        return answer(request, { status, value: "no" });
      },
    };
    const error = await assertRejects(() => openFeed({}, { handlers }));
    assertInstanceOf(error, StatusError);
    assertEquals(error.status, status);
    await over;
  });
}

test("a stream that is refused for good later ends the feed, behind what came", async () => {
  const handlers = { 0x53: refusing([]) };
  const { feed, peer, request, clock, scene } = await openFeed({}, { handlers });
  scene.options = { handlers: { 0x53: refusing([0x88]) } };
  await peer.send(marker(request, 0n, 5n), mutation(request, 1n));
  await take(feed, 2);
  peer.close();
  await clock.ring(50);
  const error = await assertRejects(() => takeAll(feed));
  assertInstanceOf(error, StatusError);
  assertEquals(error.status, 0x88);
  await (await scene.peer(2)).over;
});

test("a lost connection is made anew, and each stream goes on behind what was taken", async () => {
  const { feed, peer, request, clock, scene } = await openFeed({ vbuckets: [0, 3] }, { log: LOG });
  const other = await peer.expect(0x53, 2);
  assertEquals([request.status, other.status], [0, 3]);
  await peer.send(marker(request, 0n, 200n), mutation(request, 1n), marker(other, 0n, 300n), mutation(other, 120n));
  await peer.send(mutation(request, 2n), mutation(request, 3n), mutation(other, 121n));
  assertEquals((await take(feed, 5)).map(brief), [
    "snapshot 0-200",
    "mutation 1",
    "snapshot 0-300",
    "mutation 120",
    "mutation 2",
  ]);
  peer.close();
  await clock.ring(50);
  const next = await scene.peer(2);
  await next.expect(0x53, 2);
  const [first, second] = next.of(0x53);
  assertEquals(streamRequest(first!), { start: 2n, end: MAX, vbuuid: 0xaan, from: 0n, to: 200n });
  // The newest history that has the seqno.
  assertEquals(streamRequest(second!), { start: 120n, end: MAX, vbuuid: 0xbbn, from: 0n, to: 300n });
  // What came and was not taken comes again, once.
  await next.send(marker(first!, 2n, 200n), mutation(first!, 3n), mutation(first!, 4n));
  assertEquals((await take(feed, 3)).map(brief), ["snapshot 2-200", "mutation 3", "mutation 4"]);
  assertEquals([feed.stats().reconnects, next.acks], [1, []]);
  await feed.close();
  await next.over;
});

test("connecting is tried until it works, with growing waits", async () => {
  const { feed, peer, clock, scene, request } = await openFeed();
  await peer.send(marker(request, 0n, 5n));
  await take(feed, 1);
  scene.refuse = new ConnectionError("Cannot connect to node:11210: refused", { sent: false });
  peer.close();
  for (const expected of [50, 100, 200, 400, 800, 1600, 2000, 2000]) {
    while (!clock.waiting.some((ms) => ms <= 2000)) await new Promise((resolve) => setTimeout(resolve));
    assertEquals(clock.waiting.filter((ms) => ms <= 2000), [expected]);
    if (expected === 2000) scene.refuse = undefined;
    clock.pass(expected);
    if (expected === 2000) break;
  }
  const next = await scene.peer(2);
  await next.expect(0x53);
  // Once it worked, the waits begin anew.
  next.close();
  while (!clock.waiting.some((ms) => ms <= 2000)) await new Promise((resolve) => setTimeout(resolve));
  assertEquals(clock.waiting.filter((ms) => ms <= 2000), [50]);
  await feed.close();
});

test("credentials that do not hold any more end the feed", async () => {
  const { feed, peer, clock, scene, request } = await openFeed();
  await peer.send(marker(request, 0n, 5n));
  await take(feed, 1);
  scene.options = { handlers: { 0x50: (request) => answer(request, { status: 0x24 }) } };
  peer.close();
  await clock.ring(50);
  const error = await assertRejects(() => takeAll(feed));
  assert(error instanceof AuthError || error instanceof StatusError);
  await (await scene.peer(2)).over;
});

test("what can only fail at the first connect rejects, and nothing stays open", async () => {
  let over: Promise<void> | undefined;
  const error = await assertRejects(() =>
    openFeed({}, {
      handlers: {
        0x50: (request, peer) => {
          over = peer.over;
          return answer(request, { status: 0x83 });
        },
      },
    })
  );
  assertInstanceOf(error, StatusError);
  await over;
});

test("a stream that lags and does not move is closed and asked for anew", async () => {
  const seqnos = new Map([[0, 9n]]);
  const { feed, peer, request, clock } = await openFeed({ stallTimeout: 1000 }, { seqnos });
  await peer.send(marker(request, 0n, 9n), mutation(request, 4n));
  await take(feed, 2);
  clock.pass(500);
  await peer.expect(0x48, 1);
  assertEquals(feed.stats().stalls, 0);
  while (!clock.waiting.includes(500)) await new Promise((resolve) => setTimeout(resolve));
  clock.pass(500);
  await peer.expect(0x52);
  await clock.ring(50);
  const again = await peer.expect(0x53, 2);
  assertEquals(streamRequest(again).start, 4n);
  assertEquals(feed.stats().stalls, 1);
  assertEquals(feed.stats().lag, 5n);
  await feed.close();
});

/** Lets half of the stall timeout pass, and waits until the look that it brings is over. */
async function look({ clock, peer }: Awaited<ReturnType<typeof openFeed>>, nth: number): Promise<void> {
  while (!clock.waiting.includes(500)) await new Promise((resolve) => setTimeout(resolve));
  clock.pass(500);
  await peer.expect(0x48, nth);
  while (!clock.waiting.includes(500)) await new Promise((resolve) => setTimeout(resolve));
}

test("a stream that moves, or has all, is left alone", async () => {
  const scene = await openFeed({ stallTimeout: 1000, vbuckets: [0, 1] }, { seqnos: new Map([[0, 9n], [1, 0n]]) });
  const { feed, peer, request } = scene;
  await peer.send(marker(request, 0n, 9n));
  await take(feed, 1);
  for (let round = 1; round <= 4; round++) {
    await peer.send(mutation(request, BigInt(round)));
    await take(feed, 1);
    await look(scene, round);
  }
  assertEquals([feed.stats().stalls, peer.of(0x52).length], [0, 0]);
  await feed.close();
});

test("a stream whose events wait for the consumer is left alone", async () => {
  const scene = await openFeed({ stallTimeout: 1000 }, { seqnos: new Map([[0, 9n]]) });
  const { feed, peer, request } = scene;
  await peer.send(marker(request, 0n, 9n), mutation(request, 1n));
  await take(feed, 1);
  for (let round = 1; round <= 4; round++) await look(scene, round);
  assertEquals([feed.stats().stalls, peer.of(0x52).length], [0, 0]);
  await feed.close();
});

test("streams are added and closed while the feed runs", async () => {
  const { feed, peer, request } = await openFeed({}, { seqnos: new Map([[0, 1n], [5, 8n]]) });
  await peer.send(marker(request, 0n, 9n), mutation(request, 1n));
  await feed.addStream({ vbucket: 5, from: "now" });
  const added = await peer.expect(0x53, 2);
  assertEquals([added.status, streamRequest(added).start, streamRequest(added).vbuuid], [5, 8n, 0xabcn]);
  await assertRejects(() => feed.addStream({ vbucket: 5 }), TypeError, "there is one");
  await peer.send(marker(added, 9n, 9n), mutation(added, 9n));
  await feed.closeStream(0);
  const closed = await peer.expect(0x52);
  assertEquals(closed.status, 0);
  // Late ones are nobody's.
  await peer.send(mutation(request, 2n));
  assertEquals((await take(feed, 5)).map(brief), [
    "snapshot 0-9",
    "mutation 1",
    "snapshot 9-9",
    "mutation 9",
    "end closed",
  ]);
  assertEquals(feed.stats().strays, 1);
  await assertRejects(() => feed.closeStream(7), TypeError, "there is none");
  await feed.closeStream(0);
  await feed.addStream({ vbucket: 0, from: feed.position() });
  assertEquals(streamRequest(await peer.expect(0x53, 3)).start, 1n);
  await feed.close();
});

test("a stream that cannot be added is none, and the feed goes on", async () => {
  let asked = 0;
  const handlers: Record<number, Handler> = {
    0x53: (request) =>
      request.status === 3 && asked++ === 0
        ? answer(request, { status: 0x22, value: "range" })
        : answer(request, { value: joined(u64(1n), u64(0n)) }),
  };
  const { feed, peer, request } = await openFeed({}, { handlers });
  const error = await assertRejects(() => feed.addStream({ vbucket: 3 }));
  assertInstanceOf(error, StatusError);
  assertEquals(feed.stats().streams.length, 1);
  await feed.addStream({ vbucket: 3 });
  await peer.send(marker(request, 0n, 9n));
  assertEquals((await take(feed, 1)).map(brief), ["snapshot 0-9"]);
  await feed.close();
});

test("several streams of one vbucket have ids, which requests, closes and events carry", async () => {
  const { feed, peer, request } = await openFeed({ streamIds: true, collections: [8] });
  assertEquals(new TextDecoder().decode(request.value), '{"collections":["8"],"sid":1}');
  await feed.addStream({ vbucket: 0, streamId: 2, scope: 9 });
  const second = await peer.expect(0x53, 2);
  assertEquals(new TextDecoder().decode(second.value), '{"scope":"9","sid":2}');
  assert(second.opaque !== request.opaque);
  const of = (asked: typeof request, id: number) => ({
    magic: 0x08,
    opaque: asked.opaque,
    framing: new Uint8Array([0x22, 0, id]),
  });
  const extras = joined(u64(0n), u64(9n), u32(1));
  await peer.send(
    told(request, 0x56, { ...of(request, 1), extras }),
    told(second, 0x56, { ...of(second, 2), extras }),
    mutation(second, 2n, of(second, 2)),
    mutation(request, 1n, of(request, 1)),
  );
  const events = await take(feed, 4);
  assertEquals(events.map((event) => [brief(event), event.streamId]), [
    ["snapshot 0-9", 1],
    ["snapshot 0-9", 2],
    ["mutation 2", 2],
    ["mutation 1", 1],
  ]);
  assertEquals(feed.position().vbuckets[0]!.seqno, "1");
  await feed.closeStream({ vbucket: 0, streamId: 2 });
  const close = await peer.expect(0x52);
  assertEquals([close.magic, [...close.framing]], [0x08, [0x22, 0, 2]]);
  await assertRejects(() => feed.addStream({ vbucket: 0, streamId: 1 }), TypeError);
  await feed.close();
});

test("a vbucket that is handed over is answered for", async () => {
  const { feed, peer, request } = await openFeed();
  await peer.send(told(request, 0x5b, { extras: new Uint8Array([1]) }));
  await peer.until(({ requests }) => requests.at(-1)?.magic === 0x81);
  assertEquals([peer.requests.at(-1)!.opcode, peer.requests.at(-1)!.opaque], [0x5b, request.opaque]);
  await feed.close();
});

test("a snapshot with the flag for it is answered for when all of it was taken", async () => {
  const { feed, peer, request } = await openFeed();
  await peer.send(marker(request, 0n, 2n, 0x09), mutation(request, 1n), mutation(request, 2n));
  await take(feed, 2);
  assertEquals(peer.requests.some(({ opcode }) => opcode === 0x56), false);
  await take(feed, 1);
  const reply = await peer.expect(0x56);
  assertEquals([reply.magic, reply.opaque, reply.status], [0x81, request.opaque, 0]);
  await feed.close();
});

test("a feed on a connection that was given ends with it", async () => {
  const { openDcp } = await import("../../src/feed/open_dcp.ts");
  const { startSession } = await import("../../src/couchbase/session.ts");
  const { Connection } = await import("../../src/connection/connection.ts");
  const { DcpScene, ManualClock } = await import("../support/dcp_peer.ts");
  const scene = new DcpScene();
  const connection = new Connection(await scene.dial({ hostname: "node", port: 1 }));
  await startSession(connection, { features: [0x12] });
  const clock = new ManualClock();
  const feed = await openDcp(connection, { vbuckets: [0], from: "beginning", clock });
  const peer = await scene.peer();
  const request = await peer.expect(0x53);
  await peer.send(marker(request, 0n, 1n));
  await take(feed, 1);
  peer.close();
  await clock.ring(50);
  const error = await assertRejects(() => takeAll(feed));
  assertInstanceOf(error, DcpError);
});
