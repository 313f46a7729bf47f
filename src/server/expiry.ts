/** Expiries up to here are relative: 30 days in seconds. */
const MAX_RELATIVE = 60 * 60 * 24 * 30;

/**
 * When an expiry of the wire comes, in milliseconds since 1970: 0 never comes, up to 30 days count from now, and beyond that it is
 * seconds since 1970, which may have been long ago.
 */
export function expiryTime(expiry: number, clock: () => number): number {
  if (expiry === 0) return Infinity;
  if (expiry <= MAX_RELATIVE) return clock() + expiry * 1000;
  return expiry * 1000;
}
