import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { couchbase } from "./couchbase.mjs";

const { LookupInMacro, LookupInSpec, MutateInSpec } = couchbase;

const DOCUMENT = { name: "Ada", tags: ["a", "b", { deep: [10, 20] }], "dotted.key": 1, nothing: null, "ü": "ü" };

export default {
  "get, exists and count of paths": async ({ collection, key }) => {
    const { cas } = await collection.upsert(key, DOCUMENT);
    const found = await collection.lookupIn(key, [
      LookupInSpec.get("name"),
      LookupInSpec.get("tags[2].deep[-1]"),
      LookupInSpec.get("`dotted.key`"),
      LookupInSpec.get("nothing"),
      LookupInSpec.get("ü"),
      LookupInSpec.exists("tags[1]"),
      LookupInSpec.exists("other"),
      LookupInSpec.count("tags"),
      LookupInSpec.count(""),
      LookupInSpec.get(""),
    ]);
    assert.equal(found.cas.toString(), cas.toString());
    assert.deepEqual(
      found.content.map(({ value }) => value),
      ["Ada", 20, 1, null, "ü", true, false, 3, 5, DOCUMENT],
    );
    assert.deepEqual([...new Set(found.content.map(({ error }) => error))], [null]);
  },

  "one path alone, there and missing": async ({ collection, key }) => {
    await collection.upsert(key, DOCUMENT);
    const [there] = (await collection.lookupIn(key, [LookupInSpec.get("name")])).content;
    assert.equal(there.value, "Ada");
    const [missing] = (await collection.lookupIn(key, [LookupInSpec.get("other")])).content;
    assert(missing.error instanceof couchbase.PathNotFoundError);
  },

  "errors are those of their paths": async ({ collection, key }) => {
    await collection.upsert(key, DOCUMENT);
    const { content } = await collection.lookupIn(key, [
      LookupInSpec.get("other.member"),
      LookupInSpec.get("name.first"),
      LookupInSpec.count("name"),
      LookupInSpec.get("tags[9]"),
      LookupInSpec.get("name"),
    ]);
    const { PathMismatchError, PathNotFoundError } = couchbase;
    const classes = [PathNotFoundError, PathMismatchError, PathMismatchError, PathNotFoundError];
    assert.deepEqual(content.map(({ error }) => error?.constructor), [...classes, undefined]);
    assert.equal(content[4].value, "Ada");
  },

  "a path that is none is PathInvalidError": async ({ collection, key }) => {
    await collection.upsert(key, DOCUMENT);
    const { content } = await collection.lookupIn(key, [LookupInSpec.get("tags["), LookupInSpec.get("name")]);
    assert(content[0].error instanceof couchbase.PathInvalidError, `${content[0].error}`);
    assert.equal(content[1].value, "Ada");
  },

  "a missing document is DocumentNotFoundError": async ({ collection, key }) => {
    await assert.rejects(collection.lookupIn(key, [LookupInSpec.get("a")]), couchbase.DocumentNotFoundError);
  },

  "paths into bytes are DocumentNotJsonError": async ({ collection, key }) => {
    await collection.upsert(key, Buffer.from([0, 1, 2]));
    const { content } = await collection.lookupIn(key, [LookupInSpec.get("a"), LookupInSpec.exists("b")]);
    assert(content[0].error instanceof couchbase.DocumentNotJsonError, `${content[0].error}`);
  },

  "more than 16 paths are InvalidArgumentError": async ({ collection, key }) => {
    await collection.upsert(key, DOCUMENT);
    const specs = Array.from({ length: 17 }, () => LookupInSpec.get("name"));
    await assert.rejects(collection.lookupIn(key, specs), couchbase.InvalidArgumentError);
    assert.equal((await collection.lookupIn(key, specs.slice(1))).content.length, 16);
  },

  "the virtual attributes of a document": async ({ collection, key }) => {
    const { cas, token } = await collection.upsert(key, { a: 1 }, { expiry: 1000 });
    const { content } = await collection.lookupIn(key, [
      LookupInSpec.get(LookupInMacro.Document),
      LookupInSpec.get(LookupInMacro.Cas),
      LookupInSpec.get(LookupInMacro.SeqNo),
      LookupInSpec.get(LookupInMacro.IsDeleted),
      LookupInSpec.get(LookupInMacro.ValueSizeBytes),
      LookupInSpec.get(LookupInMacro.RevId),
      LookupInSpec.get("$document.datatype", { xattr: true }),
      LookupInSpec.get("$vbucket", { xattr: true }),
    ]);
    assert.deepEqual(content.map(({ error }) => error), content.map(() => null));
    const [document, casText, seqno, deleted, size, revision, datatype, vbucket] = content.map(({ value }) => value);
    assert.equal(casText, `0x${BigInt(cas.toString()).toString(16).padStart(16, "0")}`);
    assert.equal(document.CAS, casText);
    assert.equal(document.seqno, seqno);
    assert.equal(BigInt(seqno), BigInt(token.toJSON().sequence_number));
    assert.equal(BigInt(`0x${document.vbucket_uuid.slice(2)}`), BigInt(token.toJSON().partition_uuid));
    assert.deepEqual([deleted, size, datatype], [false, 7, ["json"]]);
    assert.equal(revision, document.revid);
    assert.equal(typeof document.exptime, "number");
    assert.equal(typeof document.last_modified, "string");
    assert.match(vbucket.HLC.now, /^\d+$/);
  },

  "attributes of one's own, beside the body": async ({ collection, key }) => {
    await collection.upsert(key, DOCUMENT);
    await collection.mutateIn(key, [
      MutateInSpec.upsert("meta.author", "Ada", { xattr: true, createPath: true }),
      MutateInSpec.upsert("seen", true),
    ]);
    const { content } = await collection.lookupIn(key, [
      LookupInSpec.get("meta", { xattr: true }),
      LookupInSpec.exists("meta.author", { xattr: true }),
      LookupInSpec.exists("meta"),
      LookupInSpec.get("seen"),
    ]);
    assert.deepEqual(content.map(({ value }) => value), [{ author: "Ada" }, true, false, true]);
    assert.deepEqual((await collection.get(key)).content, { ...DOCUMENT, seen: true });
  },
};
