/** One cell: a client kept busy with a number of calls in flight, for some time. */

import process from "node:process";
import { BATCH, type Case, keysOf } from "./cases.ts";
import type { Subject } from "./subjects/subject.ts";

/** What a cell gave. */
export interface Sample {
  /** Calls that were answered; with `mget`, keys. */
  readonly ops: number;
  readonly seconds: number;
  /** User and system time of the whole process, in µs. */
  readonly cpu: number;
  /** From a subject that counts. */
  readonly counters?: Record<string, number>;
}

/** Keeps a subject busy; remembers which sizes it has stored. */
export class Load {
  readonly #subject: Subject;
  readonly #base: number;
  readonly #keys: Map<number, string[]> = new Map();

  constructor(subject: Subject, base: number) {
    this.#subject = subject;
    this.#base = base;
  }

  /** Runs one cell; rejects at the first reply that is not what was stored. */
  async run(cell: Pick<Case, "op" | "size" | "window">, seconds: number): Promise<Sample> {
    const keys = await this.#stored(cell.size);
    const subject = this.#subject;
    const clock = { running: true };
    const work = worker(subject, cell, keys, clock);
    subject.counters?.();
    const cpuBefore = process.cpuUsage();
    const start = performance.now();
    // A flag and a timer: asking the clock per call would cost a good part of a call.
    const timer = setTimeout(() => clock.running = false, seconds * 1000);
    try {
      const counts = await Promise.all(Array.from({ length: cell.window }, (_, lane) => work(lane)));
      const elapsed = (performance.now() - start) / 1000;
      const { user, system } = process.cpuUsage(cpuBefore);
      const ops = counts.reduce((sum, count) => sum + count, 0);
      const counters = subject.counters?.();
      const sample = { ops, seconds: elapsed, cpu: user + system };
      return counters === undefined ? sample : { ...sample, counters };
    } finally {
      clearTimeout(timer);
      clock.running = false;
    }
  }

  async #stored(size: number): Promise<string[]> {
    const known = this.#keys.get(size);
    if (known !== undefined) return known;
    const keys = keysOf(size, this.#base);
    const value = this.#subject.value(size);
    // One call alone first: some clients refuse others while they connect.
    await this.#subject.set(keys[0]!, value);
    for (let i = 0; i < keys.length; i += 8) {
      await Promise.all(keys.slice(i, i + 8).map((key) => this.#subject.set(key, value)));
    }
    this.#keys.set(size, keys);
    return keys;
  }
}

type Work = (lane: number) => Promise<number>;

function worker(subject: Subject, cell: Pick<Case, "op" | "size">, keys: string[], clock: { running: boolean }): Work {
  const { size } = cell;
  let at = 0;
  const next = (): number => {
    const now = at;
    at = now + 1 === keys.length ? 0 : now + 1;
    return now;
  };

  if (cell.op === "get") {
    return async () => {
      let done = 0;
      while (clock.running) {
        const length = subject.lengthOf(await subject.get(keys[next()]!));
        if (length !== size) fail(size, length);
        done++;
      }
      return done;
    };
  }

  if (cell.op === "set") {
    const value = subject.value(size);
    return async () => {
      let done = 0;
      while (clock.running) {
        if (await subject.set(keys[next()]!, value) === false) throw new Error("Value not stored");
        done++;
      }
      return done;
    };
  }

  if (subject.getMany === undefined) throw new Error("no multi-get");
  const batches: string[][] = [];
  for (let i = 0; i + BATCH <= keys.length; i += BATCH) batches.push(keys.slice(i, i + BATCH));
  return async (lane) => {
    let done = 0;
    for (let i = lane; clock.running; i++) {
      const batch = batches[i % batches.length]!;
      const count = subject.countOf!(await subject.getMany!(batch), size, batch);
      if (count !== BATCH) throw new Error(`${count} good values in a batch of ${BATCH}`);
      done += BATCH;
    }
    return done;
  };
}

function fail(expected: number, length: number): never {
  throw new Error(length < 0 ? "Stored key missing" : `Value of ${length} bytes instead of ${expected}`);
}
