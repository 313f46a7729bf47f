/** A pool under random sequences of what can happen to it: its limits hold, every call ends, and nobody gets another's answer. */

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Connection } from "../../src/connection/connection.ts";
import type { Lease } from "../../src/link/lease.ts";
import { Pool } from "../../src/link/pool.ts";
import { GET } from "../../src/ops/retrieval.ts";
import { endOfTurn, type FakeTransport } from "../support/fake_transport.ts";
import { LinkScene } from "../support/link_scene.ts";
import { Random } from "../support/random.ts";
import { test } from "../support/test.ts";

/** What may happen; numbers choose which of several. */
type Step =
  | { readonly what: "call" | "large" | "borrow" | "down" | "up" | "close" }
  | { readonly what: "serve" | "fail" | "release" | "discard" | "lentCall"; readonly which: number }
  | { readonly what: "pass"; readonly time: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.constant({ what: "call" as const }) },
  { weight: 1, arbitrary: fc.constant({ what: "large" as const }) },
  { weight: 3, arbitrary: fc.constant({ what: "borrow" as const }) },
  { weight: 1, arbitrary: fc.constantFrom({ what: "down" as const }, { what: "up" as const }) },
  {
    weight: 8,
    arbitrary: fc.record({
      what: fc.constantFrom("serve", "serve", "serve", "fail", "release", "release", "discard", "lentCall"),
      which: fc.nat(5),
    }),
  },
  { weight: 3, arbitrary: fc.record({ what: fc.constant("pass" as const), time: fc.constantFrom(0, 10, 100, 3000) }) },
);

const limits = fc.record({
  connections: fc.integer({ min: 1, max: 4 }),
  openAt: fc.nat(2),
  maxOpening: fc.integer({ min: 1, max: 2 }),
  maxIdle: fc.constantFrom(0, 500),
  keep: fc.nat(2),
});

/** A pool and what should be true of it. */
class Model {
  readonly scene = new LinkScene();
  readonly pool: Pool;
  readonly #connections: number;
  readonly #keep: number;
  readonly #maxBorrowed: number;
  readonly #calls: Promise<void>[] = [];
  readonly #borrowing: Promise<void>[] = [];
  #leases: Lease[] = [];
  #lent: Map<FakeTransport, Lease> = new Map();
  #ended = 0;
  #made = 0;

  constructor({ connections, keep, ...options }: {
    readonly connections: number;
    readonly keep: number;
    readonly openAt: number;
    readonly maxOpening: number;
    readonly maxIdle: number;
  }) {
    this.#connections = connections;
    this.#keep = Math.min(keep, connections);
    this.#maxBorrowed = Math.max(1, connections - 1);
    const { clock } = this.scene;
    const minConnections = this.#keep;
    this.pool = new Pool(this.scene.dial, { ...options, connections, minConnections, clock, timeout: 2000 });
  }

  async run(next: Step): Promise<void> {
    if (next.what === "call") this.#call(this.pool);
    else if (next.what === "large") this.#call(this.pool.large);
    else if (next.what === "borrow") this.#borrow();
    else if (next.what === "down") this.scene.refusal = new Error("nobody there");
    else if (next.what === "up") this.scene.refusal = undefined;
    else if (next.what === "pass") await this.scene.clock.pass(next.time);
    else if ("which" in next) await this.#choose(next.what, next.which);
    await endOfTurn();
    this.check();
  }

