/** Noise: whatever comes, nothing is thrown and the answer is a status. */

import { assert } from "@std/assert";
import fc from "fast-check";
import { GET } from "../../../src/ops/retrieval.ts";
import { DELETE, SET } from "../../../src/ops/storage.ts";
import { lookup } from "../../../src/server/subdoc/lookup.ts";
import { mutate } from "../../../src/server/subdoc/mutate.ts";
import { Status, statusInfo } from "../../../src/wire/status.ts";
import { test } from "../../support/test.ts";
import { bytes, documentOf, text, tombstoneOf } from "./support.ts";

const OPCODES = [...Array.from({ length: 16 }, (_, i) => 0xc5 + i), GET.opcode, SET.opcode, DELETE.opcode];
const noise = fc.oneof(
  fc.uint8Array({ maxLength: 12 }),
  fc.array(fc.constantFrom(...'ab.[]`-10\\"$_{}:, é\n'.split("")), { maxLength: 10 }).map((parts) =>
    bytes(parts.join(""))
  ),
  fc.constantFrom("a", "a.b", "a[0]", "$document", "$document.CAS", "_x.y", "x", "", "1", '"${Mutation.CAS}"').map(
    bytes,
  ),
);
const body = fc.oneof(noise, fc.json({ maxDepth: 2 }).map(bytes));
const noisySpec = fc.record({
  opcode: fc.constantFrom(...OPCODES),
  pathFlags: fc.oneof(fc.constantFrom(0, 0x01, 0x04, 0x05, 0x14, 0x24), fc.nat(255)),
  path: noise,
  value: fc.oneof(noise, fc.json({ maxDepth: 1 }).map(bytes), fc.constant(new Uint8Array(0))),
});

test("whatever the document and the paths, the answer is a known status, and what is made of JSON is JSON", () => {
  const statuses = new Set<number>();
  fc.assert(
    fc.property(
      body,
      fc.dictionary(fc.constantFrom("x", "_x", "a"), body, { maxKeys: 2 }),
      fc.array(noisySpec, { maxLength: 4 }),
      fc.oneof(fc.constantFrom(0, 1, 4), fc.nat(255)),
      fc.constantFrom("alive", "dead", "none"),
      (body, xattrs, specs, documentFlags, state) => {
        const alive = documentOf("", {}, { body, isJson: true, xattrs: new Map(Object.entries(xattrs)) });
        const documents = { alive, dead: tombstoneOf(), none: undefined };
        const document = documents[state as keyof typeof documents];
        const answers = [lookup(document, specs, { documentFlags }), mutate(document, specs, { documentFlags })];
        for (const { status, results } of answers) {
          for (const code of [status, ...results.map((result) => result.status)]) {
            statuses.add(code);
            assert(statusInfo(code).name in Status, `unknown status ${code}`);
          }
        }
        const made = mutate(documentOf('{"a":[1]}'), specs, { documentFlags }).write;
        if (made?.document.isJson) JSON.parse(text(made.document.body));
        for (const value of made?.finish({ cas: 1n, seqno: 2n }).xattrs.values() ?? []) JSON.parse(text(value));
      },
    ),
    { seed: 25, numRuns: 6_000 },
  );
  assert(statuses.size > 12, `only statuses ${[...statuses]}`);
});
