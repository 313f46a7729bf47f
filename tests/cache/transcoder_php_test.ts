/** What PHP 8.2 writes of objects without a class and of references, by all its serializers. */

import { assertEquals } from "@std/assert";
import { utf8Encode } from "../../src/bytes.ts";
import { phpTranscoder } from "../../src/cache.ts";
import { hex } from "../support/hex.ts";
import { test } from "../support/test.ts";
import { reasonOf } from "./transcoder_support.ts";

const transcoder = phpTranscoder();

const read = (flags: number, value: Uint8Array) => transcoder.decode({ value, flags });

test("php: what is shared by reference is the same value", async () => {
  const x = [1, "a"];
  // $a = [&$x, 5, &$x, ["k" => &$x]]
  const array = 'a:4:{i:0;a:2:{i:0;i:1;i:1;s:1:"a";}i:1;i:5;i:2;R:2;i:3;a:1:{s:1:"k";R:2;}}';
  assertEquals(await read(4, utf8Encode(array)), [x, 5, x, { k: x }]);
  assertEquals(await read(4, utf8Encode('a:3:{i:0;s:1:"s";i:1;R:2;i:2;i:3;}')), ["s", "s", 3]);
  // [&$x, &$x, [1], [1]], then [&$s, &$s], then [&$s, $q, $q, &$s]
  const arrays = "00000002 1404 0600 25 1401 0600 0601 0601 25 0101 0602 1401 0600 0601 0603 1401 0600 0601";
  assertEquals(await read(5, hex(arrays)), [[1], [1], [1], [1]]);
  assertEquals(await read(5, hex("00000002 1402 0600 25 110173 0601 25 0101")), ["s", "s"]);
  assertEquals(
    await read(5, hex("00000002 1404 0600 25 110173 0601 1401 0600 0601 0602 0102 0603 25 0101")),
    ["s", [1], [1], "s"],
  );
});

test("php: objects without a class are objects, the same ones again, too", async () => {
  const o = { p: 1, q: [2] };
  const inside =
    'a:4:{i:0;a:1:{i:0;i:1;}i:1;O:8:"stdClass":2:{s:1:"a";O:8:"stdClass":2:{s:1:"p";i:1;s:1:"q";a:1:{i:0;i:2;}}s:1:"b";i:7;}i:2;r:5;i:3;R:9;}';
  assertEquals(await read(4, utf8Encode(inside)), [[1], { a: o, b: 7 }, o, 7]);
  // [$o, "z", $o, [$o]] with the properties "p" and "0".
  const p = { p: 1, 0: [2] };
  const igbinary = "00000002 1404 0600 1708 737464436c617373 1402 110170 0601 110130 1401 0600 0602" +
    "0601 11017a 0602 2201 0603 1401 0600 2201";
  assertEquals(await read(5, hex(igbinary)), [p, "z", p, [p]]);
  assertEquals(await read(7, hex("91 83 c0 a8737464436c617373 a170 01 a130 9102")), [p]);
  // The name of the class stood before as a string.
  assertEquals(await read(5, hex("00000002 1402 0600 1108 737464436c617373 0601 1a00 1400")), ["stdClass", {}]);
});

test("php: objects of classes, and what refers to them, are refused", async () => {
  // new A, with public $x = 1; then one after another; then a reference of msgpack.
  for (const digits of ["1701 41 1401 110178 0601", "1402 0600 1701 41 1401 110178 0601 0601 1a00 1401 0e01 0602"]) {
    assertEquals(await reasonOf(transcoder, { value: hex(`00000002 ${digits}`), flags: 5 }), "unsupported");
  }
  for (const digits of ["82 c0 a141 a178 01", "94 82 c0 01 00 02 82 c0 02 00 02 91 01 91 01"]) {
    assertEquals(await reasonOf(transcoder, { value: hex(digits), flags: 7 }), "unsupported");
  }
});
