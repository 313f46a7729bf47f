import { assertEquals, assertMatch } from "@std/assert";
import fc from "fast-check";
import { formatFrame } from "../../src/frame/format_frame.ts";
import { Frame } from "../../src/frame/frame.ts";
import { hex } from "../support/hex.ts";
import { test } from "../support/test.ts";

const SHEET = "binary protocol sheet, section 13";

interface Line {
  readonly name: string;
  readonly source: string;
  readonly hex: string;
  readonly line: string;
}

const LINES: readonly Line[] = [
  {
    name: "a request with a key",
    source: SHEET,
    hex: "8000 0003 00 00 0000 00000003 00000001 0000000000000000 | 666f6f",
    line: `client-request 0x00 opaque=0x00000001 key="foo"`,
  },
  {
    name: "a request with all parts",
    source: SHEET,
    hex: "8001 0003 08 00 0073 0000000e 00000001 0000000000000000 | deadbeef00000e10 | 666f6f | 626172",
    line: `client-request 0x01 vbucket=115 opaque=0x00000001 extras=deadbeef00000e10 key="foo" value=3:"bar"`,
  },
  {
    name: "a request with nothing but its header",
    source: SHEET,
    hex: "800a 0000 00 00 0000 00000000 00000003 0000000000000000",
    line: "client-request 0x0a opaque=0x00000003",
  },
  {
    name: "a request with a CAS",
    source: SHEET,
    hex: "8095 0003 00 00 0000 00000003 00000001 0000000000001122 | 666f6f",
    line: `client-request 0x95 opaque=0x00000001 cas=0x1122 key="foo"`,
  },
  {
    name: "a key that is not printable, in a collection",
    source: SHEET,
    hex: "8001 0005 08 00 0073 00000010 00000001 0000000000000000 | 0000000000000000 | d50a666f6f | 626172",
    line: `client-request 0x01 vbucket=115 opaque=0x00000001 extras=0000000000000000 key=d50a666f6f value=3:"bar"`,
  },
  {
    name: "a response",
    source: SHEET,
    hex: "8100 0000 04 00 0000 00000007 00000001 0000000000000007 | deadbeef | 626172",
    line: `server-response 0x00 SUCCESS opaque=0x00000001 cas=0x7 extras=deadbeef value=3:"bar"`,
  },
  {
    name: "a response that says no",
    source: SHEET,
    hex: "8100 0000 00 00 0001 00000009 00000001 0000000000000000 | 4e6f7420666f756e64",
    line: `server-response 0x00 KEY_ENOENT opaque=0x00000001 value=9:"Not found"`,
  },
  {
    name: "a response with a binary value",
    source: SHEET,
    hex: "8105 0000 00 00 0000 00000008 00000001 0000000000000009 | 000000000000000b",
    line: "server-response 0x05 SUCCESS opaque=0x00000001 cas=0x9 value=8:000000000000000b",
  },
  {
    name: "a response of a datatype, quotes escaped",
    source: SHEET,
    hex: "8189 0000 00 01 0024 00000016 00000001 0000000000000000 | 7b226572726f72223a7b22726566223a227231227d7d",
    line: String
      .raw`server-response 0x89 EACCESS opaque=0x00000001 datatype=json value=22:"{\"error\":{\"ref\":\"r1\"}}"`,
  },
  {
    name: "a response of an unknown status",
    source: "seed vector B-01",
    hex: "810100070000062e0000001000001c4a0000000037ef3a35736f6d656b6579736f6d6576616c7565",
    line: `server-response 0x01 0x62e opaque=0x00001c4a cas=0x37ef3a35 key="somekey" value=9:"somevalue"`,
  },
  {
    name: "a request of a server",
    source: SHEET,
    hex: "8201 0007 10 01 0000 00000022 00000000 0000000000000000 | " +
      "00000000000000010000000000000079 | 64656661756c74 | 7b22726576223a3132317d",
    line: "server-request 0x01 opaque=0x00000000 datatype=json extras=00000000000000010000000000000079 " +
      String.raw`key="default" value=11:"{\"rev\":121}"`,
  },
  {
    name: "durability",
    source: SHEET,
    hex: "0801 0403 08 00 0073 00000012 00000001 0000000000000000 | 130109c4 | 0000000000000000 | 666f6f | 626172",
    line: "flex-request 0x01 vbucket=115 opaque=0x00000001 framing=[durability level=1 timeout=2500] " +
      `extras=0000000000000000 key="foo" value=3:"bar"`,
  },
  {
    name: "several framing extras",
    source: "seed vector I-22",
    hex: "08010904080000070000001600000002000000000000000050130103e8436a6f650000000000000000096b657976",
    line: "flex-request 0x01 vbucket=7 opaque=0x00000002 " +
      `framing=[preserve-expiry, durability level=1 timeout=1000, impersonate user="joe"] ` +
      `extras=0000000000000000 key=096b6579 value=1:"v"`,
  },
  {
    name: "the duration in a response, rounded",
    source: SHEET,
    hex: "1800 0300 04 00 0000 0000000a 00000001 0000000000000007 | 02001e | 00000000 | 626172",
    line: "flex-response 0x00 SUCCESS opaque=0x00000001 cas=0x7 framing=[server-duration microseconds=185.8] " +
      `extras=00000000 value=3:"bar"`,
  },
  {
    name: "an unknown framing extra",
    source: "binary protocol sheet, section 1.3",
    hex: "0800 0201 00 00 0000 00000003 00000001 0000000000000000 | 31ff | 6b",
    line: `flex-request 0x00 opaque=0x00000001 framing=[unknown id=3 data=ff] key="k"`,
  },
  {
    name: "a user beyond ASCII, as hex",
    source: "binary protocol sheet, section 1.3",
    hex: "0800 0501 00 00 0000 00000006 00000001 0000000000000000 | 446ac3b665 | 6b",
    line: `flex-request 0x00 opaque=0x00000001 framing=[impersonate user=6ac3b665] key="k"`,
  },
  {
    name: "a malformed framing extra, without failing",
    source: "seed fact I-E",
    hex: "1800 0100 00 00 0000 00000001 00000001 0000000000000000 | 10",
    line: "flex-response 0x00 SUCCESS opaque=0x00000001 framing=malformed:10",
  },
  {
    name: "a value of 32 bytes, whole",
    source: SHEET,
    hex: `8100 0000 00 00 0000 00000020 00000001 0000000000000000 | ${"61".repeat(32)}`,
    line: `server-response 0x00 SUCCESS opaque=0x00000001 value=32:"${"a".repeat(32)}"`,
  },
  {
    name: "a value of 33 bytes, cut",
    source: SHEET,
    hex: `8100 0000 00 00 0000 00000021 00000001 0000000000000000 | ${"61".repeat(32)}00`,
    line: `server-response 0x00 SUCCESS opaque=0x00000001 value=33:"${"a".repeat(32)}"...`,
  },
  {
    name: "a value of 33 binary bytes, cut",
    source: SHEET,
    hex: `8100 0000 00 00 0000 00000021 00000001 0000000000000000 | ${"ff".repeat(33)}`,
    line: `server-response 0x00 SUCCESS opaque=0x00000001 value=33:${"ff".repeat(32)}...`,
  },
  {
    name: "an opaque and a CAS with all bits",
    source: SHEET,
    hex: "8100 0000 00 00 ffff 00000000 ffffffff ffffffffffffffff",
    line: "server-response 0x00 0xffff opaque=0xffffffff cas=0xffffffffffffffff",
  },
  {
    name: "a line end in a key, as hex",
    source: SHEET,
    hex: "8000 0003 00 00 0000 00000003 00000001 0000000000000000 | 660a6f",
    line: "client-request 0x00 opaque=0x00000001 key=660a6f",
  },
];

