import type { BatchResult, Caller, CallOptions, Settle } from "../connection/caller.ts";
import { NotMyVbucketError, TimeoutError } from "../errors.ts";
import type { LinkClock } from "../link/clock.ts";
import type { Op, Outgoing } from "../ops/op.ts";
import { describe } from "../ops/status_error.ts";

/** What a {@linkcode VbucketBatch} needs of its router. */
export interface VbucketBatchHost {
  /** Time. */
  readonly clock: LinkClock;
  /** What talks to the node of a vbucket, or to any node; nothing where there is none for the moment. */
  nodeOf(vbucket: number | undefined): Caller | undefined;
  /** Asks for the map; resolves when that is done. */
  newerMap(): Promise<void>;
}

/** A batch as it was asked for. */
export interface BatchCall<Req, Res, T> {
  readonly op: Op<Req, Res>;
  readonly requests: readonly Outgoing<Req>[];
  readonly options: CallOptions | undefined;
  readonly settle: Settle<T> | undefined;
}

/** A batch over several nodes: its parts go side by side, and those whose vbucket has moved again, within the time of the call. */
export class VbucketBatch<Req, Res, T> {
  readonly #call: BatchCall<Req, Res, T>;
  readonly #host: VbucketBatchHost;
  readonly #replies: (T | undefined)[];
  readonly #errors = new Map<number, unknown>();

  /** Makes one that has not begun. */
  constructor(call: BatchCall<Req, Res, T>, host: VbucketBatchHost) {
    this.#call = call;
    this.#host = host;
    this.#replies = new Array(call.requests.length).fill(undefined);
  }

  /** Runs it, for so many milliseconds at the most; 0 for as long as it takes. */
  async run(timeout: number): Promise<BatchResult<T>> {
    const { clock } = this.#host;
    const until = timeout === 0 ? Infinity : clock.now() + timeout;
    let places = this.#call.requests.map((_, place) => place);
    for (;;) {
      const left = until === Infinity ? 0 : Math.max(1, until - clock.now());
      places = await this.#once(places, left);
      if (places.length === 0 || clock.now() >= until) break;
      await this.#host.newerMap();
      if (clock.now() >= until) break;
      this.#call.options?.signal?.throwIfAborted();
      for (const place of places) this.#errors.delete(place);
    }
    return { replies: this.#replies, errors: this.#errors.size === 0 ? undefined : this.#errors };
  }

  /** Asks about some places; returns those whose node was not found. */
  async #once(places: readonly number[], timeout: number): Promise<number[]> {
    const { op, requests, options, settle } = this.#call;
    const parts = new Map<Caller, number[]>();
    const homeless: number[] = [];
    for (const place of places) {
      const vbucket = options?.vbuckets?.[place] ?? options?.vbucket;
      const node = this.#host.nodeOf(vbucket);
      if (node === undefined) {
        homeless.push(place);
        this.#errors.set(place, this.#notFound(place, vbucket));
      } else if (parts.has(node)) parts.get(node)!.push(place);
      else parts.set(node, [place]);
    }
    const moved = await Promise.all([...parts].map(async ([node, part]) => {
      const vbuckets = options?.vbuckets;
      const found = await node.batch(op, part.map((place) => requests[place]!), {
        ...options,
        timeout,
        ...(vbuckets === undefined ? {} : { vbuckets: part.map((place) => vbuckets[place]!) }),
      }, settle);
      return this.#sort(part, found);
    }));
    return [...homeless, ...moved.flat()];
  }

  /** Puts the answers to a part where they belong; returns the places whose vbucket is elsewhere. */
  #sort(part: readonly number[], { replies, errors }: BatchResult<T>): number[] {
    const moved: number[] = [];
    for (const [i, place] of part.entries()) {
      const error = errors?.get(i);
      if (errors?.has(i) !== true) {
        this.#replies[place] = replies[i];
        continue;
      }
      this.#errors.set(place, error);
      if (error instanceof NotMyVbucketError) moved.push(place);
    }
    return moved;
  }

  #notFound(place: number, vbucket: number | undefined): TimeoutError {
    const what = describe(this.#call.op, this.#call.requests[place]);
    return new TimeoutError(`Cannot ${what}: the node of vbucket ${vbucket} was not found in time`, { sent: false });
  }
}
