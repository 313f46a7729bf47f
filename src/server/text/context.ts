import type { ItemCache } from "../item_cache.ts";
import type { MemoryStore } from "../memory_store.ts";
import type { ServerStatistics } from "../stat_handler.ts";
import type { Entry } from "../stored_item.ts";

/** Where replies are written. */
export interface ReplySink {
  /** Appends text, a byte for each character. */
  text(text: string): void;
  /** Appends bytes. */
  bytes(bytes: Uint8Array): void;
  /** Closes the connection when all of it has left. */
  close(): void;
}

/** What the commands work on. */
export interface TextContext {
  /** What answers. */
  readonly store: MemoryStore;
  /** What it keeps its items in. */
  readonly cache: ItemCache;
  /** The time in milliseconds since 1970. */
  readonly clock: () => number;
  /** What STAT answers from, too. */
  readonly statistics: ServerStatistics;
  /** Takes the level of a verbosity request. */
  readonly onVerbosity: ((level: number) => void) | undefined;
}

/** A reply that is written bit by bit, as there is room for it. */
export type LongReply = Iterator<void>;

/** The key is longer than memcached's, or some number is none. */
export const BAD_LINE = "CLIENT_ERROR bad command line format";

/** The longest key as it is sent. */
export const MAX_KEY = 250;

/** Seconds that an item has left; −1 for ever. */
export function secondsLeft(entry: Entry, now: number): number {
  return entry.expiresAt === Infinity ? -1 : Math.max(0, Math.ceil((entry.expiresAt - now) / 1000));
}
