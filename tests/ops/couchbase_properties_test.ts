/** Bodies of Couchbase that are lists: any message against a plain writer, any bytes against the rows. */

import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import fc from "fast-check";
import { ProtocolError } from "../../src/errors.ts";
import { Frame } from "../../src/frame/frame.ts";
import { FrameWriter } from "../../src/frame/frame_writer.ts";
import { OBSERVE } from "../../src/ops/observe.ts";
import type { Op } from "../../src/ops/op.ts";
import { RANGE_SCAN_CONTINUE } from "../../src/ops/range_scan.ts";
import { SUBDOC_COUNTER, SUBDOC_DICT_UPSERT, SUBDOC_GET } from "../../src/ops/subdoc.ts";
import { SUBDOC_MULTI_LOOKUP, SUBDOC_MULTI_MUTATION } from "../../src/ops/subdoc_multi.ts";
import { type AnyOp, OPS, SERVER_OPS } from "../../src/ops/table.ts";
import { test } from "../support/test.ts";
import { assertBytes, joined, wire } from "../support/wire_frame.ts";

const u8 = fc.integer({ min: 0, max: 0xff });
const u16 = fc.integer({ min: 0, max: 0xffff });
const u32 = fc.integer({ min: 0, max: 0xffffffff });
const u64 = fc.bigInt({ min: 0n, max: 0xffffffffffffffffn });
const key = fc.uint8Array({ minLength: 1, maxLength: 250 });
const bytes = (maxLength: number) => fc.uint8Array({ maxLength });

