/** Our server with the bytes of real clients: it answers as was answered when they were recorded, in what the protocol fixes. */

import { assertEquals, assertGreater } from "@std/assert";
import { CouchbaseNode } from "../../src/server/couchbase/couchbase_node.ts";
import { Server } from "../../src/server/server.ts";
import { memoryPair } from "../../src/transport/memory.ts";
import type { Transport } from "../../src/transport/transport.ts";
import {
  captureNames,
  readCapture,
  type RecordedFrame,
  replayClient,
  type ReplayReport,
  replayServer,
} from "../support/replay.ts";
import { test } from "../support/test.ts";

for (const name of captureNames()) {
  test(`replayClient finds no difference to what was recorded: ${name}`, async () => {
    const capture = readCapture(name);
    const report = await replayClient(capture, (connection) => replayServer(capture, connection).transport);
    assertEquals(report.differences, []);
    assertGreater(report.compared, 20);
  });
}

const SDK = "cb605-ep-sdk-node-4.7-bootstrap";

test("replayClient notices another status, another value, a CAS too many, an answer too few and a connection that stays open", async () => {
  const original = readCapture(SDK);
  const changes: Readonly<Record<string, (event: RecordedFrame) => Uint8Array | undefined>> = {
    status: ({ frame }) => changed(frame.bytes, 7, 1),
    value: ({ frame }) => changed(frame.bytes, frame.bytes.length - 1, 0x41),
    "has a CAS": ({ frame }) => changed(frame.bytes, 23, 1),
    datatype: ({ frame }) => changed(frame.bytes, 5, 0),
    extras: ({ frame }) => changed(frame.bytes, 28, 9),
    answer: () => undefined,
  };
  const places: Readonly<Record<string, number>> = {
    status: 31,
    value: 31,
    "has a CAS": 53,
    datatype: 31,
    extras: 31,
    answer: 31,
  };
  for (const [what, change] of Object.entries(changes)) {
    const line = places[what]!;
    const events = original.events.flatMap((event) => {
      if (event.line !== line || !("frame" in event)) return [event];
      const bytes = change(event);
      return bytes === undefined ? [] : [{ ...event, frame: { ...event.frame, bytes } }];
    });
    const other = { ...original, events };
    const patience = what === "answer" ? 1000 : 10_000;
    const open = (connection: string): Transport => replayServer(other, connection).transport;
    const { differences } = await replayClient(original, open, { patience });
    assertEquals(differences.map(({ line, what }) => [line, what]), [[line, what]]);
  }
  const whole = readCapture("cb605-ep-kv-observe");
  const closing = { ...whole, events: whole.events.filter(({ connection }) => connection === "seqnos-state-5") };
  const staying = { ...closing, events: closing.events.filter((event) => "frame" in event) };
  const open = (connection: string): Transport => replayServer(staying, connection).transport;
  const { differences } = await replayClient(closing, open, { patience: 1000 });
  assertEquals(differences.map(({ what }) => what), ["end"]);
});

function changed(bytes: Uint8Array, at: number, byte: number): Uint8Array {
  const copy = bytes.slice();
  copy[at] = byte;
  return copy;
}

/** Replays a capture to a node; the feeds in it are left out. */
async function replayToNode(
  name: string,
  options: ConstructorParameters<typeof CouchbaseNode>[0],
  skip: readonly number[] = [],
): Promise<ReplayReport> {
  await using server = new Server();
  new CouchbaseNode(options).register(server);
  const open = (): Transport => {
    const [here, there] = memoryPair();
    server.serve(there);
    return here;
  };
  const isLeftOut = ({ frame: { opcode } }: RecordedFrame): boolean =>
    skip.includes(opcode) || (opcode >= 0x50 && opcode <= 0x5f);
  return await replayClient(readCapture(name), open, { skip: isLeftOut });
}

const USERS = { "@admin": "password" };

/** What the node does otherwise, by capture and line of the recorded answer. */
const OTHERWISE: Readonly<Record<string, Readonly<Record<number, string>>>> = {
  "cb605-ep-kv-misc": {
    99: "it does not repeat the key in the answer to GET_REPLICA",
    113: "traffic cannot be stopped",
    115: "the same",
    117: "the same",
    119: "the same",
  },
  "cb605-ep-kv-observe": {
    51: "a write is on its disk at once",
    55: "the same of a deletion",
    63: "it marks JSON only for those who asked for it",
    73: "the history was told on a feed, which is left out",
    118: "checkpoints are not there to be closed",
    120: "the same",
    122: "the same",
  },
};

for (const [name, vbucketCount] of [["cb605-ep-kv-misc", 1], ["cb605-ep-kv-observe", 2]] as const) {
  test(`the node answers as kv_engine 6.0.5 did, but for what is listed: ${name}`, async () => {
    // Opcodes that nobody knows ended the connection then, and are answered now.
    const options = { users: USERS, buckets: [{ name: "default", vbucketCount }] };
    const report = await replayToNode(name, options, [0xef, 0x4f]);
    assertEquals(report.differences.filter(({ line }) => OTHERWISE[name]![line] === undefined), []);
    assertGreater(report.compared, 50);
  });
}

test("the node answers the SDK as kv_engine 6.0.5 did", async () => {
  const buckets = [{ name: "default", vbucketCount: 64 }];
  // The steps of SCRAM cannot be played again: their nonces are never the same.
  const report = await replayToNode(SDK, { buckets }, [0x20, 0x21, 0x22]);
  assertEquals(report.differences, []);
  assertEquals(report.compared, 20);
});
