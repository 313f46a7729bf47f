/** Groups under joins, leaves, pauses, kills and failing stores: no two members ever hold one vbucket. */
import { assert, assertEquals } from "@std/assert";
import {
  type FeedClock,
  type Group,
  joinGroup,
  MemoryRecord,
  type RecordStore,
  type StoredRecord,
} from "../../src/dcp.ts";
import { ModelClock, settled } from "../support/model_clock.ts";
import { type Random, withRandom } from "../support/random.ts";
import { test } from "../support/test.ts";

const VBUCKETS = 12;
const STEPS = 3000;
const LEASE = 1000;
/** The clocks of two members differ by at most this; the safety is for as much and no more. */
const DRIFT = 0.05;
const SAFETY = LEASE * DRIFT * 1.1;
/** So often that others notice the end of a lease at once. */
const RENEWAL = 40;

/** A process that can be paused and killed: nothing of it runs then, and what was due runs when it goes on. */
class Process implements FeedClock {
  killed = false;
  #paused = false;
  readonly #due: (() => void)[] = [];
  readonly #clock: ModelClock;
  readonly #rate: number;
  readonly #offset: number;
  readonly #random: Random;

  constructor(clock: ModelClock, random: Random) {
    this.#clock = clock;
    this.#random = random;
    this.#rate = 1 + (random.int(2001) / 1000 - 1) * DRIFT / 2;
    this.#offset = random.int(1_000_000);
  }

  now(): number {
    return this.#clock.time * this.#rate + this.#offset;
  }

  after(ms: number, run: () => void): () => void {
    let stopped = false;
    const stop = this.#clock.after(ms / this.#rate, () => this.enter(() => stopped || run()));
    return () => {
      stopped = true;
      stop();
    };
  }

  random(): number {
    return this.#random.next() / 2 ** 32;
  }

  /** Runs something in the process: later when it is paused, never when it was killed. */
  enter(run: () => void): void {
    if (this.killed) return;
    if (this.#paused) this.#due.push(run);
    else run();
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    // Not in the order of their times: a runtime that wakes up promises none.
    while (this.#due.length > 0) this.#due.splice(this.#random.int(this.#due.length), 1)[0]!();
  }
}

/** The way of one process to the store: slow, and at times it fails, before the store was reached or behind it. */
class Way implements RecordStore<number> {
  /** Whether anything goes wrong. */
  static faults = true;
  readonly #record: MemoryRecord;
  readonly #clock: ModelClock;
  readonly #process: Process;
  readonly #random: Random;
  /** Whether the process cannot reach the store. */
  cut = false;

  constructor(record: MemoryRecord, clock: ModelClock, process: Process, random: Random) {
    this.#record = record;
    this.#clock = clock;
    this.#process = process;
    this.#random = random;
  }

  read(): Promise<StoredRecord<number> | undefined> {
    return this.#go(() => this.#record.read());
  }

  write(text: string, over: number | undefined): Promise<boolean> {
    return this.#go(() => this.#record.write(text, over));
  }

  #go<T>(run: () => Promise<T>): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const fault = Way.faults ? this.#random.int(12) : 99;
    const answer = (settle: () => void) => this.#clock.after(this.#delay(), () => this.#process.enter(settle));
    const failed = () => reject(new Error("the store is away"));
    if (this.cut || fault === 0) answer(failed);
    // The store is reached, soon or long after the caller was told that it was not.
    if (fault === 1) answer(failed);
    if (!this.cut && fault > 0) {
      this.#clock.after(fault === 1 ? this.#delay() * 20 : this.#delay(), async () => {
        const value = await run();
        answer(() => resolve(value));
      });
    }
    return promise;
  }

  #delay(): number {
    if (!Way.faults) return this.#random.int(3);
    return this.#random.int(20) === 0 ? this.#random.int(LEASE) : this.#random.int(20);
  }
}

/** A member and what it works on. */
class Member {
  readonly process: Process;
  readonly way: Way;
  readonly name: string;
  /** What it was told to work on, with the epoch. */
  readonly working = new Map<number, number>();
  group: Group | undefined;
  gone = false;

