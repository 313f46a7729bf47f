/** Time in the hands of a test, and consumers that can be killed: what they had open breaks, and they do and say nothing any more. */

import type { FeedClock } from "../../src/feed/process_clock.ts";
import type { Timers } from "../../src/server.ts";
import type { Dial, Transport } from "../../src/transport/transport.ts";
import { ManualClock } from "./dcp_peer.ts";
import { endOfTurn, nextTask } from "./fake_transport.ts";
import type { Random } from "./random.ts";

/** How much time passes at once, in ms. */
const STEP = 50;
/** So much of it passes in microtasks alone, in ms; then the timers of the runtime have their turn, as some of its pipes need one. */
const TURN = 500;
/** After so much time, in ms, nothing that a test waits for will come any more. */
const TOO_LONG = 3_600_000;

/** The time of a whole scene, for its servers and its consumers: it passes while somebody waits for something. */
export class SceneTime extends ManualClock {
  readonly #random: Random;
  /** The same time for servers. */
  readonly timers: Timers = {
    setTimeout: (callback, ms) => this.after(ms, callback),
    clearTimeout: (stop) => (stop as () => void)(),
  };

  constructor(random: Random) {
    super();
    this.#random = random;
  }

  override random(): number {
    return this.#random.next() / 2 ** 32;
  }

  /** Milliseconds of the calendar. */
  readonly wall = (): number => 1_700_000_000_000 + this.time;

  /** Lets time pass until a promise is settled. */
  async until<T>(promise: Promise<T>): Promise<T> {
    let settled = false;
    const settle = (): void => void (settled = true);
    promise.then(settle, settle);
    const late = this.time + TOO_LONG;
    for (let step = 1;; step++) {
      await endOfTurn();
      if (settled) return await promise;
      if (this.time > late) throw new Error("what is waited for does not come");
      this.pass(STEP);
      if (step % (TURN / STEP) === 0) await nextTask();
    }
  }

  /** Lets so much time pass, in ms, with all that happens in it. */
  async rest(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= TURN / 2) {
      this.pass(Math.min(left, TURN / 2));
      await endOfTurn();
      if (left % TURN === 0) await nextTask();
    }
  }
}

/** The life of one process that consumes a feed. */
export class Life {
  /** Whether it lives. */
  alive = true;
  /** Resolves when it is killed. */
  readonly death: Promise<void>;
  /** Its time and chance. */
  readonly clock: FeedClock;
  readonly #network: Dial;
  readonly #open = new Set<Transport>();
  #die: () => void = () => {};

  constructor(network: Dial, time: SceneTime) {
    this.#network = network;
    this.death = new Promise((resolve) => this.#die = resolve);
    this.clock = {
      now: () => time.now(),
      random: () => time.random(),
      after: (ms, run) => time.after(ms, () => this.alive && run()),
    };
  }

  /** How many connections it has open. */
  get connections(): number {
    return this.#open.size;
  }

  /** Its way to the network. */
  readonly dial: Dial = async (address, options) => {
    const transport = await this.#network(address, options);
    if (!this.alive) {
      transport.close();
      return await new Promise(() => {});
    }
    this.#open.add(transport);
    void transport.closed.then(() => this.#open.delete(transport));
    return transport;
  };

  /** What it calls of these, it calls while it lives: of a process that is dead nothing lands later. */
  own<T extends object>(things: T): T {
    return new Proxy(things, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name);
        if (typeof member !== "function") return member;
        return (...given: unknown[]) => this.alive ? member.apply(target, given) : new Promise(() => {});
      },
    });
  }

  /** Kills it: nobody hears a word. */
  kill(): void {
    this.alive = false;
    for (const transport of this.#open) transport.close();
    this.#die();
  }
}
