/** The 16 bytes before a cached value, against bytes written by hand. */

import { assertEquals } from "@std/assert";
import { open, seal } from "../../src/cache/envelope.ts";
import { hex } from "../support/hex.ts";
import { test } from "../support/test.ts";

// Magic and kind, 1,700,000,000,000 ms as a double, 250 ms, the value.
const SEALED = hex("006d7701 4278bcfe56800000 000000fa 6869");

test("envelope: says until when a value is fresh and what it cost", () => {
  const envelope = { present: true, freshUntil: 1_700_000_000_000, cost: 250, value: hex("6869") };
  assertEquals(seal(envelope), SEALED);
  assertEquals(open(SEALED), envelope);
});

test("envelope: says that there is no value, and that one is fresh for ever", () => {
  const bytes = hex("006d7702 7ff0000000000000 00000000");
  assertEquals(seal({ present: false, freshUntil: Infinity, cost: 0, value: "" }), bytes);
  assertEquals(open(bytes), { present: false, freshUntil: Infinity, cost: 0, value: new Uint8Array() });
});

test("envelope: a cost that is none is none, and one beyond 32 bits is the most that fits", () => {
  assertEquals(open(seal({ present: true, freshUntil: 0, cost: -5, value: "" })).cost, 0);
  assertEquals(open(seal({ present: true, freshUntil: 0, cost: 1e12, value: "" })).cost, 0xffffffff);
});

test("envelope: whatever is not one is a value, wherever it is cut", () => {
  for (let length = 0; length < 16; length++) {
    const cut = SEALED.slice(0, length);
    assertEquals(open(cut), { present: true, freshUntil: Infinity, cost: 0, value: cut });
  }
  const other = hex("006d7703 4278bcfe56800000 000000fa 6869");
  assertEquals(open(other).value, other);
});
