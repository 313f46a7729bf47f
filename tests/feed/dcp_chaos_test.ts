/** A writer that goes on, a connection and a consumer that are killed two hundred times: nothing is missed, nothing is out of order. */

import { assert, assertEquals, assertGreater } from "@std/assert";
import { type DcpEvent, type DcpFeed, type FeedPosition, openDcp } from "../../src/dcp.ts";
import { type CouchbaseBucket, CouchbaseNode, Server } from "../../src/server.ts";
import { memoryListener } from "../../src/transport/memory.ts";
import { type Random, withRandom } from "../support/random.ts";
import { test } from "../support/test.ts";

const ADDRESS = { hostname: "node", port: 11210 };
const VBUCKETS = 4;
const KILLS = 240;

/** What a consumer has made of the feed, and the position it has kept with that: both survive its death, as in one transaction. */
class Store {
  readonly values = new Map<string, string>();
  readonly seen = Array.from({ length: VBUCKETS }, () => new Set<bigint>());
  saved: FeedPosition = { version: 1, bucket: "", vbuckets: {} };
  repeated = 0;

  /** Takes an event that the consumer was given after it began at what was saved. */
  apply(event: DcpEvent): void {
    if (event.type !== "mutation" && event.type !== "deletion") return;
    const { vbucket, seqno, keyText } = event;
    if (this.seen[vbucket]!.has(seqno)) this.repeated++;
    this.seen[vbucket]!.add(seqno);
    if (event.type === "mutation") this.values.set(keyText, event.text());
    else this.values.delete(keyText);
  }

  save(feed: DcpFeed): void {
    this.saved = JSON.parse(JSON.stringify(feed.position()));
  }
}

/** What was written: the keys by vbucket and seqno. */
type Written = Map<bigint, string>[];

function write(bucket: CouchbaseBucket, random: Random, written: Written): void {
  const key = `k${random.int(60)}`;
  if (random.int(5) === 0 && bucket.get(key) !== undefined) bucket.delete(key);
  else bucket.set(key, "x".repeat(random.int(200)));
  const vbucket = bucket.vbucketOf(key);
  written[vbucket]!.set(bucket.vbuckets[vbucket]!.highSeqno, key);
}

/** Whether a later write of the same key makes up for one that was not seen, as backfills leave such out. */
function isReplaced(written: ReadonlyMap<bigint, string>, seqno: bigint): boolean {
  for (const [later, key] of written) if (later > seqno && key === written.get(seqno)) return true;
  return false;
}

function contents(bucket: CouchbaseBucket): [string, string][] {
  const values: [string, string][] = [];
  for (const vbucket of bucket.vbuckets) {
    for (const { key, value, deleted } of vbucket.since()) {
      if (deleted === undefined) values.push([new TextDecoder().decode(key), new TextDecoder().decode(value)]);
    }
  }
  return values.toSorted();
}

/** How a consumer reads: all ways take from one queue. */
const WAYS: readonly ((feed: DcpFeed) => AsyncIterable<readonly DcpEvent[]>)[] = [
  async function* (feed) {
    for await (const event of feed) yield [event];
  },
  (feed) => feed.batches({ max: 7 }),
  async function* (feed) {
    const reader = feed.getReader();
    for (let read = await reader.read(); !read.done; read = await reader.read()) yield [read.value];
  },
];

test("two hundred and forty random kills of connection and consumer over a live writer", () =>
  withRandom(async (random) => {
    await using server = new Server();
    const node = new CouchbaseNode({ buckets: [{ name: "default", vbucketCount: VBUCKETS, memoryChanges: 100_000 }] });
    const bucket = node.register(server).bucket("default");
    const network = memoryListener();
    await server.listen(ADDRESS, { listen: network.listen });
    const store = new Store();
    const written: Written = Array.from({ length: VBUCKETS }, () => new Map());
    let kills = 0;
    let consumers = 0;
    let finished = false;
    for (let i = 0; i < 50; i++) write(bucket, random, written);

    while (!finished) {
      consumers++;
      const feed = await openDcp(ADDRESS, {
        bucket: "default",
        dial: network.connect,
        from: store.saved,
        maxBackoff: 1,
        windowBytes: 500 + random.int(3000),
        verifyOrder: true,
        name: `consumer ${consumers}`,
      });
      const last: bigint[] = Array.from(
        { length: VBUCKETS },
        (_, vbucket) => BigInt(store.saved.vbuckets[vbucket]?.seqno ?? 0),
      );
      let alive = true;
      for await (const events of random.pick(WAYS)(feed)) {
        for (const event of events) {
          if ("seqno" in event) {
            // Behind what was saved, rising; so within one life nothing comes twice, however often the connection was lost.
            assertGreater(event.seqno, last[event.vbucket]!);
            last[event.vbucket] = event.seqno;
          }
          store.apply(event);
        }
        // Sometimes it dies before it has saved, so that events come again to the next one.
        if (random.int(4) > 0) store.save(feed);
        if (kills < KILLS) {
          if (random.int(3) === 0) write(bucket, random, written);
          const what = random.int(12);
          if (what === 0) bucket.dcp.drop();
          else if (what === 1) bucket.dcp.drop({ after: random.int(5) });
          else if (what === 2) alive = false;
          if (what < 3) kills++;
          if (bucket.vbuckets.every(({ id, highSeqno }) => last[id]! >= highSeqno)) write(bucket, random, written);
        } else if (bucket.vbuckets.every(({ id, highSeqno }) => last[id]! >= highSeqno)) {
          finished = true;
        }
        if (!alive || finished) break;
      }
      await feed.close();
    }

    assertEquals([...store.values].toSorted(), contents(bucket));
    for (const [vbucket, writes] of written.entries()) {
      for (const seqno of writes.keys()) {
        assert(store.seen[vbucket]!.has(seqno) || isReplaced(writes, seqno), `vbucket ${vbucket}, seqno ${seqno}`);
      }
    }
    assertGreater(store.repeated, 0);
    assertGreater(kills, KILLS - 1);
    assertGreater(consumers, 20);
  }));
