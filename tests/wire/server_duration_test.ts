import { assert, assertEquals, assertThrows } from "@std/assert";
import { decodeServerDuration, encodeServerDuration } from "../../src/wire/server_duration.ts";
import { test } from "../support/test.ts";
import { DURATIONS } from "../vectors/framing_extras.ts";

for (const { encoded, micros, decimals } of DURATIONS) {
  test(`decodeServerDuration of ${encoded} is ${micros} microseconds`, () => {
    const decoded = decodeServerDuration(encoded);
    assert(Math.abs(decoded - micros) <= 0.5 * 10 ** -decimals, String(decoded));
    assertEquals(encodeServerDuration(micros), encoded);
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
