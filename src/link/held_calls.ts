/**
 * Calls that are made before there is a connection to make them over.
 */

import { makeBatch } from "../connection/batch.ts";
import type { BatchResult, CallOptions, Settle } from "../connection/caller.ts";
import { readReply } from "../connection/read_reply.ts";
import { ReplyStream } from "../connection/reply_stream.ts";
import { StrandedCall } from "../connection/stranded.ts";
import type { Op, Outgoing } from "../ops/op.ts";
import { ownBytes } from "./own_bytes.ts";

/** Takes a call and sees to it. */
export type Hold = (call: StrandedCall) => void;

/** What goes with a call. */
export interface HeldOptions<T> {
  readonly options: CallOptions | undefined;
  readonly settle?: Settle<T> | undefined;
}

/** A call of one answer. */
export function holdCall<Req, Res, T>(
  hold: Hold,
  op: Op<Req, Res>,
  request: Outgoing<Req>,
  { options, settle = readReply as Settle<T> }: HeldOptions<T>,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const call = new StrandedCall(op, ownBytes(request), options, 0);
    call.settle = settle;
    call.resolve = resolve as (value: unknown) => void;
    call.reject = reject;
    hold(call);
  });
}

/** A call of quiet requests. */
export function holdBatch<Req, Res, T>(
  hold: Hold,
  op: Op<Req, Res>,
  requests: readonly Outgoing<Req>[],
  { options, settle = readReply as Settle<T> }: HeldOptions<T>,
): Promise<BatchResult<T>> {
  return new Promise((resolve, reject) => {
    const call = new StrandedCall(op, undefined, options, 0);
    call.waiter = makeBatch(op, ownBytes(requests), settle, { resolve, reject });
    hold(call);
  });
}

/** A call of many answers. */
export function holdStream<Req, Res>(
  hold: Hold,
  op: Op<Req, Res>,
  request: Outgoing<Req>,
  { options }: HeldOptions<Res>,
): AsyncIterableIterator<Res> {
  const own = ownBytes(request);
  const stream = new ReplyStream(op as Op<unknown, Res>, own);
  if (op.last === undefined) {
    stream.fail(new TypeError(`Cannot open ${op.name}: it has one answer`));
    return stream;
  }
  const call = new StrandedCall(op, own, options, 0);
  call.waiter = stream;
  hold(call);
  return stream;
}

/**
 * Gives a call the time that it may wait; `usual` if it does not say so.
 *
 * @throws {RangeError} If its timeout cannot be.
 * @throws The reason of its signal, if that is aborted.
 */
export function giveTime(call: StrandedCall, usual: number): void {
  const { timeout = usual, signal } = call.options ?? {};
  if (!(timeout >= 0)) throw new RangeError(`Cannot use a timeout of ${timeout}: it is milliseconds, 0 for ever`);
  signal?.throwIfAborted();
  call.left = timeout === 0 ? Infinity : timeout;
}
