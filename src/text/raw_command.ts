import { utf8Encode } from "../bytes.ts";
import { Answers } from "./answers.ts";
import { MAX_TEXT_KEY_LENGTH, show } from "./text_key.ts";
import { MAX_U32, type TextOp } from "./text_op.ts";
import type { Bytes, TextWriter } from "./text_writer.ts";

/** What {@linkcode RAW} takes. */
export interface RawRequest {
  /** The command, without the line end. */
  readonly line: string;
  /** The value of a command that stores one; the line must say its length. */
  readonly value?: Bytes;
}

/** Servers close the connection on a longer line, unless it begins with `get ` or `gets `. */
const MAX_LINE = 2048;

const STORAGE = new Set(["set", "add", "replace", "append", "prepend", "cas"]);
const META = new Set(["mg", "ms", "md", "ma", "mn", "me"]);

/** Which replies the commands have whose first word says so. */
const BY_WORD: Readonly<Record<string, number>> = {
  get: Answers.VALUES,
  gets: Answers.VALUES,
  gat: Answers.VALUES,
  gats: Answers.VALUES,
  set: Answers.STORE,
  add: Answers.STORE,
  replace: Answers.STORE,
  append: Answers.STORE,
  prepend: Answers.STORE,
  cas: Answers.STORE,
  delete: Answers.DELETE,
  incr: Answers.NUMBER,
  decr: Answers.NUMBER,
  touch: Answers.TOUCH,
  flush_all: Answers.OK,
  verbosity: Answers.OK,
  version: Answers.VERSION,
  stats: Answers.STATS,
  mg: Answers.META,
  ms: Answers.META,
  md: Answers.META,
  ma: Answers.META,
  mn: Answers.META,
  me: Answers.META,
  quit: Answers.NOTHING,
  cache_memlimit: Answers.OK,
  slabs: Answers.OK,
  lru: Answers.OK,
};

/** The same for those whose second word matters. */
const BY_TWO_WORDS: Readonly<Record<string, number>> = {
  "stats cachedump": Answers.LINES,
  "config get": Answers.CONFIG,
  "lru_crawler metadump": Answers.LINES,
  "lru_crawler mgdump": Answers.LINES,
};

/** The commands that a last word `noreply` makes silent. */
const SILENT = new Set([
  ...[...STORAGE, "delete", "incr", "decr", "touch", "flush_all", "verbosity", "lru", "cache_memlimit"],
  "slabs automove",
]);

/**
 * Which replies a command can have, by its own grammar: a single reply for most, everything up to `END` for those that list
 * something, nothing for those with `noreply`. A command that this package does not know may have any one reply.
 *
 * @throws {TypeError} If nothing can tell whether a reply comes or where it ends: a quiet meta command, `watch`.
 *
 * @example
 * ```ts
 * import { Answers, answersOf } from "@memwire/memwire/text";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(answersOf("version"), Answers.VERSION);
 * assertEquals(answersOf("stats detail dump"), Answers.LINES);
 * assertEquals(answersOf("delete k noreply"), Answers.NOTHING);
 * ```
 */
export function answersOf(line: string): number {
  const words = wordsOf(line);
  const [first = "", second = "", third = ""] = words;
  if (first === "watch") throw new TypeError("Cannot read the reply of watch as one: it has no end");
  if (META.has(first) && words.slice(2).some((word) => word === "q")) {
    throw new TypeError(`Cannot tell whether a reply comes to "${first} ${second}": it is quiet`);
  }
  if (words.at(-1) === "noreply" && (SILENT.has(first) || SILENT.has(`${first} ${second}`))) return Answers.NOTHING;
  if (first === "stats" && second === "detail" && third === "dump") return Answers.LINES;
  const two = `${first} ${second}`;
  if (Object.hasOwn(BY_TWO_WORDS, two)) return BY_TWO_WORDS[two]!;
  return Object.hasOwn(BY_WORD, first) ? BY_WORD[first]! : Answers.ANY;
}

