import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { ProtocolError } from "../../src/errors.ts";
import { Answers } from "../../src/text/answers.ts";
import { ReplySplitter } from "../../src/text/reply_splitter.ts";
import { test } from "../support/test.ts";
import {
  answersNamed,
  bytewise,
  cutAt,
  fromLatin1,
  latin1,
  plainOf,
  plainReplies,
  pushReplies,
} from "../support/text_wire.ts";
import { TEXT_RECORDED } from "../vectors/text_recorded.ts";
import { TEXT_SEEDS } from "../vectors/text_seeds.ts";

/** Replies of several kilobytes are cut at so many places only. */
const CUTS = 700;

const STEPS = TEXT_RECORDED.flatMap(({ name, steps }) => steps.map((step) => ({ name, ...step })));

test("ReplySplitter reads every recorded reply, wherever it is cut", () => {
  for (const { expect, receive, name } of STEPS) {
    const expected = answersNamed(expect);
    const bytes = latin1(receive);
    const replies = plainReplies(receive);
    const stride = Math.max(1, Math.ceil(bytes.length / CUTS));
    for (let at = 0; at <= bytes.length; at += stride) {
      const splitter = new ReplySplitter({ expected });
      assertEquals(pushReplies(splitter, cutAt(bytes, at)), replies, `${name}, cut at ${at}`);
      assertEquals([splitter.pending, splitter.position], [0, bytes.length]);
      splitter.end();
    }
  }
});

test("ReplySplitter reads every recorded reply a byte at a time", () => {
  for (const { expect, receive } of STEPS) {
    const splitter = new ReplySplitter({ expected: answersNamed(expect) });
    assertEquals(pushReplies(splitter, bytewise(latin1(receive))), plainReplies(receive));
    splitter.end();
  }
});

test("ReplySplitter reads what a whole connection received in one chunk, told before each reply which it may be", () => {
  for (const { name, steps } of TEXT_RECORDED) {
    // One expectation per reply: it changes with the last line of each.
    const queue = steps.flatMap(({ expect, receive }) =>
      new Array<number>(countReplies(receive)).fill(answersNamed(expect))
    );
    const text = steps.map(({ receive }) => receive).join("");
    for (const chunks of [[latin1(text)], bytewise(latin1(text))]) {
      const splitter = new ReplySplitter({ expected: queue[0] ?? Answers.NOTHING });
      const rest = queue.slice(1);
      const seen = [];
      for (const chunk of chunks) {
        splitter.push(chunk, (reply) => {
          seen.push(plainOf(reply));
          if (reply.last) splitter.expected = rest.shift() ?? Answers.NOTHING;
        });
      }
      assertEquals(seen.length, plainReplies(text).length, name);
      assertEquals([rest.length, splitter.pending], [0, 0], name);
      if (queue.length > 0) {
        assertThrows(() => splitter.push(latin1("x"), () => {}), ProtocolError, "nothing was asked");
      }
    }
  }
});

/** How many replies a text holds: those lines that no other follows in the same reply. */
function countReplies(text: string): number {
  return plainReplies(text).filter(({ line }) => !/^(VALUE|STAT|ITEM|PREFIX|key=)/.test(line)).length;
}

for (const { name, source, expect, receive, codes, rest } of TEXT_SEEDS) {
  test(`ReplySplitter reads ${name} (${source}), wherever it is cut`, () => {
    const bytes = latin1(receive + (rest ?? ""));
    const names = codes.split(" ").filter((code) => code !== "");
    for (let at = 0; at <= bytes.length; at++) {
      const splitter = new ReplySplitter({ expected: answersNamed(expect) });
      const seen: string[] = [];
      for (const chunk of cutAt(bytes, at)) splitter.push(chunk, (reply) => seen.push(reply.name));
      assertEquals(seen, names);
      assertEquals(splitter.pending, rest?.length ?? 0);
      assertEquals(fromLatin1(splitter.rest()), rest ?? "");
      if (rest === undefined) splitter.end();
      else assertThrows(() => splitter.end(), ProtocolError, "the bytes end after");
    }
  });
}

