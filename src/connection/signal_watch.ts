import type { Slot } from "./pipeline.ts";

interface Watched {
  readonly slots: Set<Slot>;
  readonly onAbort: () => void;
}

/**
 * Which calls a signal gives up. It listens once to each signal, however many calls that is for: one signal is often for all calls
 * of a request, a listener costs more than the rest of a call, and Node prints a warning at the eleventh.
 */
export class SignalWatch {
  readonly #giveUp: (slot: Slot, reason: unknown) => void;
  readonly #watched = new Map<AbortSignal, Watched>();

  /** Watches nothing yet; `giveUp` must end the wait of a slot, which then is watched no longer. */
  constructor(giveUp: (slot: Slot, reason: unknown) => void) {
    this.#giveUp = giveUp;
  }

  /** Gives a slot up when the signal is aborted, which it must not be yet; until `release` of the slot is called. */
  add(signal: AbortSignal, slot: Slot): void {
    const { slots } = this.#watched.get(signal) ?? this.#listen(signal);
    slots.add(slot);
    slot.release = () => this.#remove(signal, slot);
  }

  #listen(signal: AbortSignal): Watched {
    const slots = new Set<Slot>();
    const onAbort = () => {
      for (const slot of slots) this.#giveUp(slot, signal.reason);
    };
    const watched = { slots, onAbort };
    this.#watched.set(signal, watched);
    signal.addEventListener("abort", onAbort, { once: true });
    return watched;
  }

  #remove(signal: AbortSignal, slot: Slot): void {
    const watched = this.#watched.get(signal);
    if (watched === undefined) return;
    watched.slots.delete(slot);
    if (watched.slots.size > 0) return;
    this.#watched.delete(signal);
    signal.removeEventListener("abort", watched.onAbort);
  }
}
