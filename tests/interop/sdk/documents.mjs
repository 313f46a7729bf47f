import assert from "node:assert/strict";
import { couchbase } from "./couchbase.mjs";

const { CasMismatchError, DocumentExistsError, DocumentNotFoundError, ValueTooLargeError } = couchbase;

export default {
  "upsert gives a CAS and get the same one": async ({ collection, key }) => {
    const { cas } = await collection.upsert(key, { a: 1 });
    const found = await collection.get(key);
    assert.deepEqual(found.content, { a: 1 });
    assert.equal(found.cas.toString(), cas.toString());
    assert.notEqual(cas.toString(), "0");
  },

  "a second upsert gives a later CAS": async ({ collection, key }) => {
    const first = await collection.upsert(key, 1);
    const second = await collection.upsert(key, 2);
    assert(BigInt(second.cas.toString()) > BigInt(first.cas.toString()));
    assert.equal((await collection.get(key)).content, 2);
  },

  "get of a missing document is DocumentNotFoundError": async ({ collection, key }) => {
    await assert.rejects(collection.get(key), DocumentNotFoundError);
  },

  "insert makes a document": async ({ collection, key }) => {
    await collection.insert(key, ["new"]);
    assert.deepEqual((await collection.get(key)).content, ["new"]);
  },

  "insert on an existing document is DocumentExistsError": async ({ collection, key }) => {
    await collection.insert(key, 1);
    await assert.rejects(collection.insert(key, 2), DocumentExistsError);
    assert.equal((await collection.get(key)).content, 1);
  },

  "replace without a CAS, of a missing document DocumentNotFoundError": async ({ collection, key }) => {
    await assert.rejects(collection.replace(key, 1), DocumentNotFoundError);
    await collection.upsert(key, 1);
    await collection.replace(key, 2);
    assert.equal((await collection.get(key)).content, 2);
  },

  "replace with the CAS": async ({ collection, key }) => {
    const { cas } = await collection.upsert(key, 1);
    const replaced = await collection.replace(key, 2, { cas });
    assert.equal((await collection.get(key)).cas.toString(), replaced.cas.toString());
  },

  "replace with a stale CAS is CasMismatchError": async ({ collection, key }) => {
    const { cas } = await collection.upsert(key, 1);
    await collection.upsert(key, 2);
    await assert.rejects(collection.replace(key, 3, { cas }), CasMismatchError);
    assert.equal((await collection.get(key)).content, 2);
  },

  "remove, then there is nothing to get or to remove": async ({ collection, key }) => {
    await collection.upsert(key, 1);
    assert.notEqual((await collection.remove(key)).cas.toString(), "0");
    await assert.rejects(collection.get(key), DocumentNotFoundError);
    await assert.rejects(collection.remove(key), DocumentNotFoundError);
    await collection.insert(key, "again");
  },

  "remove with a stale CAS is CasMismatchError, with the CAS it removes": async ({ collection, key }) => {
    const { cas } = await collection.upsert(key, 1);
    const next = await collection.upsert(key, 2);
    await assert.rejects(collection.remove(key, { cas }), CasMismatchError);
    await collection.remove(key, { cas: next.cas });
    assert.equal((await collection.exists(key)).exists, false);
  },

  "exists tells of missing, existing and removed documents": async ({ collection, key }) => {
    assert.equal((await collection.exists(key)).exists, false);
    const { cas } = await collection.upsert(key, 1);
    const found = await collection.exists(key);
    assert.equal(found.exists, true);
    assert.equal(found.cas.toString(), cas.toString());
    await collection.remove(key);
    assert.equal((await collection.exists(key)).exists, false);
  },

  "get with a projection": async ({ collection, key }) => {
    await collection.upsert(key, { name: { first: "Ada", last: "L" }, visits: [1, 2, 3], other: true });
    const { content } = await collection.get(key, { project: ["name.first", "visits"] });
    assert.deepEqual(content, { name: { first: "Ada" }, visits: [1, 2, 3] });
  },

  "a projection of more paths than one lookup takes": async ({ collection, key }) => {
    const fields = Array.from({ length: 20 }, (_, i) => `field-${i}`);
    await collection.upsert(key, Object.fromEntries(fields.map((field, i) => [field, i])));
    const { content } = await collection.get(key, { project: fields.slice(2) });
    assert.deepEqual(content, Object.fromEntries(fields.slice(2).map((field, i) => [field, i + 2])));
  },

  "a hundred calls at once": async ({ collection, key }) => {
    const numbers = Array.from({ length: 100 }, (_, i) => i);
    await Promise.all(numbers.map((i) => collection.upsert(`${key}-${i}`, i)));
    const found = await Promise.all(numbers.map((i) => collection.get(`${key}-${i}`)));
    assert.deepEqual(found.map(({ content }) => content), numbers);
  },

  "a key of 250 bytes, and one that is not ASCII": async ({ collection, key }) => {
    for (const long of [key.padEnd(250, "."), `${key} – ключ 🔑`]) {
      await collection.upsert(long, long);
      assert.equal((await collection.get(long)).content, long);
    }
  },

  "a value of over 20 MiB is ValueTooLargeError, and the connection goes on": async ({ collection, key }) => {
    // Not to be compressed, which would make it small enough.
    const value = Buffer.alloc(20 * 1024 * 1024 + 1);
    for (let i = 0, state = 1; i < value.length; i += 4) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      value.writeUInt32BE(state, Math.min(i, value.length - 4));
    }
    await assert.rejects(collection.upsert(key, value, { timeout: 10_000 }), ValueTooLargeError);
    await collection.upsert(key, 1);
  },
};
