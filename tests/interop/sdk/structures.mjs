import assert from "node:assert/strict";

export default {
  "a list": async ({ collection, key }) => {
    const list = collection.list(key);
    await list.push("b");
    await list.push("c");
    await list.unshift("a");
    assert.deepEqual(await list.getAll(), ["a", "b", "c"]);
    assert.equal(await list.getAt(1), "b");
    assert.equal(await list.indexOf("c"), 2);
    await list.removeAt(0);
    assert.equal(await list.size(), 2);
  },

  "a map": async ({ collection, key }) => {
    const map = collection.map(key);
    await map.set("a", 1);
    await map.set("b", 2);
    assert.equal(await map.get("b"), 2);
    assert.equal(await map.exists("c"), false);
    await map.remove("a");
    assert.deepEqual(await map.keys(), ["b"]);
    assert.equal(await map.size(), 1);
  },

  "a queue": async ({ collection, key }) => {
    const queue = collection.queue(key);
    await queue.push(1);
    await queue.push(2);
    assert.equal(await queue.size(), 2);
    assert.equal(await queue.pop(), 1);
    assert.equal(await queue.pop(), 2);
  },

  "a set": async ({ collection, key }) => {
    const set = collection.set(key);
    assert.equal(await set.add("a"), true);
    assert.equal(await set.add("a"), false);
    assert.equal(await set.contains("a"), true);
    await set.remove("a");
    assert.equal(await set.contains("a"), false);
    assert.equal(await set.size(), 0);
  },
};
