/**
 * A soak: over a million calls of all kinds, many given up at every stage, in pieces and at times that are random, and no answer
 * may ever reach another caller. Values tell whose they are.
 */
import { assert, assertEquals, assertGreater } from "@std/assert";
import { type Client, connect, Connection } from "../../mod.ts";
import { Client as OverConnection } from "../../src/client/client.ts";
import type { Detached } from "../../src/connection/detached.ts";
import { MemoryStore, Server } from "../../src/server.ts";
import { dial } from "../../src/transport/detect.ts";
import { memoryPair } from "../../src/transport/memory.ts";
import type { Transport } from "../../src/transport/transport.ts";
import { withJitter } from "../support/jitter.ts";
import { locateMemcached } from "../support/memcached.ts";
import { type Random, withRandom } from "../support/random.ts";
import { soak, type Tally } from "../support/soak.ts";
import { test } from "../support/test.ts";
import { withMemcached } from "../support/with_memcached.ts";

const hasMemcached = (await locateMemcached()).path !== undefined;

/** Together more than a million, with a memcached or without. */
const EMBEDDED = hasMemcached ? 600_000 : 1_020_000;
const JITTERED = 300_000;
const PLAIN = 400_000;

/** Enough for a machine that is busy: only the calls that have been given too little time may run out of it. */
const PATIENT = { timeout: 50_000 };

/** Runs a soak on several clients and looks whether all of it could be, and nothing is left behind. */
async function soakWith(random: Random, operations: number, clients: readonly Client[]): Promise<void> {
  const connections = clients.map(({ caller }) => caller as Connection);
  const tally = await soak(clients, { operations, run: `soak-${random.seed}`, random });
  // The answer to this comes behind all others, those that nobody waits for included.
  for (const client of clients) await client.noop();
  checkTally(tally, operations);
  assertGreater(connections.reduce((sum, { counters }) => sum + counters.lateReplies, 0), 0);
  for (const connection of connections) {
    assertEquals([connection.state, connection.inFlight], ["open", 0]);
    const { transport, readAhead } = await detachWhenWritten(connection);
    assertEquals(readAhead.length, 0);
    transport.close();
    await transport.closed;
  }
}

/** Refused while any slot waits for an answer, with a caller or without. An answer may come before its write has settled. */
async function detachWhenWritten(connection: Connection): Promise<Detached> {
  while (true) {
    try {
      return connection.detach();
    } catch (error) {
      if (!(error instanceof TypeError) || !error.message.endsWith("a write is under way")) throw error;
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
  }
}

/** Everything that can happen did. */
function checkTally(tally: Tally, operations: number): void {
  assertGreater(tally.operations, operations - 1);
  for (const [what, count] of Object.entries(tally)) assert(count > 100, `${what}: ${count}`);
}

test("desync soak: embedded server over the memory pair, with jitter", async () => {
  await withRandom(async (random) => {
    await using server = new Server();
    new MemoryStore().register(server);
    const clients = Array.from({ length: 3 }, () => {
      const [here, there] = memoryPair();
      server.serve(random.int(2) === 0 ? there : withJitter(there, random));
      return new OverConnection(new Connection(withJitter(here, random), PATIENT));
    });
    await soakWith(random, EMBEDDED, clients);
  });
});

const memcachedTest = await withMemcached({ args: ["-R", "200"] });

const WAYS: Readonly<Record<string, { operations: number; around: (inner: Transport, random: Random) => Transport }>> =
  {
    "with jitter": { operations: JITTERED, around: withJitter },
    "as it comes": { operations: PLAIN, around: (inner) => inner },
  };

for (const [how, { operations, around }] of Object.entries(WAYS)) {
  memcachedTest(`desync soak: memcached over TCP, ${how}`, async ({ port }) => {
    await withRandom(async (random) => {
      const clients = await Promise.all(Array.from({ length: 4 }, () =>
        connect(`127.0.0.1:${port}`, {
          reconnect: false,
          ...PATIENT,
          dial: async (address, options) => around(await dial(address, options), random),
        })));
      await soakWith(random, operations, clients);
    });
  });
}
