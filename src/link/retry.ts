import { Batch } from "../connection/batch.ts";
import type { StrandedCall } from "../connection/stranded.ts";
import { type MemcachedError, ProtocolError } from "../errors.ts";
import { QUIT } from "../ops/admin.ts";
import type { RetryReason } from "./link_status.ts";
import { mayHaveChanged } from "./own_bytes.ts";

/** A call that could be made again. */
export interface Retry {
  /** Name of the opcode. */
  readonly op: string;
  /** Why it may be. */
  readonly reason: RetryReason;
  /** How often it may have reached the server already. */
  readonly attempts: number;
  /** How its connection was lost. */
  readonly error: MemcachedError;
}

/** Which calls are made again when their connection is lost. */
export interface RetryOptions {
  /** How often a call that may have been done is made again, if doing it twice is the same as doing it once; 2 by default. */
  readonly retries?: number;
  /**
   * Says that keys and values given as bytes are never changed before their call has ended, so that calls with such bytes are made again,
   * too; `false` by default. Text, and bytes of 64 KiB and more, never are.
   */
  readonly stableBytes?: boolean;
  /** Is asked before any call is made again; `false` has it fail. */
  readonly mayRetry?: (retry: Retry) => boolean;
}

/** Says why a call may be made again; nothing if it may not. */
export function reasonToRetry(
  call: StrandedCall,
  error: MemcachedError,
  { retries = 2, stableBytes = false, mayRetry }: RetryOptions,
): RetryReason | undefined {
  const { op, attempts, waiter } = call;
  // Answers that were passed on would come a second time. And who says goodbye is not to come back for it.
  if ((waiter !== undefined && waiter.untold !== true) || op === QUIT) return undefined;
  if (attempts > 0) {
    // What was answered by bytes that are no answer would be so again.
    if (!op.idempotent || attempts > retries || error instanceof ProtocolError) return undefined;
  }
  if (!stableBytes && mayHaveChanged(waiter instanceof Batch ? waiter.requests : call.request)) return undefined;
  const reason = attempts > 0 ? "idempotent" : "not-sent";
  if (mayRetry !== undefined && !asked(mayRetry, { op: op.name, reason, attempts, error })) return undefined;
  return reason;
}

function asked(mayRetry: (retry: Retry) => boolean, retry: Retry): boolean {
  try {
    return mayRetry(retry);
  } catch (error) {
    // It belongs to nobody here: the runtime reports it like any other that nobody catches.
    queueMicrotask(() => {
      throw error;
    });
    return false;
  }
}
