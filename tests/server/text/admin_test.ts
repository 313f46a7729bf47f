/** What administration in text changes on the embedded server. */

import { assertEquals } from "@std/assert";
import { MemoryStore, type MemoryStoreOptions, Server, type Session } from "../../../src/server.ts";
import { memoryPair } from "../../../src/transport/memory.ts";
import { test } from "../../support/test.ts";
import { fromLatin1, latin1 } from "../../support/text_wire.ts";
import { wireOf } from "../../support/transport_wire.ts";
import type { Wire } from "../../vectors/wire.ts";

test("shutdown is told to who made the store, and closes the connection", async () => {
  const told: boolean[] = [];
  for (const mode of ["", " graceful"]) {
    await using talk = new Talking({ onShutdown: (graceful) => told.push(graceful) });
    await talk.wire.write(latin1(`shutdown${mode}\r\nversion\r\n`));
    assertEquals(await talk.wire.read(), undefined);
  }
  assertEquals(told, [false, true]);
});

test("shutdown may close the server that it came to", async () => {
  const server = new Server();
  new MemoryStore({ onShutdown: () => void server.close() }).register(server);
  const [client, peer] = memoryPair();
  server.serve(peer);
  const wire = wireOf(client);
  await wire.write(latin1("shutdown\r\n"));
  assertEquals(await wire.read(), undefined);
  await server.close();
  assertEquals(server.sessions.size, 0);
});

test("cache_memlimit lets items go with the next write", async () => {
  await using talk = new Talking({ itemSizeLimit: 8 * 1024 * 1024 });
  const value = "x".repeat(3_000_000);
  for (const key of ["a", "b", "c"]) await talk.say(`set ${key} 0 0 ${value.length}\r\n${value}\r\n`);
  assertEquals(await talk.say("cache_memlimit 8\r\n"), "OK\r\n");
  assertEquals([talk.store.memoryLimit, talk.store.size], [8 * 1024 * 1024, 3]);
  await talk.say("set d 0 0 1\r\n1\r\n");
  assertEquals([talk.store.size, talk.store.get("a"), talk.store.counts.evictions], [3, undefined, 1]);
});

test("lru_crawler crawl takes out what has expired", async () => {
  let now = 1_700_000_000_000;
  await using talk = new Talking({ clock: () => now });
  await talk.say("set soon 0 10 1\r\n1\r\nset late 0 100 1\r\n2\r\nset never 0 0 1\r\n3\r\n");
  now += 11_000;
  assertEquals(await talk.say("lru_crawler crawl 2\r\n"), "OK\r\n");
  assertEquals(talk.store.size, 3);
  assertEquals(await talk.say("lru_crawler crawl all\r\n"), "OK\r\n");
  assertEquals([talk.store.size, talk.store.counts.crawlerReclaimed], [2, 1]);
});

test("stats settings tells what was set", async () => {
  await using talk = new Talking({ users: { ada: "secret" }, onShutdown: () => {} });
  await talk.say("set auth 0 0 10\r\nada secret\r\n");
  for (
    const line of [
      ..."slabs automove 2;slabs automove ratio 0.5;lru mode flat;lru tune 10 30 0.5 1.5;lru temp_ttl 90".split(";"),
      ..."lru_crawler sleep 7;lru_crawler tocrawl 9;lru_crawler disable;verbosity 2;stats detail on".split(";"),
    ]
  ) assertEquals(await talk.say(`${line}\r\n`), "OK\r\n");
  const told = Object.fromEntries(
    [...(await talk.say("stats settings\r\n")).matchAll(/STAT (\S+) (\S+)/g)].map((m) => m.slice(1)),
  );
  const expected = {
    ...{ slab_automove: "2", slab_automove_ratio: "0.50", lru_segmented: "no", hot_lru_pct: "10", warm_lru_pct: "30" },
    ...{ hot_max_factor: "0.50", warm_max_factor: "1.50", temp_lru: "yes", temporary_ttl: "90", lru_crawler: "no" },
    ...{ lru_crawler_sleep: "7", lru_crawler_tocrawl: "9", verbosity: "2", detail_enabled: "yes" },
    ...{ auth_enabled_ascii: "yes", auth_enabled_sasl: "yes", shutdown_command: "yes", maxbytes: "67108864" },
  };
  assertEquals(Object.fromEntries(Object.keys(expected).map((name) => [name, told[name]])), expected);
});

test("stats conns tells who is connected, and who watches", async () => {
  await using talk = new Talking();
  const watcher = talk.connect();
  await watcher.write(latin1("watch\r\n"));
  await watcher.read();
  const states = [...(await talk.say("stats conns\r\n")).matchAll(/STAT \d+:state (\S+)/g)].map(([, state]) => state);
  assertEquals(states, ["conn_parse_cmd", "conn_watch"]);
});