/**
 * Any command as a line. It may not hold line ends or other control bytes, and one that stores a value must say its true length, so
 * that it is one command and no more. Which replies come is what {@linkcode answersOf} says of the line.
 *
 * @example
 * ```ts
 * import { RAW, TextWriter } from "@memwire/memwire/text";
 * import { assertEquals, assertThrows } from "@std/assert";
 *
 * const out = new TextWriter();
 * RAW.write(out, { line: "slabs automove 1" });
 * assertEquals(new TextDecoder().decode(out.take()[0]), "slabs automove 1\r\n");
 * assertThrows(() => RAW.write(out, { line: "version\r\nflush_all" }), TypeError);
 * ```
 */
export const RAW: TextOp<RawRequest> = {
  name: "a raw command",
  answers: Answers.ANY,
  write(out, { line, value }) {
    const words = wordsOf(line);
    const bytes = utf8Encode(line);
    checkLine(bytes, words);
    if (STORAGE.has(words[0]!) || words[0] === "ms") writeStorage(out, words, value);
    else if (value !== undefined) throw new TypeError(`Cannot send a value with ${show(bytes)}: it stores none`);
    else {
      out.begin(bytes);
      out.end();
    }
  },
};

function wordsOf(line: string): string[] {
  return line.split(" ").filter((word) => word !== "");
}

function checkLine(bytes: Uint8Array, words: readonly string[]): void {
  if (words.length === 0) throw new RangeError("Cannot send an empty command");
  for (const byte of bytes) {
    if (byte < 0x20 || byte === 0x7f) {
      throw new TypeError(`Cannot send ${show(bytes)} as one command: it holds line ends or other control bytes`);
    }
  }
  if (bytes.length + 2 > MAX_LINE && words[0] !== "get" && words[0] !== "gets") {
    throw new RangeError(`Cannot send a line of ${bytes.length} bytes: servers take ${MAX_LINE - 2}`);
  }
}

/**
 * A command that stores a value, word by word. A server that cannot read one of the numbers answers at once and takes the value for
 * the next command, so they must be right, all of them.
 */
function writeStorage(out: TextWriter, words: readonly string[], value: Bytes | undefined): void {
  const [command = "", key = ""] = words;
  if (value === undefined) throw new TypeError(`Cannot send "${command}" without a value: give it beside the line`);
  const bytes = typeof value === "string" ? utf8Encode(value) : value;
  const ms = command === "ms";
  const lengthAt = ms ? 2 : 4;
  const end = command === "cas" ? 6 : 5;
  const wrong = utf8Encode(key).length > MAX_TEXT_KEY_LENGTH || words[lengthAt] !== String(bytes.length) ||
    (!ms && !areNumbers(words, end));
  if (wrong) {
    throw new TypeError(
      `Cannot send "${
        words.slice(0, 7).join(" ").slice(0, 80)
      }" with a value of ${bytes.length} bytes: its numbers or their number are wrong`,
    );
  }
  out.begin(utf8Encode(command));
  for (const [index, word] of words.entries()) {
    if (index === lengthAt) out.valueLength(bytes);
    else if (index > 0) out.word(utf8Encode(word));
  }
  out.endWithValue();
}

function areNumbers(words: readonly string[], end: number): boolean {
  const [, , flags = "", expiry = "", , cas = "0"] = words;
  const rest = words.slice(end);
  return /^\d{1,10}$/.test(flags) && Number(flags) <= MAX_U32 && /^-?\d{1,10}$/.test(expiry) &&
    Math.abs(Number(expiry)) <= 0x7fffffff && (end === 5 || (/^\d{1,20}$/.test(cas) && BigInt(cas) < 2n ** 64n)) &&
    words.length >= end && (rest.length === 0 || (rest.length === 1 && rest[0] === "noreply"));
}
