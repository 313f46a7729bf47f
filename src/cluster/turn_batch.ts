import type { BatchResult, CallOptions, Settle } from "../connection/caller.ts";
import { checkBy } from "../connection/check_requests.ts";
import type { FrameListener } from "../connection/frame_listeners.ts";
import type { StrandedCall } from "../connection/stranded.ts";
import { readReply } from "../connection/read_reply.ts";
import type { Bytes } from "../frame/frame_writer.ts";
import type { Op, Outgoing } from "../ops/op.ts";
import { GET } from "../ops/retrieval.ts";
import { settleMiss } from "./missed.ts";
import { resumeAt } from "./removed.ts";
import type { NodeCaller } from "./shard.ts";

/** A read that waits for the end of the turn; it is the request, too. */
interface Read {
  readonly key: Bytes;
  readonly settle: Settle<unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Sends the reads of one turn as one batch of quiet reads, which are not answered where there is nothing. Reads with options of
 * their own go as they are.
 */
export class TurnBatch implements NodeCaller {
  readonly #caller: NodeCaller;
  #reads: Read[] = [];

  /** Makes one over what talks to a server. */
  constructor(caller: NodeCaller) {
    this.#caller = caller;
  }

  /** What the caller below is doing. */
  get state(): unknown {
    return this.#caller.state;
  }

  /** Resolves when there is a connection; rejects if the attempt that is made now fails. */
  async connect(): Promise<void> {
    await this.#caller.connect?.();
  }

  /** {@inheritDoc Caller.call} */
  call<Req, Res, T = Res>(
    op: Op<Req, Res>,
    request: Outgoing<Req>,
    options?: CallOptions,
    settle: Settle<T> = readReply as Settle<T>,
  ): Promise<T> {
    if ((op as unknown) !== GET || options !== undefined) return this.#caller.call(op, request, options, settle);
    const { key: given } = request as unknown as { readonly key: Bytes };
    // Its bytes belong to the caller again before the turn is over.
    const key = typeof given === "string" ? given : given.slice();
    return new Promise<T>((resolve, reject) => {
      if (this.#reads.length === 0) queueMicrotask(() => this.#leave());
      this.#reads.push({ key, settle, resolve: resolve as (value: unknown) => void, reject });
    });
  }

  /** {@inheritDoc Caller.batch} */
  batch<Req, Res, T = Res>(
    op: Op<Req, Res>,
    requests: readonly Outgoing<Req>[],
    options?: CallOptions,
    settle?: Settle<T>,
  ): Promise<BatchResult<T>> {
    return this.#caller.batch(op, requests, options, settle);
  }

  /** {@inheritDoc Caller.check} */
  check<Req>(op: Op<Req, unknown>, requests: readonly Outgoing<Req>[]): void {
    checkBy(this.#caller, op, requests);
  }

  /** {@inheritDoc Caller.open} */
  open<Req, Res>(op: Op<Req, Res>, request: Outgoing<Req>, options?: CallOptions): AsyncIterableIterator<Res> {
    return this.#caller.open(op, request, options);
  }

  /** Watches the frames that are sent and received; returns what ends it. */
  observe(listener: FrameListener): () => void {
    return this.#caller.observe(listener);
  }

  /** What happens between the caller below and its server. */
  async *status(): AsyncGenerator<{ readonly type: string }, void, void> {
    yield* this.#caller.status?.() ?? [];
  }

  /** Makes a call that another server could not answer; nothing is thrown. */
  resume(call: StrandedCall): void {
    resumeAt(this.#caller, call);
  }

  /** Closes, and gives away the calls that it can do nothing for any more and that may be made elsewhere. */
  leave(elsewhere: (call: StrandedCall) => void): Promise<void> {
    this.#leave();
    return this.#caller.leave?.(elsewhere) ?? this.#caller.close();
  }

  /** Lets the calls under way end, then closes. */
  close(): Promise<void> {
    this.#leave();
    return this.#caller.close();
  }

  async #leave(): Promise<void> {
    const reads = this.#reads;
    if (reads.length === 0) return;
    this.#reads = [];
    if (reads.length === 1) {
      const [{ key, settle, resolve, reject }] = reads as [Read];
      this.#caller.call(GET, { key }, undefined, settle).then(resolve, reject);
      return;
    }
    let found: BatchResult<unknown>;
    try {
      found = await this.#caller.batch(GET, reads, undefined, settleRead);
    } catch {
      // One that cannot be written must not harm the others, so each goes by itself.
      for (const { key, settle, resolve, reject } of reads) {
        this.#caller.call(GET, { key }, undefined, settle).then(resolve, reject);
      }
      return;
    }
    const { replies, errors } = found;
    for (let place = 0; place < reads.length; place++) {
      const read = reads[place]!;
      if (errors?.has(place) === true) read.reject(errors.get(place));
      else if (replies[place] === undefined) miss(read);
      else read.resolve((replies[place] as { readonly value: unknown }).value);
    }
  }
}

/** Wrapped, since a read may make nothing of its answer, which then is no silence. */
const settleRead: Settle<{ readonly value: unknown }> = (frame, op, request) => ({
  value: (request as Read).settle(frame, op, request),
});

function miss(read: Read): void {
  try {
    read.resolve(settleMiss(GET, read, read.settle));
  } catch (error) {
    read.reject(error);
  }
}
