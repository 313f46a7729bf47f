/** Peers that misbehave: every call that waits gets a typed error within its time, and nothing hangs. */

import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { Connection, type ConnectionOptions } from "../../src/connection/connection.ts";
import {
  ClosedError,
  ConnectionError,
  MemcachedError,
  OverloadError,
  ProtocolError,
  TimeoutError,
} from "../../src/errors.ts";
import { STAT } from "../../src/ops/admin.ts";
import { GET, GETK } from "../../src/ops/retrieval.ts";
import type { Transport } from "../../src/transport/transport.ts";
import { cutAfter, inChunks } from "../support/faults.ts";
import { endOfTurn, FakeTransport } from "../support/fake_transport.ts";
import { withRandom } from "../support/random.ts";
import { scripted, type ScriptedPeer } from "../support/script.ts";
import { test } from "../support/test.ts";
import { answer, bytesOf, hit, joined, wire, type WireFrame } from "../support/wire_frame.ts";

/** Longer than any peer takes that says anything at all. */
const TIMEOUT = 30_000;

type Outcome = { readonly value: unknown } | { readonly error: unknown };

interface Played {
  readonly connection: Connection;
  /** What became of the four forms of a call: a read, a read whose answer has the key, a batch, a stream. */
  readonly outcomes: readonly Outcome[];
}

function outcomeOf(promise: Promise<unknown>): Promise<Outcome> {
  return promise.then((value) => ({ value }), (error) => ({ error }));
}

/** The first failure of a batch, as if it were that of a call. */
async function batchOf(connection: Connection): Promise<unknown> {
  const { replies, errors } = await connection.batch(GET, [{ key: "b0" }, { key: "b1" }]);
  if (errors !== undefined) throw [...errors.values()][0];
  return replies;
}

/** Makes four calls, lets the peer do what the test says with their six requests, and waits for all outcomes. */
async function play(
  act: (peer: ScriptedPeer, requests: readonly WireFrame[]) => void | Promise<void>,
  options: ConnectionOptions & { readonly around?: (transport: Transport) => Transport } = {},
): Promise<Played> {
  const { transport, peer } = scripted();
  const connection = new Connection(options.around?.(transport) ?? transport, { timeout: TIMEOUT, ...options });
  const calls = [
    connection.call(GET, { key: "a" }),
    connection.call(GETK, { key: "k" }),
    batchOf(connection),
    connection.open(STAT, {}).next(),
  ].map(outcomeOf);
  const acting = peer.take(6).then((requests) => act(peer, requests));
  const outcomes = await Promise.all(calls);
  // What the peer still wants to say may find the connection closed.
  await acting.catch(() => {});
  return { connection, outcomes };
}

/** That each call failed with an error of this class, and that it names the call and the peer. */
function assertAllFailed(outcomes: readonly Outcome[], type: new (...args: never[]) => MemcachedError): void {
  const whats = [`get "a"`, `getk "k"`, "get", "stat"];
  for (const [i, outcome] of outcomes.entries()) {
    const error = (outcome as { error?: unknown }).error;
    assertInstanceOf(error, type);
    assert(error.message.startsWith(`Cannot ${whats[i]}: `), error.message);
    assert(error.message.includes("peer:11211"), error.message);
    assertEquals(error.sent, true);
  }
}

async function assertDead(connection: Connection): Promise<void> {
  assertEquals([connection.state, connection.inFlight], ["closed", 0]);
  await connection.closed;
  await assertRejects(() => connection.call(GET, { key: "a" }), ClosedError);
}

