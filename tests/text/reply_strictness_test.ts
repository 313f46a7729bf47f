/** What is no reply, and how much memory bytes of any kind can take. */

import { assert, assertEquals, assertLessOrEqual, assertThrows } from "@std/assert";
import { ProtocolError } from "../../src/errors.ts";
import { Answers } from "../../src/text/answers.ts";
import { DEFAULT_MAX_LINE, DEFAULT_MAX_VALUE, ReplySplitter } from "../../src/text/reply_splitter.ts";
import { allocations } from "../support/allocations.ts";
import { type Random, withRandom } from "../support/random.ts";
import { test } from "../support/test.ts";
import { bytewise, cutAt, fromLatin1, latin1, pushReplies } from "../support/text_wire.ts";
import { TEXT_RECORDED } from "../vectors/text_recorded.ts";

const LINES = [...new Set(TEXT_RECORDED.flatMap(({ steps }) => steps.map(({ receive }) => receive)))]
  .filter((text) => text !== "" && text.length < 500);

/** What a splitter says when it is given a text, the same wherever it is cut. */
function refusal(expected: number, text: string): ProtocolError {
  const bytes = latin1(text);
  const errors: ProtocolError[] = [];
  for (let at = 0; at <= bytes.length; at++) {
    const splitter = new ReplySplitter({ expected });
    errors.push(assertThrows(() => pushReplies(splitter, cutAt(bytes, at)), ProtocolError));
  }
  for (const error of errors) assertEquals(error.at, errors[0]!.at);
  return errors[0]!;
}

const NO_VALUE: readonly (readonly [string, string])[] = [
  ["VALU foobar1234 1 4096\r\n", "no answer"],
  ["VALUEfoobar1234 1 4096\r\n", "no answer"],
  ["VALUE foobar1234 14096\r\n", "malformed"],
  ["VALUE foobar123414096\r\n", "malformed"],
  ["VALUE foobar1234 1 4096\n", "does not end with CR LF"],
  ["VALUE  1 4096\r\n", "key or flags"],
  ["VALUE k 4294967296 1\r\n", "key or flags"],
  ["VALUE k -1 1\r\n", "key or flags"],
  ["VALUE k 1 99999999999999999999\r\n", "length of its data is malformed"],
  ["VALUE k 1 20971521\r\n", "exceed the limit"],
  ["VALUE k 1 4294967296\r\n", "exceed the limit"],
  ["VALUE k 1 -1\r\n", "length"],
  ["VALUE k 1 1x\r\n", "length"],
  ["VALUE k 1 1 18446744073709551616\r\n", "cas is malformed"],
  ["VALUE k 1 1 \r\n", "cas is malformed"],
  ["VALUE k 1 1 x\r\n", "cas is malformed"],
  ["VALUE k 1 1 1 1\r\n", "cas is malformed"],
  ["VALUE k  1 1\r\n", "key or flags"],
  ["VALUE\r\n", "key or flags"],
  ["VALUE \r\n", "key or flags"],
];

for (const [line, reason] of NO_VALUE) {
  test(`ReplySplitter refuses ${JSON.stringify(line)}`, () => {
    const error = refusal(Answers.VALUES, `VALUE a 0 1\r\nx\r\n${line}x`);
    assertEquals(error.at, 16);
    assertEquals(error.message.includes(reason), true, error.message);
    assertEquals(fromLatin1(error.bytes), line.slice(0, 64));
  });
}

test("ReplySplitter reads the largest numbers of a VALUE", () => {
  const splitter = new ReplySplitter({ expected: Answers.VALUES });
  const [reply] = splitter.split(latin1("VALUE key 4294967295 0 18446744073709551615\r\n\r\n"));
  assertEquals([reply!.flags, reply!.cas], [4294967295, 18446744073709551615n]);
  const zeros = new ReplySplitter().split(latin1("VALUE key 007 001 042\r\nx\r\n"))[0]!;
  assertEquals([zeros.flags, zeros.valueLength, zeros.cas], [7, 1, 42n]);
});

