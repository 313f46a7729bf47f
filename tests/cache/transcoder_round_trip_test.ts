/** Whatever data there is comes back as it was, and whatever is no data is not written. */

import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import { asBytes } from "../../src/bytes.ts";
import {
  compressed,
  couchbaseTranscoder,
  dalliTranscoder,
  jsonTranscoder,
  phpTranscoder,
  pythonTranscoder,
  spymemcachedTranscoder,
  type SpymemcachedValue,
  TranscodeError,
  type Transcoder,
} from "../../src/cache.ts";
import { test } from "../support/test.ts";

const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(asNumber);
const integer = fc.oneof(int64, fc.bigInt({ min: -(2n ** 600n), max: 2n ** 600n }).map(asNumber));
/** A number without a fraction is an integer to the others, and minus nothing as well. */
const double = fc.oneof(fc.double(), fc.constantFrom(-0, 1e21, 1e300, 5e-324, Infinity, -Infinity, NaN));
const string = fc.string({ unit: "grapheme", maxLength: 40 });
const bytes = fc.uint8Array({ maxLength: 40 });
/** Bytes that are no text. */
const binary = bytes.map((value) => Uint8Array.of(0xff, ...value));

/** An integer as it is read: a number, if that holds it. */
function asNumber(value: bigint): number | bigint {
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

/** Values in lists and objects, up to some depth. */
function nested(
  leaf: fc.Arbitrary<unknown>,
  more: (node: fc.Arbitrary<unknown>) => fc.Arbitrary<unknown>[] = () => [],
) {
  return fc.letrec((tie) => ({
    node: fc.oneof(
      { depthSize: "small" },
      leaf,
      fc.array(tie("node"), { maxLength: 5 }),
      fc.dictionary(string, tie("node"), { maxKeys: 5, noNullPrototype: true }),
      ...more(tie("node")),
    ),
  })).node;
}

const plain = [string, double, fc.boolean(), fc.constant(null)] as const;
const php = nested(fc.oneof(...plain, int64, binary));
const python = nested(fc.oneof(...plain, integer, bytes), (node) => [
  fc.uniqueArray(fc.oneof(string, fc.integer()), { maxLength: 4 }).map((items) => new Set(items)),
  fc.array(fc.tuple(fc.oneof(fc.integer(), fc.boolean()), node), { minLength: 1, maxLength: 4 }).map((pairs) =>
    new Map(pairs)
  ),
]);
const ruby = nested(fc.oneof(...plain, integer, bytes), (node) => [
  fc.array(fc.tuple(fc.integer(), node), { minLength: 1, maxLength: 4 }).map((pairs) => new Map(pairs)),
]);
const java = fc.oneof(string, double, fc.boolean(), int64, bytes, fc.date({ noInvalidDate: true }));
const json = fc.oneof(fc.jsonValue(), bytes);

async function comesBack<T>(
  transcoder: Transcoder<T>,
  values: fc.Arbitrary<unknown>,
  expect = (value: unknown) => value,
) {
  await fc.assert(
    fc.asyncProperty(values, async (value) => {
      const { value: stored, flags } = await transcoder.encode(value as T);
      assertEquals(await transcoder.decode({ value: asBytes(stored), flags }), expect(value));
    }),
    { numRuns: 300 },
  );
}

/** PHP has one kind of array: what is empty is a list, and so is what has the keys of one. */
function asPhp(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asPhp);
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
  const entries = Object.entries(value).map(([key, item]) => [key, asPhp(item)] as const);
  return entries.every(([key], i) => key === String(i)) ? entries.map(([, item]) => item) : Object.fromEntries(entries);
}

test("round trip: PHP, by all that can write it, compressed or not", async () => {
  for (const serializer of ["php", "igbinary"] as const) {
    for (const threshold of [0, Infinity]) await comesBack(phpTranscoder({ serializer, threshold }), php, asPhp);
  }
  await comesBack(
    phpTranscoder({ serializer: "json", threshold: 0 }),
    nested(fc.oneof(string, fc.integer(), fc.boolean())),
  );
});

test("round trip: Python, in all dialects", async () => {
  await comesBack(pythonTranscoder({ dialect: "pylibmc" }), python);
  await comesBack(pythonTranscoder({ dialect: "python-memcached", threshold: 0 }), python);
  await comesBack(pythonTranscoder(), python);
});

