/** Reads and changes against a naive model, which parses the document, changes it and writes it anew. */

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import * as ops from "../../../src/ops/subdoc.ts";
import { lookupOne } from "../../../src/server/subdoc/lookup.ts";
import { mutateOne } from "../../../src/server/subdoc/mutate.ts";
import { Status } from "../../../src/wire/status.ts";
import { test } from "../../support/test.ts";
import { documentOf, spec, spread, text } from "./support.ts";

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type Step = string | number;

const key = fc.constantFrom("a", "x.y", "q`r", 'e"f', "é");
const scalar: fc.Arbitrary<Json> = fc.oneof(fc.integer(), fc.boolean(), fc.constant(null), fc.string({ maxLength: 4 }));
const { tree } = fc.letrec<{ tree: Json }>((tie) => ({
  tree: fc.oneof(
    { depthSize: "small" },
    scalar,
    fc.array(tie("tree"), { maxLength: 4 }),
    fc.dictionary(key, tie("tree"), { maxKeys: 4, noNullPrototype: true }),
  ),
}));
const root = fc.oneof(
  fc.array(tree, { maxLength: 5 }),
  fc.dictionary(key, tree, { maxKeys: 5, noNullPrototype: true }),
);
const way = fc.array(fc.oneof(key, fc.integer({ min: -1, max: 3 })), { minLength: 1, maxLength: 3 });

/** A path as it is written. */
function written(steps: readonly Step[]): string {
  return steps.map((step, i) => {
    if (typeof step === "number") return `[${step}]`;
    const name = `\`${step.replaceAll("`", "``").replaceAll('"', '\\"')}\``;
    return i === 0 ? name : `.${name}`;
  }).join("");
}

/** JSON text with blanks that the model does not have. */
function loose(value: Json, blanks: number): string {
  return spread(JSON.stringify(value), ["", " ", "\n\t", "", "  "].slice(0, blanks));
}

/** What a path leads to; `undefined` if to nothing, a status if it cannot be followed. */
function follow(value: Json, steps: readonly Step[]): { at: Json } | undefined | "mismatch" {
  let at = value;
  for (const step of steps) {
    if (typeof at !== "object" || at === null || Array.isArray(at) !== (typeof step === "number")) return "mismatch";
    const next = Array.isArray(at) ? at.at(step as number) : Object.hasOwn(at, step) ? at[step as string] : undefined;
    if (next === undefined) return undefined;
    at = next;
  }
  return { at };
}

/** Changes the model in place, or says why it cannot be: the statuses follow the description of each operation. */
function change(model: Json, op: Op, steps: readonly Step[], value: Json): number {
  const there = follow(model, steps);
  const parent = follow(model, steps.slice(0, -1));
  const last = steps.at(-1)!;
  if (there === "mismatch" || parent === "mismatch") return Status.SUBDOC_PATH_MISMATCH;
  if (op === ops.SUBDOC_DICT_ADD || op === ops.SUBDOC_DICT_UPSERT) {
    if (typeof last === "number") return Status.SUBDOC_PATH_EINVAL;
    if (parent === undefined) return Status.SUBDOC_PATH_ENOENT;
    if (op === ops.SUBDOC_DICT_ADD && there !== undefined) return Status.SUBDOC_PATH_EEXISTS;
    (parent.at as Record<string, Json>)[last] = value;
    return Status.SUCCESS;
  }
  if (there === undefined || parent === undefined) return Status.SUBDOC_PATH_ENOENT;
  if (op === ops.SUBDOC_ARRAY_PUSH_LAST || op === ops.SUBDOC_ARRAY_PUSH_FIRST) {
    if (!Array.isArray(there.at)) return Status.SUBDOC_PATH_MISMATCH;
    if (op === ops.SUBDOC_ARRAY_PUSH_LAST) there.at.push(value);
    else there.at.unshift(value);
    return Status.SUCCESS;
  }
  const holder = parent.at as Record<Step, Json>;
  const place = last === -1 ? (parent.at as Json[]).length - 1 : last;
  if (op === ops.SUBDOC_REPLACE) holder[place] = value;
  else if (Array.isArray(holder)) holder.splice(place as number, 1);
  else delete holder[place];
  return Status.SUCCESS;
}

