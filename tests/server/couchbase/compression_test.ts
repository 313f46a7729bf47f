/** Values that are compressed on the way, and that nobody who reads them notices. */

import { assert, assertEquals, assertLess } from "@std/assert";
import { Datatype, DEFAULT_FEATURES, Feature } from "../../../src/couchbase.ts";
import { CouchbaseScene } from "../../support/couchbase_scene.ts";
import { test } from "../../support/test.ts";

const LONG = JSON.stringify({ tags: new Array(200).fill("blue") });

test("CouchbaseClient stores long values compressed and reads them plain, in every form of reading", async () => {
  await using scene = new CouchbaseScene();
  await using client = await scene.client();
  const sent: number[] = [];
  client.watchFrames({ sent: (frame) => void sent.push(frame.size) });
  await client.set("k", LONG, { flags: 7 });
  assertLess(sent[0]!, LONG.length / 2);
  assertEquals(scene.bucket.get("k")!.datatype & Datatype.SNAPPY, Datatype.SNAPPY);

  const item = await client.get("k");
  assertEquals([item?.text(), item?.flags, item!.datatype & Datatype.SNAPPY], [LONG, 7, 0]);
  assertEquals(await client.getText("k"), LONG);
  assertEquals(await client.getJson("k"), JSON.parse(LONG));
  const target = new Uint8Array(LONG.length);
  assertEquals((await client.getInto("k", target))?.length, LONG.length);
  assertEquals(new TextDecoder().decode(target), LONG);
  assertEquals((await client.getMulti(["k"])).hits.get("k")?.text(), LONG);
  assertEquals((await client.getAndTouch("k", { ttl: 60 }))?.text(), LONG);
  assertEquals((await client.getLocked("k"))?.text(), LONG);
});

test("CouchbaseClient compresses what setMulti, add and replace write, and leaves what is short or told how to be read", async () => {
  await using scene = new CouchbaseScene();
  await using client = await scene.client();
  await client.setMulti([["a", LONG], ["b", "short"]]);
  await client.add("c", LONG);
  await client.replace("c", `${LONG} `);
  const snappy = (key: string) => scene.bucket.get(key)!.datatype & Datatype.SNAPPY;
  assertEquals(["a", "b", "c"].map(snappy), [Datatype.SNAPPY, 0, Datatype.SNAPPY]);
  assertEquals(await client.getText("c"), `${LONG} `);
});

test("CouchbaseClient compresses nothing when told so, or where the server has not agreed", async () => {
  await using scene = new CouchbaseScene();
  await using told = await scene.client({ compression: false });
  await told.set("told", LONG);
  const features = DEFAULT_FEATURES.filter((code) => code !== Feature.SNAPPY && code !== Feature.SNAPPY_EVERYWHERE);
  await using without = await scene.client({ features });
  await without.set("without", LONG);
  for (const key of ["told", "without"]) assertEquals(scene.bucket.get(key)!.datatype & Datatype.SNAPPY, 0);

  // What another client has compressed, the server inflates for one that has not agreed.
  await using other = await scene.client();
  await other.set("other", LONG);
  assert((scene.bucket.get("other")!.datatype & Datatype.SNAPPY) !== 0);
  assertEquals(await without.getText("other"), LONG);
});
