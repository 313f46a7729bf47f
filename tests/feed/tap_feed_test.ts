/** What a `TapFeed` makes of servers that a test plays by hand. */

import { assert, assertEquals, assertInstanceOf, assertRejects, assertThrows } from "@std/assert";
import { ConnectionError, ProtocolError, StatusError, TimeoutError } from "../../src/errors.ts";
import { openTap, type TapCheckpoint, TapError, type TapEvent, type TapFeed, type TapOptions } from "../../src/tap.ts";
import { memoryPair } from "../../src/transport/memory.ts";
import type { Transport } from "../../src/transport/transport.ts";
import { hex, toHex } from "../support/hex.ts";
import { ScriptedPeer } from "../support/script.ts";
import { test } from "../support/test.ts";
import { joined, wire } from "../support/wire_frame.ts";
import { TAP } from "../vectors/tap.ts";

interface Scene {
  readonly feed: TapFeed;
  readonly peer: ScriptedPeer;
}

/** A feed that was asked for, and the server. */
async function open(options: TapOptions = {}): Promise<Scene> {
  const [here, there] = memoryPair({ peers: ["couch:11210", "client"] });
  const peer = new ScriptedPeer(there);
  const feed = await openTap("couch", { dial: () => Promise.resolve(here), ...options });
  await peer.expect(0x40);
  return { feed, peer };
}

