/** What can be given up: it knows how to stop listening. */
export interface Releasable {
  /** Stops listening to the signal. */
  release: (() => void) | undefined;
}

/**
 * Which calls a signal gives up. Calls that follow each other with the same signal share one listener: one signal is often for all
 * calls of a request, a listener costs more than the rest of a call, and Node prints a warning at the eleventh.
 */
export class SignalWatch<T extends Releasable> {
  readonly #giveUp: (slot: T, reason: unknown) => void;
  #last: Watched<T> | undefined = undefined;

  /** Watches nothing yet; `giveUp` must end the wait of a slot, which releases it. */
  constructor(giveUp: (slot: T, reason: unknown) => void) {
    this.#giveUp = giveUp;
  }

  /** Gives a slot up when the signal is aborted, which it must not be yet; until `release` of the slot is called. */
  add(signal: AbortSignal, slot: T): void {
    const watched = this.#last?.signal === signal ? this.#last : new Watched(signal, this.#giveUp);
    this.#last = watched;
    watched.add(slot);
    slot.release = () => {
      if (!watched.remove(slot) && this.#last === watched) this.#last = undefined;
    };
  }
}

/** Calls of one signal: most often a single one, which then takes no set. */
class Watched<T> implements EventListenerObject {
  readonly signal: AbortSignal;
  readonly #giveUp: (slot: T, reason: unknown) => void;
  #count = 0;
  #first: T | undefined = undefined;
  #others: Set<T> | undefined = undefined;

  constructor(signal: AbortSignal, giveUp: (slot: T, reason: unknown) => void) {
    this.signal = signal;
    this.#giveUp = giveUp;
  }

  add(slot: T): void {
    if (this.#count++ === 0) {
      this.signal.addEventListener("abort", this);
      this.#first = slot;
    } else {
      this.#others ??= new Set();
      this.#others.add(slot);
    }
  }

  /** Forgets a slot; returns whether there are others. */
  remove(slot: T): boolean {
    if (this.#first === slot) this.#first = undefined;
    else this.#others?.delete(slot);
    if (--this.#count > 0) return true;
    this.signal.removeEventListener("abort", this);
    return false;
  }

  handleEvent(): void {
    const { reason } = this.signal;
    if (this.#first !== undefined) this.#giveUp(this.#first, reason);
    for (const slot of this.#others ?? []) this.#giveUp(slot, reason);
  }
}
