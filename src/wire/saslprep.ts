/**
 * SASLprep: how user names and passwords are written so that equal ones have equal bytes. RFC 4013 over RFC 3454.
 *
 * The tables of RFC 3454 are those of Unicode 3.2. For all characters of that version the properties used here give the
 * same sets, with one exception: punctuation and symbols of left-to-right scripts count as neutral. Characters that came
 * later are treated by the same rules instead of being refused.
 */

/** Spaces other than the usual one: table C.1.2. U+200B stands in B.1 too; whoever came before us made it a space. */
const SPACES = /[\p{Zs}\u200b]/gu;

/** What is not seen and makes no difference: table B.1. */
const NOTHING = /[\u00ad\u034f\u1806\u180b-\u180d\u200c\u200d\u2060\ufe00-\ufe0f\ufeff]/gu;

/** Tables C.2 to C.9, in words that an error may say without giving a password away. */
const FORBIDDEN: readonly (readonly [pattern: RegExp, what: string])[] = [
  [/\p{Cc}/u, "a control character"],
  [/[\p{Cf}\p{Zl}\p{Zp}]/u, "a character that only formats or tags text"],
  [/\p{Co}/u, "a private-use character"],
  [/\p{Cs}/u, "half of a surrogate pair"],
  [/[\p{Noncharacter_Code_Point}\u2ff0-\u2ffb\ufffc\ufffd]/u, "a code point that stands for no text"],
];

/** Code points that no character has been given. */
const UNASSIGNED = /\p{Cn}/u;

/** Letters that are read from right to left, with their punctuation: table D.1. */
const RIGHT_TO_LEFT =
  /(?![\u060c\u066a-\u066c\u06de\u06e9\ufd3e\ufd3f])(?=[\p{L}\p{Pd}\p{Po}\p{So}])[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;

/** Letters and digits that are read from left to right: table D.2. The digits 0 to 9 are neither. */
const LEFT_TO_RIGHT =
  /(?![\d\u02b9\u02ba\u02c2-\u02cf\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}])[\p{L}\p{Mc}\p{Nd}\p{Nl}]/u;

/** How {@linkcode saslprep} goes about it. */
export interface SaslprepOptions {
  /** What the text is, for the error: "the text" by default. */
  readonly name?: string;
  /**
   * Lets code points pass that no character has been given: right for what is looked up (a user name), wrong for what is
   * stored or hashed (a password). `false` by default.
   */
  readonly allowUnassigned?: boolean;
}

/**
 * Prepares a user name or a password: other spaces become U+0020, invisible characters go, the rest takes its form NFKC.
 * Printable ASCII stays as it is.
 *
 * @throws {TypeError} If the text holds what it must not: control characters, private-use characters, half of a surrogate
 * pair, formatting characters, or right-to-left and left-to-right letters together. The message does not repeat the text.
 *
 * @example
 * ```ts
 * import { assertEquals, assertThrows } from "@std/assert";
 *
 * assertEquals(saslprep("I\u00adX"), "IX");
 * assertEquals(saslprep("\u2168"), "IX");
 * assertThrows(() => saslprep("\u0007"), TypeError, "control character");
 * ```
 */
export function saslprep(text: string, options: SaslprepOptions = {}): string {
  if (/^[\x20-\x7e]*$/.test(text)) return text;
  const { name = "the text" } = options;
  const prepared = text.replace(SPACES, " ").replace(NOTHING, "").normalize("NFKC");
  for (const [pattern, what] of FORBIDDEN) if (pattern.test(prepared)) refuse(name, `it holds ${what}`);
  if (options.allowUnassigned !== true && UNASSIGNED.test(prepared)) {
    refuse(name, "it holds a code point that no character has been given");
  }
  if (RIGHT_TO_LEFT.test(prepared)) checkDirection(prepared, name);
  return prepared;
}

/** RFC 3454 §6: right-to-left text begins and ends as such, and nothing in it runs the other way. */
function checkDirection(prepared: string, name: string): void {
  if (LEFT_TO_RIGHT.test(prepared)) {
    refuse(name, "it mixes letters read from right to left with letters read from left to right");
  }
  const characters = [...prepared];
  for (const end of [characters[0], characters.at(-1)]) {
    if (!RIGHT_TO_LEFT.test(end as string)) {
      refuse(name, "it is read from right to left, so it must begin and end with a letter that is");
    }
  }
}

function refuse(name: string, reason: string): never {
  throw new TypeError(`Cannot prepare ${name} by SASLprep: ${reason}`);
}
