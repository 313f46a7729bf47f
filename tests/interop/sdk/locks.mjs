import assert from "node:assert/strict";
import { advance } from "./control.mjs";
import { couchbase } from "./couchbase.mjs";

const { CasMismatchError, DocumentNotFoundError, DocumentNotLockedError } = couchbase;

/** The SDK tries again for as long as a document is locked, so that a short time is enough, in ms. */
const SHORT = { timeout: 1000 };

/** That the call was given up, and only because the document is locked. */
async function assertLocked(call) {
  await assert.rejects(call, (error) => {
    if (error instanceof couchbase.DocumentLockedError) return true;
    assert(error instanceof couchbase.TimeoutError, `${error}`);
    assert.deepEqual([...new Set(error.cause.retry_reasons)], ["key_value_locked"]);
    return true;
  });
}

export default {
  "getAndLock gives the document, unlock lets others write": async ({ collection, key }) => {
    await collection.upsert(key, { a: 1 });
    const { content, cas } = await collection.getAndLock(key, 30);
    assert.deepEqual(content, { a: 1 });
    await collection.unlock(key, cas);
    await collection.upsert(key, 2);
  },

  "getAndLock of a missing document is DocumentNotFoundError": async ({ collection, key }) => {
    await assert.rejects(collection.getAndLock(key, 30), DocumentNotFoundError);
  },

  "writes to a locked document fail": async ({ collection, key }) => {
    await collection.upsert(key, 1);
    await collection.getAndLock(key, 30);
    await Promise.all([
      assertLocked(collection.upsert(key, 2, SHORT)),
      assertLocked(collection.replace(key, 2, SHORT)),
      assertLocked(collection.remove(key, SHORT)),
      assertLocked(collection.touch(key, 10, SHORT)),
      assertLocked(collection.binary().append(key, "2", SHORT)),
      assertLocked(collection.mutateIn(key, [couchbase.MutateInSpec.upsert("a", 1)], SHORT)),
      assertLocked(collection.getAndLock(key, 30, SHORT)),
    ]);
    assert.equal((await collection.get(key)).content, 1);
  },

  "insert on a locked document is DocumentExistsError": async ({ collection, key }) => {
    await collection.upsert(key, 1);
    await collection.getAndLock(key, 30);
    await assert.rejects(collection.insert(key, 2), couchbase.DocumentExistsError);
  },

  "a write with the CAS of the lock unlocks": async ({ collection, key }) => {
    await collection.upsert(key, 1);
    const { cas } = await collection.getAndLock(key, 30);
    await collection.replace(key, 2, { cas });
    await collection.upsert(key, 3);
  },

  "the CAS that was seen before the lock is not the lock's": async ({ collection, key }) => {
    const { cas } = await collection.upsert(key, 1);
    const locked = await collection.getAndLock(key, 30);
    assert.notEqual(locked.cas.toString(), cas.toString());
    await assertLocked(collection.replace(key, 2, { cas, ...SHORT }));
    await collection.replace(key, 2, { cas: locked.cas });
  },

  "unlock with a wrong CAS": async ({ collection, key }) => {
    const { cas } = await collection.upsert(key, 1);
    await collection.getAndLock(key, 30);
    await assert.rejects(collection.unlock(key, cas, SHORT), CasMismatchError);
  },

  "unlock of what is not locked is DocumentNotLockedError": async ({ collection, key }) => {
    const { cas } = await collection.upsert(key, 1);
    await assert.rejects(collection.unlock(key, cas, SHORT), DocumentNotLockedError);
    await assert.rejects(collection.unlock(`${key}-missing`, cas, SHORT), DocumentNotFoundError);
  },

  "a lock ends by itself": async ({ bucket, collection, key }) => {
    await collection.upsert(key, 1);
    await collection.getAndLock(key, 20);
    await advance(bucket, 21);
    await collection.upsert(key, 2);
  },

  "a write waits until somebody unlocks": async ({ collection, key }) => {
    await collection.upsert(key, 1);
    const { cas } = await collection.getAndLock(key, 30);
    const write = collection.upsert(key, 2, { timeout: 10_000 });
    // One connection: the server has seen the write before this.
    await collection.unlock(key, cas);
    await write;
    assert.equal((await collection.get(key)).content, 2);
  },
};
