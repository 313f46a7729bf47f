/** What the formats of other languages have in common: texts, numbers, and things with keys. */

import { MAX_DEPTH } from "./byte_reader.ts";

/** How bytes and keys of other languages are read. */
export interface TranscoderReadOptions {
  /**
   * What becomes of strings of languages that do not tell text from bytes: `text`, the default, makes what is well-formed UTF-8 a
   * string and all else a `Uint8Array`; `bytes` makes everything a `Uint8Array`. Keys are text in any case.
   */
  readonly strings?: "text" | "bytes";
  /**
   * What becomes of things with keys: `object`, the default, makes an object if all keys are text, and a `Map` if not; `map` always
   * makes a `Map`.
   */
  readonly maps?: "object" | "map";
  /**
   * The most bytes that a compressed value may have when it is not, and that any value may come to with what its parts share written
   * out; 64 MiB by default. Memory for more is never taken.
   */
  readonly maxSize?: number;
}

/** The most that a compressed value may come to if nothing else was said, in bytes: 64 MiB. */
export const MAX_SIZE: number = 64 * 1024 * 1024;

/** Makes an object, or a map if not all keys are text. */
export function fromPairs(pairs: readonly (readonly [unknown, unknown])[], maps: "object" | "map" = "object"): unknown {
  if (maps === "map" || !pairs.every(([key]) => typeof key === "string")) return new Map(pairs);
  const object: Record<string, unknown> = {};
  for (const [key, value] of pairs) setOwn(object, key as string, value);
  return object;
}

/** Sets a property, which even `__proto__` then is and nothing else. */
function setOwn(object: Record<string, unknown>, key: string, value: unknown): void {
  if (key !== "__proto__") object[key] = value;
  else Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
}

/** The pairs of a map, or of an object that is no more than its properties; `undefined` for all else. Undefined ones are left out. */
export function toPairs(value: object): (readonly [unknown, unknown])[] | undefined {
  if (value instanceof Map) return [...value].filter(([, item]) => item !== undefined);
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return undefined;
  return Object.entries(value).filter(([, item]) => item !== undefined);
}

/** The error about a value that a format has no words for. */
export function cannotStore(value: unknown, format: string): TypeError {
  return new TypeError(`Cannot store ${describe(value)} as ${format}: it has no words for it`);
}

/** Refuses what lies too deep to be written, or in itself. */
export function checkWriteDepth(depth: number, format: string): void {
  if (depth <= MAX_DEPTH) return;
  throw new TypeError(
    `Cannot store a value as ${format}: it is nested deeper than ${MAX_DEPTH} levels, or lies in itself`,
  );
}

function describe(value: unknown): string {
  if (typeof value === "bigint") return "an integer of that size";
  if (typeof value !== "object" || value === null) return typeof value;
  return `an object of the class ${Object.getPrototypeOf(value)?.constructor?.name ?? "without a name"}`;
}
