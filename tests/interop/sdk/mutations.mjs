import assert from "node:assert/strict";
import { couchbase } from "./couchbase.mjs";

const { LookupInSpec, MutateInMacro, MutateInSpec, StoreSemantics } = couchbase;

export default {
  "upsert, insert, replace and remove of paths": async ({ collection, key }) => {
    await collection.upsert(key, { old: 1, gone: 2, same: 3 });
    const { cas } = await collection.mutateIn(key, [
      MutateInSpec.upsert("new", { deep: [1] }),
      MutateInSpec.insert("a.b.c", null, { createPath: true }),
      MutateInSpec.replace("old", "replaced"),
      MutateInSpec.remove("gone"),
    ]);
    const found = await collection.get(key);
    assert.deepEqual(found.content, { old: "replaced", same: 3, new: { deep: [1] }, a: { b: { c: null } } });
    assert.equal(found.cas.toString(), cas.toString());
  },

  "arrays: append, prepend, insert, add once": async ({ collection, key }) => {
    await collection.upsert(key, { list: [5] });
    await collection.mutateIn(key, [
      MutateInSpec.arrayAppend("list", 6),
      MutateInSpec.arrayAppend("list", [7, 8], { multi: true }),
      MutateInSpec.arrayPrepend("list", [1, 2], { multi: true }),
      MutateInSpec.arrayInsert("list[2]", "three"),
      MutateInSpec.arrayAddUnique("list", 9),
      MutateInSpec.arrayAppend("other", "made", { createPath: true }),
    ]);
    assert.deepEqual((await collection.get(key)).content, { list: [1, 2, "three", 5, 6, 7, 8, 9], other: ["made"] });
    const again = collection.mutateIn(key, [MutateInSpec.arrayAddUnique("list", 9)]);
    await assert.rejects(again, couchbase.PathExistsError);
  },

  "counters give what they have become": async ({ collection, key }) => {
    await collection.upsert(key, { n: 1 });
    const { content } = await collection.mutateIn(key, [
      MutateInSpec.increment("n", 41),
      MutateInSpec.upsert("between", true),
      MutateInSpec.decrement("made", 5, { createPath: true }),
    ]);
    assert.equal(content[0].value, 42);
    assert.equal(content[2].value, -5);
    assert.deepEqual((await collection.get(key)).content, { n: 42, between: true, made: -5 });
  },

  "nothing is changed when one path fails": async ({ collection, key }) => {
    await collection.upsert(key, { a: 1 });
    const specs = [MutateInSpec.upsert("b", 2), MutateInSpec.insert("a", 3)];
    await assert.rejects(collection.mutateIn(key, specs), couchbase.PathExistsError);
    assert.deepEqual((await collection.get(key)).content, { a: 1 });
  },

  "errors of the right class": async ({ collection, key }) => {
    // A number that is too large for 64 bits must be text on its way: the SDK writes it otherwise.
    const transcoder = new couchbase.RawJsonTranscoder();
    await collection.upsert(key, `{"text":"t","list":[1],"max":${2n ** 63n - 1n},"huge":${2n ** 70n}}`, { transcoder });
    const cases = [
      [MutateInSpec.replace("missing", 1), couchbase.PathNotFoundError],
      [MutateInSpec.remove("missing"), couchbase.PathNotFoundError],
      [MutateInSpec.upsert("a.b", 1), couchbase.PathNotFoundError],
      [MutateInSpec.arrayInsert("list[5]", 1), couchbase.PathNotFoundError],
      [MutateInSpec.insert("text", 1), couchbase.PathExistsError],
      [MutateInSpec.upsert("text.member", 1), couchbase.PathMismatchError],
      [MutateInSpec.arrayAppend("text", 1), couchbase.PathMismatchError],
      [MutateInSpec.arrayAddUnique("list", {}), couchbase.ValueInvalidError],
      [MutateInSpec.increment("text", 1), couchbase.PathMismatchError],
      [MutateInSpec.increment("max", 1), couchbase.ValueInvalidError],
      [MutateInSpec.increment("huge", 1), couchbase.NumberTooBigError],
      [MutateInSpec.increment("new", 0), couchbase.DeltaInvalidError],
      [MutateInSpec.upsert("list[", 1), couchbase.PathInvalidError],
      [MutateInSpec.upsert("a".repeat(1025), 1), couchbase.PathTooBigError],
      [MutateInSpec.upsert(Array(33).fill("a").join("."), 1, { createPath: true }), couchbase.PathTooBigError],
    ];
    for (const [spec, wanted] of cases) {
      const error = await collection.mutateIn(key, [spec]).catch((error) => error);
      assert.equal(error?.constructor?.name, wanted.name, `for ${spec._path.slice(0, 40)} ${spec._data}`);
    }
    await collection.upsert(`${key}-deep`, JSON.parse(`{"a":${"[".repeat(40)}${"]".repeat(40)}}`));
    const deep = collection.mutateIn(`${key}-deep`, [MutateInSpec.upsert("b", 1)]);
    await assert.rejects(deep, couchbase.PathTooDeepError);
    const missing = collection.mutateIn(`${key}-missing`, [MutateInSpec.upsert("a", 1)]);
    await assert.rejects(missing, couchbase.DocumentNotFoundError);
    const many = Array.from({ length: 17 }, (_, i) => MutateInSpec.upsert(`m${i}`, i));
    await assert.rejects(collection.mutateIn(key, many), couchbase.InvalidArgumentError);
    await collection.mutateIn(key, many.slice(1));
  },

  "with the CAS, and with a stale one": async ({ collection, key }) => {
    const { cas } = await collection.upsert(key, {});
    await collection.mutateIn(key, [MutateInSpec.upsert("a", 1)], { cas });
    await assert.rejects(
      collection.mutateIn(key, [MutateInSpec.upsert("a", 2)], { cas }),
      couchbase.CasMismatchError,
    );
  },

  "a document that is made by the way": async ({ collection, key }) => {
    const specs = (value) => [MutateInSpec.upsert("a", value)];
    await collection.mutateIn(key, specs(1), { storeSemantics: StoreSemantics.Upsert });
    await collection.mutateIn(key, specs(2), { storeSemantics: StoreSemantics.Upsert });
    assert.deepEqual((await collection.get(key)).content, { a: 2 });
    await collection.mutateIn(`${key}-insert`, specs(3), { storeSemantics: StoreSemantics.Insert });
    await assert.rejects(
      collection.mutateIn(`${key}-insert`, specs(4), { storeSemantics: StoreSemantics.Insert }),
      couchbase.DocumentExistsError,
    );
  },

  "with an expiry, and keeping it": async ({ collection, key }) => {
    await collection.upsert(key, {});
    await collection.mutateIn(key, [MutateInSpec.upsert("a", 1)], { expiry: 1000 });
    const { expiryTime } = await collection.get(key, { withExpiry: true });
    assert(expiryTime > 0);
    await collection.mutateIn(key, [MutateInSpec.upsert("a", 2)], { preserveExpiry: true });
    assert.equal((await collection.get(key, { withExpiry: true })).expiryTime, expiryTime);
  },

  "macros: CAS, sequence number and checksum": async ({ collection, key }) => {
    await collection.upsert(key, { a: 1 });
    const { cas } = await collection.mutateIn(key, [
      MutateInSpec.upsert("x.cas", MutateInMacro.Cas, { createPath: true }),
      MutateInSpec.upsert("x.seqno", MutateInMacro.SeqNo, { createPath: true }),
      MutateInSpec.upsert("x.crc", MutateInMacro.ValueCrc32c, { createPath: true }),
    ]);
    const { content } = await collection.lookupIn(key, [
      LookupInSpec.get("x", { xattr: true }),
      LookupInSpec.get("$document.CAS", { xattr: true }),
      LookupInSpec.get("$document.seqno", { xattr: true }),
      LookupInSpec.get("$document.value_crc32c", { xattr: true }),
    ]);
    const [x, casNow, seqno, checksum] = content.map(({ value }) => value);
    // CRC-32C of the body.
    assert.equal(checksum, "0xcff7d56a");
    assert.deepEqual([x.seqno, x.crc], [seqno, checksum]);
    // The text that a write leaves has the bytes of the CAS the other way round.
    const swapped = `0x${x.cas.slice(2).match(/../g).reverse().join("")}`;
    assert.equal(BigInt(swapped), BigInt(cas.toString()));
    assert.equal(casNow, swapped);
  },

  "attributes: made, counted, removed": async ({ collection, key }) => {
    await collection.upsert(key, { body: 1 });
    await collection.mutateIn(key, [
      MutateInSpec.insert("app.visits", 1, { xattr: true, createPath: true }),
      MutateInSpec.arrayAppend("app.list", "x", { xattr: true, createPath: true }),
    ]);
    await collection.mutateIn(key, [MutateInSpec.increment("app.visits", 2, { xattr: true })]);
    const read = () => collection.lookupIn(key, [LookupInSpec.get("app", { xattr: true })]);
    assert.deepEqual((await read()).content[0].value, { visits: 3, list: ["x"] });
    await collection.mutateIn(key, [MutateInSpec.remove("app", { xattr: true })]);
    assert((await read()).content[0].error instanceof couchbase.PathNotFoundError);
    assert.deepEqual((await collection.get(key)).content, { body: 1 });
  },

  "the whole document beside an attribute": async ({ collection, key }) => {
    await collection.upsert(key, { old: 1 });
    await collection.mutateIn(key, [
      MutateInSpec.upsert("app", 1, { xattr: true }),
      MutateInSpec.replace("", { new: 2 }),
    ]);
    assert.deepEqual((await collection.get(key)).content, { new: 2 });
    await collection.mutateIn(key, [
      MutateInSpec.upsert("app", 2, { xattr: true }),
      MutateInSpec.remove(""),
    ]);
    assert.equal((await collection.exists(key)).exists, false);
  },

  "upsert leaves the attributes as they are, remove takes them away": async ({ collection, key }) => {
    const read = async () =>
      (await collection.lookupIn(key, [LookupInSpec.get("app", { xattr: true })])).content[0].value;
    await collection.upsert(key, 1);
    await collection.mutateIn(key, [MutateInSpec.upsert("app", 1, { xattr: true })]);
    await collection.upsert(key, { a: 2 });
    assert.equal(await read(), 1);
    await collection.remove(key);
    await collection.upsert(key, { a: 3 });
    assert.equal(await read(), undefined);
  },
};
