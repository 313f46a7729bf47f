import { FLUSH, VERBOSITY, VERSION } from "../ops/admin.ts";
import { DECREMENT, INCREMENT } from "../ops/counter.ts";
import { GAT, GATK, GET, GETK, type GetKeyResponse, TOUCH } from "../ops/retrieval.ts";
import { ADD, APPEND, DELETE, PREPEND, REPLACE, SET } from "../ops/storage.ts";
import type { MemoryStore } from "./memory_store.ts";
import type { Guard } from "./route.ts";
import { registerSasl } from "./sasl_server.ts";
import type { Server } from "./server.ts";
import { registerStats, type ServerStatistics } from "./stat_handler.ts";
import type { MemoryStoreOptions } from "./store_options.ts";
import type { StoredItem } from "./stored_item.ts";

/** memcached gives no version with a delete. */
const DELETED = { cas: 0n };

/** What is good for other protocols, too. */
export interface RegisteredStore {
  /** What statistics are made of. */
  readonly statistics: ServerStatistics;
  /** What keeps those out who have not logged in, if they must. */
  readonly guard: Guard | undefined;
}

/** Answers all commands of memcached.org's binary protocol from a store. */
export function registerStore(server: Server, store: MemoryStore, options: MemoryStoreOptions): RegisteredStore {
  const { onVerbosity } = options;
  server
    .on(GET, ({ key }) => store.get(key))
    .on(GETK, ({ key }) => withKey(key, store.get(key)))
    .on(TOUCH, ({ key, expiry }) => store.touch(key, expiry))
    .on(GAT, ({ key, expiry }) => store.touch(key, expiry))
    .on(GATK, ({ key, expiry }) => withKey(key, store.touch(key, expiry)))
    .on(SET, (request) => store.set(request.key, request.value, request))
    .on(ADD, (request) => store.add(request.key, request.value, request))
    .on(REPLACE, (request) => store.replace(request.key, request.value, request))
    .on(APPEND, (request) => store.append(request.key, request.value, request))
    .on(PREPEND, (request) => store.prepend(request.key, request.value, request))
    .on(DELETE, (request) => store.delete(request.key, request) ? DELETED : undefined)
    .on(INCREMENT, (request) => store.increment(request.key, request))
    .on(DECREMENT, (request) => store.decrement(request.key, request))
    .on(FLUSH, ({ delay }) => store.flush(delay))
    .on(VERSION, () => ({ version: store.version }));
  if (onVerbosity !== undefined) {
    server.on(VERBOSITY, ({ level }) => {
      store.verbosity = level;
      onVerbosity(level);
    });
  }
  const guard = registerSasl(server, options.users, store.counts);
  return { statistics: registerStats(server, store), guard };
}

function withKey(key: Uint8Array, item: StoredItem | undefined): GetKeyResponse | undefined {
  return item && { key, value: item.value, flags: item.flags, cas: item.cas };
}
