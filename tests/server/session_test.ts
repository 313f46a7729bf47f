/** What a session makes of handlers and of clients, whatever they do. */

import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { ClosedError, ProtocolError } from "../../src/errors.ts";
import { NOOP, STAT } from "../../src/ops/admin.ts";
import { GET, GETK } from "../../src/ops/retrieval.ts";
import { SET } from "../../src/ops/storage.ts";
import { StatusReply } from "../../src/server.ts";
import { Status } from "../../src/wire/status.ts";
import { request, store, type Talk } from "../contract/conformance_talk.ts";
import { type Deferred, deferred, ServerScene } from "../support/server_scene.ts";
import { test } from "../support/test.ts";
import { wireOf } from "../support/transport_wire.ts";

const decoder = new TextDecoder();

function item(value: string | Uint8Array): { value: string | Uint8Array; flags: number; cas: bigint } {
  return { value, flags: 0, cas: 1n };
}

function get(key: string, opaque = 0, opcode = 0x00): Uint8Array {
  return request({ opcode, key, opaque });
}

async function heard(talk: Talk, count: number): Promise<string[]> {
  const answers: string[] = [];
  for (let i = 0; i < count; i++) {
    const answer = await talk.next();
    answers.push(answer === undefined ? "closed" : `${answer.opaque} ${answer.status} ${decoder.decode(answer.value)}`);
  }
  return answers;
}

test("Session answers in the order of requests when handlers take their time", async () => {
  await using scene = new ServerScene();
  const calls: string[] = [];
  const slow = deferred<void>();
  scene.server.on(GET, async ({ key }) => {
    const name = decoder.decode(key);
    calls.push(name);
    if (name === "slow") await slow.promise;
    return item(name);
  });
  await using talk = scene.connect();
  await talk.send(get("slow", 1), get("fast", 2), request({ opcode: 0x0a, opaque: 3 }));
  // One at a time: what comes later sees what came before.
  assertEquals(calls, ["slow"]);
  slow.resolve();
  assertEquals(await heard(talk, 3), ["1 0 slow", "2 0 fast", "3 0 "]);
  assertEquals(calls, ["slow", "fast"]);
});

test("Session runs as many handlers at once as it may, and still answers in order", async () => {
  await using scene = new ServerScene({ concurrency: 3 });
  const running = new Map<string, Deferred<void>>();
  scene.server.on(GET, async ({ key }) => {
    const name = decoder.decode(key);
    const turn = deferred<void>();
    running.set(name, turn);
    await turn.promise;
    return item(name);
  });
  await using talk = scene.connect();
  await talk.send(...["a", "b", "c", "d", "e"].map((name, i) => get(name, i)), request({ opcode: 0x0a, opaque: 5 }));
  assertEquals([...running.keys()], ["a", "b", "c"]);
  running.get("c")!.resolve();
  running.get("b")!.resolve();
  await Promise.resolve();
  assertEquals([...running.keys()], ["a", "b", "c"]);
  running.get("a")!.resolve();
  assertEquals(await heard(talk, 3), ["0 0 a", "1 0 b", "2 0 c"]);
  assertEquals([...running.keys()], ["a", "b", "c", "d", "e"]);
  running.get("e")!.resolve();
  running.get("d")!.resolve();
  assertEquals(await heard(talk, 3), ["3 0 d", "4 0 e", "5 0 "]);
});

test("Session keeps what a handler pushes in the turn of its request", async () => {
  await using scene = new ServerScene({ concurrency: 2 });
  const first = deferred<void>();
  const second = deferred<void>();
  scene.server.on(GET, async () => {
    await first.promise;
    return item("first");
  });
  scene.server.on(STAT, async (_, exchange) => {
    exchange.push({ key: "a", value: "1" });
    await second.promise;
    exchange.push({ key: "b", value: "2" });
  });
  await using talk = scene.connect();
  await talk.send(get("k", 1), request({ opcode: 0x10, opaque: 2 }));
  second.resolve();
  await second.promise;
  first.resolve();
  assertEquals(await heard(talk, 4), ["1 0 first", "2 0 1", "2 0 2", "2 0 "]);
});

