import { readExpiry, readFlags, readInt, readLong } from "./words.ts";

/** The flags of a meta command, in the words of memcached: what they say, and which words they were. */
export interface MetaFlags {
  /** The words, in their order, to be answered in it. */
  readonly words: readonly string[];
  /** Whether a letter is among them. */
  has(letter: string): boolean;
  /** Seconds of `T`, `N` and `R`, and what else is a number. */
  readonly ttl: number | undefined;
  readonly vivify: number | undefined;
  readonly recache: number | undefined;
  readonly clientFlags: number;
  readonly cas: bigint | undefined;
  readonly initial: bigint;
  readonly delta: bigint;
  /** The letter behind `M`. */
  readonly mode: string;
}

const DEFAULT_ERROR = "CLIENT_ERROR bad command line format";
const BAD_TOKEN = "CLIENT_ERROR bad token in command line format";

/** The longest opaque, with its letter. */
const MAX_OPAQUE = 32;

/** What a flag without a meaning here, and one that needs no number, is told by. */
const PLAIN = "bklOPLstcfvhuqI";

/** Reads the flags of a meta command; returns the line to answer with when they are wrong. The key is decoded by who asks. */
export function readMetaFlags(words: readonly string[], decodes: () => boolean): MetaFlags | string {
  const letters = new Set<string>();
  const numbers = new Map<string, number>();
  const longs = new Map<string, bigint>();
  let mode = "";
  let error = DEFAULT_ERROR;
  let failed = false;
  for (const word of words) {
    const letter = word[0]!;
    const rest = word.slice(1);
    if (letters.has(letter) || letter >= "\x7f") return "CLIENT_ERROR duplicate flag";
    letters.add(letter);
    if ("TNR".includes(letter)) failed = !keep(numbers, letter, readExpiry(rest)) || failed;
    else if ("CJD".includes(letter)) failed = !keep(longs, letter, readLong(rest)) || failed;
    if ("TNRCJD".includes(letter)) {
      if (!numbers.has(letter) && !longs.has(letter)) error = BAD_TOKEN;
    } else if (letter === "F") {
      failed = !keep(numbers, letter, readFlags(rest)) || failed;
    } else if (letter === "M") {
      if (word.length === 2) mode = rest;
      else error = "CLIENT_ERROR incorrect length for M token";
      failed ||= word.length !== 2;
    } else if (letter === "b" && !decodes()) {
      error = "CLIENT_ERROR error decoding key";
      failed = true;
    } else if (!PLAIN.includes(letter)) {
      return "CLIENT_ERROR invalid flag";
    }
  }
  if (failed) return error;
  return {
    words,
    has: (letter) => letters.has(letter),
    ttl: numbers.get("T"),
    vivify: numbers.get("N"),
    recache: numbers.get("R"),
    clientFlags: numbers.get("F") ?? 0,
    cas: longs.get("C"),
    initial: longs.get("J") ?? 0n,
    delta: longs.get("D") ?? 1n,
    mode,
  };
}

/** Whether an opaque is longer than may be. */
export function opaqueTooLong(flags: MetaFlags): boolean {
  return flags.words.some((word) => word[0] === "O" && word.length > MAX_OPAQUE);
}

/** Reads the length of the block behind an `ms`. */
export function readLength(word: string): number | undefined {
  const length = readInt(word);
  return length === undefined || length < 0 || length > 0x7fff_ffff - 2 ? undefined : length;
}

function keep<T>(values: Map<string, T>, letter: string, value: T | undefined): boolean {
  if (value !== undefined) values.set(letter, value);
  return value !== undefined;
}
