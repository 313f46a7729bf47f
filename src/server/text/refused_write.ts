import { expiryTime } from "../expiry.ts";
import type { TextContext } from "./context.ts";

/** A write that may be refused, as it is logged. */
export interface RefusedWrite {
  readonly key: Uint8Array;
  readonly command: string;
  readonly expiry: number;
}

/** What is said about an item of a size that the store never takes; it is counted and logged then. */
export function refusalOf(
  { store, log, clock }: TextContext,
  size: number,
  { key, command, expiry }: RefusedWrite,
): string | undefined {
  const large = size > store.itemSizeLimit;
  if (!large && size <= store.memoryLimit) return undefined;
  if (large) store.counts.storeTooLarge++;
  else store.counts.storeNoMemory++;
  if (log.mutating) {
    const expiresAt = expiry === 0 ? Infinity : expiryTime(expiry, clock);
    log.stored({ key, command, status: large ? "too_large" : "no_memory", expiresAt, size: 0 });
  }
  return large ? "SERVER_ERROR object too large for cache" : "SERVER_ERROR out of memory storing object";
}