type Op = typeof MODELLED[number];
const MODELLED = [
  ops.SUBDOC_DICT_ADD,
  ops.SUBDOC_DICT_UPSERT,
  ops.SUBDOC_REPLACE,
  ops.SUBDOC_DELETE,
  ops.SUBDOC_ARRAY_PUSH_LAST,
  ops.SUBDOC_ARRAY_PUSH_FIRST,
] as const;

test("reads find what a parsed document has", () => {
  let found = 0;
  fc.assert(
    fc.property(root, way, fc.nat(5), (value, steps, blanks) => {
      const document = documentOf(loose(value, blanks));
      const { status, value: answer } = lookupOne(document, spec(ops.SUBDOC_GET, written(steps)));
      const expected = follow(value, steps);
      if (expected === "mismatch") return assertEquals(status, Status.SUBDOC_PATH_MISMATCH);
      if (expected === undefined) return assertEquals(status, Status.SUBDOC_PATH_ENOENT);
      assertEquals([status, JSON.parse(text(answer))], [Status.SUCCESS, expected.at]);
      found++;
      const count = lookupOne(document, spec(ops.SUBDOC_GET_COUNT, written(steps)));
      if (typeof expected.at !== "object" || expected.at === null) {
        return assertEquals(count.status, Status.SUBDOC_PATH_MISMATCH);
      }
      assertEquals(text(count.value), String(Object.keys(expected.at).length));
    }),
    { seed: 21, numRuns: 4_000 },
  );
  assert(found > 200, `only ${found} paths led to something`);
});

test("changes do what is done to a parsed document, one after the other", () => {
  const changes = fc.array(fc.tuple(fc.constantFrom(...MODELLED), way, tree), { minLength: 1, maxLength: 8 });
  const held = new Map<Op, number>();
  fc.assert(
    fc.property(root, changes, fc.nat(5), (value, changes, blanks) => {
      const model = structuredClone(value);
      let document = documentOf(loose(value, blanks));
      for (const [op, steps, given] of changes) {
        const value = op === ops.SUBDOC_DELETE ? undefined : loose(given, blanks + 1);
        const { status, write } = mutateOne(document, spec(op, written(steps), value));
        assertEquals(status, change(model, op, steps, structuredClone(given)), `${op.name} ${written(steps)}`);
        document = write?.document ?? document;
        if (write !== undefined) held.set(op, (held.get(op) ?? 0) + 1);
        assertEquals(JSON.parse(text(document.body)), model);
      }
    }),
    { seed: 22, numRuns: 2_000 },
  );
  for (const op of MODELLED) assert((held.get(op) ?? 0) > 30, `${op.name} held ${held.get(op)} times`);
});

test("a change leaves what is before and behind it byte for byte", () => {
  fc.assert(
    fc.property(tree, tree, tree, tree, fc.nat(5), (before, old, behind, value, blanks) => {
      const [head, tail] = [`{ "u" :${loose(before, blanks)} ,"v": `, ` , "w":${loose(behind, blanks + 1)}\n}`];
      const document = documentOf(head + loose(old, blanks).trim() + tail);
      const given = loose(value, blanks);
      const { write } = mutateOne(document, spec(ops.SUBDOC_REPLACE, "v", given));
      assertEquals(text(write!.document.body), head + given + tail);
    }),
    { seed: 23, numRuns: 300 },
  );
});

test("making the way makes what a parsed document would have", () => {
  fc.assert(
    fc.property(fc.array(key, { minLength: 1, maxLength: 32 }), tree, (names, value) => {
      const put = spec(ops.SUBDOC_DICT_ADD, written(names), JSON.stringify(value), ops.PathFlag.MKDIR_P);
      const { status, write } = mutateOne(documentOf('{"z":0}'), put);
      if (status === Status.SUBDOC_VALUE_ETOODEEP) return;
      assertEquals(status, Status.SUCCESS);
      const made = names.reduceRight<Json>((inner, name) => ({ [name]: inner }), value) as Record<string, Json>;
      assertEquals(JSON.parse(text(write!.document.body)), { z: 0, ...made });
    }),
    { seed: 24, numRuns: 300 },
  );
});
