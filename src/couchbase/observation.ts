import { type ObservedResult, ObservedState } from "../ops/observe.ts";

/** How far a write of a key has come on a node. */
export interface Observation {
  /** The key. */
  readonly key: Uint8Array;
  /** `persisted`, `notPersisted`, `notFound` or `logicallyDeleted`. */
  readonly state: "persisted" | "notPersisted" | "notFound" | "logicallyDeleted";
  /** The version that the node has. */
  readonly cas: bigint;
}

const OBSERVATIONS: ReadonlyMap<number, Observation["state"]> = new Map([
  [ObservedState.NOT_PERSISTED, "notPersisted"],
  [ObservedState.PERSISTED, "persisted"],
  [ObservedState.NOT_FOUND, "notFound"],
  [ObservedState.LOGICALLY_DELETED, "logicallyDeleted"],
]);

/** What a node says of a key, in words. */
export function observationOf({ key, state, cas }: ObservedResult): Observation {
  return { key, cas, state: OBSERVATIONS.get(state) ?? "notPersisted" };
}

/**
 * Whether a write that was observed is safe on the disk of a node: `persisted`, `pending`, or `overwritten` by another.
 *
 * @example
 * ```ts
 * import { checkPersistence } from "@memwire/memwire/couchbase";
 * import { assertEquals } from "@std/assert";
 *
 * const seen = { key: new Uint8Array([107]), state: "persisted", cas: 8n } as const;
 * assertEquals(checkPersistence(seen, { cas: 8n }), "persisted");
 * assertEquals(checkPersistence(seen, { cas: 7n }), "overwritten");
 * ```
 */
export function checkPersistence(
  seen: Observation,
  written: { readonly cas: bigint; readonly deletion?: boolean },
): "persisted" | "pending" | "overwritten" {
  if (seen.state === "notFound" && written.deletion === true) return "persisted";
  if (seen.cas !== written.cas) return "overwritten";
  return seen.state === "persisted" ? "persisted" : "pending";
}
