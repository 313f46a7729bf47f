/** Every stream of every recorded session plays through a feed: each message is one event that says what the bytes say. */

import { assert, assertEquals, assertGreater } from "@std/assert";
import type { DcpEvent } from "../../src/feed/dcp_event.ts";
import type { FeedPosition } from "../../src/feed/position.ts";
import { captureNames, readCapture, type RecordedFrame } from "../support/capture.ts";
import { openFeed, streamRequest, take } from "../support/dcp_feed.ts";
import { playing, recordedStreams } from "../support/dcp_replay.ts";
import { test } from "../support/test.ts";
import { bytesOf } from "../support/wire_frame.ts";

const TYPES: Readonly<Record<number, DcpEvent["type"]>> = {
  0x55: "stream-end",
  0x56: "snapshot",
  0x57: "mutation",
  0x58: "deletion",
};

/** Compares an event with the frame it came in, which was taken apart by hand. */
function check(event: DcpEvent, { frame, line }: RecordedFrame): void {
  const where = `line ${line}`;
  assertEquals(event.type, TYPES[frame.opcode], where);
  assertEquals(event.vbucket, frame.status, where);
  const view = new DataView(frame.extras.buffer, frame.extras.byteOffset);
  if (event.type === "mutation" || event.type === "deletion") {
    assertEquals([event.seqno, event.revision], [view.getBigUint64(0), view.getBigUint64(8)], where);
    assertEquals([event.keyText, event.cas, event.datatype], [frame.key, frame.cas, frame.datatype], where);
    const meta = event.type === "mutation" ? view.getUint16(28) : frame.extras.length === 18 ? view.getUint16(16) : 0;
    assertEquals(event.rawValue, frame.value.slice(0, frame.value.length - meta), where);
    assertEquals(event.position.seqno, event.seqno, where);
    // What is compressed or has attributes can be read.
    assert(event.value.length >= 0);
  }
  if (event.type === "mutation") {
    assertEquals([event.flags, event.expiry], [view.getUint32(16), view.getUint32(20)], where);
  }
  if (event.type === "deletion") {
    assertEquals(event.deleteTime, frame.extras.length === 18 ? undefined : view.getUint32(16), where);
  }
  if (event.type === "snapshot") {
    assertEquals([event.startSeqno, event.endSeqno], [view.getBigUint64(0), view.getBigUint64(8)], where);
    assertEquals(event.flags, view.getUint32(16), where);
  }
  if (event.type === "stream-end") assertEquals(event.code, view.getUint32(0), where);
}

function positionOf(request: RecordedFrame): FeedPosition | "beginning" {
  const { start, vbuuid, from, to } = streamRequest(request.frame);
  if (start === 0n) return "beginning";
  const stored = { vbuuid: `${vbuuid}`, seqno: `${start}`, snapshotStart: `${from}`, snapshotEnd: `${to}` };
  return { version: 1, bucket: "", vbuckets: { [request.frame.status]: stored } };
}

let streams = 0;
let events = 0;

for (const name of captureNames("dcp/")) {
  test(`streams play through a feed: ${name}`, async () => {
    for (const stream of recordedStreams(readCapture(name))) {
      const [, ...messages] = stream.answers;
      // On a connection without an end, expirations of a vbucket that is handed over are answered and not shown.
      const shown = messages.filter(({ frame }) => frame.opcode !== 0x5b);
      const from = positionOf(stream.asked);
      const vbuckets = [stream.asked.frame.status];
      const { feed, peer } = await openFeed({ vbuckets, from, noopInterval: 0 }, playing(stream));
      const taken = await take(feed, shown.length);
      for (const [index, event] of taken.entries()) check(event, shown[index]!);
      const bytes = messages.reduce((sum, { frame }) => sum + bytesOf(frame.bytes).length, 0);
      assertEquals(feed.stats().bytes, bytes, `bytes of the stream at line ${stream.asked.line}`);
      await feed.close();
      await peer.over;
      streams++;
      events += taken.length;
    }
  });
}

test("captures have streams enough", () => {
  assertGreater(streams, 50);
  assertGreater(events, 1500);
});
