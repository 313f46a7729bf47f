import { assertEquals, assertLessOrEqual, assertThrows } from "@std/assert";
import { ProtocolError } from "../../src/errors.ts";
import { LineSplitter } from "../../src/text/line_splitter.ts";
import { test } from "../support/test.ts";
import { bytewise, cutAt, fromLatin1, latin1 } from "../support/text_wire.ts";

function push(splitter: LineSplitter, chunks: readonly Uint8Array[]): string[] {
  const lines: string[] = [];
  for (const chunk of chunks) {
    const slab = chunk.slice();
    splitter.push(slab, (bytes, from, to) => lines.push(fromLatin1(bytes.subarray(from, to))));
    slab.fill(0x0a);
  }
  return lines;
}

test("LineSplitter cuts at LF and CR LF, and leaves other CRs alone", () => {
  const text = "one\r\n\ntwo\n\r\n\rthree\r\r\nfour\r";
  for (let at = 0; at <= text.length; at++) {
    const splitter = new LineSplitter();
    assertEquals(push(splitter, cutAt(latin1(text), at)), ["one", "", "two", "", "\rthree\r"]);
    assertEquals([splitter.pending, splitter.position], [5, text.length - 5]);
    assertEquals(fromLatin1(splitter.rest()), "four\r");
  }
});

test("LineSplitter takes a line of just the limit, and refuses one byte more, ended or not", () => {
  const line = `${"x".repeat(1999)}\n`;
  for (const chunks of [[latin1(line)], bytewise(latin1(line)), cutAt(latin1(line), 1500)]) {
    assertEquals(push(new LineSplitter({ maxLine: 2000 }), chunks).length, 1);
    const splitter = new LineSplitter({ maxLine: 1999 });
    const error = assertThrows(() => push(splitter, chunks), ProtocolError, "it exceeds the limit of 1999 bytes");
    assertLessOrEqual(error.bytes.length, 64);
  }
  for (const chunks of [[latin1("x".repeat(2001))], bytewise(latin1("x".repeat(2001)))]) {
    assertThrows(() => push(new LineSplitter({ maxLine: 2000 }), chunks), ProtocolError);
  }
  for (const maxLine of [NaN, -1]) assertThrows(() => new LineSplitter({ maxLine }), RangeError, "Cannot use maxLine");
});

test("LineSplitter.stop leaves what follows, however much it is", () => {
  const text = `first\nsecond\n${"x".repeat(20_000)}`;
  for (const at of [0, 3, 5, 6, 7, 12, 100, text.length]) {
    const splitter = new LineSplitter();
    const lines: string[] = [];
    for (const chunk of cutAt(latin1(text), at)) {
      splitter.push(chunk, (bytes, from, to) => {
        lines.push(fromLatin1(bytes.subarray(from, to)));
        splitter.stop();
      });
    }
    assertEquals(lines, ["first"]);
    assertEquals(fromLatin1(splitter.rest()), text.slice(6));
  }
});
