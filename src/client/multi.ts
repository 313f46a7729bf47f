import type { BatchResult, Caller, CallOptions, Settle } from "../connection/caller.ts";
import { checkRequests } from "../connection/check_requests.ts";
import { OverloadError } from "../errors.ts";
import type { Op, Outgoing } from "../ops/op.ts";

/** What a call about many keys came to. Every key that was given is in exactly one of the three. */
export interface MultiResult<K, T> {
  /** The keys that were there, with what they gave. */
  readonly hits: Map<K, T>;
  /** The keys that were not there. */
  readonly misses: Set<K>;
  /** The keys whose fate is another or not known, with the reason; an error is never a miss. */
  readonly errors: Map<K, unknown>;
}

/** How many requests go into one batch, so that one call does not hold up all others. */
const PART = 4096;

/** A call about many keys. */
interface MultiCall<K, Req, T> {
  readonly op: Op<Req, unknown>;
  /** No key twice. */
  readonly keys: readonly K[];
  /** Makes the request about a key. */
  readonly request: (key: K) => Outgoing<Req>;
  readonly options: CallOptions | undefined;
  readonly settle: Settle<Found<T>>;
  /** What no answer stands for: a miss for reads, success for writes. */
  readonly silence: T | undefined;
}

/** Asks about many keys with quiet requests, and sorts the answers by the key that each was about. */
export async function callMulti<K, Req, T>(caller: Caller, call: MultiCall<K, Req, T>): Promise<MultiResult<K, T>> {
  const result: MultiResult<K, T> = { hits: new Map(), misses: new Set(), errors: new Map() };
  const { op, keys, options, settle } = call;
  if (keys.length === 0) return result;
  const requests = keys.map(call.request);
  if (keys.length <= PART) sort(result, call, { from: 0, found: await caller.batch(op, requests, options, settle) });
  else await callParts(result, caller, { call, requests });
  return result;
}

/** The same in several batches. */
async function callParts<K, Req, T>(
  result: MultiResult<K, T>,
  caller: Caller,
  { call, requests }: { readonly call: MultiCall<K, Req, T>; readonly requests: readonly Outgoing<Req>[] },
): Promise<void> {
  const { op, keys, options, settle } = call;
  if (caller.check !== undefined) caller.check(op, requests);
  else checkRequests(op, requests);
  const starts: number[] = [];
  for (let from = 0; from < keys.length; from += PART) starts.push(from);
  const answers = await Promise.allSettled(
    starts.map((from) => caller.batch(op, requests.slice(from, from + PART), options, settle)),
  );
  for (const [i, answer] of answers.entries()) {
    const from = starts[i]!;
    if (answer.status === "fulfilled") {
      sort(result, call, { from, found: answer.value });
    } else if (i > 0 && answer.reason instanceof OverloadError) {
      // The parts before it were sent, so the call as a whole has not been refused.
      for (const key of keys.slice(from, from + PART)) result.errors.set(key, answer.reason);
    } else {
      throw answer.reason;
    }
  }
}

/** Puts the keys of a batch, which begin at a place among all, where they belong. */
function sort<K, Req, T>(
  result: MultiResult<K, T>,
  { keys, silence }: MultiCall<K, Req, T>,
  { from, found: { replies, errors } }: { readonly from: number; readonly found: BatchResult<Found<T>> },
): void {
  const { hits, misses } = result;
  for (let place = 0; place < replies.length; place++) {
    const key = keys[from + place]!;
    if (errors !== undefined && errors.has(place)) {
      result.errors.set(key, errors.get(place));
      continue;
    }
    const reply = replies[place];
    const found = reply === undefined ? silence : reply;
    if (found === undefined || found === MISS) misses.add(key);
    else hits.set(key, found);
  }
}

/** What a settle function may give: `undefined` and {@linkcode MISS} for a key that was not there. */
export type Found<T> = T | undefined | typeof MISS;

/** What a settle function gives for a key that was not there, where silence means something else. */
export const MISS: unique symbol = Symbol("miss");