for (const { name, source, hex: text, line } of LINES) {
  test(`formatFrame shows ${name} (${source})`, () => assertEquals(formatFrame(Frame.from(hex(text))), line));
}

test("formatFrame asks for the name of an opcode by opcode and magic", () => {
  const frame = Frame.from(hex("8201 0000 00 00 0000 00000000 00000009 0000000000000000"));
  assertEquals(
    formatFrame(frame, (opcode, magic) => `op${opcode}@${magic}`),
    "server-request op1@130 opaque=0x00000009",
  );
});

test("formatFrame reads a frame in the middle of other bytes", () => {
  const bytes = hex("eeee | 8000 0003 00 00 0000 00000003 00000001 0000000000000000 | 666f6f | eeee");
  assertEquals(formatFrame(Frame.from(bytes.subarray(2, -2))), `client-request 0x00 opaque=0x00000001 key="foo"`);
});

test("formatFrame gives one line of printable ASCII for any frame", () => {
  const magic = fc.constantFrom(0x80, 0x81, 0x82, 0x83, 0x08, 0x18);
  const byte = fc.nat(0xff);
  const part = fc.uint8Array({ maxLength: 60 });
  fc.assert(
    fc.property(
      magic,
      fc.array(byte, { minLength: 22, maxLength: 22 }),
      part,
      part,
      part,
      part,
      (magic, rest, f, e, k, v) => {
        const framing = magic < 0x80 ? f : new Uint8Array(0);
        const bytes = new Uint8Array([magic, ...rest, 0, ...framing, ...e, ...k, ...v]);
        bytes.set([framing.length, k.length, e.length], 2);
        new DataView(bytes.buffer).setUint32(8, bytes.length - 24);
        const line = formatFrame(Frame.from(bytes));
        assertMatch(line, /^[ -~]+$/);
        assertEquals(formatFrame(Frame.from(bytes.slice())), line);
      },
    ),
    { seed: 6, numRuns: 1000 },
  );
});
