/** Text on the embedded server: recorded exchanges however they are cut, beside binary on one port, and what it does not hold. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { MemoryStore, Server } from "../../../src/server.ts";
import { memoryPair } from "../../../src/transport/memory.ts";
import type { Transport } from "../../../src/transport/transport.ts";
import { store } from "../../contract/conformance_talk.ts";
import { ServerScene } from "../../support/server_scene.ts";
import { test } from "../../support/test.ts";
import { wireOf } from "../../support/transport_wire.ts";

/** Recorded with memcached 1.6.18. */
const EXCHANGES: readonly (readonly [sent: string, heard: string])[] = [
  ["set k 5 0 2\r\nab\r\nget k\r\n", "STORED\r\nVALUE k 5 2\r\nab\r\nEND\r\n"],
  ["set k 0 0 2 noreply\r\nabc\r\nmn\r\n", "ERROR\r\nMN\r\n"],
  ["ms k 2 q\r\nabc\r\nmn\r\n", "CLIENT_ERROR bad data chunk\r\nERROR\r\nMN\r\n"],
  ["get\r\n\r\ngat 10\r\ngat x k\r\n", "ERROR\r\nERROR\r\nEND\r\nCLIENT_ERROR invalid exptime argument\r\n"],
  [
    "mg Zm9v b N0 k v\r\nmg Zm9v b k v\r\nmg foo k v\r\nmd foo q\r\nmn\r\n",
    "VA 0 kfoo W\r\n\r\nVA 0 kfoo Z\r\n\r\nVA 0 kfoo Z\r\n\r\nMN\r\n",
  ],
  [
    "ms Zm9v 2 b k\r\n11\r\nmg foo k\r\nms foo 1 MA\r\n1\r\nmg foo k v\r\nma foo D999\r\nmg foo k v\r\nmd Zm9v b k O5\r\nmd Zm9v b k O5\r\n",
    "HD kZm9v b\r\nHD kZm9v b\r\nHD\r\nVA 3 kfoo\r\n111\r\nHD\r\nVA 4 kfoo\r\n1110\r\nHD kZm9v b O5\r\nNF kZm9v b O5\r\n",
  ],
  [
    "ms foo 0 T30 F5\r\n\r\nmg foo t f s v\r\nmd foo I T20 k\r\nmg foo t v\r\nmg foo t v\r\nms foo 1 C1 I\r\na\r\nmg foo v t s f\r\n",
    "HD\r\nVA 0 t30 f5 s0\r\n\r\nHD kfoo\r\nVA 0 t20 X W\r\n\r\nVA 0 t20 Z X\r\n\r\nHD\r\nVA 1 t20 s1 f0 Z X\r\na\r\n",
  ],
  [
    "ma c N0 J5 q\r\nma c q\r\nma c q v\r\nma zz q\r\nma c O1 k v\r\nma c C999\r\nmn\r\n",
    "HD\r\nNF\r\nVA 1 O1 kc\r\n8\r\nEX\r\nMN\r\n",
  ],
  [
    "set k 0 0 1\r\na\r\ncas k 0 0 1 0\r\na\r\nadd k 0 0 2000000000\r\n",
    "STORED\r\nEXISTS\r\nSERVER_ERROR object too large for cache\r\n",
  ],
  [
    "ms k 2 Mx\r\nab\r\nms k 2 Tx\r\nab\r\nms k x\r\n",
    "CLIENT_ERROR invalid mode for ms M token\r\nCLIENT_ERROR bad token in command line format\r\nCLIENT_ERROR bad command line format\r\n",
  ],
  [
    "stats detail\r\nstats reset\r\nstats sizes\r\nversion x\r\nshutdown\r\n",
    "CLIENT_ERROR usage: stats detail on|off|dump\r\nRESET\r\nSTAT sizes_status disabled\r\nEND\r\nVERSION 1.6.18\r\nERROR: shutdown not enabled\r\n",
  ],
  ["set a 0 0 1\r\n1\r\nquit x\r\nget a\r\n", "STORED\r\n<closed>"],
  ["GET / HTTP/1.1\r\n", "<closed>"],
];

for (const [sent, heard] of EXCHANGES) {
  test(`the embedded server answers ${JSON.stringify(sent.slice(0, 40))} as recorded, cut at every byte`, async () => {
    for (let cut = 1; cut < sent.length; cut++) {
      await using scene = scenery();
      assertEquals(await exchange(scene, [sent.slice(0, cut), sent.slice(cut)], heard.length), heard);
    }
    await using scene = scenery();
    assertEquals(await exchange(scene, [...sent], heard.length), heard);
  });
}

