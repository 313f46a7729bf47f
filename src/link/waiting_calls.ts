import { SignalWatch } from "../connection/signal_watch.ts";
import type { StrandedCall } from "../connection/stranded.ts";
import type { LinkClock } from "./clock.ts";

/** Calls that wait for a connection, in the order in which they were made; each within its deadline and its signal. */
export class WaitingCalls {
  readonly #clock: LinkClock;
  readonly #late: (call: StrandedCall) => unknown;
  /** Each with the time when its caller gives up. */
  readonly #calls: Map<StrandedCall, number> = new Map();
  readonly #signals: SignalWatch<StrandedCall> = new SignalWatch((call, reason) => {
    this.#remove(call);
    call.fail(reason, true);
  });
  #stop: (() => void) | undefined = undefined;
  #ringsAt = Infinity;
  #emptied: (() => void) | undefined = undefined;

  /** Starts with none; `late` makes the error of a call whose time is over. */
  constructor(clock: LinkClock, late: (call: StrandedCall) => unknown) {
    this.#clock = clock;
    this.#late = late;
  }

  /** How many there are. */
  get size(): number {
    return this.#calls.size;
  }

  /** Adds a call behind the others; its signal must not be aborted yet. */
  add(call: StrandedCall): void {
    const at = this.#clock.now() + call.left;
    this.#calls.set(call, at);
    const signal = call.options?.signal;
    if (signal !== undefined) this.#signals.add(signal, call);
    this.#ringAt(at);
  }

  /** Adds calls before all others. */
  addFirst(calls: readonly StrandedCall[]): void {
    if (calls.length === 0) return;
    const others = this.take();
    for (const call of [...calls, ...others]) this.add(call);
  }

  /** Takes all of them away, to be made. */
  take(): StrandedCall[] {
    const now = this.#clock.now();
    const calls: StrandedCall[] = [];
    for (const [call, at] of this.#calls) {
      call.left = at - now;
      this.#release(call);
      calls.push(call);
    }
    this.#calls.clear();
    this.#rest();
    return calls;
  }

  /** Ends them all, each with an error of its own. */
  failAll(makeError: (call: StrandedCall) => unknown): void {
    for (const call of this.take()) call.fail(makeError(call));
  }

  /** Resolves when there are none. */
  whenEmpty(): Promise<void> {
    if (this.#calls.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#emptied = resolve);
  }

  #remove(call: StrandedCall): void {
    this.#calls.delete(call);
    this.#release(call);
    if (this.#calls.size === 0) this.#rest();
  }

  #release(call: StrandedCall): void {
    call.release?.();
    call.release = undefined;
  }

  /** Nobody waits. */
  #rest(): void {
    this.#stop?.();
    this.#stop = undefined;
    this.#ringsAt = Infinity;
    this.#emptied?.();
  }

  #ringAt(at: number): void {
    if (at >= this.#ringsAt) return;
    this.#stop?.();
    this.#ringsAt = at;
    this.#stop = this.#clock.after(at - this.#clock.now(), this.#ring);
  }

  readonly #ring = (): void => {
    this.#stop = undefined;
    this.#ringsAt = Infinity;
    const now = this.#clock.now();
    let next = Infinity;
    for (const [call, at] of this.#calls) {
      // Timers may ring a fraction of a millisecond early.
      if (at > now + 1) {
        next = Math.min(next, at);
        continue;
      }
      this.#remove(call);
      call.fail(this.#late(call));
    }
    if (next < Infinity) this.#ringAt(next);
  };
}
