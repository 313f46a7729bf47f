import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { couchbase } from "./couchbase.mjs";

const { DurabilityLevel, MutateInSpec } = couchbase;

const LEVELS = [
  DurabilityLevel.Majority,
  DurabilityLevel.MajorityAndPersistOnMaster,
  DurabilityLevel.PersistToMajority,
];

export default {
  "writes of every durability": async ({ collection, key }) => {
    for (const durabilityLevel of LEVELS) {
      const options = { durabilityLevel };
      await collection.upsert(key, {}, options);
      await collection.replace(key, { a: 1 }, options);
      await collection.mutateIn(key, [MutateInSpec.upsert("b", 2)], options);
      assert.deepEqual((await collection.get(key)).content, { a: 1, b: 2 });
      await collection.remove(key, options);
      await collection.insert(key, Buffer.from("b"), options);
      await collection.binary().append(key, "c", options);
      await collection.binary().prepend(key, "a", options);
      assert.equal((await collection.get(key)).content.toString(), "abc");
      await collection.remove(key, options);
      assert.equal((await collection.binary().increment(key, 1, { initial: 1, ...options })).value, 1);
    }
  },

  "a durable write that fails is an error of the same class": async ({ collection, key }) => {
    const options = { durabilityLevel: DurabilityLevel.Majority };
    await assert.rejects(collection.replace(key, 1, options), couchbase.DocumentNotFoundError);
    await collection.upsert(key, 1);
    await assert.rejects(collection.insert(key, 1, options), couchbase.DocumentExistsError);
  },

  "a durable write to a bucket that wants a replica is DurabilityImpossibleError": async ({ cluster, key }) => {
    const collection = cluster.bucket("replicated").defaultCollection();
    await collection.upsert(key, 1);
    await assert.rejects(
      collection.upsert(key, 2, { durabilityLevel: DurabilityLevel.Majority }),
      couchbase.DurabilityImpossibleError,
    );
    assert.equal((await collection.get(key)).content, 1);
  },

  "mutation tokens grow by one a write, in the vbucket of the key": async ({ collection, key }) => {
    const first = (await collection.upsert(key, 1)).token.toJSON();
    const second = (await collection.upsert(key, 2)).token.toJSON();
    assert.equal(second.bucket_name, "default");
    assert.equal(second.partition_id, first.partition_id);
    assert.equal(second.partition_uuid, first.partition_uuid);
    assert.equal(BigInt(second.sequence_number), BigInt(first.sequence_number) + 1n);
    const state = new couchbase.MutationState((await collection.remove(key)).token);
    assert.equal(Object.keys(state.toJSON()).length, 1);
  },

  "writes that wait for persistence by asking for it": async ({ collection, key }) => {
    await collection.upsert(key, 1, { durabilityPersistTo: 1 });
    await collection.mutateIn(`${key}-sub`, [MutateInSpec.upsert("a", 1)], {
      durabilityPersistTo: 1,
      upsertDocument: true,
    });
    await collection.remove(key, { durabilityPersistTo: 1 });
  },

  "replicating to a node that there is not fails": async ({ collection, key }) => {
    await assert.rejects(collection.upsert(key, 1, { durabilityReplicateTo: 1 }), couchbase.CouchbaseError);
  },
};
