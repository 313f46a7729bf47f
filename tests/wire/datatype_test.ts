import { assertEquals } from "@std/assert";
import { datatypeName } from "../../src/wire/datatype.ts";
import { test } from "../support/test.ts";

const NAMES: readonly (readonly [datatype: number, name: string])[] = [
  [0x00, "raw"],
  [0x01, "json"],
  [0x02, "snappy"],
  [0x03, "json+snappy"],
  [0x04, "xattr"],
  [0x07, "json+snappy+xattr"],
  [0x08, "0x08"],
  [0x81, "json+0x80"],
  [0xff, "json+snappy+xattr+0xf8"],
];

for (const [datatype, name] of NAMES) {
  test(`datatypeName of ${datatype} is ${name}`, () => assertEquals(datatypeName(datatype), name));
}
