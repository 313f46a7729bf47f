/** The embedded server beside a real memcached in text: the same random commands must be answered with the same bytes. */

import { assertEquals, assertGreater } from "@std/assert";
import { MemoryStore, Server } from "../../../src/server.ts";
import { memoryPair } from "../../../src/transport/memory.ts";
import { withRandom } from "../../support/random.ts";
import { type RandomCommand, randomCommand } from "../../support/random_text.ts";
import { wireOf } from "../../support/transport_wire.ts";
import { withMemcached } from "../../support/with_memcached.ts";
import { connectWire, type Wire } from "../../vectors/wire.ts";

const COMMANDS = 20_000;

// Its other threads would hold items now and then, which is seen when they are counted with.
const memcachedTest = await withMemcached({ args: ["-o", "no_lru_maintainer,no_lru_crawler"] });

memcachedTest("the embedded server answers thousands of random text commands as memcached does", async (memcached) => {
  await withRandom(async (random) => {
    await using server = new Server();
    new MemoryStore({ version: memcached.version }).register(server);
    const [client, peer] = memoryPair();
    server.serve(peer);
    const pair = new Pair(await connectWire(memcached.port), wireOf(client));
    let sent = 0;
    try {
      for (let round = 0; sent < COMMANDS; round++) {
        const commands: RandomCommand[] = [];
        for (let left = 1 + random.int(12); left > 0; left--) {
          const command = randomCommand(random);
          // memcached leaves an item alone that it has yet to send, and makes a new one of another width.
          if (command.counts && commands.some(({ reads }) => reads)) continue;
          commands.push(command);
        }
        await pair.play(commands.map(({ text }) => text), `@${round}`);
        sent += commands.length;
      }
    } finally {
      await pair.close();
    }
    assertGreater(pair.bytes, COMMANDS);
  });
});

/** A connection to each of the two. */
class Pair {
  readonly #theirs: Wire;
  readonly #ours: Wire;
  /** The last version that was seen on either side. */
  #cas: readonly [theirs: string, ours: string] = ["1", "1"];
  /** How much was heard. */
  bytes = 0;

  constructor(theirs: Wire, ours: Wire) {
    this.#theirs = theirs;
    this.#ours = ours;
  }

  /** Sends the same to both, and compares what comes up to the reply to the last command, of which there is no other. */
  async play(commands: readonly string[], mark: string): Promise<void> {
    // The first end gets a block out of the way that a broken line left open.
    const text = `${commands.join("")}mg nobody k O${mark}\r\n`;
    const [theirCas, ourCas] = this.#cas;
    const [theirs, ours] = await Promise.all([
      ask(this.#theirs, text.replaceAll("{cas}", theirCas), mark),
      ask(this.#ours, text.replaceAll("{cas}", ourCas), mark),
    ]);
    this.bytes += theirs.length;
    assertEquals(plain(ours), plain(theirs), `after the commands\n${JSON.stringify(text)}\n`);
    const theirVersions = versions(theirs);
    const last = theirVersions.at(-1);
    if (last !== undefined) this.#cas = [last, versions(ours).at(-1)!];
  }

  async close(): Promise<void> {
    await this.#theirs.close();
    await this.#ours.close();
  }
}

async function ask(wire: Wire, text: string, mark: string): Promise<string> {
  await wire.write(Uint8Array.from(text, (letter) => letter.charCodeAt(0)));
  let heard = "";
  while (!heard.endsWith(`EN knobody O${mark}\r\n`)) {
    const chunk = await wire.read();
    if (chunk === undefined) return `${heard}<closed>`;
    heard += String.fromCharCode(...chunk);
  }
  return heard;
}

/** Without what differs from server to server: versions, times, and the inner life of an item. */
function plain(heard: string): string[] {
  return heard.split("\r\n").map((line) => {
    if (line.startsWith("ME ")) return line.split(" ").slice(0, 2).join(" ");
    if (line.startsWith("VALUE ")) return line.split(" ").slice(0, 4).join(" ");
    return /^(HD|VA|EX|NF|NS|EN)( |$)/.test(line)
      ? line.replace(/ c[1-9]\d*/g, " c#").replace(/ ([tl])\d+/g, " $1#")
      : line;
  });
}

function versions(heard: string): string[] {
  return [...heard.matchAll(/^(?:HD|VA).* c([1-9]\d*)|^VALUE \S+ \d+ \d+ (\d+)/gm)].map((match) =>
    match[1] ?? match[2]!
  );
}
