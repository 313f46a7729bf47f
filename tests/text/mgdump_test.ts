import { assertEquals, assertThrows } from "@std/assert";
import { ProtocolError } from "../../src/errors.ts";
import { MgdumpParser } from "../../src/text/mgdump.ts";
import { TextCode } from "../../src/text/text_code.ts";
import { test } from "../support/test.ts";
import { cutAt, fromLatin1, latin1 } from "../support/text_wire.ts";

test("MgdumpParser reads keys, those in base64 too, wherever they are cut", () => {
  // As memcached 1.6.45 writes it; before 1.6.43 without the OK.
  const dump = "mg user:1\r\nmg YSBi b\r\nmg b\r\nmg a+b%20\r\nmg \xc3\xa9\r\nEN\r\n";
  for (const text of [dump, `OK\r\n${dump}`]) {
    for (let at = 0; at <= text.length; at++) {
      const parser = new MgdumpParser();
      const keys: string[] = [];
      for (const chunk of cutAt(latin1(text), at)) {
        const slab = chunk.slice();
        parser.push(slab, (key) => keys.push(fromLatin1(key)));
        slab.fill(0xee);
      }
      assertEquals(keys, ["user:1", "a b", "b", "a+b%20", "\xc3\xa9"]);
      assertEquals(parser.outcome, { code: TextCode.EN, complete: true, busy: false, text: "EN" });
      assertEquals(parser.rest().length, 0);
      parser.end();
    }
  }
});

test("MgdumpParser tells a server that does not know it, and a dump that is cut short", () => {
  const old = new MgdumpParser();
  assertEquals(old.push(latin1("ERROR\r\n"), () => {}), true);
  assertEquals([old.outcome?.code, old.outcome?.complete], [TextCode.ERROR, false]);
  const cut = new MgdumpParser();
  assertEquals(cut.push(latin1("mg a\r\nmg b"), () => {}), false);
  assertThrows(() => cut.end(), ProtocolError, "the bytes end before");
});

test("MgdumpParser refuses what is no key", () => {
  for (const line of ["mg", "mg ", "mgx", "md a", "mg YSB b", "m", "", "key=a"]) {
    assertThrows(
      () => new MgdumpParser().push(latin1(`${line}\r\n`), () => {}),
      ProtocolError,
      "Cannot read line of a dump",
    );
  }
});
