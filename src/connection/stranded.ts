import type { MemcachedError } from "../errors.ts";
import type { AnyOp } from "../ops/table.ts";
import type { CallOptions, Settle } from "./caller.ts";
import type { Slot, Waiter } from "./pipeline.ts";

/**
 * A call without a connection: it was made before there was one, or its own was lost. Whoever holds it sees that its promise is
 * settled: by {@linkcode Connection.resume}, or by `fail`.
 */
export class StrandedCall {
  /** The row. */
  readonly op: AnyOp;
  /** What is asked; its bytes are those of the caller. Nothing where a waiter knows better. */
  readonly request: unknown;
  /** What goes with it. */
  readonly options: CallOptions | undefined;
  /** How long its caller still waits, in milliseconds; `Infinity` for ever. */
  left: number;
  /** How often it may have reached the server without an answer. */
  attempts = 0;
  /** Makes the result of the answer; not of a call with a waiter. */
  settle: Settle<unknown> | undefined = undefined;
  /** Resolves the promise of a single call. */
  resolve: ((value: unknown) => void) | undefined = undefined;
  /** Rejects the promise of a single call. */
  reject: ((error: unknown) => void) | undefined = undefined;
  /** Takes the answers of a call that has more than one. */
  waiter: Waiter | undefined = undefined;
  /** Stops listening to the signal, while somebody does. */
  release: (() => void) | undefined = undefined;

  /** Makes a call that nobody waits for yet. */
  constructor(op: AnyOp, request: unknown, options: CallOptions | undefined, left: number) {
    this.op = op;
    this.request = request;
    this.options = options;
    this.left = left;
  }

  /** Whether any byte of it may have left. */
  get sent(): boolean {
    return this.attempts > 0;
  }

  /** Ends the call without an answer. `aborted` when the caller asked for it. */
  fail(error: unknown, aborted = false): void {
    if (this.waiter === undefined) this.reject!(error);
    else this.waiter.fail(error, aborted);
  }
}

/** Makes a call of what its slot knows, which may have reached the server if not all of so many bytes taken for writing are before it. */
export function strand(slot: Slot, taken: number): StrandedCall {
  const call = moved(slot);
  if (slot.offset < taken) call.attempts++;
  return call;
}

/** Makes a call of what its slot knows, which the server has not done. */
export function moved(slot: Slot): StrandedCall {
  const call = new StrandedCall(slot.op!, slot.request, slot.options, slot.deadline - performance.now());
  call.attempts = slot.attempts;
  call.settle = slot.settle;
  call.resolve = slot.resolve;
  call.reject = slot.reject;
  call.waiter = slot.waiter;
  return call;
}

/** Gives a call a slot, at a time. */
export function bring(call: StrandedCall, slot: Slot, now: number): void {
  slot.attempts = call.attempts;
  slot.deadline = now + call.left;
  slot.waiter = call.waiter;
  slot.settle = call.settle;
  slot.resolve = call.resolve ?? slot.resolve;
  slot.reject = call.reject ?? slot.reject;
}

/** Who hears of the loss of a connection. None of this may throw, nor use the connection. */
export interface Keeper {
  /**
   * Is asked for each call that waits, in the order in which they were made, before any of them is told of the loss. Returns whether
   * the call is taken over. What is asked of is already lost, and `loss` says how.
   */
  rescue(call: StrandedCall, loss: MemcachedError): boolean;
  /** The connection is of no more use; those that were not taken over have been told. */
  lost(loss: MemcachedError): void;
}
