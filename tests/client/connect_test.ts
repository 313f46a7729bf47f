/** `connect`: what it gives to the dial, and how it ends when the dial or the server does not do its part. */
import { assert, assertEquals, assertInstanceOf, assertRejects, assertStringIncludes } from "@std/assert";
import {
  type Address,
  connect,
  ConnectionError,
  type DialOptions,
  MemcachedError,
  TimeoutError,
  type Transport,
} from "../../mod.ts";
import { connectionOf, rejection } from "../contract/client_subject.ts";
import { memoryPair } from "../../src/transport/memory.ts";
import { ScriptedPeer } from "../support/script.ts";
import { test } from "../support/test.ts";
import { answer, wire } from "../support/wire_frame.ts";

const HOST = { hostname: "cache", port: 11211 };

/** A dial in the hands of a test. */
class Dialling {
  readonly asked: { readonly address: Address; readonly options: DialOptions | undefined }[] = [];
  readonly peers: ScriptedPeer[] = [];
  #settle: { resolve: (transport: Transport) => void; reject: (error: unknown) => void } | undefined;

  /** Dials that stay open until the test answers them. */
  readonly dial = (address: Address, options?: DialOptions): Promise<Transport> => {
    this.asked.push({ address, options });
    return new Promise((resolve, reject) => this.#settle = { resolve, reject });
  };

  /** Answers the last dial, and gives what it got. */
  open(): Transport {
    const [here, there] = memoryPair();
    this.peers.push(new ScriptedPeer(there));
    this.#settle?.resolve(here);
    return here;
  }

  /** Dials that are answered at once. */
  readonly dialAtOnce = (address: Address, options?: DialOptions): Promise<Transport> => {
    const dialled = this.dial(address, options);
    this.open();
    return dialled;
  };

  fail(error: unknown): void {
    this.#settle?.reject(error);
  }
}

test("connect dials what the address says, with the options for the connection", async () => {
  const dialling = new Dialling();
  const { dialAtOnce: dial } = dialling;
  const tls = { serverName: "other" };
  const cases: [string | URL | Address, object, Address][] = [
    ["cache", {}, HOST],
    ["cache:1234", { tls: true }, { hostname: "cache", port: 1234, tls: {} }],
    [new URL("memcacheds://cache"), {}, { ...HOST, tls: true }],
    ["memcacheds://cache", { tls }, { ...HOST, tls }],
    [HOST, { tls }, { ...HOST, tls }],
    [HOST, { tls: false }, HOST],
    ["unix:/run/cache.sock", {}, { path: "/run/cache.sock" }],
    [{ path: "/run/cache.sock" }, { tls: false }, { path: "/run/cache.sock" }],
  ];
  for (const [server, options, address] of cases) {
    await using client = await connect(server, { ...options, dial, maxInFlight: 1, timeout: 15 });
    assertEquals(dialling.asked.at(-1)?.address, address);
    const calls = [client.get("a"), client.get("b")];
    assertEquals((await rejection(calls[1]!) as MemcachedError).code, "OVERLOAD");
    await assertRejects(() => calls[0]!, TimeoutError);
  }
});

test("connect refuses TLS over a unix socket before it dials", async () => {
  const dialling = new Dialling();
  const options = { dial: dialling.dial, tls: true };
  for (const server of ["unix:/run/cache.sock", "/run/cache.sock", { path: "/run/cache.sock" }]) {
    await assertRejects(() => connect(server, options), TypeError, "tls");
  }
  assertEquals(dialling.asked, []);
});

test("connect passes on what the dial rejects with", async () => {
  const dialling = new Dialling();
  const connecting = connect(HOST, { dial: dialling.dial });
  const error = new ConnectionError("no");
  dialling.fail(error);
  assertEquals(await rejection(connecting), error);
});

test("connect gives up in time a dial that does not, and closes what it opens later", async () => {
  const dialling = new Dialling();
  const error = await assertRejects(
    () => connect(HOST, { dial: dialling.dial, connectTimeout: 15 }),
    TimeoutError,
    "cache:11211",
  );
  assertEquals([error.code, error.sent, dialling.asked[0]?.options?.signal?.aborted], ["TIMEOUT", false, true]);
  await dialling.open().closed;
});

test("connect gives up with the reason of its signal, before and while it dials", async () => {
  const reason = new Error("changed my mind");
  const dialling = new Dialling();
  const { dial } = dialling;
  assertEquals(await rejection(connect(HOST, { dial, signal: AbortSignal.abort(reason) })), reason);
  assertEquals(dialling.asked, []);
  const controller = new AbortController();
  const connecting = connect(HOST, { dial, signal: controller.signal });
  controller.abort(reason);
  assertEquals(await rejection(connecting), reason);
  assertEquals(dialling.asked[0]?.options?.signal?.reason, reason);
  await dialling.open().closed;
});

test("connect minds neither its signal nor its timeout once it is done", async () => {
  const dialling = new Dialling();
  const controller = new AbortController();
  const client = await connect(HOST, { dial: dialling.dialAtOnce, signal: controller.signal, connectTimeout: 1 });
  controller.abort();
  await new Promise((resolve) => setTimeout(resolve, 5));
  const pong = client.noop();
  const [peer] = dialling.peers;
  await peer!.send(answer(await peer!.next()));
  await pong;
  assertEquals([dialling.asked[0]?.options?.signal?.aborted, connectionOf(client).state], [false, "open"]);
  await client.close();
});

test("connect refuses a connectTimeout that makes no sense, and takes one of any length", async () => {
  const dialling = new Dialling();
  const { dialAtOnce: dial } = dialling;
  for (const connectTimeout of [-1, NaN]) {
    await assertRejects(() => connect(HOST, { dial, connectTimeout }), RangeError, "connectTimeout");
  }
  assertEquals(dialling.asked, []);
  for (const connectTimeout of [0, 2 ** 31, 2 ** 40, Infinity]) {
    await using client = await connect(HOST, { dial, connectTimeout });
    assertEquals(connectionOf(client).state, "open");
  }
});

/** What becomes of a connection whose server does this instead of taking the credentials. */
async function introduceTo(act: (peer: ScriptedPeer) => unknown): Promise<unknown> {
  const dialling = new Dialling();
  const connecting = connect("memcached://ada:secret@cache", { dial: dialling.dialAtOnce, connectTimeout: 50 });
  const outcome = rejection(connecting);
  const [peer] = dialling.peers;
  await peer!.next();
  await act(peer!);
  const error = await outcome;
  await peer!.over;
  assert(!String(error).includes("secret"));
  return error;
}

test("connect closes a connection whose server stays silent when it is asked for its mechanisms", async () => {
  const error = await introduceTo(() => {});
  assertInstanceOf(error, TimeoutError);
  assertStringIncludes(error.message, "cache:11211");
});

test("connect tells when the server goes away or answers garbage instead of taking the credentials", async () => {
  const texts: Readonly<Record<string, (peer: ScriptedPeer) => unknown>> = {
    "goes away": (peer) => peer.close(),
    // The client closes before it has taken it all, so that the sending ends in an error too.
    "speaks text": (peer) => peer.send(new TextEncoder().encode("ERROR\r\n".repeat(4))).catch(() => {}),
    "answers another": (peer) => peer.send(wire({ opcode: 0x0a, opaque: 0x12345678 })).catch(() => {}),
  };
  for (const [what, act] of Object.entries(texts)) {
    const error = await introduceTo(act);
    assertInstanceOf(error, MemcachedError, what);
    assert(["CONNECTION", "PROTOCOL", "AUTH"].includes(error.code), `${what}: ${error.code}`);
  }
});
