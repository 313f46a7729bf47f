import { assertEquals } from "@std/assert";
import { MAX_TOKEN, readToken, tokenText, writeToken } from "../../src/text/token.ts";
import { test } from "../support/test.ts";

const TOKENS: readonly (readonly [token: number, text: string])[] = [
  [0, "00000000"],
  [1, "00000001"],
  [0x0a1b2c3d, "0a1b2c3d"],
  [0x39e8f7d6, "39e8f7d6"],
  [0x12345678, "12345678"],
  [MAX_TOKEN, "3fffffff"],
];

test("tokens are eight hex digits, written and read where they stand", () => {
  for (const [token, text] of TOKENS) {
    const bytes = new TextEncoder().encode("[________]");
    writeToken(bytes, 1, token);
    assertEquals(new TextDecoder().decode(bytes), `[${text}]`);
    assertEquals([readToken(bytes, 1), tokenText(token)], [token, text]);
  }
});

test("readToken refuses all else, whatever digit it is", () => {
  for (const byte of [0x00, 0x20, 0x2f, 0x3a, 0x40, 0x41, 0x46, 0x60, 0x67, 0x7f, 0xff]) {
    for (let place = 0; place < 8; place++) {
      const bytes = new TextEncoder().encode("01234567");
      bytes[place] = byte;
      assertEquals(readToken(bytes, 0) < 0, true, `${byte} at ${place}`);
    }
  }
  for (const text of ["40000000", "80000000", "ffffffff", "0000000 ", "0000\r\n00"]) {
    assertEquals(readToken(new TextEncoder().encode(text), 0) < 0, true, text);
  }
});
