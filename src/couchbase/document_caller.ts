import type { BatchResult, CallOptions, ClosableCaller, Settle } from "../connection/caller.ts";
import type { FrameListener } from "../connection/frame_listeners.ts";
import { StatusError, UnsupportedError } from "../errors.ts";
import { asBytes } from "../bytes.ts";
import type { Bytes } from "../frame/frame_writer.ts";
import type { Op, Outgoing } from "../ops/op.ts";
import { ADD, REPLACE, SET } from "../ops/storage.ts";
import { Datatype } from "../wire/datatype.ts";
import { Status } from "../wire/status.ts";
import { CollectionIds } from "./collections.ts";
import { vbucketOf } from "../wire/vbucket_hash.ts";

/** The opcodes that write a whole document. */
const STORES: ReadonlySet<unknown> = new Set([SET, ADD, REPLACE]);

/** What a {@linkcode DocumentCaller} goes by. */
export interface DocumentCallerOptions {
  /** How many vbuckets the bucket has, to find the one of a key; 0 to send all calls to vbucket 0. */
  readonly vbucketCount: number;
  /** The collection of calls that name none: its number or `scope.collection`. */
  readonly collection?: number | string;
  /** How long a call may take that does not say so, in milliseconds: as the caller below knows it; 0 for ever. */
  readonly timeout?: number;
  /** Compresses the values of whole documents that are written; returns nothing for one where it does not pay. */
  readonly compress?: (value: Uint8Array) => Uint8Array | undefined;
}

/**
 * A caller that finds out where a document is: its vbucket by the key, the number of its collection by the name. A collection that
 * the server does not know any more is asked for once again.
 */
export class DocumentCaller implements ClosableCaller {
  readonly #caller: ClosableCaller;
  readonly #options: DocumentCallerOptions;
  /** The collections that are known. */
  readonly collections: CollectionIds;

  /** Makes one over another caller. */
  constructor(caller: ClosableCaller, options: DocumentCallerOptions, collections?: CollectionIds) {
    this.#caller = caller;
    this.#options = options;
    this.collections = collections ?? new CollectionIds(caller);
  }

  /** How many vbuckets the bucket has; 0 if that is not known. */
  get vbucketCount(): number {
    return this.#options.vbucketCount;
  }

  /** The vbucket of a key; 0 where it is not known how many there are. */
  vbucketOf(key: Bytes): number {
    const count = this.#options.vbucketCount;
    return count === 0 ? 0 : vbucketOf(key, count);
  }

  /** The number of the collection that a call is about: the one it names, else the one of this caller. */
  async collectionId(collection: number | string | undefined, options: CallOptions): Promise<number | undefined> {
    const wanted = collection ?? this.#options.collection;
    return typeof wanted === "string" ? await this.collections.get(wanted, options) : wanted;
  }

  /** The same with another collection for calls that name none. */
  inCollection(collection: number | string): DocumentCaller {
    return new DocumentCaller(this.#caller, { ...this.#options, collection }, this.collections);
  }

  /** {@inheritDoc Caller.call} */
  call<Req, Res, T = Res>(
    op: Op<Req, Res>,
    request: Outgoing<Req>,
    options?: CallOptions,
    settle?: Settle<T>,
  ): Promise<T> {
    const key = (request as { readonly key?: Bytes }).key;
    const placed = op.inCollection === true && key !== undefined ? this.#place(key, options) : options;
    const packed = this.#pack(op, request);
    return this.#withCollection(op, placed, { make: (located) => this.#caller.call(op, packed, located, settle) });
  }

  /** {@inheritDoc Caller.batch} */
  batch<Req, Res, T = Res>(
    op: Op<Req, Res>,
    requests: readonly Outgoing<Req>[],
    options?: CallOptions,
    settle?: Settle<T>,
  ): Promise<BatchResult<T>> {
    const count = this.#options.vbucketCount;
    const vbuckets = op.inCollection === true && count > 0 && options?.vbucket === undefined
      ? requests.map((request) => vbucketOf((request as { readonly key: Bytes }).key, count))
      : undefined;
    const placed = vbuckets === undefined ? options : { ...options, vbuckets };
    const packed = requests.map((request) => this.#pack(op, request));
    return this.#withCollection<BatchResult<T>>(op, placed, {
      make: (located) => this.#caller.batch(op, packed, located, settle),
      again: {
        wanted: (made) => lostPlaces(made).length > 0,
        make: async (made, located) => {
          const places = lostPlaces(made);
          const some = places.map((place) => packed[place]!);
          const own = vbuckets === undefined ? {} : { vbuckets: places.map((place) => vbuckets[place]!) };
          return patched(made, places, await this.#caller.batch(op, some, { ...located, ...own }, settle));
        },
      },
    });
  }

  /** {@inheritDoc Caller.open} */
  open<Req, Res>(op: Op<Req, Res>, request: Outgoing<Req>, options?: CallOptions): AsyncIterableIterator<Res> {
    return this.#caller.open(op, request, options);
  }

  /** Watches the frames that are sent and received; returns what ends it. */
  observe(listener: FrameListener): () => void {
    return this.#caller.observe(listener);
  }

  /** What happens between here and the server; nothing over a bare connection. */
  status(): AsyncIterableIterator<{ readonly type: string }> {
    const events = this.#caller.status?.();
    if (events !== undefined) return events;
    throw new UnsupportedError("Cannot tell the status: a bare connection has none; connect with reconnect", {
      sent: false,
    });
  }

  /** Lets the calls under way end, then closes. */
  close(): Promise<void> {
    return this.#caller.close();
  }

  /** Compresses the value of a whole document that is written, unless its writer has said how to read it. */
  #pack<Req>(op: Op<Req, unknown>, request: Outgoing<Req>): Outgoing<Req> {
    const { compress } = this.#options;
    if (compress === undefined || !STORES.has(op)) return request;
    const { value, datatype } = request as { readonly value: Bytes; readonly datatype?: number };
    if (datatype !== undefined) return request;
    const block = compress(asBytes(value));
    return block === undefined ? request : { ...request, value: block, datatype: Datatype.SNAPPY };
  }

