import type { BatchResult, Caller, CallOptions, ClosableCaller, Settle } from "../connection/caller.ts";
import { checkBy } from "../connection/check_requests.ts";
import type { FrameListener } from "../connection/frame_listeners.ts";
import { ReplyStream } from "../connection/reply_stream.ts";
import { MemcachedError, StatusError } from "../errors.ts";
import type { Bytes } from "../frame/frame_writer.ts";
import type { Op, Outgoing } from "../ops/op.ts";
import { askAll, askEach, type EachResult, inTurn } from "./ask_each.ts";
import { nodeError } from "./cluster_errors.ts";
import type { ClusterEvent, ClusterNews } from "./cluster_event.ts";
import { EventHub } from "../link/event_hub.ts";
import { callShard, closed, type Detour, nowhere } from "./detour.ts";
import { type FailoverName, type FailoverPolicy, policyOf } from "./failover.ts";
import { FailoverDesk } from "./failover_desk.ts";
import { RouterBatch } from "./router_batch.ts";
import { SentinelCaller, type SentinelOptions } from "./sentinel_caller.ts";
import type { ServerSpec } from "./server_spec.ts";
import type { NodeCaller, Shard } from "./shard.ts";
import type { ShardManager } from "./shard_manager.ts";

/** What a {@linkcode Router} needs beside its servers. */
export interface RouterOptions {
  /** Makes what talks to a server, as soon as there is one; it need not connect yet. */
  readonly open: (server: ServerSpec) => NodeCaller;
  /** What becomes of calls whose server is away: a name, or a policy of your own; `fail-fast` by default. */
  readonly failover?: FailoverName | FailoverPolicy;
  /** The servers that only stand in for others, for the policy `gutter`. */
  readonly gutter?: ShardManager;
  /** The most that values live in the gutter, in seconds; 10 by default. */
  readonly gutterTtl?: number;
  /** How long a call may take that does not say so, in milliseconds: as the callers know it; 1000 by default, 0 for ever. */
  readonly timeout?: number;
}

/** A request that is about a key, or not. */
interface MaybeKeyed {
  readonly key?: Bytes;
}

/**
 * Many servers as one caller: each call goes to the server that has its key, one without a key to all of them.
 *
 * - What a key is, is said by the request; `routingKey` of a call is looked at instead.
 * - A batch is split by server; its parts go side by side, and the answers come back in the places of the requests.
 * - A call without a key resolves to what the first server says, once all have answered, and rejects with a
 *   {@linkcode NodeError} that says which failed.
 */
export class Router implements ClosableCaller {
  /** The servers. */
  readonly shards: ShardManager;
  readonly #gutter: ShardManager | undefined;
  readonly #hub: EventHub<ClusterEvent> = new EventHub();
  readonly #detour: Detour;
  #closed = false;

  /** Makes one, and what talks to each server. It closes them when it is closed. */
  constructor(shards: ShardManager, options: RouterOptions) {
    const { open, failover = "fail-fast", gutter, timeout = 1000 } = options;
    const policy = policyOf(failover, options.gutterTtl);
    if (failover === "gutter" && gutter === undefined) {
      throw new TypeError("Cannot use failover gutter without the servers of the gutter pool");
    }
    const listener = (event: ClusterNews) => this.tell(event);
    const desk = policy === undefined ? undefined : new FailoverDesk({ policy, shards, gutter, timeout, listener });
    this.shards = shards;
    this.#gutter = gutter;
    this.#detour = { desk, sentinels: false };
    gutter?.start({ open, careful: true, listener });
    try {
      shards.start({ open, careful: desk !== undefined, listener });
    } catch (error) {
      gutter?.close();
      throw error;
    }
  }

