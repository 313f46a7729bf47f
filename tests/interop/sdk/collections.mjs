import assert from "node:assert/strict";
import { createCollection, dropCollection } from "./control.mjs";
import { couchbase } from "./couchbase.mjs";

const { DocumentNotFoundError, LookupInSpec, MutateInSpec } = couchbase;

/** A call to a collection that is missing is tried again until its time is over, in ms. */
const SHORT = { timeout: 1000 };

/** That the call was given up, and only because the collection was not there. */
async function assertNoCollection(call) {
  await assert.rejects(call, (error) => {
    if (error instanceof couchbase.CollectionNotFoundError) return true;
    assert(error instanceof couchbase.TimeoutError, `${error}`);
    assert.deepEqual([...new Set(error.cause.retry_reasons)], ["key_value_collection_outdated"]);
    return true;
  });
}

export default {
  "a named collection has documents of its own": async ({ bucket, collection, key }) => {
    const orders = bucket.scope("shop").collection("orders");
    await orders.upsert(key, "named");
    await assert.rejects(collection.get(key), DocumentNotFoundError);
    await collection.upsert(key, "default");
    assert.equal((await orders.get(key)).content, "named");
    await orders.remove(key);
    assert.equal((await collection.get(key)).content, "default");
  },

  "every kind of call in a named collection": async ({ bucket, key }) => {
    const orders = bucket.scope("shop").collection("orders");
    await orders.insert(key, { n: 1 });
    await orders.touch(key, 100);
    await orders.getAndTouch(key, 0);
    const { cas } = await orders.getAndLock(key, 10);
    await orders.unlock(key, cas);
    await orders.mutateIn(key, [MutateInSpec.increment("n", 1)]);
    const { content: [n] } = await orders.lookupIn(key, [LookupInSpec.get("n")]);
    assert.equal(n.value, 2);
    assert.equal((await orders.exists(key)).exists, true);
    assert.equal((await orders.binary().increment(`${key}-n`, 1, { initial: 7 })).value, 7);
    await orders.upsert(`${key}-bytes`, Buffer.from("a"));
    await orders.binary().append(`${key}-bytes`, "b");
    await orders.binary().prepend(`${key}-bytes`, "0");
    assert.equal((await orders.get(`${key}-bytes`)).content.toString(), "0ab");
  },

  "a named collection of the default scope": async ({ bucket, key }) => {
    const extra = bucket.defaultScope().collection("extra");
    await extra.upsert(key, 1);
    assert.equal((await extra.get(key)).content, 1);
  },

  "a key as long as a collection lets it be": async ({ bucket, key }) => {
    const long = key.padEnd(246, ".");
    const orders = bucket.scope("shop").collection("orders");
    await orders.upsert(long, 1);
    assert.equal((await orders.get(long)).content, 1);
  },

  "a collection that is missing, and a scope": async ({ bucket, key }) => {
    await Promise.all([
      assertNoCollection(bucket.scope("shop").collection("none").upsert(key, 1, SHORT)),
      assertNoCollection(bucket.scope("shop").collection("none").get(key, SHORT)),
      assert.rejects(bucket.scope("none").collection("orders").get(key, SHORT), couchbase.CouchbaseError),
    ]);
  },

  "a call waits for its collection to be made": async ({ bucket, key }) => {
    const late = bucket.scope("shop").collection("late");
    const write = late.upsert(key, 1, { timeout: 10_000 });
    await createCollection(bucket, "shop.late");
    await write;
    assert.equal((await late.get(key)).content, 1);
  },

  "a collection that was dropped and made again has another number": async ({ bucket, key }) => {
    await createCollection(bucket, "shop.again");
    const again = bucket.scope("shop").collection("again");
    await again.upsert(key, 1);
    await dropCollection(bucket, "shop.again");
    await assertNoCollection(again.get(key, SHORT));
    await createCollection(bucket, "shop.again");
    await assert.rejects(again.get(key, { timeout: 10_000 }), DocumentNotFoundError);
    await again.insert(key, 2, { timeout: 10_000 });
  },
};
