import { assertEquals, assertThrows } from "@std/assert";
import { Answers } from "../../src/text/answers.ts";
import { answersOf, RAW } from "../../src/text/raw_command.ts";
import { ReplySplitter } from "../../src/text/reply_splitter.ts";
import { TextWriter } from "../../src/text/text_writer.ts";
import { test } from "../support/test.ts";
import { answersNamed, fromLatin1, latin1 } from "../support/text_wire.ts";
import { TEXT_RECORDED } from "../vectors/text_recorded.ts";

test("answersOf knows which replies the recorded commands had", () => {
  let known = 0;
  for (const { name, steps, server } of TEXT_RECORDED) {
    // A server that wants a log-in first answers nothing as its command has it.
    if (server?.includes("-Y") === true) continue;
    for (const { send, expect, receive, closes } of steps) {
      // One command, and no value behind it but its own.
      const [line = "", value, rest] = send.split("\r\n");
      if (rest !== undefined && rest !== "" || / q( |$)/.test(line) || line.startsWith("watch") || line === "") {
        continue;
      }
      if (value !== undefined && value !== "" && !/^(set|add|replace|append|prepend|cas|ms) /.test(line)) continue;
      if (closes === true) continue;
      if (expect === "ANY" || OWN_WAY.test(line)) assertTaken(line, receive, name);
      else assertEquals(answersOf(line), answersNamed(expect), `${name}: ${line}`);
      known++;
    }
  }
  assertEquals(known > 150, true);
});

/** Commands that no row writes, and one too many words. */
const OWN_WAY = /^(lru_crawler (enable|sleep)|shutdown|refresh_certs|stats detail dump x)/;

/** Sees that what was answered is one whole reply of those that the command can have. */
function assertTaken(line: string, receive: string, name: string): void {
  const splitter = new ReplySplitter({ expected: answersOf(line) });
  const replies = splitter.split(latin1(receive));
  splitter.end();
  assertEquals(replies.at(-1)?.last, true, `${name}: ${line}`);
}

test("answersOf goes by the words, whatever the blanks between them", () => {
  assertEquals(answersOf("  stats   detail  dump "), Answers.LINES);
  assertEquals(answersOf("get noreply"), Answers.VALUES);
  assertEquals(answersOf("set k 0 0 1 noreply "), Answers.NOTHING);
  assertEquals(answersOf("version noreply"), Answers.VERSION);
  assertEquals(answersOf("constructor"), Answers.ANY);
  assertEquals(answersOf("__proto__ x"), Answers.ANY);
  assertEquals(answersOf("mg q v"), Answers.META);
  assertEquals(answersOf(""), Answers.ANY);
});

test("answersOf refuses what has no reply of its own, or no end", () => {
  for (const line of ["mg k q", "mg k v q", "ms k 1 q T0"]) {
    assertThrows(() => answersOf(line), TypeError, "it is quiet");
  }
  for (const line of ["watch", "watch fetchers"]) assertThrows(() => answersOf(line), TypeError, "it has no end");
});

function write(line: string, value?: string): string {
  const out = new TextWriter();
  RAW.write(out, value === undefined ? { line } : { line, value });
  return fromLatin1(out.take()[0]!);
}

test("RAW sends a line as it is", () => {
  assertEquals(write("stats  items "), "stats  items \r\n");
  assertEquals(write("get é"), "get \xc3\xa9\r\n");
  assertEquals(write(`get ${"k ".repeat(2000)}`).length, 4006);
});

test("RAW sends values whose length is right", () => {
  assertEquals(write("set k 0 0 3", "abc"), "set k 0 0 3\r\nabc\r\n");
  assertEquals(
    write("set  k 4294967295 -2147483647 2 noreply ", "é"),
    "set k 4294967295 -2147483647 2 noreply\r\n\xc3\xa9\r\n",
  );
  assertEquals(write("cas k 0 0 0 18446744073709551615", ""), "cas k 0 0 0 18446744073709551615\r\n\r\n");
  assertEquals(write("ms k 2 T0 F1", "\r\n"), "ms k 2 T0 F1\r\n\r\n\r\n");
});

test("RAW refuses what is not one command", () => {
  for (const line of ["a\r\nb", "a\nb", "a\rb", "a\0b", "a\tb", "a\x7f", "\n"]) {
    assertThrows(() => write(line), TypeError);
    assertThrows(() => write(line, "v"), TypeError);
  }
  for (const line of ["", "   "]) assertThrows(() => write(line), RangeError, "an empty command");
  assertThrows(() => write(`mg ${"k".repeat(2044)}`), RangeError, "servers take 2046");
  assertEquals(write(`mg ${"k".repeat(2043)}`).length, 2048);
});

test("RAW refuses a value that a server would not take for one", () => {
  const wrong = [
    "set k 0 0 2",
    "set k 0 0 4",
    "set k 0 0 03",
    "set k 0 0 x",
    "set k x 0 3",
    "set k 0 x 3",
    "set k -1 0 3",
    "set k 4294967296 0 3",
    "set k 0 2147483648 3",
    "set k 0 0",
    "set k 0 0 3 4",
    "set k 0 0 3 noreply noreply",
    "set 0 0 3",
    `set ${"k".repeat(251)} 0 0 3`,
    "cas k 0 0 3",
    "cas k 0 0 3 x",
    "cas k 0 0 3 18446744073709551616",
    "ms k",
    "ms k 2",
    "ms k T0 3",
    `ms ${"k".repeat(251)} 3`,
  ];
  for (const line of wrong) assertThrows(() => write(line, "abc"), TypeError, "its numbers or their number are wrong");
  assertThrows(() => write("set k 0 0 3"), TypeError, "give it beside the line");
  assertThrows(() => write("get k", "abc"), TypeError, "it stores none");
});
