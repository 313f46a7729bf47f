/** Where checkpoints are kept, and what every such place promises. */
import {
  checkBucket,
  type Checkpoint,
  type CheckpointRecord,
  epochOf,
  formatRecord,
  newestEpoch,
  parseRecord,
} from "./checkpoint.ts";
import { MemcachedError } from "../errors.ts";
import { CheckpointCorruptError, CheckpointError, CheckpointFencedError } from "./checkpoint_error.ts";
import { epochIn, mergeCheckpoint, type MergeRules } from "./checkpoint_merge.ts";
import { type ChangeOptions, changeRecord, type RecordChange, type RecordStore } from "./checkpoint_record.ts";
import { readFeedPosition } from "./position.ts";
import type { FeedClock } from "./process_clock.ts";

/** How a checkpoint is loaded. */
export interface LoadOptions {
  /** UUID of the bucket that is to be consumed; a checkpoint of another is refused. */
  readonly bucket?: string;
  /** Gives the call up when aborted. */
  readonly signal?: AbortSignal;
}

/** What is claimed. */
export interface ClaimOptions extends LoadOptions {
  /** The vbuckets to claim: by their numbers with the next epoch, or with an epoch for each. All of them when missing. */
  readonly vbuckets?: readonly number[] | ReadonlyMap<number, number>;
}

/** What a claim came to. */
export interface CheckpointClaim {
  /** What later saves are made with: it fences off those who claimed earlier. */
  readonly epoch: number;
  /** What had been saved up to the claim, and nothing but this claim's saves will change it; `undefined` if nothing. */
  readonly checkpoint: Checkpoint | undefined;
}

/** How a checkpoint is saved. */
export interface SaveOptions {
  /** The epoch of the claim, for all vbuckets or for each of them; without one, the save holds only where nobody has claimed. */
  readonly epoch?: number | ReadonlyMap<number, number>;
  /** The vbuckets whose history was rolled back: only these may move back. */
  readonly rolledBack?: Iterable<number>;
  /** Gives the call up when aborted; the save may have been made all the same. */
  readonly signal?: AbortSignal;
}

/** What a save came to. */
export interface SaveResult {
  /** The vbuckets that had got further already and stayed as they were, ascending. */
  readonly kept: readonly number[];
}

/**
 * Where the position of a feed is kept, so that the next run goes on where this one ended.
 *
 * - A save changes the vbuckets that it names and leaves the others: the members of a group share one store.
 * - No vbucket moves back, unless the save says that it was rolled back.
 * - Who claims later fences off who claimed earlier: its saves reject with a {@linkcode CheckpointFencedError}.
 * - A store keeps the positions of one bucket; any other is refused with a {@linkcode CheckpointForeignError}.
 * - A place that fails is a {@linkcode CheckpointError} with its own error as `cause`; errors of a client come as they are.
 * - After a kill at any point, `load` gives what was saved last or the save under way, whole.
 */
export interface CheckpointStore {
  /** Reads what was saved; `undefined` if nothing. */
  load(options?: LoadOptions): Promise<Checkpoint | undefined>;
  /** Makes all earlier owners of the vbuckets strangers, and reads what was saved. */
  claim(options?: ClaimOptions): Promise<CheckpointClaim>;
  /** Saves the positions of the vbuckets that the checkpoint names. */
  save(checkpoint: Checkpoint, options?: SaveOptions): Promise<SaveResult>;
}

/** How a {@linkcode RecordCheckpointStore} names itself and waits. */
export interface RecordCheckpointOptions {
  /** What messages call the place: "the checkpoint in orders.json". */
  readonly place?: string;
  /** Timers and chance, for tests. */
  readonly clock?: FeedClock;
}

