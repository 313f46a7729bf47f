/** A memcached and an embedded server that are told the same in text, and must answer the same. */

import { assertEquals } from "@std/assert";
import type { Wire } from "../vectors/wire.ts";
import type { Random } from "./random.ts";
import type { RandomCommand } from "./random_text.ts";
import { fromLatin1 } from "./text_wire.ts";

/** A connection to each of the two. */
export class TextPair {
  readonly #theirs: Wire;
  readonly #ours: Wire;
  /** The last version that was seen on either side. */
  #cas: readonly [theirs: string, ours: string] = ["1", "1"];
  #rounds = 0;
  /** How many commands were answered alike. */
  commands = 0;
  /** How much was heard. */
  bytes = 0;

  /** Takes over both connections. */
  constructor(theirs: Wire, ours: Wire) {
    this.#theirs = theirs;
    this.#ours = ours;
  }

  /** Sends the same to both, and compares what comes up to the reply to the last command, of which there is no other. */
  async play(commands: readonly RandomCommand[]): Promise<void> {
    const mark = `@${this.#rounds++}`;
    // The first end gets a block out of the way that a broken line left open.
    const text = `${commands.map(({ text }) => text).join("")}mg nobody k O${mark}\r\n`;
    const [theirCas, ourCas] = this.#cas;
    const [theirs, ours] = await Promise.all([
      ask(this.#theirs, text.replaceAll("{cas}", theirCas), mark),
      ask(this.#ours, text.replaceAll("{cas}", ourCas), mark),
    ]);
    this.bytes += theirs.length;
    this.commands += commands.length;
    const [actual, expected] = [plain(ours), plain(theirs)];
    // What was sent is long to show, and mostly not needed.
    if (actual !== expected) {
      const sent = JSON.stringify(text.replace(/x{50,}/g, (run) => `<${run.length} x>`));
      assertEquals(actual.split("\r\n"), expected.split("\r\n"), `after the commands\n${sent}\n`);
    }
    const theirVersions = versions(theirs);
    const last = theirVersions.at(-1);
    if (last !== undefined) this.#cas = [last, versions(ours).at(-1)!];
  }

  /** Closes both. */
  async close(): Promise<void> {
    await this.#theirs.close();
    await this.#ours.close();
  }
}

/** Some commands that go at once. */
export function randomRound(next: () => RandomCommand, random: Random, most: number): RandomCommand[] {
  const commands: RandomCommand[] = [];
  for (let left = 1 + random.int(most); left > 0; left--) {
    const command = next();
    // memcached leaves an item alone that it has yet to send, and makes a new one of another width.
    if (command.counts && commands.some(({ reads }) => reads)) continue;
    commands.push(command);
  }
  return commands;
}

async function ask(wire: Wire, text: string, mark: string): Promise<string> {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  const written = wire.write(bytes);
  const end = `EN knobody O${mark}\r\n`;
  let heard = "";
  let tail = "";
  // Not by looking at all that was heard again with each chunk.
  while (!tail.endsWith(end)) {
    const chunk = await wire.read();
    if (chunk === undefined) return `${heard}<closed>`;
    const text = fromLatin1(chunk);
    heard += text;
    tail = (tail + text).slice(-end.length);
  }
  await written;
  return heard;
}

/** Without what differs from server to server: versions, times, and the inner life of an item. */
function plain(heard: string): string {
  return heard.replace(/^(?:ME|VALUE|HD|VA|EX|NF|NS|EN)[^\r\n]*/gm, (line) => {
    if (line.startsWith("ME ")) return line.replace(/ exp=-?\d+ la=\d+ cas=\d+ fetch=(yes|no) .*/, " fetch=$1 #");
    if (line.startsWith("VALUE ")) return line.split(" ").slice(0, 4).join(" ");
    return line.replace(/ c[1-9]\d*/g, " c#").replace(/ ([tl])\d+/g, " $1#");
  });
}

function versions(heard: string): string[] {
  return [...heard.matchAll(/^(?:HD|VA).* c([1-9]\d*)|^VALUE \S+ \d+ \d+ (\d+)/gm)].map((match) =>
    match[1] ?? match[2]!
  );
}
