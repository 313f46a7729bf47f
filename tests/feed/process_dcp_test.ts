/** Processing and groups over real feeds of the embedded node. */
import { assert, assertEquals } from "@std/assert";
import {
  consumeInGroup,
  type DcpEvent,
  type DcpFeed,
  type DcpOptions,
  MemoryCheckpointStore,
  MemoryRecord,
  openDcp,
  processFeed,
} from "../../src/dcp.ts";
import { type CouchbaseBucket, CouchbaseNode, Server } from "../../src/server.ts";
import { memoryListener } from "../../src/transport/memory.ts";
import { test } from "../support/test.ts";

const VBUCKETS = 16;
const ADDRESS = { hostname: "node", port: 11210 };
/** No call may fail because a machine is busy. */
const PATIENCE = 60_000;

interface Scene {
  readonly bucket: CouchbaseBucket;
  open(options: DcpOptions): Promise<DcpFeed>;
}

async function withNode(body: (scene: Scene) => Promise<void>): Promise<void> {
  const network = memoryListener();
  const errors: unknown[] = [];
  await using server = new Server({ onError: (error) => errors.push(error) });
  const node = new CouchbaseNode({ buckets: [{ name: "default", vbucketCount: VBUCKETS }] }).register(server);
  await server.listen(ADDRESS, { listen: network.listen });
  const open = (options: DcpOptions) =>
    openDcp(ADDRESS, { bucket: "default", dial: network.connect, connectTimeout: PATIENCE, ...options });
  await body({ bucket: node.bucket("default"), open });
  assertEquals(errors, []);
}

/** Keeps what a feed tells of documents, as a consumer would. */
function keep(state: Map<string, string>): (event: DcpEvent) => void {
  return (event) => {
    if (event.type === "mutation") state.set(event.keyText, event.text());
    if (event.type === "deletion") state.delete(event.keyText);
  };
}

test("processFeed over DCP goes on where the process before it was killed, and ends with the state of the bucket", () =>
  withNode(async ({ bucket, open }) => {
    const expected = new Map<string, string>();
    const write = (from: number, to: number) => {
      for (let i = from; i < to; i++) {
        bucket.set(`k${i % 150}`, `v${i}`);
        expected.set(`k${i % 150}`, `v${i}`);
      }
    };
    write(0, 300);
    const checkpoint = new MemoryCheckpointStore();
    const state = new Map<string, string>();
    const apply = keep(state);
    const killed = new Error("killed");
    let count = 0;
    const feed = await open({ from: "beginning" });
    const dead = processFeed(feed, async (event) => {
      await Promise.resolve();
      if (++count === 100) throw killed;
      apply(event);
    }, { checkpoint, concurrency: 8, commitEvery: { events: 10 } });
    assertEquals(await dead.then(() => undefined, (error) => error), killed);
    const saved = await checkpoint.load({ bucket: feed.bucket });
    assert(saved !== undefined && feed.bucket !== "");
    const sum = Object.values(saved.vbuckets).reduce((sum, { seqno }) => sum + Number(seqno), 0);
    assert(sum > 0 && sum < 300, `${sum}`);

    write(300, 400);
    const rest = await open({ from: saved, to: "now" });
    const { processed } = await processFeed(rest, apply, { checkpoint, concurrency: 8 });
    assert(processed > 0);
    assertEquals(new Map([...state].sort()), new Map([...expected].sort()));
    // Nothing is left: a third run finds no document that it had not.
    const again: DcpEvent[] = [];
    const third = await open({ from: (await checkpoint.load())!, to: "now" });
    await processFeed(third, (event) => void again.push(event));
    assertEquals(again.filter(({ type }) => type === "mutation"), []);
  }));

test("consumeInGroup over DCP shares a bucket between members that come and go under a live writer", () =>
  withNode(async ({ bucket, open }) => {
    const store = new MemoryRecord();
    const checkpoint = new MemoryCheckpointStore();
    const state = new Map<string, string>();
    const times = new Map<string, number>();
    const apply = keep(state);
    let changed = () => {};
    let written = 0;
    const write = (count: number) => {
      for (let i = 0; i < count; i++, written++) bucket.set(`k${written}`, `v${written}`);
    };
    const until = async (holds: () => boolean) => {
      while (!holds()) await new Promise<void>((resolve) => changed = resolve);
    };
    const member = async (name: string) => {
      const feed = await open({ vbuckets: [], from: "beginning" });
      const stop = new AbortController();
      const seen = new Set<number>();
      const done = consumeInGroup(feed, (event) => {
        apply(event);
        seen.add(event.vbucket);
        if (event.type === "mutation") times.set(event.keyText, (times.get(event.keyText) ?? 0) + 1);
        changed();
      }, {
        // The members look often; the lease is so long that no busy machine makes them lose it.
        group: {
          store,
          name: "g",
          member: name,
          vbuckets: VBUCKETS,
          leaseMs: 600_000,
          renewMs: 10,
          rebalanceDelayMs: 0,
        },
        checkpoint,
        commitEvery: { ms: 10 },
        signal: stop.signal,
      });
      const outcome = done.then(() => undefined, (error) => error);
      return { seen, stop, outcome };
    };
    write(200);
    const one = await member("one");
    await until(() => times.size === written);
    const two = await member("two");
    const three = await member("three");
    // The others are at work when they are told of documents, and those are of their own vbuckets.
    for (const other of [two, three]) {
      while (other.seen.size < 5) {
        write(20);
        await until(() => times.size === written);
      }
    }
    one.stop.abort("enough");
    assertEquals(await one.outcome, "enough");
    write(200);
    await until(() => times.size === written);
    two.stop.abort("enough");
    three.stop.abort("enough");
    await Promise.all([two.outcome, three.outcome]);
    // All left in good order: nothing came twice.
    assertEquals([...times].filter(([, count]) => count !== 1), []);
    assertEquals(state.size, written);
    const seqnos = Object.values((await checkpoint.load())!.vbuckets).map(({ seqno }) => Number(seqno));
    assertEquals(seqnos.reduce((sum, seqno) => sum + seqno), written);
  }));
