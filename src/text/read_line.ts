import { ALL_ANSWERS, Answers, BARE_LF, ERRORS_INSIDE, UNTIL_END } from "./answers.ts";
import { isU64, readDecimal } from "./decimal.ts";
import { codeOf, isErrorCode, TextCode } from "./text_code.ts";
import type { TextReply } from "./text_reply.ts";

const SPACE = 0x20;
const CR = 0x0d;
const MAX_U32 = 0xffffffff;

/** What it depends on how a line is read. */
export interface LineContext {
  /** Which replies may come. */
  readonly expected: number;
  /** The longest data in bytes. */
  readonly maxValue: number;
  /** Whether items have come before in this reply. */
  readonly inValues: boolean;
}

/** Codes whose line is that one word. */
const BARE = bits(
  TextCode.END,
  TextCode.STORED,
  TextCode.NOT_STORED,
  TextCode.EXISTS,
  TextCode.NOT_FOUND,
  TextCode.DELETED,
  TextCode.TOUCHED,
  TextCode.OK,
  TextCode.RESET,
);

/**
 * Reads the line that begins at an offset and ends before a LF into a reply: all but its place in the bytes and its data, which may
 * not be there yet. Returns what is wrong with it, if anything.
 */
export function readLine(
  reply: TextReply,
  bytes: Uint8Array,
  from: number,
  lf: number,
  context: LineContext,
): string | undefined {
  const { expected } = context;
  const bare = bytes[lf - 1] !== CR || lf === from;
  if (bare && (expected & BARE_LF) === 0) return "it does not end with CR LF";
  const to = bare ? lf : lf - 1;
  let wordEnd = from;
  while (wordEnd < to && bytes[wordEnd] !== SPACE) wordEnd++;

  reply.renew();
  reply.bytes = bytes;
  reply.start = from;
  reply.lineLength = to - from;
  reply.wordLength = wordEnd - from;
  reply.size = lf + 1 - from;
  reply.valueLength = -1;
  reply.keyLength = 0;
  reply.casAt = 0;
  reply.flags = 0;
  const code = codeOfLine(bytes, from, wordEnd, to);
  reply.code = allowed(code, expected);
  reply.last = isLast(reply.code, context);
  if (reply.code < 0) return "it is no answer to what was asked";
  switch (reply.code) {
    case TextCode.VALUE:
    case TextCode.CONFIG:
      return readValue(reply, wordEnd, to, context.maxValue);
    case TextCode.VA:
      return readMetaValue(reply, wordEnd, to, context.maxValue);
  }
  return undefined;
}

/** The code of a line, `OTHER` also for a known word with something behind it that cannot be. */
function codeOfLine(bytes: Uint8Array, from: number, wordEnd: number, to: number): number {
  const first = bytes[from]!;
  if (first >= 0x30 && first <= 0x39) {
    return wordEnd === to && isU64(bytes, from, to) ? TextCode.NUMBER : TextCode.OTHER;
  }
  const code = codeOf(bytes, from, wordEnd);
  return wordEnd < to && ((BARE >>> code) & 1) === 1 ? TextCode.OTHER : code;
}

/** What a code counts as where some are expected; -1 if it may not come. */
function allowed(code: number, expected: number): number {
  if (((expected >>> code) & 1) === 1) return code;
  if (expected !== Answers.NOTHING && isErrorCode(code)) return code;
  return ((expected >>> TextCode.OTHER) & 1) === 1 ? TextCode.OTHER : -1;
}

function isLast(code: number, { expected, inValues }: LineContext): boolean {
  if (code <= TextCode.STAT) return false;
  if (code === TextCode.OTHER) return (expected & UNTIL_END) === 0;
  if (!isErrorCode(code)) return true;
  // A server that refuses a `get` takes back the items it has already found; only a proxy has an error among them, and goes on.
  return !inValues && (expected & ERRORS_INSIDE) === 0;
}

/** `<key> <flags> <bytes>[ <cas>]`, parted by single blanks. */
function readValue(reply: TextReply, wordEnd: number, to: number, maxValue: number): string | undefined {
  const { bytes, start } = reply;
  const keyAt = wordEnd + 1;
  const keyEnd = nextBlank(bytes, keyAt, to);
  const flagsEnd = nextBlank(bytes, keyEnd + 1, to);
  const lengthEnd = nextBlank(bytes, flagsEnd + 1, to);
  const flags = readDecimal(bytes, keyEnd + 1, flagsEnd, MAX_U32);
  if (keyEnd <= keyAt || flags < 0) return "its key or flags are malformed";
  reply.keyLength = keyEnd - keyAt;
  reply.flags = flags;
  if (lengthEnd < to) {
    if (!isU64(bytes, lengthEnd + 1, to)) return "its cas is malformed";
    reply.casAt = lengthEnd + 1 - start;
  }
  return readLength(reply, flagsEnd + 1, lengthEnd, maxValue);
}

/** `<bytes> <flags>*`. */
function readMetaValue(reply: TextReply, wordEnd: number, to: number, maxValue: number): string | undefined {
  return readLength(reply, wordEnd + 1, nextBlank(reply.bytes, wordEnd + 1, to), maxValue);
}

function readLength(reply: TextReply, from: number, to: number, maxValue: number): string | undefined {
  const length = readDecimal(reply.bytes, from, to, Number.MAX_SAFE_INTEGER);
  if (length < 0) return "the length of its data is malformed";
  if (length > maxValue) return `its data of ${length} bytes exceed the limit of ${maxValue}`;
  reply.valueLength = length;
  reply.size += length + 2;
  return undefined;
}

function nextBlank(bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  while (at < to && bytes[at] !== SPACE) at++;
  return at;
}

function bits(...codes: readonly number[]): number {
  return codes.reduce((sum, code) => sum | (1 << code), 0);
}

/**
 * Whether a number says which replies may come.
 *
 * @throws {RangeError} If it does not.
 */
export function checkAnswers(expected: number): number {
  if (Number.isInteger(expected) && expected >= 0 && expected <= ALL_ANSWERS) return expected;
  throw new RangeError(`Cannot expect ${expected}: it is bits of Answers`);
}
