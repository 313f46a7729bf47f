/** Every frame of every recorded TAP session reads and writes by its row, and cut anywhere it is the same. */

import { assertEquals, assertGreater } from "@std/assert";
import { ProtocolError } from "../../src/errors.ts";
import { Frame } from "../../src/frame/frame.ts";
import { FrameSplitter } from "../../src/frame/frame_splitter.ts";
import { TAP_MUTATION, TapMessageFlag } from "../../src/ops/tap.ts";
import { isRequest } from "../../src/wire/header.ts";
import { captureNames, framesOf, readCapture } from "../support/capture.ts";
import { isGood, reencode, rowOf } from "../support/reencode.ts";
import { test } from "../support/test.ts";
import { assertBytes, joined } from "../support/wire_frame.ts";

/** TAP_CONNECT, its messages, and what manages feeds. */
function isTap(opcode: number): boolean {
  return (opcode >= 0x40 && opcode <= 0x47) || opcode === 0x97 || opcode === 0x9e;
}

/** Connects that are wrong on purpose, by the name of their connection. */
const WRONG = [
  "backfill-without-age",
  "list-without-count",
  "list-short",
  "checkpoint-short",
  "extras-8",
];

const NAMES = captureNames("tap/");

for (const name of NAMES) {
  test(`rows read and write again what was recorded of TAP: ${name}`, () => {
    const wrong: string[] = [];
    let read = 0;
    for (const { line, connection, frame: { bytes } } of framesOf(readCapture(name))) {
      const frame = Frame.from(bytes);
      if (!isTap(frame.opcode)) continue;
      const row = rowOf(frame)!;
      if (!isRequest(frame.magic) && !isGood(frame, row)) continue;
      try {
        assertBytes(reencode(frame, row), bytes);
        read++;
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw new Error(`line ${line} of ${name}`, { cause: error });
        wrong.push(connection);
      }
    }
    assertEquals(wrong, name.endsWith("tap-errors") ? wrong.filter((connection) => WRONG.includes(connection)) : []);
    assertEquals(wrong.length, name.endsWith("tap-errors") ? WRONG.length : 0);
    assertGreater(read, 0);
  });
}

test("recorded TAP feeds cut at every byte are the same frames", () => {
  for (const name of NAMES.filter((name) => /dump-ack|checkpoint|takeover$/.test(name))) {
    const frames = framesOf(readCapture(name)).filter(({ sent, frame }) => !sent && isTap(frame.opcode));
    const whole = joined(...frames.map(({ frame }) => frame.bytes));
    for (let cut = 0; cut <= whole.length; cut++) {
      const splitter = new FrameSplitter();
      let count = 0;
      const visit = (frame: Frame): void => assertBytes(frame.bytes, frames[count++]!.frame.bytes);
      splitter.push(whole.slice(0, cut), visit);
      splitter.push(whole.slice(cut), visit);
      assertEquals(count, frames.length);
    }
  }
});

test("flags of items come right side up where the message says so, and only there", () => {
  const flagsOf = (name: string): [number, boolean][] =>
    framesOf(readCapture(name)).filter(({ frame }) => frame.opcode === TAP_MUTATION.opcode && frame.magic === 0x80)
      .map(({ frame }) => TAP_MUTATION.request.read(Frame.from(frame.bytes)))
      .filter(({ key }) => new TextDecoder().decode(key) === "flags")
      .map(({ flags, messageFlags }) => [flags, (messageFlags & TapMessageFlag.NETWORK_BYTE_ORDER) !== 0]);
  assertEquals(new Set(flagsOf("tap/cb316-ep-tap-fix-flag-byteorder").map(String)), new Set(["287454020,true"]));
  assertEquals(new Set(flagsOf("tap/cb316-ep-tap-dump").map(String)), new Set(["1144201745,false"]));
});
