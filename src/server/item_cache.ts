import type { EventLog } from "./event_log.ts";
import { ItemTable } from "./item_table.ts";
import type { StoreCounts } from "./store_counts.ts";
import type { Entry } from "./stored_item.ts";

/** How an {@linkcode ItemCache} is set. */
export interface ItemCacheOptions {
  /** The time in milliseconds since 1970. */
  readonly clock: () => number;
  /** How many bytes all items may take. */
  readonly memoryLimit: number;
  /** Where is counted what came and went. */
  readonly counts: StoreCounts;
  /** Who is told. */
  readonly log: EventLog;
}

/** What an item is written as. */
export interface NewItem {
  /** The key; it is copied. */
  readonly key: Uint8Array;
  /** The value, of one or two pieces; it is copied. */
  readonly value: readonly Uint8Array[];
  /** The 32 bits stored with it. */
  readonly flags: number;
  /** When it is gone, in milliseconds since 1970; `Infinity` for never. */
  readonly expiresAt: number;
}

/**
 * Items that come and go: what has expired or was flushed is not found, and what has not been used for longest makes room.
 *
 * Nothing runs by itself: items go when they are met. The clock is only read when a time is at stake.
 */
export class ItemCache {
  /** How many bytes all items may take; a lower limit counts from the next write on. */
  memoryLimit: number;

  readonly #clock: () => number;
  readonly #counts: StoreCounts;
  readonly #log: EventLog;
  readonly #table = new ItemTable();
  #cas = 0n;
  /** When all items are to go. */
  #flushAt = Infinity;

  /** Makes an empty cache. */
  constructor(options: ItemCacheOptions) {
    this.#clock = options.clock;
    this.#log = options.log;
    this.memoryLimit = options.memoryLimit;
    this.#counts = options.counts;
  }

  /** How many items there are; those that have expired count until they are met. */
  get size(): number {
    this.#flushIfDue();
    return this.#table.count;
  }

  /** What they take, in bytes as memcached counts them. */
  get bytes(): number {
    this.#flushIfDue();
    return this.#table.bytes;
  }

  /** The last version that was given. */
  get lastCas(): bigint {
    return this.#cas;
  }

  /** The item that has not been used for longest. */
  get oldest(): Entry | undefined {
    this.#flushIfDue();
    return this.#table.oldest;
  }

  /** Finds an item, and says so to those who watch. */
  find(key: Uint8Array): Entry | undefined {
    if (this.#flushAt !== Infinity) this.#flushIfDue();
    const entry = this.#table.find(key);
    if (entry === undefined || entry.expiresAt === Infinity || entry.expiresAt > this.#clock()) {
      if (this.#log.fetching) this.#log.fetched(key, entry);
      return entry;
    }
    this.#counts.getExpired++;
    this.#table.remove(entry);
    if (this.#log.fetching) this.#log.fetched(key, undefined, "expired");
    return undefined;
  }

  /** Finds an item without a word to anybody. */
  peek(key: Uint8Array): Entry | undefined {
    this.#flushIfDue();
    const entry = this.#table.find(key);
    return entry === undefined || entry.expiresAt > this.#clock() ? entry : undefined;
  }

  /** Takes out what has expired; returns how many items that were. */
  reclaim(): number {
    const now = this.#clock();
    const expired = this.entries().filter(({ expiresAt }) => expiresAt <= now);
    for (const entry of expired) this.#table.remove(entry);
    return expired.length;
  }

  /** Says that an item was used just now. */
  use(entry: Entry): void {
    this.#table.use(entry);
  }

  /** Puts an item in the place of the one with the same key, if there is one, and makes room for it. */
  put(item: NewItem, old: Entry | undefined): Entry {
    if (old !== undefined) this.#table.remove(old);
    const { key, value, flags, expiresAt } = item;
    const entry = this.#table.add({ key, value, flags, expiresAt, cas: ++this.#cas, storedAt: this.#clock() });
    this.#makeRoom(entry);
    return entry;
  }

  /** Gives an item the next version. */
  renew(entry: Entry): void {
    entry.cas = ++this.#cas;
  }

  /** All items as they are now, the one not used for longest first; some may have expired. */
  entries(): Entry[] {
    this.#flushIfDue();
    return this.#table.entries();
  }

  /** Takes an item out. */
  remove(entry: Entry): void {
    this.#table.remove(entry);
  }

  /** Takes all items out that are stored before a time, in milliseconds since 1970; forgets about another such time. */
  flush(at: number): void {
    this.#flushIfDue();
    this.#flushAt = at;
    this.#flushIfDue();
  }

  #flushIfDue(): void {
    if (this.#flushAt === Infinity || this.#flushAt > this.#clock()) return;
    this.#flushAt = Infinity;
    this.#table.clear();
  }

  /** Lets those go that have not been used for longest: what has expired always, other items while there are too many bytes. */
  #makeRoom(latest: Entry): void {
    const table = this.#table;
    for (let entry = table.oldest!; entry !== latest; entry = table.oldest!) {
      if (entry.expiresAt <= latest.storedAt) {
        this.#counts.reclaimed++;
        if (!entry.fetched) this.#counts.expiredUnfetched++;
        table.remove(entry);
      } else if (table.bytes > this.memoryLimit) {
        this.#counts.evictions++;
        if (!entry.fetched) this.#counts.evictedUnfetched++;
        if (entry.expiresAt !== Infinity) this.#counts.evictedNonzero++;
        if (this.#log.evicting) this.#log.evicted(entry);
        table.remove(entry);
      } else {
        break;
      }
    }
  }
}
