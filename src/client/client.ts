import type { CallOptions, ClosableCaller } from "../connection/caller.ts";
import type { FrameListener } from "../connection/frame_listeners.ts";
import { StatusError, UnsupportedError } from "../errors.ts";
import type { Bytes } from "../frame/frame_writer.ts";
import { FLUSH, NOOP, QUIT, STAT, type StatResponse, VERBOSITY, VERSION } from "../ops/admin.ts";
import { type CounterRequest, type CounterResponse, DECREMENT, INCREMENT, NO_CREATE } from "../ops/counter.ts";
import type { Item } from "../ops/item.ts";
import { NOTHING, type Op } from "../ops/op.ts";
import type { ClusterEvent } from "../cluster/cluster_event.ts";
import { GAT, GET, TOUCH, type TouchResponse } from "../ops/retrieval.ts";
import {
  ADD,
  APPEND,
  type ConcatRequest,
  DELETE,
  type MutationResponse,
  PREPEND,
  REPLACE,
  SET,
  type StoreRequest,
} from "../ops/storage.ts";
import { Status } from "../wire/status.ts";
import { type CasOptions, type CounterOptions, flagsOf, type StoreOptions, unsigned } from "./client_options.ts";
import type { KeyEntry } from "../text/key_entry.ts";
import type { TextReply } from "../text/text_reply.ts";
import type { WatchEvent } from "../text/watch.ts";
import type { Capabilities } from "./capabilities.ts";
import type { DumpOptions } from "./dump_source.ts";
import { expiryOf, type ExpiryOptions } from "./expiry.ts";
import type { MultiResult } from "./multi.ts";
import * as many from "./multi_calls.ts";
import type { CasEntry } from "./multi_calls.ts";
import type { CommandOptions } from "./send_command.ts";
import type { SideOptions } from "./side_connection.ts";
import type { WatchOptions } from "./watch_stream.ts";
import {
  countOrNothing,
  deletedOrNot,
  isMiss,
  type ItemInfo,
  itemOrNothing,
  jsonOrNothing,
  nothing,
  readInto,
  textOrNothing,
  touchedOrNothing,
  versionText,
} from "./settle.ts";
import {
  type CasAttempt,
  casAttempts,
  type UpdateFunction,
  type UpdateOptions,
  type UpdateResult,
  updateWith,
} from "./update.ts";

export type { ClosableCaller } from "../connection/caller.ts";
export type { CasOptions, CounterOptions, StoreOptions } from "./client_options.ts";
export type { ItemInfo } from "./settle.ts";

/** What {@linkcode Client.status} tells. */
export type ClientStatus = ClusterEvent;

/**
 * A memcached client: the commands as methods, over anything that can answer.
 *
 * - What is missing is not an error: reads resolve to `undefined` and `delete` to `false`. A write that is lost is one:
 *   {@linkcode NotStoredError}, {@linkcode KeyNotFoundError}, {@linkcode CasMismatchError}.
 * - Keys are text or bytes, 1 to 250 bytes long, and are checked before anything is sent (`RangeError`).
 * - Values are text (written as UTF-8) or bytes. An array of 64 KiB and more is sent as it is, not as a copy: it must not be
 *   changed before the call has ended. Values that are read are safe to keep.
 * - All calls made in the same turn leave in one write. Each has a deadline (`timeout`, ms) and takes a `signal`.
 *
 * @example
 * ```ts
 * import { Client, Connection } from "@memwire/memwire";
 * import { MemoryStore, Server } from "@memwire/memwire/server";
 * import { memoryPair } from "@memwire/memwire/transport/memory";
 * import { assertEquals } from "@std/assert";
 *
 * const [here, there] = memoryPair();
 * const server = new Server();
 * new MemoryStore().register(server);
 * server.serve(there);
 *
 * await using client = new Client(new Connection(here));
 * await client.set("user:1", "Ada", { ttl: 60 });
 * assertEquals((await client.get("user:1"))?.text(), "Ada");
 * assertEquals(await client.get("user:2"), undefined);
 * ```
 */
export class Client implements AsyncDisposable {
  readonly #caller: ClosableCaller;

  /** Makes a client over a caller, which it closes when it is closed. */
  constructor(caller: ClosableCaller) {
    this.#caller = caller;
  }

  /** What carries the calls: for commands that have no method, `client.caller.call(OP, request)`. */
  get caller(): ClosableCaller {
    return this.#caller;
  }

  /** Reads an item. */
  get(key: Bytes, options?: CallOptions): Promise<Item | undefined> {
    return this.#caller.call(GET, { key }, options, itemOrNothing);
  }

