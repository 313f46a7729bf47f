/** Rollback, against failover logs of several shapes: how far back, with which history, and what the consumer is told. */

import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { DcpError, DcpRollbackError } from "../../src/feed/dcp_error.ts";
import type { DcpOptions } from "../../src/feed/dcp_options.ts";
import type { FeedPosition } from "../../src/feed/position.ts";
import { brief, type FeedScene, openFeed, streamRequest, take, takeAll } from "../support/dcp_feed.ts";
import { type Handler, marker, mutation, u64 } from "../support/dcp_peer.ts";
import { test } from "../support/test.ts";
import { answer, joined } from "../support/wire_frame.ts";

type Log = readonly (readonly [vbuuid: bigint, seqno: bigint])[];

function stored(seqno: bigint, from: bigint, to: bigint, vbuuid = 0xdeadn): FeedPosition {
  const position = { vbuuid, seqno, snapshotStart: from, snapshotEnd: to };
  const texts = Object.fromEntries(Object.entries(position).map(([name, value]) => [name, String(value)]));
  return { version: 1, bucket: "", vbuckets: { 0: texts } } as unknown as FeedPosition;
}

/** Answers stream requests by a rollback to each of these seqnos, one after the other, then grants them. */
function rollingBack(targets: bigint[], log: Log): Record<number, Handler> {
  return {
    0x53: (request) => {
      const target = targets.shift();
      return target === undefined
        ? answer(request, { value: joined(...log.flatMap(([vbuuid, seqno]) => [u64(vbuuid), u64(seqno)])) })
        : answer(request, { status: 0x23, value: u64(target) });
    },
  };
}

async function rollBack(targets: bigint[], log: Log, options: DcpOptions = {}): Promise<FeedScene> {
  return await openFeed({ from: stored(42n, 40n, 50n), ...options }, { log, handlers: rollingBack(targets, log) });
}

/** Logs, where the server wants to have the stream, and the requests that follow. */
const SHAPES: readonly {
  readonly name: string;
  readonly log: Log;
  readonly targets: readonly bigint[];
  readonly requests: readonly (readonly [start: bigint, vbuuid: bigint])[];
}[] = [
  {
    name: "one history, to the beginning of the snapshot",
    log: [[0xaan, 0n]],
    targets: [40n],
    requests: [[40n, 0xaan]],
  },
  {
    name: "a failover behind the target: the history before it",
    log: [[0xccn, 41n], [0xbbn, 30n], [0xaan, 0n]],
    targets: [40n],
    requests: [[40n, 0xbbn]],
  },
  {
    name: "a failover at the target: the history that begins there",
    log: [[0xccn, 40n], [0xbbn, 30n], [0xaan, 0n]],
    targets: [40n],
    requests: [[40n, 0xccn]],
  },
  {
    name: "further back a second time, in an older history",
    log: [[0xccn, 35n], [0xbbn, 20n], [0xaan, 0n]],
    targets: [38n, 25n],
    requests: [[38n, 0xccn], [25n, 0xbbn]],
  },
  {
    name: "further back until the beginning",
    log: [[0xccn, 35n], [0xbbn, 20n], [0xaan, 0n]],
    targets: [38n, 21n, 3n, 0n],
    requests: [[38n, 0xccn], [21n, 0xbbn], [3n, 0xaan], [0n, 0n]],
  },
  { name: "to 0 at once: no history", log: [[0xaan, 0n]], targets: [0n], requests: [[0n, 0n]] },
  { name: "a log that was cut: none of it has the target", log: [[0xccn, 41n]], targets: [40n], requests: [[0n, 0n]] },
  { name: "a target that is no way back", log: [[0xaan, 0n]], targets: [42n], requests: [[0n, 0n]] },
  { name: "a target further on", log: [[0xaan, 0n]], targets: [99n], requests: [[0n, 0n]] },
];

