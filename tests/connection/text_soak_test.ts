/**
 * The soak over the text protocols: many calls of all kinds, many given up at every stage, in pieces and at times that are random,
 * and no answer may ever reach another caller. Classic replies say nothing of what they answer, so there every one must keep its place.
 */
import { assert, assertEquals, assertGreater } from "@std/assert";
import { Client, Connection, type Wire } from "../../mod.ts";
import { MetaWire } from "../../src/connection/meta_wire.ts";
import { TextWire } from "../../src/connection/text_wire.ts";
import { MemoryStore, Server } from "../../src/server.ts";
import { dial } from "../../src/transport/detect.ts";
import { memoryPair } from "../../src/transport/memory.ts";
import type { Transport } from "../../src/transport/transport.ts";
import { withJitter } from "../support/jitter.ts";
import { type Random, withRandom } from "../support/random.ts";
import { soak } from "../support/soak.ts";
import { test } from "../support/test.ts";
import { withMemcached } from "../support/with_memcached.ts";

const OPERATIONS = 60_000;

/** Enough for a machine that is busy: only the calls that have been given too little time may run out of it. */
const PATIENT = { timeout: 50_000 };

const WIRES: Readonly<Record<string, () => Wire>> = { meta: () => new MetaWire(), text: () => new TextWire() };

async function soakOver(name: string, random: Random, transports: readonly Transport[]): Promise<void> {
  const wire = WIRES[name]!;
  const connections = transports.map((transport) => new Connection(transport, { ...PATIENT, wire: wire() }));
  const clients = connections.map((connection) => new Client(connection));
  const run = `soak-${name}-${random.seed}`;
  const tally = await soak(clients, { operations: OPERATIONS, run, random, text: name === "text" });
  // The answer to this comes behind all others, those that nobody waits for included.
  for (const client of clients) await client.noop();
  for (const [what, count] of Object.entries(tally)) assert(count > 10, `${what}: ${count}`);
  assertGreater(connections.reduce((sum, { counters }) => sum + counters.lateReplies, 0), 0);
  for (const connection of connections) {
    assertEquals([connection.state, connection.inFlight], ["open", 0]);
    await connection.close();
  }
}

const memcachedTest = await withMemcached({ args: ["-R", "200"] });

for (const name of Object.keys(WIRES)) {
  test(`text soak: embedded server over ${name} and the memory pair, with jitter`, async () => {
    await withRandom(async (random) => {
      await using server = new Server();
      new MemoryStore().register(server);
      const transports = Array.from({ length: 3 }, () => {
        const [here, there] = memoryPair();
        server.serve(random.int(2) === 0 ? there : withJitter(there, random));
        return withJitter(here, random);
      });
      await soakOver(name, random, transports);
    });
  });

  memcachedTest(`text soak: memcached over ${name} and TCP, with jitter`, async ({ port }) => {
    await withRandom(async (random) => {
      const dialled = Array.from({ length: 3 }, () => dial({ hostname: "127.0.0.1", port }));
      const transports = (await Promise.all(dialled)).map((transport) => withJitter(transport, random));
      await soakOver(name, random, transports);
    });
  });
}
