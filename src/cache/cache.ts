import { delay } from "@std/async/delay";
import type { CallOptions } from "../connection/caller.ts";
import { type CacheClient, CacheEntries, type CacheEntry } from "./cache_entry.ts";
import {
  type CacheOptions,
  type CacheProblem,
  type CacheStats,
  checkFill,
  type FillOptions,
  type GetOrSetOptions,
  type LeaseOptions,
  type Load,
} from "./cache_options.ts";
import { Flights } from "./flights.ts";
import { Lease } from "./lease.ts";
import { NearCache } from "./near_cache.ts";
import { jsonTranscoder } from "./transcoder.ts";

/** A value in this process; what is known not to be there has none. */
interface Near<T> {
  readonly value: T | undefined;
}

/** What is being made: for which key, over what, and how. */
interface Filling<T> {
  readonly key: string;
  readonly load: Load<T>;
  readonly options: FillOptions;
  readonly found: CacheEntry<T> | undefined;
}

/** Stands before keys whose name at the server is not known, to tell them from all others. */
const UNNAMED = "\0";

const LEASE_TTL = 10;
const LEASE_POLL = 50;

/**
 * Values that are looked up at a server and made when they are not there: once for all who ask at the same time.
 *
 * - In one process, calls about one key share one lookup of the source; with `lease`, so do all processes.
 * - With `staleFor`, nobody waits for a value that is only past its time; with `early`, it is made anew before that.
 * - A value is written only over what was read: what was deleted or written meanwhile is not overwritten by something older. With
 *   `lease`, that is so for values that were not there, too.
 * - When the server fails, the value is made all the same, unless `onCacheError` says otherwise.
 *
 * Values are stored behind 16 bytes that say until when they are fresh. Values that others have stored bare are read as fresh.
 *
 * @example
 * ```ts
 * import { connect } from "@memwire/memwire";
 * import { Cache } from "@memwire/memwire/cache";
 * import { MemoryStore, Server } from "@memwire/memwire/server";
 * import { assertEquals } from "@std/assert";
 *
 * await using server = new Server();
 * new MemoryStore().register(server);
 * const { address } = await server.listen({ hostname: "127.0.0.1", port: 0 });
 * await using client = await connect(address);
 *
 * await using users = new Cache<{ name: string }>(client, { prefix: "user:", ttl: 60, staleFor: 30 });
 * const load = () => Promise.resolve({ name: "Ada" }); // from a database
 * const [ada, again] = await Promise.all([users.getOrSet("1", load), users.getOrSet("1", load)]);
 * assertEquals([ada?.name, again?.name, users.stats().loads], ["Ada", "Ada", 1]);
 * ```
 */
