import type { BatchResult, Caller, CallOptions, Settle } from "../connection/caller.ts";
import { checkRequests } from "../connection/check_requests.ts";
import { untilAborted } from "../connection/until_aborted.ts";
import { ClosedError, MemcachedError, NotMyVbucketError, TimeoutError } from "../errors.ts";
import type { Bytes } from "../frame/frame_writer.ts";
import type { LinkClock } from "../link/clock.ts";
import type { Op, Outgoing } from "../ops/op.ts";
import { describe } from "../ops/status_error.ts";

/** Keys up to this length have no more bytes than a key may have, whatever their characters. */
const SURELY_SHORT = 80;

/** What a {@linkcode VbucketBatch} needs of its router. */
export interface VbucketBatchHost {
  /** Time. */
  readonly clock: LinkClock;
  /** Whether all is over. */
  readonly closed: boolean;
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
    const { op, requests, options } = this.#call;
    // Found here, or some would be sent and others not.
    if (requests.some(isDoubtful)) checkRequests(op, requests);
    const until = timeout === 0 ? Infinity : clock.now() + timeout;
    let places = requests.map((_, place) => place);
    for (;;) {
      const left = until === Infinity ? 0 : Math.max(1, until - clock.now());
      places = await this.#once(places, left);
      if (places.length === 0 || this.#host.closed || clock.now() >= until) break;
      await this.#newerMap(until, options?.signal);
      if (clock.now() >= until) break;
      for (const place of places) this.#errors.delete(place);
    }
    return { replies: this.#replies, errors: this.#errors.size === 0 ? undefined : this.#errors };
  }

  /** Waits until the map was asked for, until the time is over, or until given up. */
  async #newerMap(until: number, signal: AbortSignal | undefined): Promise<void> {
    const { clock } = this.#host;
    let stop = () => {};
    const late = new Promise<void>((resolve) => {
      if (until < Infinity) stop = clock.after(until - clock.now(), resolve);
    });
    try {
      await untilAborted(Promise.race([this.#host.newerMap(), late]), signal);
    } finally {
      stop();
    }
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
      const own = vbuckets === undefined ? {} : { vbuckets: part.map((place) => vbuckets[place]!) };
      const asked = part.map((place) => requests[place]!);
      try {
        return this.#sort(part, await node.batch(op, asked, { ...options, timeout, ...own }, settle));
      } catch (error) {
        // What is about the call, such as its signal, ends all of it; what is about a node only that part.
        if (!(error instanceof MemcachedError) || error === options?.signal?.reason) throw error;
        for (const place of part) this.#errors.set(place, error);
        return [];
      }
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

  #notFound(place: number, vbucket: number | undefined): MemcachedError {
    const what = describe(this.#call.op, this.#call.requests[place]);
    if (this.#host.closed) {
      return new ClosedError(`Cannot ${what}: the client was closed; connect anew`, { sent: false });
    }
    return new TimeoutError(`Cannot ${what}: the node of vbucket ${vbucket} was not found in time`, { sent: false });
  }
}

/** Whether the key of a request may be empty or too long. */
function isDoubtful(request: unknown): boolean {
  const { length } = (request as { readonly key: Bytes }).key;
  return length === 0 || length > SURELY_SHORT;
}