/** Objects like those that the rows make. */
function record<T extends object>(model: { readonly [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> {
  return fc.record<T>(model, { noNullPrototype: true });
}

/** Numbers of fixed size and bytes, big-endian: `[width, value]` or bytes. */
type Piece = readonly [width: 1 | 2 | 4 | 8, value: number | bigint] | Uint8Array;

function plain(...pieces: readonly Piece[]): Uint8Array {
  return joined(...pieces.map((piece) => {
    if (piece instanceof Uint8Array) return piece;
    const [width, value] = piece;
    const digits = BigInt(value).toString(16).padStart(width * 2, "0");
    return Uint8Array.from({ length: width }, (_, i) => parseInt(digits.slice(2 * i, 2 * i + 2), 16));
  }));
}

/** Writes a message at a place in the slab: one that lies near its end has the slab move in the middle of it. */
function write(op: AnyOp, side: "request" | "response", message: object, before: number): Frame {
  const out = new FrameWriter();
  out.reserve(before);
  out.begin();
  op[side].write(out, message);
  out.end({ magic: side === "request" ? 0x80 : 0x81, opcode: op.opcode, opaque: 1 });
  return Frame.from(joined(...out.take()).slice(before));
}

/** A slab has 16 KiB at first. */
const before = fc.integer({ min: 15_500, max: 16_384 });
const RUNS = { seed: 1, numRuns: 300 };

function optional<T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.option(value, { nil: undefined });
}

/** A message without the parts that are left out. */
function without(message: object): object {
  return Object.fromEntries(Object.entries(message).filter(([, value]) => value !== undefined));
}

function read(op: AnyOp, side: "request" | "response", frame: Frame): unknown {
  return op[side].read(frame);
}

const options = record({
  expiry: optional(u32),
  userFlags: optional(u32),
  documentFlags: optional(u8),
});

/** What follows in extras: user flags never come without an expiry. */
function plainOptions({ expiry, userFlags, documentFlags }: {
  readonly expiry?: number | undefined;
  readonly userFlags?: number | undefined;
  readonly documentFlags?: number | undefined;
}): Piece[] {
  const pieces: Piece[] = [];
  if (expiry !== undefined || userFlags !== undefined) pieces.push([4, expiry ?? 0]);
  if (userFlags !== undefined) pieces.push([4, userFlags]);
  if (documentFlags !== undefined) pieces.push([1, documentFlags]);
  return pieces;
}

test("sub-document calls of one path are written as the protocol has them, and read back", () => {
  const call = record({ key, path: bytes(300), pathFlags: u8, value: bytes(600), cas: u64, options });
  fc.assert(
    fc.property(call, before, ({ options, ...rest }, before) => {
      const message = without({ ...rest, ...options });
      const frame = write(SUBDOC_DICT_UPSERT, "request", message, before);
      const extras = plain([2, rest.path.length], [1, rest.pathFlags], ...plainOptions(options));
      assertBytes(frame.extras, extras);
      assertBytes(frame.key, rest.key);
      assertBytes(frame.value, joined(rest.path, rest.value));
      assertEquals(frame.cas, rest.cas);
      const expiry = options.userFlags === undefined ? options.expiry : options.expiry ?? 0;
      assertEquals(read(SUBDOC_DICT_UPSERT, "request", frame), without({ ...message, expiry }));
    }),
    RUNS,
  );
});

test("sub-document lookups of one path are written as the protocol has them, and read back", () => {
  fc.assert(
    fc.property(key, bytes(300), u8, optional(u8), before, (key, path, pathFlags, documentFlags, before) => {
      const message = without({ key, path, pathFlags, documentFlags });
      const frame = write(SUBDOC_GET, "request", message, before);
      assertBytes(frame.extras, plain([2, path.length], [1, pathFlags], ...plainOptions({ documentFlags })));
      assertBytes(frame.value, path);
      assertEquals(read(SUBDOC_GET, "request", frame), message);
    }),
    RUNS,
  );
});

const specs = fc.array(record({ opcode: u8, pathFlags: u8, path: bytes(120), value: bytes(200) }), {
  maxLength: 16,
});

test("sub-document calls of many paths are written as the protocol has them, and read back", () => {
  fc.assert(
    fc.property(key, specs, options, u64, before, (key, specs, options, cas, before) => {
      const frame = write(SUBDOC_MULTI_MUTATION, "request", without({ key, specs, cas, ...options }), before);
      assertBytes(frame.extras, plain(...plainOptions(options)));
      const pieces = specs.flatMap(({ opcode, pathFlags, path, value }): Piece[] => [
        [1, opcode],
        [1, pathFlags],
        [2, path.length],
        [4, value.length],
        path,
        value,
      ]);
      assertBytes(frame.value, plain(...pieces));
      const expiry = options.userFlags === undefined ? options.expiry : options.expiry ?? 0;
      assertEquals(read(SUBDOC_MULTI_MUTATION, "request", frame), without({ key, specs, cas, ...options, expiry }));

      const lookups = specs.map(({ value: _, ...spec }) => spec);
      const documentFlags = options.documentFlags;
      const lookup = write(SUBDOC_MULTI_LOOKUP, "request", without({ key, specs: lookups, documentFlags }), before);
      const shorter = lookups.flatMap(({ opcode, pathFlags, path }): Piece[] => [
        [1, opcode],
        [1, pathFlags],
        [2, path.length],
        path,
      ]);
      assertBytes(lookup.value, plain(...shorter));
      assertEquals(read(SUBDOC_MULTI_LOOKUP, "request", lookup), without({ key, specs: lookups, documentFlags }));
    }),
    RUNS,
  );
});

const results = fc.array(record({ status: u16, value: bytes(300) }), { maxLength: 16 });
const token = optional(record({ vbuuid: u64, seqno: u64 }));

test("sub-document answers are written as the protocol has them, and read back", () => {
  fc.assert(
    fc.property(results, u64, token, before, (results, cas, token, before) => {
      const indexed = results.map((result, index) => ({ index, ...result }));
      const head = { failed: false, deleted: false, cas };
      const lookup = write(SUBDOC_MULTI_LOOKUP, "response", { ...head, results: indexed }, before);
      const pieces = results.map(({ status, value }): Piece[] => [[2, status], [4, value.length], value]);
      assertBytes(lookup.value, plain(...pieces.flat()));
      assertEquals(read(SUBDOC_MULTI_LOOKUP, "response", lookup), { ...head, results: indexed });

      // Only those that give a value are told of.
      const given = indexed.filter(({ index }) => index % 3 !== 0);
      const message = without({ ...head, results: given, token });
      const mutation = write(SUBDOC_MULTI_MUTATION, "response", message, before);
      const told = given.flatMap(({ index, status, value }): Piece[] => [
        [1, index],
        [2, status],
        [4, value.length],
        value,
      ]);
      assertBytes(mutation.value, plain(...told));
      assertBytes(
        mutation.extras,
        token === undefined ? new Uint8Array(0) : plain([8, token.vbuuid], [8, token.seqno]),
      );
      assertEquals(read(SUBDOC_MULTI_MUTATION, "response", mutation), message);
    }),
    RUNS,
  );
});

test("answers of one path carry the new number and where it stands in the history", () => {
  fc.assert(
    fc.property(bytes(40), u64, token, before, (value, cas, token, before) => {
      const message = without({ value, cas, deleted: false, token });
      const frame = write(SUBDOC_COUNTER, "response", message, before);
      assertBytes(frame.value, value);
      assertEquals(read(SUBDOC_COUNTER, "response", frame), message);
    }),
    RUNS,
  );
});

/** LEB128 as the text books have it. */
function plainLeb128(value: number): Uint8Array {
  const groups: number[] = [];
  let rest = value;
  do {
    groups.push(rest % 128);
    rest = Math.floor(rest / 128);
  } while (rest > 0);
  return Uint8Array.from(groups, (group, i) => i < groups.length - 1 ? group + 128 : group);
}

const scanned = fc.array(
  record({
    // Around the lengths that take another byte.
    key: fc.oneof(key, fc.uint8Array({ minLength: 126, maxLength: 130 })),
    document: record({
      flags: u32,
      expiry: u32,
      seqno: u64,
      cas: u64,
      datatype: u8,
      value: fc.oneof(bytes(300), fc.uint8Array({ minLength: 16_382, maxLength: 16_386 })),
    }),
  }),
  { minLength: 1, maxLength: 8 },
);

test("records of scans are written as the protocol has them, and read back", () => {
  fc.assert(
    fc.property(scanned, before, (items, before) => {
      const frame = write(RANGE_SCAN_CONTINUE, "response", { items, status: 0 }, before);
      assertBytes(frame.extras, plain([4, 1]));
      const pieces = items.flatMap(({ key, document }): Piece[] => [
        [4, document.flags],
        [4, document.expiry],
        [8, document.seqno],
        [8, document.cas],
        [1, document.datatype],
        plainLeb128(key.length),
        key,
        plainLeb128(document.value.length),
        document.value,
      ]);
      assertBytes(frame.value, plain(...pieces));
      assertEquals(read(RANGE_SCAN_CONTINUE, "response", frame), { items, status: 0 });

      const keys = items.map(({ key }) => ({ key }));
      const bare = write(RANGE_SCAN_CONTINUE, "response", { items: keys, status: 0 }, before);
      assertBytes(bare.extras, plain([4, 0]));
      assertBytes(bare.value, plain(...keys.flatMap(({ key }): Piece[] => [plainLeb128(key.length), key])));
      assertEquals(read(RANGE_SCAN_CONTINUE, "response", bare), { items: keys, status: 0 });
    }),
    { seed: 1, numRuns: 100 },
  );
});

test("lists of observed keys are written as the protocol has them, and read back", () => {
  const observed = fc.array(record({ vbucket: u16, key, state: u8, cas: u64 }), { maxLength: 12 });
  fc.assert(
    fc.property(observed, u32, u32, before, (results, persistTime, replicateTime, before) => {
      const keys = results.map(({ vbucket, key }) => ({ vbucket, key }));
      const request = write(OBSERVE, "request", { keys }, before);
      const asked = keys.flatMap(({ vbucket, key }): Piece[] => [[2, vbucket], [2, key.length], key]);
      assertBytes(request.value, plain(...asked));
      assertEquals(read(OBSERVE, "request", request), { keys });

      const response = write(OBSERVE, "response", { results, persistTime, replicateTime }, before);
      const told = results.flatMap(({ vbucket, key, state, cas }): Piece[] => [
        [2, vbucket],
        [2, key.length],
        key,
        [1, state],
        [8, cas],
      ]);
      assertBytes(response.value, plain(...told));
      assertEquals(response.cas, BigInt(persistTime) * 2n ** 32n + BigInt(replicateTime));
      assertEquals(read(OBSERVE, "response", response), { results, persistTime, replicateTime });
    }),
    RUNS,
  );
});

test("rows read any bytes, or refuse them by the right error", () => {
  const frame = record({
    row: fc.constantFrom<Op<unknown, unknown>>(...OPS, ...SERVER_OPS),
    side: fc.constantFrom("request", "response"),
    extras: fc.oneof(bytes(40), fc.constantFrom(0, 4, 8, 12, 16, 20, 21, 24, 28).map((size) => new Uint8Array(size))),
    key: bytes(20),
    value: fc.oneof(bytes(60), bytes(60).map((bytes) => bytes.map((byte) => byte % 5))),
    framing: bytes(3),
    status: fc.constantFrom(0, 0, 0xa6, 0xcc, 0xcd),
    datatype: u8,
    collections: fc.boolean(),
  });
  let good = 0;
  fc.assert(
    fc.property(frame, ({ row, side, collections, ...parts }) => {
      const opcode = row.opcode;
      const request = parts.framing.length > 0 ? 0x08 : 0x80;
      const response = parts.framing.length > 0 ? 0x18 : 0x81;
      const frame = Frame.from(wire({ ...parts, magic: side === "request" ? request : response, opcode }));
      frame.collections = collections;
      try {
        if (collections && frame.keyLength > 0 && row.inCollection === true) frame.splitKey();
        assert(typeof read(row, side, frame) === "object");
        good++;
      } catch (error) {
        assertInstanceOf(error, ProtocolError, `${side} of ${row.name}`);
      }
    }),
    { seed: 1, numRuns: 20_000 },
  );
  assert(good > 500, `only ${good} could be read`);
});
