import type { Caller, CallOptions, Settle } from "../connection/caller.ts";
import type { Frame } from "../frame/frame.ts";
import type { Bytes } from "../frame/frame_writer.ts";
import { DECREMENT, INCREMENT } from "../ops/counter.ts";
import { Item } from "../ops/item.ts";
import {
  META_ADD_ROW,
  META_ARITHMETIC_ROW,
  META_DEBUG_ROW,
  META_DELETE_ROW,
  META_GET_ROW,
  META_REPLACE_ROW,
  META_SET_ROW,
} from "../ops/meta_protocol.ts";
import type { Op } from "../ops/op.ts";
import { statusError } from "../ops/status_error.ts";
import { ADD, APPEND, DELETE, PREPEND, REPLACE, SET } from "../ops/storage.ts";
import type { AnyOp } from "../ops/table.ts";
import { Answers } from "../text/answers.ts";
import type { MetaArithmeticRequest } from "../text/meta_arithmetic.ts";
import { type MetaDebug, readMetaDebug } from "../text/meta_debug.ts";
import type { MetaDeleteRequest } from "../text/meta_delete.ts";
import type { MetaGetRequest } from "../text/meta_get.ts";
import type { MetaSetMode, MetaSetRequest } from "../text/meta_set.ts";
import { readLine } from "../text/read_line.ts";
import { TextReply } from "../text/text_reply.ts";
import { Status } from "../wire/status.ts";
import { expiryOf, type ExpiryOptions } from "./expiry.ts";

/** How an item is read over the meta protocol. */
export interface MetaReadOptions extends CallOptions, ExpiryOptions {
  /** Whether to read the value; `true` by default. Without it, what is known about the item is all that comes. */
  readonly value?: boolean;
  /** Wins the right to write the item anew where fewer seconds are left than this. */
  readonly recache?: number;
  /** Makes an empty item where there is none, which lives so many seconds: whoever made it has won the right to fill it. */
  readonly vivify?: number;
  /** Whether to leave the item's place among the recently used as it is. */
  readonly noBump?: boolean;
  /** The version that the caller has: if it is still that one, the value does not come. memcached 1.6.40 and later. */
  readonly unlessCas?: bigint;
  /** The version to give to an item that is made. memcached 1.6.27 and later. */
  readonly newCas?: bigint;
}

/** How an item is written over the meta protocol. */
export interface MetaWriteOptions extends CallOptions, ExpiryOptions {
  /** How to store; `set` by default. */
  readonly mode?: MetaSetMode;
  /** 32 bits to keep with the value; 0 by default. */
  readonly flags?: number;
  /** The version that the item must have. */
  readonly cas?: bigint;
  /** The version to give to the item. memcached 1.6.27 and later. */
  readonly newCas?: bigint;
  /** Where the item's version is higher than `cas`: stores all the same, but as stale, instead of refusing. */
  readonly staleIfOlder?: boolean;
  /** Makes the item where `append` and `prepend` find none; it lives so many seconds. memcached 1.6.20 and later. */
  readonly vivify?: number;
}

/** How an item is made stale. */
export interface InvalidateOptions extends CallOptions, ExpiryOptions {
  /** The version that the item must have. */
  readonly cas?: bigint;
  /** The version to give to the item. memcached 1.6.27 and later. */
  readonly newCas?: bigint;
}

/** How a counter is changed over the meta protocol. */
export interface MetaCountOptions extends CallOptions, ExpiryOptions {
  /** By how much, unsigned 64 bits; 1 by default. */
  readonly by?: bigint | number;
  /** The value of a counter that is not there yet, to which `by` is not added. Without it, such a counter is not created. */
  readonly initial?: bigint | number;
  /** How many seconds a counter lives that is made; for ever by default. `ttl` and `expiresAt` are for one that is there, too. */
  readonly vivify?: number;
  /** The version that the counter must have. */
  readonly cas?: bigint;
  /** The version to give to the counter. memcached 1.6.27 and later. */
  readonly newCas?: bigint;
}

