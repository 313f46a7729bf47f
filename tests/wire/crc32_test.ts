import { assertEquals } from "@std/assert";
import { crc32, crc32c } from "../../src/wire/crc32.ts";
import { test } from "../support/test.ts";
import { bytesOf } from "../support/wire_frame.ts";

// The check value of CRC-32/ISO-HDLC, and sums that zlib gives.
const SUMS: readonly (readonly [text: string | Uint8Array, sum: number])[] = [
  ["123456789", 0xcbf43926],
  ["", 0x00000000],
  ["a", 0xe8b7be43],
  ["abc", 0x352441c2],
  ["The quick brown fox jumps over the lazy dog", 0x414fa339],
  [new Uint8Array(32), 0x190a55ad],
  [new Uint8Array(32).fill(0xff), 0xff6cab0b],
];

test("crc32 gives the sums of IEEE 802.3", () => {
  for (const [text, sum] of SUMS) assertEquals(crc32(bytesOf(text)), sum);
});

test("crc32 looks at the view and not at what lies around it", () => {
  assertEquals(crc32(bytesOf("xx123456789yy").subarray(2, 11)), 0xcbf43926);
});

test("crc32c gives the sums that RFC 3720 lists, and the check value", () => {
  assertEquals(crc32c(bytesOf("123456789")), 0xe3069283);
  assertEquals(crc32c(new Uint8Array(32)), 0x8a9136aa);
  assertEquals(crc32c(new Uint8Array(32).fill(0xff)), 0x62a8ab43);
});
