/** Expiries up to here are relative: 30 days in seconds. */
const MAX_RELATIVE = 60 * 60 * 24 * 30;

/**
 * When a document goes, in Unix seconds, 0 for never: the expiry of a request, but not later than the collection or the bucket
 * allows. All in seconds; a limit of 0 is none.
 */
export function absoluteExpiry(expiry: number, { now, maxTtl }: { now: number; maxTtl: number }): number {
  const wanted = expiry === 0 || expiry > MAX_RELATIVE ? expiry : now + expiry;
  if (maxTtl === 0) return wanted;
  const limit = now + maxTtl;
  return wanted === 0 || wanted > limit ? limit : wanted;
}
