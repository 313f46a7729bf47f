/**
 * Interleaved rounds: each case is measured with every client, one right after the other, and the one that begins changes
 * from round to round, so that what else the machine does falls on all of them alike.
 */

import type { Case } from "./cases.ts";
import type { Child } from "./child.ts";
import type { Sample } from "./load.ts";

/** What one client gave in one case, over all rounds. */
export interface Cell {
  /** Operations per second and CPU µs per operation, a number per round. */
  readonly rates: number[];
  readonly cpus: number[];
  /** Why there is nothing, or no more. */
  error?: string;
}

/** By client, then by case. */
export type Results = Map<string, Map<string, Cell>>;

/** What {@linkcode measure} takes. */
export interface Plan {
  readonly cases: readonly Case[];
  readonly children: readonly Child[];
  readonly rounds: number;
  /** Seconds of a cell. */
  readonly seconds: number;
  /** Called before each round, 0 being the warm-up. */
  readonly progress?: (round: number) => void;
}

/** Seconds for which the code of a client gets warm before its first cell, and before its first cell of a case. */
const WARM_UP = 0.8;
const CASE_WARM_UP = 0.2;

/** Measures everything. */
export async function measure(plan: Plan): Promise<Results> {
  const results: Results = new Map();
  plan.progress?.(0);
  for (const child of plan.children) {
    const cells = new Map(plan.cases.map((one): [string, Cell] => [one.id, { rates: [], cpus: [] }]));
    results.set(child.name, cells);
    await warmUp(child, plan.cases, cells);
  }
  for (let round = 1; round <= plan.rounds; round++) {
    plan.progress?.(round);
    for (const one of plan.cases) {
      for (let i = 0; i < plan.children.length; i++) {
        const child = plan.children[(i + round) % plan.children.length]!;
        await sample(child, one, plan.seconds, results.get(child.name)!.get(one.id)!);
      }
    }
  }
  return results;
}

/** The line that orders a cell. */
export function order(one: Pick<Case, "op" | "size" | "window">, seconds: number): string {
  return `${one.op} ${one.size} ${one.window} ${seconds}`;
}

/** The middle one of some numbers. */
export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}

async function warmUp(child: Child, cases: readonly Case[], cells: Map<string, Cell>): Promise<void> {
  for (const op of ["get", "set"]) {
    try {
      await child.ask(`${op} 100 64 ${WARM_UP / 2}`, WARM_UP);
    } catch (error) {
      for (const cell of cells.values()) cell.error = messageOf(error);
      return;
    }
  }
  for (const one of cases) {
    const unused: Cell = { rates: [], cpus: [] };
    await sample(child, one, CASE_WARM_UP, unused);
    if (unused.error !== undefined) cells.get(one.id)!.error = unused.error;
  }
}

async function sample(child: Child, one: Case, seconds: number, cell: Cell): Promise<void> {
  if (cell.error !== undefined) return;
  try {
    const { ops, seconds: took, cpu } = await child.ask<Sample>(order(one, seconds), seconds);
    cell.rates.push(ops / took);
    cell.cpus.push(cpu / ops);
  } catch (error) {
    cell.error = messageOf(error);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