test("ReplySplitter says which line is the last of a reply", () => {
  const last = (expected: number, text: string): boolean[] => {
    const flags: boolean[] = [];
    new ReplySplitter({ expected }).push(latin1(text), (reply) => flags.push(reply.last));
    return flags;
  };
  assertEquals(last(Answers.VALUES, "VALUE a 0 1\r\nx\r\nVALUE b 0 0\r\n\r\nEND\r\n"), [false, false, true]);
  assertEquals(last(Answers.VALUES, "SERVER_ERROR out\r\nEND\r\n"), [true, true]);
  assertEquals(last(Answers.VALUES, "VALUE a 0 1\r\nx\r\nSERVER_ERROR x\r\nERROR\r\nEND\r\n"), [
    false,
    false,
    false,
    true,
  ]);
  assertEquals(last(Answers.VALUES | Answers.ERRORS_INSIDE, "SERVER_ERROR x\r\nEND\r\n"), [false, true]);
  assertEquals(last(Answers.STATS, "STAT a 1\r\nEND\r\nRESET\r\nERROR\r\n"), [false, true, true, true]);
  assertEquals(last(Answers.LINES, "ITEM a [1 b; 0 s]\r\nEND\r\nBUSY x\r\nERROR\r\n"), [false, true, true, true]);
  assertEquals(last(Answers.ANY, "Error TLS not enabled\r\nSTAT a\r\nEND\r\n12\r\n"), [true, false, true, true]);
  assertEquals(last(Answers.META, "HD\r\nVA 1\r\nx\r\nEN\r\nCLIENT_ERROR x\r\n"), [true, true, true, true]);
});

test("ReplySplitter.end refuses to end between the lines of a reply", () => {
  const splitter = new ReplySplitter({ expected: Answers.VALUES });
  splitter.push(latin1("VALUE a 0 1\r\nx\r\n"), () => {});
  assertEquals(splitter.pending, 0);
  assertThrows(() => splitter.end(), ProtocolError, "the bytes end before its last line");
  splitter.push(latin1("END\r\n"), () => {});
  splitter.end();
});

test("ReplySplitter skips empty lines between replies only", () => {
  for (const text of ["\r\n\r\nHD\r\n\r\nEN\r\n\r\n"]) {
    for (let at = 0; at <= text.length; at++) {
      const splitter = new ReplySplitter({ expected: Answers.META });
      assertEquals(pushReplies(splitter, cutAt(latin1(text), at)), [{ line: "HD" }, { line: "EN" }]);
      assertEquals(splitter.position, text.length);
    }
  }
  assertThrows(
    () => pushReplies(new ReplySplitter({ expected: Answers.VALUES }), [latin1("VALUE a 0 1\r\nx\r\n\r\nEND\r\n")]),
    ProtocolError,
  );
});

test("ReplySplitter.stop leaves what follows for who takes over, however it comes", () => {
  const text = "OK\r\nts=1.2 gid=1\nmore";
  for (let at = 0; at <= text.length; at++) {
    for (const then of [[], [latin1("!")]]) {
      const splitter = new ReplySplitter({ expected: Answers.OK });
      const seen: string[] = [];
      for (const chunk of [...cutAt(latin1(text), at), ...then]) {
        splitter.push(chunk, (reply) => {
          seen.push(reply.text);
          splitter.stop();
        });
      }
      assertEquals(seen, ["OK"]);
      assertEquals(fromLatin1(splitter.rest()), `ts=1.2 gid=1\nmore${then.length > 0 ? "!" : ""}`);
    }
  }
});

test("ReplySplitter reads a chunk that lies in the middle of other memory", () => {
  const text = "VALUE a 1 3 9\r\nabc\r\nEND\r\n";
  const memory = new Uint8Array(100).fill(0x0a);
  memory.set(latin1(text), 37);
  for (let at = 0; at <= text.length; at++) {
    const splitter = new ReplySplitter({ expected: Answers.VALUES });
    const seen: string[] = [];
    for (const part of cutAt(memory.subarray(37, 37 + text.length), at)) {
      splitter.push(
        part,
        (reply) => seen.push(`${reply.line.length} ${reply.key.length} ${fromLatin1(reply.value)} ${reply.cas}`),
      );
    }
    assertEquals(seen, ["13 1 abc 9", "3 0  0"]);
  }
});

