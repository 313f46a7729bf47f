/** Says to a real memcached what was recorded, and reads its answers with the codec. */

import { assert, assertEquals } from "@std/assert";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { MetadumpParser } from "../../src/text/metadump.ts";
import { readWatchLine } from "../../src/text/watch.ts";
import { locateMemcached, type Memcached, startMemcached } from "../support/memcached.ts";
import { test } from "../support/test.ts";
import { readChunk, replayText } from "../support/text_replay.ts";
import { fromLatin1, latin1 } from "../support/text_wire.ts";
import { TEXT_RECORDED } from "../vectors/text_recorded.ts";
import { connectWire, type Wire } from "../vectors/wire.ts";

const RECORDED_VERSION = "1.6.18";

/** How long an answer may take, in ms. */
const PATIENCE = 20_000;

const { path, story } = await locateMemcached();
const missing = path === undefined && process.env.CI !== "true";

function memcachedTest(name: string, args: readonly string[], body: (server: Memcached) => Promise<void>): void {
  if (missing) return test(`${name} (no memcached: ${story})`, () => {}, { ignore: true });
  test(name, async () => {
    const folder = await mkdtemp(join(tmpdir(), "memwire-text-"));
    try {
      const users = join(folder, "users");
      await writeFile(users, "ada:lovelace\n");
      // Started as root, memcached becomes another user before it reads this.
      await chmod(folder, 0o755);
      await using server = await startMemcached({ args: args.map((arg) => arg === "AUTH_FILE" ? users : arg) });
      await body(server);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
}

/** Runs on a connection, which is closed when that takes too long. */
async function withWire(port: number, body: (wire: Wire) => Promise<void>): Promise<void> {
  const wire = await connectWire(port);
  const timer = setTimeout(() => void wire.close(), PATIENCE);
  try {
    await body(wire);
  } finally {
    clearTimeout(timer);
    await wire.close();
  }
}

for (const exchange of TEXT_RECORDED) {
  memcachedTest(
    `memcached answers as recorded: ${exchange.name}`,
    exchange.server ?? [],
    ({ port, version }) =>
      withWire(port, async (wire) => {
        const settled = async ({ send }: { readonly send: string }): Promise<void> => {
          if (send === "lru_crawler disable\r\n") await crawlerEnds(port);
        };
        await replayText(exchange, wire, { exact: version === RECORDED_VERSION, restless: true, settled });
      }),
  );
}

/** The server says that it has stopped its crawler as soon as it has asked it to: what comes next finds it still there or not. */
async function crawlerEnds(port: number): Promise<void> {
  await withWire(port, async (wire) => {
    let settings = "";
    while (!settings.includes("STAT lru_crawler no\r\n")) {
      await wire.write(latin1("stats settings\r\n"));
      settings = "";
      while (!settings.endsWith("\r\nEND\r\n")) settings += fromLatin1(await readChunk(wire, "stats settings"));
    }
  });
}

memcachedTest("memcached: a dump of many keys is read as it comes", [], async ({ port }) => {
  await withWire(port, async (wire) => {
    const keys = Array.from({ length: 5000 }, (_, i) => `dump+${i} %\r\n`);
    const all = new Set(keys);
    const sets = keys.map((key) => `ms ${btoa(key)} 1 b q\r\nx\r\n`).join("");
    await wire.write(latin1(`${sets}mn\r\n`));
    assertEquals(fromLatin1(await readChunk(wire, "mn")), "MN\r\n");
    await wire.write(latin1("lru_crawler metadump hash\r\n"));
    const parser = new MetadumpParser();
    const found = new Set<string>();
    while (!parser.push(await readChunk(wire, "metadump"), (line) => found.add(line.key)));
    assertEquals(parser.outcome?.complete, true);
    // The server may be moving an item while it lists them.
    assert(found.size > 4990 && [...found].every((key) => all.has(key)), `${found.size} keys`);
  });
});

memcachedTest("memcached: what it logs is read", [], async ({ port }) => {
  await withWire(port, async (watcher) => {
    await watcher.write(latin1("watch fetchers mutations\r\n"));
    assertEquals(fromLatin1(await readChunk(watcher, "watch")), "OK\r\n");
    await withWire(port, async (wire) => {
      await wire.write(latin1("set watched 0 60 2\r\nhi\r\n"));
      await readChunk(wire, "set");
    });
    let log = "";
    while (!log.includes("cmd=set") || !log.endsWith("\n")) log += fromLatin1(await readChunk(watcher, "the log"));
    const events = log.trimEnd().split("\n").map((line) => readWatchLine(latin1(line)));
    const stored = events.find(({ type }) => type === "item_store");
    assert(stored?.type === "item_store");
    assertEquals([stored.key, stored.status, stored.command, stored.ttl, stored.size], [
      "watched",
      "stored",
      "set",
      60,
      2,
    ]);
    assert(Math.abs(stored.at / 1000 - Date.now()) < 3600_000);
  });
});
