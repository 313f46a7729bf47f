/** When an item goes away. Give one of the two, or none for never. */
export interface ExpiryOptions {
  /** Seconds from now; fractions are rounded up. 0 for never. Any length means what it says: see {@linkcode expiryOf}. */
  readonly ttl?: number;
  /** The moment, on the clock of the server. */
  readonly expiresAt?: Date;
}

/** The protocol reads larger numbers as a moment in Unix time: 30 days. */
const LONGEST_RELATIVE = 60 * 60 * 24 * 30;

const LARGEST = 0xffffffff;

/**
 * Turns a duration or a moment into what the protocol carries: 32 bits that are seconds from now up to 30 days, and Unix seconds
 * beyond. A longer duration is counted from the clock of this machine.
 *
 * @throws {RangeError} If it is negative, no number, or too far away (the year 2106).
 * @throws {TypeError} If both are given.
 */
export function expiryOf(options: ExpiryOptions | undefined): number {
  const ttl = options?.ttl;
  const expiresAt = options?.expiresAt;
  if (ttl === undefined) return expiresAt === undefined ? 0 : momentOf(expiresAt);
  if (expiresAt !== undefined) throw new TypeError("Cannot use both ttl and expiresAt: give one of them");
  if (!(ttl >= 0)) throw new RangeError(`Cannot use a ttl of ${ttl}: it is seconds from now, 0 or more`);
  const seconds = Math.ceil(ttl);
  if (seconds <= LONGEST_RELATIVE) return seconds;
  return inRange(Math.ceil(Date.now() / 1000 + ttl), `a ttl of ${ttl} seconds`);
}

function momentOf(expiresAt: Date): number {
  const seconds = Math.ceil(expiresAt.getTime() / 1000);
  if (Number.isNaN(seconds)) throw new RangeError("Cannot use expiresAt: it is an invalid date");
  // A small number would be read as a duration; whatever lies so far back has expired.
  return inRange(Math.max(seconds, LONGEST_RELATIVE + 1), `expiresAt ${expiresAt.toISOString()}`);
}

function inRange(seconds: number, given: string): number {
  if (seconds > LARGEST) throw new RangeError(`Cannot use ${given}: the protocol counts no further than the year 2106`);
  return seconds;
}
