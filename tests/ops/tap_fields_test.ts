import { assertEquals, assertThrows } from "@std/assert";
import { ProtocolError } from "../../src/errors.ts";
import { Frame } from "../../src/frame/frame.ts";
import { FrameWriter } from "../../src/frame/frame_writer.ts";
import { formatTapConnectFlags, TAP_CONNECT, TAP_MUTATION, TAP_OPAQUE, tapItemFlags } from "../../src/ops/tap.ts";
import { TapFields } from "../../src/ops/tap_fields.ts";
import { hex } from "../support/hex.ts";
import { test } from "../support/test.ts";
import { wire } from "../support/wire_frame.ts";
import { TAP_FIELD_READS, TAP_FLAG_TEXTS } from "../vectors/seed_tap.ts";

for (const [flags, text] of TAP_FLAG_TEXTS) {
  test(`formatTapConnectFlags: ${text}`, () => assertEquals(formatTapConnectFlags(flags), text));
}

test("formatTapConnectFlags names each of 32 bits", () => {
  assertEquals(formatTapConnectFlags(0xffffffff).split("|").length, 32);
  assertEquals(formatTapConnectFlags(0), "");
});

for (const { kind, hex: digits, value, rest } of TAP_FIELD_READS) {
  test(`TapFields reads ${kind} of ${digits}`, () => {
    const fields = new TapFields(hex(digits));
    if (value === undefined) {
      assertThrows(() => fields[kind](), RangeError);
    } else {
      assertEquals<unknown>(fields[kind](), value);
      assertEquals(fields.rest.length, rest);
    }
  });
}

test("tap-connect refuses lists that are cut short and extras of no known size", () => {
  const refuse = (parts: Parameters<typeof wire>[0]): void => {
    const frame = Frame.from(wire({ magic: 0x80, ...parts }));
    assertThrows(() => TAP_CONNECT.request.read(frame), ProtocolError, "Cannot read body of opcode 0x40");
  };
  refuse({ opcode: 0x40, key: "hello", extras: hex("00000007"), value: hex("000000c00d767614000300010002") });
  refuse({ opcode: 0x40, key: "hello", extras: hex("000007") });
});

test("tap-connect refuses to write a flag without what belongs to it", () => {
  const out = new FrameWriter();
  out.begin();
  assertThrows(() => TAP_CONNECT.request.write(out, { name: "n", flags: 0x45 }), TypeError, "flags 0x5 are set");
});

test("messages whose parts do not fit are refused", () => {
  const read = (extras: string, value: string): void => {
    const frame = Frame.from(wire({ magic: 0x80, opcode: 0x41, extras: hex(extras), key: "k", value: hex(value) }));
    TAP_MUTATION.request.read(frame);
  };
  const extras = "0000 ff000000 00000000 00000000";
  read(`0009 ${extras}`, "00".repeat(9));
  assertThrows(() => read(`000a ${extras}`, "00".repeat(9)), ProtocolError, "do not fit into its body");
  const short = wire({ magic: 0x80, opcode: 0x44, extras: hex("0002 0000 ff000000"), value: hex("0001") });
  assertThrows(() => TAP_OPAQUE.request.read(Frame.from(short)), ProtocolError, "2 bytes of the engine, expected 4");
});

test("tapItemFlags turns bytes around as often as it must", () => {
  assertEquals(tapItemFlags({ flags: 0xefbeadde, messageFlags: 1 }), 0xdeadbeef);
  assertEquals(tapItemFlags({ flags: 0xdeadbeef, messageFlags: 5 }), 0xdeadbeef);
});
