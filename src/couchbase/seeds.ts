import { AuthError, ConnectionError } from "../errors.ts";
import type { Address } from "../transport/transport.ts";
import { splitCouchbaseHosts } from "./address.ts";

/** Where a node is: a text, a URL or an object. */
export type CouchbaseServer = string | URL | Address;

/** The nodes that are meant by one address, which may name several hosts, or by several. */
export function seedsOf(server: CouchbaseServer | readonly CouchbaseServer[]): readonly CouchbaseServer[] {
  const servers = Array.isArray(server) ? server : [server as CouchbaseServer];
  return servers.flatMap<CouchbaseServer>((one) => typeof one === "string" ? splitCouchbaseHosts(one) : [one]);
}

/** What comes of the first of several nodes that can be reached; who is not let in by one need not try the others. */
export async function firstReached<S, T>(
  seeds: readonly S[],
  reach: (seed: S) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const reasons: unknown[] = [];
  for (const seed of seeds) {
    try {
      return await reach(seed);
    } catch (error) {
      if (signal?.aborted || error instanceof AuthError) throw error;
      reasons.push(error);
    }
  }
  if (reasons.length === 1) throw reasons[0];
  const words = reasons.map((reason) => (reason as Error).message).join("; ");
  throw new ConnectionError(`Cannot connect to any of ${seeds.length} nodes: ${words}`, {
    cause: new AggregateError(reasons),
    sent: false,
  });
}
