/** What tests of DCP feeds have in common: a feed on scripted peers, with a clock in the hands of the test. */

import type { DcpEvent } from "../../src/feed/dcp_event.ts";
import type { DcpFeed } from "../../src/feed/dcp_feed.ts";
import type { DcpOptions } from "../../src/feed/dcp_options.ts";
import { openDcp } from "../../src/feed/open_dcp.ts";
import { type DcpPeer, type DcpPeerOptions, DcpScene, ManualClock } from "./dcp_peer.ts";
import type { WireFrame } from "./wire_frame.ts";

/** A feed, and what it is connected to. */
export interface FeedScene {
  readonly scene: DcpScene;
  readonly clock: ManualClock;
  readonly feed: DcpFeed;
  /** The peer of the first connection. */
  readonly peer: DcpPeer;
  /** The request for the first stream there. */
  readonly request: WireFrame;
}

/** Opens a feed of vbucket 0 from the beginning, unless told otherwise. */
export async function openFeed(options: DcpOptions = {}, how: DcpPeerOptions = {}): Promise<FeedScene> {
  const scene = new DcpScene(how);
  const clock = new ManualClock();
  const feed = await openDcp("couchbase://node/b", {
    dial: scene.dial,
    clock,
    vbuckets: [0],
    from: "beginning",
    noopInterval: 20,
    stallTimeout: 0,
    name: "feed",
    ...options,
  });
  const peer = await scene.peer();
  return { scene, clock, feed, peer, request: await peer.expect(0x53) };
}

/** Reads so many events. */
export async function take(feed: DcpFeed, count: number): Promise<DcpEvent[]> {
  const events: DcpEvent[] = [];
  const iterator = feed.values({ preventCancel: true });
  while (events.length < count) {
    const { done, value } = await iterator.next();
    if (done) throw new Error(`the feed has ended after ${events.length} of ${count} events`);
    events.push(value);
  }
  await iterator[Symbol.asyncDispose]();
  return events;
}

/** Reads all events up to the end. */
export async function takeAll(feed: DcpFeed): Promise<DcpEvent[]> {
  const events: DcpEvent[] = [];
  for await (const event of feed) events.push(event);
  return events;
}

/** What an event is, in short. */
export function brief(event: DcpEvent): string {
  switch (event.type) {
    case "mutation":
    case "deletion":
    case "expiration":
    case "prepare":
    case "commit":
    case "abort":
      return `${event.type} ${event.seqno}`;
    case "snapshot":
      return `snapshot ${event.startSeqno}-${event.endSeqno}`;
    case "system":
      return `${event.event.kind} ${event.seqno}`;
    case "seqno-advanced":
      return `advanced ${event.seqno}`;
    case "oso":
      return `oso ${event.phase}`;
    case "stream-end":
      return `end ${event.reason}`;
    case "rollback":
      return `rollback ${event.from}-${event.to}`;
    case "unknown":
      return `unknown ${event.opcode}`;
  }
}

/** The request for a stream, read by hand: start, end, vbuuid, and the snapshot. */
export function streamRequest(request: WireFrame): Record<"start" | "end" | "vbuuid" | "from" | "to", bigint> {
  const view = new DataView(request.extras.buffer, request.extras.byteOffset);
  const [start, end, vbuuid, from, to] = [8, 16, 24, 32, 40].map((at) => view.getBigUint64(at)) as [
    bigint,
    bigint,
    bigint,
    bigint,
    bigint,
  ];
  return { start, end, vbuuid, from, to };
}
