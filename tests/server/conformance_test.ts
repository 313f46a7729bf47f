/** The embedded server against the conformance contract, and memcached, from which the contract is taken. */

import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { MemoryStore, Server } from "../../src/server.ts";
import { dial } from "../../src/transport/detect.ts";
import { memoryPair } from "../../src/transport/memory.ts";
import { conformance } from "../contract/conformance.ts";
import { locateMemcached, startMemcached } from "../support/memcached.ts";
import { afterAll, test } from "../support/test.ts";
import { wireOf } from "../support/transport_wire.ts";
import { RECORDED_VERSION } from "../vectors/replay.ts";
import type { Wire } from "../vectors/wire.ts";

/** Each connection has a server of its own, so that a test leaves nothing open; the items are the same for all. */
const memory = new MemoryStore();
conformance({
  name: "the embedded server in memory",
  kind: "embedded",
  version: RECORDED_VERSION,
  connect: () => {
    const server = new Server();
    memory.register(server);
    const [client, peer] = memoryPair();
    server.serve(peer);
    return Promise.resolve(withServer(wireOf(client), server));
  },
});

const tcp = new MemoryStore();
conformance({
  name: "the embedded server over TCP",
  kind: "embedded",
  version: RECORDED_VERSION,
  connect: async () => {
    const server = new Server();
    tcp.register(server);
    const { address } = await server.listen({ hostname: "127.0.0.1", port: 0 });
    return withServer(wireOf(await dial(address)), server);
  },
});

const { path, story } = await locateMemcached();
const socketPath = join(tmpdir(), `memwire-conformance-${process.pid}.sock`);

for (const [name, options] of [["memcached over TCP", {}], ["memcached over a unix socket", { socketPath }]] as const) {
  if (path === undefined && process.env.CI !== "true") {
    test(`${name}: the conformance contract (no memcached: ${story})`, () => {}, { ignore: true });
    continue;
  }
  const server = await startMemcached(options);
  afterAll(() => server.stop());
  const address = "socketPath" in options ? { path: options.socketPath } : { hostname: "127.0.0.1", port: server.port };
  conformance({
    name,
    kind: "memcached",
    version: server.version,
    connect: async () => wireOf(await dial(address)),
  });
}

function withServer(wire: Wire, server: Server): Wire {
  return {
    ...wire,
    async close() {
      await wire.close();
      await server.close();
    },
  };
}
