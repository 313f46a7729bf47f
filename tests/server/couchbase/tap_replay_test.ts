/** What TAP clients of Couchbase 3.1.6 did, done to the node: the feed tells of the same documents as the real one. */

import { assertEquals, assertGreater } from "@std/assert";
import { Connection } from "../../../src/connection/connection.ts";
import { Frame } from "../../../src/frame/frame.ts";
import { detachWhenIdle } from "../../../src/link/detach_when_idle.ts";
import { SELECT_BUCKET } from "../../../src/ops/session.ts";
import { TAP_CONNECT, TAP_DELETE, TAP_MUTATION, tapItemFlags } from "../../../src/ops/tap.ts";
import { CouchbaseNode, Server } from "../../../src/server.ts";
import { openTap, type TapEvent, type TapFeed } from "../../../src/tap.ts";
import { memoryPair } from "../../../src/transport/memory.ts";
import type { Transport } from "../../../src/transport/transport.ts";
import { framesOf, readCapture, type RecordedFrame } from "../../support/capture.ts";
import { replayClient } from "../../support/replay.ts";
import { ScriptedPeer } from "../../support/script.ts";
import { tapOptionsOf } from "../../support/tap_options.ts";
import { test } from "../../support/test.ts";

const FLUSH = 0x08;
const CREATE_CHECKPOINT = 0xaa;
const CONNECT = 0x40;
const OPAQUE = 0x44;
const MARK = "the end of what was recorded";

/** The dumps, where all must be the same, message for message. */
const DUMPS = [
  "tap-dump",
  "tap-dump-ack",
  "tap-dump-anonymous-empty",
  "tap-list-vbuckets-zero",
  "tap-list-vbuckets-absent",
];

/** Feeds that go on, where the last of each document must be the same. */
const LIVE = [
  "tap-ack",
  "tap-connect-no-extras",
  "tap-fix-flag-byteorder",
  "tap-keys-only",
  "tap-list-vbuckets",
  "tap-nack",
  "tap-no-backfill-flag",
];

const TAKEOVERS = ["tap-takeover", "tap-takeover-no-ack"];

/** What is the same whoever sends it. */
interface Told {
  readonly vbucket: number;
  readonly type: string;
  readonly key: string;
  readonly value: string;
  readonly flags: number;
  readonly revision: bigint | undefined;
}

const decoder = new TextDecoder();

function toldByFrame({ frame: { bytes, opcode } }: RecordedFrame): Told[] {
  const frame = Frame.from(bytes);
  if (opcode === TAP_MUTATION.opcode) {
    const { key, value, revision, ...item } = TAP_MUTATION.request.read(frame);
    const flags = tapItemFlags(item);
    const at = frame.vbucket;
    return [{ vbucket: at, type: "mutation", key: decoder.decode(key), value: decoder.decode(value), flags, revision }];
  }
  if (opcode !== TAP_DELETE.opcode) return [];
  const { key, revision } = TAP_DELETE.request.read(frame);
  return [{ vbucket: frame.vbucket, type: "deletion", key: decoder.decode(key), value: "", flags: 0, revision }];
}

function toldByEvent(event: TapEvent): Told[] {
  const { vbucket } = event;
  if (event.type === "mutation") {
    const { type, keyText: key, flags, revision } = event;
    return [{ vbucket, type, key, value: event.text(), flags, revision }];
  }
  if (event.type !== "deletion") return [];
  return [{ vbucket, type: event.type, key: event.keyText, value: "", flags: 0, revision: event.revision }];
}

/** To 3.1.6 the touch of this one was no change, which it is to servers of today. */
const TOUCHED = "live1";

/** The last of each document; what expires is a matter of time, and when it does is the server's business. */
function lastOf(told: readonly Told[]): Map<string, Told> {
  return new Map(
    told.filter(({ key }) => key !== MARK && !key.startsWith("ttl"))
      .map((one) => [`${one.vbucket} ${one.key}`, one.key === TOUCHED ? { ...one, revision: undefined } : one]),
  );
}

/** A node that has the vbuckets which the recorded client makes, and is done to as was done then. */
async function play<T>(
  name: string,
  use: (feed: TapFeed, finish: () => Promise<void>, node: CouchbaseNode) => Promise<T>,
): Promise<T> {
  const capture = readCapture(`tap/cb316-ep-${name}`);
  const errors: unknown[] = [];
  const server = new Server({ onError: (error) => errors.push(error) });
  const node = new CouchbaseNode({ buckets: [{ name: "default", vbucketCount: 64 }] }).register(server);
  for (const { id } of node.bucket("default").vbuckets) node.bucket("default").deleteVbucket(id);
  const dial = (): Promise<Transport> => {
    const [here, there] = memoryPair();
    server.serve(there);
    return Promise.resolve(here);
  };
  const selecting = new ScriptedPeer(await dial());
  const ask = async ({ bytes, opcode }: { readonly bytes: Uint8Array; readonly opcode: number }): Promise<void> => {
    if (opcode === FLUSH || opcode === CREATE_CHECKPOINT) return;
    await selecting.send(bytes);
    await selecting.next();
  };
  // SELECT_BUCKET, which servers of the time did not ask for.
  const select = new Uint8Array(31);
  select.set([0x80, 0x89, 0, 7, 0, 0, 0, 0, 0, 0, 0, 7]);
  select.set(new TextEncoder().encode("default"), 24);
  await ask({ bytes: select, opcode: 0x89 });
  const sent = framesOf(capture).filter(({ sent }) => sent);
  const at = sent.findIndex(({ frame }) => frame.opcode === CONNECT && frame.magic === 0x80);
  const connect = sent[at]!;
  for (const { frame } of sent.slice(0, at)) await ask(frame);
  const request = TAP_CONNECT.request.read(Frame.from(connect.frame.bytes));
  const options = tapOptionsOf(request);
  // Without a date all is sent, which options say by a word.
  const whole = request.backfill === undefined && options.dump !== true ? { backfill: "all" as const } : {};
  const feed = await openTap("node", { ...options, ...whole, dial });
  const finish = async (): Promise<void> => {
    for (const { frame, connection } of sent.slice(at + 1)) if (connection !== connect.connection) await ask(frame);
  };
  try {
    return await use(feed, finish, node);
  } finally {
    await feed.close();
    await server.close();
    assertEquals(errors, []);
  }
}