  /** The limits. */
  check(): void {
    const { pool, scene } = this;
    const open = scene.transports.filter(({ isClosed }) => !isClosed).length;
    assert(open <= this.#connections + 1, `${open} connections are open`);
    const { state } = pool;
    assert(state.borrowed <= this.#maxBorrowed, `${state.borrowed} are borrowed`);
    assert(this.#leases.length <= state.borrowed, "more are lent than borrowed");
    assert(state.highWaterMark <= this.#connections + 1 && state.idle <= state.open, JSON.stringify(state));
    // Who borrows waits only while all that may be are borrowed.
    assert(state.waiting === 0 || state.borrowed === this.#maxBorrowed, JSON.stringify(state));
    for (const [transport, lease] of this.#lent) {
      // What was written to it while it was lent is its borrower's.
      for (const { key } of transport.requests.slice(this.#before.get(lease))) assertEquals(key, "lent");
    }
  }

  /** Lets all come to an end: then nothing may be left. */
  async end(): Promise<void> {
    const { scene, pool } = this;
    scene.refusal = undefined;
    for (const lease of this.#leases) lease.release();
    this.#leases = [];
    this.#lent.clear();
    for (let round = 0; round < 30 && this.#ended < this.#made; round++) {
      await scene.clock.pass(200);
      for (let i = 0; i < scene.transports.length; i++) await this.#choose("serve", i);
      for (const lease of this.#leases.splice(0)) lease.release();
      this.#lent.clear();
    }
    assertEquals(this.#ended, this.#made);
    await Promise.all([...this.#calls, ...this.#borrowing]);
    // Connections beyond those that are kept are closed when nobody needs them; the kept ones are there.
    const closed = pool.close();
    for (let i = 0; i < scene.transports.length; i++) await this.#choose("serve", i);
    await closed;
    assertEquals([scene.transports.every(({ isClosed }) => isClosed), scene.clock.timers], [true, 0]);
  }

  /** How many requests were on the connection of a lease when it was lent. */
  readonly #before: WeakMap<Lease, number> = new WeakMap();

  #call(caller: { call: Pool["call"] }, key = `key ${this.#made}`): void {
    this.#made++;
    const call = caller.call(GET, { key }, undefined, (frame) => new TextDecoder().decode(frame.value));
    this.#calls.push(call.then((value) => {
      this.#ended++;
      assertEquals(value, `value of ${key}`);
    }, (error) => {
      this.#ended++;
      assert(["CONNECTION", "TIMEOUT", "CLOSED", "OVERLOAD"].includes(error.code), String(error));
    }));
  }

  #borrow(): void {
    this.#made++;
    this.#borrowing.push(
      this.pool.borrow().then((lease) => {
        this.#ended++;
        this.#leases.push(lease);
        const transport = this.#transportOf(lease);
        if (transport === undefined) return;
        assert(!this.#lent.has(transport), "one connection is lent twice");
        assert(transport.isClosed || this.scene.owed(transport).length === 0, "lent before others had their answers");
        this.#before.set(lease, transport.requests.length);
        this.#lent.set(transport, lease);
      }, (error) => {
        this.#ended++;
        assert(["CONNECTION", "TIMEOUT", "CLOSED", "OVERLOAD"].includes(error.code), String(error));
      }),
    );
  }

  /** The connection that was lent: the one on which a NOOP of its borrower would be written. */
  #transportOf(lease: Lease): FakeTransport | undefined {
    const lent: (Connection | undefined)[] = this.pool.connections.filter((connection) =>
      connection !== undefined && lease.uses(connection)
    );
    return this.scene.transports.find((transport) => this.scene.connectionOver(transport) === lent[0]);
  }

  async #choose(what: string, which: number): Promise<void> {
    const { transports } = this.scene;
    const open = transports.filter(({ isClosed }) => !isClosed);
    const transport = open[which % Math.max(1, open.length)];
    const lease = this.#leases[which % Math.max(1, this.#leases.length)];
    if (what === "serve" && transport !== undefined) await this.scene.serve(transport);
    if (what === "fail") transport?.end();
    if (lease === undefined) return;
    if (what === "lentCall") this.#call(lease as unknown as Pool, "lent");
    if (what !== "release" && what !== "discard") return;
    this.#leases = this.#leases.filter((other) => other !== lease);
    for (const [transport, other] of this.#lent) if (other === lease) this.#lent.delete(transport);
    if (what === "release") lease.release();
    else lease.discard();
  }
}

test("Pool keeps its limits, ends every call and mixes up nothing, whatever happens in whatever order", async () => {
  const { seed } = new Random();
  await fc.assert(
    fc.asyncProperty(limits, fc.array(step, { maxLength: 60 }), async (options, steps) => {
      const model = new Model(options);
      await endOfTurn();
      for (const next of steps) await model.run(next);
      await model.end();
    }),
    { seed: seed | 0, numRuns: 200 },
  );
});
