/** Raw commands, the log and the capabilities of a server, each over a connection of its own. */
import { assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import {
  AuthError,
  Client,
  connect,
  Connection,
  ConnectionError,
  ProtocolError,
  StatusError,
  TimeoutError,
  UnsupportedError,
} from "../../mod.ts";
import { Capabilities, readCapabilities, sendCommand, ServerVersion, TextCode, watchServer } from "../../src/text.ts";
import { endOfTurn } from "../support/fake_transport.ts";
import { dialling, LinePeer } from "../support/line_peer.ts";
import { test } from "../support/test.ts";

const SERVER = "127.0.0.1:11211";

const COMMANDS: readonly (readonly [line: string, answer: string, lines: readonly string[]])[] = [
  ["version", "VERSION 1.6.18\r\n", ["VERSION 1.6.18"]],
  ["slabs automove 1", "OK\r\n", ["OK"]],
  ["slabs reassign 1 2", "NOSPARE source class has no spare pages\r\n", ["NOSPARE source class has no spare pages"]],
  ["get a b", "VALUE a 0 5\r\nEND\r\n\r\nEND\r\n", ["VALUE a 0 5", "END"]],
  ["stats items", "STAT items:1:number 3\r\nEND\r\n", ["STAT items:1:number 3", "END"]],
  ["stats cachedump 1 2", "ITEM a [1 b; 0 s]\r\nEND\r\n", ["ITEM a [1 b; 0 s]", "END"]],
  ["stats detail dump", "PREFIX x get 1 hit 0 set 0 del 0\r\nEND\r\n", ["PREFIX x get 1 hit 0 set 0 del 0", "END"]],
  ["mg a v", "VA 1\r\nx\r\n", ["VA 1"]],
  ["me a", "ME a exp=-1 la=2 cas=4 fetch=no cls=1 size=64\r\n", ["ME a exp=-1 la=2 cas=4 fetch=no cls=1 size=64"]],
  ["config get cluster", "CONFIG cluster 0 2\r\n1\n\r\nEND\r\n", ["CONFIG cluster 0 2", "END"]],
  ["gibberish", "ERROR\r\n", ["ERROR"]],
  ["shutdown", "ERROR: shutdown not enabled\r\n", ["ERROR: shutdown not enabled"]],
];

for (const [line, answer, lines] of COMMANDS) {
  test(`sendCommand: ${line} has the lines ${lines.join(", ")}, cut at every byte`, async () => {
    const bytes = new TextEncoder().encode(answer);
    for (let cut = 1; cut < bytes.length; cut++) {
      const peer = new LinePeer((_, peer) => {
        peer.receive(bytes.slice(0, cut));
        if (!peer.isClosed) peer.receive(bytes.slice(cut));
        return undefined;
      });
      const replies = await sendCommand(SERVER, line, dialling(peer));
      assertEquals(replies.map(({ text }) => text), lines);
      assertEquals([peer.lines, peer.isClosed], [[line], true]);
    }
  });
}

test("sendCommand: values go and come", async () => {
  const peer = new LinePeer((line) => line.startsWith("set") ? "STORED\r\n" : undefined);
  const [stored] = await sendCommand(SERVER, "set k 0 0 7", { ...dialling(peer), value: "a\r\nb\0\xff" });
  assertEquals([stored?.code, peer.lines[0]], [TextCode.STORED, "set k 0 0 7"]);
  const reader = new LinePeer(() => "VALUE k 3 4\r\na\r\nb\r\nEND\r\n");
  const [value] = await sendCommand(SERVER, "get k", dialling(reader));
  assertEquals([new TextDecoder().decode(value?.value), value?.flags], ["a\r\nb", 3]);
});

test("sendCommand: what is not answered is known to have been read", async () => {
  const peer = new LinePeer((line) => line === "version" ? "VERSION 1.6.18\r\n" : undefined);
  assertEquals(await sendCommand(SERVER, "delete k noreply", dialling(peer)), []);
  assertEquals(peer.lines, ["delete k noreply", "version"]);
  // Errors may come all the same.
  const complaining = new LinePeer((line) => line === "version" ? "VERSION 1\r\n" : "ERROR\r\n");
  const replies = await sendCommand(SERVER, "delete k noreply", dialling(complaining));
  assertEquals(replies.map(({ text }) => text), ["ERROR"]);
});

test("sendCommand: quit and shutdown end with the connection", async () => {
  for (const line of ["quit", "shutdown", "shutdown graceful"]) {
    const peer = new LinePeer((_, peer) => void peer.end());
    assertEquals(await sendCommand(SERVER, line, dialling(peer)), []);
  }
});

test("sendCommand: never hangs on a reply without an end", async () => {
  const peer = new LinePeer(() => "STAT a 1\r\n");
  const error = await assertRejects(
    () => sendCommand(SERVER, "stats", { ...dialling(peer), timeout: 5 }),
    TimeoutError,
  );
  assertStringIncludes(error.message, "5 ms");
  assertEquals(peer.isClosed, true);
});

test("sendCommand: a connection that ends, junk, an abort", async () => {
  const cut = new LinePeer((_, peer) => {
    peer.say("STAT a 1\r\n");
    peer.end();
    return undefined;
  });
  await assertRejects(() => sendCommand(SERVER, "stats", dialling(cut)), ConnectionError);
  const junk = new LinePeer(() => "STORED\r\n");
  await assertRejects(() => sendCommand(SERVER, "version", dialling(junk)), ProtocolError);
  const controller = new AbortController();
  const silent = new LinePeer(() => void controller.abort(new Error("enough")));
  const waiting = sendCommand(SERVER, "version", { ...dialling(silent), signal: controller.signal, timeout: 0 });
  await assertRejects(() => waiting, Error, "enough");
  assertEquals(silent.isClosed, true);
});

test("sendCommand: one command and no more, before anything is dialled", async () => {
  const lines = [
    "version\r\nflush_all",
    "version\nquit",
    "a\0b",
    "watch",
    "mg k q",
    "set k 0 0 1",
    "x".repeat(3000),
    "",
  ];
  for (const line of lines) await assertRejects(() => sendCommand(SERVER, line, dialling()), Error, "Cannot ");
  await assertRejects(() => sendCommand(SERVER, "set k 0 0 1", { ...dialling(), value: "long" }), TypeError);
  await assertRejects(() => sendCommand(SERVER, "version", { ...dialling(), timeout: -1 }), RangeError);
});

const EVENT = "ts=1795269741.64421 gid=3 type=item_get key=a%20b status=not_found clsid=0 cfd=12 size=0\n";

test("watchServer: events, cut at every byte", async () => {
  const bytes = new TextEncoder().encode(`OK\r\n${EVENT}skipped=4\n${EVENT}`);
  for (let cut = 1; cut < bytes.length; cut++) {
    const peer = new LinePeer((_, peer) => {
      peer.receive(bytes.slice(0, cut));
      peer.receive(bytes.slice(cut));
      return undefined;
    });
    const log = watchServer(SERVER, { ...dialling(peer), events: ["fetchers", "mutations"] });
    const seen: string[] = [];
    for await (const event of log) {
      seen.push(event.type === "item_get" ? event.key : event.type);
      if (seen.length === 3) break;
    }
    assertEquals([seen, log.dropped], [["a b", "skipped", "a b"], 4]);
    assertEquals([peer.lines, peer.isClosed], [["watch fetchers mutations"], true]);
  }
});

test("watchServer: refusals are told apart", async () => {
  const next = (line: string) => watchServer(SERVER, { ...dialling(new LinePeer(() => line)) }).getReader().read();
  await assertRejects(() => next("ERROR\r\n"), UnsupportedError, "deletions 1.6.20");
  await assertRejects(() => next("WATCHER_TOO_MANY log watcher limit reached\r\n"), StatusError, "WATCHER_TOO_MANY");
  await assertRejects(() => next("CLIENT_ERROR unauthenticated\r\n"), AuthError, "give credentials");
  await assertRejects(() => next("OK\r\nnonsense\n"), ProtocolError);
  await assertRejects(() => watchServer(SERVER, { events: ["a b" as never] }).getReader().read(), TypeError);
});

test("watchServer: the end of the connection is a ConnectionError, an abort its reason", async () => {
  const ending = new LinePeer((_, peer) => {
    peer.say("OK\r\n" + EVENT);
    peer.end();
    return undefined;
  });
  const reader = watchServer(SERVER, dialling(ending)).getReader();
  assertEquals((await reader.read()).done, false);
  await assertRejects(() => reader.read(), ConnectionError);
  const controller = new AbortController();
  const quiet = new LinePeer(() => "OK\r\n");
  const waiting = watchServer(SERVER, { ...dialling(quiet), signal: controller.signal }).getReader().read();
  await endOfTurn();
  controller.abort(new Error("enough"));
  await assertRejects(() => waiting, Error, "enough");
  assertEquals(quiet.isClosed, true);
});

test("watchServer: nobody reads, so the transport is paused", async () => {
  const peer = new LinePeer(() => "OK\r\n" + EVENT);
  const reader = watchServer(SERVER, dialling(peer)).getReader();
  await reader.read();
  peer.say(EVENT.repeat(4096));
  assertEquals(peer.isPaused, true);
  await reader.read();
  assertEquals(peer.isPaused, false);
  await reader.cancel();
  assertEquals(peer.isClosed, true);
});

test("readCapabilities: version, meta and settings", async () => {
  const answers: Record<string, string> = {
    version: "VERSION 1.6.45\r\n",
    "stats settings": "STAT ssl_enabled yes\r\nSTAT dump_enabled no\r\nSTAT item_size_max 1048576\r\n" +
      "STAT auth_enabled_ascii /etc/users\r\nSTAT auth_enabled_sasl no\r\nSTAT cas_enabled yes\r\nEND\r\n",
    stats: "STAT version 1.6.45\r\nSTAT extstore_page_allocs 0\r\nEND\r\n",
    mn: "MN\r\n",
  };
  const found = await readCapabilities(SERVER, dialling(new LinePeer((line) => answers[line])));
  assertEquals(found.flags, {
    meta: true,
    tls: true,
    sasl: false,
    textAuth: true,
    extstore: true,
    dumps: false,
    flush: true,
    cas: true,
    itemSizeMax: 1048576,
  });
  assertEquals([found.versionText, found.has("metaCompareOnRead")], ["1.6.45", true]);
});

test("readCapabilities: a proxy that knows little", async () => {
  const proxy = new LinePeer((line) => line === "version" ? "VERSION 0.5.0\r\n" : "ERROR\r\n");
  const found = await readCapabilities(SERVER, dialling(proxy));
  assertEquals([found.version?.toString(), found.flags.meta, found.settings.size], ["0.5.0", false, 0]);
  assertThrows(() => found.require("gat"), UnsupportedError, "needs memcached 1.5.3 or later, and the server is 0.5.0");
  const shy = new LinePeer(() => "CLIENT_ERROR unauthenticated\r\n");
  await assertRejects(() => readCapabilities(SERVER, dialling(shy)), AuthError);
});

test("Capabilities: a server that tells no version has nothing that needs one", () => {
  const found = new Capabilities("couchbase");
  assertEquals([found.version, found.has("touch")], [undefined, false]);
  assertThrows(() => found.require("touch"), UnsupportedError, "does not tell its version");
});

test("ServerVersion: read, compared and written", () => {
  const texts = ["1.4.31", "1.4.31_rc1", "1.6.9", "1.6.18", "1.6.18-proxy", "1.10.0", "2.0"];
  const versions = texts.map((text) => ServerVersion.parse(text)!);
  const order = (a: number, b: number) => Math.sign(versions[a]!.compare(versions[b]!));
  assertEquals([order(0, 1), order(1, 2), order(2, 3), order(3, 4), order(4, 5), order(5, 6)], [0, -1, -1, 0, -1, -1]);
  assertEquals(versions.map(String), ["1.4.31", "1.4.31_rc1", "1.6.9", "1.6.18", "1.6.18-proxy", "1.10.0", "2.0.0"]);
  for (const text of ["", "1", "v1.2.3", "couchbase", "x1.2"]) assertEquals(ServerVersion.parse(text), undefined);
  assertThrows(() => versions[0]!.atLeast("new"), TypeError);
});

test("sendCommand: a client that was connected stands for its server, with what it was connected with", async () => {
  const [mine, side, next] = [1, 2, 3].map(() => {
    let known = false;
    return new LinePeer((line) => {
      if (line.startsWith("set auth")) known = true;
      if (line === "ada secret") return undefined;
      if (!known) return "CLIENT_ERROR unauthenticated\r\n";
      if (line.startsWith("stats")) return "END\r\n";
      return line.startsWith("set auth") ? "STORED\r\n" : line === "version" ? "VERSION 1.6.18\r\n" : "MN\r\n";
    });
  }) as [LinePeer, LinePeer, LinePeer];
  const options = { ...dialling(mine, side, next), protocol: "meta" as const };
  await using client = await connect("memcached://ada:secret@127.0.0.1:11211", options);
  assertEquals((await sendCommand(client, "mn")).map(({ text }) => text), ["MN"]);
  assertEquals(side.lines, ["version", "set auth 0 0 10", "ada secret", "version", "mn"]);
  const found = await readCapabilities(client, { signal: new AbortController().signal });
  assertEquals(found.flags.meta, true);
});

test("sendCommand: a client over a caller of one's own has no server", async () => {
  const client = new Client(new Connection(new LinePeer(() => undefined)));
  await assertRejects(() => sendCommand(client, "version"), TypeError, "give the address");
  await client.close();
});
