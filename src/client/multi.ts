import type { BatchResult, Caller, CallOptions, Settle } from "../connection/caller.ts";
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

/** Asks about many keys with quiet requests, and sorts the answers by the key that each was about. */
export async function callMulti<K, Req, T>(
  caller: Caller,
  op: Op<Req, unknown>,
  keys: readonly K[],
  request: (key: K) => Outgoing<Req>,
  how: {
    readonly options: CallOptions | undefined;
    readonly settle: Settle<Found<T>>;
    readonly silence: T | undefined;
  },
): Promise<MultiResult<K, T>> {
  const result: MultiResult<K, T> = { hits: new Map(), misses: new Set(), errors: new Map() };
  if (keys.length <= PART) {
    if (keys.length > 0) {
      sort(result, keys, await caller.batch(op, keys.map(request), how.options, how.settle), how.silence);
    }
    return result;
  }
  const parts: (readonly K[])[] = [];
  for (let from = 0; from < keys.length; from += PART) parts.push(keys.slice(from, from + PART));
  const batches = parts.map((part) => caller.batch(op, part.map(request), how.options, how.settle));
  const answers = await Promise.all(batches);
  for (const [i, part] of parts.entries()) sort(result, part, answers[i]!, how.silence);
  return result;
}

/** Silence means a miss for reads and success for writes: `silence` is what it stands for. */
function sort<K, T>(
  result: MultiResult<K, T>,
  keys: readonly K[],
  { replies, errors }: BatchResult<Found<T>>,
  silence: T | undefined,
): void {
  const { hits, misses } = result;
  for (let place = 0; place < keys.length; place++) {
    const key = keys[place]!;
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
