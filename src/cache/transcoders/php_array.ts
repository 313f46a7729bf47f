/** PHP's arrays, which are lists and maps at once. */

import { fromPairs, toPairs } from "./values.ts";

/** Makes an array if the keys are 0, 1, 2 and so on, else an object, whose keys are text, or a map. */
export function fromPhpArray(
  pairs: readonly (readonly [unknown, unknown])[],
  maps: "object" | "map" = "object",
  { list = true }: { readonly list?: boolean } = {},
): unknown {
  if (list && pairs.every(([key], i) => key === i)) return pairs.map(([, value]) => value);
  if (maps === "map") return new Map(pairs);
  return fromPairs(pairs.map(([key, value]) => [String(key), value]));
}

/** The pairs of an array, an object or a map as PHP has them; `undefined` for all else, and for keys that PHP does not have. */
export function toPhpPairs(value: object): (readonly [string | number | bigint, unknown])[] | undefined {
  if (Array.isArray(value)) return value.map((item, i) => [i, item] as const);
  const pairs = toPairs(value)?.map(([key, item]) => [toPhpKey(key), item] as const);
  if (pairs === undefined || pairs.some(([key]) => key === undefined)) return undefined;
  return pairs as [string | number | bigint, unknown][];
}

/** Whether PHP has an integer of that size. */
export function inInt64(value: bigint): boolean {
  return BigInt.asIntN(64, value) === value;
}

/** Text that is an integer as PHP would write it is that integer as a key. */
function toPhpKey(key: unknown): string | number | bigint | undefined {
  if (typeof key === "number") return Number.isSafeInteger(key) ? key + 0 : undefined;
  if (typeof key === "bigint") return inInt64(key) ? key : undefined;
  if (typeof key !== "string") return undefined;
  if (!/^(0|-?[1-9]\d{0,18})$/.test(key)) return key;
  const integer = BigInt(key);
  return inInt64(integer) ? integer : key;
}
