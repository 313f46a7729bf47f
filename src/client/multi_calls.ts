/**
 * The methods of the client that are about many keys at once.
 */

import type { Caller, CallOptions } from "../connection/caller.ts";
import { checkBy } from "../connection/check_requests.ts";
import { OverloadError } from "../errors.ts";
import type { Bytes } from "../frame/frame_writer.ts";
import type { Item } from "../ops/item.ts";
import type { Op } from "../ops/op.ts";
import { GAT, GET } from "../ops/retrieval.ts";
import { ADD, DELETE, type MutationResponse, SET, type StoreRequest } from "../ops/storage.ts";
import { flagsOf } from "./client_options.ts";
import { expiryOf, type ExpiryOptions } from "./expiry.ts";
import { callMulti, type MultiResult } from "./multi.ts";
import { itemOrNothing, trueOrMiss, trueOrThrow } from "./settle.ts";

/** What is written, with the version that it is meant for. */
export type CasEntry<K> = readonly [key: K, value: Bytes, cas: bigint];

/** How many calls that have no quiet form may wait for their answers. */
const WINDOW = 1024;

/** Reads many items; each key is asked for once. */
export function getMany<K extends Bytes>(
  caller: Caller,
  keys: Iterable<K>,
  options: CallOptions | undefined,
): Promise<MultiResult<K, Item>> {
  const request = (key: K) => ({ key });
  const given = [...new Set(keys)];
  return callMulti(caller, { op: GET, keys: given, request, options, settle: itemOrNothing, silence: undefined });
}

/** Reads many items and changes when they go away. */
export async function getAndTouchMany<K extends Bytes>(
  caller: Caller,
  keys: Iterable<K>,
  options: CallOptions & ExpiryOptions,
): Promise<MultiResult<K, Item>> {
  const expiry = expiryOf(options);
  const request = (key: K) => ({ key, expiry });
  const given = [...new Set(keys)];
  return await callMulti(caller, { op: GAT, keys: given, request, options, settle: itemOrNothing, silence: undefined });
}

/** Deletes many items. */
export function deleteMany<K extends Bytes>(
  caller: Caller,
  keys: Iterable<K>,
  options: CallOptions | undefined,
): Promise<MultiResult<K, true>> {
  const request = (key: K) => ({ key });
  const given = [...new Set(keys)];
  return callMulti(caller, { op: DELETE, keys: given, request, options, settle: trueOrMiss, silence: true });
}

/** Writes many items; of a key that is given twice the last value counts. */
export async function storeMany<K extends Bytes>(
  caller: Caller,
  op: Op<StoreRequest, MutationResponse>,
  { entries, options }: {
    readonly entries: Iterable<readonly [K, Bytes, bigint?]>;
    readonly options: (CallOptions & ExpiryOptions & { readonly flags?: number }) | undefined;
  },
): Promise<MultiResult<K, true>> {
  const expiry = expiryOf(options);
  const flags = flagsOf(options?.flags);
  const values = new Map<K, { readonly value: Bytes; readonly cas: bigint }>();
  for (const [key, value, cas = 0n] of entries) values.set(key, { value, cas });
  const request = (key: K) => ({ key, flags, expiry, ...values.get(key)! });
  return await callMulti(caller, {
    op,
    keys: [...values.keys()],
    request,
    options,
    settle: trueOrThrow,
    silence: true,
  });
}

/** Writes many items, each over the version that it is meant for; one with version 0 must not be there. */
export async function casMany<K extends Bytes>(
  caller: Caller,
  entries: Iterable<CasEntry<K>>,
  options: (CallOptions & ExpiryOptions & { readonly flags?: number }) | undefined,
): Promise<MultiResult<K, true>> {
  const all = new Map(Array.from(entries, (entry) => [entry[0], entry]));
  const added = [...all.values()].filter(([, , cas]) => cas === 0n);
  const swapped = [...all.values()].filter(([, , cas]) => cas !== 0n);
  if (added.length > 0 && swapped.length > 0) check(caller, [...all.values()], options);
  const parts = [{ op: ADD, entries: added }, { op: SET, entries: swapped }].filter(({ entries }) =>
    entries.length > 0
  );
  const outcomes = await Promise.allSettled(
    parts.map(({ op, entries }) => storeMany(caller, op, { entries, options })),
  );
  const results = outcomes.map((outcome, i) => {
    if (outcome.status === "fulfilled") return outcome.value;
    // The part before it was sent, so the call as a whole has not been refused.
    if (i === 0 || !(outcome.reason instanceof OverloadError)) throw outcome.reason;
    return refused(parts[i]!.entries.map(([key]) => key), outcome.reason);
  });
  return inOrder(all.keys(), results);
}

/** Makes a call for each key: for opcodes that have no quiet form, or whose answers are wanted. */
export async function callEach<K extends Bytes, T>(
  keys: Iterable<K>,
  options: CallOptions | undefined,
  call: (key: K) => Promise<T | undefined>,
): Promise<MultiResult<K, T>> {
  const result: MultiResult<K, T> = { hits: new Map(), misses: new Set(), errors: new Map() };
  const given = [...new Set(keys)];
  for (let from = 0; from < given.length; from += WINDOW) {
    const part = given.slice(from, from + WINDOW);
    const outcomes = await Promise.allSettled(part.map(call));
    for (const [i, key] of part.entries()) {
      const outcome = outcomes[i]!;
      if (outcome.status === "rejected") result.errors.set(key, outcome.reason);
      else if (outcome.value === undefined) result.misses.add(key);
      else result.hits.set(key, outcome.value);
    }
    options?.signal?.throwIfAborted();
  }
  return result;
}

/** Finds what cannot be written before the first of two batches is sent. */
function check<K extends Bytes>(
  caller: Caller,
  entries: readonly CasEntry<K>[],
  options: (ExpiryOptions & { readonly flags?: number }) | undefined,
): void {
  const expiry = expiryOf(options);
  const flags = flagsOf(options?.flags);
  checkBy(caller, SET, entries.map(([key, value, cas]) => ({ key, value, flags, expiry, cas })));
}

function refused<K>(keys: readonly K[], error: unknown): MultiResult<K, true> {
  return { hits: new Map(), misses: new Set(), errors: new Map(keys.map((key) => [key, error])) };
}

/** Puts results together, in the order of the keys. */
function inOrder<K, T>(keys: Iterable<K>, results: readonly MultiResult<K, T>[]): MultiResult<K, T> {
  const joined: MultiResult<K, T> = { hits: new Map(), misses: new Set(), errors: new Map() };
  for (const key of keys) {
    for (const { hits, misses, errors } of results) {
      const hit = hits.get(key);
      if (hit !== undefined) joined.hits.set(key, hit);
      if (misses.has(key)) joined.misses.add(key);
      if (errors.has(key)) joined.errors.set(key, errors.get(key));
    }
  }
  return joined;
}
