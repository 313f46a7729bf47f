/**
 * Hashes a stretch of bytes to an unsigned integer of 32 bits: `bytes` from `start` up to, not including, `end`.
 *
 * A stretch and not a view, so that neither a text that was encoded into a kept buffer nor a part of a key costs an allocation.
 */
export type KeyHash = (bytes: Uint8Array, start: number, end: number) => number;
