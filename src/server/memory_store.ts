import { asBytes, utf8Encode } from "../bytes.ts";
import type { Bytes } from "../frame/frame_writer.ts";
import { type CounterResponse, NO_CREATE } from "../ops/counter.ts";
import { counterText, MAX_COUNTER } from "./counter_value.ts";
import { EventLog } from "./event_log.ts";
import { expiryTime } from "./expiry.ts";
import { ItemCache, type NewItem } from "./item_cache.ts";
import { PrefixCounts } from "./prefix_counts.ts";
import { type Server, speakText } from "./server.ts";
import { sizeStats } from "./size_stats.ts";
import { EXISTS, NOT_FOUND, NOT_STORED, OUT_OF_MEMORY, type StatusReply, TOO_LARGE } from "./status_reply.ts";
import { StoreCounts } from "./store_counts.ts";
import { registerStore } from "./store_handlers.ts";
import type { CasOptions, CountOptions, MemoryStoreOptions, StoreOptions } from "./store_options.ts";
import { NO_SERVER, type ServerStats, type Statistic, storeStats } from "./store_stats.ts";
import type { Entry, StoredItem } from "./stored_item.ts";
import { countable, keyBytes, lengthOf, refusedAs, sizeOf, type Write, type WriteCommand } from "./store_write.ts";
import { textContext } from "./text/context.ts";
import { Tuning } from "./tuning.ts";

const MEBIBYTE = 1024 * 1024;

/**
 * Items in memory, with the semantics of memcached 1.6: expiry, CAS, flags, counters, flush, and a limit beyond which those items go
 * that have not been used for longest.
 *
 * - `register` lets a {@linkcode Server} answer all commands of memcached.org's binary protocol from it.
 * - It may also be used directly, next to that or without. Its writes throw a {@linkcode StatusReply} when they are refused.
 * - Values are copied in, and handed out as they lie there: they must not be changed in place.
 *
 * @example
 * ```ts
 * import { MemoryStore } from "@memwire/memwire/server";
 * import { assertEquals } from "@std/assert";
 *
 * let now = Date.now();
 * const store = new MemoryStore({ clock: () => now });
 * store.set("user:1", "Ada", { expiry: 60 });
 * assertEquals(store.get("user:1")?.value, new TextEncoder().encode("Ada"));
 *
 * now += 60_000;
 * assertEquals(store.get("user:1"), undefined);
 * ```
 */
export class MemoryStore {
  /** How many bytes one item may take. */
  readonly itemSizeLimit: number;
  /** What the store calls its version. */
  readonly version: string;
  /** What has been counted. */
  readonly counts: StoreCounts = new StoreCounts();
  /** The last level of a VERBOSITY request. */
  verbosity = 0;

  readonly #options: MemoryStoreOptions;
  readonly #clock: () => number;
  readonly #cache: ItemCache;
  readonly #log: EventLog;
  readonly #tuning = new Tuning();
  readonly #startedAt: number;
  readonly #prefixes = new PrefixCounts();
  #detailed = false;

  /** Makes an empty store. */
  constructor(options: MemoryStoreOptions = {}) {
    this.#options = options;
    this.itemSizeLimit = options.itemSizeLimit ?? MEBIBYTE;
    this.version = options.version ?? "1.6.18";
    this.#clock = options.clock ?? (() => Date.now());
    const memoryLimit = options.memoryLimit ?? 64 * MEBIBYTE;
    const log = this.#log = new EventLog(this.#clock);
    this.#cache = new ItemCache({ clock: this.#clock, memoryLimit, counts: this.counts, log });
    this.#startedAt = this.#clock();
  }

  /** How many bytes all items may take; `cache_memlimit` of the text protocol changes it. */
  get memoryLimit(): number {
    return this.#cache.memoryLimit;
  }

  /** How many items there are; those that have expired count until they are met. */
  get size(): number {
    return this.#cache.size;
  }

  /** What all items take, in bytes as memcached counts them. */
  get bytes(): number {
    return this.#cache.bytes;
  }

