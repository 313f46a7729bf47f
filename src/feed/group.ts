/** Members that share vbuckets by leases. */
import type { StoredRecord } from "./checkpoint_record.ts";
import { GroupError, LeaseLostError } from "./group_error.ts";
import { type Holding, Holdings, Witness } from "./group_holdings.ts";
import type { GroupHandlers, GroupOptions, Membership } from "./group_options.ts";
import { emptyTable, formatTable, type GroupTable, parseTable, planTable, type TablePlan } from "./group_table.ts";
import { type FeedClock, pause, SYSTEM_CLOCK } from "./process_clock.ts";
import { deferred } from "./process_deferred.ts";

const VBUCKETS = 1024;
const LEASE = 15_000;
const REBALANCE_DELAY = 5000;
/** The longest pause after another member was quicker, in ms. */
const CONTENTION = 50;

/**
 * A member of a group; {@linkcode joinGroup} makes it.
 *
 * - No two members hold one vbucket at a time: who cannot renew its lease gives up its vbuckets by its own clock before the others
 *   may take them by theirs. No two clocks are compared.
 * - A vbucket changes hands only when its member has let go of it, or has not been heard of for `leaseMs`.
 */
export class Group implements Membership, AsyncDisposable {
  readonly #options: GroupOptions;
  readonly #handlers: GroupHandlers;
  readonly #clock: FeedClock;
  readonly #id: string;
  readonly #empty: GroupTable;
  readonly #times: { readonly lease: number; readonly safety: number; readonly renew: number; readonly delay: number };
  readonly #holdings = new Holdings();
  readonly #witness: Witness;
  readonly #joined = deferred<void>();
  readonly #closed = deferred<void>();
  #beat = 0;
  #leaving = false;
  #over = false;
  #lastError: unknown;
  #stableIn = 0;
  /** Whether it is in the table, as far as it knows. */
  #listed = false;
  /** What has gone wrong in a handler: the reason to leave. */
  #failure: { readonly error: unknown } | undefined;
  #stopExpiry: (() => void) | undefined;
  /** Ends the pause between two looks at the table. */
  #kick = new AbortController();

  /** Made by {@linkcode joinGroup}. */
  constructor(options: GroupOptions, handlers: GroupHandlers) {
    const { leaseMs: lease = LEASE, name, member, vbuckets = VBUCKETS } = options;
    const { safetyMs: safety = lease / 3, renewMs: renew = lease / 5, rebalanceDelayMs: delay = REBALANCE_DELAY } =
      options;
    if (!(lease > 0 && safety > 0 && renew > 0 && delay >= 0 && renew + safety < lease)) {
      throw new RangeError(
        `Cannot join a group with leaseMs ${lease}, safetyMs ${safety}, renewMs ${renew} and rebalanceDelayMs ${delay}: ` +
          "a lease must be longer than what lies between two renewals and the safety together",
      );
    }
    this.#options = options;
    this.#handlers = handlers;
    this.#clock = options.clock ?? SYSTEM_CLOCK;
    this.#times = { lease, safety, renew, delay };
    this.#witness = new Witness(lease);
    this.#empty = emptyTable(name, vbuckets);
    // Two members of one name, or one that comes again, must not be taken for each other.
    const unique = crypto.randomUUID();
    this.#id = member === undefined ? unique : `${member} ${unique}`;
  }

  /** Settles when the member has left; rejects with what a handler threw, or when the others cannot be told. */
  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  /** What the group knows this member by. */
  get id(): string {
    return this.#id;
  }

  /** The vbuckets that the member may work on at this moment, ascending. */
  get vbuckets(): number[] {
    return this.#holdings.in("held", "draining").filter((vbucket) => this.holds(vbucket)).sort((a, b) => a - b);
  }

  /** Whether a vbucket may be worked on at this moment; false as soon as the lease is over, even if no timer could run. */
  holds(vbucket: number): boolean {
    return this.#holdings.holds(vbucket, this.#clock.now());
  }

  /** The number that fences off earlier owners of a vbucket; `undefined` if the member may not work on it. */
  epoch(vbucket: number): number | undefined {
    return this.holds(vbucket) ? this.#holdings.all.get(vbucket)?.epoch : undefined;
  }

