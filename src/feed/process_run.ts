/** One processing of a feed from its first event to its last save. */
import type { Checkpoint } from "./checkpoint.ts";
import type { CheckpointFencedError } from "./checkpoint_error.ts";
import { type FeedClock, SYSTEM_CLOCK } from "./process_clock.ts";
import { Committer } from "./process_commit.ts";
import type { EventSource, ProcessEvent } from "./process_event.ts";
import type { ProcessFunction, ProcessOptions, ProcessResult } from "./process_options.ts";
import { Reader, readInBatches } from "./process_reader.ts";
import { backoffOf, Worker } from "./process_worker.ts";

/** What a group adds to a processing. */
export interface ProcessParts {
  /** The epochs that saves are made with. */
  readonly epoch: () => number | ReadonlyMap<number, number>;
  /** Whether only vbuckets that were opened are processed. */
  readonly known?: boolean;
  /** Whether a vbucket may still be processed, asked before each event. */
  readonly holds?: (vbucket: number) => boolean;
  /** Is told of the end of a stream behind which nothing comes. */
  readonly onStreamEnd?: (vbucket: number) => void;
  /** What to do about vbuckets that another has claimed: true when it is seen to. */
  readonly onFenced?: (error: CheckpointFencedError) => boolean;
}

const QUEUE = 256;

/** Processes the events of a feed. */
export class ProcessRun<E extends ProcessEvent> {
  /** What runs the function. */
  readonly worker: Worker<E>;
  /** What saves the positions; `undefined` without a store. */
  readonly committer: Committer<E> | undefined;
  readonly #source: EventSource<E>;
  readonly #options: ProcessOptions<E>;
  readonly #parts: ProcessParts;
  readonly #reader: Reader<E>;
  readonly #clock: FeedClock;
  /** What has ended the processing before its time. */
  #failure: { readonly error: unknown } | undefined;
  /** Whether the store has refused a save for good: none is tried again. */
  #refused = false;
  #feedEnd: { readonly error: unknown } | undefined;
  /** Ends the wait of `run`; there is none before it and after. */
  #settle: (() => void) | undefined;

  /** Makes a run that has not begun; throws a `RangeError` for options that cannot be. */
  constructor(source: EventSource<E>, fn: ProcessFunction<E>, options: ProcessOptions<E>, parts: ProcessParts) {
    checkOptions(options);
    const clock = options.clock ?? SYSTEM_CLOCK;
    this.#clock = clock;
    this.#source = source;
    this.#options = options;
    this.#parts = parts;
    this.worker = new Worker({
      fn,
      options,
      clock,
      ...(parts.holds === undefined ? {} : { holds: parts.holds }),
      ...(parts.onStreamEnd === undefined ? {} : { onStreamEnd: parts.onStreamEnd }),
      onDone: (urgent) => this.committer?.moved(urgent),
      onChange: () => this.#changed(),
      onFailure: (error) => this.fail(error),
    });
    this.committer = this.#makeCommitter();
    const queue = options.queue ?? QUEUE;
    this.#reader = new Reader(readInBatches(source, Math.max(1, queue >> 1)), {
      take: (events) => this.worker.add(events, { known: parts.known ?? false }),
      hasRoom: () => this.worker.waiting <= queue >> 1,
      onEnd: (error) => {
        this.#feedEnd = { error };
        this.#changed();
      },
      onFailure: (error) => this.fail(error),
    });
  }

  /** Ends the processing with an error: nothing more begins, what runs ends, what was processed is saved. */
  fail(error: unknown): void {
    this.#failure ??= { error };
    this.worker.stop(error);
  }

  /** Goes on until the feed is at its end and everything of it has been processed and saved. */
  async run(): Promise<ProcessResult> {
    const { signal } = this.#options;
    const abort = () => this.fail(signal?.reason);
    signal?.addEventListener("abort", abort);
    try {
      if (signal?.aborted) abort();
      await new Promise<void>((resolve) => {
        this.#settle = resolve;
        if (!this.worker.stopped) this.#reader.start();
        this.#changed();
      });
    } finally {
      signal?.removeEventListener("abort", abort);
    }
    return await this.#finish();
  }

  /** What is done so far. */
  get result(): ProcessResult {
    return { ...this.worker.counts, commits: this.committer?.commits ?? 0 };
  }

  #changed(): void {
    if (this.#settle === undefined) return;
    const { worker } = this;
    if (!worker.stopped && this.#feedEnd === undefined) {
      this.#reader.resume();
      return;
    }
    if (worker.running > 0 || (!worker.stopped && worker.waiting > 0)) return;
    this.#settle();
    this.#settle = undefined;
  }

  async #finish(): Promise<ProcessResult> {
    const errors = [this.#failure, this.#feedEnd].filter((end) => end?.error !== undefined).map((end) => end?.error);
    const attempt = async (run: () => Promise<void> | undefined) => {
      try {
        await run();
      } catch (error) {
        if (!errors.includes(error)) errors.push(error);
      }
    };
    this.committer?.stop();
    if (!this.#refused) await attempt(() => this.committer?.flush());
    // An event that was taken and not processed must not be skipped by whoever reads on: the feed ends here.
    if (this.#feedEnd === undefined) await attempt(() => this.#reader.cancel(this.#source));
    if (errors.length > 1) throw new AggregateError(errors, "Cannot process the feed, and more went wrong at its end");
    if (this.#failure !== undefined) throw this.#failure.error;
    if (errors.length > 0) throw errors[0];
    return this.result;
  }

  #makeCommitter(): Committer<E> | undefined {
    const { checkpoint: store, commitEvery: every = {}, retry = {}, onCommit } = this.#options;
    if (store === undefined) return undefined;
    const { epoch, onFenced } = this.#parts;
    return new Committer<E>({
      store,
      vbuckets: this.worker.vbuckets,
      epoch,
      identity: () => identityOf(this.#source, this.#options.bucket),
      every,
      clock: this.#clock,
      backoff: backoffOf(retry),
      onCommit: (saved) => {
        try {
          onCommit?.(saved);
        } catch (error) {
          // The save was made; it is the one who is told of it that has failed.
          this.fail(error);
        }
      },
      onError: (error) => {
        this.#refused = true;
        this.fail(error);
      },
      ...(onFenced === undefined ? {} : { onFenced }),
    });
  }
}

/** What a checkpoint says beside its vbuckets. */
export function identityOf(
  source: Pick<EventSource<unknown>, "position">,
  bucket: string | undefined,
): Pick<Checkpoint, "bucket" | "manifest"> {
  const position = source.position?.() as Partial<Checkpoint> | undefined;
  const named = typeof position?.manifest === "string" ? { manifest: position.manifest } : {};
  return { bucket: bucket ?? (typeof position?.bucket === "string" ? position.bucket : ""), ...named };
}

function checkOptions<E>({ concurrency = 1, queue = QUEUE, retry = {}, commitEvery = {} }: ProcessOptions<E>): void {
  const { attempts = 1, minMs = 0, maxMs = 0 } = retry;
  const { ms = 0, events = 1 } = commitEvery;
  const wrong =
    Object.entries({ concurrency, queue: queue - 1, attempts, events }).find(([, value]) => !(value >= 1)) ??
      Object.entries({ minMs, maxMs, ms }).find(([, value]) => !(value >= 0));
  if (wrong === undefined) return;
  throw new RangeError(
    `Cannot process a feed with ${wrong[0]} of ${wrong[0] === "queue" ? queue : wrong[1]}: it is too small`,
  );
}
