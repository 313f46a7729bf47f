/** The streams of the node's producer, in frames made by hand. */

import { assertEquals } from "@std/assert";
import { type CouchbasePeer, CouchbaseScene, numbers } from "../../support/couchbase_scene.ts";
import { CLOSE_STREAM, ManualTimers, openPeer, stream, streamRequest, tell, told } from "../../support/dcp_peer.ts";
import { hex } from "../../support/hex.ts";
import { test } from "../../support/test.ts";

const ONE = [{ name: "default", vbucketCount: 1 }];

test("a stream sends what is there as one snapshot, and then what is written", async () => {
  await using scene = new CouchbaseScene({ buckets: ONE });
  scene.bucket.set("a", "1");
  scene.bucket.set("b", "x");
  scene.bucket.set("a", "2");
  scene.bucket.delete("b");
  await using peer = await openPeer(scene);
  await stream(peer);
  assertEquals(await told(peer, 3), ["marker 0-4 5", "mutation 3 a=2", "deletion 4 b"]);
  scene.bucket.set("c", "3");
  assertEquals(await told(peer, 2), ["marker 5-5 5", "mutation 5 c=3"]);
});
