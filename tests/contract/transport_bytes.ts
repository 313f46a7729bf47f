/** The transport contract: bytes arrive whole, in order, and in the right hands. */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import type { Transport } from "../../src/transport/transport.ts";
import { Ear, echo, listenTo } from "../support/ear.ts";
import { digest, type Kind, pairTest, pattern, type Subject } from "./transport_subject.ts";

const MB = 1024 * 1024;

/** Registers the tests. */
export function bytesContract(subject: Subject, kind: Kind): void {
  const pair = (name: string, run: Parameters<typeof pairTest>[2]["run"]) => pairTest(subject, kind, { name, run });

  pair("carries a small message both ways", async ({ client, server }) => {
    const heard = listenTo(client);
    echo(server);
    await client.write(new TextEncoder().encode("ping"));
    await heard.hears(4);
    assertEquals(new TextDecoder().decode(heard.bytes()), "ping");
  });

  pair("carries 20 MB both ways at once", async ({ client, server }) => {
    const up = pattern(20 * MB, 0x1234);
    const down = pattern(20 * MB, 0x5678);
    const atServer = listenTo(server);
    const atClient = listenTo(client);
    await Promise.all([
      client.write(up),
      writeInPieces(server, down, 300_000),
      atServer.hears(up.length),
      atClient.hears(down.length),
    ]);
    assertEquals([atServer.size, atClient.size], [up.length, down.length]);
    assertEquals(await digest(atServer.bytes()), await digest(up));
    assertEquals(await digest(atClient.bytes()), await digest(down));
  });

  pair("keeps many small writes in order", async ({ client, server }) => {
    const all = pattern(200_000, 0x9abc);
    const heard = listenTo(server);
    let at = 0;
    for (let size = 0; at < all.length; size = (size + 7) % 200) {
      await client.write(all.subarray(at, at + size));
      at += size;
    }
    await heard.hears(all.length);
    assertEquals(await digest(heard.bytes()), await digest(all));
  });

  pair("gives the written bytes back when the write is done", async ({ client, server }) => {
    const heard = listenTo(server);
    const slab = new Uint8Array(100_000);
    for (let round = 1; round <= 20; round++) {
      slab.fill(round);
      await client.write(slab);
    }
    slab.fill(0xff);
    await heard.hears(20 * slab.length);
    const bytes = heard.bytes();
    for (let round = 1; round <= 20; round++) {
      const part = bytes.subarray((round - 1) * slab.length, round * slab.length);
      assert(part.every((byte) => byte === round), `round ${round} was overwritten`);
    }
  });

  pair("takes an empty write", async ({ client, server }) => {
    const heard = listenTo(server);
    await client.write(new Uint8Array(0));
    await client.write(Uint8Array.of(7));
    await heard.hears(1);
    assertEquals(heard.chunks.map((chunk) => chunk.length), [1]);
  });

  pair("refuses a write before the previous one has settled", async ({ client, server }) => {
    const first = client.write(new Uint8Array(32 * MB));
    assert(first !== undefined, "a write that nobody reads cannot be done");
    await assertRejects(async () => await client.write(Uint8Array.of(1)), TypeError, "before the previous write");
    const heard = listenTo(server, { keep: false });
    await first;
    await heard.hears(32 * MB);
    assertEquals(heard.size, 32 * MB);
  });

  pair("delivers a large message through the room of the sink", async ({ client, server }) => {
    const message = pattern(4 * MB, 0xdef0);
    const frame = new Uint8Array(message.length);
    let filled = 0;
    let inRoom = 0;
    const heard = listenTo(client, {
      keep: false,
      room: () => frame.subarray(filled),
      data: (chunk) => {
        if (chunk.buffer === frame.buffer) {
          assertEquals(chunk.byteOffset, filled, "a chunk in the room begins where the room begins");
          inRoom++;
        } else {
          frame.set(chunk, filled);
        }
        filled += chunk.length;
      },
    });
    await Promise.all([server.write(message), heard.hears(message.length)]);
    assertEquals(await digest(frame), await digest(message));
    assertEquals(inRoom > 0, subject.room(kind));
  });

  pair("hands over to another sink, from the next chunk on", async ({ client, server }) => {
    const second = new Ear();
    const first = listenTo(client, { data: () => client.handOver(second) });
    await server.write(Uint8Array.of(1, 2, 3));
    await first.hears(3);
    await server.write(Uint8Array.of(4, 5));
    await second.hears(2);
    assertEquals([...first.bytes()], [1, 2, 3]);
    assertEquals([...second.bytes()], [4, 5]);
    server.close();
    assertEquals(await second.ended, undefined);
    assertEquals(first.ends, 0);
    const third = new Ear();
    client.handOver(third);
    assertEquals(await third.ended, undefined, "who takes over after the end must hear of it");
  });

  pair("must be started once, and before it is handed over", ({ client }) => {
    assertThrows(() => client.handOver(new Ear()), TypeError, "before it was started");
    client.start(new Ear());
    assertThrows(() => client.start(new Ear()), TypeError, "twice");
    return Promise.resolve();
  });
}

async function writeInPieces(transport: Transport, bytes: Uint8Array, size: number): Promise<void> {
  for (let at = 0; at < bytes.length; at += size) await transport.write(bytes.subarray(at, at + size));
}