test("round trip: Ruby, Java and Couchbase", async () => {
  await comesBack(dalliTranscoder({ threshold: 0 }), ruby);
  await comesBack(dalliTranscoder({ text: "utf8" }), ruby);
  await comesBack(dalliTranscoder({ text: "raw" }), ruby);
  await comesBack(spymemcachedTranscoder({ threshold: 0 }) as Transcoder<unknown>, java);
  await comesBack(spymemcachedTranscoder() as Transcoder<SpymemcachedValue>, java);
  const zero = (value: unknown) => value instanceof Uint8Array ? value : JSON.parse(JSON.stringify(value));
  await comesBack(couchbaseTranscoder(), json, zero);
  await comesBack(couchbaseTranscoder({ text: "string" }), json, zero);
  await comesBack(compressed(jsonTranscoder(), { threshold: 0, format: "gzip" }), fc.jsonValue(), zero);
});

test("round trip: whatever bytes and flags come, they are a value or a typed error", async () => {
  const transcoders = [
    phpTranscoder(),
    pythonTranscoder(),
    dalliTranscoder(),
    spymemcachedTranscoder(),
    couchbaseTranscoder(),
  ];
  const starts = fc.constantFrom([], [0x80, 2], [4, 8], [0, 0, 0, 2], [...asBytes("a:1:{i:0;")], [0x78, 0x9c], [
    9,
    0,
    0,
    0,
  ]);
  await fc.assert(
    fc.asyncProperty(starts, bytes, fc.nat(255), async (start, rest, flags) => {
      for (const transcoder of transcoders) {
        try {
          await transcoder.decode({ value: Uint8Array.of(...start, ...rest), flags });
        } catch (error) {
          if (!(error instanceof TranscodeError)) throw error;
        }
      }
    }),
    { numRuns: 2000 },
  );
});

class Point {
  readonly x = 1;
}

test("encode: what is no data is refused, at any depth, and what lies in itself", async () => {
  const circle: unknown[] = [];
  circle.push(circle);
  const all = [
    ...[
      phpTranscoder(),
      phpTranscoder({ serializer: "igbinary" }),
      pythonTranscoder(),
      pythonTranscoder({ dialect: "pylibmc" }),
    ],
    ...[dalliTranscoder(), dalliTranscoder({ text: "raw" })],
  ];
  for (const transcoder of all) {
    for (
      const value of [
        undefined,
        () => 1,
        Symbol("s"),
        new Date(0),
        new Point(),
        /x/,
        [new Point()],
        { a: [() => 1] },
        circle,
      ]
    ) {
      await assertRejects(async () => await transcoder.encode(value), TypeError, "Cannot store");
    }
  }
  // Anything can be a key in Ruby.
  for (const transcoder of all.slice(0, 4)) {
    await assertRejects(async () => await transcoder.encode(new Map([[{}, 1]])), TypeError, "Cannot store");
  }
  for (const transcoder of [phpTranscoder(), phpTranscoder({ serializer: "igbinary" })]) {
    for (const value of [2n ** 63n, [2n ** 63n], new Set([1]), new Map([[1.5, 1]])]) {
      await assertRejects(async () => await transcoder.encode(value), TypeError);
    }
  }
});

test("encode: what is undefined in an object is left out, and null in a list", async () => {
  for (
    const transcoder of [
      phpTranscoder(),
      phpTranscoder({ serializer: "igbinary" }),
      pythonTranscoder(),
      dalliTranscoder(),
    ]
  ) {
    const { value, flags } = await transcoder.encode({ a: undefined, b: [undefined, 1] });
    assertEquals(await transcoder.decode({ value: asBytes(value), flags }), { b: [null, 1] });
  }
});

test("options: strings as bytes, maps as maps, user flags", async () => {
  const strings = phpTranscoder({ strings: "bytes", maps: "map", userFlags: 0xffff });
  const written = await strings.encode({ a: "x", 5: [] });
  assertEquals(written.flags, 0xffff0004);
  const read = await strings.decode({ value: asBytes(written.value), flags: written.flags });
  assertEquals(read, new Map<unknown, unknown>([[5, []], ["a", asBytes("x")]]));
  const ruby = dalliTranscoder({ strings: "bytes", maps: "map" });
  const stored = await ruby.encode({ a: "x" });
  const map = await ruby.decode({ value: asBytes(stored.value), flags: stored.flags });
  assertEquals(map, new Map([["a", asBytes("x")]]));
  for (const userFlags of [-1, 0x10000, 1.5]) assertThrows(() => phpTranscoder({ userFlags }), RangeError, "65535");
});
