/** What must hold of the processing of a feed whatever happens: random events, functions, failures, saves, rollbacks and crashes. */
import { assert, assertEquals } from "@std/assert";
import { type Checkpoint, MemoryCheckpointStore, processFeed, type ProcessOptions } from "../../src/dcp.ts";
import { ModelClock, settled } from "../support/model_clock.ts";
import { type ModelEvent, modelEvent, ModelFeed } from "../support/model_feed.ts";
import { type Random, withRandom } from "../support/random.ts";
import { test } from "../support/test.ts";

const VBUCKETS = 4;
const KEYS = 5;

/** A history with rollbacks: each is followed by events whose seqnos are taken again. */
function history(random: Random, length: number): ModelEvent[] {
  const seqnos = new Array<number>(VBUCKETS).fill(0);
  const branch = new Array<bigint>(VBUCKETS).fill(1n);
  return Array.from({ length }, () => {
    const vb = random.int(VBUCKETS);
    if (random.int(40) === 0) {
      seqnos[vb] = random.int(seqnos[vb]! + 1);
      return modelEvent(vb, seqnos[vb], { type: "rollback", vbuuid: ++branch[vb]! });
    }
    const type = random.pick(["mutation", "mutation", "mutation", "deletion", "snapshot", "system"]);
    // A snapshot says where its first event will be; it has no seqno of its own.
    if (type !== "snapshot") seqnos[vb]! += 1 + random.int(3);
    const key = type === "snapshot" || type === "system" ? undefined : `k${random.int(KEYS)}`;
    return modelEvent(vb, seqnos[vb]!, { type, key, vbuuid: branch[vb]! });
  });
}

/** Checks all that may be said of one processing while it goes on. */
class Watch {
  readonly done = new Set<ModelEvent>();
  readonly running = new Set<ModelEvent>();
  /** What did not hold; not thrown, since what a function throws is tried again. */
  readonly wrong: string[] = [];
  readonly #events: readonly ModelEvent[];
  readonly #options: ProcessOptions<ModelEvent>;

  constructor(events: readonly ModelEvent[], options: ProcessOptions<ModelEvent>) {
    this.#events = events;
    this.#options = options;
  }

  begin(event: ModelEvent, attempt: number): void {
    if (attempt > 1) return;
    this.expect(!this.running.has(event) && !this.done.has(event), "begun twice");
    const { orderBy = "key", concurrency = 1 } = this.#options;
    const key = keyOf(event);
    for (const earlier of this.#events) {
      if (earlier === event) break;
      if (earlier.vbucket !== event.vbucket || this.done.has(earlier)) continue;
      const barrier = [event.type, earlier.type].includes("rollback") ||
        (orderBy === "key" && [event.type, earlier.type].includes("system"));
      const same = orderBy === "vbucket" || (orderBy === "key" && key !== undefined && key === keyOf(earlier));
      this.expect(!barrier && !same, `${JSON.stringify(describe(event))} before ${JSON.stringify(describe(earlier))}`);
    }
    this.running.add(event);
    this.expect(this.running.size <= concurrency, "too many at once");
  }

  expect(holds: boolean, message: string): void {
    if (!holds) this.wrong.push(message);
  }

  end(event: ModelEvent): void {
    this.running.delete(event);
    this.done.add(event);
  }

  /** A saved position is that of an event with everything before it done. */
  saved({ vbuckets }: Checkpoint): void {
    for (const [name, position] of Object.entries(vbuckets)) {
      const mine = this.#events.filter(({ vbucket }) => vbucket === Number(name));
      const undone = mine.findIndex((event) => !this.done.has(event));
      const covered = undone === -1 ? mine : mine.slice(0, undone);
      const last = covered.at(-1)?.position;
      this.expect(
        covered.some(({ position: { seqno, vbuuid } }) =>
          `${seqno}` === position.seqno && `${vbuuid}` === position.vbuuid
        ),
        `saved ${position.seqno} of vbucket ${name} with all done up to ${last?.seqno}`,
      );
    }
  }
}

function keyOf({ key, vbucket }: ModelEvent): string | undefined {
  return key === undefined ? undefined : `${vbucket} ${key}`;
}

function describe({ type, vbucket, seqno }: ModelEvent): unknown[] {
  return [type, vbucket, Number(seqno)];
}

/** What a store must hold after all of some events. */
function finalPositions(events: readonly ModelEvent[]): Record<string, string> {
  return Object.fromEntries(
    events.map(({ vbucket, position }) => [vbucket, `${position.vbuuid}:${position.seqno}`] as const)
      .sort(([a], [b]) => a - b),
  );
}

