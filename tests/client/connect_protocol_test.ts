/** Which protocol a client comes to speak. */
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { type Client, connect, type ConnectOptions, UnsupportedError } from "../../mod.ts";
import { endOfTurn, FakeTransport } from "../support/fake_transport.ts";
import { test } from "../support/test.ts";

const ADDRESS = { hostname: "127.0.0.1", port: 11211 };

/** A peer that does something as soon as it is written to. */
class Peer extends FakeTransport {
  readonly #heard: (peer: Peer) => void;

  constructor(heard: (peer: Peer) => void = () => {}) {
    super();
    this.#heard = heard;
  }

  override write(bytes: Uint8Array): Promise<void> | undefined {
    const pending = super.write(bytes);
    queueMicrotask(() => this.#heard(this));
    return pending;
  }
}

function says(text: string): Peer {
  return new Peer((peer) => peer.receive(new TextEncoder().encode(text)));
}

/** Connects to peers that are dialled one after the other; tells how many were, and the first bytes that each heard. */
async function connectTo(
  peers: readonly Peer[],
  options: ConnectOptions,
): Promise<{ readonly client: Client; readonly heard: string[] }> {
  let dialled = 0;
  const dial = () => Promise.resolve(peers[dialled++]!);
  const client = await connect(ADDRESS, { ...options, dial });
  const heard = peers.slice(0, dialled).map(({ writes }) => new TextDecoder().decode(writes[0] ?? new Uint8Array(0)));
  return { client, heard };
}

test("connect speaks binary unless told otherwise", async () => {
  const peers = [new Peer()];
  const { client } = await connectTo(peers, {});
  const call = assertRejects(() => client.noop());
  await endOfTurn();
  peers[0]!.end();
  await call;
  assertEquals(peers[0]!.writes[0]![0], 0x80);
});

test("connect with protocol meta asks nothing first", async () => {
  const { client, heard } = await connectTo([says("MN\r\n")], { protocol: "meta" });
  assertEquals(heard, [""]);
  await client.noop();
  await client.close();
});

for (const version of ["1.6.18", "1.6.45-proxy", "1.7.0", "2.0.0"]) {
  test(`connect with protocol auto stays with meta at version ${version}`, async () => {
    const peer = says(`VERSION ${version}\r\n`);
    const { client, heard } = await connectTo([peer], { protocol: "auto" });
    assertEquals(heard, ["version\r\n"]);
    assertEquals(await client.version(), version);
    await client.close();
  });
}

const OTHERS: Readonly<Record<string, () => Peer>> = {
  "an old version": () => says("VERSION 1.6.17\r\n"),
  "a very old version": () => says("VERSION 1.4.15\r\n"),
  "a version of another kind": () => says("VERSION couchbase\r\n"),
  "an error": () => says("ERROR\r\n"),
  "what is no text": () => says("\x81\0\0\0\r\n"),
  "the end": () => new Peer((peer) => peer.end()),
};

for (const [name, make] of Object.entries(OTHERS)) {
  test(`connect with protocol auto speaks binary over a second connection after ${name}`, async () => {
    const peers = [make(), new Peer()];
    const { client, heard } = await connectTo(peers, { protocol: "auto" });
    assertEquals([heard, peers[0]!.isClosed], [["version\r\n", ""], true]);
    const call = assertRejects(() => client.noop());
    await endOfTurn();
    peers[1]!.end();
    await call;
    assertEquals(peers[1]!.writes[0]![0], 0x80);
  });
}

test("connect with protocol meta and credentials is refused before anything is dialled", async () => {
  const credentials = { username: "u", password: "p" };
  const error = await assertRejects(
    () => connectTo([], { protocol: "meta", credentials }),
    UnsupportedError,
  );
  assertStringIncludes(error.message, "credentials");
});

test("connect with protocol auto and credentials speaks binary at once", async () => {
  const peer = new Peer((peer) => peer.end());
  await assertRejects(() => connectTo([peer], { protocol: "auto", credentials: { username: "u", password: "p" } }));
  assertEquals(peer.writes[0]![0], 0x80);
});

test("connect with an unknown protocol says which there are", async () => {
  const error = await assertRejects(() => connectTo([], { protocol: "gopher" as never }), TypeError);
  assertStringIncludes(error.message, "binary, meta or auto");
});