/** What a peer must not say; of which request, where in the bytes it is noticed, and what the error says. */
const LIES: readonly {
  readonly name: string;
  readonly lie: (requests: readonly WireFrame[]) => Uint8Array;
  readonly says: string;
}[] = [
  {
    name: "an answer with an opaque that nobody waits for",
    lie: ([get]) => hit(get!, "v", { opaque: 0x4d2 }),
    says: "with opaque 0x000004d2: nobody waits for its opaque",
  },
  {
    name: "an answer of another generation",
    lie: ([get]) => hit(get!, "v", { opaque: get!.opaque + 0x10000 }),
    says: "nobody waits for its opaque any more",
  },
  {
    name: "an answer with another opcode",
    lie: ([get]) => hit(get!, "v", { opcode: 0x0c }),
    says: "what was asked is get",
  },
  {
    name: "an answer with the quiet opcode",
    lie: ([get]) => hit(get!, "v", { opcode: 0x09 }),
    says: "what was asked is get",
  },
  {
    name: "an answer with another key",
    lie: ([, getk]) => hit(getk!, "v", { key: "another" }),
    says: `what was asked is getk "k"`,
  },
  {
    name: "an answer to a batch at a place that it does not have",
    lie: ([, , b0]) => hit(b0!, "v", { opaque: b0!.opaque + 0x30000 }),
    says: "a batch of 2 get waits",
  },
  {
    name: "an answer to a batch with another opcode",
    lie: ([, , b0]) => hit(b0!, "v", { opcode: 0x11 }),
    says: "a batch of 2 get waits",
  },
  {
    name: "a statistic with another opcode",
    lie: (all) => hit(all[5]!, "v", { opcode: 0x00 }),
    says: "what was asked is stat",
  },
  {
    name: "an answer with 2 bytes of extras",
    lie: ([get]) => hit(get!, "v", { extras: new Uint8Array(2) }),
    says: "2 bytes of extras, expected 4",
  },
  {
    name: "an answer to a batch with 2 bytes of extras",
    lie: ([, , b0]) => hit(b0!, "v", { extras: new Uint8Array(2) }),
    says: "2 bytes of extras",
  },
  {
    name: "a statistic with extras",
    lie: (all) => answer(all[5]!, { extras: new Uint8Array(4), key: "k" }),
    says: "4 bytes of extras, expected 0",
  },
  { name: "a request instead of an answer", lie: ([get]) => get!.bytes, says: "magic 0x80" },
  { name: "a flexible request instead of an answer", lie: ([get]) => answer(get!, { magic: 0x08 }), says: "magic 0x8" },
  { name: "an answer of a client", lie: ([get]) => answer(get!, { magic: 0x83 }), says: "magic 0x83" },
  {
    name: "what is no frame",
    lie: () => bytesOf("HTTP/1.1 400 Bad Request\r\n\r\n"),
    says: "first byte 0x48 is no magic",
  },
  {
    name: "a body over the limit",
    lie: () => wire({ opcode: 0, extras: new Uint8Array(4), value: new Uint8Array(5000) }).subarray(0, 24),
    says: "body of 5004 bytes exceeds the limit of 4096",
  },
  {
    name: "a key that is longer than the body",
    lie: ([get]) => {
      const bytes = hit(get!, "v");
      bytes[3] = 200;
      return bytes;
    },
    says: "extras and key of 204 bytes exceed the body of 5",
  },
];

for (const { name, lie, says } of LIES) {
  test(`Connection ends with a ProtocolError for everyone when it receives ${name}`, async () => {
    // Something good first, so that the offset of the bad is not 0.
    const good = wire({ magic: 0x82, opcode: 1, value: "from the server" });
    let bad: Uint8Array = new Uint8Array(0);
    const { connection, outcomes } = await play((peer, requests) => {
      bad = lie(requests);
      return peer.send(joined(good, bad));
    }, { maxBody: 4096 });
    assertAllFailed(outcomes, ProtocolError);
    for (const outcome of outcomes) {
      const error = (outcome as { error: ProtocolError }).error;
      assert(error.message.includes(says), error.message);
      assert(error.message.includes("the connection to peer:11211 received what is no answer: "));
      assertEquals([error.at, error.code, error.cause instanceof ProtocolError], [good.length, "PROTOCOL", true]);
      assertEquals(error.bytes, bad.slice(0, 24));
    }
    await assertDead(connection);
  });
}

test("Connection keeps the first answer when it receives it twice, and ends for everyone else", async () => {
  for (const which of [0, 2]) {
    const { connection, outcomes } = await play((peer, requests) => {
      const once = hit(requests[which]!, "v");
      return peer.send(joined(once, once));
    });
    assertEquals("value" in outcomes[0]!, which === 0);
    for (const outcome of outcomes.slice(1)) assertInstanceOf((outcome as { error: unknown }).error, ProtocolError);
    await assertDead(connection);
  }
});

