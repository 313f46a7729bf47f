import { escapeKey } from "./escape_key.ts";
import type { Entry } from "./stored_item.ts";

/** What may be watched, as bits. */
export const LogKind = { FETCHERS: 1, MUTATIONS: 2, EVICTIONS: 4, CONNECTIONS: 8 } as const;

/** What is told of items that were never made. */
const SIZELESS: ReadonlySet<string> = new Set(["too_large", "no_memory"]);

/** memcached has no more. */
const MAX_WATCHERS = 20;

/** Someone who is told what happens. */
export interface Watcher {
  /** By which connection. */
  readonly connection: LoggedConnection;
  /** Bits of {@linkcode LogKind}. */
  readonly kinds: number;
  /** Whether a line would find no room now: it is counted instead. */
  readonly full: boolean;
  /** Takes a line with its end. */
  write(line: string): void;
}

/** A connection, as it is told of. */
export interface LoggedConnection {
  /** The address of the client as text. */
  readonly peer: string;
}

/** An attempt to store. */
export interface LoggedStore {
  readonly key: Uint8Array;
  /** `set`, `add`, `replace`, `append`, `prepend` or `cas`. */
  readonly command: string;
  /** `stored`, `not_stored`, `exists`, `not_found`, `too_large` or `no_memory`. */
  readonly status: string;
  /** When it will be gone, in milliseconds since 1970. */
  readonly expiresAt: number;
  /** Bytes of the value; 0 where memcached did not look at it. */
  readonly size: number;
}

/** What happens to items and connections, line by line, for those who watch. While nobody does, only flags are looked at. */
export class EventLog {
  /** Who is answered just now; nobody when the store is used directly. */
  client: LoggedConnection | undefined = undefined;
  /** Whether somebody watches each of the kinds. */
  fetching = false;
  mutating = false;
  evicting = false;
  connecting = false;

  readonly #clock: () => number;
  readonly #watchers = new Map<Watcher, { skipped: number }>();
  readonly #numbers = new WeakMap<LoggedConnection, number>();
  #lastNumber = 10;
  #lastEvent = 0;

  /** Begins without watchers. */
  constructor(clock: () => number) {
    this.#clock = clock;
  }

  /** Whether a connection is one of those that are told. */
  tells(connection: LoggedConnection): boolean {
    for (const watcher of this.#watchers.keys()) {
      if (watcher.connection === connection) return true;
    }
    return false;
  }

  /** The number by which a connection is known; memcached gives its file descriptor. */
  numberOf(connection: LoggedConnection): number {
    let number = this.#numbers.get(connection);
    if (number === undefined) this.#numbers.set(connection, number = ++this.#lastNumber);
    return number;
  }

  /** Tells a watcher of what happens from now on; returns whether there was room for one more. */
  add(watcher: Watcher): boolean {
    if (this.#watchers.size >= MAX_WATCHERS) return false;
    this.#watchers.set(watcher, { skipped: 0 });
    this.#turn();
    return true;
  }

  /** Tells a watcher nothing more. */
  delete(watcher: Watcher): void {
    if (this.#watchers.delete(watcher)) this.#turn();
  }

  /** An item was looked for: `found`, `not_found` or `expired`. */
  fetched(
    key: Uint8Array,
    entry: Entry | undefined,
    status: string = entry === undefined ? "not_found" : "found",
  ): void {
    const size = entry?.value.length ?? 0;
    const text = `type=item_get key=${escapeKey(key)} status=${status} clsid=${entry === undefined ? 0 : 1}`;
    this.#tell(LogKind.FETCHERS, `${text} cfd=${this.#number()} size=${size}`);
  }

  /** An item was to be stored. */
  stored({ key, command, status, expiresAt, size }: LoggedStore): void {
    // Of what is gone already memcached tells a number below 2³².
    const ttl = expiresAt === Infinity ? 0 : Math.max(-1, Math.ceil((expiresAt - this.#clock()) / 1000)) >>> 0;
    const text = `type=item_store key=${escapeKey(key)} status=${status} cmd=${command} ttl=${ttl}`;
    this.#tell(LogKind.MUTATIONS, `${text} clsid=${SIZELESS.has(status) ? 0 : 1} cfd=${this.#number()} size=${size}`);
  }

  /** An item went to make room. */
  evicted(entry: Entry): void {
    const now = this.#clock();
    const ttl = entry.expiresAt === Infinity ? -1 : Math.ceil((entry.expiresAt - now) / 1000);
    const key = escapeKey(entry.bytes.subarray(0, entry.keyLength));
    const text = `type=eviction key=${key} fetch=${entry.fetched ? "yes" : "no"} ttl=${ttl}`;
    const idle = Math.max(0, Math.floor((now - entry.accessedAt) / 1000));
    this.#tell(LogKind.EVICTIONS, `${text} la=${idle} clsid=1 size=${entry.value.length}`);
  }

  /** A client came. */
  opened(connection: LoggedConnection): void {
    if (this.connecting) this.#connection("conn_new", connection, "");
  }

  /** A client went: `normal` or `error`. */
  closed(connection: LoggedConnection, reason: string): void {
    if (this.connecting) this.#connection("conn_close", connection, ` reason=${reason}`);
  }

  #connection(type: string, connection: LoggedConnection, reason: string): void {
    const { ip, port, transport } = addressOf(connection.peer);
    const text = `type=${type} rip=${ip} rport=${port} transport=${transport}${reason}`;
    this.#tell(LogKind.CONNECTIONS, `${text} cfd=${this.numberOf(connection)}`);
  }

  #number(): number {
    return this.client === undefined ? 0 : this.numberOf(this.client);
  }

  #tell(kind: number, text: string): void {
    const now = this.#clock();
    const seconds = Math.floor(now / 1000);
    // Without zeros in front, as memcached has it.
    const micros = Math.floor((now - seconds * 1000) * 1000);
    const line = `ts=${seconds}.${micros} gid=${++this.#lastEvent} ${text}\n`;
    for (const [watcher, state] of this.#watchers) {
      if ((watcher.kinds & kind) === 0) continue;
      if (watcher.full) {
        state.skipped++;
        continue;
      }
      if (state.skipped > 0) watcher.write(`skipped=${state.skipped}\n`);
      state.skipped = 0;
      watcher.write(line);
    }
  }

  #turn(): void {
    let kinds = 0;
    for (const watcher of this.#watchers.keys()) kinds |= watcher.kinds;
    this.fetching = (kinds & LogKind.FETCHERS) !== 0;
    this.mutating = (kinds & LogKind.MUTATIONS) !== 0;
    this.evicting = (kinds & LogKind.EVICTIONS) !== 0;
    this.connecting = (kinds & LogKind.CONNECTIONS) !== 0;
  }
}

/** The parts of an address as text; one without a port is of this machine. */
function addressOf(peer: string): { ip: string; port: string; transport: string } {
  const [, v6, v4, port] = /^(?:\[(.+)\]|([^:]+)):(\d+)$/.exec(peer) ?? [];
  if (port === undefined) return { ip: "unix", port: "0", transport: "local" };
  return { ip: v6 ?? v4!, port, transport: "tcp" };
}
