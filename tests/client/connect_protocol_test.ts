/** Which protocol a client comes to speak. */
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { AuthError, type Client, connect, type ConnectOptions, UnsupportedError } from "../../mod.ts";
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
  const client = await connect(ADDRESS, { reconnect: false, ...options, dial });
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

test("connect with protocol meta asks for the version first", async () => {
  const { client, heard } = await connectTo([says("VERSION 1.6.18\r\n")], { protocol: "meta" });
  assertEquals(heard, ["version\r\n"]);
  await client.close();
});

for (const version of ["VERSION 1.6.17", "VERSION 1.4.15", "VERSION couchbase", "ERROR"]) {
  test(`connect with protocol meta tells what it needs from a server that answers ${version}`, async () => {
    const error = await assertRejects(
      () => connectTo([says(`${version}\r\n`)], { protocol: "meta" }),
      UnsupportedError,
    );
    assertStringIncludes(error.message, "needs memcached 1.6.18 or later");
  });

  test(`connect with protocol text takes a server that answers ${version}`, async () => {
    const { client, heard } = await connectTo([says(`${version}\r\n`)], { protocol: "text" });
    assertEquals(heard, ["version\r\n"]);
    await client.close();
  });
}

for (const version of ["1.6.18", "1.6.45-proxy", "1.7.0", "2.0.0"]) {
  test(`connect with protocol auto stays with meta at version ${version}`, async () => {
    const peer = says(`VERSION ${version}\r\n`);
    const { client, heard } = await connectTo([peer], { protocol: "auto" });
    assertEquals(heard, ["version\r\n"]);
    assertEquals(await client.version(), version);
    await client.close();
  });
}

/** What a server says that does not speak text. */
const OTHERS: Readonly<Record<string, () => Peer>> = {
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

/** Answers the first request as a server of the binary protocol that is asked for its version. */
function saysBinaryVersion(): Peer {
  return new Peer((peer) => {
    const answer = peer.writes[0]!.slice(0, 29);
    const bytes = new Uint8Array(29);
    bytes.set(answer);
    bytes.set([0x81, 0x0b], 0);
    bytes[11] = 5;
    bytes.set(new TextEncoder().encode("1.4.5"), 24);
    if (peer.writes.length === 1) peer.receive(bytes);
  });
}

for (const version of ["1.6.17", "1.4.15"]) {
  test(`connect with protocol auto speaks binary with ${version}, which shows that it does`, async () => {
    const peers = [says(`VERSION ${version}\r\n`), saysBinaryVersion()];
    const { client } = await connectTo(peers, { protocol: "auto" });
    assertEquals([peers[0]!.isClosed, peers[1]!.writes[0]![0]], [true, 0x80]);
    await client.close();
  });

  test(`connect with protocol auto speaks text with ${version} where binary is refused`, async () => {
    const last = says(`VERSION ${version}\r\n`);
    const peers = [says(`VERSION ${version}\r\n`), new Peer((peer) => peer.end()), last];
    const { client, heard } = await connectTo(peers, { protocol: "auto" });
    assertEquals(heard[2], "version\r\n");
    assertEquals(await client.version(), version);
    await client.close();
  });
}

test("connect with protocol auto speaks text where binary is not answered", async () => {
  const peers = [says("VERSION 1.4.15\r\n"), new Peer(), says("VERSION 1.4.15\r\n")];
  const { client, heard } = await connectTo(peers, { protocol: "auto", connectTimeout: 40 });
  assertEquals([heard[2], peers[1]!.isClosed], ["version\r\n", true]);
  await client.close();
});

const CREDENTIALS = { username: "ada", password: "secret" };

/** A server with a file of users. */
function wantsLogin(password = "secret", version = "1.6.18"): Peer {
  let known = false;
  return new Peer((peer) => {
    const heard = new TextDecoder().decode(peer.writes.at(-1));
    const say = (text: string) => peer.receive(new TextEncoder().encode(`${text}\r\n`));
    if (known) return say(`VERSION ${version}`);
    if (!heard.startsWith("set ")) return say("CLIENT_ERROR unauthenticated");
    known = heard === `set auth 0 0 ${4 + password.length}\r\nada ${password}\r\n`;
    say(known ? "STORED" : "CLIENT_ERROR authentication failure");
  });
}

for (const protocol of ["meta", "text", "auto"] as const) {
  test(`connect with protocol ${protocol} logs in with a server that wants it`, async () => {
    const { client } = await connectTo([wantsLogin()], { protocol, credentials: CREDENTIALS });
    assertEquals(await client.version(), "1.6.18");
    await client.close();
  });

  test(`connect with protocol ${protocol} and the wrong password is an AuthError without it`, async () => {
    const connecting = connectTo([wantsLogin("other")], { protocol, credentials: CREDENTIALS });
    const error = await assertRejects(() => connecting, AuthError, "does not accept the password");
    assertEquals(error.message.includes("secret"), false);
  });

  test(`connect with protocol ${protocol} and no credentials is an AuthError where they are wanted`, async () => {
    await assertRejects(() => connectTo([wantsLogin()], { protocol }), AuthError, "give credentials");
  });
}

for (const protocol of ["meta", "text"] as const) {
  test(`connect with protocol ${protocol} keeps the password from a server that wants none`, async () => {
    const peer = says("VERSION 1.6.18\r\n");
    const error = await assertRejects(() => connectTo([peer], { protocol, credentials: CREDENTIALS }), AuthError);
    assertEquals([error.sent, peer.writes.length], [false, 1]);
  });

  test(`connect with protocol ${protocol} sends no password unencrypted where that is not allowed`, async () => {
    const peer = wantsLogin();
    const options = { protocol, credentials: CREDENTIALS, allowPlaintextAuth: false };
    const error = await assertRejects(() => connectTo([peer], options), AuthError, "not encrypted");
    assertEquals([error.sent, peer.writes.length], [false, 1]);
  });

  test(`connect with protocol ${protocol} refuses a token and a name with blanks`, async () => {
    const token = connectTo([wantsLogin()], { protocol, credentials: { token: "t" } });
    await assertRejects(() => token, AuthError, "token");
    const blank = connectTo([wantsLogin()], { protocol, credentials: { username: "a b", password: "p" } });
    await assertRejects(() => blank, TypeError);
  });
}

test("connect with protocol auto and credentials speaks binary where text wants no login", async () => {
  const peers = [says("VERSION 1.6.18\r\n"), new Peer((peer) => peer.end())];
  await assertRejects(() => connectTo(peers, { protocol: "auto", credentials: CREDENTIALS }));
  assertEquals(peers[1]!.writes[0]![0], 0x80);
});

test("connect with an unknown protocol says which there are", async () => {
  const error = await assertRejects(() => connectTo([], { protocol: "gopher" as never }), TypeError);
  assertStringIncludes(error.message, "binary, meta, text or auto");
});
