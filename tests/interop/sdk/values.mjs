import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { couchbase } from "./couchbase.mjs";

const { RawBinaryTranscoder, RawJsonTranscoder, RawStringTranscoder } = couchbase;

const JSON_VALUES = [null, true, 0, -1.5, 1e21, "text", "ünïcödé 🙂", [], {}, [1, [2, { three: 3 }]], {
  "": { a: null },
}];

export default {
  "JSON values of every kind": async ({ collection, key }) => {
    for (const value of JSON_VALUES) {
      await collection.upsert(key, value);
      assert.deepEqual((await collection.get(key)).content, value);
    }
  },

  "bytes of every kind": async ({ collection, key }) => {
    const value = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
    await collection.upsert(key, value);
    assert.deepEqual((await collection.get(key)).content, value);
  },

  "bytes that look like JSON stay bytes": async ({ collection, key }) => {
    const value = Buffer.from('{"a":1}');
    await collection.upsert(key, value);
    assert.deepEqual((await collection.get(key)).content, value);
  },

  "no bytes at all": async ({ collection, key }) => {
    await collection.upsert(key, Buffer.alloc(0));
    assert.equal((await collection.get(key)).content.length, 0);
  },

  "raw transcoders for bytes, text and JSON": async ({ collection, key }) => {
    const cases = [
      [new RawBinaryTranscoder(), Buffer.from([0, 255])],
      [new RawStringTranscoder(), "just text"],
      [new RawJsonTranscoder(), Buffer.from('{ "spaces" : [ 1 ] }')],
    ];
    for (const [transcoder, value] of cases) {
      await collection.upsert(key, value, { transcoder });
      assert.deepEqual((await collection.get(key, { transcoder })).content, value);
    }
  },

  "a transcoder of one's own keeps all 32 bits of the flags": async ({ collection, key }) => {
    const seen = [];
    const transcoder = {
      encode: (value) => [Buffer.from(value), 0xdeadbeef],
      decode: (bytes, flags) => {
        seen.push(flags >>> 0);
        return bytes.toString();
      },
    };
    await collection.upsert(key, "flags", { transcoder });
    assert.equal((await collection.get(key, { transcoder })).content, "flags");
    assert.deepEqual(seen, [0xdeadbeef]);
  },

  "a large value that is compressed on the way": async ({ collection, key }) => {
    const value = { text: "abcdefgh".repeat(10_000), list: Array.from({ length: 1000 }, (_, i) => i % 7) };
    await collection.upsert(key, value);
    assert.deepEqual((await collection.get(key)).content, value);
    // Paths into it have the server look inside.
    await collection.mutateIn(key, [couchbase.MutateInSpec.arrayAppend("list", "last")]);
    const { content: [size, text] } = await collection.lookupIn(key, [
      couchbase.LookupInSpec.count("list"),
      couchbase.LookupInSpec.get("text"),
    ]);
    assert.equal(size.value, 1001);
    assert.equal(text.value, value.text);
  },

  "a megabyte that cannot be compressed": async ({ collection, key }) => {
    const value = Buffer.alloc(1024 * 1024);
    for (let i = 0, state = 7; i < value.length; i++) {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      value[i] = state >>> 16;
    }
    await collection.upsert(key, value, { timeout: 10_000 });
    assert((await collection.get(key, { timeout: 10_000 })).content.equals(value));
  },
};
