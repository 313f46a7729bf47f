/** The scanner against JSON.parse: it accepts the same texts and finds the same values. */

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { endOfValue, MAX_DEPTH, MemberWalk, TOO_DEEP } from "../../../src/server/subdoc/json_scan.ts";
import { NOT_JSON, skipBlanks } from "../../../src/server/subdoc/json_tokens.ts";
import { checkValues, isJson } from "../../../src/server/subdoc/json_value.ts";
import { Status } from "../../../src/wire/status.ts";
import { test } from "../../support/test.ts";
import { bytes, spread, text } from "./support.ts";

/** Whether the scanner takes all of a text for one value. */
function scans(source: string): boolean {
  const value = bytes(source);
  const end = endOfValue(value, skipBlanks(value, 0), 0);
  return end >= 0 && skipBlanks(value, end) === value.length;
}

function parses(source: string): boolean {
  try {
    JSON.parse(source);
    return true;
  } catch {
    return false;
  }
}

/** Random blanks, which may stand between any two tokens. */
const blanks = fc.string({ unit: fc.constantFrom(" ", "\t", "\n", "\r"), maxLength: 3 });

test("endOfValue takes any JSON text, blanks and all", () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 5 }), fc.array(blanks, { maxLength: 7 }), (json, pads) => {
      assertEquals(scans(spread(json, pads)), true);
    }),
    { seed: 11, numRuns: 500 },
  );
});

test("MemberWalk finds the values that JSON.parse finds, each at its place", () => {
  function check(source: Uint8Array, at: number, depth: number, expected: unknown): void {
    const end = endOfValue(source, at, depth);
    assertEquals(JSON.parse(text(source.subarray(at, end))), expected);
    if (typeof expected !== "object" || expected === null) return;
    const walk = new MemberWalk(source, at, depth);
    const members = Array.isArray(expected) ? expected.entries() : Object.entries(expected);
    // The last of members with the same name is what JSON.parse keeps.
    const places = new Map<string, number>();
    while (walk.next()) {
      const key = walk.isObject ? JSON.parse(text(source.subarray(walk.memberAt, walk.keyEnd))) : walk.count - 1;
      places.set(String(key), walk.valueAt);
    }
    assertEquals(walk.failure, 0);
    assertEquals(walk.closeAt + 1, end);
    assertEquals(places.size, Object.keys(expected).length);
    for (const [key, value] of members) check(source, places.get(String(key))!, depth + 1, value);
  }
  fc.assert(
    fc.property(fc.json({ maxDepth: 4 }), fc.array(blanks, { maxLength: 7 }), (json, pads) => {
      const source = bytes(spread(json, pads));
      const parsed = JSON.parse(json);
      // "__proto__" is a member of its own for JSON.parse and for no other.
      if (!json.includes("__proto__")) check(source, skipBlanks(source, 0), 0, parsed);
    }),
    { seed: 12, numRuns: 400 },
  );
});

test("endOfValue takes a text exactly when JSON.parse does", () => {
  const piece = fc.constantFrom(
    ...["{", "}", "[", "]", ",", ":", '"', '"a"', '"\\', "\\u00", "41", "0", "1", "-", ".", "e", "E", "+", " ", "\n"],
    ...["true", "false", "null", "tru", "nul", "x", "\u0001", "é", '"k":', "1.5", "-0", "01", "1e5"],
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 7 }), (pieces) => {
      const source = pieces.join("");
      assertEquals(scans(source), parses(source), JSON.stringify(source));
      assertEquals(isJson(bytes(source)), parses(source));
    }),
    { seed: 13, numRuns: 20_000 },
  );
});

test("endOfValue takes a text with one character changed exactly when JSON.parse does", () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 3 }), fc.nat(), fc.constantFrom(...'{}[],:"\\0 -.eE+nu\u0002'), (json, at, by) => {
      const place = at % (json.length + 1);
      const source = (json.slice(0, place) + by + json.slice(place + 1)).toWellFormed();
      assertEquals(scans(source), parses(source), JSON.stringify(source));
    }),
    { seed: 14, numRuns: 5_000 },
  );
});

test("endOfValue takes a value 32 deep, and none deeper", () => {
  const nested = (depth: number) => bytes("[".repeat(depth) + "]".repeat(depth));
  assertEquals(endOfValue(nested(MAX_DEPTH + 1), 0, 0), 2 * (MAX_DEPTH + 1));
  assertEquals(endOfValue(nested(MAX_DEPTH + 2), 0, 0), TOO_DEEP);
  assertEquals(endOfValue(bytes("[".repeat(100_000)), 0, 0), TOO_DEEP);
  assertEquals(endOfValue(bytes("[".repeat(5)), 0, 0), NOT_JSON);
});

test("isJson takes no byte order mark and no broken UTF-8, and any depth", () => {
  assertEquals(isJson(bytes("\ufeff{}")), false);
  assertEquals(isJson(Uint8Array.of(0x22, 0xc3, 0x22)), false);
  assertEquals(isJson(bytes("[".repeat(500) + "]".repeat(500))), true);
  assertEquals(isJson(bytes("")), false);
});

const LISTS: readonly (readonly [string, keyof typeof Status])[] = [
  ["1", "SUCCESS"],
  [' 1 , "a",[2,3] ', "SUCCESS"],
  ["", "SUBDOC_VALUE_CANTINSERT"],
  ["  ", "SUBDOC_VALUE_CANTINSERT"],
  ["1,", "SUBDOC_VALUE_CANTINSERT"],
  [",1", "SUBDOC_VALUE_CANTINSERT"],
  ["1,,2", "SUBDOC_VALUE_CANTINSERT"],
  ["1],[2", "SUBDOC_VALUE_CANTINSERT"],
  ["1 2", "SUBDOC_VALUE_CANTINSERT"],
  ['"a":1', "SUBDOC_VALUE_CANTINSERT"],
];

for (const [list, status] of LISTS) {
  test(`checkValues of ${JSON.stringify(list)} is ${status}`, () => {
    assertEquals(checkValues(bytes(list), 1), Status[status]);
  });
}
