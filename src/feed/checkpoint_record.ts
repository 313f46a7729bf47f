/** One text that changes only in the hands of those who know what it is now: what checkpoints and groups are kept in. */
import { CheckpointError } from "./checkpoint_error.ts";
import { type FeedClock, pause, SYSTEM_CLOCK } from "./process_clock.ts";

/** What a {@linkcode RecordStore} holds. */
export interface StoredRecord<V = unknown> {
  /** What was written last. */
  readonly text: string;
  /** What to give back to {@linkcode RecordStore.write}, to write over this and nothing else. */
  readonly version: V;
}

/** What every call to a {@linkcode RecordStore} takes. */
export interface RecordOptions {
  /** Gives the call up when aborted; a write may have been made all the same. */
  readonly signal?: AbortSignal;
}

/**
 * A place for one text, with compare and set. Two methods over whatever can do that (put-if-match of an object store, a row
 * with a version) are all that {@linkcode RecordCheckpointStore} and {@linkcode joinGroup} need.
 *
 * - What was written is durable, as far as the place can be, when the promise settles.
 * - A reader gets a text that was written, whole, at every time, whatever is killed.
 * - A write that rejects may have been made. One that resolves to `false` is not what the record holds.
 */
export interface RecordStore<V = unknown> {
  /** Reads the text; `undefined` when nothing was ever written. */
  read(options?: RecordOptions): Promise<StoredRecord<V> | undefined>;
  /**
   * Writes if the record still has the version that was read, `undefined` for none at all.
   *
   * @returns `false` when another was quicker.
   */
  write(text: string, over: V | undefined, options?: RecordOptions): Promise<boolean>;
}

/** What a change makes of a record: the new text, none to leave it, and what to tell the caller. */
export interface RecordChange<T> {
  /** The new text; nothing is written without it. */
  readonly text?: string;
  /** What {@linkcode changeRecord} resolves to. */
  readonly result: T;
}

/** How {@linkcode changeRecord} goes about it. */
export interface ChangeOptions extends RecordOptions {
  /** What is changed, for messages: "save the checkpoint". */
  readonly what: string;
  /** Timers and chance, for tests. */
  readonly clock?: FeedClock;
}

/** So often others may be quicker before a change is given up. */
const ATTEMPTS = 40;
/** The longest first pause, in ms; it doubles up to the longest of all. */
const FIRST_PAUSE = 2;
const LONGEST_PAUSE = 250;

/** Reads a record, has a function change it, and writes it; once more from the start when another was quicker. */
export async function changeRecord<T>(
  store: RecordStore,
  change: (text: string | undefined) => RecordChange<T>,
  { what, clock = SYSTEM_CLOCK, signal }: ChangeOptions,
): Promise<T> {
  const options = signal === undefined ? {} : { signal };
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (attempt > 0) {
      const longest = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** attempt);
      await pause(clock, clock.random() * longest, signal);
    }
    signal?.throwIfAborted();
    const stored = await store.read(options);
    const { text, result } = change(stored?.text);
    if (text === undefined || text === stored?.text) return result;
    if (await store.write(text, stored?.version, options)) return result;
  }
  throw new CheckpointError(`Cannot ${what}: others were quicker ${ATTEMPTS} times; are too many sharing it?`, {
    sent: false,
  });
}
