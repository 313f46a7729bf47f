/** Runs a function over events: in order, so many at once, with further attempts, and keeps count of what is done. */
import { type FeedClock, pause } from "./process_clock.ts";
import type { ProcessEvent } from "./process_event.ts";
import type { ErrorPolicy, ProcessContext, ProcessFunction, ProcessOptions, RetryOptions } from "./process_options.ts";
import { Schedule } from "./process_schedule.ts";
import { type Entry, VbucketProgress } from "./process_vbucket.ts";

/** What a {@linkcode Worker} is made of. */
export interface WorkerParts<E> {
  /** What is done with each event. */
  readonly fn: ProcessFunction<E>;
  /** How. */
  readonly options: ProcessOptions<E>;
  /** Timers and chance. */
  readonly clock: FeedClock;
  /** Whether a vbucket may still be processed, asked before each event. */
  readonly holds?: (vbucket: number) => boolean;
  /** Is told of the end of a stream behind which nothing comes, in its place among the events. */
  readonly onStreamEnd?: (vbucket: number) => void;
  /** Is told of every event that is done. */
  readonly onDone: (urgent: boolean) => void;
  /** Is told when less is waiting or running. */
  readonly onChange: () => void;
  /** Is told what ends the processing. */
  readonly onFailure: (error: unknown) => void;
}

const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 10_000;

/** The limit of the pause before an attempt, by how many there were. */
export function backoffOf({ minMs = FIRST_PAUSE, maxMs = LONGEST_PAUSE }: RetryOptions): (attempt: number) => number {
  return (attempt) => Math.min(maxMs, minMs * 2 ** Math.min(attempt - 1, 30));
}

/** Runs a function over events. */
export class Worker<E extends ProcessEvent> {
  /** The vbuckets by their number. */
  readonly vbuckets: Map<number, VbucketProgress<E>> = new Map();
  /** How many functions are running. */
  running = 0;
  /** Counts of what was done. */
  readonly counts = { processed: 0, skipped: 0, deadLettered: 0, retries: 0 };
  readonly #parts: WorkerParts<E>;
  readonly #schedule: Schedule<E>;
  readonly #concurrency: number;
  readonly #attempts: number;
  readonly #policy: ErrorPolicy<E>;
  readonly #backoff: (attempt: number) => number;
  readonly #stopping = new AbortController();
  #pumping = false;

  /** Makes a worker that has nothing to do. */
  constructor(parts: WorkerParts<E>) {
    const { concurrency = 1, orderBy = "key", onError = "fail", retry = {} } = parts.options;
    this.#parts = parts;
    this.#concurrency = concurrency;
    this.#policy = onError;
    this.#attempts = retry.attempts ?? (onError === "retry" ? Infinity : 1);
    this.#backoff = backoffOf(retry);
    this.#schedule = new Schedule(orderBy, concurrency);
  }

  /** How many events wait for their turn. */
  get waiting(): number {
    return this.#schedule.waiting;
  }

  /** Whether nothing more is begun. */
  get stopped(): boolean {
    return this.#stopping.signal.aborted;
  }

  /** Takes a vbucket on, with a signal of its own, as when it has come from another member of a group. */
  open(vbucket: number, lease?: AbortSignal): VbucketProgress<E> {
    const stopping = this.#stopping.signal;
    const signal = lease === undefined ? stopping : AbortSignal.any([stopping, lease]);
    const progress = new VbucketProgress<E>(vbucket, { signal, attempt: 1 });
    this.vbuckets.set(vbucket, progress);
    return progress;
  }

  /** Lets nothing more of a vbucket begin. What runs goes on. */
  drop(vbucket: number): void {
    const progress = this.vbuckets.get(vbucket);
    if (progress === undefined) return;
    progress.dropped = true;
    this.vbuckets.delete(vbucket);
    this.#schedule.forget(progress);
  }

  /** Adds events in the order in which they came; those of vbuckets that were not opened are left out if `known` is set. */
  add(events: Iterable<E>, { known = false }: { readonly known?: boolean } = {}): void {
    for (const event of events) {
      let progress = this.vbuckets.get(event.vbucket);
      if (progress === undefined && !known) progress = this.open(event.vbucket);
      if (progress !== undefined && !progress.closing) this.#schedule.add(event, progress);
      if (event.type === "stream-end" && event.final !== false) this.#parts.onStreamEnd?.(event.vbucket);
    }
    this.#pump();
  }

