/** What must hold of the text codec whatever it is given: properties. In a file of their own, which only Deno loads: the package is not there elsewhere. */

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { LineSplitter } from "../../src/text/line_splitter.ts";
import { META_SET } from "../../src/text/meta_set.ts";
import { RAW } from "../../src/text/raw_command.ts";
import { ReplySplitter } from "../../src/text/reply_splitter.ts";
import { TEXT_SET } from "../../src/text/storage.ts";
import { TextWriter } from "../../src/text/text_writer.ts";
import { test } from "../support/test.ts";
import { cutAt, fromLatin1, latin1, plainReplies, type PlainReply, pushReplies } from "../support/text_wire.ts";
import { CLASSIC_KEYS, META_KEYS, NUMBERS, TOKENS, type Write } from "../support/text_writes.ts";

function push(splitter: LineSplitter, chunks: readonly Uint8Array[]): string[] {
  const lines: string[] = [];
  for (const chunk of chunks) {
    const slab = chunk.slice();
    splitter.push(slab, (bytes, from, to) => lines.push(fromLatin1(bytes.subarray(from, to))));
    slab.fill(0x0a);
  }
  return lines;
}

test("LineSplitter gives the same lines however the bytes are cut", () => {
  const line = fc.string({ unit: fc.constantFrom(..."ab \r\xff"), maxLength: 30 });
  fc.assert(
    fc.property(fc.array(line), fc.array(fc.nat(400)), (lines, at) => {
      const text = lines.map((part) => `${part}\n`).join("");
      const offsets = at.map((offset) => offset % (text.length + 1)).sort((a, b) => a - b);
      const expected = lines.map((part) => part.replace(/\r$/, ""));
      assertEquals(push(new LineSplitter(), cutAt(latin1(text), ...offsets)), expected);
    }),
    { numRuns: 300, seed: 20_250_613 },
  );
});

test("ReplySplitter gives the same replies however the bytes are cut", () => {
  const value = fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc.constantFrom("END\r\n", "\r\n", "VALUE x 0 3\r\n", "VA 5\r\nHD", "\n").map(latin1),
    fc.nat(40_000).map((length) => new Uint8Array(length).fill(0x0d)),
  ).map(fromLatin1);
  const key = fc.string({ unit: fc.constantFrom(..."abc:/\xc3\xa9%+"), minLength: 1, maxLength: 20 });
  const reply = fc.oneof(
    fc.tuple(key, fc.nat(), value).map(([name, flags, data]) => `VALUE ${name} ${flags} ${data.length}\r\n${data}\r\n`),
    fc.tuple(key, fc.nat(), value).map(([opaque, cas, data]) => `VA ${data.length} O${opaque} c${cas}\r\n${data}\r\n`),
    fc.constantFrom(
      "END\r\n",
      "HD\r\n",
      "HD O1 k\r\n",
      "EN\r\n",
      "STORED\r\n",
      "12\r\n",
      "STAT a b c\r\n",
      "SERVER_ERROR x\r\n",
    ),
  );
  fc.assert(
    fc.property(
      fc.array(reply, { maxLength: 12 }),
      fc.array(fc.double({ min: 0, max: 1, noNaN: true })),
      (replies, at) => {
        const text = replies.join("");
        const bytes = latin1(text);
        const offsets = at.map((fraction) => Math.floor(fraction * bytes.length)).sort((a, b) => a - b);
        const splitter = new ReplySplitter();
        const expected: PlainReply[] = plainReplies(text);
        assertEquals(pushReplies(splitter, cutAt(bytes, ...offsets)), expected);
        assertEquals(splitter.pending, 0);
      },
    ),
    { numRuns: 300, seed: 20_250_611 },
  );
});

/** The commands in a text, as a server takes them apart: by lines, and by the length of what is stored. */
function commandsIn(sent: string): string[] {
  const commands: string[] = [];
  let rest = sent;
  while (rest !== "") {
    const end = rest.indexOf("\n");
    assert(end >= 0, `No end: ${rest}`);
    const line = rest.slice(0, end).replace(/\r$/, "");
    const words = line.split(" ").filter((word) => word !== "");
    rest = rest.slice(end + 1);
    commands.push(words[0] ?? "");
    const length = words[0] === "ms" ? words[2] : words[4];
    if (!/^(set|add|replace|append|prepend|cas|ms)$/.test(words[0] ?? "")) continue;
    assertEquals(rest.slice(Number(length), Number(length) + 2), "\r\n");
    rest = rest.slice(Number(length) + 2);
  }
  return commands;
}

test("whatever is passed, a server sees one command for each that was written", () => {
  const nasty = fc.oneof(
    fc.string({ unit: fc.constantFrom(..."ab \r\n\0\t\x7fé€"), maxLength: 12 }),
    fc.constantFrom("k\r\nflush_all", "k 0 0 1\r\nx\r\nflush_all", "k noreply", "k\nquit", "k q", "a\r\n"),
    fc.uint8Array({ maxLength: 12 }),
  );
  const number = fc.oneof(fc.integer(), fc.double(), fc.constantFrom("1\r\nflush_all" as unknown as number));
  const text = nasty.map((part) => typeof part === "string" ? part : fromLatin1(part));
  const write = fc.oneof(
    fc.tuple(fc.constantFrom(...CLASSIC_KEYS, ...META_KEYS), nasty),
    fc.tuple(fc.constantFrom(...TOKENS), text),
    fc.tuple(fc.constantFrom(...NUMBERS), number),
    fc.tuple(fc.constant(((out, line) => RAW.write(out, { line })) as Write<string>), text),
    fc.tuple(
      fc.constant(((out, value) => TEXT_SET.write(out, { key: "k", value })) as Write<string | Uint8Array>),
      nasty,
    ),
    fc.tuple(
      fc.constant(((out, value) => META_SET.write(out, { key: "k", value })) as Write<string | Uint8Array>),
      nasty,
    ),
  );
  fc.assert(
    fc.property(fc.array(write, { maxLength: 8 }), (writes) => {
      const out = new TextWriter();
      let written = 0;
      for (const [fn, given] of writes) {
        try {
          fn(out, given as never);
          written++;
        } catch (error) {
          assert(error instanceof TypeError || error instanceof RangeError, String(error));
        }
      }
      const sent = out.take().map(fromLatin1).join("");
      assertEquals(commandsIn(sent).length, written);
    }),
    { numRuns: 2000, seed: 20_250_612 },
  );
});
