import assert from "node:assert/strict";
import { couchbase } from "./couchbase.mjs";

const { MutationState, PrefixScan, RangeScan, SamplingScan, ScanTerm } = couchbase;

/** Eleven documents in a collection of their own, and what is needed to see them all. */
async function fill({ bucket, key }) {
  const scanned = bucket.scope("shop").collection("scanned");
  const names = Array.from({ length: 11 }, (_, i) => `${key}-${String.fromCharCode(97 + i)}`);
  const written = await Promise.all(names.map((name, i) => scanned.upsert(name, { i })));
  return { scanned, names, consistentWith: new MutationState(...written.map(({ token }) => token)) };
}

const idsOf = (results) => results.map(({ id }) => id).sort();

export default {
  "a range of keys, with both ends and without": async (context) => {
    const { scanned, names, consistentWith } = await fill(context);
    const inclusive = new RangeScan(new ScanTerm(names[2]), new ScanTerm(names[5]));
    assert.deepEqual(idsOf(await scanned.scan(inclusive, { consistentWith })), names.slice(2, 6));
    const exclusive = new RangeScan(new ScanTerm(names[2], true), new ScanTerm(names[5], true));
    assert.deepEqual(idsOf(await scanned.scan(exclusive, { consistentWith })), names.slice(3, 5));
  },

  "a prefix, with what the documents hold": async (context) => {
    const { scanned, names, consistentWith } = await fill(context);
    const results = await scanned.scan(new PrefixScan(context.key), { consistentWith, batchItemLimit: 1 });
    assert.deepEqual(idsOf(results), names);
    for (const { id, content, cas } of results) {
      assert.deepEqual(content, { i: names.indexOf(id) });
      assert.notEqual(cas.toString(), "0");
    }
  },

  "keys alone": async (context) => {
    const { scanned, names, consistentWith } = await fill(context);
    const results = await scanned.scan(new PrefixScan(context.key), { consistentWith, idsOnly: true });
    assert.deepEqual(idsOf(results), names);
    assert.deepEqual([...new Set(results.map(({ content }) => content))], [undefined]);
  },

  "a range without documents": async (context) => {
    const { scanned } = await fill(context);
    assert.deepEqual(await scanned.scan(new PrefixScan(`${context.key}-none`)), []);
  },

  "a sample is of as many as were asked for": async (context) => {
    const { scanned, consistentWith } = await fill(context);
    const results = await scanned.scan(new SamplingScan(5, 1), { consistentWith });
    assert.equal(new Set(results.map(({ id }) => id)).size, 5);
  },
};