  /** Begins nothing more. What waits between two attempts gives up. */
  stop(reason: unknown): void {
    this.#stopping.abort(reason);
    this.#parts.onChange();
  }

  /** Resolves when nothing of a vbucket runs, and begins nothing more of it. */
  async drain(vbucket: number): Promise<void> {
    const progress = this.vbuckets.get(vbucket);
    if (progress === undefined) return;
    progress.closing = true;
    this.#pump();
    if (progress.running === 0) return;
    await new Promise<void>((resolve) => progress.onIdle = resolve);
  }

  #pump(): void {
    // A function that returns no promise is done before the next begins; it must not begin that one deeper in the stack.
    if (this.#pumping) return;
    this.#pumping = true;
    try {
      while (this.running < this.#concurrency && !this.stopped) {
        const entry = this.#schedule.next();
        if (entry === undefined) break;
        if (this.#mayRun(entry)) this.#run(entry);
        else this.#schedule.over(entry);
      }
    } finally {
      this.#pumping = false;
    }
  }

  #mayRun({ vbucket }: Entry<E>): boolean {
    if (vbucket.dropped || vbucket.closing) return false;
    try {
      return this.#parts.holds?.(vbucket.vbucket) !== false;
    } catch (error) {
      // A membership of somebody else's: without its word nothing may begin.
      this.#parts.onFailure(error);
      return false;
    }
  }

  #run(entry: Entry<E>): void {
    this.running++;
    entry.vbucket.running++;
    let result: unknown;
    try {
      result = this.#parts.fn(entry.event, entry.vbucket.context);
    } catch (error) {
      this.#settle(entry, this.#recover(entry, error));
      return;
    }
    if (isThenable(result)) this.#settle(entry, this.#follow(entry, result));
    else this.#over(entry, "processed");
  }

  async #follow(entry: Entry<E>, result: PromiseLike<unknown>): Promise<Outcome> {
    try {
      await result;
      return "processed";
    } catch (error) {
      return await this.#recover(entry, error);
    }
  }

  #settle(entry: Entry<E>, outcome: Promise<Outcome>): void {
    outcome.then((how) => this.#over(entry, how), (error) => {
      this.#parts.onFailure(error);
      this.#over(entry, undefined);
    });
  }

  /** What becomes of an event after a function has thrown; rejects with what ends the processing. */
  async #recover({ event, vbucket }: Entry<E>, thrown: unknown): Promise<Outcome> {
    const { signal } = vbucket.context;
    let error = thrown;
    let attempts = 1;
    for (; attempts < this.#attempts; attempts++) {
      await pause(this.#parts.clock, this.#parts.clock.random() * this.#backoff(attempts), signal);
      if (signal.aborted || this.stopped) return undefined;
      this.counts.retries++;
      const context: ProcessContext = { signal, attempt: attempts + 1 };
      try {
        await this.#parts.fn(event, context);
        return "processed";
      } catch (again) {
        error = again;
      }
    }
    // A vbucket that has gone elsewhere is not this processing's to fail for.
    if (vbucket.dropped) return undefined;
    if (this.#policy === "skip") return "skipped";
    if (typeof this.#policy !== "function") throw error;
    await this.#policy({ event, error, attempts, signal });
    return "deadLettered";
  }

  #over(entry: Entry<E>, outcome: Outcome): void {
    const { vbucket } = entry;
    this.running--;
    vbucket.running--;
    if (outcome !== undefined) {
      this.counts[outcome]++;
      entry.done = true;
      const { rollbacks } = vbucket;
      vbucket.advance();
      if (!vbucket.dropped) this.#parts.onDone(vbucket.rollbacks > rollbacks);
    }
    this.#schedule.over(entry);
    if (vbucket.running === 0 && vbucket.closing) vbucket.onIdle?.();
    this.#pump();
    this.#parts.onChange();
  }
}

/** What an event came to; `undefined` when it was given up, so that it comes again. */
type Outcome = "processed" | "skipped" | "deadLettered" | undefined;

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | undefined)?.then === "function";
}
