import type { BatchResult, CallOptions, Settle } from "../connection/caller.ts";
import { checkRequests } from "../connection/check_requests.ts";
import { MemcachedError, StatusError } from "../errors.ts";
import type { Bytes } from "../frame/frame_writer.ts";
import type { Op, Outgoing } from "../ops/op.ts";
import { ownIfNeeded } from "../link/own_bytes.ts";
import { nodeError } from "./cluster_errors.ts";
import { type Detour, nowhere, shorten, skipped } from "./detour.ts";
import type { Target } from "./failover_desk.ts";
import { mayMove } from "./failover.ts";
import type { Shard } from "./shard.ts";
import type { ShardManager } from "./shard_manager.ts";
import { familyOf, isRead, TAKES } from "./shard_state.ts";

/** Keys up to this length have no more than 250 bytes, whatever their characters. */
const SURELY_SHORT = 83;

/** Many calls, as they were made. */
export interface ManyCalls<Req, Res, T> {
  readonly op: Op<Req, Res>;
  readonly requests: readonly Outgoing<Req>[];
  readonly options: CallOptions | undefined;
  readonly settle: Settle<T> | undefined;
}

/** The part of a batch that one server gets. */
interface Part<Req> {
  readonly shard: Shard;
  readonly ttl: number | undefined;
  /** Names of the servers that these requests were tried at before. */
  readonly tried: readonly string[];
  /** Where each of its requests is in the batch. */
  readonly places: number[];
  readonly requests: Outgoing<Req>[];
}

/** Splits a batch by server, sends the parts side by side, and puts the answers back where their requests were. */
export class RouterBatch<Req, Res, T> {
  readonly #call: ManyCalls<Req, Res, T>;
  readonly #shards: ShardManager;
  readonly #detour: Detour;
  readonly #since: number;
  readonly #replies: (T | undefined)[];
  #errors: Map<number, unknown> | undefined = undefined;

  /** Makes one; nothing is sent before {@linkcode RouterBatch.run}. */
  constructor(call: ManyCalls<Req, Res, T>, shards: ShardManager, detour: Detour) {
    // By the time that some fail and go elsewhere, their bytes may be those of other calls.
    this.#call = detour.desk === undefined || detour.sentinels
      ? call
      : { ...call, requests: call.requests.map(ownIfNeeded) };
    this.#shards = shards;
    this.#detour = detour;
    this.#since = detour.desk?.now() ?? 0;
    this.#replies = new Array(call.requests.length).fill(undefined);
  }

