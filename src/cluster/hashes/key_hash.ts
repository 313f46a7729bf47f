/**
 * Hashes a stretch of bytes to an unsigned integer of 32 bits: `bytes` from `start` up to, not including, `end`.
 *
 * A stretch and not a view, so that neither a text that was encoded into a kept buffer nor a part of a key costs an allocation.
 */
export type KeyHash = (bytes: Uint8Array, start: number, end: number) => number;

/** Hashes a stretch of bytes to 64 bits, which it leaves in `into`: the low half first. */
export type WideHash = (bytes: Uint8Array, start: number, end: number, into: Uint32Array) => void;
