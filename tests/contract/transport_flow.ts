/** The transport contract: who does not read holds up who writes. */
import { assert, assertEquals, assertLess } from "@std/assert";
import { listenTo } from "../support/ear.ts";
import { digest, FLOOD, type Kind, pairTest, pattern, type Subject, turns } from "./transport_subject.ts";

/** Registers the tests. */
export function flowContract(subject: Subject, kind: Kind): void {
  const pair = (name: string, run: Parameters<typeof pairTest>[2]["run"]) => pairTest(subject, kind, { name, run });

  pair("holds a write up while the peer does not read", async ({ client, server }) => {
    const flood = pattern(FLOOD, 0x4321);
    let done = false;
    const written = client.write(flood);
    assert(written !== undefined, "a write that nobody reads cannot be done");
    const watched = written.then(() => done = true);
    await turns();
    assertEquals(done, false);
    const heard = listenTo(server);
    await watched;
    await heard.hears(FLOOD);
    assertEquals(await digest(heard.bytes()), await digest(flood));
  });

  pair("reads while its own write is held up", async ({ client, server }) => {
    const heard = listenTo(client);
    const written = client.write(new Uint8Array(FLOOD));
    await server.write(new TextEncoder().encode("still here"));
    await heard.hears(10);
    const rest = listenTo(server, { keep: false });
    await written;
    await rest.hears(FLOOD);
    assertEquals(rest.size, FLOOD);
  });

  pair("stops reading at pause and goes on at resume", async ({ client, server }) => {
    const flood = pattern(FLOOD, 0x8765);
    let after = 0;
    let paused = false;
    const heard = listenTo(server, {
      data: (chunk) => {
        if (paused) after += chunk.length;
        if (!paused && heard.size < FLOOD) {
          paused = true;
          server.pause();
        }
      },
    });
    let done = false;
    const written = Promise.resolve(client.write(flood)).then(() => done = true);
    await heard.hears(1);
    await turns();
    assertLess(after, 1024 * 1024, "at most the read that was under way may still be delivered");
    assertEquals(done, false);
    const before = heard.size;
    await turns();
    assertEquals(heard.size, before);
    server.resume();
    await written;
    await heard.hears(FLOOD);
    assertEquals(await digest(heard.bytes()), await digest(flood));
  });

  pair("goes on when pause and resume alternate at every chunk", async ({ client, server }) => {
    const message = pattern(4 * 1024 * 1024, 0x1357);
    const heard = listenTo(server, {
      data: () => {
        server.pause();
        queueMicrotask(() => server.resume());
      },
    });
    await Promise.all([client.write(message), heard.hears(message.length)]);
    assertEquals(await digest(heard.bytes()), await digest(message));
  });

  pair("can be paused before it starts", async ({ client, server }) => {
    server.pause();
    const heard = listenTo(server);
    const flood = pattern(FLOOD, 0x2468);
    const written = client.write(flood);
    await turns();
    assertLess(heard.size, 1024 * 1024);
    server.resume();
    await written;
    await heard.hears(FLOOD);
    assertEquals(await digest(heard.bytes()), await digest(flood));
  });

  pair("delivers what came before the start", async ({ client, server }) => {
    const written = client.write(Uint8Array.of(1, 2, 3));
    await turns();
    const heard = listenTo(server);
    await heard.hears(3);
    await written;
    assertEquals([...heard.bytes()], [1, 2, 3]);
  });

  pair("never delivers inside a call of its user", async ({ client, server }) => {
    let inside = false;
    let reentered = false;
    const heard = listenTo(client, { data: () => reentered ||= inside, end: () => reentered ||= inside });
    const guarded = <T>(call: () => T): T => {
      inside = true;
      const result = call();
      inside = false;
      return result;
    };
    listenTo(server, { data: (chunk) => void guarded(() => server.write(chunk.slice()))?.catch(() => {}) });
    for (let round = 1; round <= 50; round++) {
      guarded(() => client.pause());
      const written = guarded(() => client.write(Uint8Array.of(round)));
      guarded(() => client.resume());
      await written;
      await heard.hears(round);
    }
    guarded(() => client.close());
    await heard.ended;
    assertEquals(reentered, false);
  });
}
