import { assertEquals, assertStrictEquals } from "@std/assert";
import { decimalLength, isU64, readDecimal, readSigned, readU64, writeDecimal } from "../../src/text/decimal.ts";
import { test } from "../support/test.ts";
import { fromLatin1, latin1 } from "../support/text_wire.ts";

const around = (value: bigint): bigint[] => [value - 1n, value, value + 1n];
const NUMBERS: readonly bigint[] = [
  0n,
  1n,
  ...Array.from({ length: 19 }, (_, i) => around(10n ** BigInt(i + 1))).flat(),
  ...[31n, 32n, 53n, 63n].flatMap((bits) => around(2n ** bits)),
  2n ** 64n - 2n,
  2n ** 64n - 1n,
];

test("decimal reads every number of 64 bits, and knows when it is none", () => {
  for (const value of NUMBERS) {
    for (const text of [String(value), String(value).padStart(20, "0")]) {
      const bytes = latin1(`1${text}9`);
      assertEquals(isU64(bytes, 1, 1 + text.length), true, text);
      assertStrictEquals(readU64(bytes, 1, 1 + text.length), value);
    }
  }
  for (
    const text of [
      "",
      "18446744073709551616",
      "18446744074000000000",
      "99999999999999999999",
      "100000000000000000000",
      "1x",
      "-1",
      " 1",
    ]
  ) {
    assertEquals(isU64(latin1(text), 0, text.length), false, text);
  }
});

test("decimal reads whole numbers up to a limit", () => {
  const read = (text: string, limit = Number.MAX_SAFE_INTEGER) => readDecimal(latin1(text), 0, text.length, limit);
  for (const value of NUMBERS.filter((number) => number < 2n ** 53n)) assertEquals(read(String(value)), Number(value));
  assertEquals([read("255", 255), read("256", 255), read("9007199254740992")], [255, -1, -1]);
  for (const text of ["", "x", "1x", "x1", "-1", "+1", " 1", "1 ", "1.5", "/", ":"]) assertEquals(read(text), -1, text);
  const signed = (text: string) => readSigned(latin1(text), 0, text.length);
  assertEquals([signed("-1"), signed("0"), signed("-9007199254740991"), signed("17")], [-1, 0, -9007199254740991, 17]);
  for (const text of ["", "-", "--1", "+1", "1-"]) assertStrictEquals(signed(text), undefined);
});

test("decimal writes whole numbers up to 2^53 - 1", () => {
  for (const value of NUMBERS.filter((number) => number < 2n ** 53n).map(Number)) {
    const length = decimalLength(value);
    assertEquals(length, String(value).length);
    const bytes = new Uint8Array(length + 4).fill(0x2e);
    writeDecimal(bytes, 2, 2 + length, value);
    assertEquals(fromLatin1(bytes), `..${value}..`);
    writeDecimal(bytes, 1, 2 + length, value);
    assertEquals(fromLatin1(bytes), `.0${value}..`);
  }
});
