/** What is a number to memcached: found out by asking 1.6.18 to count with it. */

import { assertEquals } from "@std/assert";
import { counterText, readCounter } from "../../src/server/counter_value.ts";
import { test } from "../support/test.ts";

const NUMBERS: readonly [text: string, number: bigint | undefined][] = [
  ["0", 0n],
  ["42", 42n],
  ["18446744073709551615", 0xffff_ffff_ffff_ffffn],
  ["18446744073709551616", undefined],
  ["99999999999999999999", undefined],
  ["100000000000000000000", undefined],
  ["9223372036854775808", 1n << 63n],
  // Zeros in front do not count as digits.
  ["007", 7n],
  [`${"0".repeat(300)}7`, 7n],
  // Blanks of any kind in front; behind the digits too, and then anything.
  [" 12", 12n],
  ["\t\n\v\f\r 12", 12n],
  ["12 ", 12n],
  ["12 abc", 12n],
  ["12\n3", 12n],
  ["12\0abc", 12n],
  ["12abc", undefined],
  ["1.5", undefined],
  ["0x10", undefined],
  // A sign; a negative number is taken modulo 2⁶⁴, and refused if that is large.
  ["+5", 5n],
  ["-0", 0n],
  ["-5", undefined],
  ["-18446744073709551611", 5n],
  ["-18446744073709551616", undefined],
  ["- 1", undefined],
  ["+-1", undefined],
  // A large number is refused for a minus sign anywhere before a NUL.
  ["9223372036854775808 -", undefined],
  ["9223372036854775808\0-", 1n << 63n],
  ["9223372036854775807 -", (1n << 63n) - 1n],
  // No digits.
  ["", undefined],
  [" ", undefined],
  ["+", undefined],
  ["abc", undefined],
  ["\0", undefined],
];

for (const [text, number] of NUMBERS) {
  test(`readCounter reads ${JSON.stringify(text.length > 50 ? `${text.slice(0, 50)}…` : text)}`, () => {
    assertEquals(readCounter(new TextEncoder().encode(text)), number);
  });
}

test("counterText fills up with blanks, and grows when it must", () => {
  assertEquals([counterText(9n, 3), counterText(1000n, 3), counterText(0n, 0)], ["9  ", "1000", "0"]);
});