  /** Joins; the promise is that of the first look at the table. */
  start(): Promise<void> {
    const { signal } = this.#options;
    const leave = () => void this.leave().catch(() => {}); // Whoever waits for `closed` is told.
    signal?.addEventListener("abort", leave);
    this.#run().then(this.#closed.resolve, this.#closed.reject).finally(() => {
      this.#over = true;
      this.#stopExpiry?.();
      signal?.removeEventListener("abort", leave);
    });
    if (signal?.aborted) leave();
    return this.#joined.promise;
  }

  /** Gives all vbuckets back, each once its handler is done with it, then leaves. The same promise as `closed`. */
  leave(): Promise<void> {
    this.#leaving = true;
    this.#revoke(this.#holdings.in("held"));
    this.#kick.abort();
    return this.closed;
  }

  /** The same as {@linkcode Group.leave}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.leave();
  }

  async #run(): Promise<void> {
    let wait = 0;
    let entered = false;
    while (true) {
      if (wait > 0) await pause(this.#clock, wait, this.#kick.signal);
      // Whoever wants a look at the table from here on gets another one behind this.
      this.#kick = new AbortController();
      const last = this.#leaving && this.#holdings.all.size === this.#holdings.in("drained").length;
      const error = await this.#turn(last).then((held) => {
        wait = held ? this.#untilNextTurn() : 1 + this.#clock.random() * CONTENTION;
        if (held && last) this.#over = true;
        if (held && !entered) this.#joined.resolve();
        entered ||= held;
        return undefined;
      }, (error) => ({ error }));
      if (this.#over) break;
      if (error === undefined) continue;
      this.#lastError = error.error;
      this.#options.onError?.(error.error);
      if (!entered) {
        this.#joined.reject(error.error);
        return;
      }
      if (last && this.#clock.now() >= this.#holdings.until) {
        throw this.#failure?.error ?? this.#cannotTell(error.error);
      }
      wait = (0.5 + this.#clock.random()) * this.#times.renew / 3;
    }
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /** Looks at the table and changes it; `false` when another was quicker. */
  async #turn(last: boolean): Promise<boolean> {
    const started = this.#clock.now();
    this.#loseIfOver(started);
    const { store } = this.#options;
    const stored: StoredRecord | undefined = await store.read();
    const table = parseTable(stored?.text, this.#empty);
    const now = this.#clock.now();
    const dead = this.#witness.look(table.members, now);
    dead.delete(this.#id);
    const alive = [...new Set([...Object.keys(table.members), this.#id])].filter((member) => !dead.has(member));
    const missed = this.#misses(stored, table, now) ? Date.now() : table.forgotten;
    const forgotten = this.#witness.forgotten(missed, now);
    const plan = planTable(table, {
      id: this.#id,
      beat: ++this.#beat,
      dead,
      held: new Set(this.#holdings.all.keys()),
      drained: new Set(this.#holdings.in("drained")),
      draining: new Set(this.#holdings.in("draining", "drained")),
      stable: this.#untilStable(alive, now) <= 0 && forgotten === undefined && !this.#leaving,
      leaving: last,
      leastEpoch: Date.now(),
      forgotten,
    });
    const drained = [...this.#holdings.all].filter(([, { state }]) => state === "drained");
    this.#lose(plan.gone, "another member has it by the table");
    if (!await store.write(formatTable(plan.table), stored?.version)) return false;
    this.#lastError = undefined;
    this.#listed = true;
    for (const [vbucket, holding] of drained) {
      if (this.#holdings.all.get(vbucket) === holding) this.#holdings.all.delete(vbucket);
    }
    this.#follow(plan, started);
    return true;
  }

  /** Whether the store has forgotten a table that this member was in: no other takes it out before its lease is over. */
  #misses(stored: StoredRecord | undefined, { members }: GroupTable, now: number): boolean {
    if (!this.#listed || this.#leaving) return false;
    return stored === undefined || (!(this.#id in members) && now < this.#holdings.until);
  }

  /** For how long the members have to be these still before vbuckets change hands. */
  #untilStable(alive: readonly string[], now: number): number {
    return this.#stableIn = this.#times.delay - this.#witness.sameFor(alive, now);
  }

  #untilNextTurn(): number {
    const { renew } = this.#times;
    return this.#stableIn > 0 ? Math.min(renew, this.#stableIn + 1) : renew;
  }

  /** The table says so now: the lease is longer, and what was taken is ours. */
  #follow(plan: TablePlan, started: number): void {
    const { lease, safety } = this.#times;
    const until = started + lease - safety;
    const now = this.#clock.now();
    // What was over for a moment was perhaps left undone in it: it must not come to life again, though it is ours by the table.
    this.#loseIfOver(now);
    // So late that nobody may rely on it: what we took is not begun, and will be given back.
    if (now >= until) return;
    this.#holdings.until = until;
    this.#stopExpiry?.();
    this.#stopExpiry = this.#clock.after(until - now, () => this.#expire());
    if (this.#leaving) return;
    if (plan.taken.size > 0) this.#assign(plan.taken);
    this.#revoke(plan.surplus);
  }

  #expire(): void {
    // Timers may be early by a fraction of their unit.
    const left = this.#holdings.until - this.#clock.now();
    if (left > 0) this.#stopExpiry = this.#clock.after(left, () => this.#expire());
    else this.#loseIfOver(this.#clock.now());
  }

  #loseIfOver(now: number): void {
    if (now < this.#holdings.until || this.#holdings.all.size === 0) return;
    this.#lose(this.#holdings.all.keys(), "the lease could not be renewed in time");
    this.#kick.abort();
  }

  #assign(taken: ReadonlyMap<number, number>): void {
    const fresh = [...taken].map(([vbucket, epoch]): [number, Holding] => {
      return [vbucket, { epoch, ready: Promise.resolve(), state: "held" }];
    });
    for (const [vbucket, holding] of fresh) this.#holdings.all.set(vbucket, holding);
    const ready = this.#told(() => this.#handlers.assigned(taken));
    for (const [, holding] of fresh) holding.ready = ready;
  }

  #revoke(vbuckets: readonly number[]): void {
    const draining: [number, Holding][] = [];
    for (const vbucket of vbuckets) {
      const holding = this.#holdings.all.get(vbucket);
      if (holding?.state !== "held") continue;
      holding.state = "draining";
      draining.push([vbucket, holding]);
    }
    if (draining.length === 0) return;
    const ready = Promise.all(draining.map(([, holding]) => holding.ready));
    void this.#told(async () => {
      await ready;
      // Some may have been lost while the handler was at it still; they were told of that.
      const still = draining.filter(([vbucket, holding]) => this.#holdings.all.get(vbucket) === holding);
      if (still.length > 0) await this.#handlers.revoked(still.map(([vbucket]) => vbucket));
      for (const [, holding] of still) holding.state = "drained";
      this.#kick.abort();
    });
  }

  #lose(vbuckets: Iterable<number>, why: string): void {
    const lost = this.#holdings.remove(vbuckets);
    if (lost.length === 0) return;
    const reason = new LeaseLostError(`Lost ${lost.length} vbuckets of the group ${this.#options.name}: ${why}`, {
      cause: this.#lastError,
    });
    void this.#told(() => this.#handlers.lost(lost, reason));
  }

  /** Calls a handler. What it throws ends the membership: nobody would know what it works on. */
  async #told(run: () => void | Promise<void>): Promise<void> {
    try {
      await run();
    } catch (error) {
      this.#failure ??= { error };
      this.#leaving = true;
      const all = [...this.#holdings.all.keys()];
      const reason = new LeaseLostError("Left the group, because a handler has failed", { cause: error });
      const lost = this.#holdings.remove(all);
      this.#kick.abort();
      try {
        if (lost.length > 0) this.#handlers.lost(lost, reason);
      } catch {
        // The first failure is the one that `closed` tells of.
      }
    }
  }

  #cannotTell(cause: unknown): GroupError {
    return new GroupError(
      `Cannot tell the group ${
        JSON.stringify(this.#options.name)
      } that ${this.#id} has left; the others will see it when its ` +
        `lease of ${this.#times.lease} ms is over`,
      { cause },
    );
  }
}

/**
 * Joins a group whose members share vbuckets evenly, and tell each other by a table in a store with compare and set.
 *
 * A member that comes or goes has the others share anew after `rebalanceDelayMs`; a vbucket that moves is first let go by its
 * member. What a member had that was killed goes to the others `leaseMs` after it was last heard of.
 *
 * When the store forgets the table, as a memcached that is restarted, the members share anew `leaseMs` later. Only one that joins
 * just then, before any of them has looked, cannot know of them: with such a store let `rebalanceDelayMs` be `leaseMs` or more.
 *
 * @param options Where the members meet, and how long they may be silent.
 * @param handlers What to do with vbuckets that come and go. What one of them throws ends the membership.
 * @returns The member, once it is in the table. It has no vbuckets yet.
 * @throws {GroupError} If the store holds the table of another group, or one of another number of vbuckets.
 * @throws What the store fails with at the first look.
 *
 * @example
 * ```ts
 * import { joinGroup, MemoryRecord } from "@memwire/memwire/dcp";
 * import { assertEquals } from "@std/assert";
 *
 * const store = new MemoryRecord(); // an ItemRecord or KvRecord for members on many machines
 * const { promise, resolve } = Promise.withResolvers<ReadonlyMap<number, number>>();
 * const group = await joinGroup({ store, name: "billing", vbuckets: 16, rebalanceDelayMs: 0 }, {
 *   assigned: resolve, // begin to work on these
 *   revoked: async () => {}, // end it and save where it has got to
 *   lost: () => {}, // drop it at once
 * });
 * assertEquals((await promise).size, 16); // alone in the group: all of them
 * await group.leave();
 * ```
 */
export async function joinGroup(options: GroupOptions, handlers: GroupHandlers): Promise<Group> {
  const group = new Group(options, handlers);
  await group.start();
  return group;
}
