import type { CallOptions } from "../connection/caller.ts";
import type { Bytes } from "../frame/frame_writer.ts";
import type { Op } from "../ops/op.ts";
import type { ClusterListener } from "./cluster_event.ts";
import type { FailoverPolicy } from "./failover.ts";
import type { Shard } from "./shard.ts";
import type { ShardManager } from "./shard_manager.ts";
import { isRead } from "./shard_state.ts";

/** Where a call goes instead of the server of its key. */
export interface Target {
  readonly shard: Shard;
  /** The most that what is written there may live, in seconds. */
  readonly ttl: number | undefined;
}

/** A call that its server cannot answer. */
export interface Trouble {
  readonly op: Op<unknown, unknown>;
  readonly key: Bytes;
  /** The server that failed last. */
  readonly shard: Shard;
  /** Names of all that were tried. */
  readonly tried: readonly string[];
  readonly cause: unknown;
}

/** What a desk needs. */
export interface FailoverDeskOptions {
  readonly policy: FailoverPolicy;
  readonly shards: ShardManager;
  /** The servers that only stand in for others. */
  readonly gutter: ShardManager | undefined;
  /** How long a call may take that does not say so, in milliseconds; 0 for ever. */
  readonly timeout: number;
  readonly listener: ClusterListener;
}

/** Asks the policy about calls that their servers cannot answer, finds the servers it names, and tells what was decided. */
export class FailoverDesk {
  readonly #options: FailoverDeskOptions;
  #now = 0;
  #fresh = false;
  /** Whether all is over, so that there is nobody to turn to. */
  closed = false;

  /** Makes one. */
  constructor(options: FailoverDeskOptions) {
    this.#options = options;
  }

  /** The time in milliseconds, read once in a turn: reading it costs a good part of a call. */
  now(): number {
    if (!this.#fresh) {
      this.#fresh = true;
      this.#now = performance.now();
      queueMicrotask(() => this.#fresh = false);
    }
    return this.#now;
  }

  /** What becomes of a call. A server that was tried already, or that there is not, is none. */
  decide({ op, key, shard, tried, cause }: Trouble): "fail" | "miss" | Target {
    const { policy, shards, gutter } = this.#options;
    const decision = policy.decide({
      op: op.name,
      read: isRead(op),
      key,
      server: shard.name,
      tried,
      cause,
      next: () => usable(shards.next(key), tried)?.name,
      gutter: () => gutter === undefined ? undefined : usable(inTurn(gutter, key), tried)?.name,
    });
    if (typeof decision === "string") return decision;
    const { server, ttl } = decision;
    const target = shards.named(server) ?? gutter?.named(server);
    return target === undefined || tried.includes(server) ? "fail" : { shard: target, ttl };
  }

  /** Tells what was decided about some keys of a call. */
  tell(
    target: "fail" | "miss" | Target,
    about: { readonly op: string; readonly shard: Shard; readonly keys: number; readonly cause: unknown },
  ): void {
    const { op, shard, keys, cause } = about;
    const event = { type: "failover", server: shard.name, op, keys, cause } as const;
    this.#options.listener(
      typeof target === "string" ? { ...event, action: target } : { ...event, action: "use", to: target.shard.name },
    );
  }

  /** The options of a call for what is left of its time; nothing if none is. */
  timeLeft(options: CallOptions | undefined, since: number): CallOptions | undefined {
    const timeout = options?.timeout ?? this.#options.timeout;
    if (timeout === 0) return options ?? {};
    const left = timeout - (performance.now() - since);
    return left > 0 ? { ...options, timeout: left } : undefined;
  }
}

/** The one that has a key, then those to turn to without it. */
function* inTurn(shards: ShardManager, key: Bytes): Generator<Shard, void, void> {
  const first = shards.shardOf(key);
  if (first !== undefined) yield first;
  yield* shards.next(key);
}

function usable(shards: Iterable<Shard>, tried: readonly string[]): Shard | undefined {
  for (const shard of shards) {
    if (shard.state === "active" && shard.up && !tried.includes(shard.name)) return shard;
  }
  return undefined;
}
