/** What consumers of real servers sent, sent to the node, and what it sends compared with what they did. */

import { assertEquals, assertGreater } from "@std/assert";
import type { CouchbaseBucket } from "../../../src/server.ts";
import { memoryPair } from "../../../src/transport/memory.ts";
import { readCapture } from "../../support/capture.ts";
import { CouchbaseScene, requestBytes } from "../../support/couchbase_scene.ts";
import { ManualTimers } from "../../support/dcp_consumer.ts";
import { Random } from "../../support/random.ts";
import { replayFeed } from "../../support/replay_feed.ts";
import { test } from "../../support/test.ts";

interface Replay {
  readonly capture: string;
  /** Lines of the client that are left out with what came of them, each for its reason. */
  readonly skip?: Readonly<Record<number, string>>;
  /** Lines that differ, each for its reason. */
  readonly differs?: Readonly<Record<number, string>>;
  /** What happened on the server at a line, and stands nowhere in the capture. */
  readonly happens?: Readonly<Record<number, (bucket: CouchbaseBucket, pass: (ms: number) => void) => void>>;
}

const NEW = "servers of today know it";
const GONE = "servers of today do not know it any more";
const FLAG_GONE = "NO_VALUE of a stream is refused today";

/** Sixty documents that the client has written before the recording, in vbucket 0 whatever their keys. */
function fill(bucket: CouchbaseBucket): void {
  const vbucket = bucket.findVbucket(0)!;
  const value = new TextEncoder().encode("x".repeat(100));
  for (let i = 0; i < 60; i++) {
    const key = new TextEncoder().encode(`fc-${String(i).padStart(3, "0")}`);
    bucket.documents.set({ vbucket, collection: 0, key }, {
      value,
      flags: 0,
      expiry: 0,
      cas: 0n,
      datatype: 0,
      preserveExpiry: false,
    });
  }
}

const REPLAYS: readonly Replay[] = [
  { capture: "cb605-ep-dcp-errors" },
  {
    capture: "cb605-ep-dcp-expiration",
    skip: { 31: "there is no pager to be set" },
    differs: { 17: NEW, 24: "two writes came in one snapshot", 42: "it was not used for a while" },
    happens: { 27: (_, pass) => pass(2500), 44: (bucket) => bucket.expire() },
  },
  { capture: "cb605-ep-dcp-failover", differs: { 51: "the old history has another name" } },
  { capture: "cb605-ep-dcp-flow-control", happens: { 16: fill } },
  {
    capture: "cb605-ep-dcp-open-control",
    skip: { 132: "a flag that is not known is refused today, and the connection stays open" },
    differs: {
      33: GONE,
      37: "6.0.5 explains itself to clients without extended errors",
      51: NEW,
      53: NEW,
      57: "6.0.5 compares beginnings of names",
      71: "the node is no consumer",
      77: GONE,
      95: "the flag for collections means nothing today",
      138: "the node is no consumer",
    },
  },
  { capture: "cb605-ep-dcp-rollback", differs: { 107: "two writes came in one snapshot" } },
  {
    capture: "cb605-ep-dcp-snappy-xattr",
    skip: {
      160: "the flag for collections means nothing today",
      162: "the same connection",
      164: "the same connection",
    },
    differs: { 98: "what has no value has no datatype today" },
  },
  { capture: "cb605-ep-dcp-state-change" },
  {
    capture: "cb605-ep-dcp-stream-flags",
    skip: { 66: FLAG_GONE },
    differs: { 102: "it came from disk, and markers of that are not answered" },
  },
  {
    capture: "cb605-ep-dcp-stream-live",
    differs: { 57: "numbers are JSON" },
    happens: { 74: (_, pass) => pass(2500) },
  },
  { capture: "cb605-ep-dcp-stream-to-end" },
  { capture: "cb605-ep-dcp-two-vbuckets" },
  { capture: "cb316-ep-dcp-failover", differs: { 43: "3.1.6 does not know OBSERVE_SEQNO" } },
  { capture: "cb316-ep-dcp-flow-control", happens: { 8: fill } },
  { capture: "cb316-ep-dcp-no-flow-control", happens: { 6: fill } },
  { capture: "cb316-ep-dcp-rollback" },
  { capture: "cb316-ep-dcp-state-change" },
  {
    capture: "cb316-ep-dcp-stream-flags",
    skip: { 50: FLAG_GONE },
    differs: { 87: "3.1.6 counts states in another way" },
  },
  { capture: "cb316-ep-dcp-stream-to-end" },
  { capture: "cb316-ep-dcp-two-vbuckets" },
];

for (const { capture, skip = {}, differs = {}, happens = {} } of REPLAYS) {
  test(`the node produces ${capture} as kv_engine did`, async () => {
    const buckets = [{ name: "default", vbucketCount: 64 }];
    const random = new Random(1);
    let now = 1_750_000_000_000;
    await using scene = new CouchbaseScene({
      buckets,
      random: () => random.int(1_000_000) / 1_000_000,
      clock: () => now,
      timers: new ManualTimers(),
      ...(capture.includes("cb605") ? { users: { "@admin": "password" } } : {}),
    });
    const { bucket } = scene;
    for (const { id } of bucket.vbuckets) bucket.deleteVbucket(id);
    const open = () => {
      const [here, there] = memoryPair();
      scene.server.serve(there);
      return here;
    };
    const { compared, differences } = await replayFeed(readCapture(`dcp/${capture}`), open, {
      skip: Object.keys(skip).map(Number),
      before: (line) => happens[line]?.(bucket, (ms) => now += ms),
      // Those servers have one bucket only.
      ...(capture.includes("cb316")
        ? { first: requestBytes({ opcode: 0x89, key: "default", opaque: 0xffffffff }) }
        : {}),
    });
    assertGreater(compared, 20);
    assertEquals(differences.filter(({ line }) => !(line in differs)), []);
    assertEquals([...new Set(differences.map(({ line }) => line))], Object.keys(differs).map(Number));
  });
}
