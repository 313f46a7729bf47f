import { ClosedError, MemcachedError, StatusError } from "../errors.ts";
import { NodeError, NoServerError } from "./cluster_errors.ts";
import type { Shard } from "./shard.ts";

/** What something that was done at each of several servers came to; a server is in exactly one of the two. */
export interface EachResult<T> {
  /** By the name of the server: what it gave. */
  readonly results: Map<string, T>;
  /** By the name of the server: why it gave nothing. */
  readonly errors: Map<string, unknown>;
}

/** Does something at each server, side by side, and waits for all of them. */
export async function askEach<T>(
  shards: readonly Shard[],
  ask: (shard: Shard) => Promise<T>,
): Promise<EachResult<T>> {
  const outcomes = await Promise.allSettled(shards.map((shard) => begin(shard, ask)));
  const results = new Map<string, T>();
  const errors = new Map<string, unknown>();
  for (const [i, { name }] of shards.entries()) {
    const outcome = outcomes[i]!;
    if (outcome.status === "fulfilled") results.set(name, outcome.value);
    else errors.set(name, outcome.reason);
  }
  return { results, errors };
}

/** The same where one answer is wanted: the first server's, once all have answered. */
export async function askAll<T>(
  shards: readonly Shard[],
  what: string,
  ask: (shard: Shard) => Promise<T>,
): Promise<T> {
  if (shards.length === 0) throw new NoServerError(`Cannot ${what}: there are no servers`, { sent: false });
  const { results, errors } = await askEach(shards, ask);
  if (errors.size > 0) throw joined(errors, { what, all: results.size === 0 });
  return results.values().next().value as T;
}

/** One error for those of several servers. What all of them say alike is about the call and not about a server. */
function joined(
  errors: ReadonlyMap<string, unknown>,
  { what, all }: { readonly what: string; readonly all: boolean },
): unknown {
  const [[node, cause]] = errors as Iterable<[string, unknown]> as [[string, unknown]];
  const reasons = [...errors.values()];
  // What is no error of ours is about the call, such as the reason of its signal.
  const own = reasons.find((reason) => !(reason instanceof MemcachedError));
  if (own !== undefined) return own;
  if (all && reasons.every((reason) => isAlike(reason, cause))) return cause;
  const names = [...errors.keys()].join(", ");
  const said = cause instanceof Error ? cause.message : String(cause);
  const sent = reasons.some((reason) => (reason as MemcachedError).sent);
  return new NodeError(`Cannot ${what} at ${names}: ${said}`, { node, cause, sent, errors });
}

function isAlike(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (a instanceof StatusError && b instanceof StatusError) return a.status === b.status;
  return a instanceof ClosedError && b instanceof ClosedError;
}

/** What is thrown and not rejected is an outcome like any other. */
function begin<T>(shard: Shard, ask: (shard: Shard) => Promise<T>): Promise<T> {
  return new Promise((resolve) => resolve(ask(shard)));
}

/** Opens a stream of answers at each server at once, and yields them one server after the other. */
export async function* inTurn<T>(
  streams: readonly { readonly name: string; readonly stream: AsyncIterableIterator<T> }[],
  wrap: (error: unknown, name: string) => unknown,
): AsyncGenerator<T, void, void> {
  let at = 0;
  try {
    for (; at < streams.length; at++) {
      const { name, stream } = streams[at]!;
      try {
        yield* stream;
      } catch (error) {
        throw wrap(error, name);
      }
    }
  } finally {
    for (const { stream } of streams.slice(at)) await stream.return?.();
  }
}
