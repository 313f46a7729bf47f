/**
 * The words and classes of what can become of a call that no node was found for.
 */

import type { StrandedCall } from "../connection/stranded.ts";
import { ClosedError, ConnectionError, TimeoutError } from "../errors.ts";
import { describe } from "../ops/status_error.ts";

/** The client was closed. */
export function closedCluster({ op, request, sent }: StrandedCall): ClosedError {
  return new ClosedError(`Cannot ${describe(op, request)}: the client was closed; connect anew`, { sent });
}

/** The time of a call is over. */
export function lateVbucket({ op, request, options, sent }: StrandedCall): TimeoutError {
  const what = options?.vbucket === undefined ? "any node" : `the node of vbucket ${options.vbucket}`;
  return new TimeoutError(`Cannot ${describe(op, request)}: ${what} was not found in time`, { sent });
}

/** There is no such replica. */
export function noReplica({ op, request, options }: StrandedCall): ConnectionError {
  const { vbucket, replica } = options ?? {};
  return new ConnectionError(
    `Cannot ${describe(op, request)}: no node has replica ${replica} of vbucket ${vbucket}`,
    { sent: false },
  );
}