test("Session sends what is pushed before the handler is done", async () => {
  await using scene = new ServerScene();
  const done = deferred<void>();
  scene.server.on(STAT, async (_, exchange) => {
    exchange.push({ key: "early", value: "1" });
    await done.promise;
  });
  await using talk = scene.connect();
  await talk.send(request({ opcode: 0x10, opaque: 2 }));
  assertEquals(await heard(talk, 1), ["2 0 1"]);
  done.resolve();
  assertEquals(await heard(talk, 1), ["2 0 "]);
});

test("Session gives async handlers bytes that stay", async () => {
  await using scene = new ServerScene();
  const go = deferred<void>();
  scene.server.on(GET, async ({ key }) => {
    await go.promise;
    return item(key);
  });
  await using talk = scene.connect();
  await talk.send(get("the first key", 1), get("the second key", 2));
  await talk.send(get("the third key", 3));
  go.resolve();
  assertEquals(await heard(talk, 3), ["1 0 the first key", "2 0 the second key", "3 0 the third key"]);
});

test("Session tells EINTERNAL when a handler fails, reports why, and goes on", async () => {
  await using scene = new ServerScene();
  scene.server.on(GET, ({ key }) => {
    throw new Error(`no ${decoder.decode(key)}`);
  });
  scene.server.on(GETK, async () => {
    await Promise.resolve();
    throw new TypeError("later");
  });
  await using talk = scene.connect();
  await talk.send(get("luck", 1), get("k", 2, 0x0c), get("k", 3, 0x09), request({ opcode: 0x0a, opaque: 4 }));
  assertEquals(await heard(talk, 4), ["1 132 ", "2 132 ", "3 132 ", "4 0 "]);
  assertEquals(scene.messages, ["no luck", "later", "no k"]);
  assertEquals(scene.errors.map(({ context }) => context.exchange?.opaque), [1, 2, 3]);
});

test("Session tells EINTERNAL when an answer does not fit its opcode, and leaves nothing of it behind", async () => {
  await using scene = new ServerScene();
  scene.server.on(GETK, () => ({ key: "k".repeat(251), value: "v", flags: 1, cas: 1n }));
  await using talk = scene.connect();
  await talk.send(get("k", 1, 0x0c), request({ opcode: 0x0a, opaque: 2 }));
  assertEquals(await heard(talk, 2), ["1 132 ", "2 0 "]);
  assertEquals(scene.messages.length, 1);
});

test("Session answers the status that a handler throws, with memcached's words or its own", async () => {
  await using scene = new ServerScene();
  scene.server.on(GET, ({ key }) => {
    const name = decoder.decode(key);
    if (name === "busy") throw new StatusReply(Status.EBUSY, { value: "come back" });
    if (name === "gone") throw new StatusReply(Status.KEY_ENOENT);
    if (name === "own") throw new StatusReply(Status.KEY_ENOENT, { value: "never heard of it" });
    throw new StatusReply(Status.ETMPFAIL, { close: true });
  });
  await using talk = scene.connect();
  await talk.send(...["busy", "gone", "own", "end", "busy"].map((name, i) => get(name, i)));
  assertEquals(await heard(talk, 5), ["0 133 come back", "1 1 Not found", "2 1 never heard of it", "3 134 ", "closed"]);
  assertEquals(scene.messages, []);
});

test("Session keeps quiet as the row says, whatever the handler does", async () => {
  await using scene = new ServerScene();
  scene.server.on(GET, ({ key }) => key.length === 1 ? undefined : item("v"));
  scene.server.on(SET, async ({ key }) => {
    await Promise.resolve();
    if (key.length === 1) throw new StatusReply(Status.KEY_ENOENT);
    return { cas: 7n };
  });
  await using talk = scene.connect();
  await talk.send(
    get("k", 1, 0x09),
    get("kk", 2, 0x09),
    request({ ...store(0x11, "kk", "v"), opaque: 3 }),
    request({ ...store(0x11, "k", "v"), opaque: 4 }),
    request({ opcode: 0x0a, opaque: 5 }),
  );
  assertEquals(await heard(talk, 3), ["2 0 v", "4 1 Not found", "5 0 "]);
});

test("Session knows NOOP and QUIT by itself, and no other opcode", async () => {
  await using scene = new ServerScene();
  await using talk = scene.connect();
  await talk.send(request({ opcode: 0x0a, opaque: 1 }), get("k", 2), request({ opcode: 0x07, opaque: 3 }));
  assertEquals(await heard(talk, 4), ["1 0 ", "2 129 Unknown command", "3 0 ", "closed"]);
});

