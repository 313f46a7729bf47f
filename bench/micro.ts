/** Times small pieces of code against a baseline, in turns. */

import process from "node:process";
import { median } from "./harness.ts";

/** What is timed: a run does `frames` of something. */
export interface Piece {
  readonly frames: number;
  run(): void | Promise<void>;
}

/** One row: our way and the plain one. */
export interface Comparison {
  readonly name: string;
  readonly ours: Piece;
  readonly baseline: Piece;
}

/** How long a sample is, in ms. */
const SAMPLE = 40;
const WARM_UP = 120;
const TOO_LONG = 1000;

/** CPU ns per frame of both ways, medians of some rounds. */
export async function compare(comparison: Comparison, rounds: number): Promise<{ ours: number; baseline: number }> {
  const timers = [new Timer(comparison.ours), new Timer(comparison.baseline)];
  for (const timer of timers) await timer.warmUp();
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < 2; i++) await timers[(i + round) % 2]!.sample();
  }
  return { ours: timers[0]!.median, baseline: timers[1]!.median };
}

/** The samples of one piece. */
class Timer {
  readonly #piece: Piece;
  readonly #samples: number[] = [];
  #runs = 0;

  constructor(piece: Piece) {
    this.#piece = piece;
  }

  get median(): number {
    return median(this.#samples);
  }

  /** Finds how many runs make a sample; a piece that takes very long is run but once in all. */
  async warmUp(): Promise<void> {
    const start = performance.now();
    const first = await time(this.#piece, 1);
    if (performance.now() - start > TOO_LONG) {
      this.#samples.push(first);
      return;
    }
    let runs = 1;
    let elapsed = 0;
    while ((elapsed = performance.now() - start) < WARM_UP) {
      await this.#piece.run();
      runs++;
    }
    this.#runs = Math.max(1, Math.round(runs * SAMPLE / elapsed));
  }

  async sample(): Promise<void> {
    if (this.#runs > 0) this.#samples.push(await time(this.#piece, this.#runs));
  }
}

/** CPU time is steadier than the clock's when others use the machine; it counts the garbage collector's threads, too. */
async function time(piece: Piece, runs: number): Promise<number> {
  const before = process.cpuUsage();
  for (let i = 0; i < runs; i++) {
    const pending = piece.run();
    if (pending !== undefined) await pending;
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) * 1000 / (runs * piece.frames);
}
