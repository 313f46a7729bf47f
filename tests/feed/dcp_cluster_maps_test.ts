/** How a feed learns of other maps: by refusals and questions where nobody tells it, and against a node that does not know better. */

import { assert, assertEquals } from "@std/assert";
import { openDcp } from "../../src/dcp.ts";
import { CouchbaseCluster } from "../../src/server.ts";
import type { Dial } from "../../src/transport/transport.ts";
import { BUCKET, FeedCluster, VBUCKETS } from "../support/feed_cluster.ts";
import { Random, withRandom } from "../support/random.ts";
import { test } from "../support/test.ts";

/** Takes the wish to be told of new maps out of a HELLO: nobody is told of one then. */
function untold(dial: Dial): Dial {
  return async (address, options) => {
    const transport = await dial(address, options);
    const write = transport.write.bind(transport);
    transport.write = (bytes) => {
      if (bytes[1] !== 0x1f) return write(bytes);
      const copy = bytes.slice();
      const view = new DataView(copy.buffer);
      const begin = 24 + view.getUint16(2);
      for (let at = begin; at < 24 + view.getUint32(8); at += 2) {
        if (view.getUint16(at) === 0x0d) view.setUint16(at, 0x03);
      }
      return write(copy);
    };
    return transport;
  };
}

test("cluster feed: where servers do not tell of new maps, they are had by refusals and questions", () =>
  withRandom(async (random) => {
    await using scene = new FeedCluster(random);
    const { cluster, time } = scene;
    scene.write(200);
    const feed = await time.until(openDcp(cluster.addresses, scene.options({ dial: untold(cluster.dial) })));
    await scene.catchUp(feed);
    for (let vbucket = 0; vbucket < VBUCKETS; vbucket++) cluster.moveVbucket(BUCKET, vbucket, (vbucket + 1) % 3);
    scene.write(50);
    await scene.catchUp(feed);
    const added = await scene.add();
    scene.empty(0);
    for (let vbucket = 0; vbucket < 4; vbucket++) cluster.moveVbucket(BUCKET, vbucket, added);
    await time.until(cluster.remove(0));
    scene.write(50);
    await scene.catchUp(feed);
    const names = feed.stats().nodes.map(({ name }) => name.slice(0, 6)).toSorted();
    assertEquals(names, ["node-1", "node-2", "node-3"]);
    assertEquals([scene.follower.repeated, feed.stats().rollbacks], [0, 0]);
    await feed.close();
  }));

test("cluster feed: a node that goes on with a vbucket that is another's is left after a while, and no byte of its window is lost", async () => {
  await using scene = new FeedCluster(new Random(1), { nodes: 2 });
  const { cluster, time } = scene;
  const [first, second] = cluster.members.map(({ node }) => node.bucket(BUCKET)) as [
    ReturnType<CouchbaseCluster["bucket"]>,
    ReturnType<CouchbaseCluster["bucket"]>,
  ];
  const keys = Array.from({ length: 1000 }, (_, i) => `k${i}`);
  const [key, key2, key3] = keys.filter((key) => first.vbucketOf(key) === 0) as [string, string, string];
  const other = keys.find((key) => first.vbucketOf(key) === 2)!;
  first.set(key, "one");
  const feed = await scene.open({ vbuckets: [0, 2] });
  const iterator = feed.values({ preventCancel: true });
  const next = async (): Promise<string> => {
    for (;;) {
      const { value } = await time.until(iterator.next());
      if (value.type === "mutation") return `${value.keyText} ${value.text()}`;
    }
  };
  assertEquals(await next(), `${key} one`);
  // Of this the consumer has nothing yet when the vbucket goes to the other node, which has it too.
  first.set(key2, "two");
  await time.rest(500);
  assert(feed.stats().queued.events > 0);
  second.setVbucketState(0, 2);
  second.failover(0, { to: first.copyVbucket(0) });
  second.setVbucketState(0, 1);
  second.set(key3, "three");
  const vBucketMap = Array.from({ length: VBUCKETS }, (_, vbucket) => [vbucket === 0 ? 1 : vbucket % 2]);
  const nodes = cluster.addresses.map((address) => address as { hostname: string; port: number });
  const json = (thisNode: number) =>
    JSON.stringify({
      rev: 1000,
      revEpoch: 1,
      name: BUCKET,
      uuid: first.uuid,
      nodesExt: nodes.map(({ hostname, port }, i) => ({
        services: { kv: port },
        hostname,
        ...(i === thisNode ? { thisNode: true } : {}),
      })),
      vBucketServerMap: {
        hashAlgorithm: "CRC",
        numReplicas: 0,
        serverList: nodes.map(({ hostname, port }) => `${hostname}:${port}`),
        vBucketMap,
      },
    });
  for (const [i, { node }] of cluster.members.entries()) {
    node.setClusterMap(BUCKET, { epoch: 1n, revision: 1000n, json: json(i) });
  }
  await time.rest(1000);
  assertEquals(second.dcp.connections, []);
  await time.rest(3000);
  assertEquals(second.dcp.connections.map(({ streams }) => streams.map(({ vbucket }) => vbucket)), [[0]]);
  assertEquals(first.dcp.connections.map(({ streams }) => streams.map(({ vbucket }) => vbucket)), [[2]]);
  first.set(key, "nobody hears this");
  assertEquals([await next(), await next()], [`${key2} two`, `${key3} three`]);
  first.set(other, "more");
  assertEquals(await next(), `${other} more`);
  const last = time.until(iterator.next());
  await time.rest(500);
  assertEquals(feed.stats().window.used, 0);
  assertEquals(first.dcp.connections.map(({ unackedBytes, overackedBytes }) => [unackedBytes, overackedBytes]), [[
    0,
    0,
  ]]);
  await feed.close();
  await last;
});

test("cluster feed: over sockets, by the text of several hosts", async () => {
  await using cluster = new CouchbaseCluster({ nodes: 3, buckets: [{ name: BUCKET, vbucketCount: 8 }] });
  await cluster.listen();
  const hosts = cluster.addresses.map((address) => "port" in address ? `${address.hostname}:${address.port}` : "");
  const expected = new Set<string>();
  const write = (count: number): void => {
    for (let i = 0; i < count; i++) {
      const key = `k${expected.size}`;
      cluster.bucketOf(BUCKET, key).set(key, "v");
      expected.add(key);
    }
  };
  write(100);
  await using feed = await openDcp(`couchbase://${hosts.join(",")}/${BUCKET}`, { from: "beginning", maxBackoff: 20 });
  assertEquals(feed.stats().nodes.map(({ name }) => name).toSorted(), hosts.toSorted());
  const seen: string[] = [];
  for await (const event of feed) {
    if (event.type !== "mutation") continue;
    seen.push(event.keyText);
    if (seen.length === 50) { for (let id = 0; id < 8; id++) cluster.moveVbucket(BUCKET, id, (id + 1) % 3); }
    if (seen.length === 70) cluster.failover(2);
    if (seen.length === 100) write(50);
    if (seen.length === 150) break;
  }
  assertEquals(new Set(seen), expected);
});
