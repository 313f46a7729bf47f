/**
 * The words and classes of what can become of a call that has no connection.
 */

import type { StrandedCall } from "../connection/stranded.ts";
import { ClosedError, ConnectionError, OverloadError, TimeoutError } from "../errors.ts";
import { describe } from "../ops/status_error.ts";

/** The link was closed. */
export function closedLink({ op, request, sent }: StrandedCall, server: string): ClosedError {
  const what = describe(op, request);
  return new ClosedError(`Cannot ${what}: the link to ${server} was closed; connect anew`, { sent });
}

/** The time of a call is over. */
export function lateCall({ op, request, sent }: StrandedCall, server: string, cause: unknown): TimeoutError {
  const what = describe(op, request);
  return new TimeoutError(`Cannot ${what}: not connected to ${server} in time${because(cause)}`, { cause, sent });
}

/** The server counts as down, and the call is not to wait. */
export function downServer({ op, request, sent }: StrandedCall, server: string, cause: unknown): ConnectionError {
  const what = describe(op, request);
  return new ConnectionError(
    `Cannot ${what}: ${server} is down${because(cause)}; connecting goes on, set whenDown to "wait" for calls to wait`,
    { cause, sent },
  );
}

/** Too many calls wait. */
export function tooManyWait({ op, request, sent }: StrandedCall, server: string, size: number): OverloadError {
  const what = describe(op, request);
  return new OverloadError(
    `Cannot ${what}: ${size} calls wait for a connection to ${server}; slow down, or raise maxWaiting`,
    { sent },
  );
}

function because(cause: unknown): string {
  return cause instanceof Error ? ` (${cause.message})` : "";
}

/** All connections of a pool were borrowed for too long. */
export function allBorrowed({ op, request, sent }: StrandedCall, server: string): TimeoutError {
  const what = describe(op, request);
  return new TimeoutError(
    `Cannot ${what}: all connections to ${server} are borrowed, and none was given back in time`,
    {
      sent,
    },
  );
}
