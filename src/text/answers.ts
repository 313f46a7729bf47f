import { TextCode } from "./text_code.ts";

/** Every line up to `END` belongs to the reply. */
export const UNTIL_END: number = 1 << 27;
/** A line may end with a bare LF. */
export const BARE_LF: number = 1 << 28;
/** An error line stands for one of several keys, and the reply goes on to `END`. */
export const ERRORS_INSIDE: number = 1 << 29;

/** The largest sum of bits that mean anything. */
export const ALL_ANSWERS: number = 2 ** 30 - 1;

/** The members of {@linkcode Answers}. */
export interface AnswersTable {
  /** Nothing is expected: every byte is one too many. */
  readonly NOTHING: number;
  /** `get`, `gets`, `gat`, `gats`: any number of `VALUE`, then `END`. */
  readonly VALUES: number;
  /** To be combined with `VALUES`, for proxies: an error line does not end the reply, but stands for one of several keys. */
  readonly ERRORS_INSIDE: number;
  /** `set` and its kin. */
  readonly STORE: number;
  /** `delete`. */
  readonly DELETE: number;
  /** `incr`, `decr`. */
  readonly NUMBER: number;
  /** `touch`. */
  readonly TOUCH: number;
  /** `flush_all`, `verbosity` and other commands that are just done or refused. */
  readonly OK: number;
  /** `version`. */
  readonly VERSION: number;
  /** `stats`: any number of `STAT`, then `END`; or `RESET`, or `OK`. */
  readonly STATS: number;
  /** Any meta command. */
  readonly META: number;
  /** `config get`: `CONFIG`, then `END`. */
  readonly CONFIG: number;
  /** Any lines up to `END` or `EN`, such as `stats cachedump` and dumps of keys; a line may end with a bare LF. */
  readonly LINES: number;
  /** Whatever it is: one reply of a grammar that its first word tells, else one line. */
  readonly ANY: number;
}

/**
 * Which replies a command can have, as bits: 1 shifted by a {@linkcode TextCode}, and a few more. The text protocols say nothing
 * in a reply of what it answers, so this is how a connection that has lost its place is noticed. Error lines are always allowed,
 * unless nothing is.
 *
 * Values can be combined by `|`.
 *
 * @example
 * ```ts
 * import { Answers, ReplySplitter } from "@memwire/memwire/text";
 * import { assertEquals } from "@std/assert";
 *
 * const splitter = new ReplySplitter({ expected: Answers.STORE });
 * splitter.push(new TextEncoder().encode("STORED\r\n"), (reply) => {
 *   assertEquals(reply.last, true);
 *   splitter.expected = Answers.NOTHING;
 * });
 * assertEquals(splitter.expected, Answers.NOTHING);
 * ```
 */
export const Answers: AnswersTable = {
  NOTHING: 0,
  VALUES: bits(TextCode.VALUE, TextCode.END),
  ERRORS_INSIDE,
  STORE: bits(TextCode.STORED, TextCode.NOT_STORED, TextCode.EXISTS, TextCode.NOT_FOUND),
  DELETE: bits(TextCode.DELETED, TextCode.NOT_FOUND),
  NUMBER: bits(TextCode.NUMBER, TextCode.NOT_FOUND),
  TOUCH: bits(TextCode.TOUCHED, TextCode.NOT_FOUND),
  OK: bits(TextCode.OK, TextCode.REFUSED),
  VERSION: bits(TextCode.VERSION),
  STATS: bits(TextCode.STAT, TextCode.END, TextCode.RESET, TextCode.OK),
  META: bits(
    TextCode.HD,
    TextCode.VA,
    TextCode.EN,
    TextCode.NF,
    TextCode.NS,
    TextCode.EX,
    TextCode.MN,
    TextCode.ME,
  ),
  CONFIG: bits(TextCode.CONFIG, TextCode.END),
  LINES: bits(TextCode.OTHER, TextCode.END, TextCode.EN, TextCode.REFUSED) | UNTIL_END | BARE_LF,
  ANY: 2 ** 27 - 1,
};

function bits(...codes: readonly number[]): number {
  return codes.reduce((sum, code) => sum | (1 << code), 0);
}
