/** What clients of real servers sent, sent to the node, and its answers compared with theirs in what the protocol fixes. */

import { assertEquals, assertGreater } from "@std/assert";
import type { CouchbaseNodeOptions } from "../../../src/server.ts";
import { memoryPair } from "../../../src/transport/memory.ts";
import { CouchbaseScene } from "../../support/couchbase_scene.ts";
import { readCapture, type RecordedFrame, replayClient } from "../../support/replay.ts";
import { test } from "../../support/test.ts";

interface Replay {
  readonly capture: string;
  /** Opcodes that are left out, each for its reason. */
  readonly skip: Readonly<Record<number, string>>;
  /** Lines whose answers differ, each for its reason. */
  readonly differs: Readonly<Record<number, string>>;
  readonly users?: CouchbaseNodeOptions["users"];
  /** Whether the server had no vbuckets until the client made some. */
  readonly bare?: boolean;
}

const DCP = "feeds are another matter";
const GONE = "servers of today do not know it any more";

const REPLAYS: readonly Replay[] = [
  {
    capture: "cb605-ep-kv-misc",
    skip: {
      0x4f: "6.0.5 closes after unknown opcodes, those before and after it answer",
      0xef: "the same",
      0x50: DCP,
      0x53: DCP,
      0xad: "traffic cannot be stopped here",
      0xae: "the same",
    },
    differs: { 99: "6.0.5 repeats the key in the answer of a replica", 117: "traffic was not stopped" },
    users: { "@admin": "password" },
    bare: true,
  },
  {
    capture: "cb605-ep-kv-observe",
    skip: {
      0x50: DCP,
      0x54: DCP,
      0x91: "it asks by the history that the feed told",
      0x97: GONE,
      0xaa: GONE,
      0xb1: GONE,
    },
    differs: {
      51: "the write was asked about before it was on disk; here that takes no time",
      55: "the same for a deletion",
      63: "6.0.5 explains itself to clients without extended errors",
    },
    users: { "@admin": "password" },
    bare: true,
  },
  {
    capture: "cb605-ep-sdk-node-4.7-bootstrap",
    skip: { 0x20: "other nonces want other proofs", 0x21: "the same", 0x22: "the same" },
    differs: {},
  },
];

for (const { capture: name, skip, differs, users, bare = false } of REPLAYS) {
  test(`the node answers ${name} as kv_engine did`, async () => {
    const buckets = [{ name: "default", vbucketCount: 64 }];
    await using scene = new CouchbaseScene({ buckets, random: () => 0, ...(users === undefined ? {} : { users }) });
    if (bare) { for (const { id } of scene.bucket.vbuckets) scene.bucket.deleteVbucket(id); }
    const open = () => {
      const [here, there] = memoryPair();
      scene.server.serve(there);
      return here;
    };
    const isSkipped = ({ frame }: RecordedFrame) => frame.opcode in skip;
    const { compared, differences } = await replayClient(readCapture(name), open, { skip: isSkipped });
    assertGreater(compared, 15);
    assertEquals(differences.filter(({ line }) => !(line in differs)), []);
    assertEquals([...new Set(differences.map(({ line }) => line))], Object.keys(differs).map(Number));
  });
}
