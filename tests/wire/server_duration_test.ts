import { assert, assertEquals, assertThrows } from "@std/assert";
import { decodeServerDuration, encodeServerDuration } from "../../src/wire/server_duration.ts";
import { test } from "../support/test.ts";

// Binary protocol sheet, section 1.3; `digit` is what its last digit stands for.
const DURATIONS: readonly (readonly [encoded: number, microseconds: number, digit: number])[] = [
  [0, 0, 1],
  [1, 0.5, 0.1],
  [10, 27.5, 0.1],
  [30, 185.9, 0.1],
  [100, 1510, 1],
  [1000, 82_979, 1],
  [65535, 120_125_042, 1],
];

for (const [encoded, microseconds, digit] of DURATIONS) {
  test(`decodeServerDuration of ${encoded} is ${microseconds} microseconds`, () => {
    const decoded = decodeServerDuration(encoded);
    assert(Math.abs(decoded - microseconds) < digit, String(decoded));
    assertEquals(encodeServerDuration(microseconds), encoded);
  });
}

test("encodeServerDuration undoes decodeServerDuration for all 65,536 values", () => {
  let wrong = 0;
  for (let encoded = 0; encoded <= 0xffff; encoded++) {
    if (encodeServerDuration(decodeServerDuration(encoded)) !== encoded) wrong++;
  }
  assertEquals(wrong, 0);
});

test("encodeServerDuration writes more than two minutes as the longest duration", () => {
  assertEquals(encodeServerDuration(10 ** 9), 0xffff);
  assertEquals(encodeServerDuration(Infinity), 0xffff);
});

test("encodeServerDuration refuses what is no duration", () => {
  assertThrows(() => encodeServerDuration(-1), RangeError, "-1");
  assertThrows(() => encodeServerDuration(NaN), RangeError, "NaN");
});