for (const orderBy of ["key", "vbucket", "none"] as const) {
  test(`processFeed by ${orderBy} keeps its order and saves nothing undone, whatever comes`, () =>
    withRandom(async (random) => {
      for (let round = 0; round < 25; round++) {
        const clock = new ModelClock(() => random.next() / 2 ** 32);
        const events = history(random, 120);
        const store = new MemoryCheckpointStore();
        const save = store.save.bind(store);
        store.save = async (checkpoint, options) => {
          watch.saved(checkpoint);
          await new Promise<void>((resolve) => clock.after(random.int(30), resolve));
          if (random.int(5) === 0) throw new Error("the store is away");
          return await save(checkpoint, options);
        };
        const options: ProcessOptions<ModelEvent> = {
          concurrency: 1 + random.int(8),
          orderBy,
          queue: 2 + random.int(20),
          onError: "retry",
          retry: { minMs: 1, maxMs: 20 },
          checkpoint: store,
          commitEvery: { ms: 1 + random.int(50), events: 1 + random.int(30) },
          clock,
        };
        const watch = new Watch(events, options);
        const feed = new ModelFeed(events).end();
        let finished = false;
        const done = processFeed(feed, async (event, { attempt }) => {
          watch.begin(event, attempt);
          watch.expect(feed.read - watch.done.size <= options.concurrency! + options.queue!, "read too far");
          const ms = random.int(10);
          if (ms > 3) await new Promise<void>((resolve) => clock.after(ms, resolve));
          if (random.int(8) === 0) throw new Error("once more");
          watch.end(event);
        }, options).finally(() => finished = true);
        while (!finished) {
          await settled(25);
          clock.step();
        }
        assertEquals((await done).processed, events.length);
        assertEquals(watch.wrong, []);
        const stored = (await store.load())!.vbuckets;
        const texts = Object.entries(stored).map(([vb, { vbuuid, seqno }]) => [vb, `${vbuuid}:${seqno}`]);
        assertEquals(Object.fromEntries(texts), finalPositions(events));
        assertEquals(clock.timers, 0);
      }
    }));
}

test("processFeed loses no event over many crashes: what is not saved comes again", () =>
  withRandom(async (random) => {
    for (let round = 0; round < 15; round++) {
      const clock = new ModelClock(() => random.next() / 2 ** 32);
      const log = Array.from({ length: VBUCKETS }, (_, vb) =>
        Array.from({ length: 60 }, (_, i) => modelEvent(vb, i + 1, { key: `k${random.int(KEYS)}` })));
      const store = new MemoryCheckpointStore();
      const times = new Map<ModelEvent, number>();
      for (let life = 0, finished = false; !finished; life++) {
        assert(life < 500);
        const before = await store.load();
        const rest = log.flatMap((events, vb) =>
          events.slice(Number(before?.vbuckets[vb]?.seqno ?? 0))
        );
        // Mixed between the vbuckets, in order within each.
        const mixed = rest.map((event) => ({ event, place: random.next() * Number(event.seqno) }));
        const queues = log.map((_, vb) => rest.filter(({ vbucket }) => vbucket === vb));
        const order = mixed.sort((a, b) => a.place - b.place).map(({ event }) => queues[event.vbucket]!.shift()!);
        let crashed = false;
        const done = processFeed(new ModelFeed(order).end(), async (event) => {
          if (random.int(2) === 0) await new Promise<void>((resolve) => clock.after(random.int(20), resolve));
          // A process that has crashed does nothing and saves nothing.
          if (crashed) return await new Promise<never>(() => {});
          times.set(event, (times.get(event) ?? 0) + 1);
        }, {
          concurrency: 6,
          orderBy: random.pick(["key", "vbucket", "none"]),
          checkpoint: {
            load: (options) => store.load(options),
            claim: (options) => store.claim(options),
            save: (...args) => crashed ? new Promise<never>(() => {}) : store.save(...args),
          },
          commitEvery: { ms: 5, events: 20 },
          clock,
        });
        let over = false;
        void done.then(() => over = true);
        for (let steps = 5 + random.int(120); steps > 0 && !over; steps--) {
          await settled(25);
          clock.step();
        }
        await settled(25);
        finished = over;
        crashed = true;
      }
      for (const event of log.flat()) assert((times.get(event) ?? 0) >= 1, `never: ${describe(event)}`);
      const after = (await store.load())!.vbuckets;
      assertEquals(Object.values(after).map(({ seqno }) => seqno), log.map(() => "60"));
    }
  }));