  /** {@inheritDoc Caller.call} */
  call<Req, Res, T = Res>(
    op: Op<Req, Res>,
    request: Outgoing<Req>,
    options?: CallOptions,
    settle?: Settle<T>,
  ): Promise<T> {
    const key = options?.routingKey ?? (request as MaybeKeyed).key;
    if (key === undefined) {
      if (this.#closed) return Promise.reject(closed(op));
      return askAll(this.shards.shards, op.name, ({ caller }) => caller.call(op, request, options, settle));
    }
    let shard: Shard | undefined;
    try {
      shard = this.shards.shardOf(key);
    } catch (error) {
      return Promise.reject(error);
    }
    if (shard !== undefined && shard.direct) {
      shard.calls++;
      return shard.caller.call(op, request, options, settle);
    }
    if (this.#closed) return Promise.reject(closed(op));
    return callShard({ op, request, options, settle }, { key, shard }, this.#detour);
  }

  /** {@inheritDoc Caller.batch} */
  async batch<Req, Res, T = Res>(
    op: Op<Req, Res>,
    requests: readonly Outgoing<Req>[],
    options?: CallOptions,
    settle?: Settle<T>,
  ): Promise<BatchResult<T>> {
    if (this.#closed) throw closed(op);
    return await new RouterBatch({ op, requests, options, settle }, this.shards, this.#detour).run();
  }

  /** {@inheritDoc Caller.check} */
  check<Req>(op: Op<Req, unknown>, requests: readonly Outgoing<Req>[]): void {
    // All servers are spoken to in one way.
    checkBy(this.shards.shards[0]?.caller, op, requests);
  }

  /** {@inheritDoc Caller.open} */
  open<Req, Res>(op: Op<Req, Res>, request: Outgoing<Req>, options?: CallOptions): AsyncIterableIterator<Res> {
    const key = options?.routingKey ?? (request as MaybeKeyed).key;
    const all = this.shards.shards;
    let shard: Shard | undefined;
    try {
      shard = key === undefined ? all[0] : this.shards.shardOf(key);
    } catch (error) {
      return refused(op as Op<never, Res>, error);
    }
    if (this.#closed) return refused(op as Op<never, Res>, closed(op));
    if (shard === undefined) return refused(op as Op<never, Res>, nowhere(op, key));
    if (key !== undefined || all.length === 1) return shard.caller.open(op, request, options);
    const streams = all.map(({ name, caller }) => ({ name, stream: caller.open(op, request, options) }));
    return inTurn(streams, (error, name) => wrapped(error, name, op));
  }

  /**
   * Does something at each server, side by side: calls that have no key, or what is to be known of each. Never rejects for
   * what happens at a server.
   */
  onEach<T>(ask: (caller: Caller, server: string) => Promise<T>): Promise<EachResult<T>> {
    if (this.#closed) return Promise.reject(closed({ name: "ask each server" }));
    return askEach(this.shards.shards, ({ caller, name }: Shard) => ask(caller, name));
  }

  /** The same servers for the calls that fill them: those go to servers that are write-only or warming up, too. */
  sentinels(options?: SentinelOptions): Caller {
    return new SentinelCaller(this, options);
  }

  /** The latest event, then those to come, until left or until the router is closed. */
  status(): AsyncIterableIterator<ClusterEvent> {
    return this.#hub.read();
  }

  /** Tells those who read {@linkcode Router.status}. */
  tell(event: ClusterNews): void {
    this.#hub.emit(("at" in event ? event : { ...event, at: Date.now() }) as ClusterEvent);
  }

  /** Whether it was closed. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Watches the frames that are sent to all servers and received from them; returns what ends it. */
  observe(listener: FrameListener): () => void {
    const stops = [this.shards.observe(listener), this.#gutter?.observe(listener)];
    return () => stops.forEach((stop) => stop?.());
  }

  /** Lets the calls under way end, then closes. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#detour.desk !== undefined) this.#detour.desk.closed = true;
    await Promise.all([this.shards.close(), this.#gutter?.close()]);
    this.#hub.close();
  }
}

/** A stream that has failed before it began. */
function refused<Res>(op: Op<never, Res>, error: unknown): AsyncIterableIterator<Res> {
  const stream = new ReplyStream(op as unknown as Op<unknown, Res>, undefined);
  stream.fail(error);
  return stream;
}

/** Says which server failed; a refusal, and what is about the call, need no name. */
function wrapped(error: unknown, name: string, op: Pick<Op<never, unknown>, "name">): unknown {
  if (error instanceof StatusError || !(error instanceof MemcachedError)) return error;
  return nodeError(name, error, op.name);
}