test("Session closes without an answer on QUITQ, and on bytes that are no request", async () => {
  for (const bytes of [request({ opcode: 0x17 }), new TextEncoder().encode("get some_key_or_other\r\n1")]) {
    await using scene = new ServerScene();
    await using talk = scene.connect();
    await talk.send(bytes);
    assertEquals(await heard(talk, 1), ["closed"]);
  }
});

test("Session reports bytes that are no request, after it has answered what came before them", async () => {
  await using scene = new ServerScene();
  const slow = deferred<void>();
  scene.server.on(GET, async () => {
    await slow.promise;
    return item("v");
  });
  await using talk = scene.connect();
  await talk.send(get("a", 1), get("b", 2), new Uint8Array(24).fill(0x47), get("c", 3));
  slow.resolve();
  assertEquals(await heard(talk, 3), ["1 0 v", "2 0 v", "closed"]);
  assertInstanceOf(scene.errors[0]?.error, ProtocolError);
});

test("Session refuses a body over the limit by its header alone", async () => {
  await using scene = new ServerScene({ maxBody: 1000 });
  scene.server.on(SET, () => ({ cas: 1n })).on(GET, () => item("v"));
  const cases: [Uint8Array, string][] = [
    [request(store(0x01, "k", "v".repeat(1000))), "0 3 Too large."],
    [request({ opcode: 0x00, key: "k", value: "v".repeat(1000) }), "0 4 Invalid arguments"],
    [request({ opcode: 0x60, value: "v".repeat(1001) }), "0 129 Unknown command"],
  ];
  for (const [bytes, answer] of cases) {
    await using talk = scene.connect();
    await talk.send(bytes.subarray(0, 24));
    assertEquals(await heard(talk, 2), [answer, "closed"]);
  }
  await using talk = scene.connect();
  await talk.send(request(store(0x01, "k", "v".repeat(1000 - 9))));
  assertEquals(await heard(talk, 1), ["0 0 "]);
});

test("Session aborts the signal of its exchanges when the client goes, and drops the answer", async () => {
  await using scene = new ServerScene();
  const begun = deferred<AbortSignal>();
  const ended = deferred<void>();
  scene.server.on(GET, async (_, { signal }) => {
    begun.resolve(signal);
    await ended.promise;
    return item("v");
  });
  const talk = scene.connect();
  await talk.send(get("k"));
  const signal = await begun.promise;
  assertEquals(signal.aborted, false);
  const aborted = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
  await talk[Symbol.asyncDispose]();
  await aborted;
  assertInstanceOf(signal.reason, ClosedError);
  ended.resolve();
  await scene.server.close();
  assertEquals(scene.messages, []);
});

test("Session reports a handler that fails after the client has gone, unless it only gave up", async () => {
  await using scene = new ServerScene({ concurrency: 2 });
  const failed = deferred<void>();
  const settled: Promise<unknown>[] = [];
  scene.server.on(GET, ({ key }, { signal }) => {
    const promise = key.length === 1
      ? new Promise<never>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)))
      : failed.promise.then(() => Promise.reject(new Error("too late")));
    settled.push(promise.catch(() => {}));
    return promise;
  });
  const talk = scene.connect();
  await talk.send(get("k"), get("kk"));
  await talk[Symbol.asyncDispose]();
  await scene.server.sessions.values().next().value?.closed;
  failed.resolve();
  await Promise.all(settled);
  await scene.server.close();
  assertEquals(scene.messages, ["too late"]);
});

test("Session shows every frame to who watches, and goes on when one of them fails", async () => {
  await using scene = new ServerScene();
  scene.server.on(GET, () => item("v".repeat(70_000)));
  const seen: string[] = [];
  const stop = scene.server.observe({
    received: (frame, session) => void seen.push(`< ${frame.opaque} ${session.peer.split(":")[0]}`),
    sent: (frame) => void seen.push(`> ${frame.opaque} ${frame.valueLength}`),
  });
  scene.server.observe({
    received: () => {
      throw new Error("watcher");
    },
  });
  await using talk = scene.connect();
  await talk.send(get("k", 1), request({ opcode: 0x0a, opaque: 2 }));
  await heard(talk, 2);
  assertEquals(seen, ["< 1 memory", "> 1 70000", "< 2 memory", "> 2 0"]);
  assertEquals(scene.messages, ["watcher", "watcher"]);
  stop();
  await talk.send(request({ opcode: 0x0a, opaque: 3 }));
  await heard(talk, 1);
  assertEquals(seen.length, 4);
});

