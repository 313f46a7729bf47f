import assert from "node:assert/strict";
import { couchbase } from "./couchbase.mjs";

export default {
  "a document that another client has left": async ({ collection }) => {
    const { content } = await collection.get("shared:memwire");
    assert.equal(content.from, "memwire");
    assert.equal(content.words.length, 50);
    const { content: [word] } = await collection.lookupIn("shared:memwire", [couchbase.LookupInSpec.get("words[49]")]);
    assert.equal(word.value, "abcdefgh");
  },

  "a document for another client": async ({ collection }) => {
    const { content } = await collection.get("shared:memwire");
    await collection.upsert("shared:sdk", { ...content, from: "sdk" });
    await collection.mutateIn("shared:sdk", [
      couchbase.MutateInSpec.upsert("app.author", "Ada", { xattr: true, createPath: true }),
    ]);
  },
};
