/** The client in memory: what memcached does, and what it is told to answer instead. */

import { assertEquals, assertRejects } from "@std/assert";
import { StatusError } from "../../src/errors.ts";
import { MockClient } from "../../src/testing/mock_client.ts";
import { test } from "../support/test.ts";

test("mock client: does what memcached does", async () => {
  let now = Date.UTC(2026, 0, 1);
  await using client = new MockClient({ store: { clock: () => now } });
  await client.set("k", "1", { ttl: 10 });
  assertEquals(await client.increment("k"), 2n);
  assertEquals([...(await client.getMulti(["k", "z"])).misses], ["z"]);
  now += 10_001;
  assertEquals(await client.get("k"), undefined);
  assertEquals((await client.stats()).has("cmd_get"), true);
});

test("mock client: finds nothing, and creates counters anew", async () => {
  await using client = MockClient.missAllGets();
  await client.set("k", "1");
  assertEquals(await client.get("k"), undefined);
  assertEquals([...(await client.getMulti(["k"])).misses], ["k"]);
  assertEquals(await client.getAndTouch("k", { ttl: 1 }), undefined);
  client.faults = {};
  assertEquals(await client.getText("k"), "1");
});

test("mock client: fails to set, and to set only", async () => {
  await using client = MockClient.failAllSets();
  await assertRejects(() => client.set("k", "1"), StatusError, "EINTERNAL");
  assertEquals((await client.setMulti([["k", "1"]])).errors.size, 1);
  await client.add("k", "1");
  assertEquals(await client.getText("k"), "1");
});

test("mock client: fails in everything but what is named", async () => {
  await using client = MockClient.failEverything({ faults: { get: "miss", version: 0x86 } });
  await assertRejects(() => client.add("k", "1"), StatusError, "EINTERNAL");
  await assertRejects(() => client.delete("k"), StatusError, "EINTERNAL");
  await assertRejects(() => client.version(), StatusError, "ETMPFAIL");
  assertEquals(await client.get("k"), undefined);
});
