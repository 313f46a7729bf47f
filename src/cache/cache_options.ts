import type { Namespace } from "./namespace.ts";
import type { NearCacheOptions, NearCacheStats } from "./near_cache.ts";
import type { Transcoder } from "./transcoder.ts";

/** How long values are good, and what is done when they are not. All of it may be given for all calls and for one. */
export interface FillOptions {
  /** For how long a value is fresh, in seconds; 0, the default, for ever. */
  readonly ttl?: number;
  /**
   * For how many seconds beyond that a value is still given out while a new one is made in the background; 0, the default, to let
   * the caller wait for the new one.
   */
  readonly staleFor?: number;
  /** Gives a value that is past its time out, if there is one, when a new one cannot be made; `false` by default. Needs `staleFor`. */
  readonly staleIfError?: boolean;
  /**
   * Makes a new value in the background before the old one is over, the likelier the nearer that is and the longer it takes to make:
   * 1 for a usual amount of it, more for earlier, 0, the default, for never.
   */
  readonly early?: number;
  /** For how many seconds it is remembered that there is no value, when `load` gives `undefined`; 0, the default, for not at all. */
  readonly missTtl?: number;
  /** Lets only one process at a time make a value: the others wait for it, or give the stale one out. `false` by default. */
  readonly lease?: boolean | LeaseOptions;
  /** How long each call of the server may take, in milliseconds; that of the client by default. */
  readonly timeout?: number;
}

/** How processes take turns. */
export interface LeaseOptions {
  /** After how many seconds a turn is over although its process has not said so; 10 by default. */
  readonly ttl?: number;
  /** How long others wait for the value before they make it themselves, in milliseconds; as long as a turn by default. */
  readonly wait?: number;
  /** How long they wait before they look again, in milliseconds; 50 by default, with some jitter. */
  readonly poll?: number;
}

/** What one call may say. */
export interface GetOrSetOptions extends FillOptions {
  /** Gives up when aborted. The work goes on for others that wait for it, and stops when nobody does. */
  readonly signal?: AbortSignal;
}

/** How a {@linkcode Cache} is set. */
export interface CacheOptions<T> extends FillOptions {
  /** Turns values into bytes and back; JSON by default. */
  readonly transcoder?: Transcoder<T>;
  /** Stands before all keys; nothing by default. */
  readonly prefix?: string;
  /** Stands before all keys, behind the prefix, and can be made invalid at once with all that is in it. */
  readonly namespace?: Namespace;
  /** Keeps values in this process for a short while, too; `false` by default. */
  readonly near?: boolean | NearCacheOptions;
  /** What to do when the server fails: `load`, the default, does without it; `throw` rejects. */
  readonly onCacheError?: "load" | "throw";
  /** Told of what went wrong and was done without. What it throws is ignored. */
  readonly report?: (problem: CacheProblem) => void;
  /** Milliseconds since 1970. */
  readonly clock?: () => number;
  /** A random number from 0 on and below 1. */
  readonly random?: () => number;
  /** Waits for some milliseconds; rejects when the signal is aborted. */
  readonly delay?: (ms: number, options: { readonly signal: AbortSignal }) => Promise<void>;
}

/** Something that went wrong and that no caller was told. */
export interface CacheProblem {
  /** What was tried. */
  readonly attempt: "read" | "write" | "refresh" | "lease";
  /** The key, with the prefix. */
  readonly key: string;
  /** What came. */
  readonly error: unknown;
}

/** What a value is made with. */
export interface LoadContext<T> {
  /** The key, without the prefix. */
  readonly key: string;
  /** Aborted when nobody waits for the value any more. */
  readonly signal: AbortSignal;
  /** The value that is past its time, if there was one. */
  readonly previous?: T;
}

/** Makes a value; `undefined` for "there is none". */
export type Load<T> = (context: LoadContext<T>) => T | undefined | Promise<T | undefined>;

/** What a {@linkcode Cache} has done. */
export interface CacheStats {
  /** Values found fresh at the server. */
  readonly hits: number;
  /** Values given out past their time. */
  readonly stale: number;
  /** Lookups that found nothing. */
  readonly misses: number;
  /** Values made. */
  readonly loads: number;
  /** Values that could not be made. */
  readonly loadErrors: number;
  /** Values made in the background. */
  readonly refreshes: number;
  /** Calls of the server that failed. */
  readonly cacheErrors: number;
  /** Waits for another process to make a value. */
  readonly leaseWaits: number;
  /** What was kept in this process, if anything was. */
  readonly near?: NearCacheStats;
}

/**
 * Checks times and counts.
 *
 * @throws {RangeError} If one is negative or no number.
 */
export function checkFill({ ttl, staleFor, missTtl, early, timeout, lease }: FillOptions): void {
  const { ttl: turn, wait, poll } = typeof lease === "object" ? lease : {};
  const times = { ttl, staleFor, missTtl, early, timeout, "lease.ttl": turn, "lease.wait": wait, "lease.poll": poll };
  for (const [name, value] of Object.entries(times)) {
    if (value !== undefined && !(value >= 0)) throw new RangeError(`Cannot use ${name} of ${value}: it is 0 or more`);
  }
}
