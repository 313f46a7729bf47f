import type { BatchResult, CallOptions, ClosableCaller, Settle } from "../connection/caller.ts";
import type { Connection } from "../connection/connection.ts";
import type { FrameListener } from "../connection/frame_listeners.ts";
import { ClosedError } from "../errors.ts";
import type { Op, Outgoing } from "../ops/op.ts";

/**
 * One connection for one user alone, borrowed from a {@linkcode Pool}. When it is lost, it is not replaced: whoever borrows a
 * connection minds what it is set to.
 */
export class Lease implements ClosableCaller, AsyncDisposable {
  readonly #connection: Connection;
  #giveBack: (() => void) | undefined;

  /** Made by {@linkcode Pool.borrow}. */
  constructor(connection: Connection, giveBack: () => void) {
    this.#connection = connection;
    this.#giveBack = giveBack;
  }

  /** Whether it was given back. */
  get released(): boolean {
    return this.#giveBack === undefined;
  }

  /** Whether this is the connection that was lent. */
  uses(connection: Connection): boolean {
    return this.#connection === connection;
  }

  /** {@inheritDoc Caller.call} */
  call<Req, Res, T = Res>(
    op: Op<Req, Res>,
    request: Outgoing<Req>,
    options?: CallOptions,
    settle?: Settle<T>,
  ): Promise<T> {
    if (this.released) return Promise.reject(this.#over(op.name));
    return this.#connection.call(op, request, options, settle);
  }

  /** {@inheritDoc Caller.batch} */
  batch<Req, Res, T = Res>(
    op: Op<Req, Res>,
    requests: readonly Outgoing<Req>[],
    options?: CallOptions,
    settle?: Settle<T>,
  ): Promise<BatchResult<T>> {
    if (this.released) return Promise.reject(this.#over(op.name));
    return this.#connection.batch(op, requests, options, settle);
  }

  /** {@inheritDoc Caller.open} Throws a {@linkcode ClosedError} when the connection was given back. */
  open<Req, Res>(op: Op<Req, Res>, request: Outgoing<Req>, options?: CallOptions): AsyncIterableIterator<Res> {
    if (this.released) throw this.#over(op.name);
    return this.#connection.open(op, request, options);
  }

  /** Watches the frames of the connection; returns what ends it. */
  observe(listener: FrameListener): () => void {
    return this.#connection.observe(listener);
  }

  /** Gives the connection back for others to use; again is allowed and does nothing. */
  release(): void {
    this.#giveBack?.();
    this.#giveBack = undefined;
  }

  /** Gives it back and has it closed, since it is not as others expect it: another bucket was selected, say. */
  discard(): Promise<void> {
    if (this.released) return Promise.resolve();
    const giveBack = this.#giveBack!;
    this.#giveBack = undefined;
    // Not before it is closed: until then it would be taken for one that calls can go to.
    return this.#connection.close().then(giveBack);
  }

  /** The same as {@linkcode Lease.release}. */
  close(): Promise<void> {
    this.release();
    return Promise.resolve();
  }

  /** The same as {@linkcode Lease.release}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #over(what: string): ClosedError {
    const { peer } = this.#connection;
    return new ClosedError(`Cannot ${what}: the connection to ${peer} was given back; borrow one anew`, {
      sent: false,
    });
  }
}