  /** Sends everything and resolves to what came of it. */
  async run(): Promise<BatchResult<T>> {
    let parts = this.#split();
    while (parts.length > 0) {
      const losses = await Promise.all(parts.map((part) => this.#send(part)));
      parts = this.#moveAll(losses.flat());
    }
    return { replies: this.#replies, errors: this.#errors };
  }

  /** Sorts the requests by the server of their key. One that cannot be written is found before any is sent. */
  #split(): Part<Req>[] {
    const { op, requests, options } = this.#call;
    const byPlace: (Part<Req> | undefined)[] = [];
    const shards = this.#shards.shards;
    const routingKey = options?.routingKey;
    let doubtful = false;
    for (let place = 0; place < requests.length; place++) {
      const request = requests[place]!;
      const key = (request as unknown as { readonly key: Bytes }).key;
      const length = key.length;
      if (length === 0 || length > SURELY_SHORT) doubtful = true;
      const at = this.#shards.placeOf(routingKey ?? key);
      const shard = shards[at];
      if (shard === undefined) {
        this.#fail(place, nowhere(op, key));
        continue;
      }
      const part = byPlace[at] ??= { shard, ttl: undefined, tried: NONE_TRIED, places: [], requests: [] };
      part.places.push(place);
      part.requests.push(request);
    }
    if (doubtful) checkRequests(op, requests);
    return this.#leaveOut(byPlace.filter((part) => part !== undefined));
  }

  /** Takes out what goes to no server, or to another, before anything is sent. */
  #leaveOut(parts: Part<Req>[]): Part<Req>[] {
    const { op } = this.#call;
    const { desk, sentinels } = this.#detour;
    const family = familyOf(op as Op<unknown, unknown>, sentinels);
    const losses: Loss<Req>[] = [];
    const good = parts.filter((part) => {
      const { shard, places } = part;
      if (TAKES[shard.state][family]) return true;
      if (desk !== undefined && !sentinels && shard.state === "down") {
        const cause = skipped(op, undefined, shard);
        for (const place of places) losses.push({ part, place, cause });
      } else {
        for (const place of places) this.#skip(place, shard);
      }
      return false;
    });
    return losses.length === 0 ? good : [...good, ...this.#moveAll(losses)];
  }

  /** Sends a part and keeps what came of it; gives the requests that may be made elsewhere. */
  async #send(part: Part<Req>): Promise<readonly Loss<Req>[]> {
    const { op, options, settle } = this.#call;
    const { shard, places, requests } = part;
    shard.calls += places.length;
    let found: BatchResult<T>;
    try {
      found = await shard.caller.batch(op, requests, this.#optionsOf(part), settle);
    } catch (cause) {
      // What is about the call, such as its signal, ends all of it; what is about a server only that part.
      if (!(cause instanceof MemcachedError) || cause === options?.signal?.reason) throw cause;
      return this.#lose(part, new Map(places.map((_, i) => [i, cause])));
    }
    const { replies, errors } = found;
    const all = this.#replies;
    for (let i = 0; i < places.length; i++) all[places[i]!] = replies[i];
    return errors === undefined ? NONE : this.#lose(part, errors);
  }

  #lose(part: Part<Req>, errors: ReadonlyMap<number, unknown>): readonly Loss<Req>[] {
    const { op } = this.#call;
    const { desk, sentinels } = this.#detour;
    const moves = desk !== undefined && !sentinels && !desk.closed;
    const losses: Loss<Req>[] = [];
    const wrapped = new Map<unknown, unknown>();
    for (const [i, cause] of errors) {
      const place = part.places[i]!;
      if (moves && mayMove(cause, op.idempotent)) losses.push({ part, place, cause });
      else this.#fail(place, this.#wrap(cause, part.shard, wrapped));
    }
    return losses;
  }

  /** Asks the policy about each request that was lost; gives the parts that go elsewhere. */
  #moveAll(losses: readonly Loss<Req>[]): Part<Req>[] {
    if (losses.length === 0) return [];
    const desk = this.#detour.desk!;
    const { op, options } = this.#call;
    const late = desk.timeLeft(options, this.#since) === undefined;
    const wrapped = new Map<unknown, unknown>();
    const moved = new Map<string, Part<Req>>();
    const told = new Map<string, { target: "fail" | "miss" | Target; loss: Loss<Req>; keys: number }>();
    for (const loss of losses) {
      const { part: { shard, tried: before }, place, cause } = loss;
      const tried = [...before, shard.name];
      const key = options?.routingKey ?? (this.#call.requests[place] as { readonly key: Bytes }).key;
      const target = late ? "fail" : desk.decide({ op: op as Op<unknown, unknown>, key, shard, tried, cause });
      const id = typeof target === "string" ? target : JSON.stringify([target.shard.name, target.ttl]);
      const group = JSON.stringify([tried, id]);
      const known = told.get(group);
      if (known === undefined) told.set(group, { target, loss, keys: 1 });
      else known.keys++;
      if (target === "miss") {
        this.#skip(place, shard, cause);
      } else if (target === "fail") {
        this.#fail(place, this.#wrap(cause, shard, wrapped));
      } else {
        const part = moved.get(group) ?? { ...target, tried, places: [], requests: [] };
        moved.set(group, part);
        shard.moved++;
        part.places.push(place);
        part.requests.push(shorten(this.#call.requests[place]!, part));
      }
    }
    for (const { target, loss: { part: { shard }, cause }, keys } of told.values()) {
      desk.tell(target, { op: op.name, shard, keys, cause });
    }
    return [...moved.values()];
  }

  /** A read without a server misses; anything else was skipped. */
  #skip(place: number, shard: Shard, cause?: unknown): void {
    const { op, requests } = this.#call;
    shard.skipped++;
    if (!isRead(op as Op<unknown, unknown>)) this.#fail(place, skipped(op, requests[place], shard, cause));
  }

  #fail(place: number, error: unknown): void {
    this.#errors ??= new Map();
    this.#errors.set(place, error);
  }

  /** Says where it was, once for all keys that share a reason; a status is about its key. */
  #wrap(cause: unknown, shard: Shard, known: Map<unknown, unknown>): unknown {
    if (cause instanceof StatusError || !(cause instanceof MemcachedError)) return cause;
    const wrapped = known.get(cause) ?? nodeError(shard.name, cause, this.#call.op.name);
    known.set(cause, wrapped);
    return wrapped;
  }

  #optionsOf({ places, tried }: Part<Req>): CallOptions | undefined {
    const { options } = this.#call;
    const left = tried.length === 0 ? options : this.#detour.desk!.timeLeft(options, this.#since) ?? options;
    const vbuckets = options?.vbuckets;
    return vbuckets === undefined ? left : { ...left, vbuckets: places.map((place) => vbuckets[place] ?? 0) };
  }
}

/** A request that its server could not answer. */
interface Loss<Req> {
  readonly part: Part<Req>;
  readonly place: number;
  readonly cause: unknown;
}

const NONE: readonly Loss<never>[] = [];
const NONE_TRIED: readonly string[] = [];