test("Connection tells everyone when the peer sends half an answer and closes", async () => {
  const { connection, outcomes } = await play(async (peer, requests) => {
    const bytes = hit(requests[0]!, "value");
    await peer.send(bytes.subarray(0, bytes.length - 1));
    peer.close();
  });
  assertAllFailed(outcomes, ConnectionError);
  await assertDead(connection);
});

test("Connection tells everyone when the peer closes without a word", async () => {
  const { connection, outcomes } = await play((peer) => peer.close());
  assertAllFailed(outcomes, ConnectionError);
  await assertDead(connection);
});

test("Connection tells everyone when it is reset in the middle of an answer", async () => {
  for (const size of [1, 23, 24, 28]) {
    const reset = new ConnectionError("Lost the connection to peer:11211: Connection reset by peer");
    const around = (transport: Transport) => cutAfter(transport, size, reset);
    const { connection, outcomes } = await play((peer, requests) => peer.send(hit(requests[0]!, "value")), { around });
    assertAllFailed(outcomes, ConnectionError);
    for (const outcome of outcomes) {
      const { error } = outcome as { error: ConnectionError };
      assertEquals([error.cause, error.message.includes("Connection reset by peer")], [reset, true]);
    }
    await assertDead(connection);
  }
});

test("Connection tells everyone when the peer resets it with requests unread", async () => {
  const { transport, peer } = scripted();
  peer.pause();
  const connection = new Connection(transport, { timeout: TIMEOUT });
  const calls = [connection.call(GET, { key: "a" }), connection.open(STAT, {}).next()].map(outcomeOf);
  await endOfTurn();
  peer.close();
  for (const outcome of await Promise.all(calls)) {
    assertInstanceOf((outcome as { error: unknown }).error, ConnectionError);
  }
  await assertDead(connection);
  await peer.over;
});

test("Connection tells everyone when the peer ends its side and goes on reading", async () => {
  const transport = new FakeTransport();
  const connection = new Connection(transport, { timeout: TIMEOUT });
  const calls = [connection.call(GET, { key: "a" }), connection.open(STAT, {}).next()].map(outcomeOf);
  await endOfTurn();
  transport.end();
  for (const outcome of await Promise.all(calls)) {
    assertInstanceOf((outcome as { error: unknown }).error, ConnectionError);
  }
  assertEquals(transport.isClosed, true);
  await assertDead(connection);
});

test("Connection lets calls to a silent peer run out of time, and is still good", async () => {
  const { connection, outcomes } = await play(() => {}, { timeout: 40 });
  assertAllFailed(outcomes, TimeoutError);
  assertEquals([connection.state, connection.inFlight], ["open", 0]);
  await connection.close();
});

test("Connection reads answers that come byte by byte", async () => {
  for (const size of [1, 2, 23, 25]) {
    const { connection, outcomes } = await play(async (peer, [get, getk, b0, b1, noop, stat]) => {
      await peer.send(
        hit(get!, "A"),
        hit(getk!, "K".repeat(500), { key: "k" }),
        joined(hit(b1!, "B1"), hit(b0!, "B0"), answer(noop!)),
        answer(stat!, { key: "n", value: "1" }),
        answer(stat!),
      );
    }, { around: (transport) => inChunks(transport, size) });
    assertEquals(outcomes.filter((outcome) => "value" in outcome).length, 4);
    assertEquals([connection.state, connection.counters.lateReplies], ["open", 0]);
    await connection.close();
  }
});

test("Connection gives up an answer of which a part comes in time, and is still good when the rest has come", async () => {
  const { transport, peer } = scripted();
  const connection = new Connection(transport, { timeout: 0 });
  const late = outcomeOf(connection.call(GET, { key: "late" }, { timeout: 30 }));
  const request = await peer.next();
  const bytes = hit(request, "x".repeat(40_000));
  await peer.send(bytes.subarray(0, 30_000));
  const { error } = await late as { error: unknown };
  assertInstanceOf(error, TimeoutError);
  const next = connection.call(GET, { key: "next" });
  await peer.send(bytes.subarray(30_000), hit(await peer.next(), "right"));
  assertEquals(new TextDecoder().decode((await next).value), "right");
  assertEquals(connection.counters.lateReplies, 1);
  await connection.close();
  await peer.over;
});

