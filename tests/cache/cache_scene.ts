import { connect } from "../../src/client/connect.ts";
import type { Client } from "../../src/client/client.ts";
import { MemoryStore } from "../../src/server/memory_store.ts";
import { Server } from "../../src/server/server.ts";
import { memoryPair } from "../../src/transport/memory.ts";

/** A server in memory and a client of it, on a clock that only moves when told to. */
export interface CacheScene extends AsyncDisposable {
  readonly client: Client;
  /** Another client of the same server, as of another process. */
  connect(): Promise<Client>;
  /** Milliseconds since 1970, for the server and for caches. */
  readonly clock: () => number;
  /** Moves the clock. */
  pass(ms: number): void;
}

/** Sets the scene. */
export async function cacheScene(): Promise<CacheScene> {
  let now = Date.UTC(2026, 0, 1);
  const clock = () => now;
  const server = new Server();
  new MemoryStore({ clock }).register(server);
  const open = () =>
    connect({ hostname: "memory", port: 1 }, {
      dial: () => {
        const [here, there] = memoryPair();
        server.serve(there);
        return Promise.resolve(here);
      },
    });
  const clients = [await open()];
  return {
    client: clients[0]!,
    async connect() {
      const client = await open();
      clients.push(client);
      return client;
    },
    clock,
    pass: (ms) => void (now += ms),
    async [Symbol.asyncDispose]() {
      await Promise.all(clients.map((client) => client.close()));
      await server[Symbol.asyncDispose]();
    },
  };
}