  #place(key: Bytes, options: CallOptions | undefined): CallOptions | undefined {
    const count = this.#options.vbucketCount;
    if (count === 0 || options?.vbucket !== undefined) return options;
    return { ...options, vbucket: vbucketOf(key, count) };
  }

  #withCollection<T>(
    op: Pick<Op<unknown, unknown>, "inCollection">,
    options: CallOptions | undefined,
    attempt: Attempt<T>,
  ): Promise<T> {
    const collection = options?.collection ?? this.#options.collection;
    if (op.inCollection !== true || collection === undefined) return attempt.make(options);
    if (typeof collection === "number") return attempt.make({ ...options, collection });
    return this.#byName(collection, options, attempt);
  }

  /** Makes a call in a collection that is known by name; what the server refuses as it does not know the number, once again. */
  async #byName<T>(path: string, options: CallOptions | undefined, { make, again }: Attempt<T>): Promise<T> {
    const left = countdown(options?.timeout ?? this.#options.timeout);
    const within = (): CallOptions => ({ ...options, ...left() });
    const id = await this.collections.get(path, within());
    let made: T | undefined;
    let failure: unknown;
    try {
      made = await make({ ...within(), collection: id });
      if (again === undefined || !again.wanted(made)) return made;
    } catch (error) {
      if (!isUnknown(error)) throw error;
      failure = error;
    }
    this.collections.forget(path);
    const newer = await this.collections.get(path, within());
    const located = { ...within(), collection: newer };
    if (made !== undefined) return newer === id ? made : await again!.make(made, located);
    if (newer === id) throw failure;
    return await make(located);
  }
}

/** A call, once it is known in which collection. */
interface Attempt<T> {
  readonly make: (options: CallOptions | undefined) => Promise<T>;
  /** For calls that fail in part: whether that is due to the number of the collection, and how to make that part again. */
  readonly again?: {
    readonly wanted: (made: T) => boolean;
    readonly make: (made: T, options: CallOptions) => Promise<T>;
  };
}

/** Gives what is left of a time in milliseconds whenever it is asked; nothing of none, and 0 is for ever. */
function countdown(timeout: number | undefined): () => { readonly timeout?: number } {
  if (timeout === undefined) return () => ({});
  if (timeout === 0) return () => ({ timeout });
  const until = performance.now() + timeout;
  return () => ({ timeout: Math.max(1, until - performance.now()) });
}

/** Whether the server does not know the number of the collection. */
function isUnknown(error: unknown): boolean {
  return error instanceof StatusError && error.status === Status.UNKNOWN_COLLECTION;
}

/** The places of a batch whose collection the server does not know. */
function lostPlaces({ errors }: BatchResult<unknown>): number[] {
  return [...errors ?? []].filter(([, error]) => isUnknown(error)).map(([place]) => place);
}

/** Puts the answers to some requests of a batch, made again, in the place of those they got first. */
function patched<T>(
  first: BatchResult<T>,
  places: readonly number[],
  { replies, errors }: BatchResult<T>,
): BatchResult<T> {
  const all = [...first.replies];
  const failed = new Map(first.errors);
  for (const [i, place] of places.entries()) {
    all[place] = replies[i];
    failed.delete(place);
    if (errors?.has(i) === true) failed.set(place, errors.get(i));
  }
  return { replies: all, errors: failed.size === 0 ? undefined : failed };
}
