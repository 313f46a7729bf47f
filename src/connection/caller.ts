import type { Frame } from "../frame/frame.ts";
import type { Op, Outgoing } from "../ops/op.ts";

/** What every call takes beside its request. */
export interface CallOptions {
  /**
   * How long the call may take, in milliseconds: waiting, writing and reading together. 1000 unless the connection was told
   * otherwise; 0 for ever.
   */
  readonly timeout?: number;
  /** Gives the call up when aborted; it then rejects with the reason of the signal. A late answer is dropped. */
  readonly signal?: AbortSignal;
  /** Which vbucket the key is in; 0 by default. memcached ignores it. */
  readonly vbucket?: number;
}

/**
 * What a call makes of its answer, in the read loop. Views of the frame are valid until it returns, or for good after
 * `frame.keep()`. What it throws rejects the call.
 */
export type Settle<T> = (frame: Frame, op: Op<unknown, unknown>, request: unknown) => T;

/** What the quiet calls of a batch came to, by their place in the batch. */
export interface BatchResult<T> {
  /** What was answered; `undefined` where silence was the answer. */
  readonly replies: readonly (T | undefined)[];
  /** What failed, if anything did. */
  readonly errors: ReadonlyMap<number, unknown> | undefined;
}

/** Anything that can answer: a connection, a pool, a router. */
export interface Caller {
  /**
   * Asks once and resolves to the answer, or to what `settle` makes of it. Without `settle`, an answer that is not success
   * rejects with a {@linkcode StatusError}.
   */
  call<Req, Res, T = Res>(
    op: Op<Req, Res>,
    request: Outgoing<Req>,
    options?: CallOptions,
    settle?: Settle<T>,
  ): Promise<T>;
  /**
   * Asks many times with the quiet twin and resolves when the NOOP behind them is answered. Rejects only when aborted or when
   * a request cannot be written; a call without an answer has its error in the result.
   */
  batch<Req, Res, T = Res>(
    op: Op<Req, Res>,
    requests: readonly Outgoing<Req>[],
    options?: CallOptions,
    settle?: Settle<T>,
  ): Promise<BatchResult<T>>;
  /** Asks once and yields the answers as they come, for opcodes that are answered by many frames. */
  open<Req, Res>(op: Op<Req, Res>, request: Outgoing<Req>, options?: CallOptions): AsyncIterableIterator<Res>;
}
