/** How the events of a feed are processed. */
import type { Checkpoint } from "./checkpoint.ts";
import type { CheckpointStore } from "./checkpoint_store.ts";
import type { FeedClock } from "./process_clock.ts";

/** What a function gets beside the event. */
export interface ProcessContext {
  /** Aborted when the result is no longer waited for: the processing stops, or the vbucket has gone to another member of the group. */
  readonly signal: AbortSignal;
  /** How often the event has been tried, this time included: 1, 2 and so on. */
  readonly attempt: number;
}

/** What is done with each event; what it returns is awaited. */
export type ProcessFunction<E> = (event: E, context: ProcessContext) => unknown;

/** An event that could not be processed. */
export interface FailedEvent<E> {
  /** The event. */
  readonly event: E;
  /** What the function threw in its last attempt. */
  readonly error: unknown;
  /** How often it was tried. */
  readonly attempts: number;
  /** Aborted when the processing stops. */
  readonly signal: AbortSignal;
}

/**
 * What becomes of an event whose function throws.
 *
 * - `"fail"`: nothing more is begun, what is running ends, what was processed is saved, and the error comes out.
 * - `"retry"`: the function is called again after a pause, without end unless `retry.attempts` says one; then as `"fail"`.
 * - `"skip"`: the event counts as processed.
 * - a function: it is given the event, to put it elsewhere; once it has returned, the event counts as processed. If it throws, as `"fail"`.
 */
export type ErrorPolicy<E> = "fail" | "retry" | "skip" | ((failed: FailedEvent<E>) => unknown);

/** How often and after which pauses something is tried again; the pauses are random up to a limit that doubles. */
export interface RetryOptions {
  /** How often an event is tried before `onError` decides; without end for `"retry"`, else once. */
  readonly attempts?: number;
  /** The limit of the first pause, in ms; 100 by default. */
  readonly minMs?: number;
  /** The highest limit, in ms; 10,000 by default. */
  readonly maxMs?: number;
}

/** When the position is saved: as soon as one of the two holds, and at the end. */
export interface CommitOptions {
  /** So many ms after the first event that is not saved; 5000 by default. */
  readonly ms?: number;
  /** After so many events; 10,000 by default. */
  readonly events?: number;
}

/** How the events of a feed are processed. */
export interface ProcessOptions<E> {
  /** How many functions run at once, at most; 1 by default, which is one after another in the order of the feed. */
  readonly concurrency?: number;
  /**
   * Which events wait for each other: those of one key (the default), all of one vbucket, or none. By key, an event that is about
   * no key, as of a collection, waits for all earlier ones of its vbucket and holds up the later ones. A rollback does in any order.
   */
  readonly orderBy?: "key" | "vbucket" | "none";
  /** How many events may wait beside those that run, 2 and more; the feed is not read while there are as many. 256 by default. */
  readonly queue?: number;
  /** What becomes of an event whose function throws; `"fail"` by default. */
  readonly onError?: ErrorPolicy<E>;
  /** How often events are tried. */
  readonly retry?: RetryOptions;
  /** Where the position is kept. It is claimed at the start: whoever has processed with it before is fenced off. */
  readonly checkpoint?: CheckpointStore;
  /** When the position is saved. */
  readonly commitEvery?: CommitOptions;
  /** Is told of every save that was made. */
  readonly onCommit?: (saved: Checkpoint) => void;
  /** UUID of the bucket, for the checkpoint; what the feed says by default. */
  readonly bucket?: string;
  /** Ends the processing: what runs is waited for, what was processed is saved, and the promise rejects with the reason. */
  readonly signal?: AbortSignal;
  /** Timers and chance, for tests. */
  readonly clock?: FeedClock;
}

/** What was done. */
export interface ProcessResult {
  /** How many events were processed, those that were skipped or put elsewhere not among them. */
  readonly processed: number;
  /** How many were skipped. */
  readonly skipped: number;
  /** How many the function of `onError` has taken. */
  readonly deadLettered: number;
  /** How often a function was called once more. */
  readonly retries: number;
  /** How often the position was saved. */
  readonly commits: number;
}
