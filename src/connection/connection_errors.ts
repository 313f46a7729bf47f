/**
 * The words and classes of what can become of a call on a connection, beside an answer.
 */

import {
  ClosedError,
  ConnectionError,
  type MemcachedError,
  OverloadError,
  ProtocolError,
  TimeoutError,
} from "../errors.ts";
import { describe } from "../ops/status_error.ts";
import type { AnyOp } from "../ops/table.ts";
import type { Slot } from "./pipeline.ts";

/** Makes the error of one call: `what` was attempted, and whether any byte of it was sent. */
export type MakeError = (what: string, sent: boolean) => MemcachedError;

/** No new call is taken. */
export function refusal(
  what: string,
  peer: string,
  ended: { readonly state: string; readonly cause: unknown; readonly sent: boolean },
): ClosedError {
  const { state, cause, sent } = ended;
  const because = cause instanceof Error ? ` (${cause.message})` : "";
  return new ClosedError(`Cannot ${what}: the connection to ${peer} is ${state}; connect anew${because}`, {
    cause,
    sent,
  });
}

/** No new call can be taken now, nor one that comes from another connection, to which it may have been `sent`. */
export function overload(
  op: AnyOp,
  request: unknown,
  how: { readonly found: string; readonly sent: boolean },
): OverloadError {
  const { found, sent } = how;
  return new OverloadError(
    `Cannot ${describe(op, request)}: ${found}; slow down, or raise maxInFlight or maxQueuedBytes`,
    { sent },
  );
}

/** The time of a call is over. */
export function lateError(
  slot: Slot,
  now: number,
  how: { readonly peer: string; readonly sent: boolean },
): TimeoutError {
  const { peer, sent } = how;
  const waited = Math.round(now - slot.deadline);
  const what = `Cannot ${describe(slot.op!, slot.request)}: ` +
    (sent
      ? `no answer from ${peer} in time`
      : `${peer} did not take what was written before it in time; nothing was sent`);
  return new TimeoutError(waited > 100 ? `${what}, the process was busy for ${waited} ms` : what, { sent });
}

/** This side closed the connection. */
export function closedHere(peer: string, cause: unknown): MakeError {
  return (what, sent) => new ClosedError(`Cannot ${what}: the connection to ${peer} was closed`, { cause, sent });
}

/** The connection is of no more use: `how` it came, and the offset that was read up to. */
export function lost(peer: string, how: string, cause: unknown, at: number): MakeError {
  if (cause instanceof ProtocolError) {
    const { bytes, message } = cause;
    return (what, sent) =>
      new ProtocolError(`Cannot ${what}: the connection to ${peer} ${how}: ${message}`, { cause, sent, at, bytes });
  }
  const detail = cause instanceof Error ? `: ${cause.message}` : "";
  return (what, sent) =>
    new ConnectionError(`Cannot ${what}: the connection to ${peer} ${how}${detail}`, { cause, sent });
}
