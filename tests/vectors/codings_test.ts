/** The vectors of framing extras, durations and LEB128 agree with plain code that has nothing of the library. */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { hex } from "../support/hex.ts";
import { test } from "../support/test.ts";
import {
  DURATIONS,
  MALFORMED_FRAMING_EXTRAS,
  REQUEST_FRAMING_EXTRAS,
  RESPONSE_FRAMING_EXTRAS,
} from "./framing_extras.ts";
import { LEB128, LEB128_PREFIXES, LEB128_REJECTED } from "./leb128.ts";
import { digits } from "./plain.ts";

for (const { name, hex: text, infos } of [...REQUEST_FRAMING_EXTRAS, ...RESPONSE_FRAMING_EXTRAS]) {
  test(`framing extras agree with themselves: ${name}`, () => {
    const bytes = hex(text);
    assert(bytes.length <= 255, "more than a header can count");
    assertEquals(cutInfos(bytes), infos.map(({ id, data }) => [id, digits(hex(data))]));
    for (const info of infos) assertEquals(info.meaning === undefined, info.name === "unknown");
  });
}

test("framing extras have names of their own, and so have the malformed ones", () => {
  for (const list of [REQUEST_FRAMING_EXTRAS, RESPONSE_FRAMING_EXTRAS, MALFORMED_FRAMING_EXTRAS]) {
    assertEquals(new Set(list.map(({ name }) => name)).size, list.length);
  }
});

for (const { name, hex: text, breaks } of MALFORMED_FRAMING_EXTRAS) {
  test(`malformed framing extras break their ${breaks}: ${name}`, () => {
    if (breaks === "structure") assertThrows(() => cutInfos(hex(text)), RangeError);
    else assertEquals(cutInfos(hex(text)).length, 1);
  });
}

test("durations are half of the 16 bits to the power of 1.74", () => {
  for (const { encoded, micros, decimals } of DURATIONS) {
    assertEquals(Number((encoded ** 1.74 / 2).toFixed(decimals)), micros);
    assertEquals(Math.round((micros * 2) ** (1 / 1.74)), encoded);
  }
});

test("LEB128 vectors agree with themselves", () => {
  for (const [value, text] of LEB128) assertEquals(readLeb(hex(text)), [BigInt(value), hex(text).length]);
  for (const { hex: text, value, length } of LEB128_PREFIXES) assertEquals(readLeb(hex(text)), [BigInt(value), length]);
  assertEquals(new Set(LEB128.map(([value]) => value)).size, LEB128.length);
});

test("LEB128 to be rejected is cut, too long for its value, or over 32 bits", () => {
  for (const { hex: text, reason } of LEB128_REJECTED) {
    const bytes = hex(text);
    const [kind] = reason.split(":");
    const cut = bytes.every((byte) => byte > 0x7f);
    assertEquals(cut, kind === "cut", text);
    if (cut) continue;
    const [value, length] = readLeb(bytes);
    const over = value >= 2n ** 32n || length > 5;
    assertEquals(over, kind === "over 32 bits", text);
    if (!over) assertEquals([kind, bytes[length - 1]], ["not the shortest", 0], text);
  }
});

/** Ids and data, by the rule of the two halves and their escape. */
function cutInfos(bytes: Uint8Array): [id: number, data: string][] {
  const infos: [number, string][] = [];
  let at = 0;
  const next = (): number => {
    if (at >= bytes.length) throw new RangeError(`nothing at ${at}`);
    return bytes[at++] as number;
  };
  while (at < bytes.length) {
    const head = next();
    const id = head >> 4 === 15 ? 15 + next() : head >> 4;
    const length = (head & 15) === 15 ? 15 + next() : head & 15;
    if (at + length > bytes.length) throw new RangeError(`no ${length} bytes at ${at}`);
    infos.push([id, digits(bytes.subarray(at, at += length))]);
  }
  return infos;
}

/** The number at the beginning, of any size, and its length. */
function readLeb(bytes: Uint8Array): [value: bigint, length: number] {
  const length = bytes.findIndex((byte) => byte < 0x80) + 1;
  const groups = bytes.subarray(0, length).toReversed();
  return [groups.reduce((value, byte) => value * 128n + BigInt(byte & 0x7f), 0n), length];
}
