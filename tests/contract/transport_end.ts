/** The transport contract: every pipe ends once, says why, and frees what it held. */
import net from "node:net";
import { assert, assertEquals, assertInstanceOf, assertRejects, assertStrictEquals } from "@std/assert";
import { ClosedError, ConnectionError, MemcachedError } from "../../src/errors.ts";
import { listenTo } from "../support/ear.ts";
import {
  FLOOD,
  type Kind,
  limitedTest,
  listenOn,
  pairTest,
  pattern,
  type Subject,
  turns,
} from "./transport_subject.ts";

/** Registers the tests. */
export function endContract(subject: Subject, kind: Kind): void {
  const pair = (name: string, run: Parameters<typeof pairTest>[2]["run"]) => pairTest(subject, kind, { name, run });

  pair("ends without an error, after the last byte, when the peer closes", async ({ client, server }) => {
    const heard = listenTo(client);
    listenTo(server);
    const message = pattern(3_000_000, 0x1111);
    await server.write(message);
    server.close();
    assertEquals(await heard.ended, undefined);
    assertEquals(heard.size, message.length);
    // Nobody on this side has to close.
    await client.closed;
    await server.closed;
    assertEquals([heard.ends, heard.late], [1, 0]);
  });

  pair("ends once and without an error when it is closed", async ({ client, server }) => {
    const heard = listenTo(client);
    const there = listenTo(server);
    client.close();
    client.close();
    assertEquals(heard.ends, 0, "the end must not come inside the call of close");
    assertEquals(await heard.ended, undefined);
    await client.closed;
    client.close();
    assertEquals(await there.ended, undefined);
    await server.closed;
    await turns();
    assertEquals([heard.ends, there.ends, heard.late, there.late], [1, 1, 0, 0]);
  });

  pair("can be closed before it was started, and still tells a sink", async ({ client, server }) => {
    client.close();
    await client.closed;
    assertEquals(await listenTo(client).ended, undefined);
    assertEquals(await listenTo(server).ended, undefined);
  });

  pair("refuses to write after close", async ({ client }) => {
    client.close();
    const error = await assertRejects(async () => await client.write(Uint8Array.of(1)), ClosedError, client.peer);
    assertInstanceOf(error, MemcachedError);
  });

  pair("fails the write under way when it is closed", async ({ client, server }) => {
    const heard = listenTo(client);
    const written = client.write(new Uint8Array(FLOOD));
    assert(written !== undefined);
    const failed = assertRejects(() => written, ClosedError, "closed here");
    await turns();
    client.close();
    await failed;
    assertEquals(await heard.ended, undefined);
    await client.closed;
    await listenTo(server, { keep: false }).ended;
  });

  pair("delivers nothing more when it is closed inside data", async ({ client, server }) => {
    let inside = false;
    const heard = listenTo(client, {
      data: () => {
        inside = true;
        client.close();
        inside = false;
      },
      end: () => assertEquals(inside, false),
    });
    await Promise.all([settled(server.write(new Uint8Array(FLOOD))), listenTo(server).ended]);
    assertEquals(await heard.ended, undefined);
    await client.closed;
    assertEquals([heard.chunks.length, heard.ends, heard.late], [1, 1, 0]);
  });

  pair("can be closed while it is paused", async ({ client, server }) => {
    const heard = listenTo(client);
    client.pause();
    const written = settled(server.write(Uint8Array.of(1)));
    await turns();
    client.close();
    await Promise.all([client.closed, written]);
    assertEquals(heard.ends, 1);
  });

  pair("ends with what the sink threw", async ({ client, server }) => {
    const bug = new Error("the sink does not like it");
    const heard = listenTo(client, {
      data: () => {
        throw bug;
      },
    });
    const there = listenTo(server);
    await settled(server.write(Uint8Array.of(1)));
    assertStrictEquals(await heard.ended, bug);
    await client.closed;
    await there.ended;
    assertEquals([heard.ends, heard.late], [1, 0]);
    const error = await assertRejects(async () => await client.write(Uint8Array.of(1)), ConnectionError);
    assertStrictEquals(error.cause, bug);
  });

  if (subject.room(kind)) {
    pair("ends with what the room of the sink threw", async ({ client, server }) => {
      const bug = new Error("no room");
      let read = false;
      const heard = listenTo(client, {
        data: () => read = true,
        room: () => {
          if (read) throw bug;
          return undefined;
        },
      });
      await settled(server.write(Uint8Array.of(1)));
      await settled(server.write(Uint8Array.of(2)));
      assertStrictEquals(await heard.ended, bug);
      await client.closed;
    });
  }

  pair("frees everything even if the end throws", async ({ client, server }) => {
    listenTo(client, {
      end: () => {
        throw new Error("the sink does not like the end");
      },
    });
    server.close();
    await client.closed;
  });

  if (subject.sockets && kind !== "tls") socketEnds(subject, kind);
}

