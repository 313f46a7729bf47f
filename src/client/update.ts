import { CasMismatchError, KeyNotFoundError, NotStoredError, UnsupportedError } from "../errors.ts";
import type { CallOptions } from "../connection/caller.ts";
import type { Bytes } from "../frame/frame_writer.ts";
import type { Item } from "../ops/item.ts";
import { quote } from "../ops/status_error.ts";
import type { MutationResponse } from "../ops/storage.ts";
import { Status, statusInfo } from "../wire/status.ts";
import type { ExpiryOptions } from "./expiry.ts";

/** What a function of {@linkcode Client.update} returns to have the item deleted. */
export const DELETE_ITEM: unique symbol = Symbol("memwire.delete");

/** What {@linkcode Client.update} does with an item: the new value, {@linkcode DELETE_ITEM}, or nothing to leave it as it is. */
export type UpdateFunction = (item: Item | undefined) => UpdateOutcome | Promise<UpdateOutcome>;

/** What a function of {@linkcode Client.update} may return. */
export type UpdateOutcome = Bytes | typeof DELETE_ITEM | undefined;

/** How an item is written by {@linkcode Client.update}. */
export interface UpdateOptions extends CallOptions, ExpiryOptions {
  /** 32 bits to keep with the value; those that it had are kept when nothing is said. */
  readonly flags?: number;
  /** How often to try before giving up; 16 by default. */
  readonly attempts?: number;
}

/** What came of {@linkcode Client.update}. */
export type UpdateResult =
  | { readonly outcome: "stored"; readonly cas: bigint }
  | { readonly outcome: "deleted" }
  | { readonly outcome: "quit" };

/** The calls that an update is made of. */
export interface UpdateCalls {
  /** Reads the item. */
  get(key: Bytes, options?: CallOptions): Promise<Item | undefined>;
  /** Writes an item that must not exist. */
  add(key: Bytes, value: Bytes, options?: UpdateOptions): Promise<MutationResponse>;
  /** Writes an item that must have a version. */
  set(key: Bytes, value: Bytes, options?: UpdateOptions & { readonly cas?: bigint }): Promise<MutationResponse>;
  /** Deletes an item that must have a version. */
  delete(key: Bytes, options?: CallOptions & { readonly cas?: bigint }): Promise<boolean>;
}

/**
 * One look at an item and one chance to write it. The loop that it comes from ends when a write holds, or when an attempt passes
 * without one.
 */
export class CasAttempt {
  /** The item as it is now; `undefined` when there is none. */
  readonly item: Item | undefined;
  /** Whether a write was tried and did not hold. */
  lost = false;
  /** The new version, once a store has held. */
  cas = 0n;
  readonly #calls: UpdateCalls;
  readonly #key: Bytes;
  readonly #options: UpdateOptions | undefined;

  /** Made by {@linkcode Client.attempts}. */
  constructor(calls: UpdateCalls, key: Bytes, item: Item | undefined, options: UpdateOptions | undefined) {
    this.#calls = calls;
    this.#key = key;
    this.#options = options;
    this.item = item;
  }

  /** Writes the item if nobody else has since; resolves to whether it held. Keeps the flags unless told otherwise. */
  store(value: Bytes, options?: UpdateOptions): Promise<boolean> {
    const item = this.item;
    const merged = { flags: item?.flags ?? 0, ...merge(this.#options, options) };
    const writing = item === undefined
      ? this.#calls.add(this.#key, value, merged)
      : this.#calls.set(this.#key, value, { ...merged, cas: item.cas });
    return this.#outcome(writing.then(({ cas }) => {
      this.cas = cas;
      return true;
    }));
  }

  /** Deletes the item if nobody else has changed it since; resolves to whether it held. An item that never was counts as deleted. */
  delete(): Promise<boolean> {
    if (this.item === undefined) return Promise.resolve(true);
    return this.#outcome(this.#calls.delete(this.#key, { ...callOptions(this.#options), cas: this.item.cas }));
  }

  async #outcome(writing: Promise<boolean>): Promise<boolean> {
    let held = false;
    try {
      held = await writing;
    } catch (error) {
      if (!isLostRace(error)) throw error;
    }
    this.lost = !held;
    return held;
  }
}

/** Someone else was quicker: changed it, created it, or deleted it. */
function isLostRace(error: unknown): boolean {
  return error instanceof CasMismatchError || error instanceof NotStoredError || error instanceof KeyNotFoundError;
}

/** The part of the options that a read takes. */
function callOptions(options: UpdateOptions = {}): CallOptions {
  const { ttl: _ttl, expiresAt: _expiresAt, flags: _flags, attempts: _attempts, ...rest } = options;
  return rest;
}

/** What a store says about the expiry replaces what the loop said, whichever of its two forms either used. */
function merge(loop: UpdateOptions = {}, store: UpdateOptions = {}): UpdateOptions {
  if (store.ttl === undefined && store.expiresAt === undefined) return { ...loop, ...store };
  const { ttl: _ttl, expiresAt: _expiresAt, ...rest } = loop;
  return { ...rest, ...store };
}

/** Reads and lets write, again and again with growing jittered pauses, until a write holds or none was tried. */
export async function* casAttempts(
  calls: UpdateCalls,
  key: Bytes,
  options?: UpdateOptions,
): AsyncGenerator<CasAttempt, void, void> {
  const limit = options?.attempts ?? 16;
  if (!(limit >= 1)) throw new RangeError(`Cannot use attempts of ${limit}: it is how often to try, 1 or more`);
  for (let count = 0; count < limit; count++) {
    if (count > 0) await pause(count, options?.signal);
    const item = await calls.get(key, callOptions(options));
    // Version 0 in a write means whatever version, so that nobody would be told of a lost write.
    if (item?.cas === 0n) {
      throw new UnsupportedError(`Cannot update ${quote(key)}: the server keeps no versions (memcached: option -C)`, {
        sent: false,
      });
    }
    const attempt = new CasAttempt(calls, key, item, options);
    yield attempt;
    if (!attempt.lost) return;
  }
  throw new CasMismatchError(
    `Cannot update ${quote(key)}: others changed it in each of ${limit} attempts; try later or raise attempts`,
    {
      op: "update",
      status: Status.KEY_EEXISTS,
      statusName: statusInfo(Status.KEY_EEXISTS).name,
      retryable: true,
      opaque: 0,
    },
  );
}

/** The function form of the loop. */
export async function updateWith(
  calls: UpdateCalls,
  key: Bytes,
  make: UpdateFunction,
  options?: UpdateOptions,
): Promise<UpdateResult> {
  for await (const attempt of casAttempts(calls, key, options)) {
    const next = await make(attempt.item);
    if (next === undefined) return { outcome: "quit" };
    if (next === DELETE_ITEM) {
      if (await attempt.delete()) return { outcome: "deleted" };
    } else if (await attempt.store(next)) {
      return { outcome: "stored", cas: attempt.cas };
    }
  }
  return { outcome: "quit" };
}

/** Waits up to 1 ms the first time, twice as long each time, 128 ms at most; all of it at random. */
function pause(count: number, signal: AbortSignal | undefined): Promise<void> {
  const ms = Math.random() * 2 ** Math.min(count - 1, 7);
  return new Promise((resolve, reject) => {
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      if (signal?.aborted) reject(signal.reason);
      else resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener("abort", done, { once: true });
    if (signal?.aborted) done();
  });
}
