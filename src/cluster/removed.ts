/**
 * What becomes of calls that wait for a server when it is taken out of the list, or comes to be elsewhere.
 */

import { Batch } from "../connection/batch.ts";
import type { StrandedCall } from "../connection/stranded.ts";
import { ClosedError } from "../errors.ts";
import type { Bytes } from "../frame/frame_writer.ts";
import { describe } from "../ops/status_error.ts";
import type { NodeCaller, Shard } from "./shard.ts";

/** Has a call made by the server that has its key now; one that is about no key, or about keys of several servers, fails. */
export function makeElsewhere(call: StrandedCall, server: string, shardOf: (key: Bytes) => Shard | undefined): void {
  const shards = new Set(keysOf(call).map(shardOf));
  const [shard] = shards;
  if (shards.size === 1 && shard !== undefined && shard.state === "active") {
    shard.calls++;
    resumeAt(shard.caller, call, server);
  } else call.fail(removed(call, server));
}

/** Has a call made by what talks to a server, if that can take one. */
export function resumeAt(caller: NodeCaller, call: StrandedCall, server?: string): void {
  if (caller.resume === undefined) call.fail(removed(call, server ?? "its server"));
  else caller.resume(call);
}

/** The keys by which the server of a call is found. */
function keysOf({ request, options, waiter }: StrandedCall): Bytes[] {
  if (options?.routingKey !== undefined) return [options.routingKey];
  const requests = waiter instanceof Batch ? waiter.requests : [request];
  return requests.flatMap((one) => (one as { readonly key?: Bytes } | undefined)?.key ?? []);
}

function removed(call: StrandedCall, server: string): ClosedError {
  const { op, request, sent } = call;
  return new ClosedError(`Cannot ${describe(op, request)}: ${server} is not among the servers any more; try again`, {
    sent,
  });
}
