/**
 * Hashes a stretch of bytes to an integer of 32 bits: `bytes` from `start` up to, not including, `end`.
 *
 * A stretch and not a view, so that neither a text that was encoded into a kept buffer nor a part of a key costs an allocation.
 * Signed, whatever the hash is by its own definition: engines make an object of each larger number that they hand over. Who uses it takes `>>> 0` of it.
 */
export type KeyHash = (bytes: Uint8Array, start: number, end: number) => number;
