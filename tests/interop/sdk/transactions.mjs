import assert from "node:assert/strict";
import { couchbase } from "./couchbase.mjs";

export default {
  "documents that are inserted, replaced and removed together": async ({ cluster, collection, key }) => {
    await collection.upsert(`${key}-replaced`, { n: 1 });
    await collection.upsert(`${key}-removed`, { n: 1 });
    const { unstagingComplete } = await cluster.transactions().run(async (attempt) => {
      await attempt.insert(collection, `${key}-inserted`, { n: 2 });
      const replaced = await attempt.get(collection, `${key}-replaced`);
      await attempt.replace(replaced, { n: replaced.content.n + 1 });
      await attempt.remove(await attempt.get(collection, `${key}-removed`));
      // Nobody else sees any of it yet.
      assert.equal((await collection.exists(`${key}-inserted`)).exists, false);
      assert.deepEqual((await collection.get(`${key}-replaced`)).content, { n: 1 });
      assert.equal((await collection.exists(`${key}-removed`)).exists, true);
    });
    assert.equal(unstagingComplete, true);
    assert.deepEqual((await collection.get(`${key}-inserted`)).content, { n: 2 });
    assert.deepEqual((await collection.get(`${key}-replaced`)).content, { n: 2 });
    assert.equal((await collection.exists(`${key}-removed`)).exists, false);
  },

  "what is thrown undoes all": async ({ cluster, collection, key }) => {
    await collection.upsert(key, { n: 1 });
    const run = cluster.transactions().run(async (attempt) => {
      const document = await attempt.get(collection, key);
      await attempt.replace(document, { n: 2 });
      await attempt.insert(collection, `${key}-inserted`, {});
      throw new Error("thought better of it");
    });
    await assert.rejects(run, couchbase.TransactionFailedError);
    assert.deepEqual((await collection.get(key)).content, { n: 1 });
    assert.equal((await collection.exists(`${key}-inserted`)).exists, false);
  },
};