for (const { name, log, targets, requests } of SHAPES) {
  test(`rollback: ${name}`, async () => {
    const { feed, peer } = await rollBack([...targets], log);
    const asked = peer.of(0x53).map(streamRequest);
    assertEquals(asked.map(({ start, vbuuid }) => [start, vbuuid]), [[42n, 0xdeadn], ...requests]);
    // The snapshot lies where it begins: what came is whole up to there.
    assertEquals(asked.slice(1).map(({ from, to }) => [from, to]), requests.map(([start]) => [start, start]));
    const [start, vbuuid] = requests.at(-1)!;
    const last = peer.of(0x53).at(-1)!;
    await peer.send(marker(last, start, 60n), mutation(last, start + 1n));
    const [rollback, , event] = await take(feed, 3);
    assert(rollback!.type === "rollback");
    assertEquals([rollback!.from, rollback!.to, rollback!.vbucket], [42n, start, 0]);
    assertEquals(rollback!.position, { vbuuid, seqno: start, snapshotStart: start, snapshotEnd: start });
    assertEquals(brief(event!), `mutation ${start + 1n}`);
    assertEquals(feed.stats().rollbacks, 1);
    await feed.close();
  });
}

test("rollback in silence moves the position, and shows nothing", async () => {
  const { feed, peer } = await rollBack([40n], [[0xaan, 0n]], { onRollback: "auto" });
  assertEquals(feed.position().vbuckets[0], {
    vbuuid: "170",
    seqno: "40",
    snapshotStart: "40",
    snapshotEnd: "40",
  });
  const last = peer.of(0x53).at(-1)!;
  await peer.send(marker(last, 40n, 60n));
  assertEquals((await take(feed, 1)).map(brief), ["snapshot 40-60"]);
  await feed.close();
});

test("rollback that is to fail rejects, with where it would have gone", async () => {
  const error = await assertRejects(() => rollBack([40n], [[0xaan, 0n]], { onRollback: "fail" }));
  assertInstanceOf(error, DcpRollbackError);
  assertEquals([error.code, error.vbucket, error.from, error.to], ["DCP_ROLLBACK", 0, 42n, 40n]);
});

test("rollback that is to fail ends a feed that runs, behind what came", async () => {
  const log: Log = [[0xaan, 0n]];
  const { feed, peer, request, scene, clock } = await openFeed({ onRollback: "fail" }, { log });
  await peer.send(marker(request, 0n, 50n), mutation(request, 7n));
  await take(feed, 2);
  scene.options = { log, handlers: rollingBack([3n], log) };
  peer.close();
  await clock.ring(50);
  const error = await assertRejects(() => takeAll(feed));
  assertInstanceOf(error, DcpRollbackError);
  assertEquals([error.from, error.to], [7n, 3n]);
  assertEquals(feed.position().vbuckets[0]!.seqno, "7");
});

test("a server that wants to roll back from 0 is given up", async () => {
  const error = await assertRejects(() => rollBack([0n, 0n], [[0xaan, 0n]]));
  assertInstanceOf(error, DcpError);
});

test("a rollback that was not seen when the connection was lost comes again", async () => {
  const log: Log = [[0xaan, 0n]];
  const { feed, peer, scene, clock } = await rollBack([40n], log);
  await peer.expect(0x53, 2);
  assertEquals(feed.position().vbuckets[0]!.seqno, "42");
  scene.options = { log, handlers: rollingBack([40n], log) };
  peer.close();
  await clock.ring(50);
  const next = await scene.peer(2);
  await next.expect(0x53, 2);
  assertEquals(next.of(0x53).map((asked) => streamRequest(asked).start), [42n, 40n]);
  assertEquals((await take(feed, 1)).map(brief), ["rollback 42-40"]);
  assertEquals(feed.position().vbuckets[0]!.seqno, "40");
  await feed.close();
});

test("the state says that a stream goes back", async () => {
  const states: string[] = [];
  const { feed, peer, request, clock } = await openFeed({}, {
    log: [[0xaan, 0n]],
    handlers: {
      0x53: (request) =>
        streamRequest(request).start === 7n
          ? answer(request, { status: 0x23, value: u64(2n) })
          : answer(request, { value: joined(u64(0xaan), u64(0n)) }),
      0x54: (request) => {
        states.push(feed.stats().streams[0]!.state);
        return answer(request, { value: joined(u64(0xaan), u64(0n)) });
      },
    },
  });
  await peer.send(
    marker(request, 0n, 9n),
    mutation(request, 7n),
    answer(request, { magic: 0x80, opcode: 0x55, extras: new Uint8Array([0, 0, 0, 2]) }),
  );
  await take(feed, 3);
  clock.pass(50);
  await peer.expect(0x53, 3);
  assertEquals((await take(feed, 1)).map(brief), ["rollback 7-2"]);
  assertEquals([states, feed.stats().streams[0]!.state], [["rolled-back"], "streaming"]);
  await feed.close();
});
