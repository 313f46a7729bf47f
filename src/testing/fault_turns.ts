import type { FaultTiming } from "./fault_plan.ts";

/** Finds out whose turn it is among rules that count how often they could have had it. */
export class FaultTurns<Rule extends FaultTiming> {
  readonly #turns: { readonly rule: Rule; met: number; done: number }[];
  readonly #random: () => number;

  /** Begins to count. */
  constructor(rules: readonly Rule[], random: () => number) {
    this.#turns = rules.map((rule) => ({ rule, met: 0, done: 0 }));
    this.#random = random;
  }

  /** Adds a rule behind the others; returns what takes it away. */
  add(rule: Rule): () => void {
    const turn = { rule, met: 0, done: 0 };
    this.#turns.push(turn);
    return () => {
      const at = this.#turns.indexOf(turn);
      if (at >= 0) this.#turns.splice(at, 1);
    };
  }

  /** The first of the rules that apply whose turn it is. */
  next(applies: (rule: Rule) => boolean): Rule | undefined {
    for (const turn of this.#turns) {
      const { after = 0, every = 1, times = Infinity, chance } = turn.rule;
      if (!applies(turn.rule)) continue;
      const place = turn.met++ - after;
      if (place < 0 || place % every !== 0 || turn.done >= times) continue;
      if (chance !== undefined && this.#random() >= chance) continue;
      turn.done++;
      return turn.rule;
    }
    return undefined;
  }
}

/** Numbers from 0 on and below 1, the same for the same seed in every runtime. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
