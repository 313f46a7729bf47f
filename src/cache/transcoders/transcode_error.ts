import { MemcachedError } from "../../errors.ts";

/**
 * Why a value could not be read.
 *
 * - `malformed`: the bytes are not what the flags say, or are cut short.
 * - `unsupported`: they are well, but hold what has no counterpart here or must not be made from stored bytes, such as an object of a class.
 * - `limit`: what they say is larger or deeper than allowed.
 */
export type TranscodeReason = "malformed" | "unsupported" | "limit";

/**
 * The bytes that are stored cannot be made into a value again. Nothing in them was executed, and nothing larger than the limit was
 * made. What to do depends on the `reason`: read them with the transcoder that wrote them, raise the limit, or write them anew.
 */
export class TranscodeError extends MemcachedError {
  /** The name of the class. */
  override readonly name = "TranscodeError";
  /** What kind of failure this is. */
  override readonly code = "TRANSCODE";
  /** Why it could not be read. */
  readonly reason: TranscodeReason;

  /** Makes an error with its message and its reason. */
  constructor(message: string, reason: TranscodeReason, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

/** Makes an error about bytes that are not what they should be. */
export function malformed(what: string, why: string, options?: ErrorOptions): TranscodeError {
  return new TranscodeError(`Cannot read ${what}: ${why}`, "malformed", options);
}

/** Makes an error about what has no counterpart here, or must not be made. */
export function unsupported(what: string, why: string): TranscodeError {
  return new TranscodeError(`Cannot read ${what}: ${why}`, "unsupported");
}

/** Makes an error about what is too large or too deep. */
export function overLimit(what: string, why: string): TranscodeError {
  return new TranscodeError(`Cannot read ${what}: ${why}`, "limit");
}
