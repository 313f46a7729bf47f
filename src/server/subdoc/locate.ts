import { Status } from "../../wire/status.ts";
import { endOfValue, MemberWalk, TOO_DEEP } from "./json_scan.ts";
import { Char, NOT_JSON, skipBlanks } from "./json_tokens.ts";
import { isKey, LAST, type PathComponent } from "./path.ts";

/** Where a path leads to. */
export interface Found {
  /** There is something. */
  readonly found: true;
  /** Where the value begins. */
  readonly start: number;
  /** Where the value ends. */
  readonly end: number;
  /** Where the member begins: its key, or its value in an array or at the root. */
  readonly memberAt: number;
  /** Where the comma before the member is; -1 if there is none. */
  readonly commaAt: number;
}

/** How far a path leads. */
export interface Missing {
  /** There is nothing. */
  readonly found: false;
  /** Which component leads nowhere: all before it do. */
  readonly level: number;
  /** Where the object or array that it leads nowhere in closes. */
  readonly closeAt: number;
  /** How many members it has. */
  readonly count: number;
}

/**
 * Finds the place of a path in JSON text; of members with the same name the first counts.
 *
 * Returns a status when it cannot: `SUBDOC_PATH_MISMATCH`, `SUBDOC_DOC_NOTJSON` or `SUBDOC_DOC_E2DEEP`. The text behind the place
 * is not looked at.
 */
export function locate(text: Uint8Array, path: readonly PathComponent[]): Found | Missing | number {
  let start = skipBlanks(text, 0);
  let memberAt = start;
  let commaAt = -1;
  for (const [level, component] of path.entries()) {
    const opening = text[start];
    if (opening !== Char.OPEN_BRACE && opening !== Char.OPEN_BRACKET) {
      const end = endOfValue(text, start, level);
      return end < 0 ? scanStatus(end) : Status.SUBDOC_PATH_MISMATCH;
    }
    const walk = new MemberWalk(text, start, level);
    if (walk.isObject !== isKey(component)) return Status.SUBDOC_PATH_MISMATCH;
    const there = seek(walk, component);
    if (walk.failure < 0) return scanStatus(walk.failure);
    if (!there) {
      return { found: false, level, closeAt: walk.closeAt, count: walk.count };
    }
    ({ valueAt: start, memberAt, commaAt } = walk);
  }
  const end = endOfValue(text, start, path.length);
  if (end < 0) return scanStatus(end);
  if (path.length === 0 && skipBlanks(text, end) !== text.length) return Status.SUBDOC_DOC_NOTJSON;
  return { found: true, start, end, memberAt, commaAt };
}

function seek(walk: MemberWalk, component: PathComponent): boolean {
  if (isKey(component)) {
    while (walk.next()) {
      if (walk.keyIs(component)) return true;
    }
    return false;
  }
  while (walk.next()) {
    if (walk.count - 1 === component.index) return true;
  }
  return component.index === LAST && walk.count > 0;
}

/** What to answer when a document cannot be read on. */
export function scanStatus(failure: number): number {
  return failure === TOO_DEEP ? Status.SUBDOC_DOC_E2DEEP : Status.SUBDOC_DOC_NOTJSON;
}

/** What to answer when a value to put into a document cannot be read on. */
export function valueStatus(failure: number): number {
  return failure === NOT_JSON ? Status.SUBDOC_VALUE_CANTINSERT : Status.SUBDOC_VALUE_ETOODEEP;
}
