import { MemcachedError, type MemcachedErrorOptions } from "../errors.ts";
import type { TapCheckpoint } from "../ops/tap.ts";

/** A TAP feed ended before its time. Open another with its `position` as `checkpoints` to go on. */
export class TapError extends MemcachedError {
  /** The name of the class. */
  override readonly name = "TapError";
  /** What kind of failure this is. */
  override readonly code = "TAP";
  /** The last closed checkpoint of each vbucket that was taken; empty without checkpoints. */
  readonly position: readonly TapCheckpoint[];

  /** Makes an error with what is needed to go on. */
  constructor(message: string, options: MemcachedErrorOptions & { readonly position?: readonly TapCheckpoint[] } = {}) {
    super(message, options);
    this.position = options.position ?? [];
  }
}
