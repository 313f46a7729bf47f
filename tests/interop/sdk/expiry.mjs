import assert from "node:assert/strict";
import { advance } from "./control.mjs";
import { couchbase } from "./couchbase.mjs";

const { DocumentNotFoundError, LookupInMacro, LookupInSpec } = couchbase;

export default {
  "a document goes when its time is over": async ({ bucket, collection, key }) => {
    await collection.upsert(key, 1, { expiry: 60 });
    await advance(bucket, 30);
    await collection.get(key);
    await advance(bucket, 31);
    await assert.rejects(collection.get(key), DocumentNotFoundError);
    assert.equal((await collection.exists(key)).exists, false);
    await collection.insert(key, 2);
  },

  "get with the expiry, by itself and by the macro": async ({ collection, key, now }) => {
    const before = now();
    await collection.upsert(key, { a: 1 }, { expiry: 1000 });
    const after = now();
    const { content, expiryTime } = await collection.get(key, { withExpiry: true });
    assert.deepEqual(content, { a: 1 });
    assert(expiryTime >= before + 1000 && expiryTime <= after + 1000, `${before} + 1000 is not ${expiryTime}`);
    const found = await collection.lookupIn(key, [LookupInSpec.get(LookupInMacro.Expiry)]);
    assert.equal(found.content[0].value, expiryTime);
  },

  "a document without an expiry says 0": async ({ collection, key }) => {
    await collection.upsert(key, {});
    const found = await collection.lookupIn(key, [LookupInSpec.get(LookupInMacro.Expiry)]);
    assert.equal(found.content[0].value, 0);
  },

  "an expiry as a date": async ({ collection, key }) => {
    const seconds = Math.floor(Date.now() / 1000) + 100 * 24 * 3600;
    await collection.upsert(key, {}, { expiry: new Date(seconds * 1000) });
    assert.equal((await collection.get(key, { withExpiry: true })).expiryTime, seconds);
  },

  "touch puts the end off, touch of 0 away": async ({ bucket, collection, key }) => {
    await collection.upsert(key, 1, { expiry: 10 });
    await collection.touch(key, 100);
    await advance(bucket, 50);
    assert.equal((await collection.get(key)).content, 1);
    await collection.touch(key, 0);
    await advance(bucket, 100);
    assert.equal((await collection.get(key)).content, 1);
  },

  "touch gives another CAS, of a missing document it is DocumentNotFoundError": async ({ collection, key }) => {
    await assert.rejects(collection.touch(key, 10), DocumentNotFoundError);
    const { cas } = await collection.upsert(key, 1);
    const touched = await collection.touch(key, 10);
    assert.notEqual(touched.cas.toString(), cas.toString());
    assert.equal((await collection.get(key)).cas.toString(), touched.cas.toString());
  },

  "getAndTouch gives the document and puts its end off": async ({ bucket, collection, key }) => {
    await collection.upsert(key, { a: 1 }, { expiry: 10 });
    assert.deepEqual((await collection.getAndTouch(key, 100)).content, { a: 1 });
    await advance(bucket, 50);
    assert.deepEqual((await collection.get(key)).content, { a: 1 });
    await advance(bucket, 51);
    await assert.rejects(collection.getAndTouch(key, 100), DocumentNotFoundError);
  },

  "a write takes the expiry away, preserveExpiry keeps it": async ({ bucket, collection, key }) => {
    await collection.upsert(key, 1, { expiry: 60 });
    await collection.upsert(key, 2, { preserveExpiry: true });
    const kept = await collection.get(key, { withExpiry: true });
    assert(kept.expiryTime > 0);
    await collection.replace(key, 3, { preserveExpiry: true });
    assert.equal((await collection.get(key, { withExpiry: true })).expiryTime, kept.expiryTime);
    await collection.upsert(key, 4);
    await advance(bucket, 61);
    assert.equal((await collection.get(key)).content, 4);
  },

  "insert and counters with an expiry": async ({ bucket, collection, key }) => {
    await collection.insert(`${key}-document`, 1, { expiry: 60 });
    await collection.binary().increment(`${key}-counter`, 1, { initial: 1, expiry: 60 });
    await advance(bucket, 61);
    await assert.rejects(collection.get(`${key}-document`), DocumentNotFoundError);
    await assert.rejects(collection.get(`${key}-counter`), DocumentNotFoundError);
  },
};