  /**
   * Lets a server answer all commands of memcached.org's binary protocol from this store, and those of the text protocols, classic
   * and meta: the first byte of a connection says which. A store that has users asks for them in both: by SASL, and in text by a
   * first `set` of any key whose value is the name and the password, parted by a blank.
   */
  register(server: Server): void {
    const registered = registerStore(server, this, this.#options);
    const parts = { store: this, cache: this.#cache, clock: this.#clock, log: this.#log, tuning: this.#tuning };
    speakText(server, textContext(server, { ...parts, ...registered, options: this.#options }));
  }

  /** Reads an item, which makes it the one used last. */
  get(key: Bytes): StoredItem | undefined {
    this.counts.cmdGet++;
    const entry = this.#read(key);
    if (entry === undefined) {
      this.counts.getMisses++;
      return undefined;
    }
    this.counts.getHits++;
    return this.#use(entry);
  }

  /** Reads an item and changes its expiry: seconds from now up to 30 days, Unix seconds beyond, 0 for never. */
  touch(key: Bytes, expiry: number): StoredItem | undefined {
    this.counts.cmdTouch++;
    const entry = this.#read(key);
    if (entry === undefined) {
      this.counts.touchMisses++;
      return undefined;
    }
    this.counts.touchHits++;
    entry.expiresAt = expiryTime(expiry, this.#clock);
    return this.#use(entry);
  }

  /**
   * Writes an item, whether it exists or not. When there is no room for it, the old one goes all the same, since it is out of date.
   *
   * @throws {StatusReply} KEY_EEXISTS or KEY_ENOENT if the `cas` does not hold, E2BIG or ENOMEM if there is no room.
   */
  set(key: Bytes, value: Bytes, options: StoreOptions = {}): StoredItem {
    const write = this.#begin("set", key, value, options);
    if (write.refusal !== undefined) {
      this.#refuse(write, write.refusal);
      const old = this.#cache.find(write.key);
      if (old !== undefined) this.#cache.remove(old);
      throw write.refusal;
    }
    return this.#store(write, this.#cache.find(write.key));
  }

  /**
   * Writes an item that must not exist. With a `cas` it is the same as {@linkcode MemoryStore.set}, as in memcached.
   *
   * @throws {StatusReply} KEY_EEXISTS if it does, E2BIG or ENOMEM if there is no room.
   */
  add(key: Bytes, value: Bytes, options: StoreOptions = {}): StoredItem {
    const write = this.#begin("add", key, value, options);
    if (write.refusal !== undefined) throw this.#refuse(write, write.refusal);
    const old = this.#cache.find(write.key);
    if (old !== undefined && write.cas === 0n) {
      this.#cache.use(old);
      throw this.#refuse(write, EXISTS);
    }
    return this.#store(write, old);
  }

  /**
   * Writes an item that must exist.
   *
   * @throws {StatusReply} KEY_ENOENT if it does not, KEY_EEXISTS if the `cas` does not hold, E2BIG or ENOMEM if there is no room.
   */
  replace(key: Bytes, value: Bytes, options: StoreOptions = {}): StoredItem {
    const write = this.#begin("replace", key, value, options);
    if (write.refusal !== undefined) throw this.#refuse(write, write.refusal);
    const old = this.#cache.find(write.key);
    if (old === undefined && write.cas === 0n) throw this.#refuse(write, NOT_FOUND);
    return this.#store(write, old);
  }

  /**
   * Adds bytes behind the value of an item, which keeps its flags and its expiry.
   *
   * @throws {StatusReply} NOT_STORED if there is no such item, or no room for it with the bytes; KEY_EEXISTS if the `cas` does not hold;
   * E2BIG or ENOMEM if there would be no room for the bytes alone.
   */
  append(key: Bytes, value: Bytes, options: CasOptions = {}): StoredItem {
    return this.#lengthen(this.#begin("append", key, value, options), (old, more) => [old, more]);
  }

  /** Adds bytes before the value of an item; otherwise as {@linkcode MemoryStore.append}. */
  prepend(key: Bytes, value: Bytes, options: CasOptions = {}): StoredItem {
    return this.#lengthen(this.#begin("prepend", key, value, options), (old, more) => [more, old]);
  }

  /**
   * Removes an item; returns whether there was one.
   *
   * @throws {StatusReply} KEY_EEXISTS if the `cas` does not hold.
   */
  delete(key: Bytes, options: CasOptions = {}): boolean {
    const bytes = keyBytes(key);
    if (this.#detailed) this.#prefixes.countDelete(bytes);
    const entry = this.#cache.find(bytes);
    if (entry === undefined) {
      this.counts.deleteMisses++;
      return false;
    }
    if (options.cas && options.cas !== entry.cas) throw EXISTS;
    this.counts.deleteHits++;
    this.#cache.remove(entry);
    return true;
  }

  /**
   * Counts up; beyond 2⁶⁴ − 1 it goes on from 0. Returns nothing if there is no such item and none was created.
   *
   * @throws {StatusReply} DELTA_BADVAL if the value is no number, KEY_EEXISTS if the `cas` does not hold, ENOMEM if there is no room.
   */
  increment(key: Bytes, options: CountOptions = {}): CounterResponse | undefined {
    const bytes = keyBytes(key);
    const entry = this.#cache.find(bytes);
    if (entry === undefined) {
      const created = this.#createCounter(bytes, options);
      if (created === undefined) this.counts.incrMisses++;
      return created;
    }
    const number = countable(entry, options.cas);
    this.counts.incrHits++;
    return this.#count(bytes, entry, (number + (options.delta ?? 1n)) & MAX_COUNTER);
  }

  /** Counts down, not below 0, and keeps the length of the value; otherwise as {@linkcode MemoryStore.increment}. */
  decrement(key: Bytes, options: CountOptions = {}): CounterResponse | undefined {
    const bytes = keyBytes(key);
    const entry = this.#cache.find(bytes);
    if (entry === undefined) {
      const created = this.#createCounter(bytes, options);
      if (created === undefined) this.counts.decrMisses++;
      return created;
    }
    const number = countable(entry, options.cas);
    const delta = options.delta ?? 1n;
    this.counts.decrHits++;
    return this.#count(bytes, entry, delta > number ? 0n : number - delta);
  }

  /**
   * Forgets all items that are stored before a time: seconds from now up to 30 days, Unix seconds beyond, 0 for at once. A flush that
   * is still to come is given up for the new one.
   */
  flush(delay = 0): void {
    this.counts.cmdFlush++;
    this.#cache.flush(delay === 0 ? 0 : expiryTime(delay, this.#clock));
  }

  /**
   * The statistics of a group, as memcached names them: the general ones, `settings`, `items`, `slabs`, `sizes`, and `detail on`,
   * `detail off` and `detail dump`, which count by the prefixes of keys. `undefined` for a group that is not known. The connections
   * are those of the server that asks.
   */
  stats(group = "", server: ServerStats = NO_SERVER): Statistic[] | undefined {
    if (group.startsWith("detail")) return this.#detail(group);
    if (group === "sizes") return sizeStats(this.#cache.entries(), this.#tuning.sizesSince);
    const { memoryLimit, itemSizeLimit, version, counts, verbosity } = this;
    const { size: items, bytes, oldest } = this.#cache;
    const now = this.#clock();
    const age = oldest === undefined ? 0 : Math.floor((now - oldest.storedAt) / 1000);
    return storeStats(group, {
      options: this.#options,
      tuning: this.#tuning,
      ...{ memoryLimit, itemSizeLimit, version, counts, verbosity, detailed: this.#detailed },
      ...{ items, bytes, age, now, server, startedAt: this.#startedAt },
    });
  }

  /** Begins to count anew; what is stored stays. */
  resetStats(): void {
    Object.assign(this.counts, new StoreCounts());
    this.#prefixes.clear();
  }

  #detail(group: string): Statistic[] | undefined {
    // As with other names, memcached does not look further than to the end of the word.
    if (group.startsWith("detail dump")) return [["detailed", this.#prefixes.dump()]];
    const on = group.startsWith("detail on");
    if (!on && !group.startsWith("detail off")) return undefined;
    this.#detailed = on;
    return [];
  }

  #read(key: Bytes): Entry | undefined {
    const bytes = keyBytes(key);
    const entry = this.#cache.find(bytes);
    if (this.#detailed) this.#prefixes.countGet(bytes, entry !== undefined);
    return entry;
  }

  #use(entry: Entry): Entry {
    entry.fetched = true;
    this.#cache.use(entry);
    return entry;
  }

  /** Looks at a write before it is known what it meets: memcached refuses what is too large first. */
  #begin(command: WriteCommand, key: Bytes, value: Bytes, options: StoreOptions): Write {
    const bytes = keyBytes(key);
    const pieces = [asBytes(value)];
    if (this.#detailed) this.#prefixes.countSet(bytes);
    const { flags = 0, expiry = 0, cas = 0n } = options;
    const refusal = this.#refusal(sizeOf(bytes, pieces, flags));
    if (refusal === undefined) this.counts.cmdSet++;
    return { command, key: bytes, pieces, flags, expiry, cas, refusal };
  }

  #refusal(size: number): StatusReply | undefined {
    if (size > this.itemSizeLimit) return TOO_LARGE;
    return size > this.memoryLimit ? OUT_OF_MEMORY : undefined;
  }

  /** Says that a write is refused, if anybody wants to know. */
  #refuse({ command, key, pieces, expiry, cas }: Write, reply: StatusReply): StatusReply {
    if (!this.#log.mutating) return reply;
    const expiresAt = expiry === 0 ? Infinity : expiryTime(expiry, this.#clock);
    const status = refusedAs(reply, cas !== 0n);
    const size = reply === TOO_LARGE || reply === OUT_OF_MEMORY ? 0 : lengthOf(pieces);
    this.#log.stored({ key, command: cas === 0n ? command : "cas", status, expiresAt, size });
    return reply;
  }

  #store(write: Write, old: Entry | undefined): Entry {
    const { key, pieces, flags, expiry, cas } = write;
    if (cas !== 0n) this.#checkCas(write, old);
    const expiresAt = expiry === 0 ? Infinity : expiryTime(expiry, this.#clock);
    return this.#put({ key, value: pieces, flags, expiresAt }, old, cas === 0n ? write.command : "cas");
  }

  #checkCas(write: Write, old: Entry | undefined): void {
    if (old === undefined) {
      this.counts.casMisses++;
      throw this.#refuse(write, NOT_FOUND);
    }
    if (old.cas !== write.cas) {
      this.counts.casBadval++;
      throw this.#refuse(write, EXISTS);
    }
    this.counts.casHits++;
  }

  #lengthen(write: Write, join: (old: Uint8Array, more: Uint8Array) => Uint8Array[]): Entry {
    const { command, key, pieces, cas, refusal } = write;
    if (refusal !== undefined) throw this.#refuse(write, refusal);
    const old = this.#cache.find(key);
    if (old === undefined) throw this.#refuse(write, NOT_STORED);
    if (cas !== 0n && cas !== old.cas) throw this.#refuse(write, EXISTS);
    const { flags, expiresAt } = old;
    const value = join(old.value, pieces[0]!);
    if (this.#refusal(sizeOf(key, value, flags)) !== undefined) throw this.#refuse(write, NOT_STORED);
    return this.#put({ key, value, flags, expiresAt }, old, command);
  }

  #put(item: NewItem, old: Entry | undefined, command: string): Entry {
    this.counts.totalItems++;
    const entry = this.#cache.put(item, old);
    if (this.#log.mutating) {
      const { key, expiresAt } = item;
      this.#log.stored({ key, command, status: "stored", expiresAt, size: entry.value.length });
    }
    return entry;
  }

  #createCounter(key: Uint8Array, { initial, expiry = 0 }: CountOptions): CounterResponse | undefined {
    if (initial === undefined || expiry === NO_CREATE) return undefined;
    const value = [utf8Encode(counterText(initial, 0))];
    const refusal = this.#refusal(sizeOf(key, value, 0));
    if (refusal !== undefined) throw refusal;
    const expiresAt = expiryTime(expiry, this.#clock);
    // memcached looks again whether it is still missing.
    if (this.#log.fetching) this.#log.fetched(key, undefined);
    const { cas } = this.#put({ key, value, flags: 0, expiresAt }, undefined, "add");
    return { value: initial, cas };
  }

  #count(key: Uint8Array, old: Entry, number: bigint): CounterResponse {
    const { flags, expiresAt } = old;
    const text = counterText(number, old.value.length);
    const value = [utf8Encode(text)];
    // memcached writes over the old value where it can, and has no new item then.
    if (text.length > old.value.length) this.counts.totalItems++;
    const entry = this.#cache.put({ key, value, flags, expiresAt }, old);
    if (text.length <= old.value.length) entry.inherit(old);
    return { value: number, cas: entry.cas };
  }
}