test("Session lets guards refuse requests before their bodies are read", async () => {
  await using scene = new ServerScene();
  scene.server.on(GET, () => item("v"));
  const opcodes: number[] = [];
  scene.server.guard(({ opcode, op, vbucket }) => {
    opcodes.push(opcode);
    if (op !== NOOP && vbucket !== 7) throw new StatusReply(Status.NOT_MY_VBUCKET);
  });
  await using talk = scene.connect();
  await talk.send(
    get("k", 1),
    request({ opcode: 0x60, key: "unknown", opaque: 2 }),
    request({ opcode: 0x00, key: "k", status: 7, opaque: 3 }),
    request({ opcode: 0x0a, opaque: 4 }),
  );
  assertEquals(await heard(talk, 4), ["1 7 ", "2 7 ", "3 0 v", "4 0 "]);
  assertEquals(opcodes, [0x00, 0x60, 0x00, 0x0a]);
});

test("Session tells handlers what the request was, and closes when asked to", async () => {
  await using scene = new ServerScene();
  const told: unknown[] = [];
  scene.server.on(GET, (_, exchange) => {
    const { opcode, quiet, opaque, vbucket, datatype, cas, session } = exchange;
    told.push([opcode, quiet, opaque, vbucket, datatype, cas, session.secure, session.user]);
    exchange.close();
    return item("v");
  });
  await using talk = scene.connect();
  const cas = 0xfedc_ba98_7654_3210n;
  await talk.send(request({ opcode: 0x09, key: "k", opaque: 0xffffffff, status: 515, datatype: 1, cas }), get("k"));
  assertEquals(await heard(talk, 2), ["4294967295 0 v", "closed"]);
  assertEquals(told, [[0x09, true, 0xffffffff, 515, 1, cas, false, undefined]]);
});

test("Session answers a client that sends byte by byte", async () => {
  await using scene = ServerScene.withStore();
  await using talk = scene.connect();
  for (const byte of request({ ...store(0x01, "slow", "client"), opaque: 1 })) await talk.send(Uint8Array.of(byte));
  for (const byte of get("slow", 2)) await talk.send(Uint8Array.of(byte));
  assertEquals(await heard(talk, 2), ["1 0 ", "2 0 client"]);
});

test("Session writes all answers to a chunk at once", async () => {
  await using scene = ServerScene.withStore();
  let writes = 0;
  const client = scene.connectTransport((transport) =>
    new Proxy(transport, {
      get: (target, name) => {
        if (name === "write") writes++;
        const value = Reflect.get(target, name);
        return typeof value === "function" ? value.bind(target) : value;
      },
    })
  );
  await using wire = closing(wireOf(client));
  await wire.write(concat(Array.from({ length: 500 }, (_, i) => get("k", i))));
  let size = 0;
  while (size < 500 * 33) size += (await wire.read())?.length ?? 0;
  assertEquals(writes, 1);
});

test("Session.close ends a session at once, and may be called again", async () => {
  await using scene = new ServerScene();
  const begun = deferred<void>();
  scene.server.on(GET, () => {
    begun.resolve();
    return new Promise(() => {});
  });
  const talk = scene.connect();
  await talk.send(get("k"));
  await begun.promise;
  const [session] = scene.server.sessions;
  assert(session !== undefined);
  await Promise.all([session.close(), session.close()]);
  assertEquals(await heard(talk, 1), ["closed"]);
  assertEquals(session.signal.aborted, true);
  assertEquals(scene.server.sessions.size, 0);
  await talk[Symbol.asyncDispose]();
});

test("Server.serve on a closed server closes the transport", async () => {
  const scene = new ServerScene();
  await scene.server.close();
  let closed: Promise<void> | undefined;
  await assertRejects(
    // deno-lint-ignore require-await -- so that what it throws rejects
    async () =>
      void scene.connectTransport((transport) => {
        closed = transport.closed;
        return transport;
      }),
    ClosedError,
  );
  await closed;
});

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function closing<T extends { close(): Promise<void> }>(wire: T): T & AsyncDisposable {
  return Object.assign(wire, { [Symbol.asyncDispose]: () => wire.close() });
}
