/** The vectors agree with themselves: what they say in words, in fields and in bytes is the same. Read by plain code. */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { hex } from "../support/hex.ts";
import { test } from "../support/test.ts";
import { VECTORS } from "./all.ts";
import { ALL_EXCHANGES } from "./memcached_1_6.ts";
import { cutFrames, digits, HEADER, readFields, REQUEST_MAGICS, RESPONSE_MAGICS } from "./plain.ts";
import { MISWRITTEN, REJECTED, type Rejected, type RejectReason } from "./rejected.ts";
import { SEED_SEQNOS, SEQNOS, SEQNOS_SHA256 } from "./seed_seqnos.ts";
import type { Vector, VectorFields } from "./vector.ts";

/** The opcodes of memcached.org, and VERBOSITY, which only the documents give it. */
const MEMCACHED_OPCODES = [...Array(0x1f).keys(), 0x20, 0x21, 0x22, 0x23, 0x24];

/** Of them, those that are silent when all is well, so that no success of theirs exists. */
const SILENT = [0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x19, 0x1a];

const PARTS = ["framingExtras", "extras", "key", "value"] as const;

for (const vector of VECTORS) {
  test(`vector agrees with itself: ${vector.name}`, () => {
    const bytes = hex(vector.hex);
    assertEquals(bytes.length, HEADER + vector.fields.bodyLength);
    assertEquals(withoutBlanks(vector.fields), readFields(bytes));
    const magics = vector.side === "request" ? REQUEST_MAGICS : RESPONSE_MAGICS;
    assert(magics.includes(vector.fields.magic), "the magic is of the other side");
    // The strokes in the text part what the header parts.
    const parts = PARTS.map((part) => vector.fields[part]).filter((part) => part !== undefined);
    assertEquals(
      vector.hex.split("|").slice(1).map((part) => digits(hex(part))),
      parts.map((part) => digits(hex(part))),
    );
  });
}

test("vectors have names of their own", () => {
  assertEquals(repeated(VECTORS.map(({ name }) => name)), []);
});

test("vectors with the same bytes mean the same", () => {
  const seen = new Map<string, Vector>();
  for (const vector of VECTORS) {
    const bytes = digits(hex(vector.hex));
    const { fields, op, message, refused } = seen.get(bytes) ?? vector;
    assertEquals(
      { fields: withoutBlanks(vector.fields), op: vector.op, message: vector.message, refused: vector.refused },
      { fields: withoutBlanks(fields), op, message, refused },
      vector.name,
    );
    seen.set(bytes, vector);
  }
});

test("vectors call each opcode by one name, and each name is of one opcode", () => {
  const pairs = new Set(
    VECTORS.map(({ op, fields }) => `${fields.magic === 0x82 ? "server " : ""}${fields.opcode}=${op}`),
  );
  assertEquals(repeated([...pairs].map((pair) => pair.split("=")[0] as string)), []);
  assertEquals(repeated([...pairs].map((pair) => pair.split("=")[1] as string)), []);
});

test("vectors of memcached.org's opcodes say what they mean, or why they mean nothing", () => {
  for (const { name, fields, message, refused } of VECTORS) {
    const ours = fields.magic !== 0x82 && MEMCACHED_OPCODES.includes(fields.opcode);
    if (ours) assert((message === undefined) !== (refused === undefined), name);
  }
});

test("vectors hold a good request and a good answer of every opcode of memcached.org", () => {
  const good = (side: Vector["side"], opcode: number): boolean =>
    VECTORS.some(({ side: of, fields, message }) =>
      of === side && fields.opcode === opcode && message !== undefined &&
      (side === "request" || fields.vbucketOrStatus === 0)
    );
  const bare = MEMCACHED_OPCODES.flatMap((opcode) => [
    ...(good("request", opcode) ? [] : [`request ${opcode}`]),
    ...(good("response", opcode) === SILENT.includes(opcode) ? [`response ${opcode}`] : []),
  ]);
  assertEquals(bare, []);
});

test("the file with seqnos is as it was", async () => {
  const body = hex((SEED_SEQNOS[0] as Vector).fields.value ?? "");
  assertEquals(digits(new Uint8Array(await crypto.subtle.digest("SHA-256", body))), SEQNOS_SHA256);
  assertEquals([SEQNOS.length, Math.min(...SEQNOS), Math.max(...SEQNOS), SEQNOS.reduce((a, b) => a + b)], [
    1024,
    4,
    21,
    13072,
  ]);
});