const NO_REPLY: readonly (readonly [keyof typeof Answers, string, string])[] = [
  ["VALUES", "STORED\r\n", "no answer to what was asked"],
  ["VALUES", "VA 1\r\n", "no answer"],
  ["VALUES", "OK\r\n", "no answer"],
  ["STORE", "DELETED\r\n", "no answer"],
  ["STORE", "crap\r\n", "no answer"],
  ["STORE", "STORED \r\n", "no answer"],
  ["STORE", "STORED\r\r\n", "no answer"],
  ["STORE", "STORED\n", "does not end with CR LF"],
  ["STORE", "stored\r\n", "no answer"],
  ["DELETE", "END\r\n", "no answer"],
  ["NUMBER", "12x\r\n", "no answer"],
  ["NUMBER", "-1\r\n", "no answer"],
  ["NUMBER", "1 2\r\n", "no answer"],
  ["NUMBER", "18446744073709551616\r\n", "no answer"],
  ["STATS", "VALUE a 0 1\r\n", "no answer"],
  ["META", "VALUE a 0 1\r\n", "no answer"],
  ["META", "VA\r\n", "length of its data is malformed"],
  ["META", "VA x\r\n", "length of its data is malformed"],
  ["META", "VA -1 f1\r\n", "length of its data is malformed"],
  ["META", "VA 20971521 f1\r\n", "exceed the limit"],
  ["META", "HDc1\r\n", "no answer"],
  ["META", "HD c1\n", "does not end with CR LF"],
  ["META", "OK\r\n", "no answer"],
  ["OK", "\n", "does not end with CR LF"],
  ["NOTHING", "ERROR\r\n", "nothing was asked"],
  ["NOTHING", "E", "nothing was asked"],
];

for (const [expected, text, reason] of NO_REPLY) {
  test(`ReplySplitter refuses ${JSON.stringify(text)} where ${expected} is expected`, () => {
    const error = refusal(Answers[expected], text);
    assertEquals(error.message.includes(reason), true, error.message);
    assertEquals([error.at, error.code], [0, "PROTOCOL"]);
  });
}

for (
  const text of ["VALUE a 0 3\r\nabcXY", "VALUE a 0 3\r\nabc\rX", "VALUE a 0 3\r\nabcX\n", "VALUE a 0 3\r\nabc\n\n"]
) {
  test(`ReplySplitter refuses data that CR LF does not follow: ${JSON.stringify(text)}`, () => {
    const error = refusal(Answers.VALUES, `END\r\n${text}END\r\n`);
    assertEquals(error.message.includes("its 3 bytes of data are not followed by CR LF"), true, error.message);
    assertEquals(error.at, 5);
  });
}

test("ReplySplitter shows in its errors where and what, and nothing that a terminal obeys", () => {
  const error = refusal(Answers.META, "HD\r\n\x1b[2J\x00 \x80\r\n");
  assertEquals(error.message, 'Cannot read reply at byte 4, "?[2J? ???": it is no answer to what was asked');
  const long = refusal(Answers.META, `HD\r\n${"x".repeat(200)}\r\n`);
  assertLessOrEqual(long.bytes.length, 64);
});

test("ReplySplitter takes a line of just the limit, and refuses one byte more, ended or not", () => {
  for (const length of [16, 100, 300]) {
    const line = `CLIENT_ERROR ${"x".repeat(length - 15)}\r\n`;
    for (const chunks of [[latin1(line)], bytewise(latin1(line))]) {
      assertEquals(pushReplies(new ReplySplitter({ maxLine: length }), chunks).length, 1);
      const splitter = new ReplySplitter({ maxLine: length - 1 });
      assertThrows(
        () => pushReplies(splitter, chunks),
        ProtocolError,
        `its line exceeds the limit of ${length - 1} bytes`,
      );
      const open = new ReplySplitter({ maxLine: length - 2 });
      assertThrows(
        () => pushReplies(open, chunks.length > 1 ? chunks.slice(0, -2) : [latin1(line.slice(0, -2))]),
        ProtocolError,
      );
    }
  }
  assertEquals([DEFAULT_MAX_LINE, DEFAULT_MAX_VALUE], [8192, 20 * 1024 * 1024]);
});

