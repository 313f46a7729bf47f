/**
 * What the first word of a line from the server says.
 *
 * - The names of classic replies and the codes of meta ones are those of the protocol.
 * - `NUMBER` is the bare number after `incr` and `decr`, `REFUSED` any of the words with which administrative commands refuse
 *   (`BUSY`, `BADCLASS`, `NOSPARE`, `SAME`, `NOTSTARTED`, `MEMLIMIT_…`, `WATCHER_…`), `OTHER` a line of a reply that has no
 *   grammar of its own.
 *
 * @example
 * ```ts
 * import { ReplySplitter, TextCode } from "@memwire/memwire/text";
 * import { assertEquals } from "@std/assert";
 *
 * const [reply] = new ReplySplitter().split(new TextEncoder().encode("EXISTS\r\n"));
 * assertEquals(reply!.code, TextCode.EXISTS);
 * ```
 */
export const TextCode = {
  /** One item, with its data behind the line; others or `END` follow. */
  VALUE: 0,
  /** A cluster configuration, with its data behind the line; `END` follows. */
  CONFIG: 1,
  /** One statistic; others or `END` follow. */
  STAT: 2,
  /** Nothing more of this reply. */
  END: 3,
  /** The new value of a counter. */
  NUMBER: 4,
  /** Stored. */
  STORED: 5,
  /** Not stored, since the key is there, or is not. */
  NOT_STORED: 6,
  /** Not stored: the item has another version. */
  EXISTS: 7,
  /** There is no such key. */
  NOT_FOUND: 8,
  /** Deleted. */
  DELETED: 9,
  /** The expiry was changed. */
  TOUCHED: 10,
  /** Done. */
  OK: 11,
  /** The statistics were reset. */
  RESET: 12,
  /** The version of the server. */
  VERSION: 13,
  /** Meta: done, or found, without a value. */
  HD: 14,
  /** Meta: a value, with its data behind the line. */
  VA: 15,
  /** Meta: not found, from `mg` and `me`; the end of `mgdump`. */
  EN: 16,
  /** Meta: not found, from the others. */
  NF: 17,
  /** Meta: not stored. */
  NS: 18,
  /** Meta: the item has another version. */
  EX: 19,
  /** Meta: the answer to `mn`. */
  MN: 20,
  /** Meta: what is known about an item. */
  ME: 21,
  /** The server does not know the command. */
  ERROR: 22,
  /** The command was wrong. */
  CLIENT_ERROR: 23,
  /** The server could not do it. */
  SERVER_ERROR: 24,
  /** An administrative command is refused. */
  REFUSED: 25,
  /** A line of a reply without a grammar of its own. */
  OTHER: 26,
} as const;

const NAMES: readonly string[] = Object.keys(TextCode);

/**
 * The name of a code, as in {@linkcode TextCode}.
 *
 * @example
 * ```ts
 * import { TextCode, textCodeName } from "@memwire/memwire/text";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(textCodeName(TextCode.NOT_FOUND), "NOT_FOUND");
 * ```
 */
export function textCodeName(code: number): string {
  return NAMES[code] ?? `code ${code}`;
}

/**
 * Whether a code is one of the three error lines.
 *
 * @example
 * ```ts
 * import { TextCode, isErrorCode } from "@memwire/memwire/text";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(isErrorCode(TextCode.CLIENT_ERROR), true);
 * assertEquals(isErrorCode(TextCode.NOT_FOUND), false);
 * ```
 */
export function isErrorCode(code: number): boolean {
  return code >= TextCode.ERROR && code <= TextCode.SERVER_ERROR;
}

/** What may stand behind the first word of a line. */
interface Word {
  readonly code: number;
  readonly bytes: readonly number[];
}

/** The words by their length, so that most lines are compared with one or two. */
const WORDS: readonly (readonly Word[])[] = makeWords();

/** Finds the code of the word between two offsets; `OTHER` for one that the protocol does not know. */
export function codeOf(bytes: Uint8Array, from: number, to: number): number {
  const length = to - from;
  const words = WORDS[length];
  if (words === undefined) return TextCode.OTHER;
  const first = bytes[from];
  const last = bytes[to - 1];
  for (const word of words) {
    if (word.bytes[0] !== first || word.bytes[length - 1] !== last) continue;
    let i = 1;
    while (i < length && word.bytes[i] === bytes[from + i]) i++;
    if (i >= length) return word.code;
  }
  return TextCode.OTHER;
}

function makeWords(): Word[][] {
  const words: Word[][] = Array.from({ length: 24 }, () => []);
  const add = (text: string, code: number) =>
    words[text.length]!.push({ code, bytes: Array.from(text, (letter) => letter.charCodeAt(0)) });
  for (const [name, code] of Object.entries(TextCode)) {
    if (code !== TextCode.NUMBER && code < TextCode.REFUSED) add(name, code);
    // "ERROR: shutdown not enabled" is what some servers write.
    if (isErrorCode(code)) add(`${name}:`, code);
  }
  for (
    const word of [
      "BUSY",
      "BADCLASS",
      "NOSPARE",
      "SAME",
      "NOTSTARTED",
      "MEMLIMIT_TOO_SMALL",
      "MEMLIMIT_ADJUST_FAILED",
      "WATCHER_TOO_MANY",
      "WATCHER_FAILED",
    ]
  ) add(word, TextCode.REFUSED);
  return words;
}
