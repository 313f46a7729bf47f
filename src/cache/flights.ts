/** A piece of work that several callers wait for. */
interface Flight<T> {
  readonly done: Promise<T>;
  readonly stop: AbortController;
  waiting: number;
}

/**
 * Does a piece of work once for all who ask for it at the same time. A caller that gives up leaves the work to the others; when
 * the last has given up, the work is told so by its signal.
 */
export class Flights<T> {
  readonly #flights = new Map<string, Flight<T>>();

  /** How many pieces of work are under way. */
  get size(): number {
    return this.#flights.size;
  }

  /** Whether a piece of work is under way. */
  has(name: string): boolean {
    return this.#flights.has(name);
  }

  /** Resolves when no work is under way; never rejects. */
  async idle(): Promise<void> {
    while (this.#flights.size > 0) await Promise.allSettled([...this.#flights.values()].map(({ done }) => done));
  }

  /** Joins the work of that name, or begins it. Rejects with the reason of the caller's signal when that is aborted. */
  join(name: string, work: (signal: AbortSignal) => Promise<T>, signal?: AbortSignal): Promise<T> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    const flight = this.#flights.get(name) ?? this.#begin(name, work);
    flight.waiting++;
    return signal === undefined ? flight.done : this.#untilAborted(name, flight, signal);
  }

  #begin(name: string, work: (signal: AbortSignal) => Promise<T>): Flight<T> {
    const stop = new AbortController();
    const done = (async () => await work(stop.signal))();
    const flight: Flight<T> = { done, stop, waiting: 0 };
    this.#flights.set(name, flight);
    const over = () => this.#forget(name, flight);
    done.then(over, over);
    return flight;
  }

  #untilAborted(name: string, flight: Flight<T>, signal: AbortSignal): Promise<T> {
    return new Promise((resolve, reject) => {
      const giveUp = () => {
        reject(signal.reason);
        if (--flight.waiting > 0) return;
        // Nobody waits any more: whoever comes next begins anew.
        this.#forget(name, flight);
        flight.stop.abort(signal.reason);
      };
      signal.addEventListener("abort", giveUp, { once: true });
      flight.done.then(resolve, reject).finally(() => signal.removeEventListener("abort", giveUp));
    });
  }

  #forget(name: string, flight: Flight<T>): void {
    if (this.#flights.get(name) === flight) this.#flights.delete(name);
  }
}