/**
 * A checkpoint store over any {@linkcode RecordStore}: a place for one text with compare and set.
 *
 * @example A store over an object store with put-if-match
 * ```ts
 * import { RecordCheckpointStore, type RecordStore } from "@memwire/memwire/dcp";
 * import { assertEquals } from "@std/assert";
 *
 * // Stands for a bucket in the cloud: `put` holds only over the etag that was read.
 * let object: { etag: number; body: string } | undefined;
 * const record: RecordStore<number> = {
 *   read: () => Promise.resolve(object && { text: object.body, version: object.etag }),
 *   write: (body, etag) => {
 *     if (object?.etag !== etag) return Promise.resolve(false);
 *     object = { etag: (etag ?? 0) + 1, body };
 *     return Promise.resolve(true);
 *   },
 * };
 *
 * const store = new RecordCheckpointStore(record);
 * const { epoch } = await store.claim();
 * const position = { vbuuid: "7", seqno: "42", snapshotStart: "40", snapshotEnd: "50" };
 * await store.save({ version: 1, bucket: "b1", vbuckets: { 0: position } }, { epoch });
 * assertEquals((await store.load())?.vbuckets[0], position);
 * ```
 */
export class RecordCheckpointStore implements CheckpointStore {
  readonly #record: RecordStore;
  readonly #place: string;
  readonly #clock: FeedClock | undefined;
  /** The calls of one store go one after another: they would only be in each other's way. */
  #last: Promise<unknown> = Promise.resolve();

  /** Makes a store over a place. */
  constructor(record: RecordStore, { place = "the checkpoint", clock }: RecordCheckpointOptions = {}) {
    this.#record = record;
    this.#place = place;
    this.#clock = clock;
  }

  /**
   * Reads what was saved; `undefined` if nothing.
   *
   * @throws {CheckpointForeignError} If it is of another bucket than `bucket`.
   * @throws {CheckpointCorruptError} If what is stored is no checkpoint.
   */
  load({ bucket, signal }: LoadOptions = {}): Promise<Checkpoint | undefined> {
    return this.#next("load", signal, async () => {
      signal?.throwIfAborted();
      const stored = await this.#record.read(signal === undefined ? {} : { signal });
      const { checkpoint } = parseRecord(stored?.text, this.#place);
      checkBucket(checkpoint.bucket, bucket, this.#place);
      return nothingOr(checkpoint);
    });
  }