for (const greeting of ["ERROR\r\n", "HTTP/1.1 400 Bad Request\r\n", "SSH-2.0-OpenSSH_9.2\r\n", "\x16\x03\x01", "\0"]) {
  test(`Connection ends at once on the greeting ${JSON.stringify(greeting)}`, async () => {
    const { transport, peer } = scripted();
    const connection = new Connection(transport, { timeout: 0 });
    const call = outcomeOf(connection.call(GET, { key: "a" }));
    await peer.send(bytesOf(greeting)).catch(() => {});
    const { error } = await call as { error: ProtocolError };
    assertInstanceOf(error, ProtocolError);
    assertEquals([error.at, error.bytes], [0, bytesOf(greeting).slice(0, 24)]);
    await assertDead(connection);
    await peer.over;
  });
}

test("Connection ends on an answer when nothing was asked, and the next call says so", async () => {
  const { transport, peer } = scripted();
  const connection = new Connection(transport);
  await peer.send(wire({ opcode: 0 })).catch(() => {});
  await connection.closed;
  await assertDead(connection);
});

test("Connection leaves what a server asks on its own to those who watch", async () => {
  const transport = new FakeTransport();
  const connection = new Connection(transport);
  const call = connection.call(GET, { key: "a" });
  await endOfTurn();
  transport.receive(wire({ magic: 0x82, opcode: 1, opaque: 0, value: "map" }), hit(transport.requests[0]!, "v"));
  await call;
  assertEquals(connection.state, "open");
  connection.destroy();
});

test("Connection to a peer that reads nothing: calls run out of time, too many are refused, and close ends", async () => {
  const { transport, peer } = scripted();
  peer.pause();
  const connection = new Connection(transport, { timeout: 30, maxQueuedBytes: 2000 });
  const sent = outcomeOf(connection.call(GET, { key: "sent" }));
  await endOfTurn();
  const waiting = Array.from({ length: 200 }, (_, i) => outcomeOf(connection.call(GET, { key: `k${i}` })));
  const errors = (await Promise.all([sent, ...waiting])).map((outcome) => (outcome as { error: MemcachedError }).error);
  assertEquals([errors[0]!.code, errors[0]!.sent], ["TIMEOUT", true]);
  const late = errors.slice(1).filter((error) => error instanceof TimeoutError);
  const refused = errors.slice(1).filter((error) => error instanceof OverloadError);
  assertEquals([late.length + refused.length, errors.slice(1).every(({ sent }) => !sent)], [200, true]);
  assert(late.length > 50 && refused.length > 50);
  await connection.close();
  await assertDead(connection);
  peer.resume();
  await peer.over;
});

test("Connection ends every call whatever answers are changed at random", async () => {
  await withRandom(async (random) => {
    let refused = 0;
    for (let round = 0; round < 400; round++) {
      const transport = new FakeTransport();
      const connection = new Connection(transport, { timeout: 10_000, maxBody: 4096 });
      const calls = [
        connection.call(GET, { key: "a" }),
        connection.call(GETK, { key: "k" }),
        batchOf(connection),
        connection.open(STAT, {}).next(),
      ].map(outcomeOf);
      await Promise.resolve();
      const [get, getk, b0, b1, noop, stat] = transport.requests;
      const bytes = joined(
        hit(get!, random.bytes(random.int(50))),
        hit(getk!, "K", { key: "k" }),
        hit(b0!, "B0"),
        answer(b1!, { status: 1 }),
        answer(noop!),
        answer(stat!, { key: "n", value: "1" }),
        answer(stat!),
      );
      for (let changes = random.int(4); changes > 0; changes--) bytes[random.int(bytes.length)] = random.int(256);
      const at = random.int(bytes.length);
      transport.receive(bytes.subarray(0, at), bytes.subarray(at));
      if (connection.state === "closed") refused++;
      // Those whose answers were not recognised wait for nothing.
      connection.destroy();
      for (const outcome of await Promise.all(calls)) {
        if ("error" in outcome) assertInstanceOf(outcome.error, MemcachedError);
      }
      assertEquals(connection.inFlight, 0);
    }
    assert(refused > 100, `${refused} of 400 were refused`);
  });
});
