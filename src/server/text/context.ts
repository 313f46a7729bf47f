import type { EventLog } from "../event_log.ts";
import type { ItemCache } from "../item_cache.ts";
import type { MemoryStore } from "../memory_store.ts";
import type { Guard } from "../route.ts";
import type { Server } from "../server.ts";
import type { ServerStatistics } from "../stat_handler.ts";
import type { MemoryStoreOptions } from "../store_options.ts";
import type { Entry } from "../stored_item.ts";
import type { Tuning } from "../tuning.ts";
import { UserTable } from "../user_table.ts";

/** Where replies are written. */
export interface ReplySink {
  /** Whether other commands came at once with this one, of which not all is answered yet. */
  readonly pipelined: boolean;
  /** Appends text, a byte for each character. */
  text(text: string): void;
  /** Appends bytes. */
  bytes(bytes: Uint8Array): void;
  /** Closes the connection when all of it has left. */
  close(): void;
  /** Makes of the connection one that is only told what happens, as bits of `LogKind` say; returns whether there was room for it. */
  watch(kinds: number): boolean;
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
  /** Who watches what happens. */
  readonly log: EventLog;
  /** What can be set beside. */
  readonly tuning: Tuning;
  /** Who may ask for anything; everybody without it. */
  readonly users: UserTable | undefined;
  /** What else the store was made with. */
  readonly options: MemoryStoreOptions;
  /** Guards of the server that need to see no text: those of the store itself. */
  readonly guards: ReadonlySet<Guard>;
  /** Has requests of the binary protocol say whose they are; there is no need for it while nobody watches. */
  readonly follow: () => void;
}

/** What of a {@linkcode TextContext} is made elsewhere. */
export type TextParts =
  & Pick<TextContext, "store" | "cache" | "clock" | "statistics" | "log" | "tuning" | "options">
  & { readonly guard: Guard | undefined };

/** Makes what the text of a server is answered from. */
export function textContext(server: Server, { guard, ...parts }: TextParts): TextContext {
  const { log, options: { users } } = parts;
  const guards = new Set<Guard>(guard === undefined ? [] : [guard]);
  const follower: Guard = ({ session }) => {
    log.client = session;
  };
  return {
    ...parts,
    users: users === undefined ? undefined : new UserTable(users),
    guards,
    follow() {
      if (guards.has(follower)) return;
      guards.add(follower);
      server.guard(follower);
    },
  };
}

/** A reply that is written bit by bit, as there is room for it. */
export type LongReply = Iterator<void>;

/** The key is longer than memcached's, or some number is none. */
export const BAD_LINE = "CLIENT_ERROR bad command line format";

/** The longest key as it is sent. */
export const MAX_KEY = 250;

/** Seconds that an item has left; −1 for ever. */
export function secondsLeft(entry: Pick<Entry, "expiresAt">, now: number): number {
  return entry.expiresAt === Infinity ? -1 : Math.max(0, Math.ceil((entry.expiresAt - now) / 1000));
}
