import { assertEquals } from "@std/assert";
import { isKey, parsePath } from "../../../src/server/subdoc/path.ts";
import { Status } from "../../../src/wire/status.ts";
import { test } from "../../support/test.ts";
import { bytes } from "./support.ts";

function partsOf(path: string): (string | number)[] | number {
  const parsed = parsePath(bytes(path));
  return typeof parsed === "number" ? parsed : parsed.map((part) => isKey(part) ? part.key : part.index);
}

const PATHS: readonly (readonly [path: string, parts: readonly (string | number)[]])[] = [
  ["", []],
  ["a", ["a"]],
  ["a.b", ["a", "b"]],
  ["a[0]", ["a", 0]],
  ["a[-1]", ["a", -1]],
  ["[0]", [0]],
  ["[1][2].x[3]", [1, 2, "x", 3]],
  ["[-1].[-1]", [-1, -1]],
  ["a.[0]", ["a", 0]],
  ["foo bar.ünï", ["foo bar", "ünï"]],
  ["`a.b`", ["a.b"]],
  ["`a[0]`[1]", ["a[0]", 1]],
  ["`]`", ["]"]],
  ["`a``b`.c", ["a`b", "c"]],
  ["a``b", ["a`b"]],
  ["`a```", ["a`"]],
  ["x`.`y", ["x.y"]],
  ['\\"a', ['"a']],
  ["\\n\\/\\\\", ["\n/\\"]],
  ["$document.exptime", ["$document", "exptime"]],
  ["[9007199254740991]", [9007199254740991]],
];

for (const [path, parts] of PATHS) {
  test(`parsePath reads ${JSON.stringify(path)}`, () => assertEquals(partsOf(path), [...parts]));
}

const MALFORMED = [
  ...[".", ".a", "a.", "a..b", "a.b.", "[0].", "....", "a]", "]", "a]b", "[", "a[", "a[0", "a[]", "a[x]", "a[-2]"],
  ...["a[+1]", "a[1.5]", "a[ 1]", "a[0]b", "a[0]`b`", "a[--1]", "`", "``", "`a", "a`", "`a`b`", "a`b", "`a``"],
  ...['"', 'a"b', "\\", "a\\", "\\x", "\\u0041", "\\`a`", "a\nb", "\u0000", "[9007199254740992]"],
];

for (const path of MALFORMED) {
  test(`parsePath refuses ${JSON.stringify(path)}`, () => assertEquals(partsOf(path), Status.SUBDOC_PATH_EINVAL));
}

test("parsePath refuses what is not UTF-8", () => {
  assertEquals(parsePath(Uint8Array.of(0x61, 0xff)), Status.SUBDOC_PATH_EINVAL);
});

test("parsePath takes 32 components and 1024 bytes, no more", () => {
  const components = (count: number) => Array.from({ length: count }, (_, i) => `k${i}`).join(".");
  assertEquals((partsOf(components(32)) as string[]).length, 32);
  assertEquals(partsOf(components(33)), Status.SUBDOC_PATH_E2BIG);
  assertEquals((partsOf("[0]".repeat(32)) as number[]).length, 32);
  assertEquals(partsOf("[0]".repeat(33)), Status.SUBDOC_PATH_E2BIG);
  assertEquals(partsOf("a".repeat(1024)), ["a".repeat(1024)]);
  assertEquals(partsOf("a".repeat(1025)), Status.SUBDOC_PATH_E2BIG);
});
