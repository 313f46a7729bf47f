import { assertEquals } from "@std/assert";
import { HEADER_SIZE, HeaderOffset, isRequest, isResponse, Magic, magicName } from "../../src/wire/header.ts";
import { hex } from "../support/hex.ts";
import { test } from "../support/test.ts";

// Binary protocol sheet, example frames: SET "foo" = "bar", flags 0xdeadbeef, expiry 3600, vbucket 115.
const SET = hex("8001 0003 08 00 0073 0000000e 00000001 0000000000000000 | deadbeef00000e10 | 666f6f | 626172");

// The same, GET with the duration of the server: "bar", CAS 7.
const FLEX_GET = hex("1800 0300 04 00 0000 0000000a 00000001 0000000000000007 | 02001e | 00000000 | 626172");

test("HeaderOffset finds the fields of a classic frame", () => {
  const view = new DataView(SET.buffer);
  assertEquals(view.getUint8(HeaderOffset.MAGIC), Magic.CLIENT_REQUEST);
  assertEquals(view.getUint8(HeaderOffset.OPCODE), 0x01);
  assertEquals(view.getUint16(HeaderOffset.KEY_LENGTH), 3);
  assertEquals(view.getUint8(HeaderOffset.EXTRAS_LENGTH), 8);
  assertEquals(view.getUint8(HeaderOffset.DATATYPE), 0);
  assertEquals(view.getUint16(HeaderOffset.VBUCKET), 115);
  assertEquals(view.getUint32(HeaderOffset.BODY_LENGTH), SET.length - HEADER_SIZE);
  assertEquals(view.getUint32(HeaderOffset.OPAQUE), 1);
  assertEquals(view.getBigUint64(HeaderOffset.CAS), 0n);
});

test("HeaderOffset finds the fields of a flexible frame", () => {
  const view = new DataView(FLEX_GET.buffer);
  assertEquals(view.getUint8(HeaderOffset.MAGIC), Magic.FLEX_RESPONSE);
  assertEquals(view.getUint8(HeaderOffset.FRAMING_LENGTH), 3);
  assertEquals(view.getUint8(HeaderOffset.FLEX_KEY_LENGTH), 0);
  assertEquals(view.getUint16(HeaderOffset.STATUS), 0);
  assertEquals(view.getBigUint64(HeaderOffset.CAS), 7n);
});

const MAGICS: readonly (readonly [magic: number, name: string, request: boolean, response: boolean])[] = [
  [0x80, "client-request", true, false],
  [0x81, "server-response", false, true],
  [0x82, "server-request", true, false],
  [0x83, "client-response", false, true],
  [0x08, "flex-request", true, false],
  [0x18, "flex-response", false, true],
  [0x13, "0x13", false, false],
  [0x00, "0x00", false, false],
];

for (const [magic, name, request, response] of MAGICS) {
  test(`magicName tells ${name}, isRequest and isResponse which side it is`, () => {
    assertEquals(magicName(magic), name);
    assertEquals(isRequest(magic), request);
    assertEquals(isResponse(magic), response);
  });
}
