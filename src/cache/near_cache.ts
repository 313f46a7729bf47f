/** How much a {@linkcode NearCache} keeps, and for how long. */
export interface NearCacheOptions {
  /** How many entries at the most; 1000 by default. */
  readonly maxEntries?: number;
  /** How many bytes at the most, keys and what `sizeOf` says; 16 MiB by default. */
  readonly maxBytes?: number;
  /** How long an entry is good for, in milliseconds; 1000 by default. Others' writes are not seen for so long. */
  readonly ttl?: number;
  /** Milliseconds on a clock that never goes back; that of the runtime by default. */
  readonly clock?: () => number;
}

/** What a {@linkcode NearCache} has seen. */
export interface NearCacheStats {
  /** How many entries there are. */
  readonly entries: number;
  /** How many bytes they count for. */
  readonly bytes: number;
  /** Lookups that found a good entry. */
  readonly hits: number;
  /** Lookups that found none. */
  readonly misses: number;
  /** Entries that had to go for others. */
  readonly evictions: number;
}

interface Entry<V> {
  readonly value: V;
  readonly size: number;
  readonly until: number;
}

/** What an entry takes beside its key and its value, about. */
const OVERHEAD = 64;

/**
 * Keeps values in this process, no more than so many entries and bytes, for a short while: what was not used for the longest time
 * goes first.
 *
 * @example
 * ```ts
 * import { NearCache } from "@memwire/memwire/cache";
 * import { assertEquals } from "@std/assert";
 *
 * const near = new NearCache<string>({ maxEntries: 2, ttl: 1000 });
 * for (const name of ["a", "b", "c"]) near.set(name, name.toUpperCase(), 1);
 * assertEquals([near.get("a"), near.get("c")], [undefined, "C"]);
 * assertEquals(near.stats().evictions, 1);
 * ```
 */
export class NearCache<V> {
  readonly #maxEntries: number;
  readonly #maxBytes: number;
  readonly #ttl: number;
  readonly #clock: () => number;
  /** A map keeps the order of insertion; what is used is inserted again. */
  readonly #entries = new Map<string, Entry<V>>();
  #bytes = 0;
  #hits = 0;
  #misses = 0;
  #evictions = 0;

  /**
   * Makes an empty one.
   *
   * @throws {RangeError} If a limit is negative or no number.
   */
  constructor(options: NearCacheOptions = {}) {
    const { maxEntries = 1000, maxBytes = 16 * 1024 * 1024, ttl = 1000, clock = () => performance.now() } = options;
    for (const [name, limit] of Object.entries({ maxEntries, maxBytes, ttl })) {
      if (!(limit >= 0)) throw new RangeError(`Cannot use ${name} of ${limit}: it is 0 or more`);
    }
    this.#maxEntries = maxEntries;
    this.#maxBytes = maxBytes;
    this.#ttl = ttl;
    this.#clock = clock;
  }

  /** The value of a key, if it is there and still good. */
  get(key: string): V | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined || entry.until <= this.#clock()) {
      if (entry !== undefined) this.delete(key);
      this.#misses++;
      return undefined;
    }
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    this.#hits++;
    return entry.value;
  }

  /** Keeps a value of so many bytes, for `ttl` milliseconds if that is shorter than for all; one that is too large is not kept. */
  set(key: string, value: V, bytes: number, ttl: number = Infinity): void {
    this.delete(key);
    const size = OVERHEAD + key.length * 2 + bytes;
    const lifetime = Math.min(this.#ttl, ttl);
    if (size > this.#maxBytes || this.#maxEntries < 1 || !(lifetime > 0)) return;
    this.#entries.set(key, { value, size, until: this.#clock() + lifetime });
    this.#bytes += size;
    while (this.#entries.size > this.#maxEntries || this.#bytes > this.#maxBytes) {
      this.#evictions++;
      this.delete(this.#entries.keys().next().value!);
    }
  }

  /** Forgets a key; returns whether it was there. */
  delete(key: string): boolean {
    const entry = this.#entries.get(key);
    if (entry === undefined) return false;
    this.#bytes -= entry.size;
    return this.#entries.delete(key);
  }

  /** Forgets everything. */
  clear(): void {
    this.#entries.clear();
    this.#bytes = 0;
  }

  /** What it has seen. */
  stats(): NearCacheStats {
    return {
      entries: this.#entries.size,
      bytes: this.#bytes,
      hits: this.#hits,
      misses: this.#misses,
      evictions: this.#evictions,
    };
  }
}
