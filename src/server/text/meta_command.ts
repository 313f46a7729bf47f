import type { Entry } from "../stored_item.ts";
import { secondsLeft } from "./context.ts";
import { type MetaFlags, readMetaFlags } from "./meta_flags.ts";
import { base64Of, bytesOf, readBase64, textOf } from "./words.ts";

/** With more words than this memcached refuses to look at them. */
export const MAX_WORDS = 19;

/** An opaque has more characters than it may have. */
export const OPAQUE_TOO_LONG = "CLIENT_ERROR opaque token too long";

/** What `md` and `ma` say of whatever is wrong with a flag. */
export const FLAG_ERROR = "CLIENT_ERROR invalid or duplicate flag";

/** A meta command that was understood. */
export interface MetaCommand {
  readonly key: Uint8Array;
  readonly flags: MetaFlags;
}

/** Reads the key and the flags, which begin behind a number of words; returns the line to answer with when they are wrong. */
export function readMeta(words: readonly string[], from: number): MetaCommand | string {
  const word = words[1]!;
  let key = bytesOf(word);
  const flags = readMetaFlags(words.slice(from), () => {
    const decoded = readBase64(word);
    key = decoded ?? key;
    return decoded !== undefined;
  });
  return typeof flags === "string" ? flags : { key, flags };
}

/** What a word may be answered from. */
export interface Known {
  readonly binary: boolean;
  readonly entry?: Entry;
  readonly now?: number;
  readonly cas?: bigint;
}

/** What is said about an item to all words of a command, in their order. */
export function describe(flags: MetaFlags, key: Uint8Array, known: Known): string {
  let text = "";
  for (const word of flags.words) text += describeOne(word, key, known);
  return text;
}

/** What is said about an item to one word of a command. */
export function describeOne(word: string, key: Uint8Array, { binary, entry, now = 0, cas }: Known): string {
  const letter = word[0]!;
  if (letter === "O") return ` ${word}`;
  if (letter === "k") return binary ? ` k${base64Of(key)} b` : ` k${textOf(key)}`;
  if (letter === "c" && cas !== undefined) return ` c${cas}`;
  if (entry === undefined) return "";
  switch (letter) {
    case "s":
      return ` s${entry.value.length}`;
    case "t":
      return ` t${secondsLeft(entry, now)}`;
    case "c":
      return ` c${entry.cas}`;
    case "f":
      return ` f${entry.flags}`;
    case "l":
      return ` l${Math.max(0, Math.floor((now - entry.accessedAt) / 1000))}`;
    case "h":
      return entry.fetched ? " h1" : " h0";
    default:
      return "";
  }
}
