import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { couchbase } from "./couchbase.mjs";

const { CasMismatchError, DocumentNotFoundError } = couchbase;

export default {
  "increment with an initial value, then by steps": async ({ collection, key }) => {
    const counter = collection.binary();
    assert.equal((await counter.increment(key, 5, { initial: 10 })).value, 10);
    assert.equal((await counter.increment(key, 5, { initial: 10 })).value, 15);
    assert.equal((await counter.increment(key, 1)).value, 16);
    assert.equal((await collection.get(key)).content, 16);
  },

  "decrement stops at 0": async ({ collection, key }) => {
    const counter = collection.binary();
    assert.equal((await counter.decrement(key, 1, { initial: 3 })).value, 3);
    assert.equal((await counter.decrement(key, 2)).value, 1);
    assert.equal((await counter.decrement(key, 2)).value, 0);
  },

  "increment of what is no number is DeltaInvalidError": async ({ collection, key }) => {
    await collection.upsert(key, { no: "number" });
    await assert.rejects(collection.binary().increment(key, 1), couchbase.DeltaInvalidError);
  },

  "append and prepend to bytes": async ({ collection, key }) => {
    await collection.upsert(key, Buffer.from("b"));
    await collection.binary().append(key, Buffer.from("c"));
    const { cas } = await collection.binary().prepend(key, Buffer.from([0x61, 0x00]));
    const found = await collection.get(key);
    assert.deepEqual(found.content, Buffer.from("a\0bc"));
    assert.equal(found.cas.toString(), cas.toString());
  },

  "append and prepend of text": async ({ collection, key }) => {
    await collection.upsert(key, Buffer.from("b"));
    await collection.binary().append(key, "c");
    await collection.binary().prepend(key, "a");
    assert.equal((await collection.get(key)).content.toString(), "abc");
  },

  "append and prepend to a missing document are DocumentNotFoundError": async ({ collection, key }) => {
    await assert.rejects(collection.binary().append(key, "x"), DocumentNotFoundError);
    await assert.rejects(collection.binary().prepend(key, "x"), DocumentNotFoundError);
  },

  "append with a stale CAS is CasMismatchError": async ({ collection, key }) => {
    const { cas } = await collection.upsert(key, Buffer.from("a"));
    await collection.binary().append(key, "b", { cas });
    await assert.rejects(collection.binary().append(key, "c", { cas }), CasMismatchError);
    assert.equal((await collection.get(key)).content.toString(), "ab");
  },
};
