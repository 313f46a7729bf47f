/**
 * Walks through JSON text without parsing it: what is not looked for is stepped over, nothing is copied.
 */

import { equalBytes, utf8Decode } from "../../bytes.ts";
import { Char, endOfScalar, endOfString, NOT_JSON, skipBlanks } from "./json_tokens.ts";
import type { PathKey } from "./path.ts";

/** Given in place of an offset: a value stands deeper than {@linkcode MAX_DEPTH}. */
export const TOO_DEEP = -2;

/** How deep a value may stand: the root at 0, what is in it at 1. Paths have no more components. */
export const MAX_DEPTH: number = 32;

/**
 * Where the value that begins at `at` ends, or {@linkcode NOT_JSON} or {@linkcode TOO_DEEP}, which are negative.
 *
 * @param depth How deep the value stands.
 */
export function endOfValue(text: Uint8Array, at: number, depth: number): number {
  if (depth > MAX_DEPTH) return TOO_DEEP;
  const byte = text[at];
  if (byte === Char.QUOTE) return endOfString(text, at);
  if (byte !== Char.OPEN_BRACE && byte !== Char.OPEN_BRACKET) return endOfScalar(text, at);
  const walk = new MemberWalk(text, at, depth);
  while (walk.next());
  return walk.failure < 0 ? walk.failure : walk.closeAt + 1;
}

/** A walk over the members of an object or the elements of an array. It stands on the one that `next` came to last. */
export class MemberWalk {
  readonly #text: Uint8Array;
  readonly #depth: number;
  readonly #close: number;
  /** Where the brace or bracket opens. */
  readonly open: number;
  /** Whether it is an object. */
  readonly isObject: boolean;
  /** How many members it has come to. */
  count = 0;
  /** Where the member begins: its key, or its value in an array. */
  memberAt = -1;
  /** Where the key ends, its quote included; objects only. */
  keyEnd = -1;
  /** Where the value begins. */
  valueAt = -1;
  /** Where the comma before the member is; -1 for the first. */
  commaAt = -1;
  /** Where the brace or bracket closes; -1 until the walk is over. */
  closeAt = -1;
  /** Why the walk ended early; 0 if it did not. */
  failure = 0;

  /** Starts before the first member of what opens at `open`, which stands at `depth`. */
  constructor(text: Uint8Array, open: number, depth: number) {
    this.#text = text;
    this.#depth = depth;
    this.open = open;
    this.isObject = text[open] === Char.OPEN_BRACE;
    this.#close = this.isObject ? Char.CLOSE_BRACE : Char.CLOSE_BRACKET;
  }

  /** Goes to the next member; false at the end and where the text is malformed. */
  next(): boolean {
    const text = this.#text;
    if (this.closeAt >= 0 || this.failure < 0) return false;
    const from = this.count === 0 ? this.open + 1 : endOfValue(text, this.valueAt, this.#depth + 1);
    if (from < 0) return this.#fail(from);
    let at = skipBlanks(text, from);
    if (text[at] === this.#close) {
      this.closeAt = at;
      return false;
    }
    const comma = this.count === 0 ? -1 : at;
    if (comma >= 0) {
      if (text[at] !== Char.COMMA) return this.#fail(NOT_JSON);
      at = skipBlanks(text, at + 1);
    }
    const member = at;
    if (this.isObject) {
      this.keyEnd = endOfString(text, at);
      if (this.keyEnd < 0) return this.#fail(NOT_JSON);
      at = skipBlanks(text, this.keyEnd);
      if (text[at] !== Char.COLON) return this.#fail(NOT_JSON);
      at = skipBlanks(text, at + 1);
    }
    this.memberAt = member;
    this.commaAt = comma;
    this.valueAt = at;
    this.count++;
    return true;
  }

  /** Whether the key of this member is that of a path, however either is escaped. */
  keyIs(component: PathKey): boolean {
    const key = this.#text.subarray(this.memberAt + 1, this.keyEnd - 1);
    if (!key.includes(Char.BACKSLASH)) return equalBytes(key, component.bytes);
    return JSON.parse(`"${utf8Decode(key)}"`) === component.key;
  }

  #fail(reason: number): false {
    this.failure = reason;
    return false;
  }
}
