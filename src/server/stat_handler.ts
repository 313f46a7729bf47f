import { STAT } from "../ops/admin.ts";
import type { MemoryStore } from "./memory_store.ts";
import type { Server, ServerCounters } from "./server.ts";
import { NOT_FOUND } from "./status_reply.ts";

/** Answers STAT from what a store and a server have counted since the last reset. */
export function registerStats(server: Server, store: MemoryStore): void {
  let base: ServerCounters | undefined;
  server.on(STAT, ({ group = "" }, exchange) => {
    // memcached looks at the beginning of this name only.
    if (group.startsWith("reset")) {
      store.resetStats();
      base = server.counters;
      return;
    }
    const statistics = store.stats(group, since(server.counters, base));
    if (statistics === undefined) throw NOT_FOUND;
    for (const [key, value] of statistics) exchange.push({ key, value });
  });
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
