import { assert, assertEquals } from "@std/assert";
import { Feature, Features } from "../../src/wire/features.ts";
import { test } from "../support/test.ts";

// kv_engine BinaryProtocol, HELO: every id that may be granted today.
// deno-fmt-ignore
const GRANTED = [
  0x03, 0x04, 0x06, 0x07, 0x08, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f, 0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x17, 0x18, 0x19,
  0x1a, 0x1b, 0x1c, 0x1d, 0x1e, 0x1f, 0x20, 0x21, 0x22, 0x23, 0x24, 0x25, 0x26,
];

test("Feature has every feature that servers grant, by a name of its own", () => {
  assertEquals(Object.values(Feature).toSorted((a, b) => a - b), GRANTED);
});

test("Features says what was agreed on, as it came, and lets unknown numbers pass", () => {
  const features = new Features([Feature.COLLECTIONS, Feature.JSON, 0x99]);
  assertEquals(features.codes, [0x12, 0x0b, 0x99]);
  assert(features.has(0x99) && features.has(Feature.JSON) && !features.has(Feature.SNAPPY));
  assertEquals([features.collections, Features.NONE.collections, Features.NONE.codes], [true, false, []]);
});
