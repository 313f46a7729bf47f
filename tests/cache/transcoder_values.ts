/** The values that clients of other languages have written, as they are here, by name. */

import { hex } from "../support/hex.ts";

/** Values by name. */
export type Values = Readonly<Record<string, unknown>>;

const COMMON: Values = {
  text: "héllo",
  emoji: "a😀b",
  empty: "",
  bytes: hex("00fffe"),
  int: 42,
  zero: 0,
  negative: -7,
  float: 1.5,
  fraction: 0.1,
  exponent: 1.25e30,
  tiny: -2.5e-10,
  infinite: Infinity,
  yes: true,
  no: false,
  nothing: null,
  list: [1, 2, "x"],
  map: { a: 1, b: [true, null, 2.5], "é": "" },
  none: [],
  deep: [[[[[["bottom"]]]]]],
  long: "abcdefghij".repeat(500),
};

const PHP_COMMON: Values = {
  ...COMMON,
  large: 2 ** 40,
  highest: 2n ** 63n - 1n,
  lowest: -(2n ** 63n),
  sparse: { 5: "x", k: "y", "-3": "z" },
  numbers: [0, 255, 256, 65535, 65536, 4294967295, 4294967296, -1, -256, -65536, -4294967297],
};

const { infinite: _infinite, bytes: _bytes, long: _long, ...inside } = PHP_COMMON;

/** What `values.php` writes, with every serializer but JSON's. */
export const PHP: Values = {
  ...PHP_COMMON,
  same: Array(300).fill({ name: "same" }),
  repeated: "abcdefghij".repeat(7000),
  longest: Array.from({ length: 20000 }, (_, i) => (i * i * 7919) % 10007).join(" "),
  everything: { ...inside, floats: [1.5, 0.1, -2.5e-10, 1.25e30] },
  bytesInside: { b: hex("00ff"), i: [Infinity, -Infinity] },
};

/** What `values.py` writes. */
export const PYTHON: Values = {
  ...COMMON,
  lines: "a\nb\\u0041'\"",
  noBytes: hex(""),
  large: 2 ** 40,
  huge: 2n ** 70n,
  hugeNegative: -(2n ** 70n),
  noMap: {},
  set: new Set(["a", 1]),
  noSet: new Set(),
  numbers: [
    ...[0, 255, 256, 65535, 65536, 2 ** 31 - 1, 2 ** 31, -(2 ** 31), -(2 ** 31) - 1, 2n ** 64n, -(2n ** 63n)],
    ...[-1, -128, -129],
  ],
  keys: new Map<unknown, unknown>([[1, "one"], ["two", 2]]),
  bytesInside: [hex("00ff"), hex(""), "x"],
  large_text_inside: ["é".repeat(300), new Uint8Array(300).fill(0xff)],
  longList: Array(1000).fill("abc"),
};

/** What only Python can write. */
export const PYTHON_ONLY: Values = {
  keys: new Map<unknown, unknown>([[1, "one"], ["two", 2], [[3, 4], null]]),
  tuples: [[], [1], [1, hex("78")], [1, 2, 3], [1, 2, 3, 4]],
  frozen: new Set([1]),
  array: hex("00ff"),
  noArray: hex(""),
  shared: [["shared"], ["shared"], { again: ["shared"] }],
};

/** What `values.rb` writes. */
export const RUBY: Values = {
  ...COMMON,
  numbers: [
    ...[0, 1, 122, 123, 255, 256, 65535, 65536, 2 ** 24, 2 ** 30 - 1, 2 ** 30, 2 ** 31, 2 ** 40, 2n ** 62n, 2n ** 64n],
    ...[-1, -122, -123, -124, -256, -257, -65536, -65537, -(2 ** 24), -(2 ** 24) - 1, -(2 ** 30), -(2 ** 30) - 1],
    ...[-(2n ** 62n), -(2n ** 70n)],
  ],
  huge: 2n ** 70n,
  noMap: {},
  keys: new Map<unknown, unknown>([[1, "one"], ["two", 2]]),
  longList: Array(1000).fill("abc"),
};

/** What only Ruby can write. */
export const RUBY_ONLY: Values = {
  symbols: { a: "b", "é": ["a", "b"] },
  shared: [["shared", 2.5], "x", ["shared", 2.5], { again: ["shared", 2.5] }],
  ascii: "plain",
  raw: "raw é",
  rawNumber: "12",
};
