/** Saves positions: soon after they have moved, one save at a time, and again when a save fails. */
import type { Checkpoint } from "./checkpoint.ts";
import { CheckpointError, CheckpointFencedError } from "./checkpoint_error.ts";
import type { CheckpointStore } from "./checkpoint_store.ts";
import { type StoredVbucketPosition, storePosition } from "./position.ts";
import { type FeedClock, pause } from "./process_clock.ts";
import type { CommitOptions } from "./process_options.ts";
import type { VbucketProgress } from "./process_vbucket.ts";

/** What a {@linkcode Committer} is made of. */
export interface CommitterParts<E> {
  /** Where positions are kept. */
  readonly store: CheckpointStore;
  /** The vbuckets. */
  readonly vbuckets: ReadonlyMap<number, VbucketProgress<E>>;
  /** The epochs of the claim. */
  readonly epoch: () => number | ReadonlyMap<number, number>;
  /** The bucket and the manifest of the moment. */
  readonly identity: () => Pick<Checkpoint, "bucket" | "manifest">;
  /** When to save. */
  readonly every: CommitOptions;
  /** Timers and chance. */
  readonly clock: FeedClock;
  /** The limit of the pause before a save is tried again. */
  readonly backoff: (attempt: number) => number;
  /** Is told of every save. */
  readonly onCommit: (saved: Checkpoint) => void;
  /** Is told what no further attempt would mend. */
  readonly onError: (error: unknown) => void;
  /** What to do about vbuckets that another has claimed: true when it is seen to. */
  readonly onFenced?: (error: CheckpointFencedError) => boolean;
}

/** So often a save is tried before it is given up. */
const ATTEMPTS = 10;
const EVERY_MS = 5000;
const EVERY_EVENTS = 10_000;

/** Saves the positions of vbuckets. */
export class Committer<E> {
  readonly #parts: CommitterParts<E>;
  readonly #ms: number;
  readonly #events: number;
  /** How often positions were saved. */
  commits = 0;
  #moved = 0;
  #urgent = false;
  #stopped = false;
  #timer: (() => void) | undefined;
  #saving: Promise<void> | undefined;

  /** Makes one that saves when it is told of events. */
  constructor(parts: CommitterParts<E>) {
    this.#parts = parts;
    this.#ms = parts.every.ms ?? EVERY_MS;
    this.#events = parts.every.events ?? EVERY_EVENTS;
  }

  /** Notes that an event is done; saves when it is time, but never twice at once. */
  moved(urgent = false): void {
    this.#moved++;
    this.#urgent ||= urgent;
    if (this.#saving === undefined) this.#schedule();
  }

  /** Saves everything there is to save, and rejects when that cannot be done. */
  async flush(): Promise<void> {
    while (true) {
      if (this.#saving !== undefined) await this.#saving;
      else if (this.#dirty().length > 0) await this.#begin();
      else return;
    }
  }

  /** Saves nothing more by itself. */
  stop(): void {
    this.#stopped = true;
    this.#unset();
  }

  /** Saves now if it is time, else at the time. */
  #schedule(): void {
    if (this.#stopped || this.#moved === 0) return;
    if (this.#urgent || this.#moved >= this.#events) this.#begin().catch(this.#parts.onError);
    else this.#timer ??= this.#parts.clock.after(this.#ms, () => this.#begin().catch(this.#parts.onError));
  }

  #begin(): Promise<void> {
    this.#unset();
    this.#moved = 0;
    this.#urgent = false;
    const saving = this.#attempts().finally(() => {
      this.#saving = undefined;
      this.#schedule();
    });
    this.#saving = saving;
    return saving;
  }

  #unset(): void {
    this.#timer?.();
    this.#timer = undefined;
  }

  async #attempts(): Promise<void> {
    const { clock, backoff, onFenced } = this.#parts;
    for (let attempt = 1;; attempt++) {
      const error = await this.#once().then(() => undefined, (error) => error ?? new CheckpointError("Cannot save"));
      if (error === undefined) return;
      // The vbuckets beside the fenced ones have been saved; what is dirty still is so for the next save.
      if (error instanceof CheckpointFencedError && onFenced?.(error)) return;
      const final = error instanceof TypeError || isRefusal(error);
      if (final || attempt === ATTEMPTS) throw error;
      await pause(clock, clock.random() * backoff(attempt));
    }
  }

  async #once(): Promise<void> {
    const { store, epoch, identity, onCommit } = this.#parts;
    const dirty = this.#dirty().map((progress) => ({
      progress,
      position: progress.position!,
      rollbacks: progress.rollbacks,
    }));
    if (dirty.length === 0) return;
    const vbuckets: Record<number, StoredVbucketPosition> = {};
    for (const { progress, position } of dirty) vbuckets[progress.vbucket] = storePosition(position);
    const rolledBack = dirty.filter(({ rollbacks }) => rollbacks > 0).map(({ progress }) => progress.vbucket);
    const checkpoint: Checkpoint = { version: 1, ...identity(), vbuckets };
    await store.save(checkpoint, { epoch: epoch(), rolledBack });
    for (const { progress, position, rollbacks } of dirty) {
      progress.saved = position;
      progress.rollbacks -= rollbacks;
    }
    this.commits++;
    onCommit(checkpoint);
  }

  #dirty(): VbucketProgress<E>[] {
    return [...this.#parts.vbuckets.values()].filter(({ dirty }) => dirty);
  }
}

/** Whether the store has said no for good. */
function isRefusal(error: unknown): boolean {
  return error instanceof CheckpointError && error.code !== "CHECKPOINT";
}
