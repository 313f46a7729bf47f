/** Clients that send anything: the server answers or closes, holds little, and serves the others as before. */

import { assert, assertEquals } from "@std/assert";
import { memoryPair } from "../../src/transport/memory.ts";
import { MemoryStore, Server } from "../../src/server.ts";
import { ProtocolError } from "../../src/errors.ts";
import { request, store, Talk } from "../contract/conformance_talk.ts";
import { type Random, withRandom } from "../support/random.ts";
import { ServerScene } from "../support/server_scene.ts";
import { test } from "../support/test.ts";
import { wireOf } from "../support/transport_wire.ts";
import { joined, readAllWire } from "../support/wire_frame.ts";

/** A header of random fields, more often than not of possible ones, and some bytes. */
function almostRequest(random: Random): Uint8Array {
  const bytes = random.bytes(24 + random.int(120));
  const view = new DataView(bytes.buffer);
  if (random.int(10) > 0) view.setUint8(0, 0x80);
  if (random.int(4) > 0) view.setUint8(1, random.int(0x26));
  if (random.int(4) > 0) view.setUint16(2, random.int(20));
  if (random.int(4) > 0) view.setUint8(4, random.pick([0, 4, 8, 20]));
  if (random.int(10) > 0) view.setUint32(8, random.int(2) === 0 ? bytes.length - 24 : random.int(200));
  return bytes;
}

test("Server survives clients that send anything, answers in whole frames, and keeps what it has", async () => {
  await withRandom(async (random) => {
    const errors: unknown[] = [];
    await using server = new Server({ maxBody: 100_000, onError: (error) => void errors.push(error) });
    const memory = new MemoryStore({ memoryLimit: 100_000 });
    memory.register(server);
    const connect = () => {
      const [client, peer] = memoryPair();
      const session = server.serve(peer);
      return { client, session };
    };
    await using good = new Talk(wireOf(connect().client));
    let answers = 0;
    for (let i = 0; i < 2000; i++) {
      const { client, session } = connect();
      const heard: Uint8Array[] = [];
      client.start({ data: (chunk) => void heard.push(chunk.slice()), end: () => {} });
      let first = true;
      for (let left = 1 + random.int(4); left > 0; left--) {
        const bytes = almostRequest(random);
        // The first byte of a connection says that it speaks binary.
        if (first) bytes[0] = 0x80;
        first = false;
        const refused = client.write(bytes)?.then(() => false, () => true);
        if (await refused) break;
      }
      client.close();
      await session.closed;
      const all = joined(...heard);
      // The last answer may have been cut off by the end.
      const frames = readAllWire(all.subarray(0, wholeFrames(all)));
      for (const answer of frames) assertEquals(answer.magic, 0x81);
      answers += frames.length;
    }
    assert(answers > 1000, `${answers} answers`);
    assertEquals(errors.filter((error) => !(error instanceof ProtocolError) && !isReset(error)), []);
    assert(memory.bytes <= 100_000);
    await good.ask(store(0x01, "still", "here"));
    assertEquals((await good.ask({ opcode: 0x00, key: "still" })).status, 0);
    assertEquals(server.sessions.size, 1);
  });
});

test("Server takes no memory for a length that is only said", async () => {
  await using scene = ServerScene.withStore();
  const header = request(store(0x01, "k", "")).slice(0, 24);
  new DataView(header.buffer).setUint32(8, 0xffffffff);
  await using talk = scene.connect();
  await talk.send(header);
  assertEquals([(await talk.next())?.status, await talk.next()], [3, undefined]);
  assert(scene.messages[0]?.includes("4294967295"), scene.messages[0]);
});

/** What a client leaves behind that goes while an answer is on its way to it. */
function isReset(error: unknown): boolean {
  return error instanceof Error && error.name === "ConnectionError";
}

function wholeFrames(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer);
  let at = 0;
  while (bytes.length - at >= 24 && at + 24 + view.getUint32(at + 8) <= bytes.length) at += 24 + view.getUint32(at + 8);
  return at;
}