/** What a write tells. */
export interface MetaStored {
  /** The new version. */
  readonly cas: bigint;
}

/** What a count tells. */
export interface MetaCounted {
  /** The new value, unsigned 64 bits. */
  readonly value: bigint;
  /** The new version. */
  readonly cas: bigint;
  /** Seconds that are left; `undefined` for ever. */
  readonly ttl: number | undefined;
}

/** An item and all that is known about it. */
export class MetaItem extends Item {
  /** Whether the value came; else it is empty here. */
  readonly hasValue: boolean;
  /** Length of the value in bytes, whether it came or not. */
  readonly size: number;
  /** Seconds that are left; `undefined` for ever. */
  readonly ttl: number | undefined;
  /** Whether it had been read before this. */
  readonly hitBefore: boolean;
  /** Seconds since it was last read or written, before this. */
  readonly lastAccess: number;
  /** Whether this caller has won the right to write it anew, and nobody else will until it is written or gone. */
  readonly won: boolean;
  /** Whether another caller has won that right. */
  readonly alreadyWon: boolean;
  /** Whether it was made stale. */
  readonly stale: boolean;

  /** Reads a reply. */
  constructor(reply: TextReply) {
    const { meta } = reply;
    super(reply.value, meta.flags ?? 0, meta.cas ?? 0n);
    this.hasValue = reply.valueLength >= 0;
    this.size = meta.size ?? reply.value.length;
    this.ttl = secondsOf(meta.ttl);
    this.hitBefore = meta.hitBefore ?? false;
    this.lastAccess = meta.lastAccess ?? 0;
    this.won = meta.win;
    this.alreadyWon = meta.alreadyWon;
    this.stale = meta.stale;
  }
}

/**
 * What only the meta protocol can do, over the connection of a client: items that go stale and are made anew by one of many readers,
 * items and counters that are made when they are missed, what is known about an item, versions of one's own choice.
 *
 * The client must have been connected with protocol `meta`, or `auto` to a server that has it; otherwise every call rejects with an
 * {@linkcode UnsupportedError} before anything is sent. All else is as with {@linkcode Client}: what is missing is not an error, a lost
 * write is one, calls made in the same turn leave in one write.
 *
 * @example
 * ```ts
 * import { connect } from "@memwire/memwire";
 * import { MemoryStore, Server } from "@memwire/memwire/server";
 * import { MetaClient } from "@memwire/memwire/text";
 * import { assertEquals } from "@std/assert";
 *
 * await using server = new Server();
 * new MemoryStore().register(server);
 * const { address } = await server.listen({ hostname: "127.0.0.1", port: 0 });
 * await using client = await connect(address, { protocol: "meta" });
 * const meta = new MetaClient(client);
 *
 * // One of many readers makes the value, the others serve what there is.
 * async function page(): Promise<string> {
 *   const item = await meta.get("page", { vivify: 30, recache: 10 });
 *   if (item === undefined || !item.won) return item?.text() ?? "";
 *   const text = "made anew";
 *   await meta.set("page", text, { ttl: 600, cas: item.cas });
 *   return text;
 * }
 * assertEquals([await page(), await page()], ["made anew", "made anew"]);
 *
 * // What was changed elsewhere is still served, until the next reader has made it anew.
 * await meta.invalidate("page", { ttl: 30 });
 * const [first, second] = await Promise.all([meta.get("page"), meta.get("page")]);
 * assertEquals([first?.stale, first?.won, second?.won, second?.text()], [true, true, false, "made anew"]);
 * ```
 */
export class MetaClient {
  readonly #caller: Caller;

  /** Makes it over a client, which it does not close. */
  constructor(client: { readonly caller: Caller }) {
    this.#caller = client.caller;
  }