test("ReplySplitter takes data of just the limit, and no more", () => {
  for (const text of ["VALUE a 0 5\r\nabcde\r\n", "VA 5 c1\r\nabcde\r\n"]) {
    assertEquals(pushReplies(new ReplySplitter({ maxValue: 5 }), bytewise(latin1(text))).length, 1);
    assertThrows(
      () => pushReplies(new ReplySplitter({ maxValue: 4 }), bytewise(latin1(text))),
      ProtocolError,
      "its data of 5 bytes exceed the limit of 4",
    );
  }
});

test("ReplySplitter refuses limits and expectations that are none", () => {
  for (const limit of [NaN, -1]) {
    assertThrows(() => new ReplySplitter({ maxLine: limit }), RangeError, "Cannot use maxLine");
    assertThrows(() => new ReplySplitter({ maxValue: limit }), RangeError, "Cannot use maxValue");
    assertThrows(() => new ReplySplitter({ expected: limit }), RangeError, "bits of Answers");
    assertThrows(() => new ReplySplitter().expected = limit, RangeError, "bits of Answers");
  }
});

test("ReplySplitter allocates nothing for data over the limit", () => {
  for (const line of ["VALUE a 0 999999999\r\n", "VA 999999999 c1\r\n"]) {
    for (let at = 0; at <= line.length; at++) {
      const chunks = cutAt(latin1(line), at);
      const splitter = new ReplySplitter();
      const sizes = allocations(() => {
        assertThrows(() => chunks.forEach((chunk) => splitter.push(chunk, () => {})), ProtocolError);
      });
      assertLessOrEqual(Math.max(0, ...sizes), 64);
    }
  }
});

test("ReplySplitter puts a cut reply together in a buffer of its size, and joins nothing twice", () => {
  const size = 1_000_000;
  const bytes = latin1(`VA ${size} c1\r\n${"x".repeat(size)}\r\n`);
  const chunks = Array.from(
    { length: Math.ceil(bytes.length / 1000) },
    (_, i) => bytes.subarray(i * 1000, i * 1000 + 1000),
  );
  const splitter = new ReplySplitter();
  const sizes = allocations(() => chunks.forEach((chunk) => splitter.push(chunk, () => {})));
  assertEquals(sizes.filter((length) => length > 1000), [bytes.length]);
});

/** Bytes that look like replies every now and then, with something wrong sooner or later. */
function almostReplies(random: Random): Uint8Array {
  let text = "";
  for (let i = 0; i < 1 + random.int(10); i++) {
    let part = random.pick(LINES);
    if (random.int(4) === 0) {
      const at = random.int(part.length);
      part = part.slice(0, at) + String.fromCharCode(random.int(256)) + part.slice(at + random.int(2));
    }
    text += random.int(20) === 0 ? fromLatin1(random.bytes(random.int(40))) : part;
  }
  return latin1(text);
}

test("ReplySplitter makes replies or a ProtocolError of random bytes, and holds no more than the limits", async () => {
  await withRandom((random) => {
    const [maxLine, maxValue] = [300, 1000];
    let refused = 0;
    for (let round = 0; round < 3000; round++) {
      const bytes = random.int(4) === 0 ? random.bytes(random.int(500)) : almostReplies(random);
      const expected = random.pick(Object.values(Answers));
      const outcomes = [bytes.length, 1 + random.int(20)].map((step) => {
        const splitter = new ReplySplitter({ maxLine, maxValue, expected });
        const seen: string[] = [];
        try {
          for (let at = 0; at < bytes.length; at += step) {
            splitter.push(bytes.slice(at, at + step), (reply) => {
              seen.push(`${reply.name} ${reply.last} ${reply.size}`);
              assertLessOrEqual(reply.size, maxLine + maxValue + 2);
            });
            assertLessOrEqual(splitter.pending, maxLine + maxValue + 2);
          }
        } catch (error) {
          assert(error instanceof ProtocolError, String(error));
          refused++;
          seen.push(`refused at ${error.at}`);
        }
        return seen;
      });
      // However it is cut, it is the same.
      assertEquals(outcomes[0], outcomes[1]);
    }
    assert(refused > 100 && refused < 6000);
  });
});
