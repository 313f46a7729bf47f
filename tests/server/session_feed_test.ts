/** A feed on a session of its own: what it sends by itself, when it may, and how it ends. */

import { assertEquals } from "@std/assert";
import type { Frame } from "../../src/frame/frame.ts";
import type { FrameWriter } from "../../src/frame/frame_writer.ts";
import { GET } from "../../src/codec.ts";
import { type Dialect, Server, type Session, type SessionFeed } from "../../src/server.ts";
import { memoryPair } from "../../src/transport/memory.ts";
import { ScriptedPeer } from "../support/script.ts";
import { test } from "../support/test.ts";
import { wire } from "../support/wire_frame.ts";

const NOOP = 0x0a;

/** Sends as many empty frames as it is told to, with rising opaques. */
class Counter implements SessionFeed {
  /** How many are still to be sent. */
  wanted = 0;
  sent = 0;
  endings = 0;
  readonly answers: string[] = [];

  write(out: FrameWriter): boolean {
    if (this.sent >= this.wanted) return false;
    out.begin();
    out.finish(0x80, 0x77, ++this.sent, 0);
    return true;
  }

  answered({ opcode, opaque }: Frame): void {
    this.answers.push(`${opcode} ${opaque}`);
  }

  ended(): void {
    this.endings++;
  }
}

/** Lets answers of the client come, and changes nothing else. */
const PLAIN: Dialect = { receive() {}, begin() {}, end() {}, refuse: (reply) => reply };

function connect(options: ConstructorParameters<typeof Server>[0] = {}): {
  readonly server: Server;
  readonly session: Session;
  readonly peer: ScriptedPeer;
  readonly errors: unknown[];
} {
  const errors: unknown[] = [];
  const server = new Server({ ...options, onError: (error) => errors.push(error) }).speak(PLAIN);
  const [here, there] = memoryPair();
  const session = server.serve(there);
  return { server, session, peer: new ScriptedPeer(here), errors };
}

const request = (opcode: number, opaque: number) => wire({ magic: 0x80, opcode, opaque });

test("a feed is asked when it is attached and whenever it is woken, and not otherwise", async () => {
  const { server, session, peer } = connect();
  const feed = new Counter();
  feed.wanted = 2;
  session.attach(feed);
  assertEquals((await peer.take(2)).map(({ magic, opcode, opaque }) => [magic, opcode, opaque]), [[0x80, 0x77, 1], [
    0x80,
    0x77,
    2,
  ]]);
  feed.wanted = 3;
  await peer.send(request(NOOP, 9));
  assertEquals((await peer.next()).opaque, 9);
  session.wake();
  assertEquals((await peer.next()).opaque, 3);
  await server.close();
  assertEquals(feed.endings, 1);
});

test("a request is answered before what the feed sends because of it", async () => {
  const { server, session, peer } = connect();
  const feed = new Counter();
  session.attach(feed);
  server.on(GET, () => {
    feed.wanted = 1;
    session.wake();
    return { value: "v", flags: 0, cas: 1n };
  });
  await peer.send(wire({ magic: 0x80, opcode: 0, key: "k", opaque: 7 }));
  assertEquals((await peer.take(2)).map(({ magic, opaque }) => [magic, opaque]), [[0x81, 7], [0x80, 1]]);
  await server.close();
});

test("with several requests in hand a feed waits for the answers that are due", async () => {
  const { server, session, peer } = connect({ concurrency: 2 });
  const feed = new Counter();
  session.attach(feed);
  const { promise, resolve } = Promise.withResolvers<void>();
  server.on(GET, async () => {
    feed.wanted = 1;
    session.wake();
    await promise;
    return { value: "v", flags: 0, cas: 1n };
  });
  await peer.send(wire({ magic: 0x80, opcode: 0, key: "k", opaque: 7 }));
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  assertEquals(feed.sent, 0);
  resolve();
  assertEquals((await peer.take(2)).map(({ opaque }) => opaque), [7, 1]);
  await server.close();
});

test("a feed is told of answers, which nobody else takes", async () => {
  const { server, session, peer } = connect();
  const feed = new Counter();
  await peer.send(request(NOOP, 0));
  assertEquals((await peer.next()).opaque, 0);
  session.attach(feed);
  await peer.send(wire({ opcode: 0x77, opaque: 2 }));
  await peer.send(request(NOOP, 3));
  assertEquals((await peer.next()).opaque, 3);
  assertEquals(feed.answers, ["119 2"]);
  await server.close();
  const other = connect();
  await other.peer.send(request(NOOP, 0));
  await other.peer.next();
  await other.peer.send(wire({ opcode: 0x77, opaque: 1 })).catch(() => {});
  await other.peer.over;
  assertEquals(other.errors.length, 1);
});

test("who watches sees what a feed sends", async () => {
  const { server, session, peer } = connect();
  const seen: number[] = [];
  server.observe({ sent: ({ opaque }) => seen.push(opaque) });
  const feed = new Counter();
  feed.wanted = 2;
  session.attach(feed);
  await peer.take(2);
  assertEquals(seen, [1, 2]);
  await server.close();
});

test("another feed ends the first, and one that comes too late ends at once", async () => {
  const { server, session } = connect();
  const [first, second, third] = [new Counter(), new Counter(), new Counter()];
  session.attach(first);
  session.attach(second);
  assertEquals([first.endings, second.endings], [1, 0]);
  await server.close();
  session.attach(third);
  assertEquals([first.endings, second.endings, third.endings], [1, 1, 1]);
});

test("a feed that fails is reported, and nothing of half a frame leaves", async () => {
  const { session, peer, errors } = connect();
  const wrong = new Error("no more");
  session.attach({
    write(out) {
      out.begin();
      throw wrong;
    },
    ended() {},
  });
  await peer.over;
  assertEquals([errors, session.bytesWritten], [[wrong], 0]);
});

test("a feed that always has more stops while the client does not read", async () => {
  const [here, there] = memoryPair();
  const server = new Server({ maxQueuedBytes: 64 * 1024 }).speak(PLAIN);
  const session = server.serve(there);
  const feed = new Counter();
  feed.wanted = 100_000;
  let bytes = 0;
  const { promise, resolve } = Promise.withResolvers<void>();
  here.start({
    data: (chunk) => {
      bytes += chunk.length;
      if (bytes === 24 * feed.wanted) resolve();
    },
    end: () => resolve(),
  });
  here.pause();
  session.attach(feed);
  let before = -1;
  while (feed.sent !== before) {
    before = feed.sent;
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  }
  assertEquals(before > 0 && before < 50_000, true);
  here.resume();
  await promise;
  assertEquals(bytes, 24 * feed.wanted);
  await server.close();
});