for (const name of DUMPS) {
  test(`the node dumps what 3.1.6 dumped: ${name}`, async () => {
    const capture = readCapture(`tap/cb316-ep-${name}`);
    const recorded = framesOf(capture).filter(({ sent, frame }) => !sent && frame.magic === 0x80);
    const events = await play(name, async (feed) => {
      const events: TapEvent[] = [];
      for await (const event of feed) events.push(event);
      return events;
    });
    assertEquals(events.flatMap(toldByEvent), recorded.flatMap(toldByFrame));
    assertEquals(
      events.map(({ opcode, vbucket, opaque }) => [opcode, vbucket, opaque]),
      recorded.map(({ frame }) => [frame.opcode, frame.status, frame.opaque]),
    );
    const asksForAck = ({ frame: { extras } }: RecordedFrame): boolean => (extras[3]! & 1) !== 0;
    assertEquals(
      events.filter(({ opcode }) => opcode === OPAQUE).map(({ wantsAck }) => wantsAck),
      recorded.filter(({ frame }) => frame.opcode === OPAQUE).map(asksForAck),
    );
  });
}

for (const name of TAKEOVERS) {
  test(`the node hands over as 3.1.6 did: ${name}`, async () => {
    const recorded = framesOf(readCapture(`tap/cb316-ep-${name}`)).filter(({ sent, frame }) =>
      !sent && frame.magic === 0x80
    );
    await play(name, async (feed, _, node) => {
      const events: TapEvent[] = [];
      for await (const event of feed) events.push(event);
      assertEquals(
        events.map(({ opcode, vbucket }) => [opcode, vbucket]),
        recorded.map(({ frame }) => [frame.opcode, frame.status]),
      );
      assertEquals(events.flatMap(toldByEvent), recorded.flatMap(toldByFrame));
      assertEquals(node.bucket("default").findVbucket(5)?.state, 4);
    });
  });
}

for (const name of LIVE) {
  test(`the node tells in the end what 3.1.6 told: ${name}`, async () => {
    const recorded = framesOf(readCapture(`tap/cb316-ep-${name}`)).filter(({ sent, frame }) =>
      !sent && frame.magic === 0x80
    );
    const told = await play(name, async (feed, finish, node) => {
      await finish();
      const vbuckets = new Set(recorded.flatMap(toldByFrame).map(({ vbucket }) => vbucket));
      const missing = new Set(vbuckets);
      for (const id of vbuckets) {
        const vbucket = node.bucket("default").findVbucket(id)!;
        const key = new TextEncoder().encode(MARK);
        const rest = { flags: 0, expiry: 0, cas: vbucket.versions.next(), revision: 1n, datatype: 0 };
        vbucket.put({ collection: 0, key, value: key, ...rest });
      }
      const told: Told[] = [];
      for await (const event of feed) {
        told.push(...toldByEvent(event));
        if (told.at(-1)?.key === MARK) missing.delete(told.at(-1)!.vbucket);
        if (missing.size === 0) break;
      }
      return told;
    });
    const expected = lastOf(recorded.flatMap(toldByFrame));
    assertGreater(expected.size, 0);
    const actual = lastOf(told);
    assertEquals([...actual.keys()].sort(), [...expected.keys()].sort());
    for (const [key, one] of expected) assertEquals(actual.get(key), one);
  });
}

for (const name of ["cb316-ep-tap-consumer", "cb181-ep-tap-consumer"]) {
  test(`the node takes what was sent to others: ${name}`, async () => {
    const errors: unknown[] = [];
    await using server = new Server({ onError: (error) => errors.push(error) });
    const node = new CouchbaseNode({ buckets: [{ name: "default", vbucketCount: 64 }] }).register(server);
    const bucket = node.bucket("default");
    for (const { id } of bucket.vbuckets) bucket.deleteVbucket(id);
    const told: string[] = [];
    bucket.onMutation((_, { key, flags, cas, deleted, value }) =>
      told.push([decoder.decode(key), decoder.decode(value), flags.toString(16), cas, deleted].join(" "))
    );
    const open = async (): Promise<Transport> => {
      const [here, there] = memoryPair();
      server.serve(there);
      const connection = new Connection(here);
      await connection.call(SELECT_BUCKET, { bucket: "default" });
      return detachWhenIdle(connection, new AbortController().signal);
    };
    const capture = readCapture(`tap/${name}`);
    const skip = ({ frame }: RecordedFrame): boolean => frame.opcode === FLUSH;
    const { compared, differences } = await replayClient(capture, open, { skip });
    assertEquals(differences, []);
    assertGreater(compared, 10);
    // Flags come turned around, as between nodes of one byte order.
    assertEquals(told.slice(0, 4), [
      "shipped by tap 44332211 77 ",
      "shipped2 no ack 1000000 78 ",
      "rep replica vb 1000000 79 ",
      "shipped2  0 81 deletion",
    ]);
    assertEquals(told.slice(4).map((one) => one.replace(/\d{9,}/, "new")), [
      "shipped  0 new deletion",
      "rep  0 new deletion",
    ]);
    assertEquals(errors, []);
  });
}