  /** Reads an item with all that is known about it. With `ttl` or `expiresAt`, it also changes when the item goes away. */
  get(key: Bytes, options: MetaReadOptions = {}): Promise<MetaItem | undefined> {
    const { value = true, recache, vivify, noBump, unlessCas, newCas } = options;
    return this.#call<MetaGetRequest, MetaItem | undefined>(META_GET_ROW, options, item, () => ({
      key,
      returnFlags: true,
      returnCas: true,
      returnHitBefore: true,
      returnLastAccess: true,
      returnSize: true,
      returnTtl: true,
      ...(value && { returnValue: true }),
      ...(vivify !== undefined && { vivify: expiryOf({ ttl: vivify }) }),
      ...(recache !== undefined && { recache }),
      ...(touches(options) && { touch: expiryOf(options) }),
      ...(noBump === true && { noBump }),
      ...(unlessCas !== undefined && { compareCas: unlessCas }),
      ...(newCas !== undefined && { newCas }),
    }));
  }

  /** Writes an item. Rejects as the method of {@linkcode Client} that the mode is named after. */
  set(key: Bytes, value: Bytes, options: MetaWriteOptions = {}): Promise<MetaStored> {
    const { mode = "set", flags, cas, newCas, staleIfOlder, vivify } = options;
    return this.#call<MetaSetRequest, MetaStored>(WRITE_ROWS[mode] ?? META_SET_ROW, options, stored, () => ({
      key,
      value,
      mode,
      returnCas: true,
      ...(flags !== undefined && { flags }),
      ...(touches(options) && { expiry: expiryOf(options) }),
      ...(cas !== undefined && { compareCas: cas }),
      ...(newCas !== undefined && { newCas }),
      ...(staleIfOlder === true && { invalidate: true }),
      ...(vivify !== undefined && { vivify: expiryOf({ ttl: vivify }) }),
    }));
  }

  /**
   * Makes an item stale: it is still served, and the next reader wins the right to write it anew. `ttl` is how long it may be served
   * so. Resolves to `false` if there is none; rejects with a {@linkcode CasMismatchError} if it has another version than `cas`.
   */
  invalidate(key: Bytes, options: InvalidateOptions = {}): Promise<boolean> {
    return this.#delete(key, options, { invalidate: true, ...(touches(options) && { expiry: expiryOf(options) }) });
  }

  /** Leaves an item, but without its value and flags. memcached 1.6.27 and later. Resolves and rejects as {@linkcode MetaClient.invalidate}. */
  removeValue(key: Bytes, options: InvalidateOptions = {}): Promise<boolean> {
    return this.#delete(key, options, { removeValue: true, ...(touches(options) && { expiry: expiryOf(options) }) });
  }

  /** Counts up; wraps at 2⁶⁴. `undefined` if there is no counter and no `initial`. */
  increment(key: Bytes, options?: MetaCountOptions): Promise<MetaCounted | undefined> {
    return this.#count(key, options, "increment");
  }

  /** Counts down; stays at 0. `undefined` if there is no counter and no `initial`. */
  decrement(key: Bytes, options?: MetaCountOptions): Promise<MetaCounted | undefined> {
    return this.#count(key, options, "decrement");
  }

  /** Tells what the server knows about an item, without reading it; `undefined` if there is none. */
  debug(key: Bytes, options: CallOptions = {}): Promise<MetaDebug | undefined> {
    return this.#call<{ key: Bytes }, MetaDebug | undefined>(META_DEBUG_ROW, options, debugged, () => ({ key }));
  }

  #delete(
    key: Bytes,
    options: InvalidateOptions,
    how: Pick<MetaDeleteRequest, "invalidate" | "removeValue" | "expiry">,
  ): Promise<boolean> {
    const { cas, newCas } = options;
    return this.#call<MetaDeleteRequest, boolean>(META_DELETE_ROW, options, deleted, () => ({
      key,
      ...how,
      ...(cas !== undefined && { compareCas: cas }),
      ...(newCas !== undefined && { newCas }),
    }));
  }

  #count(
    key: Bytes,
    options: MetaCountOptions = {},
    mode: "increment" | "decrement",
  ): Promise<MetaCounted | undefined> {
    const { by, initial, vivify, cas, newCas } = options;
    return this.#call<MetaArithmeticRequest, MetaCounted | undefined>(META_ARITHMETIC_ROW, options, counted, () => ({
      key,
      mode,
      returnValue: true,
      returnCas: true,
      returnTtl: true,
      ...(by !== undefined && { delta: by }),
      ...(initial !== undefined && { initial, vivify: expiryOf({ ttl: vivify ?? 0 }) }),
      ...(touches(options) && { expiry: expiryOf(options) }),
      ...(cas !== undefined && { compareCas: cas }),
      ...(newCas !== undefined && { newCas }),
    }));
  }

  /** Wrong arguments reject like everything else that can go wrong. */
  #call<Request, T>(
    row: Op<{ readonly key: Uint8Array }, unknown>,
    options: CallOptions,
    settle: Settle<T>,
    request: () => Request,
  ): Promise<T> {
    try {
      return this.#caller.call(row, request() as { key: Bytes }, options, settle);
    } catch (error) {
      return Promise.reject(error);
    }
  }
}

