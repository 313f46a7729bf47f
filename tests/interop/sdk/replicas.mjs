import assert from "node:assert/strict";
import { setVbucketState } from "./control.mjs";
import { couchbase } from "./couchbase.mjs";

const { DocumentUnretrievableError, LookupInSpec } = couchbase;

export default {
  "without replicas, all of them are the active copy": async ({ collection, key }) => {
    const { cas } = await collection.upsert(key, { a: 1 });
    const all = await collection.getAllReplicas(key);
    assert.deepEqual(all.map(({ content, isReplica }) => [content, isReplica]), [[{ a: 1 }, false]]);
    const any = await collection.getAnyReplica(key);
    assert.deepEqual([any.content, any.isReplica, any.cas.toString()], [{ a: 1 }, false, cas.toString()]);
  },

  "lookups in all of them": async ({ collection, key }) => {
    await collection.upsert(key, { a: 1 });
    const specs = [LookupInSpec.get("a")];
    const all = await collection.lookupInAllReplicas(key, specs);
    assert.deepEqual(all.map(({ content, isReplica }) => [content[0].value, isReplica]), [[1, false]]);
    assert.equal((await collection.lookupInAnyReplica(key, specs)).content[0].value, 1);
  },

  "a missing document is in none": async ({ collection, key }) => {
    await assert.rejects(collection.getAnyReplica(key), DocumentUnretrievableError);
    await assert.rejects(collection.lookupInAnyReplica(key, [LookupInSpec.get("a")]), DocumentUnretrievableError);
  },

  "of a bucket whose replica is missing there is the active copy": async ({ cluster, key }) => {
    const collection = cluster.bucket("replicated").defaultCollection();
    await collection.upsert(key, 1);
    const all = await collection.getAllReplicas(key);
    assert.deepEqual(all.map(({ content, isReplica }) => [content, isReplica]), [[1, false]]);
    assert.equal((await collection.getAnyReplica(key)).content, 1);
  },

  "a vbucket that comes back is found again": async ({ bucket, collection, key }) => {
    await collection.upsert(key, 1);
    await setVbucketState(bucket, key, "replica");
    const read = collection.get(key, { timeout: 10_000 });
    await setVbucketState(bucket, key, "active");
    assert.equal((await read).content, 1);
  },
};