/** What makes bytes wrong in each way, in plain code. */
const WRONG: Readonly<Record<RejectReason, (bytes: Uint8Array, row: Rejected) => boolean>> = {
  magic: ([magic]) => ![...REQUEST_MAGICS, ...RESPONSE_MAGICS].includes(magic as number),
  side: ([magic], { side }) => (side === "request" ? RESPONSE_MAGICS : REQUEST_MAGICS).includes(magic as number),
  cut: (bytes, { length }) =>
    bytes.length === length && (length < HEADER || length < HEADER + readFields(bytes).bodyLength),
  lengths: (bytes) => {
    const { framingLength = 0, extrasLength, keyLength, bodyLength } = readFields(bytes);
    return framingLength + extrasLength + keyLength > bodyLength;
  },
  limit: (bytes, { maxBody = Infinity }) => readFields(bytes).bodyLength > maxBody,
  extras: (bytes, { asked }) => cutFrames(bytes).length === 1 && readFields(bytes).opcode === asked,
  opcode: (bytes, { asked = -1 }) => cutFrames(bytes).length === 1 && readFields(bytes).opcode !== asked,
  trailing: (bytes, { length = 0 }) => cutFrames(bytes.subarray(0, length)).length === 1 && bytes.length > length,
};

for (const row of REJECTED) {
  test(`rejected bytes are wrong as they say: ${row.name}`, () => {
    const bytes = hex(row.hex);
    assert(WRONG[row.reason](bytes, row));
    // Nothing else is wrong before that.
    if (row.reason !== "magic") assert([...REQUEST_MAGICS, ...RESPONSE_MAGICS].includes(bytes[0] as number));
    if (!["magic", "side", "lengths"].includes(row.reason) && bytes.length >= HEADER) {
      assert(!WRONG.lengths(bytes, row));
    }
  });
}

test("miswritten requests are frames, as are the right ones", () => {
  assertEquals(repeated([...REJECTED, ...MISWRITTEN].map(({ name }) => name)), []);
  for (const { name, hex: wrong, right } of MISWRITTEN) {
    assertEquals(cutFrames(hex(wrong)).length, 1, name);
    if (right === undefined) continue;
    assertEquals(cutFrames(hex(right)).length, 1, name);
    assert(digits(hex(right)) !== digits(hex(wrong)), name);
  }
});

test("exchanges have names of their own, masks over a CAS, and silence that a later step proves", () => {
  assertEquals(repeated(ALL_EXCHANGES.map(({ name }) => name)), []);
  for (const { name, steps, speaksText } of ALL_EXCHANGES) {
    for (const [index, step] of steps.entries()) {
      assert(hex(step.send).length > 0, name);
      const received = hex(step.receive);
      const last = index === steps.length - 1;
      assert(!step.closes || last, `${name}: a step after the close`);
      assert(received.length > 0 || step.closes || !last, `${name}: silence at the end`);
      if (step.casOf !== undefined) assert(step.casOf < index, `${name}: a CAS from a later step`);
      if (speaksText) continue;
      // Every CAS that is not 0 is masked, and nothing else is.
      let at = 0;
      const casAt = cutFrames(received).flatMap((frame) => {
        const found = readFields(frame).cas === 0n ? [] : [[at + 16, 8]];
        at += frame.length;
        return found;
      });
      assertEquals(step.mask ?? [], casAt as [number, number][], name);
    }
  }
});

test("the plain reader refuses what is no frame", () => {
  assertThrows(() => cutFrames(hex("80 0a 0000 00 00 0000 00000001 00000000 0000000000000000")), RangeError);
  assertThrows(() => cutFrames(hex("80 0a")), RangeError);
});

function withoutBlanks(fields: VectorFields): VectorFields {
  const parts = PARTS.flatMap((part) => fields[part] === undefined ? [] : [[part, digits(hex(fields[part]))]]);
  return { ...fields, ...Object.fromEntries(parts) };
}

function repeated(names: readonly string[]): string[] {
  return names.filter((name, index) => names.indexOf(name) !== index);
}