/** The rows of the modes that are refused otherwise than `set`. */
const WRITE_ROWS: Partial<Record<MetaSetMode, typeof META_SET_ROW>> = { add: META_ADD_ROW, replace: META_REPLACE_ROW };

/** What a mode is called in errors. */
const WRITES: Readonly<Record<MetaSetMode, AnyOp>> = {
  set: SET as AnyOp,
  add: ADD as AnyOp,
  replace: REPLACE as AnyOp,
  append: APPEND as AnyOp,
  prepend: PREPEND as AnyOp,
};

function touches({ ttl, expiresAt }: ExpiryOptions): boolean {
  return ttl !== undefined || expiresAt !== undefined;
}

const item: Settle<MetaItem | undefined> = (frame, op, request) => {
  if (isMiss(frame, op, request)) return undefined;
  return new MetaItem(replyOf(frame));
};

const stored: Settle<MetaStored> = (frame, _, request) => {
  const { mode = "set" } = request as MetaSetRequest;
  if (frame.status !== Status.SUCCESS) throw statusError(WRITES[mode], frame, request);
  return { cas: replyOf(frame).meta.cas ?? 0n };
};

const deleted: Settle<boolean> = (frame, _, request) => !isMiss(frame, DELETE as AnyOp, request);

const counted: Settle<MetaCounted | undefined> = (frame, _, request) => {
  const { mode } = request as MetaArithmeticRequest;
  if (isMiss(frame, (mode === "decrement" ? DECREMENT : INCREMENT) as AnyOp, request)) return undefined;
  const reply = replyOf(frame);
  const value = reply.counter;
  if (value === undefined) return reply.fail("its value is no number of 64 bits");
  return { value, cas: reply.meta.cas ?? 0n, ttl: secondsOf(reply.meta.ttl) };
};

const debugged: Settle<MetaDebug | undefined> = (frame, op, request) =>
  isMiss(frame, op, request) ? undefined : readMetaDebug(replyOf(frame));

function isMiss(frame: Frame, op: AnyOp, request: unknown): boolean {
  if (frame.status === Status.SUCCESS) return false;
  if (frame.status === Status.KEY_ENOENT) return true;
  throw statusError(op, frame, request);
}

const WHOLE = { expected: Answers.META, maxValue: Infinity, inValues: false };

/** The reply that a frame carries, safe to keep. */
function replyOf(frame: Frame): TextReply {
  frame.keep();
  const reply = new TextReply();
  const bytes = new Uint8Array(frame.view.buffer);
  readLine(reply, bytes, frame.keyAt, frame.keyAt + frame.keyLength - 1, WHOLE);
  reply.kept = true;
  return reply;
}

function secondsOf(ttl: number | undefined): number | undefined {
  return ttl === undefined || ttl < 0 ? undefined : ttl;
}