  /** Reads a value as UTF-8 text; quicker than `get` since nothing is copied. */
  getText(key: Bytes, options?: CallOptions): Promise<string | undefined> {
    return this.#caller.call(GET, { key }, options, textOrNothing);
  }

  /** Reads a value as JSON; rejects with a `SyntaxError` if it is none. */
  // deno-lint-ignore no-explicit-any -- as JSON.parse: the caller knows what was stored.
  getJson(key: Bytes, options?: CallOptions): Promise<any> {
    return this.#caller.call(GET, { key }, options, jsonOrNothing);
  }

  /** Reads a value into the start of an array, for large values: no memory is allocated. Rejects with a `RangeError` if it does not fit. */
  getInto(key: Bytes, target: Uint8Array, options?: CallOptions): Promise<ItemInfo | undefined> {
    return this.#caller.call(GET, { key }, options, (frame, op, request) => {
      if (isMiss(frame, op, request)) return undefined;
      return readInto(frame, target);
    });
  }

  /** Reads many items at once: one write, one promise. A key that is given twice is asked for once. */
  getMulti<K extends Bytes>(keys: Iterable<K>, options?: CallOptions): Promise<MultiResult<K, Item>> {
    return many.getMany(this.#caller, keys, options);
  }

  /** Reads an item and changes when it goes away. */
  getAndTouch(key: Bytes, options: CallOptions & ExpiryOptions): Promise<Item | undefined> {
    return this.#try(() => this.#caller.call(GAT, { key, expiry: expiryOf(options) }, options, itemOrNothing));
  }

  /** Changes when an item goes away; `undefined` if there is none. */
  touch(key: Bytes, options: CallOptions & ExpiryOptions): Promise<TouchResponse | undefined> {
    return this.#try(() => this.#caller.call(TOUCH, { key, expiry: expiryOf(options) }, options, touchedOrNothing));
  }

  /** Writes an item, whether there is one or not. With `cas`, only over that version. */
  set(key: Bytes, value: Bytes, options?: StoreOptions & CasOptions): Promise<MutationResponse> {
    return this.#store(SET, key, value, options);
  }

  /** Writes an item that must not be there; rejects with a {@linkcode NotStoredError} if it is. */
  add(key: Bytes, value: Bytes, options?: StoreOptions): Promise<MutationResponse> {
    return this.#store(ADD, key, value, options);
  }

  /** Writes an item that must be there; rejects with a {@linkcode KeyNotFoundError} if it is not. */
  replace(key: Bytes, value: Bytes, options?: StoreOptions & CasOptions): Promise<MutationResponse> {
    return this.#store(REPLACE, key, value, options);
  }

  /** Adds bytes behind a value; rejects with a {@linkcode NotStoredError} if there is none. */
  append(key: Bytes, value: Bytes, options?: CallOptions & CasOptions): Promise<MutationResponse> {
    return this.#concat(APPEND, key, value, options);
  }

  /** Adds bytes before a value; rejects with a {@linkcode NotStoredError} if there is none. */
  prepend(key: Bytes, value: Bytes, options?: CallOptions & CasOptions): Promise<MutationResponse> {
    return this.#concat(PREPEND, key, value, options);
  }

  /** Writes many items at once; the options are for all of them. Of a key that is given twice the last value counts. */
  setMulti<K extends Bytes>(
    entries: Iterable<readonly [K, Bytes]>,
    options?: StoreOptions,
  ): Promise<MultiResult<K, true>> {
    return many.storeMany(this.#caller, SET, { entries, options });
  }

  /** Writes many items that must not be there; the others are in `errors`, with a {@linkcode NotStoredError}. */
  addMulti<K extends Bytes>(
    entries: Iterable<readonly [K, Bytes]>,
    options?: StoreOptions,
  ): Promise<MultiResult<K, true>> {
    return many.storeMany(this.#caller, ADD, { entries, options });
  }

  /**
   * Writes many items, each only over the version that is given with it; one with version `0n` must not be there. Those that
   * were changed meanwhile are in `errors`, with a {@linkcode CasMismatchError}.
   */
  casMulti<K extends Bytes>(entries: Iterable<CasEntry<K>>, options?: StoreOptions): Promise<MultiResult<K, true>> {
    return many.casMany(this.#caller, entries, options);
  }

  /** Deletes many items at once. */
  deleteMulti<K extends Bytes>(keys: Iterable<K>, options?: CallOptions): Promise<MultiResult<K, true>> {
    return many.deleteMany(this.#caller, keys, options);
  }

  /** Changes when many items go away; each key is told its version. */
  touchMulti<K extends Bytes>(
    keys: Iterable<K>,
    options: CallOptions & ExpiryOptions,
  ): Promise<MultiResult<K, TouchResponse>> {
    return many.callEach(keys, options, (key) => this.touch(key, options));
  }

  /** Reads many items and changes when they go away. */
  getAndTouchMulti<K extends Bytes>(
    keys: Iterable<K>,
    options: CallOptions & ExpiryOptions,
  ): Promise<MultiResult<K, Item>> {
    return many.getAndTouchMany(this.#caller, keys, options);
  }

  /** Counts many counters up, all by the same; the hits have the new values, the misses are counters that there are not. */
  incrementMulti<K extends Bytes>(keys: Iterable<K>, options?: CounterOptions): Promise<MultiResult<K, bigint>> {
    return many.callEach(keys, options, (key) => this.increment(key, options));
  }

  /** Counts many counters down, all by the same. */
  decrementMulti<K extends Bytes>(keys: Iterable<K>, options?: CounterOptions): Promise<MultiResult<K, bigint>> {
    return many.callEach(keys, options, (key) => this.decrement(key, options));
  }

  /** Deletes an item; `false` if there is none. With `cas`, only that version, else it rejects with a {@linkcode CasMismatchError}. */
  delete(key: Bytes, options?: CallOptions & CasOptions): Promise<boolean> {
    const cas = options?.cas;
    return this.#caller.call(DELETE, cas === undefined ? { key } : { key, cas }, options, deletedOrNot);
  }

  /** Counts up and resolves to the new value; wraps at 2⁶⁴. `undefined` if there is no counter and no `initial`. */
  increment(key: Bytes, options?: CounterOptions): Promise<bigint | undefined> {
    return this.#count(INCREMENT, key, options);
  }

  /** Counts down and resolves to the new value; stays at 0. `undefined` if there is no counter and no `initial`. */
  decrement(key: Bytes, options?: CounterOptions): Promise<bigint | undefined> {
    return this.#count(DECREMENT, key, options);
  }

  /**
   * Reads an item, has a function make the new value, and writes it if nobody else has meanwhile; otherwise does so again, with
   * growing pauses. The function returns {@linkcode DELETE_ITEM} to delete the item and nothing to leave it. The flags are
   * kept; the expiry cannot be read, so `ttl` or `expiresAt` say what it is from now on.
   *
   * @throws {CasMismatchError} If others were quicker in every attempt.
   */
  update(key: Bytes, make: UpdateFunction, options?: UpdateOptions): Promise<UpdateResult> {
    return updateWith(this, key, make, options);
  }

  /** The same as a loop: each round has the item as it is now, and the loop ends when a write holds or none was tried. */
  attempts(key: Bytes, options?: UpdateOptions): AsyncIterableIterator<CasAttempt> {
    return casAttempts(this, key, options);
  }

  /** Statistics of the server, in its own names: the general ones, or those of a group such as `settings`, `items`, `slabs`. */
  async stats(group?: string, options?: CallOptions): Promise<Map<string, string>> {
    const found = new Map<string, string>();
    for await (const { key, value } of this.eachStat(group, options)) found.set(key, value);
    return found;
  }

  /** The same, one at a time as they come. */
  eachStat(group?: string, options?: CallOptions): AsyncIterableIterator<StatResponse> {
    return this.#caller.open(STAT, group === undefined ? {} : { group }, options);
  }

  /** Asks for the version of the server. */
  version(options?: CallOptions): Promise<string> {
    return this.#caller.call(VERSION, {}, options, versionText);
  }

  /** Forgets all items, at once or in `delay` seconds. */
  flush(options?: CallOptions & { readonly delay?: number }): Promise<void> {
    return this.#try(() => {
      const delay = expiryOf(options?.delay === undefined ? undefined : { ttl: options.delay });
      return this.#caller.call(FLUSH, delay === 0 ? {} : { delay }, options, nothing);
    });
  }

  /**
   * Sets how much the server logs.
   *
   * @throws {UnsupportedError} If the server does not know it, as memcached.org does not over the binary protocol.
   */
  async verbosity(level: number, options?: CallOptions): Promise<void> {
    // memcached.org loses its place in the stream on an unknown opcode that has extras. An empty one gets a clean answer:
    // "unknown command" there, "invalid arguments" where the command exists.
    try {
      await this.#caller.call({ ...VERBOSITY, request: NOTHING }, {}, options);
    } catch (cause) {
      if (!(cause instanceof StatusError)) throw cause;
      if (cause.status === Status.UNKNOWN_COMMAND) {
        throw new UnsupportedError("Cannot set verbosity: the server does not know it over the binary protocol", {
          cause,
          sent: false,
        });
      }
    }
    await this.#caller.call(VERBOSITY, { level }, options);
  }

  /** Asks for nothing and waits for the answer: everything asked before has been answered then. */
  noop(options?: CallOptions): Promise<void> {
    return this.#caller.call(NOOP, {}, options, nothing);
  }

  /**
   * Lists the keys that the server has, by the text protocol and over a connection of its own; what can go wrong is told by
   * {@linkcode dumpKeys}, which gives the same as a stream with progress.
   *
   * @example
   * ```ts
   * import type { Client } from "@memwire/memwire";
   *
   * async function expiring(client: Client): Promise<string[]> {
   *   const keys: string[] = [];
   *   for await (const entry of client.keys({ prefix: "user:" })) {
   *     if (entry.expiresAt !== undefined) keys.push(entry.key);
   *   }
   *   return keys;
   * }
   * ```
   */
  async *keys(options?: DumpOptions): AsyncIterableIterator<KeyEntry> {
    // Loaded only by those who need it, as what follows.
    const { dumpKeys } = await import("./key_stream.ts");
    yield* dumpKeys(this, options);
  }

  /** Follows what the server logs, by the text protocol and over a connection of its own; see {@linkcode watchServer}. */
  async *watch(options?: WatchOptions): AsyncIterableIterator<WatchEvent> {
    const { watchServer } = await import("./watch_stream.ts");
    yield* watchServer(this, options);
  }

  /** Sends a line of the text protocols over a connection of its own, and gives the lines of the reply; see {@linkcode sendCommand}. */
  async command(line: string, options?: CommandOptions): Promise<readonly TextReply[]> {
    const { sendCommand } = await import("./send_command.ts");
    return await sendCommand(this, line, options);
  }

  /** What the server can do, by its version and by asking it; see {@linkcode readCapabilities}. */
  async capabilities(options?: SideOptions): Promise<Capabilities> {
    const { readCapabilities } = await import("./capabilities.ts");
    return await readCapabilities(this, options);
  }

  /** Says goodbye to the server, then closes. */
  async quit(options?: CallOptions): Promise<void> {
    await this.#caller.call(QUIT, {}, options, nothing);
    await this.close();
  }

  /**
   * What happens between the client and its servers: the latest event first, then those to come, until the client is closed. Every
   * loop has its own 1,024 events of room; of more the oldest are dropped. {@linkcode LinkOpenOptions} has an example.
   *
   * @throws {UnsupportedError} If the client is over a bare connection, which ends with its first loss.
   */
  status(): AsyncIterableIterator<ClientStatus> {
    const events = this.#caller.status?.();
    if (events === undefined) {
      throw new UnsupportedError("Cannot tell the status: a bare connection has none; connect with reconnect", {
        sent: false,
      });
    }
    return events as AsyncIterableIterator<ClientStatus>;
  }

  /** Watches the frames that are sent and received, each valid until the listener returns; returns what ends it. */
  watchFrames(listener: FrameListener): () => void {
    return this.#caller.observe(listener);
  }

  /** Lets the calls under way end, then closes. */
  close(): Promise<void> {
    return this.#caller.close();
  }

  /** The same as {@linkcode Client.close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #store(
    op: Op<StoreRequest, MutationResponse>,
    key: Bytes,
    value: Bytes,
    options: (StoreOptions & CasOptions) | undefined,
  ): Promise<MutationResponse> {
    if (options === undefined) return this.#caller.call(op, { key, value, flags: 0, expiry: 0 });
    return this.#try(() => {
      const request = {
        key,
        value,
        flags: flagsOf(options.flags),
        expiry: expiryOf(options),
        cas: options.cas ?? 0n,
      };
      return this.#caller.call(op, request, options);
    });
  }

  #concat(
    op: Op<ConcatRequest, MutationResponse>,
    key: Bytes,
    value: Bytes,
    options: (CallOptions & CasOptions) | undefined,
  ): Promise<MutationResponse> {
    return this.#caller.call(op, { key, value, cas: options?.cas ?? 0n }, options);
  }

  #count(
    op: Op<CounterRequest, CounterResponse>,
    key: Bytes,
    options: CounterOptions = {},
  ): Promise<bigint | undefined> {
    return this.#try(() => {
      const { by = 1n, initial } = options;
      if (initial === undefined && (options.ttl !== undefined || options.expiresAt !== undefined)) {
        throw new TypeError(`Cannot ${op.name}: ttl and expiresAt are for a counter to be created; give initial too`);
      }
      const request = {
        key,
        delta: unsigned(by, "by"),
        initial: unsigned(initial ?? 0n, "initial"),
        expiry: initial === undefined ? NO_CREATE : expiryOf(options),
      };
      return this.#caller.call(op, request, options, countOrNothing);
    });
  }

  /** Wrong arguments reject like everything else that can go wrong. */
  #try<T>(call: () => Promise<T>): Promise<T> {
    try {
      return call();
    } catch (error) {
      return Promise.reject(error);
    }
  }
}
