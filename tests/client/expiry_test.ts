import { assert, assertEquals, assertThrows } from "@std/assert";
import { expiryOf, type ExpiryOptions } from "../../src/client/expiry.ts";
import { test } from "../support/test.ts";

const DAYS_30 = 60 * 60 * 24 * 30;
const LAST = 0xffffffff;

/** What is asked for, and what goes to the server. */
const FIXED: readonly (readonly [string, ExpiryOptions | undefined, number])[] = [
  ["nothing", undefined, 0],
  ["no options", {}, 0],
  ["a ttl of 0", { ttl: 0 }, 0],
  ["a ttl of -0", { ttl: -0 }, 0],
  ["the shortest ttl, which must not become never", { ttl: Number.MIN_VALUE }, 1],
  ["half a second", { ttl: 0.5 }, 1],
  ["one second", { ttl: 1 }, 1],
  ["a fraction", { ttl: 59.01 }, 60],
  ["30 days less a bit", { ttl: DAYS_30 - 0.5 }, DAYS_30],
  ["30 days", { ttl: DAYS_30 }, DAYS_30],
  ["a moment", { expiresAt: new Date(Date.UTC(2030, 0, 1)) }, 1_893_456_000],
  ["a moment with milliseconds, not before it", { expiresAt: new Date(1_893_456_000_001) }, 1_893_456_001],
  ["the last moment there is", { expiresAt: new Date(LAST * 1000) }, LAST],
  // Smaller numbers would be read as seconds from now.
  ["a moment long ago", { expiresAt: new Date(0) }, DAYS_30 + 1],
  ["a moment before 1970", { expiresAt: new Date(-1) }, DAYS_30 + 1],
  ["the last moment that would be read as a duration", { expiresAt: new Date(DAYS_30 * 1000) }, DAYS_30 + 1],
  ["the first moment that would not", { expiresAt: new Date((DAYS_30 + 1) * 1000) }, DAYS_30 + 1],
];

for (const [what, options, expected] of FIXED) {
  test(`expiryOf ${what} is ${expected}`, () => {
    assert(Object.is(expiryOf(options) + 0, expected));
  });
}

test("expiryOf a ttl of more than 30 days is a moment, so that it means what it says", () => {
  for (const ttl of [DAYS_30 + 0.001, DAYS_30 + 1, DAYS_30 * 2.5, 60 * 60 * 24 * 365 * 10]) {
    const before = Date.now() / 1000;
    const expiry = expiryOf({ ttl });
    const after = Date.now() / 1000;
    assertEquals(Number.isInteger(expiry), true);
    assert(expiry >= before + ttl && expiry < after + ttl + 1, `${expiry} for ${ttl}`);
  }
});

test("expiryOf a moment in the past is in the past on the wire as well", () => {
  const expiry = expiryOf({ expiresAt: new Date(Date.now() - 5000) });
  assert(expiry > DAYS_30 && expiry <= Date.now() / 1000);
});

/** What cannot be asked for. */
const REFUSED: readonly (readonly [ExpiryOptions, typeof RangeError | typeof TypeError, string])[] = [
  [{ ttl: -1 }, RangeError, "Cannot use a ttl of -1: it is seconds from now, 0 or more"],
  [{ ttl: -0.001 }, RangeError, "Cannot use a ttl of -0.001"],
  [{ ttl: NaN }, RangeError, "Cannot use a ttl of NaN"],
  [
    { ttl: Infinity },
    RangeError,
    "Cannot use a ttl of Infinity seconds: the protocol counts no further than the year 2106",
  ],
  [{ ttl: 5e9 }, RangeError, "Cannot use a ttl of 5000000000 seconds"],
  [{ expiresAt: new Date(NaN) }, RangeError, "Cannot use expiresAt: it is an invalid date"],
  [{ expiresAt: new Date(LAST * 1000 + 1) }, RangeError, "Cannot use expiresAt 2106-02-07T06:28:15.001Z"],
  [{ expiresAt: new Date(8.64e15) }, RangeError, "no further than the year 2106"],
  [{ ttl: 5, expiresAt: new Date() }, TypeError, "Cannot use both ttl and expiresAt"],
  [{ ttl: 0, expiresAt: new Date() }, TypeError, "Cannot use both ttl and expiresAt"],
];

for (const [options, type, words] of REFUSED) {
  test(`expiryOf refuses: ${words}`, () => {
    assertThrows(() => expiryOf(options), type, words);
  });
}
