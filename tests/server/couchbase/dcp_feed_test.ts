/** The node's producer and our own consumer on one bucket: whatever happens on the way, both hold the same in the end. */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { type DcpEvent, type DcpFeed, openDcp } from "../../../src/dcp.ts";
import { type CouchbaseBucket, publishChanges, type StoreChange } from "../../../src/server.ts";
import { memoryListener } from "../../../src/transport/memory.ts";
import { CouchbaseScene } from "../../support/couchbase_scene.ts";
import { Random } from "../../support/random.ts";
import { test } from "../../support/test.ts";

const ADDRESS = { hostname: "node", port: 11210 };
const VBUCKETS = 4;

async function follow(scene: CouchbaseScene, options: Parameters<typeof openDcp>[1] = {}): Promise<DcpFeed> {
  const network = memoryListener();
  await scene.server.listen(ADDRESS, { listen: network.listen });
  return openDcp(ADDRESS, { bucket: "default", dial: network.connect, from: "beginning", maxBackoff: 1, ...options });
}

/** What a follower holds: the values by collection and key. */
type Copy = Map<string, string>;

function apply(copy: Copy, event: DcpEvent): void {
  if (event.type !== "mutation" && event.type !== "deletion" && event.type !== "expiration") return;
  const id = `${event.collection} ${event.keyText}`;
  if (event.type === "mutation") copy.set(id, new TextDecoder().decode(event.value));
  else copy.delete(id);
}

function contents(bucket: CouchbaseBucket): Copy {
  const copy: Copy = new Map();
  for (const vbucket of bucket.vbuckets) {
    for (const { collection, key, value, deleted } of vbucket.since()) {
      if (deleted !== undefined) continue;
      copy.set(`${collection} ${new TextDecoder().decode(key)}`, new TextDecoder().decode(value));
    }
  }
  return copy;
}

const sorted = (copy: Copy) => [...copy].sort(([a], [b]) => a < b ? -1 : 1);

test("a follower holds what the bucket holds, through lost connections, ended streams, failovers and strange messages", async () => {
  const random = new Random();
  const buckets = [{ name: "default", vbucketCount: VBUCKETS, memoryChanges: 20, collections: { shop: ["orders"] } }];
  await using scene = new CouchbaseScene({ buckets });
  const { bucket } = scene;
  const disturb = [
    () => bucket.dcp.drop(),
    () => bucket.dcp.drop({ after: 3 }),
    () => void bucket.dcp.endStreams(random.pick([2, 3, 4, 5])),
    () => bucket.failover(random.int(VBUCKETS)),
    () => bucket.dcp.mixUnknown(random.int(5)),
  ];
  const write = () => {
    const key = `k${random.int(50)}`;
    const place = random.int(3) === 0 ? { collection: "shop.orders" } : {};
    if (random.int(4) === 0 && bucket.get(key, place) !== undefined) bucket.delete(key, place);
    else bucket.set(key, `${random.next()}`, place);
  };
  for (let i = 0; i < 100; i++) write();
  await using feed = await follow(scene, { windowBytes: 2000, verifyOrder: true });
  const copy: Copy = new Map();
  const marked = new Set<number>();
  let writes = 0;
  for await (const event of feed) {
    apply(copy, event);
    if (event.type === "mutation" && event.keyText.startsWith("last ")) marked.add(event.vbucket);
    if (marked.size === VBUCKETS) break;
    if (writes++ < 300) {
      write();
      if (writes % 10 === 0) random.pick(disturb)();
    } else if (writes === 301) {
      bucket.dcp.mixUnknown(0);
      for (const { id } of bucket.vbuckets) setIn(bucket, id);
    }
  }
  assertEquals(writes > 300, true);
  assertEquals(sorted(copy), sorted(contents(bucket)), `seed ${random.seed}`);
});

/** Writes a document into a vbucket, whatever its key. */
function setIn(bucket: CouchbaseBucket, id: number): void {
  for (let i = 0;; i++) {
    const key = `last ${i}`;
    if (bucket.vbucketOf(key) === id) return void bucket.set(key, "1");
  }
}

test("what a program publishes is what its followers see", async () => {
  await using scene = new CouchbaseScene({ buckets: [{ name: "default", vbucketCount: 1 }] });
  const changes: StoreChange[] = [
    { key: "a", value: "1", flags: 7 },
    { key: "b", value: "2" },
    { key: "never", deleted: true },
    { key: "a", deleted: true },
  ];
  for (let i = 0; i < 3000; i++) changes.push({ key: "c", value: `${i}` });
  assertEquals(await publishChanges(scene.bucket, changes), 3004);
  await using feed = await follow(scene, { to: "now" });
  const copy: Copy = new Map();
  for await (const event of feed) apply(copy, event);
  assertEquals(sorted(copy), [["0 b", "2"], ["0 c", "2999"]]);
});

test("publishing stops at the signal, and with what the source or the bucket throws", async () => {
  await using scene = new CouchbaseScene();
  const reason = new Error("enough");
  const controller = new AbortController();
  async function* endless(): AsyncIterable<StoreChange> {
    for (let i = 0;; i++) {
      if (i === 3) controller.abort(reason);
      yield { key: "k", value: `${i}` };
    }
  }
  assertEquals(
    await assertRejects(() => publishChanges(scene.bucket, endless(), { signal: controller.signal })),
    reason,
  );
  assertEquals(new TextDecoder().decode(scene.bucket.get("k")!.value), "2");
  await assertRejects(() => publishChanges(scene.bucket, [], { signal: controller.signal }), Error, "enough");
  async function* broken(): AsyncIterable<StoreChange> {
    yield { key: "k", value: "3" };
    throw reason;
  }
  assertEquals(await assertRejects(() => publishChanges(scene.bucket, broken())), reason);
  const error = await assertRejects(() => publishChanges(scene.bucket, [{ key: "k", value: "4", collection: 99 }]));
  assert(error instanceof Error);
});