  /**
   * Claims vbuckets, or all of them, for what is saved with the epoch that this gives. Earlier claims of them are void from then on.
   *
   * @throws {CheckpointFencedError} If a vbucket was claimed with a higher epoch than the one that is asked for.
   * @throws {CheckpointForeignError} If the checkpoint is of another bucket than `bucket`.
   */
  claim({ bucket, vbuckets, signal }: ClaimOptions = {}): Promise<CheckpointClaim> {
    return this.#change("claim", signal, (record) => {
      checkBucket(record.checkpoint.bucket, bucket, this.#place);
      const named = { ...record.checkpoint, bucket: record.checkpoint.bucket || (bucket ?? "") };
      const checkpoint = nothingOr(record.checkpoint);
      // The time, so that epochs rise even when the place has forgotten the last one.
      const next = Math.max(newestEpoch(record) + 1, Date.now());
      if (vbuckets === undefined) {
        return { record: { checkpoint: named, epoch: next, epochs: new Map() }, result: { epoch: next, checkpoint } };
      }
      const claims = "get" in vbuckets ? vbuckets : new Map(vbuckets.map((vbucket) => [vbucket, next]));
      return this.#claimSome({ ...record, checkpoint: named }, claims, checkpoint);
    });
  }

  /**
   * Saves the positions of the vbuckets that the checkpoint names, over those that are stored.
   *
   * @throws {CheckpointFencedError} If another has claimed some of the vbuckets; the others have been saved.
   * @throws {CheckpointCorruptError} If the place has forgotten the claim, and with it what was saved: nothing has been saved now.
   * @throws {CheckpointForeignError} If what is stored is of another bucket.
   * @throws {TypeError} If a position is none: a seqno outside of its snapshot, a number that is not unsigned 64-bit text.
   */
  async save(checkpoint: Checkpoint, { epoch = 0, rolledBack = [], signal }: SaveOptions = {}): Promise<SaveResult> {
    readFeedPosition(checkpoint);
    const rules = { epoch, rolledBack: new Set(rolledBack) };
    const { kept, fenced } = await this.#change("save", signal, (record) => {
      checkBucket(record.checkpoint.bucket, checkpoint.bucket, this.#place);
      this.#checkClaims(record, checkpoint, rules);
      const merged = mergeCheckpoint(record, checkpoint, rules);
      return { record: merged.record, result: merged };
    });
    if (fenced.length > 0) throw this.#fenced("save", fenced, epochIn(rules, fenced[0]!));
    return { kept };
  }

  /** Forgets all positions, as for a bucket that was made anew; whoever consumes meanwhile is fenced off. */
  reset({ signal }: { readonly signal?: AbortSignal } = {}): Promise<void> {
    return this.#change("reset", signal, (record) => {
      const checkpoint = { version: 1, bucket: "", vbuckets: {} } as const;
      return { record: { checkpoint, epoch: newestEpoch(record) + 1, epochs: new Map() }, result: undefined };
    });
  }

  /** A claim is written before it is given out: a record that does not know it is not the one that was claimed. */
  #checkClaims(record: CheckpointRecord, { vbuckets }: Checkpoint, rules: Pick<MergeRules, "epoch">): void {
    for (const vbucket of Object.keys(vbuckets).map(Number)) {
      if (epochIn(rules, vbucket) <= epochOf(record, vbucket)) continue;
      throw new CheckpointCorruptError(
        `Cannot save ${this.#place} with epoch ${
          epochIn(rules, vbucket)
        }: what was there is gone since it was claimed, ` +
          "evicted, deleted or replaced by an older copy, and the positions of other vbuckets with it; claim it again and " +
          "begin from what it holds then",
        { sent: false },
      );
    }
  }

  #claimSome(
    record: CheckpointRecord,
    vbuckets: ReadonlyMap<number, number>,
    checkpoint: Checkpoint | undefined,
  ): { record: CheckpointRecord; result: CheckpointClaim } {
    const epochs = new Map(record.epochs);
    const taken: number[] = [];
    for (const [vbucket, epoch] of vbuckets) {
      if (Math.max(record.epoch, epochs.get(vbucket) ?? 0) > epoch) taken.push(vbucket);
      epochs.set(vbucket, epoch);
    }
    if (taken.length > 0) throw this.#fenced("claim", taken, vbuckets.get(taken[0]!)!);
    return { record: { ...record, epochs }, result: { epoch: Math.max(0, ...vbuckets.values()), checkpoint } };
  }

  #change<T>(
    verb: string,
    signal: AbortSignal | undefined,
    change: (record: CheckpointRecord) => { readonly record: CheckpointRecord; readonly result: T },
  ): Promise<T> {
    const options: ChangeOptions = {
      what: `${verb} ${this.#place}`,
      ...(signal === undefined ? {} : { signal }),
      ...(this.#clock === undefined ? {} : { clock: this.#clock }),
    };
    return this.#next(verb, signal, () =>
      changeRecord<T>(this.#record, (text): RecordChange<T> => {
        const before = parseRecord(text, this.#place);
        const { record, result } = change(before);
        return record === before ? { result } : { text: formatRecord(record), result };
      }, options));
  }

  #next<T>(verb: string, signal: AbortSignal | undefined, run: () => Promise<T>): Promise<T> {
    const result = this.#last.then(run).catch((cause) => {
      if (cause instanceof MemcachedError || (signal?.aborted && cause === signal.reason)) throw cause;
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new CheckpointError(`Cannot ${verb} ${this.#place}: ${why}`, { cause });
    });
    // Whoever waits for the result is told; the next call must go on all the same.
    this.#last = result.catch(() => {});
    return result;
  }

  #fenced(verb: string, vbuckets: readonly number[], epoch: number): CheckpointFencedError {
    const sorted = vbuckets.toSorted((a, b) => a - b);
    const few = sorted.length > 8
      ? `${sorted.slice(0, 8).join(", ")} and ${sorted.length - 8} more`
      : sorted.join(", ");
    return new CheckpointFencedError(
      `Cannot ${verb} ${this.#place} with epoch ${epoch}: another consumer has claimed vbucket ${few} since; this one must ` +
        "stop delivering them, for what it processes now is processed by the other too",
      { epoch, vbuckets: sorted, sent: true },
    );
  }
}

function nothingOr(checkpoint: Checkpoint): Checkpoint | undefined {
  return Object.keys(checkpoint.vbuckets).length === 0 ? undefined : checkpoint;
}
