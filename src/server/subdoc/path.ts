/**
 * Paths into JSON: `a.b`, `a[0]`, `a[-1]`, and names in backticks, where `.`, `[` and `]` mean themselves and two backticks mean one.
 */

import { equalBytes, utf8Decode, utf8Encode } from "../../bytes.ts";
import { Status } from "../../wire/status.ts";
import { MAX_DEPTH } from "./json_scan.ts";

/** The most bytes of a path. */
export const MAX_PATH_BYTES = 1024;

/** The most components of a path. */
export const MAX_COMPONENTS: number = MAX_DEPTH;

/** The index that means the last element, whatever its number. */
export const LAST = -1;

/** A component that names a member of an object. */
export interface PathKey {
  /** The name, its escapes resolved. */
  readonly key: string;
  /** The name as UTF-8. */
  readonly bytes: Uint8Array;
  /** The name as it stands between the quotes of a JSON text. */
  readonly raw: string;
}

/** A component that numbers an element of an array. */
export interface PathIndex {
  /** From 0 on, or {@linkcode LAST}. */
  readonly index: number;
}

/** One step of a path. */
export type PathComponent = PathKey | PathIndex;

const INDEX = /\[(-1|[0-9]+)\]/y;
/** What stands up to the next `.` or `[` outside of backticks. A backslash is for JSON; what it must not precede is refused below. */
const NAME = /(?:[^`.[\]]|`[^`]*`)+/y;
/** What may stand in a name: nothing that JSON would have escaped, and only its short escapes. */
// deno-lint-ignore no-control-regex -- control characters are what is looked for.
const CONTENT = /^(?:[^"\\\x00-\x1f]|\\["\\/bfnrt])+$/;

/** Whether a component names a member of an object. */
export function isKey(component: PathComponent): component is PathKey {
  return "key" in component;
}

/**
 * Reads a path; the empty one has no components. Returns a status when it cannot: `SUBDOC_PATH_EINVAL` for what is no path,
 * `SUBDOC_PATH_E2BIG` for more than 1024 bytes or 32 components.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const path = parsePath(new TextEncoder().encode("a.`b.c`[-1]"));
 * if (typeof path === "number") throw new Error(`Status ${path}`);
 * assertEquals(path.map((part) => isKey(part) ? part.key : part.index), ["a", "b.c", -1]);
 * ```
 */
export function parsePath(path: Uint8Array): readonly PathComponent[] | number {
  if (path.length > MAX_PATH_BYTES) return Status.SUBDOC_PATH_E2BIG;
  const text = utf8Decode(path);
  if (!equalBytes(utf8Encode(text), path)) return Status.SUBDOC_PATH_EINVAL;
  const components: PathComponent[] = [];
  let at = 0;
  while (at < text.length) {
    const pattern = text[at] === "[" ? INDEX : NAME;
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match === null) return Status.SUBDOC_PATH_EINVAL;
    const component = match[1] === undefined ? readKey(match[0]) : readIndex(match[1]);
    if (component === undefined) return Status.SUBDOC_PATH_EINVAL;
    if (components.push(component) > MAX_COMPONENTS) return Status.SUBDOC_PATH_E2BIG;
    at = pattern.lastIndex;
    if (at === text.length) break;
    if (text[at] === ".") {
      if (++at === text.length) return Status.SUBDOC_PATH_EINVAL;
    } else if (text[at] !== "[") return Status.SUBDOC_PATH_EINVAL;
  }
  return components;
}

function readKey(text: string): PathKey | undefined {
  const quoted = text.length > 1 && text.startsWith("`") && text.endsWith("`");
  const inner = quoted ? text.slice(1, -1) : text;
  if (!CONTENT.test(inner)) return undefined;
  const raw = inner.replace(/`(`?)/g, "$1");
  if (raw === "" || !CONTENT.test(raw)) return undefined;
  const key: string = JSON.parse(`"${raw}"`);
  return { key, bytes: utf8Encode(key), raw };
}

function readIndex(digits: string): PathIndex | undefined {
  const index = Number(digits);
  return Number.isSafeInteger(index) ? { index } : undefined;
}
