/** What can be wrong with a checkpoint. */
import { MemcachedError, type MemcachedErrorCode, type MemcachedErrorOptions } from "../errors.ts";

/** A checkpoint could not be read or written; `code` and the class say more where there is more to say. */
export class CheckpointError extends MemcachedError {
  /** The name of the class. */
  override readonly name: string = "CheckpointError";
  /** What kind of failure this is. */
  override readonly code: MemcachedErrorCode = "CHECKPOINT";
}

/** What a {@linkcode CheckpointFencedError} says beside its message. */
export interface FencedDetails extends MemcachedErrorOptions {
  /** The epoch of the save that was refused. */
  readonly epoch: number;
  /** The vbuckets that another has claimed; those beside them have been saved. */
  readonly vbuckets: readonly number[];
}

/**
 * A save was refused because another consumer has claimed the vbuckets since: what it has saved must not be overwritten by one
 * that was thought dead. Stop delivering these vbuckets.
 */
export class CheckpointFencedError extends CheckpointError {
  /** The name of the class. */
  override readonly name = "CheckpointFencedError";
  /** What kind of failure this is. */
  override readonly code = "CHECKPOINT_FENCED";
  /** The epoch of the save that was refused. */
  readonly epoch: number;
  /** The vbuckets that another has claimed, ascending; those beside them have been saved. Empty for a claim of everything. */
  readonly vbuckets: readonly number[];

  /** Makes an error for the vbuckets that another has claimed. */
  constructor(message: string, { epoch, vbuckets, ...options }: FencedDetails) {
    super(message, options);
    this.epoch = epoch;
    this.vbuckets = vbuckets;
  }
}

/** What a {@linkcode CheckpointForeignError} says beside its message. */
export interface ForeignDetails extends MemcachedErrorOptions {
  /** UUID of the bucket that the stored checkpoint is of. */
  readonly stored: string;
  /** UUID of the bucket that is being consumed. */
  readonly given: string;
}

/** The checkpoint is of another bucket: its positions mean nothing here. Nothing was written. */
export class CheckpointForeignError extends CheckpointError {
  /** The name of the class. */
  override readonly name = "CheckpointForeignError";
  /** What kind of failure this is. */
  override readonly code = "CHECKPOINT_FOREIGN";
  /** UUID of the bucket that the stored checkpoint is of. */
  readonly stored: string;
  /** UUID of the bucket that is being consumed. */
  readonly given: string;

  /** Makes an error for two buckets. */
  constructor(message: string, { stored, given, ...options }: ForeignDetails) {
    super(message, options);
    this.stored = stored;
    this.given = given;
  }
}

/**
 * What is stored is no checkpoint: something else has the name, or part of it is gone. Also when all of it is gone that had been
 * claimed, as from a memcached that was restarted: going on would leave no position of the vbuckets that are not saved anew.
 */
export class CheckpointCorruptError extends CheckpointError {
  /** The name of the class. */
  override readonly name = "CheckpointCorruptError";
  /** What kind of failure this is. */
  override readonly code = "CHECKPOINT_CORRUPT";
}
