import { STAT } from "../ops/admin.ts";
import { formatAddress } from "../transport/address.ts";
import type { EventLog } from "./event_log.ts";
import type { MemoryStore } from "./memory_store.ts";
import type { Server, ServerCounters } from "./server.ts";
import type { Session } from "./session.ts";
import { NOT_FOUND } from "./status_reply.ts";
import type { Statistic } from "./store_stats.ts";

/** What a store and a server have counted since the last reset. */
export class ServerStatistics {
  readonly #server: Server;
  readonly #store: MemoryStore;
  #base: ServerCounters | undefined = undefined;

  /** Counts from the beginning of the server. */
  constructor(server: Server, store: MemoryStore) {
    this.#server = server;
    this.#store = store;
  }

  /** The statistics of a group; `undefined` for one that is not known. */
  read(group: string): Statistic[] | undefined {
    return this.#store.stats(group, since(this.#server.counters, this.#base));
  }

  /** What is known of each client, by the number that the log has for it. */
  connections(log: EventLog): Statistic[] {
    const listening = this.#server.addresses.map(formatAddress).map(described);
    const found: Statistic[] = [];
    for (const [i, address] of listening.entries()) {
      found.push([`${i + 1}:addr`, address], [`${i + 1}:state`, "conn_listening"]);
    }
    for (const session of this.#server.sessions) {
      const number = log.numberOf(session);
      found.push([`${number}:addr`, described(session.peer)]);
      // Where there are several, nobody knows by which it came.
      if (listening.length === 1) found.push([`${number}:listen_addr`, listening[0]!]);
      found.push([`${number}:state`, stateOf(session, log)]);
    }
    return found;
  }

  /** Begins to count anew. */
  reset(): void {
    this.#store.resetStats();
    this.#base = this.#server.counters;
  }
}

/** Answers STAT; returns what from. */
export function registerStats(server: Server, store: MemoryStore): ServerStatistics {
  const statistics = new ServerStatistics(server, store);
  server.on(STAT, ({ group = "" }, exchange) => {
    // memcached looks at the beginning of this name only.
    if (group.startsWith("reset")) return statistics.reset();
    const found = statistics.read(group);
    if (found === undefined) throw NOT_FOUND;
    for (const [key, value] of found) exchange.push({ key, value });
  });
  return statistics;
}

function stateOf(session: Session, log: EventLog): string {
  if (log.tells(session)) return "conn_watch";
  return session === log.client ? "conn_parse_cmd" : "conn_read";
}

/** An address with what it is one of. */
function described(address: string): string {
  return address.startsWith("unix:") ? address : `tcp:${address}`;
}

function since(counters: ServerCounters, base: ServerCounters | undefined): ServerCounters {
  if (base === undefined) return counters;
  return {
    ...counters,
    totalConnections: counters.totalConnections - base.totalConnections,
    rejectedConnections: counters.rejectedConnections - base.rejectedConnections,
    bytesRead: counters.bytesRead - base.bytesRead,
    bytesWritten: counters.bytesWritten - base.bytesWritten,
  };
}
