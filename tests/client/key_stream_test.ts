/** Dumps of keys over a connection of their own, with a peer that says what the test tells it to. */
import { assert, assertEquals, assertInstanceOf, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { AuthError, ConnectionError, ProtocolError, StatusError, TimeoutError, UnsupportedError } from "../../mod.ts";
import { dumpKeyBytes, dumpKeys } from "../../src/text.ts";
import { endOfTurn } from "../support/fake_transport.ts";
import { dialling, LinePeer, statsOf } from "../support/line_peer.ts";
import { test } from "../support/test.ts";

const SERVER = { hostname: "127.0.0.1", port: 11211 };
const LINES = "key=a%20b exp=-1 la=1704060000 cas=3 fetch=yes cls=1 size=64\n" +
  "key=b+c%25 exp=1704067200 la=1704060000 cas=18446744073709551615 fetch=no cls=2 size=70 flags=5 \n";

function peer(dump: string, version = "1.6.18", items = 2): LinePeer {
  return new LinePeer((line) => line === "stats" ? statsOf(version, items) : dump);
}

test("dumpKeys: entries of any server, cut at every byte", async () => {
  for (const [begin, end] of [["", "END\r\n"], ["OK\r\n", "END\r\n"]] as const) {
    const bytes = new TextEncoder().encode(begin + LINES + end);
    for (let cut = 1; cut < bytes.length; cut++) {
      const server = new LinePeer((line, peer) => {
        if (line === "stats") return statsOf("1.6.18", 2);
        peer.receive(bytes.slice(0, cut));
        peer.receive(bytes.slice(cut));
        return undefined;
      });
      const keys = dumpKeys(SERVER, dialling(server));
      const entries = await Array.fromAsync(keys);
      assertEquals(entries.map(({ key }) => key), ["a b", "b+c%"]);
      const [first, second] = entries;
      assertEquals([first?.expiresAt, first?.cas, first?.fetched, first?.slab, first?.size], [
        undefined,
        3n,
        true,
        1,
        64,
      ]);
      assertEquals(
        [second?.expiresAt, second?.cas, second?.fetched, second?.flags],
        [new Date(1704067200000), 0xffff_ffff_ffff_ffffn, false, 5],
      );
      assertEquals([keys.progress, server.isClosed], [{ seen: 2, expected: 2 }, true]);
      assertEquals(server.lines, ["stats", "lru_crawler metadump all"]);
    }
  }
});

test("dumpKeys: the hash mode, a prefix and a limit", async () => {
  const server = peer(LINES + "END\r\n");
  const keys = dumpKeys(SERVER, { ...dialling(server), mode: "hash", prefix: "b+" });
  assertEquals((await Array.fromAsync(keys)).map(({ key }) => key), ["b+c%"]);
  assertEquals([server.lines[1], keys.progress.seen], ["lru_crawler metadump hash", 2]);
  const one = dumpKeys(SERVER, { ...dialling(peer(LINES + "END\r\n")), limit: 1 });
  assertEquals((await Array.fromAsync(one)).length, 1);
  // Nothing is dialled for nothing.
  assertEquals(await Array.fromAsync(dumpKeys(SERVER, { ...dialling(), limit: 0 })), []);
  assertThrows(() => dumpKeys(SERVER, { limit: -1 }), RangeError);
});

test("dumpKeys: a limit closes the connection though the dump goes on", async () => {
  const server = peer(LINES);
  assertEquals((await Array.fromAsync(dumpKeys(SERVER, { ...dialling(server), limit: 2 }))).length, 2);
  assertEquals(server.isClosed, true);
});

test("dumpKeyBytes: keys alone", async () => {
  const server = peer("mg user:1\r\nmg YSBi b\r\nEN\r\n", "1.6.19");
  const keys = await Array.fromAsync(dumpKeyBytes(SERVER, dialling(server)));
  assertEquals(keys.map((key) => new TextDecoder().decode(key)), ["user:1", "a b"]);
  assertEquals(server.lines[1], "lru_crawler mgdump all");
});

test("dumpKeys: a busy server is asked again", async () => {
  const busy = () => peer("BUSY currently processing crawler request\r\n");
  const keys = dumpKeys(SERVER, dialling(busy(), busy(), peer(LINES + "END\r\n")));
  assertEquals((await Array.fromAsync(keys)).length, 2);
});

test("dumpKeys: a server that stays busy is a StatusError that may be tried again", async () => {
  const options = { ...dialling(peer("BUSY currently processing crawler request\r\n")), busyTimeout: 0 };
  const error = await assertRejects(() => Array.fromAsync(dumpKeys(SERVER, options)), StatusError, "BUSY");
  assertEquals([error.statusName, error.retryable], ["EBUSY", true]);
});

test("dumpKeys: no items are no error", async () => {
  assertEquals(await Array.fromAsync(dumpKeys(SERVER, dialling(peer("NOTSTARTED no items to crawl\r\n")))), []);
  assertEquals(await Array.fromAsync(dumpKeys(SERVER, dialling(peer("END\r\n")))), []);
});

const REFUSALS: Readonly<Record<string, string>> = {
  "ERROR metadump not allowed": "NOT_SUPPORTED",
  "ERROR": "UNKNOWN_COMMAND",
  "CLIENT_ERROR bad": "EINVAL",
  "SERVER_ERROR out of memory": "EINTERNAL",
};

for (const [line, status] of Object.entries(REFUSALS)) {
  test(`dumpKeys: ${line} is a StatusError in the server's words`, async () => {
    const keys = dumpKeys(SERVER, dialling(peer(`${line}\r\n`)));
    const error = await assertRejects(() => Array.fromAsync(keys), StatusError);
    assertEquals(error.statusName, status);
    assertStringIncludes(error.message, `"${line}"`);
  });
}

test("dumpKeys: a connection that ends before the dump is a ConnectionError behind what came", async () => {
  const server = new LinePeer((line, peer) => {
    if (line === "stats") return statsOf("1.6.18", 2);
    peer.say(LINES);
    peer.end();
    return undefined;
  });
  const seen: string[] = [];
  const error = await assertRejects(
    async () => {
      for await (const { key } of dumpKeys(SERVER, dialling(server))) seen.push(key);
    },
    ConnectionError,
    "before the end",
  );
  assertEquals([seen, error.code], [["a b", "b+c%"], "CONNECTION"]);
});

test("dumpKeys: a server that falls silent is a TimeoutError", async () => {
  const options = { ...dialling(peer(LINES)), idleTimeout: 5 };
  const error = await assertRejects(() => Array.fromAsync(dumpKeys(SERVER, options)), TimeoutError);
  assertStringIncludes(error.message, "5 ms");
});

test("dumpKeys: what is no dump is a ProtocolError", async () => {
  for (const junk of ["VALUE a 0 1\r\nx\r\n", "kez=1\n", "key=\n"]) {
    const server = peer(junk);
    await assertRejects(() => Array.fromAsync(dumpKeys(SERVER, dialling(server))), ProtocolError);
    assertEquals(server.isClosed, true);
  }
});

test("dumpKeys: an old server is told apart before the dump", async () => {
  const cases = [
    [() => dumpKeys(SERVER, dialling(peer("", "1.4.30"))), "1.4.31"],
    [() => dumpKeys(SERVER, { ...dialling(peer("", "1.6.8")), mode: "hash" as const }), "1.6.9"],
    [() => dumpKeyBytes(SERVER, { ...dialling(peer("", "1.6.18")), mode: "hash" as const }), "1.6.19"],
  ] as const;
  for (const [dump, needed] of cases) {
    await assertRejects(() => Array.fromAsync<unknown>(dump()), UnsupportedError, `memcached ${needed} or later`);
  }
});

test("dumpKeys: a server that tells nothing about itself may still dump", async () => {
  const server = new LinePeer((line) => line === "stats" ? "ERROR\r\n" : LINES + "END\r\n");
  const keys = dumpKeys(SERVER, dialling(server));
  assertEquals((await Array.fromAsync(keys)).length, 2);
  assertEquals(keys.progress.expected, undefined);
});

test("dumpKeys: a login is given where there is one, and its lack is an AuthError", async () => {
  const server = () => {
    let known = false;
    return new LinePeer((line) => {
      if (known) {
        return line === "stats" ? statsOf("1.6.18", 2) : line === "version" ? "VERSION 1.6.18\r\n" : LINES + "END\r\n";
      }
      if (!line.startsWith("set ")) return line === "ada secret" ? undefined : "CLIENT_ERROR unauthenticated\r\n";
      known = true;
      return "STORED\r\n";
    });
  };
  await assertRejects(() => Array.fromAsync(dumpKeys(SERVER, dialling(server()))), AuthError, "give credentials");
});

test("dumpKeys: nobody reads, so the transport is paused, and it goes on when somebody does", async () => {
  const many = "key=k exp=-1 la=1 cas=1 fetch=no cls=1 size=64\n".repeat(1000);
  const server = peer(many, "1.6.18", 10_000);
  const reader = dumpKeys(SERVER, dialling(server)).getReader();
  await reader.read();
  for (let i = 0; i < 4; i++) server.say(many);
  assertEquals(server.isPaused, false);
  server.say(many);
  assertEquals(server.isPaused, true);
  // What was read stays readable; the next chunk is asked for when all of it was taken.
  for (let i = 0; i < 1000; i++) await reader.read();
  await endOfTurn();
  assertEquals(server.isPaused, false);
  server.say("END\r\n");
  let left = 0;
  while (!(await reader.read()).done) left++;
  assertEquals([left, server.isClosed], [4999, true]);
});

test("dumpKeys: break, cancel and a signal close the connection", async () => {
  const broken = peer(LINES);
  for await (const { key } of dumpKeys(SERVER, dialling(broken))) {
    assertEquals(key, "a b");
    break;
  }
  const cancelled = peer(LINES);
  const stream = dumpKeys(SERVER, dialling(cancelled));
  const reader = stream.getReader();
  await reader.read();
  await reader.cancel();
  const batched = peer(LINES);
  for await (const batch of dumpKeys(SERVER, dialling(batched)).batches()) {
    assertEquals(batch.length, 2);
    break;
  }
  const aborted = peer(LINES);
  const controller = new AbortController();
  const reason = new Error("changed my mind");
  const seen: string[] = [];
  const reading = (async () => {
    for await (const { key } of dumpKeys(SERVER, { ...dialling(aborted), signal: controller.signal })) {
      seen.push(key);
      if (seen.length === 2) controller.abort(reason);
    }
  })();
  assertEquals(await reading.catch((error) => error), reason);
  for (const each of [broken, cancelled, batched, aborted]) assertEquals(each.isClosed, true);
  const early = dumpKeys(SERVER, { ...dialling(), signal: AbortSignal.abort(reason) });
  assertEquals(await Array.fromAsync(early).catch((error) => error), reason);
});

test("dumpKeys: a stream like any other: pipeThrough and tee", async () => {
  const names = dumpKeys(SERVER, dialling(peer(LINES + "END\r\n"))).pipeThrough(
    new TransformStream({ transform: ({ key }, controller) => controller.enqueue(key) }),
  );
  assertEquals(await Array.fromAsync(names), ["a b", "b+c%"]);
  const [one, two] = dumpKeys(SERVER, dialling(peer(LINES + "END\r\n"))).tee();
  const [first, second] = await Promise.all([Array.fromAsync(one), Array.fromAsync(two)]);
  assertEquals([first.length, second.length], [2, 2]);
  assertInstanceOf(first[0], Object);
  assert(first[0] === second[0]);
});
