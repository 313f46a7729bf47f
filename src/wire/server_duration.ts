/**
 * Durations in the framing extras of a response: 16 bits that reach from half a microsecond to two minutes, exact for short
 * ones and coarse for long ones.
 */

/** The power that stretches 16 bits to two minutes. */
const EXPONENT = 1.74;

const MAX_ENCODED = 0xffff;

/** Reads a duration: `encoded ^ 1.74 / 2` microseconds. */
export function decodeServerDuration(encoded: number): number {
  return Math.pow(encoded, EXPONENT) / 2;
}

/**
 * Writes a duration in microseconds: `(microseconds * 2) ^ (1 / 1.74)`, rounded. Two minutes (120,125,042 µs) and all that is
 * longer become 65535.
 *
 * @throws {RangeError} If it is negative or no number.
 */
export function encodeServerDuration(microseconds: number): number {
  if (!(microseconds >= 0)) {
    throw new RangeError(`Cannot write duration: ${microseconds} is not a number of microseconds from 0 on`);
  }
  return Math.min(MAX_ENCODED, Math.round(Math.pow(microseconds * 2, 1 / EXPONENT)));
}
