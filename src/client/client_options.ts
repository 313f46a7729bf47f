import type { CallOptions } from "../connection/caller.ts";
import type { ExpiryOptions } from "./expiry.ts";

/** How an item is written. */
export interface StoreOptions extends CallOptions, ExpiryOptions {
  /** 32 bits to keep with the value, for the readers to know what it is; 0 by default. */
  readonly flags?: number;
}

/** Which version a write is meant for. */
export interface CasOptions {
  /** Writes only if the item still has this version, as read before; `0n` is for whatever version, as without it. */
  readonly cas?: bigint;
}

/** How a counter is changed. */
export interface CounterOptions extends CallOptions, ExpiryOptions {
  /** By how much, unsigned 64 bits; 1 by default. */
  readonly by?: bigint | number;
  /** The value of a counter that is not there yet, to which `by` is not added. Without it, such a counter is not created. */
  readonly initial?: bigint | number;
}

/** Checks flags. */
export function flagsOf(flags = 0): number {
  if (flags >>> 0 !== flags) {
    throw new RangeError(`Cannot use flags of ${flags}: they are an unsigned number of 32 bits`);
  }
  return flags;
}

/** Checks an unsigned number of 64 bits. */
export function unsigned(value: bigint | number, name: string): bigint {
  const whole = BigInt(value);
  if (whole < 0n || whole > 0xffff_ffff_ffff_ffffn) {
    throw new RangeError(`Cannot use ${name} of ${value}: it is an unsigned number of 64 bits`);
  }
  return whole;
}
