import type { CallOptions, Settle } from "../connection/caller.ts";
import { ClosedError } from "../errors.ts";
import type { Bytes } from "../frame/frame_writer.ts";
import type { Op, Outgoing } from "../ops/op.ts";
import { ownIfNeeded } from "../link/own_bytes.ts";
import { describe, quote } from "../ops/status_error.ts";
import { NoServerError, SkippedError } from "./cluster_errors.ts";
import type { FailoverDesk, Target } from "./failover_desk.ts";
import { mayMove } from "./failover.ts";
import { settleMiss } from "./missed.ts";
import type { Shard } from "./shard.ts";
import { familyOf, isRead, TAKES } from "./shard_state.ts";

/** One call, as it was made. */
export interface OneCall<Req, Res, T> {
  readonly op: Op<Req, Res>;
  readonly request: Outgoing<Req>;
  readonly options: CallOptions | undefined;
  readonly settle: Settle<T> | undefined;
}

/** How calls are looked at that cannot simply go to the server of their key. */
export interface Detour {
  /** Who decides when a server is away; nobody leaves every failure as it is. */
  readonly desk: FailoverDesk | undefined;
  /** Whether these are the calls that fill servers, which go by other rows of the table of states. */
  readonly sentinels: boolean;
}

/** Makes a call about a key with all that states and policies ask for. */
export function callShard<Req, Res, T>(
  call: OneCall<Req, Res, T>,
  { key, shard }: { readonly key: Bytes; readonly shard: Shard | undefined },
  { desk, sentinels }: Detour,
): Promise<T> {
  const { op, request, options, settle } = call;
  if (shard === undefined) return Promise.reject(nowhere(op, key));
  if (!TAKES[shard.state][familyOf(op as Op<unknown, unknown>, sentinels)]) {
    if (desk === undefined || sentinels || shard.state !== "down") return leaveOut(call, shard);
    return move(call, { key, shard, desk, cause: skipped(op, request, shard), since: desk.now() });
  }
  shard.calls++;
  if (desk === undefined) return shard.caller.call(op, request, options, settle);
  const since = desk.now();
  // By the time that it fails, its bytes may be those of another call.
  const own = { op, request: ownIfNeeded(request), options, settle };
  const ownKey = ownIfNeeded(key);
  return shard.caller.call(op, request, options, settle)
    .catch((cause) => move(own, { key: ownKey, shard, desk, cause, since }));
}

/** A call that failed, and where. */
interface Failed {
  readonly key: Bytes;
  readonly shard: Shard;
  readonly desk: FailoverDesk;
  readonly cause: unknown;
  readonly since: number;
}

/** Does what the policy decides, again and again until somebody answers or it gives up. */
async function move<Req, Res, T>(call: OneCall<Req, Res, T>, failed: Failed): Promise<T> {
  const { op, request, options, settle } = call;
  const { key, desk, since } = failed;
  let { shard, cause } = failed;
  const tried = [shard.name];
  for (;;) {
    if (!mayMove(cause, op.idempotent) || desk.closed) throw cause;
    const target = desk.decide({ op: op as Op<unknown, unknown>, key, shard, tried, cause });
    desk.tell(target, { op: op.name, shard, keys: 1, cause });
    if (target === "fail") throw cause;
    if (target === "miss") return await leaveOut(call, shard, cause);
    const left = desk.timeLeft(options, since);
    if (left === undefined) throw cause;
    shard.moved++;
    target.shard.calls++;
    try {
      return await target.shard.caller.call(op, shorten(request, target), left, settle);
    } catch (error) {
      cause = error;
      shard = target.shard;
      tried.push(shard.name);
    }
  }
}

/** What becomes of a call that is not sent: reads miss, writes are skipped. */
function leaveOut<Req, Res, T>(
  { op, request, settle }: OneCall<Req, Res, T>,
  shard: Shard,
  cause?: unknown,
): Promise<T> {
  shard.skipped++;
  if (!isRead(op as Op<unknown, unknown>)) return Promise.reject(skipped(op, request, shard, cause));
  return new Promise((resolve) => resolve(settleMiss(op, request, settle)));
}

/** The key of a call belongs to no server. */
export function nowhere(op: Pick<Op<never, unknown>, "name">, key: Bytes | undefined): NoServerError {
  const what = key === undefined
    ? `${op.name}: there are no servers`
    : `${op.name} ${quote(key)}: it belongs to no server`;
  return new NoServerError(`Cannot ${what}`, { sent: false });
}

/** The server of a call takes none now. */
export function skipped<Req, Res>(
  op: Op<Req, Res>,
  request: unknown,
  shard: Shard,
  cause?: unknown,
): SkippedError {
  const { name: node, state } = shard;
  const because = cause === undefined ? `is ${state}` : `is away`;
  return new SkippedError(
    `Cannot ${describe(op as Op<unknown, unknown>, request)}: its server ${node} ${because}; nothing was sent`,
    { node, state, sent: false, ...(cause === undefined ? {} : { cause }) },
  );
}

/** Nothing is sent any more. */
export function closed(op: Pick<Op<never, unknown>, "name">): ClosedError {
  return new ClosedError(`Cannot ${op.name}: the client of these servers was closed; connect anew`, { sent: false });
}

/** Seconds from now up to this many; beyond, they are Unix seconds. */
const LONGEST_RELATIVE = 30 * 24 * 60 * 60;
/** The expiry of a counter that is not to be created. */
const NO_CREATE = 0xffffffff;

/** The request with an expiry that is no later than a target allows. */
export function shorten<Req>(request: Outgoing<Req>, { ttl }: Target): Outgoing<Req> {
  const { expiry } = request as { readonly expiry?: number };
  if (ttl === undefined || expiry === undefined || expiry === NO_CREATE) return request;
  const seconds = expiry > LONGEST_RELATIVE ? expiry - Math.floor(Date.now() / 1000) : expiry;
  return expiry !== 0 && seconds <= ttl ? request : { ...request, expiry: ttl };
}