function vector(name: string): Uint8Array<ArrayBuffer> {
  const found = TAP.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no vector ${name}`);
  return hex(found.hex);
}

const MUTATION = vector("TAP_MUTATION foo, flags in network order");
const DELETION = vector("TAP_DELETE foo");
const OPAQUE = vector("TAP_OPAQUE INITIAL_VBUCKET_STREAM");
const CHECKPOINT_END = vector("TAP_CHECKPOINT_END 12");
const NOOP = wire({ magic: 0x80, opcode: 0x0a });

async function all(feed: TapFeed): Promise<string[]> {
  const types: string[] = [];
  for await (const { type } of feed) types.push(type);
  return types;
}

async function close({ feed, peer }: Scene): Promise<void> {
  await feed.close();
  await peer.over;
}

const CONNECTS: readonly (readonly [vector: string, options: TapOptions])[] = [
  ["TAP_CONNECT node1, only new", { name: "node1", ack: false, fixFlagByteOrder: false }],
  ["TAP_CONNECT node1: BACKFILL 5, LIST_VBUCKETS, SUPPORT_ACK, KEYS_ONLY", {
    name: "node1",
    backfill: new Date(5999),
    vbuckets: [0, 1, 2, 3, 4],
    keysOnly: true,
    fixFlagByteOrder: false,
  }],
  ["TAP_CONNECT without a name: DUMP, SUPPORT_ACK, FIX_FLAG_BYTEORDER", { dump: true }],
];

for (const [name, options] of CONNECTS) {
  test(`openTap asks: ${name}`, async () => {
    const [here, there] = memoryPair();
    const peer = new ScriptedPeer(there);
    const feed = await openTap("couch", { dial: () => Promise.resolve(here), ...options });
    assertEquals(toHex((await peer.next()).bytes), toHex(vector(name)));
    await close({ feed, peer });
  });
}

test("openTap asks to go on behind checkpoints, registered", async () => {
  const [here, there] = memoryPair();
  const peer = new ScriptedPeer(there);
  const checkpoints: TapCheckpoint[] = [{ vbucket: 7, checkpoint: 12n }];
  const options: TapOptions = { name: "r", registered: "closed-only", vbuckets: [7], checkpoints, dump: true };
  const feed = await openTap("couch", { ...options, fixFlagByteOrder: false, dial: () => Promise.resolve(here) });
  // The one of the sheet, and DUMP, which goes without a date.
  const expected = vector("TAP_CONNECT r: goes on behind a checkpoint, registered");
  expected[27]! |= 2;
  assertEquals(toHex((await peer.next()).bytes), toHex(expected));
  assertEquals(feed.position(), checkpoints);
  await close({ feed, peer });
});

test("openTap refuses options that contradict each other, before it dials", async () => {
  const dial = (): never => {
    throw new Error("dialled");
  };
  await assertRejects(() => openTap("couch", { takeover: true, dial }), TypeError, "takeover needs the vbuckets");
  await assertRejects(() => openTap("couch", { registered: true, dial }), TypeError, "needs a name");
  await assertRejects(() => openTap("couch", { vbuckets: [0x10000], dial }), RangeError, "vbucket 65536");
  await assertRejects(
    () => openTap("couch", { backfill: new Date(NaN), dial }),
    RangeError,
    "the date of the backfill",
  );
  await assertRejects(() => openTap("couch", { idleTimeout: -1, dial }), RangeError, "idleTimeout of -1");
  await assertRejects(() => openTap("couch", { maxQueuedBytes: NaN, dial }), RangeError, "maxQueuedBytes of NaN");
  await assertRejects(() => openTap("http://couch", { dial }), TypeError, "Cannot read Couchbase address");
  await assertRejects(() => openTap({ path: "/s" }, { tls: true, dial }), TypeError, "with tls");
});

test("openTap finds its port, and gives up in time", async () => {
  const asked: unknown[] = [];
  const dial: TapOptions["dial"] = (address) => {
    asked.push(address);
    return Promise.reject(new ConnectionError("nobody", { sent: false }));
  };
  for (
    const server of ["couch", "couch:1", "couchbase://couch", "couchbases://couch", "memcached://couch", "unix:/s"]
  ) {
    await assertRejects(() => openTap(server, { dial }), ConnectionError);
  }
  assertEquals(asked, [
    { hostname: "couch", port: 11210 },
    { hostname: "couch", port: 1 },
    { hostname: "couch", port: 11210 },
    { hostname: "couch", port: 11207, tls: true },
    { hostname: "couch", port: 11211 },
    { path: "/s" },
  ]);
  const never: TapOptions["dial"] = () => new Promise(() => {});
  await assertRejects(() => openTap("couch", { dial: never, connectTimeout: 1 }), TimeoutError);
});

test("a refusal is an error with the server's words", async () => {
  const { feed, peer } = await open();
  await peer.send(wire({ opcode: 0x40, status: 0x83, value: "Not supported" }));
  const error = await assertRejects(() => all(feed), StatusError, "Not supported");
  assertEquals([error.op, error.status], ["tap-connect", 0x83]);
  await peer.over;
});

test("a close without a word says what it may mean, and is the end of an empty dump", async () => {
  const one = await open();
  one.peer.close();
  const error = await assertRejects(() => all(one.feed), TapError, "without a word: it may not know TAP");
  assertEquals([error.code, error.name, error.sent], ["TAP", "TapError", true]);
  const other = await open({ dump: true });
  other.peer.close();
  assertEquals(await all(other.feed), []);
});

test("a feed that is cut at any byte gives the messages before it, and says that it was cut", async () => {
  const messages = [OPAQUE, MUTATION, CHECKPOINT_END, DELETION];
  const types = ["initial-stream", "mutation", "checkpoint-end", "deletion"];
  const ends = messages.map((_, i) => joined(...messages.slice(0, i + 1)).length);
  const bytes = joined(...messages);
  for (let cut = 1; cut <= bytes.length; cut++) {
    const whole = ends.filter((end) => end <= cut).length;
    const between = ends.includes(cut);
    for (const dump of [true, false]) {
      const { feed, peer } = await open({ dump, ack: false });
      await peer.send(bytes.slice(0, cut));
      peer.close();
      const got: string[] = [];
      const reading = (async () => {
        for await (const { type } of feed) got.push(type);
      })();
      if (dump && between) {
        await reading;
      } else {
        const how = between ? "before the end of the feed" : "in the middle of a message";
        const error = await assertRejects(() => reading, TapError, how);
        assertEquals(error.position, whole >= 3 ? [{ vbucket: 5, checkpoint: 12n }] : []);
      }
      assertEquals(got, types.slice(0, whole));
    }
  }
});

test("a feed in pieces of one byte is the same feed", async () => {
  const { feed, peer } = await open({ dump: true, ack: false });
  const sent = peer.send(
    ...joined(OPAQUE, NOOP, MUTATION, DELETION).reduce<Uint8Array[]>(
      (pieces, byte) => [...pieces, new Uint8Array([byte])],
      [],
    ),
  );
  void sent.then(() => peer.close());
  assertEquals(await all(feed), ["initial-stream", "mutation", "deletion"]);
  assertEquals(feed.stats(), { received: 3, taken: 3, acks: 0, nacks: 0, noops: 1, queuedBytes: 0 });
});

test("a reset is an error with its cause", async () => {
  const [here, there] = memoryPair();
  const feed = await openTap("couch", { dial: () => Promise.resolve(here), dump: true });
  // Bytes of the other side that nobody reads make a reset of a close.
  there.close();
  const error = await assertRejects(() => all(feed), TapError, "the connection was lost");
  assertInstanceOf(error.cause, ConnectionError);
});

test("what is no message of TAP ends the feed", async () => {
  for (const bytes of [new Uint8Array([0x45, 0x52]), wire({ opcode: 0x01 }), wire({ magic: 0x80, opcode: 0x44 })]) {
    const { feed, peer } = await open();
    await peer.send(bytes).catch(() => {});
    await assertRejects(() => all(feed), ProtocolError);
    await peer.over;
  }
});

test("messages and codes that nobody knows pass through", async () => {
  const { feed, peer } = await open({ dump: true, ack: false });
  const extras = hex("0004 0000 ff000000");
  await peer.send(
    wire({ magic: 0x80, opcode: 0x44, status: 3, extras, value: hex("00000063") }),
    wire({ magic: 0x80, opcode: 0x4e, key: "odd" }),
  );
  peer.close();
  const events: TapEvent[] = [];
  for await (const event of feed) events.push(event);
  const [first, second] = events;
  assertEquals(first, { type: "opaque", code: 99, vbucket: 3, opaque: 0, opcode: 0x44, wantsAck: false });
  assert(second?.type === "unknown");
  assertEquals(second.bytes, wire({ magic: 0x80, opcode: 0x4e, key: "odd" }));
});

test("an event is acknowledged when the next is asked for, once, and only if the server asks", async () => {
  const scene = await open();
  const { feed, peer } = scene;
  const reader = feed.getReader();
  await peer.send(OPAQUE, MUTATION, CHECKPOINT_END);
  const first = await reader.read();
  assertEquals(first.value?.type, "initial-stream");
  const second = reader.read();
  const ack = await peer.next();
  assertEquals(toHex(ack.bytes), toHex(wire({ opcode: 0x44, opaque: 5 })));
  assertEquals((await second).value?.type, "mutation");
  assertEquals((await reader.read()).value?.type, "checkpoint-end");
  assertEquals([feed.stats().acks, feed.position()], [1, []]);
  const next = reader.read();
  assertEquals(toHex((await peer.next()).bytes), toHex(wire({ opcode: 0x47, opaque: 8 })));
  assertEquals(feed.position(), [{ vbucket: 5, checkpoint: 12n }]);
  await feed.close();
  assertEquals((await next).done, true);
  await peer.over;
});

test("a feed may be acknowledged by hand, or refuse, whatever the server asked for", async () => {
  const scene = await open({ ack: "manual" });
  const { feed, peer } = scene;
  await peer.send(OPAQUE, MUTATION);
  const reader = feed.getReader();
  const first = (await reader.read()).value!;
  const second = (await reader.read()).value!;
  feed.ack(first);
  feed.nack(second);
  const answers = [await peer.next(), await peer.next()];
  assertEquals(answers.map(({ opcode, status, opaque }) => [opcode, status, opaque]), [[0x44, 0, 5], [0x41, 0x86, 1]]);
  assertEquals([feed.stats().acks, feed.stats().nacks], [1, 1]);
  await close(scene);
});

test("what was acknowledged leaves before a close", async () => {
  const { feed, peer } = await open({ ack: "manual" });
  await peer.send(OPAQUE);
  const reader = feed.getReader();
  feed.ack((await reader.read()).value!);
  const [answer] = await Promise.all([peer.next(), feed.close()]);
  assertEquals(answer.opaque, 5);
});

test("a feed without acknowledgements says nothing after its request", async () => {
  const scene = await open({ ack: false, dump: true });
  const { feed, peer } = scene;
  await peer.send(OPAQUE, MUTATION);
  peer.close();
  const reader = feed.getReader();
  const event = (await reader.read()).value!;
  assertThrows(() => feed.ack(event), TypeError, "ack: false");
  assertThrows(() => feed.nack(event), TypeError, "ack: false");
  await reader.read();
  assertEquals((await reader.read()).done, true);
  assertEquals([peer.unread, peer.chunks], [0, 1]);
});

test("a consumer that sleeps holds no more than it should, and the server waits", async () => {
  const scene = await open({ ack: false, maxQueuedBytes: 1000 });
  const { feed, peer } = scene;
  const total = 3000;
  let written = 0;
  const writing = (async () => {
    for (; written < total; written++) await peer.send(MUTATION);
  })();
  const reader = feed.getReader();
  for (let i = 0; i < total; i++) {
    assertEquals((await reader.read()).value?.type, "mutation");
    assert(feed.stats().queuedBytes <= 1000 + MUTATION.length, `${feed.stats().queuedBytes} bytes`);
    // The rest is where it belongs: with the server.
    assert(written - i <= 1000 / MUTATION.length + 3, `${written - i} messages ahead`);
  }
  await writing;
  await close(scene);
});

test("a signal ends a feed with its reason, in the middle of a read and before one", async () => {
  for (const waiting of [true, false]) {
    const controller = new AbortController();
    const { feed, peer } = await open({ signal: controller.signal });
    const reader = feed.getReader();
    const reading = waiting ? assertRejects(() => reader.read(), Error, "enough") : undefined;
    controller.abort(new Error("enough"));
    await reading;
    await assertRejects(() => reader.read(), Error, "enough");
    await peer.over;
  }
});

test("break, cancel, close and dispose close the connection", async () => {
  const ways: ((feed: TapFeed) => Promise<unknown>)[] = [
    async (feed) => {
      for await (const _ of feed) break;
    },
    (feed) => feed.cancel(),
    (feed) => feed.close(),
    (feed) => feed[Symbol.asyncDispose](),
    async (feed) => {
      const reader = feed.getReader();
      await reader.read();
      const next = reader.read();
      await reader.cancel();
      assertEquals((await next).done, true);
    },
  ];
  for (const end of ways) {
    const { feed, peer } = await open({ ack: "manual" });
    await peer.send(MUTATION);
    await end(feed);
    await peer.over;
  }
});

test("a feed pipes as any stream does", async () => {
  const { feed, peer } = await open({ dump: true, ack: false });
  const keys: string[] = [];
  const piping = feed.pipeThrough(
    new TransformStream<TapEvent, string>({
      transform: (event, controller) => controller.enqueue("keyText" in event ? event.keyText : event.type),
    }),
  ).pipeTo(new WritableStream({ write: (key) => void keys.push(key) }));
  await peer.send(OPAQUE, MUTATION, DELETION);
  peer.close();
  await piping;
  assertEquals(keys, ["initial-stream", "foo", "foo"]);
});

test("a write that settles after its answer does not keep the feed from beginning", async () => {
  const [here, there] = memoryPair();
  const peer = new ScriptedPeer(there);
  const late: Transport = {
    peer: here.peer,
    secure: here.secure,
    closed: here.closed,
    start: (sink) => here.start(sink),
    handOver: (sink) => here.handOver(sink),
    pause: () => here.pause(),
    resume: () => here.resume(),
    close: () => here.close(),
    // Settles turns after the answer has come.
    write: async (bytes) => {
      await here.write(bytes);
      await new Promise((resolve) => setTimeout(resolve, 5));
    },
  };
  const opening = openTap("couch", { dial: () => Promise.resolve(late), bucket: "shop", dump: true });
  const select = await peer.expect(0x89, "shop");
  await peer.send(wire({ opcode: 0x89, opaque: select.opaque }));
  const feed = await opening;
  await peer.expect(0x40);
  await peer.send(OPAQUE);
  const reader = feed.getReader();
  assertEquals((await reader.read()).value?.type, "initial-stream");
  await close({ feed, peer });
});

test("a server that says nothing is given up", async () => {
  const { feed, peer } = await open({ idleTimeout: 5 });
  const error = await assertRejects(() => all(feed), TapError, "has said nothing for 5 ms");
  assertEquals(error.position, []);
  await peer.over;
});

test("a server that a sleeping consumer does not read is not given up", async () => {
  const scene = await open({ idleTimeout: 5, maxQueuedBytes: 0, ack: false });
  const { feed, peer } = scene;
  await peer.send(MUTATION);
  // It is paused now, and many such times pass.
  await new Promise((resolve) => setTimeout(resolve, 30));
  const reader = feed.getReader();
  assertEquals((await reader.read()).value?.type, "mutation");
  await close(scene);
});

test("a dump that ends before its last acknowledgement was cut, one that ends behind it is whole", async () => {
  for (const messages of [[OPAQUE], [OPAQUE, MUTATION], [OPAQUE, MUTATION, CHECKPOINT_END]]) {
    const { feed, peer } = await open({ dump: true });
    await peer.send(...messages);
    peer.close();
    await assertRejects(() => all(feed), TapError, "before the end of the feed");
  }
  const { feed, peer } = await open({ dump: true });
  await peer.send(OPAQUE, MUTATION, CHECKPOINT_END);
  const reading = all(feed);
  assertEquals((await peer.take(2)).map(({ opcode }) => opcode), [0x44, 0x47]);
  peer.close();
  assertEquals(await reading, ["initial-stream", "mutation", "checkpoint-end"]);
});
