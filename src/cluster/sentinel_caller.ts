import type { BatchResult, Caller, CallOptions, Settle } from "../connection/caller.ts";
import type { Bytes } from "../frame/frame_writer.ts";
import type { Op, Outgoing } from "../ops/op.ts";
import { callShard, closed, type Detour } from "./detour.ts";
import type { Router } from "./router.ts";
import { RouterBatch } from "./router_batch.ts";
import { isRead } from "./shard_state.ts";

/** How sentinels are written. */
export interface SentinelOptions {
  /** Counts a write that fails at a server that is warming up as done; not by default. */
  readonly maskWarmUpFailures?: boolean;
}

const SENTINELS: Detour = { desk: undefined, sentinels: true };

/** The servers of a router for the calls that fill them. No policy moves those elsewhere. */
export class SentinelCaller implements Caller {
  readonly #router: Router;
  readonly #mask: boolean;

  /** Made by {@linkcode Router.sentinels}. */
  constructor(router: Router, options: SentinelOptions = {}) {
    this.#router = router;
    this.#mask = options.maskWarmUpFailures ?? false;
  }

  /** {@inheritDoc Caller.call} */
  call<Req, Res, T = Res>(
    op: Op<Req, Res>,
    request: Outgoing<Req>,
    options?: CallOptions,
    settle?: Settle<T>,
  ): Promise<T> {
    const key = options?.routingKey ?? (request as { readonly key?: Bytes }).key;
    if (key === undefined) return this.#router.call(op, request, options, settle);
    if (this.#router.closed) return Promise.reject(closed(op));
    try {
      const shard = this.#router.shards.shardOf(key);
      return callShard({ op, request, options, settle }, { key, shard }, SENTINELS);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** {@inheritDoc Caller.batch} */
  async batch<Req, Res, T = Res>(
    op: Op<Req, Res>,
    requests: readonly Outgoing<Req>[],
    options?: CallOptions,
    settle?: Settle<T>,
  ): Promise<BatchResult<T>> {
    if (this.#router.closed) throw closed(op);
    const { shards } = this.#router;
    const warming = (place: number): boolean => {
      const key = options?.routingKey ?? (requests[place] as { readonly key: Bytes }).key;
      return shards.shardOf(key)?.state === "warmUp";
    };
    const mask = this.#mask && !isRead(op as Op<unknown, unknown>)
      ? new Set([...requests.keys()].filter(warming))
      : undefined;
    const found = await new RouterBatch({ op, requests, options, settle }, shards, SENTINELS).run();
    if (mask === undefined || found.errors === undefined) return found;
    return { ...found, errors: new Map([...found.errors].filter(([place]) => !mask.has(place))) };
  }

  /** {@inheritDoc Caller.open} */
  open<Req, Res>(op: Op<Req, Res>, request: Outgoing<Req>, options?: CallOptions): AsyncIterableIterator<Res> {
    return this.#router.open(op, request, options);
  }
}
