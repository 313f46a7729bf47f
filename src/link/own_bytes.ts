/**
 * Bytes that a caller gave belong to it again when the call was made, and large ones when it has ended: what is written later, or
 * again, has to mind that.
 */

/** From this size on, in bytes, a value is not copied when it is written, and must not be changed before its call has ended. */
const LARGE = 64 * 1024;

/** The same request with bytes of its own. */
export function ownBytes<T>(part: T): T {
  if (part instanceof Uint8Array) return part.length < LARGE ? part.slice() as T & Uint8Array : part;
  if (Array.isArray(part)) return part.map(ownBytes) as T;
  if (!isPlain(part)) return part;
  const copy: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(part)) copy[name] = ownBytes(value);
  return copy as T;
}

/** The same request, with bytes of its own if it has any that may change. */
export function ownIfNeeded<T>(part: T): T {
  return mayHaveChanged(part) ? ownBytes(part) : part;
}

/** Whether a request has bytes that the caller may have changed since the call was made. */
export function mayHaveChanged(part: unknown): boolean {
  if (part instanceof Uint8Array) return part.length < LARGE;
  if (Array.isArray(part)) return part.some(mayHaveChanged);
  return isPlain(part) && Object.values(part).some(mayHaveChanged);
}

function isPlain(part: unknown): part is Record<string, unknown> {
  return typeof part === "object" && part !== null && Object.getPrototypeOf(part) === Object.prototype;
}