test("ReplySplitter.split gives objects of their own, and copies nothing of the chunk", () => {
  const bytes = latin1("VALUE a 1 3 9\r\nabc\r\nEND\r\n");
  const [hit, end] = new ReplySplitter().split(bytes);
  assertStrictEquals(hit!.value.buffer, bytes.buffer);
  assertEquals([hit!.name, hit!.flags, hit!.cas, end!.name], ["VALUE", 1, 9n, "END"]);
  const splitter = new ReplySplitter();
  const replies = bytewise(latin1("HD c1\r\nVA 2 c2\r\nhi\r\nHD c3\r\n")).flatMap((byte) => splitter.split(byte));
  assertEquals(replies.map((reply) => reply.meta.cas), [1n, 2n, 3n]);
  assertEquals(fromLatin1(replies[1]!.value), "hi");
});

test("TextReply reads each classic line", () => {
  const read = (text: string) => new ReplySplitter().split(latin1(text))[0]!;
  assertEquals(read("VERSION 1.6.18\r\n").message, "1.6.18");
  assertEquals(read("CLIENT_ERROR bad data chunk\r\n").message, "bad data chunk");
  assertEquals([read("ERROR\r\n").message, read("SERVER_ERROR\r\n").message], ["", ""]);
  assertEquals(read("ERROR: shutdown not enabled\r\n").name, "ERROR");
  assertEquals(read("18446744073709551615\r\n").number, 18446744073709551615n);
  assertEquals(read("STORED\r\n").number, 0n);
  assertEquals(read("STAT slab:1 with blanks in it\r\n").stat, ["slab:1", "with blanks in it"]);
  assertEquals(read("STAT alone\r\n").stat, ["alone", ""]);
  assertEquals(read("BUSY currently processing crawler request\r\n").name, "REFUSED");
  assertEquals(fromLatin1(read("VALUE k\xc3\xa9y 7 0\r\n\r\n").key), "k\xc3\xa9y");
  assertEquals([read("VALUE k 7 0\r\n\r\n").value.length, read("END\r\n").value.length], [0, 0]);
  assertEquals(read("VA 2\r\n9 \r\n").counter, 9n);
  assertEquals(read("VA 20\r\n18446744073709551615\r\n").counter, 18446744073709551615n);
  for (const value of ["", "x", "-1", " 1", "1 2", "123456789012345678901"]) {
    assertStrictEquals(read(`VA ${value.length}\r\n${value}\r\n`).counter, undefined);
  }
  assertStrictEquals(read("HD\r\n").counter, undefined);
  assert(read("HD\r\n").kept);
});

test("ReplySplitter looks at nothing before a chunk", () => {
  const memory = latin1("\r\nHD\r\n");
  for (const expected of [Answers.META, Answers.LINES]) {
    const splitter = new ReplySplitter({ expected });
    const push = () => splitter.push(memory.subarray(1, 2), ({ lineLength }) => assertEquals(lineLength, 0));
    if (expected === Answers.META) assertThrows(push, ProtocolError, "it does not end with CR LF");
    else push();
  }
});

test("ReplySplitter shows each reply without what was before it", () => {
  const seen: unknown[] = [];
  const text = "VALUE a 7 1 9\r\nx\r\nVALUE b 0 0\r\n\r\nEND\r\nVA 1 c5\r\ny\r\nHD\r\n";
  new ReplySplitter().push(latin1(text), ({ flags, cas, key, value, meta }) => {
    seen.push([flags, cas, fromLatin1(key), fromLatin1(value), meta.cas]);
  });
  assertEquals(seen, [
    [7, 9n, "a", "x", undefined],
    [0, 0n, "b", "", undefined],
    [0, 0n, "", "", undefined],
    [0, 0n, "", "y", 5n],
    [0, 0n, "", "", undefined],
  ]);
});
