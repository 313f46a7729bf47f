/** What nodes of an embedded cluster can do, and what they refuse. */

import { assertEquals, assertThrows } from "@std/assert";
import { CouchbaseCluster } from "../../../src/server.ts";
import { test } from "../../support/test.ts";

test("the last node of a cluster does not fail over, and stays as it was", async () => {
  await using cluster = new CouchbaseCluster({ nodes: 2, buckets: [{ name: "default", vbucketCount: 4 }] });
  for (let i = 0; i < 8; i++) cluster.bucketOf("default", `k${i}`).set(`k${i}`, "1");
  cluster.failover(1);
  assertThrows(() => cluster.failover(0), RangeError, "Cannot fail node 0 over: it is the last one");
  assertThrows(() => cluster.failover(1), RangeError, "Cannot find node 1");
  for (let i = 0; i < 8; i++) {
    assertEquals(cluster.bucketOf("default", `k${i}`).get(`k${i}`)?.value, new Uint8Array([49]));
  }
  assertEquals(cluster.members.map(({ id }) => id), [0]);
});
