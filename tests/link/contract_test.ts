/** The client contract over a bare connection and over a pool. Over a link, it is run everywhere else. */
import { memoryListener } from "../../src/transport/memory.ts";
import { clientContract } from "../contract/client_contract.ts";
import { embeddedSubject, startEmbedded } from "../contract/embedded_subject.ts";
import { afterAll } from "../support/test.ts";
import type { ConnectOptions } from "../../mod.ts";

const WAYS: readonly (readonly [string, ConnectOptions])[] = [
  ["bare", { reconnect: false }],
  // The contract is about the order of calls too, which holds on one connection.
  ["pool", { pool: { connections: 3, openAt: 1_000_000 } }],
];

for (const [name, options] of WAYS) {
  const memory = memoryListener();
  const way = {
    name,
    address: () => ({ hostname: "memory", port: 0 }),
    listen: { listen: memory.listen },
    connect: { dial: memory.connect, ...options },
  };
  const embedded = await startEmbedded(way);
  afterAll(() => embedded.stop());
  clientContract(embeddedSubject(way, embedded));
}