export class Cache<T> implements AsyncDisposable {
  readonly #client: CacheClient;
  readonly #entries: CacheEntries<T>;
  readonly #options: CacheOptions<T>;
  readonly #near: NearCache<Near<T>> | undefined;
  readonly #flights = new Flights<T | undefined>();
  readonly #clock: () => number;
  readonly #random: () => number;
  readonly #counts = {
    hits: 0,
    stale: 0,
    misses: 0,
    loads: 0,
    loadErrors: 0,
    refreshes: 0,
    cacheErrors: 0,
    leaseWaits: 0,
  };

  /** Counts what was written and deleted here, so that what was read before is not kept afterwards. */
  #changes = 0;

  /**
   * Makes a cache over a client, which stays open when the cache is closed.
   *
   * @throws {RangeError} If a time is negative or no number.
   */
  constructor(client: CacheClient, options: CacheOptions<T> = {}) {
    const { transcoder = jsonTranscoder<T>(), near = false, clock = Date.now, random = Math.random } = options;
    checkFill(options);
    this.#client = client;
    this.#options = options;
    this.#entries = new CacheEntries(client, transcoder);
    this.#near = near === false ? undefined : new NearCache(near === true ? {} : near);
    this.#clock = clock;
    this.#random = random;
  }

  /** What it has done. */
  stats(): CacheStats {
    return { ...this.#counts, ...(this.#near === undefined ? {} : { near: this.#near.stats() }) };
  }

  /** Reads a value, and does not make it; past its time it counts as not there. */
  async get(key: string, options: GetOrSetOptions = {}): Promise<T | undefined> {
    const name = await this.#nameIfKnown(key, options);
    if (name === undefined) return undefined;
    const near = this.#near?.get(name);
    if (near !== undefined) return near.value;
    const changes = this.#changes;
    const found = await this.#read(name, options);
    if (found === undefined || found.freshUntil <= this.#clock()) return undefined;
    this.#keepNear(name, found, changes);
    return found.value;
  }

  /** Writes a value, whatever is there. */
  async set(key: string, value: T, options: GetOrSetOptions = {}): Promise<void> {
    checkFill(options);
    const name = await this.#name(key, options);
    const { ttl, freshUntil } = this.#lifetime(options);
    const encoded = await this.#entries.encode({ value, freshUntil, cost: 0 });
    this.#forgetNear(name);
    await this.#entries.write(name, encoded, { ...this.#call(options), ttl, over: undefined });
    this.#forgetNear(name);
  }

  /** Deletes a value, here and at the server; with `lease`, what is being made of it elsewhere is not stored. */
  async delete(key: string, options: GetOrSetOptions = {}): Promise<boolean> {
    const name = await this.#name(key, options);
    const call = this.#call(options);
    this.#forgetNear(name);
    if (this.#lease(options) !== undefined) await Lease.revoke(this.#client, name, call);
    const deleted = await this.#client.delete(name, call);
    this.#forgetNear(name);
    return deleted;
  }

  /**
   * Reads a value, or makes it. Rejects with what `load` throws, with the reason of the signal, with a `TypeError` if the transcoder
   * cannot store the value, and with what the server says if `onCacheError` is `throw`.
   */
  async getOrSet(key: string, load: Load<T>, options: GetOrSetOptions = {}): Promise<T | undefined> {
    options.signal?.throwIfAborted();
    checkFill(options);
    const name = await this.#nameIfKnown(key, options);
    if (name === undefined) {
      this.#counts.misses++;
      const make = (signal: AbortSignal) => this.#load({ key, load, options, found: undefined }, { name: key, signal });
      return await this.#flights.join(UNNAMED + key, async (signal) => (await make(signal)).value, options.signal);
    }
    const near = this.#near?.get(name);
    if (near !== undefined) return near.value;
    const { early = 0, staleFor = 0 } = { ...this.#options, ...options };
    const changes = this.#changes;
    const found = await this.#read(name, options);
    const now = this.#clock();
    if (found !== undefined && now < found.freshUntil) {
      this.#counts.hits++;
      this.#keepNear(name, found, changes);
      if (this.#isDueEarly(found, now, early)) this.#refresh(name, { key, load, options, found });
      return found.value;
    }
    if (found !== undefined && now < found.freshUntil + staleFor * 1000) {
      this.#counts.stale++;
      this.#refresh(name, { key, load, options, found });
      return found.value;
    }
    this.#counts.misses++;
    const fill = (signal: AbortSignal) => this.#fill(name, { key, load, options, found }, signal);
    return await this.#flights.join(name, fill, options.signal);
  }

  /** Resolves when no value is being made any more, in the background or not. */
  idle(): Promise<void> {
    return this.#flights.idle();
  }

  /** Waits for what is being made; the client stays open. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.idle();
  }

  #isDueEarly({ freshUntil, cost }: CacheEntry<T>, now: number, early: number): boolean {
    if (early <= 0) return false;
    // Exponentially distributed: as if each reader threw dice of which few in the time that it takes to make the value come up.
    return now - cost * early * Math.log(1 - this.#random()) >= freshUntil;
  }

  /** Makes a new value in the background, unless one is being made. */
  #refresh(name: string, filling: Filling<T>): void {
    if (this.#flights.has(name)) return;
    this.#counts.refreshes++;
    // Nobody waits for it here; who finds nothing meanwhile does, and is told what went wrong.
    this.#flights.join(name, (signal) => this.#fill(name, filling, signal))
      .catch((error) => this.#report({ attempt: "refresh", key: name, error }));
  }

  async #fill(name: string, filling: Filling<T>, signal: AbortSignal): Promise<T | undefined> {
    const settings = this.#lease(filling.options);
    if (settings === undefined) return await this.#make(name, filling, { signal });
    const turn = await this.#turn(name, filling, settings, signal);
    if (turn === undefined) return await this.#make(name, filling, { signal });
    if (!(turn instanceof Lease)) return turn.value;
    try {
      return await this.#make(name, filling, { signal, lease: turn });
    } finally {
      await this.#giveBack(name, turn, filling.options);
    }
  }

  /** Takes the turn to make a value, or waits until another process has written it; gives nothing when that takes too long. */
  async #turn(
    name: string,
    { options, found }: Filling<T>,
    { ttl = LEASE_TTL, wait = ttl * 1000, poll = LEASE_POLL }: LeaseOptions,
    signal: AbortSignal,
  ): Promise<Lease | Near<T> | undefined> {
    const pause = this.#options.delay ?? delay;
    const until = this.#clock() + wait;
    const newer = async () => {
      const other = await this.#read(name, { ...options, signal });
      return other === undefined || other.broken !== undefined || other.cas === found?.cas ? undefined : other;
    };
    for (let waited = 0, looks = 0;; looks++) {
      let lease: Lease | undefined;
      try {
        lease = await Lease.take(this.#client, name, { ...this.#call({ ...options, signal }), ttl });
      } catch (error) {
        if (signal.aborted) throw error;
        this.#fail({ attempt: "lease", key: name, error });
        return undefined;
      }
      // Who had the turn before may have written the value at the last moment.
      const last = lease === undefined || looks === 0 ? undefined : await newer();
      if (lease !== undefined && last === undefined) return lease;
      if (lease !== undefined) await this.#giveBack(name, lease, options);
      if (last !== undefined) return last;
      if (looks === 0) this.#counts.leaseWaits++;
      // Both, as the clock may be set back.
      if (waited >= wait || this.#clock() >= until) return undefined;
      const ms = poll * (0.5 + this.#random());
      await pause(ms, { signal });
      waited += ms;
      const other = await newer();
      if (other !== undefined) return other;
    }
  }

  /** Gives a turn back, also when whoever took it has given up: not with that one's signal. */
  #giveBack(name: string, lease: Lease, { timeout }: GetOrSetOptions): Promise<void> {
    return this.#tryCall("lease", name, () => lease.release(this.#call(timeout === undefined ? {} : { timeout })));
  }

  /** Makes a value and writes it over what was read. */
  async #make(
    name: string,
    filling: Filling<T>,
    { signal, lease }: { readonly signal: AbortSignal; readonly lease?: Lease },
  ): Promise<T | undefined> {
    const { options, found } = filling;
    const began = this.#clock();
    const { value, made } = await this.#load(filling, { name, signal });
    const { missTtl = 0 } = { ...this.#options, ...options };
    if (!made || (value === undefined && missTtl === 0)) return value;
    const { ttl, freshUntil } = value === undefined
      ? this.#lifetime({ ttl: missTtl, staleFor: 0 })
      : this.#lifetime(options);
    const encoded = await this.#entries.encode({ value, freshUntil, cost: this.#clock() - began });
    const changes = this.#changes;
    await this.#tryCall("write", name, async () => {
      const call = this.#call({ ...options, signal });
      if (lease !== undefined && !await lease.isHeld(call)) return;
      const written = await this.#entries.write(name, encoded, { ...call, ttl, over: found?.cas ?? 0n });
      if (written) this.#keepNear(name, { value, freshUntil, size: encoded.bytes.length }, changes);
    });
    return value;
  }

  /** Makes a value, or gives the old one when that fails and is wanted. */
  async #load(
    { key, load, options, found }: Filling<T>,
    { name, signal }: { readonly name: string; readonly signal: AbortSignal },
  ): Promise<{ readonly value: T | undefined; readonly made: boolean }> {
    try {
      this.#counts.loads++;
      const previous = found?.value === undefined ? {} : { previous: found.value };
      return { value: await load({ key, signal, ...previous }), made: true };
    } catch (error) {
      this.#counts.loadErrors++;
      const usable = found !== undefined && found.broken === undefined &&
        (options.staleIfError ?? this.#options.staleIfError) === true;
      if (!usable || signal.aborted) throw error;
      this.#report({ attempt: "refresh", key: name, error });
      return { value: found.value, made: false };
    }
  }

  /** For how many seconds the server keeps a value, and until when it is fresh. */
  #lifetime(options: Pick<FillOptions, "ttl" | "staleFor">): { readonly ttl: number; readonly freshUntil: number } {
    const { ttl = 0, staleFor = 0 } = { ...this.#options, ...options };
    if (ttl === 0) return { ttl, freshUntil: Infinity };
    return { ttl: ttl + staleFor, freshUntil: this.#clock() + ttl * 1000 };
  }

  async #read(name: string, options: GetOrSetOptions): Promise<CacheEntry<T> | undefined> {
    let entry: CacheEntry<T> | undefined;
    try {
      entry = await this.#entries.read(name, this.#call(options));
    } catch (error) {
      if (options.signal?.aborted) throw error;
      this.#fail({ attempt: "read", key: name, error });
      return undefined;
    }
    if (entry?.broken !== undefined) this.#fail({ attempt: "read", key: name, error: entry.broken.reason });
    return entry;
  }

  async #tryCall(attempt: CacheProblem["attempt"], key: string, call: () => Promise<void>): Promise<void> {
    try {
      await call();
    } catch (error) {
      this.#fail({ attempt, key, error });
    }
  }

  /** Does without the server, or not. */
  #fail(problem: CacheProblem): void {
    this.#counts.cacheErrors++;
    if (this.#options.onCacheError === "throw") throw problem.error;
    this.#report(problem);
  }

  #report(problem: CacheProblem): void {
    try {
      this.#options.report?.(problem);
    } catch {
      // Whoever is told must not be able to break the cache.
    }
  }

  /** Keeps a value here that was read when there had been so many changes. */
  #keepNear(name: string, entry: Pick<CacheEntry<T>, "value" | "freshUntil" | "size">, changes: number): void {
    if (changes !== this.#changes) return;
    this.#near?.set(name, { value: entry.value }, entry.size, entry.freshUntil - this.#clock());
  }

  #forgetNear(name: string): void {
    this.#changes++;
    this.#near?.delete(name);
  }

  #lease(options: FillOptions): LeaseOptions | undefined {
    const lease = options.lease ?? this.#options.lease ?? false;
    if (lease === false) return undefined;
    return lease === true ? {} : lease;
  }

  #call({ timeout = this.#options.timeout, signal }: GetOrSetOptions): CallOptions {
    return { ...(timeout === undefined ? {} : { timeout }), ...(signal === undefined ? {} : { signal }) };
  }

  /** The key at the server; nothing if the generation of the namespace cannot be read, which is done without. */
  async #nameIfKnown(key: string, options: GetOrSetOptions): Promise<string | undefined> {
    try {
      return await this.#name(key, options);
    } catch (error) {
      if (options.signal?.aborted) throw error;
      this.#fail({ attempt: "read", key, error });
      return undefined;
    }
  }

  /** The key at the server. */
  async #name(key: string, options: GetOrSetOptions): Promise<string> {
    const { prefix = "", namespace } = this.#options;
    return prefix + (namespace === undefined ? key : await namespace.key(key, this.#call(options)));
  }
}
