/** A client of several nodes: where calls go, and what becomes of them when vbuckets and nodes move. */

import { assertEquals, assertRejects } from "@std/assert";
import { connectCouchbase, type CouchbaseClient, type CouchbaseOptions } from "../../src/couchbase.ts";
import { ClosedError, ConnectionError, NotMyVbucketError, ProtocolError, TimeoutError } from "../../src/errors.ts";
import { CouchbaseCluster, type CouchbaseClusterOptions } from "../../src/server.ts";
import type { Dial, Transport } from "../../src/transport/transport.ts";
import { Status } from "../../src/wire/status.ts";
import { Feature } from "../../src/wire/features.ts";
import { vbucketOf } from "../../src/wire/vbucket_hash.ts";
import { withRandom } from "../support/random.ts";
import { test } from "../support/test.ts";

const VBUCKETS = 16;
const KEYS = Array.from({ length: 64 }, (_, i) => `key:${i}`);

function clusterOf(options: CouchbaseClusterOptions = {}, replicas = 0): CouchbaseCluster {
  return new CouchbaseCluster({ buckets: [{ name: "b", vbucketCount: VBUCKETS, replicas }], ...options });
}

function clientOf(cluster: CouchbaseCluster, options: CouchbaseOptions = {}): Promise<CouchbaseClient> {
  return connectCouchbase(cluster.addresses[0]!, { dial: cluster.dial, bucket: "b", timeout: 5000, ...options });
}

/** Features without the notice of a new map. */
const QUIET = [Feature.XERROR, Feature.SELECT_BUCKET, Feature.COLLECTIONS, Feature.DUPLEX];

test("cluster: each key goes to the node that has its vbucket, one by one and many at once", async () => {
  await using cluster = clusterOf();
  await using client = await clientOf(cluster);
  await Promise.all(KEYS.slice(0, 32).map((key) => client.set(key, `v ${key}`)));
  assertEquals((await client.setMulti(KEYS.slice(32).map((key) => [key, `v ${key}`]))).errors.size, 0);
  for (const key of KEYS) {
    const holder = cluster.members[vbucketOf(key, VBUCKETS) % 3]!;
    assertEquals(new TextDecoder().decode(holder.node.bucket("b").get(key)?.value), `v ${key}`);
  }
  const { hits, misses, errors } = await client.getMulti([...KEYS, "none"]);
  assertEquals([hits.size, [...misses], errors.size], [KEYS.length, ["none"], 0]);
  assertEquals([...hits.keys()], KEYS);
});

for (const [name, features] of [["told of the map", undefined], ["not told of it", QUIET]] as const) {
  test(`cluster: calls follow vbuckets that move, by a client that is ${name}`, async () => {
    await using cluster = clusterOf();
    await using client = await clientOf(cluster, features === undefined ? {} : { features });
    for (const [i, key] of KEYS.entries()) await client.set(key, `${i}`);
    for (let vbucket = 0; vbucket < VBUCKETS; vbucket++) cluster.moveVbucket("b", vbucket, (vbucket + 1) % 3);
    assertEquals(await Promise.all(KEYS.map((key) => client.getText(key))), KEYS.map((_, i) => `${i}`));
    for (let vbucket = 0; vbucket < VBUCKETS; vbucket++) cluster.moveVbucket("b", vbucket, 2);
    assertEquals((await client.getMulti(KEYS)).hits.size, KEYS.length);
  });
}

test("cluster: a node without a vbucket is left, and a new one is found", async () => {
  await using cluster = clusterOf({ nodes: 2 });
  await using client = await clientOf(cluster);
  for (const key of KEYS) await client.set(key, key);
  const added = await cluster.add();
  for (let vbucket = 0; vbucket < VBUCKETS; vbucket += 2) cluster.moveVbucket("b", vbucket, added);
  for (let vbucket = 0; vbucket < VBUCKETS; vbucket++) {
    if (cluster.activeOf("b", vbucket) === 0) cluster.moveVbucket("b", vbucket, 1);
  }
  await cluster.remove(0);
  assertEquals((await client.getMulti(KEYS)).hits.size, KEYS.length);
  const names: string[] = [];
  for await (const event of client.status()) {
    if (event.type === "topology") names.push(...(event as unknown as { servers: string[] }).servers);
    break;
  }
  assertEquals(await client.getText(KEYS[0]!), KEYS[0]);
});

test("cluster: a node that fails is replaced by those that have its replicas", async () => {
  await using cluster = clusterOf({}, 1);
  await using client = await clientOf(cluster);
  for (const key of KEYS) cluster.bucketOf("b", key).set(key, key);
  cluster.replicate("b");
  cluster.failover(1, { lose: true });
  assertEquals(await Promise.all(KEYS.map((key) => client.getText(key))), KEYS);
  cluster.failover(0);
  assertEquals(await Promise.all(KEYS.map((key) => client.getText(key))), KEYS);
});

test("cluster: a read may go to a replica, which may be older", async () => {
  await using cluster = clusterOf({}, 1);
  await using client = await clientOf(cluster);
  const key = KEYS[0]!;
  cluster.bucketOf("b", key).set(key, "old");
  cluster.replicate("b");
  cluster.bucketOf("b", key).set(key, "new");
  assertEquals((await client.getReplica(key))?.text(), "old");
  assertEquals((await client.getFromAny(key))?.text(), "new");
  cluster.stop(cluster.activeOf("b", vbucketOf(key, VBUCKETS)));
  assertEquals((await client.getFromAny(key, { timeout: 500 }))?.text(), "old");
  await assertRejects(() => client.getReplica(key, { replica: 2 }), ConnectionError, "no node has replica 2");
});