  constructor(name: string, world: World) {
    this.name = name;
    this.process = new Process(world.clock, world.random);
    this.way = new Way(world.record, world.clock, this.process, world.random);
    joinGroup({
      store: this.way,
      name: "simulated",
      member: name,
      vbuckets: VBUCKETS,
      leaseMs: LEASE,
      safetyMs: SAFETY,
      renewMs: RENEWAL,
      rebalanceDelayMs: world.rebalanceDelayMs,
      clock: this.process,
    }, {
      assigned: async (vbuckets) => {
        await this.#takesTime(world);
        for (const [vbucket, epoch] of vbuckets) {
          if (this.group?.epoch(vbucket) !== epoch) continue;
          world.expect(epoch > (world.epochs.get(vbucket) ?? 0), `epoch ${epoch} of vbucket ${vbucket} is not new`);
          world.epochs.set(vbucket, epoch);
          this.working.set(vbucket, epoch);
        }
      },
      revoked: async (vbuckets) => {
        const before = new Map(this.working);
        await this.#takesTime(world);
        // What was lost meanwhile may have come again.
        for (const vbucket of vbuckets) {
          if (this.working.get(vbucket) === before.get(vbucket)) this.working.delete(vbucket);
        }
      },
      lost: (vbuckets) => {
        for (const vbucket of vbuckets) this.working.delete(vbucket);
      },
    }).then((group) => {
      this.group = group;
      // A member whose leave the store did not hear of is gone all the same.
      group.closed.catch(() => {}).finally(() => this.gone = true);
    }, () => this.gone = true);
  }

  get alive(): boolean {
    return !this.process.killed && !this.gone;
  }

  #takesTime({ random }: World): Promise<void> {
    return new Promise((resolve) => this.process.after(random.int(150), resolve));
  }
}

class World {
  readonly clock = new ModelClock();
  readonly record = new MemoryRecord();
  readonly epochs = new Map<number, number>();
  readonly members: Member[] = [];
  readonly wrong: string[] = [];
  readonly random: Random;
  /** Half of the groups share at once: nothing but the leases is between two owners then. */
  readonly rebalanceDelayMs: number;
  /** How many vbuckets were held at how many looks. */
  held = 0;

  constructor(random: Random) {
    this.random = random;
    this.rebalanceDelayMs = random.int(2) * 200;
  }

  expect(holds: boolean, message: string): void {
    if (!holds) this.wrong.push(`at ${this.clock.time}: ${message}`);
  }

  join(): void {
    this.members.push(new Member(`m${`${this.members.length}`.padStart(4, "0")}`, this));
  }

  /** What must hold at every time. */
  check(): void {
    const living = this.members.filter(({ process }) => !process.killed);
    for (let vbucket = 0; vbucket < VBUCKETS; vbucket++) {
      const holders = living.filter(({ group }) => group?.holds(vbucket));
      this.held += holders.length;
      this.expect(holders.length <= 1, `vbucket ${vbucket} is held by ${holders.map(({ name }) => name)}`);
    }
    assertEquals(this.wrong, []);
  }

  /** From here on something happens every now and then. */
  trouble(): void {
    if (!Way.faults) return;
    this.#happen();
    this.clock.after(this.random.int(LEASE / 8), () => this.trouble());
  }

  #happen(): void {
    const alive = this.members.filter((member) => member.alive && member.group !== undefined);
    const dice = this.random.int(60);
    if (dice < 3 && alive.length < 6) this.join();
    if (alive.length === 0) return;
    const member = this.random.pick(alive);
    if (dice === 4) void member.group?.leave().catch(() => {});
    if (dice === 5) member.process.killed = true;
    if (dice === 6) member.process.pause();
    if (dice === 7) member.way.cut = true;
    if (dice > 7 && dice < 14) member.process.resume();
    if (dice > 14 && dice < 18) member.way.cut = false;
  }

  async step(): Promise<void> {
    await settled(25);
    this.check();
    this.clock.step();
    this.check();
  }
}

test("joinGroup never lets two members hold one vbucket, and shares all of them when peace returns", () =>
  withRandom(async (random) => {
    for (let round = 0; round < 4; round++) {
      const world = new World(random);
      Way.faults = true;
      world.join();
      world.join();
      world.trouble();
      for (let step = 0; step < STEPS; step++) await world.step();
      assert(
        world.held > STEPS,
        `only ${world.held} vbuckets were held at ${STEPS} steps: the simulation shows nothing`,
      );

      Way.faults = false;
      world.join();
      for (const member of world.members) {
        member.way.cut = false;
        member.process.resume();
      }
      const until = world.clock.time + 6 * LEASE;
      while (world.clock.time < until) await world.step();
      const alive = world.members.filter((member) => member.alive);
      const shares = alive.map(({ group }) => group!.vbuckets.length);
      assertEquals(shares.reduce((sum, share) => sum + share), VBUCKETS);
      assert(Math.max(...shares) - Math.min(...shares) <= 1, `${shares}`);
      const working = alive.flatMap((member) => [...member.working.keys()]).sort((a, b) => a - b);
      assertEquals(working, Array.from({ length: VBUCKETS }, (_, vbucket) => vbucket));

      // All leave: nothing is left of them in the table.
      const left = Promise.all(alive.map(({ group }) => group!.leave()));
      const end = world.clock.time + 2 * LEASE;
      while (world.clock.time < end && world.clock.timers > 0) await world.step();
      await left;
      const { members, owners } = JSON.parse((await world.record.read())!.text);
      assertEquals([members, new Set(owners)], [[], new Set([-1])]);
    }
  }));
