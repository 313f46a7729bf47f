/** Which parts a body may have: every row against every length of extras, with a key and without, with every small value. */

import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import { ProtocolError } from "../../src/errors.ts";
import { Frame } from "../../src/frame/frame.ts";
import { OPS } from "../../src/ops/table.ts";
import { test } from "../support/test.ts";
import { assertBytes, wire } from "../support/wire_frame.ts";

/** The parts that a message may have; where nothing is said it must not have them. */
interface Parts {
  /** The lengths of extras; 0 only when nothing is said. */
  readonly extras?: readonly number[];
  readonly key?: "must" | "may";
  /** Any value, or one of this length. */
  readonly value?: "may" | number;
}

interface Shapes {
  readonly request: Parts;
  readonly response: Parts;
}

const KEY: Parts = { key: "must" };
const STORE: Parts = { extras: [8], key: "must", value: "may" };
const COUNT: Parts = { extras: [20], key: "must" };
/** Some servers repeat the key, although only those that are asked to should. */
const ITEM: Parts = { extras: [4], key: "may", value: "may" };
const ITEM_WITH_KEY: Parts = { extras: [4], key: "must", value: "may" };
const TOUCH: Parts = { extras: [4], key: "must" };
/** Couchbase sends where the write stands in the history of its vbucket, once that was agreed on. */
const WRITTEN: Parts = { extras: [0, 16] };
const NOTHING: Parts = {};

const SHAPES: Readonly<Record<string, Shapes>> = {
  get: { request: KEY, response: ITEM },
  getk: { request: KEY, response: ITEM_WITH_KEY },
  gat: { request: TOUCH, response: ITEM },
  gatk: { request: TOUCH, response: ITEM_WITH_KEY },
  // memcached.org sends the flags, Couchbase does not.
  touch: { request: TOUCH, response: { extras: [0, 4] } },
  set: { request: STORE, response: WRITTEN },
  add: { request: STORE, response: WRITTEN },
  replace: { request: STORE, response: WRITTEN },
  append: { request: { key: "must", value: "may" }, response: WRITTEN },
  prepend: { request: { key: "must", value: "may" }, response: WRITTEN },
  delete: { request: KEY, response: WRITTEN },
  increment: { request: COUNT, response: { extras: [0, 16], value: 8 } },
  decrement: { request: COUNT, response: { extras: [0, 16], value: 8 } },
  quit: { request: NOTHING, response: NOTHING },
  // The delay may be left out.
  flush: { request: { extras: [0, 4] }, response: NOTHING },
  noop: { request: NOTHING, response: NOTHING },
  version: { request: NOTHING, response: { value: "may" } },
  // The general statistics have no name; some groups of Couchbase take a value, which is not looked at here.
  stat: { request: { key: "may", value: "may" }, response: { key: "may", value: "may" } },
  verbosity: { request: { extras: [4] }, response: NOTHING },
  "sasl-list-mechs": { request: NOTHING, response: { value: "may" } },
  "sasl-auth": { request: { key: "may", value: "may" }, response: { value: "may" } },
  "sasl-step": { request: { key: "may", value: "may" }, response: { value: "may" } },
};

function allows(parts: Parts, extras: number, key: number, value: number): boolean {
  if (!(parts.extras ?? [0]).includes(extras)) return false;
  if (parts.key === undefined ? key > 0 : parts.key === "must" && key === 0) return false;
  if (parts.value === "may") return true;
  return value === (parts.value ?? 0);
}

/** The opcodes of memcached.org, without the quiet ones. */
const MEMCACHED = [...Array(0x11).keys(), 0x1b, 0x1c, 0x1d, 0x20, 0x21, 0x22, 0x23].filter((opcode) =>
  opcode !== 0x09 && opcode !== 0x0d
);

test("SHAPES covers every row of memcached.org", () => {
  const names = OPS.filter(({ opcode }) => MEMCACHED.includes(opcode)).map(({ name }) => name);
  assertEquals(names.sort(), Object.keys(SHAPES).sort());
  assertEquals(names.length, MEMCACHED.length);
});

interface Arrangement {
  readonly bytes: Uint8Array;
  readonly extras: number;
  readonly key: number;
  readonly value: number;
}

/** Frames of an opcode with every length of extras, with a key and without, with small values of all bits or none. */
function arrangements(opcode: number, magic: number): Arrangement[] {
  const all: Arrangement[] = [];
  for (let extras = 0; extras <= 34; extras++) {
    for (const key of [0, 1, 250]) {
      for (const value of [0, 1, 7, 8, 9, 16]) {
        for (const fill of [0, 0xff]) {
          const parts = { extras: new Uint8Array(extras).fill(fill), value: new Uint8Array(value).fill(fill) };
          all.push({ bytes: wire({ magic, opcode, key: "k".repeat(key), ...parts }), extras, key, value });
        }
      }
    }
  }
  return all;
}

for (const op of OPS) {
  for (const side of ["request", "response"] as const) {
    const parts = SHAPES[op.name]?.[side];
    const magic = side === "request" ? 0x80 : 0x81;
    test(`row ${op.name} reads a ${side} with the parts that it may have, and refuses all others`, () => {
      let good = 0;
      for (const { bytes, extras, key, value } of arrangements(op.opcode, magic)) {
        let error: unknown;
        try {
          op[side].read(Frame.from(bytes));
          good++;
        } catch (thrown) {
          assertInstanceOf(thrown, ProtocolError);
          assertBytes(thrown.bytes, bytes.slice(0, 24));
          error = thrown;
        }
        // Of other rows no more is said here than that they refuse by the right error.
        if (parts === undefined) continue;
        assertEquals(error === undefined, allows(parts, extras, key, value), `${extras}, ${key}, ${value}`);
      }
      assert(good > 0 || parts === undefined);
    });
  }
}