test("cluster: a call whose vbucket nobody has waits for one that does, no longer than its time", async () => {
  await using cluster = clusterOf();
  await using client = await clientOf(cluster);
  const key = KEYS[0]!;
  const vbucket = vbucketOf(key, VBUCKETS);
  await client.set(key, "v");
  const holder = cluster.bucket("b", vbucket);
  const copy = holder.copyVbucket(vbucket);
  holder.deleteVbucket(vbucket);
  const error = await assertRejects(() => client.get(key, { timeout: 60 }), NotMyVbucketError);
  assertEquals(JSON.parse(error.config!).name, "b");
  for (const { id } of cluster.members) cluster.stop(id);
  await assertRejects(() => client.get(key, { timeout: 60 }), TimeoutError);
  for (const { id } of cluster.members) cluster.start(id);
  const waiting = client.getText(key);
  holder.setVbucketState(vbucket, 1);
  holder.failover(vbucket, { to: copy });
  assertEquals(await waiting, "v");
});

test("cluster: a storm of refusals ends in answers, and a call that was given up is not made again", async () => {
  await withRandom(async (random) => {
    await using cluster = clusterOf();
    let storm = true;
    let refused = 0;
    const guard = await import("../../src/server.ts");
    for (const { server } of cluster.members) {
      server.guard(({ op }) => {
        if (op?.inCollection !== true || !storm || random.int(2) === 0) return;
        refused++;
        throw new guard.StatusReply(Status.NOT_MY_VBUCKET);
      });
    }
    await using client = await clientOf(cluster);
    const stop = new AbortController();
    const given = client.set("given up", "v", { signal: stop.signal });
    stop.abort(new Error("enough"));
    await assertRejects(() => given, Error, "enough");
    const done = Promise.all(KEYS.map((key) => client.set(key, key)));
    const many = client.setMulti(KEYS.map((key) => [`many ${key}`, key]));
    await done;
    storm = false;
    assertEquals((await many).errors.size, 0);
    assertEquals((await client.getMulti(KEYS)).hits.size, KEYS.length);
    assertEquals(refused > 0, true);
  });
});

test("cluster: without a good map the first of several addresses that answers will do", async () => {
  await using cluster = clusterOf();
  cluster.stop(0);
  const text = "couchbase://node-0,node-1,node-2/b";
  await using client = await connectCouchbase(text, { dial: cluster.dial });
  const key = KEYS.find((one) => vbucketOf(one, VBUCKETS) % 3 === 1)!;
  await client.set(key, "v");
  assertEquals(cluster.bucketOf("b", key).get(key)?.value.length, 1);
  await assertRejects(
    () => connectCouchbase(["couchbase://node-0/b", "couchbase://node-9/b"], { dial: cluster.dial }),
    ConnectionError,
    "any of 2 nodes",
  );
});

test("cluster: under moves and failovers every call ends, and none with another's value", async () => {
  await withRandom(async (random) => {
    await using cluster = clusterOf({ nodes: 4 });
    await using client = await clientOf(cluster);
    let calls = 0;
    let over = false;
    const worker = async (id: number) => {
      for (let i = 0; !over; i++) {
        const key = `${id}:${random.int(20)}`;
        calls++;
        try {
          await client.set(key, `${key} ${i}`);
        } catch (error) {
          // It was under way to the node that failed: nobody knows whether it was done.
          assertEquals([error instanceof ConnectionError, (error as ConnectionError).sent], [true, true]);
          continue;
        }
        assertEquals(await client.getText(key), `${key} ${i}`);
      }
    };
    const workers = Promise.all([0, 1, 2, 3].map(worker));
    for (let step = 0; step < 60; step++) {
      const ids = cluster.members.map(({ id }) => id);
      const vbucket = random.int(VBUCKETS);
      if (step === 30) cluster.failover(ids[1]!);
      else cluster.moveVbucket("b", vbucket, random.pick(ids));
      // Some calls between the steps.
      const before = calls;
      while (calls === before) await new Promise((resolve) => setTimeout(resolve, 0));
    }
    over = true;
    await workers;
  });
});

test("cluster: a connection whose map cannot be used is closed", async () => {
  await using cluster = clusterOf();
  const transports: Transport[] = [];
  const dial: Dial = async (address, options) => {
    const transport = await cluster.dial(address, options);
    transports.push(transport);
    return transport;
  };
  await assertRejects(() => clientOf(cluster, { dial, network: "nowhere" }), ProtocolError, "nowhere");
  assertEquals(transports.length, 1);
  await transports[0]!.closed;
});

test("cluster: a closed client answers everything at once", async () => {
  await using cluster = clusterOf();
  const client = await clientOf(cluster);
  await client.close();
  for (const timeout of [0, 5000]) {
    const { errors } = await client.getMulti(["a", "b"], { timeout });
    assertEquals([...errors.values()].map((error) => error instanceof ClosedError), [true, true]);
    await assertRejects(() => client.get("a", { timeout }), ClosedError);
  }
});

test("cluster: whoever watches twice is told twice, until each is ended", async () => {
  await using cluster = clusterOf();
  await using client = await clientOf(cluster);
  let told = 0;
  const listener = { sent: () => void told++ };
  const stops = [client.caller.observe(listener), client.caller.observe(listener)];
  await client.get("a");
  assertEquals(told, 2);
  for (const stop of stops) stop();
  await client.get("a");
  assertEquals(told, 2);
});