/** What only a foreign peer can do. */
function socketEnds(subject: Subject, kind: Kind): void {
  const name = (what: string) => `${subject.name} ${kind} ${what}`;

  limitedTest(name("writes on when the peer has only closed its own direction"), async () => {
    const answer = pattern(5_000_000, 0x2222);
    const listener = await listenOn(subject, kind, (transport) => {
      const heard = listenTo(transport, {
        end: async () => {
          assertEquals(heard.size, 5);
          await transport.write(answer.subarray(0, 4_000_000));
          await transport.write(answer.subarray(4_000_000));
        },
      });
    });
    const { address } = listener;
    const target = "path" in address ? { path: address.path } : { host: address.hostname, port: address.port };
    const socket = net.connect({ ...target, allowHalfOpen: true });
    let size = 0;
    socket.on("data", (chunk) => size += chunk.length);
    const ended = new Promise((resolve) => socket.once("end", resolve));
    socket.end("hello");
    await ended;
    assertEquals(size, answer.length);
    const closed = new Promise((resolve) => socket.once("close", resolve));
    socket.destroy();
    listener.close();
    await Promise.all([closed, listener.closed]);
  });

  if (kind !== "tcp") return;

  limitedTest(name("ends with an error that names the peer when that resets the connection"), async () => {
    const server = net.createServer((socket) => {
      socket.on("error", () => {});
      socket.once("data", () => socket.resetAndDestroy());
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as net.AddressInfo;
    const transport = await subject.dial({ hostname: "127.0.0.1", port });
    const heard = listenTo(transport);
    await transport.write(Uint8Array.of(1));
    const error = await heard.ended;
    assertInstanceOf(error, ConnectionError);
    assert(error.message.includes(`127.0.0.1:${port}`), error.message);
    assert(error.cause !== undefined);
    await transport.closed;
    assertEquals(heard.ends, 1);
    await assertRejects(async () => await transport.write(Uint8Array.of(1)), ConnectionError);
    await new Promise((resolve) => server.close(resolve));
  });

  limitedTest(name("fails the write under way when the peer resets the connection"), async () => {
    const server = net.createServer((socket) => {
      socket.on("error", () => {});
      socket.once("data", () => socket.resetAndDestroy());
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as net.AddressInfo;
    const transport = await subject.dial({ hostname: "127.0.0.1", port });
    const heard = listenTo(transport);
    const written = transport.write(new Uint8Array(FLOOD));
    assert(written !== undefined);
    await assertRejects(() => written, ConnectionError);
    assertInstanceOf(await heard.ended, ConnectionError);
    await transport.closed;
    assertEquals(heard.ends, 1);
    await new Promise((resolve) => server.close(resolve));
  });
}

/** Waits for a write that may fail or not. */
async function settled(write: Promise<void> | undefined): Promise<void> {
  await Promise.allSettled([write]);
}