test("one server answers text and binary clients from one store", async () => {
  await using scene = scenery();
  await using binary = scene.connect();
  await binary.ask(store(0x01, "k", "by binary"));
  assertEquals(
    await exchange(scene, ["get k\r\nset t 9 0 7\r\nby text\r\n"], 100),
    "VALUE k 0 9\r\nby binary\r\nEND\r\nSTORED\r\n",
  );
  const answer = await binary.ask({ opcode: 0x00, key: "t" });
  assertEquals([answer.status, new TextDecoder().decode(answer.value)], [0, "by text"]);
});

test("metadump lists all items, with their keys escaped, and no others", async () => {
  await using scene = scenery();
  const heard = await exchange(scene, [
    "ms AP8r 1 b\r\n1\r\nset b+%c 7 100 1\r\n2\r\nset gone 0 -1 1\r\n3\r\nget b+%c\r\n",
    "lru_crawler metadump all\r\n",
  ], 1000);
  const lines = heard.slice(heard.indexOf("key=")).split("\n");
  assertEquals(lines.map((line) => line.replace(/exp=\d+|la=\d+|cas=\d+/g, "#")), [
    "key=%00%FF%2B exp=-1 # # fetch=no cls=1 size=63",
    "key=b%2B%25c # # # fetch=yes cls=1 size=68",
    "END\r",
    "",
  ]);
});

test("Session closes on a line that never ends, but not on a get of many keys", async () => {
  await using scene = scenery();
  assertEquals(await exchange(scene, ["mg ".padEnd(3000, "k")], 10), "<closed>");
  assertStringIncludes(scene.messages[0]!, "3000 bytes");
  assertEquals(await exchange(scene, ["get ", "k ".repeat(3000), "k\r\n"], 10), "END\r\n");
  await using small = ServerScene.withStore({}, { maxQueuedBytes: 10_000 });
  assertEquals(await exchange(small, ["get ", "k ".repeat(6000)], 10), "<closed>");
});

test("Session holds little for a text client that does not read", async () => {
  const { server, memory } = makeServer();
  await using _ = server;
  memory.set("big", new Uint8Array(100_000));
  const [client, peer] = memoryPair();
  let unread = 0;
  let release = (): void => {};
  const gate = new Promise<void>((resolve) => release = resolve);
  const slow: Transport = Object.create(peer, {
    write: {
      value: (bytes: Uint8Array) => {
        unread += bytes.length;
        return gate.then(() => peer.write(bytes));
      },
    },
    start: { value: (sink: Parameters<Transport["start"]>[0]) => peer.start(sink) },
    close: { value: () => peer.close() },
    pause: { value: () => peer.pause() },
    resume: { value: () => peer.resume() },
    closed: { value: peer.closed },
    peer: { value: peer.peer },
    secure: { value: peer.secure },
  });
  const session = server.serve(slow);
  const wire = wireOf(client);
  const line = `get${" big".repeat(200)}\r\n`;
  await wire.write(new TextEncoder().encode(line.repeat(2)));
  assert(unread < 3 * 1024 * 1024, `${unread} bytes`);
  release();
  let heard = 0;
  const whole = 2 * (200 * (100_000 + "VALUE big 0 100000\r\n\r\n".length) + "END\r\n".length);
  while (heard < whole) heard += (await wire.read())!.length;
  assertEquals([heard, session.bytesWritten], [whole, whole]);
  await wire.close();
});

test("Session has no text where guards look at requests", async () => {
  await using scene = scenery();
  scene.server.guard(() => {});
  assertEquals(await exchange(scene, ["get some_key_or_other_that_is_long_enough\r\n"], 10), "<closed>");
});

function scenery(): ServerScene {
  return ServerScene.withStore();
}

function makeServer(): { server: Server; memory: MemoryStore } {
  const server = new Server({ maxQueuedBytes: 1024 * 1024 });
  const memory = new MemoryStore();
  memory.register(server);
  return { server, memory };
}

/** Sends parts one by one, ends, and gives back what is heard. */
async function exchange(scene: ServerScene, parts: readonly string[], _length: number): Promise<string> {
  const client = scene.connectTransport();
  let heard = "";
  let closed = false;
  const done = new Promise<void>((resolve) => {
    client.start({
      data: (chunk) => {
        heard += String.fromCharCode(...chunk);
        if (heard.endsWith(FENCE)) resolve();
      },
      end: () => {
        closed = true;
        resolve();
      },
    });
  });
  for (const part of parts) await client.write(new TextEncoder().encode(part))?.catch(() => {});
  if (!parts.join("").endsWith("2000000000\r\n")) {
    await client.write(new TextEncoder().encode("mg fence k\r\n"))?.catch(() => {});
  } else return await untilQuiet();
  await done;
  client.close();
  return closed ? `${heard}<closed>` : heard.slice(0, -FENCE.length);

  /** Nothing more is answered while a block is awaited. */
  async function untilQuiet(): Promise<string> {
    while (!heard.includes("too large for cache\r\n")) await new Promise((resolve) => setTimeout(resolve, 0));
    client.close();
    return heard;
  }
}

const FENCE = "EN kfence\r\n";