test("stats cachedump lists the items used last first, but none whose key came in base64", async () => {
  await using talk = new Talking({ clock: () => 1_700_000_000_000 });
  await talk.say("set a 5 100 3\r\nabc\r\nset b\xe4% 0 0 1\r\nx\r\nms YSBi 1 b\r\nx\r\n");
  assertEquals(
    await talk.say("stats cachedump 1 0\r\n"),
    "ITEM b\xe4% [1 b; 0 s]\r\nITEM a [3 b; 1700000100 s]\r\nEND\r\n",
  );
  assertEquals(await talk.say("stats cachedump 1 1\r\n"), "ITEM b\xe4% [1 b; 0 s]\r\nEND\r\n");
});

test("stats sizes tells how many items there are of each size, as memcached 1.6.18 was recorded to", async () => {
  await using talk = new Talking();
  await talk.say("set before 0 0 1\r\nx\r\n");
  for (
    const [sent, heard] of [
      ["stats sizes", "STAT sizes_status disabled\r\nEND\r\n"],
      ["stats sizes_enable", "STAT sizes_status enabled\r\n"],
      ["stats sizes", "END\r\n"],
      ["set a 0 0 1\r\nx", "STORED\r\n"],
      ["set b 0 0 5\r\nxxxxx", "STORED\r\n"],
      [`set c 5 0 100\r\n${"x".repeat(100)}`, "STORED\r\n"],
      ["set d 0 0 2\r\nxx", "STORED\r\n"],
      ["stats sizes", "STAT 64 2\r\nSTAT 96 1\r\nSTAT 192 1\r\nEND\r\n"],
      ["stats sizes_enable", "STAT sizes_status enabled\r\n"],
      ["delete a", "DELETED\r\n"],
      [`set b 0 0 40\r\n${"x".repeat(40)}`, "STORED\r\n"],
      ["stats sizes", "STAT 64 1\r\nSTAT 128 1\r\nSTAT 192 1\r\nEND\r\n"],
      ["stats sizes_disable", "STAT sizes_status disabled\r\n"],
      ["stats sizes", "STAT sizes_status disabled\r\nEND\r\n"],
      ["stats sizes_enable", "STAT sizes_status enabled\r\n"],
      ["stats sizes", "END\r\n"],
    ] as const
  ) assertEquals(await talk.say(`${sent}\r\n`), heard, sent);
});

test("what is too large is counted", async () => {
  await using talk = new Talking({ itemSizeLimit: 1000, memoryLimit: 900 });
  for (const line of ["set k 0 0 950", "ms k 950 T0", "add k 0 0 2000", "set k 0 0 840"]) {
    const length = Number(/\d{3,}/.exec(line)![0]);
    await talk.say(`${line}\r\n${"x".repeat(length)}\r\n`);
  }
  assertEquals([talk.store.counts.storeTooLarge, talk.store.counts.storeNoMemory], [3, 0]);
  assertEquals(
    await talk.say(`set k 0 0 841\r\n${"x".repeat(841)}\r\n`),
    "SERVER_ERROR out of memory storing object\r\n",
  );
  assertEquals(talk.store.counts.storeNoMemory, 1);
});

test("who logs in is known to the session, and the password may hold blanks", async () => {
  await using talk = new Talking({ users: { ada: "a secret of three" } });
  assertEquals(await talk.say("get k\r\n"), "CLIENT_ERROR unauthenticated\r\n");
  assertEquals(await talk.say("set k 0 0 17\r\nada a secret of t\r\n"), "CLIENT_ERROR authentication failure\r\n");
  assertEquals(talk.session.user, undefined);
  assertEquals(await talk.say("set k 0 0 21\r\nada a secret of three\r\n"), "STORED\r\n");
  assertEquals([talk.session.user, talk.store.size], ["ada", 0]);
  assertEquals([talk.store.counts.authCmds, talk.store.counts.authErrors], [2, 1]);
});

test("a log in that is announced as very long ends the connection", async () => {
  await using talk = new Talking({ users: { ada: "secret" } });
  await talk.wire.write(latin1("set k 0 0 16384\r\n"));
  assertEquals(await talk.wire.read(), undefined);
});

/** A server, and a client of it. */
class Talking implements AsyncDisposable {
  readonly server = new Server();
  readonly store: MemoryStore;
  readonly wire: Wire;

  constructor(options: MemoryStoreOptions = {}) {
    this.store = new MemoryStore(options);
    this.store.register(this.server);
    this.wire = this.connect();
  }

  get session(): Session {
    return [...this.server.sessions][0]!;
  }

  connect(): Wire {
    const [client, peer] = memoryPair();
    this.server.serve(peer);
    return wireOf(client);
  }

  /** Sends, and hears all that is answered before a fence. */
  async say(text: string): Promise<string> {
    const fence = "mg nobody O7\r\n";
    await this.wire.write(latin1(`${text}${fence}`));
    let heard = "";
    while (!/EN O7\r\n$|unauthenticated\r\n$/.test(heard)) heard += fromLatin1((await this.wire.read())!);
    return heard.replace(/(EN O7\r\n|(?<=\r\n)CLIENT_ERROR unauthenticated\r\n)$/, "");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.close();
  }
}
