/** The embedded server beside a real memcached: the same random requests, by each of the three wires, must be answered alike. */

import { assertGreater } from "@std/assert";
import { MemoryStore, Server } from "../../src/server.ts";
import { memoryPair } from "../../src/transport/memory.ts";
import { BinaryPair, randomRequests } from "../support/binary_pair.ts";
import type { Memcached } from "../support/memcached.ts";
import { Random, withRandom } from "../support/random.ts";
import { randomClassic, type RandomCommand, randomCommand, randomMeta } from "../support/random_text.ts";
import { randomRound, TextPair } from "../support/text_pair.ts";
import { wireOf } from "../support/transport_wire.ts";
import { withMemcached } from "../support/with_memcached.ts";
import { connectWire } from "../vectors/wire.ts";

/** So many commands by each of the wires; with those of both together more than 100,000 in all. */
const COMMANDS = 30_000;

/** So many by two wires in turn. */
const MIXED = 15_000;

/** Seeds by which something once was answered otherwise. */
const SAVED: readonly number[] = [4145673023, 2067989239, 3663505306];

/** For each of these seeds. */
const AGAIN = 3000;

/**
 * A memcached for each test: with large numbers it looks for a minus sign in what lay in the memory before, which those of other tests
 * may have left. Its other threads would hold items now and then, which is seen when they are counted with.
 */
const own = () => withMemcached({ args: ["-o", "no_lru_maintainer,no_lru_crawler"] });

for (const [wire, next] of [["classic text", randomClassic], ["meta", randomMeta]] as const) {
  const memcachedTest = await own();
  memcachedTest(
    `the embedded server answers ${COMMANDS} random commands of ${wire} as memcached does`,
    (memcached) => withRandom((random) => playText(memcached, random, { next, commands: COMMANDS })),
  );
}

const binaryTest = await own();
binaryTest(
  `the embedded server answers ${COMMANDS} random binary requests as memcached does`,
  (memcached) => withRandom((random) => playBinary(memcached, random, COMMANDS)),
);

const mixedTest = await own();
mixedTest(
  `what one wire writes the others read alike on both servers, ${MIXED} commands long`,
  (memcached) => withRandom((random) => playAll(memcached, random, MIXED)),
);

const savedTest = await own();
for (const seed of SAVED) {
  savedTest(`the embedded server answers what came of seed ${seed} as memcached does`, async (memcached) => {
    await playText(memcached, new Random(seed), { next: randomMeta, commands: 10 * AGAIN });
    await playAll(memcached, new Random(seed), AGAIN);
    await playBinary(memcached, new Random(seed), AGAIN);
  });
}

interface TextPlay {
  readonly next: (random: Random) => RandomCommand;
  readonly commands: number;
}

async function playText(memcached: Memcached, random: Random, { next, commands }: TextPlay): Promise<void> {
  await using both = await Both.start(memcached);
  const { text } = both;
  while (text.commands < commands) await text.play(randomRound(() => next(random), random, 25));
  assertGreater(text.bytes, commands);
}

async function playBinary(memcached: Memcached, random: Random, commands: number): Promise<void> {
  await using both = await Both.start(memcached);
  const { binary } = both;
  while (binary.requests < commands) await binary.play(randomRequests(random, binary.casPairs, 15));
}

async function playAll(memcached: Memcached, random: Random, commands: number): Promise<void> {
  await using both = await Both.start(memcached);
  const { text, binary } = both;
  while (text.commands + binary.requests < commands) {
    // memcached looks for a minus sign in what lay where a large number lies now.
    const round = randomRound(() => randomCommand(random), random, 8);
    await text.play(round.filter((command) => !command.text.includes("\r\n-5")));
    await binary.play(randomRequests(random, binary.casPairs, 8));
  }
}

/** Both servers, without items, and connections to them. */
class Both implements AsyncDisposable {
  readonly text: TextPair;
  readonly binary: BinaryPair;
  readonly #server: Server;

  private constructor(server: Server, text: TextPair, binary: BinaryPair) {
    this.#server = server;
    this.text = text;
    this.binary = binary;
  }

  static async start(memcached: Memcached): Promise<Both> {
    const server = new Server();
    new MemoryStore({ version: memcached.version }).register(server);
    const [client, peer] = memoryPair();
    server.serve(peer);
    const text = new TextPair(await connectWire(memcached.port), wireOf(client));
    // The first version of ours is none that an item has any more, as with the other.
    await text.play([{ text: "set a 0 0 1\r\n1\r\nflush_all\r\n", counts: false, reads: false }]);
    return new Both(server, text, new BinaryPair(memcached, server));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.text.close();
    await this.binary.close();
    await this.#server.close();
  }
}
