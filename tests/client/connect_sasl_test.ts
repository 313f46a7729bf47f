import { assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { connect, type ConnectOptions } from "../../src/client/connect.ts";
import { AuthError } from "../../src/errors.ts";
import { SaslMechanisms } from "../../src/server/sasl_mechanisms.ts";
import type { SaslExchange } from "../../src/server/sasl_answer.ts";
import { memoryListener } from "../../src/transport/memory.ts";
import type { Transport } from "../../src/transport/transport.ts";
import { ScriptedPeer } from "../support/script.ts";
import { test } from "../support/test.ts";
import { answer } from "../support/wire_frame.ts";

const ADDRESS = { hostname: "cache", port: 11211 };

/** What a server saw: the keys of the requests, and whether its connections were closed. */
interface Seen {
  readonly keys: string[];
  readonly accepted: Transport[];
}

/** A network with one server that knows Ada, and the options to reach it. */
async function withServer(mechanisms: readonly string[], body: (dial: ConnectOptions, seen: Seen) => Promise<void>) {
  const { connect: dial, listen } = memoryListener();
  const known = new SaslMechanisms((username) => username === "ada" ? "pencil" : undefined, { mechanisms });
  const seen: Seen = { keys: [], accepted: [] };
  const listener = await listen(ADDRESS, (transport) => {
    seen.accepted.push(transport);
    serve(new ScriptedPeer(transport), known, seen).catch(() => transport.close());
  });
  try {
    await body({ dial }, seen);
  } finally {
    listener.close();
    for (const transport of seen.accepted) transport.close();
    await Promise.all(seen.accepted.map(({ closed }) => closed));
  }
}

/** Answers SASL until the pipe is closed. */
async function serve(peer: ScriptedPeer, known: SaslMechanisms, seen: Seen): Promise<void> {
  let exchange: SaslExchange | undefined;
  for (;;) {
    const request = await peer.next();
    seen.keys.push(request.key);
    if (request.opcode === 0x20) {
      await peer.send(answer(request, { value: known.names.join(" ") }));
      continue;
    }
    if (request.opcode === 0x21) exchange = known.begin(request.key);
    const reply = await (request.opcode === 0x21 ? exchange?.start(request.value) : exchange?.step(request.value));
    await peer.send(answer(request, { status: reply?.status ?? 0x20, value: reply?.data ?? new Uint8Array(0) }));
  }
}

test("connect authenticates by the strongest mechanism, with credentials from the address", () =>
  withServer(["PLAIN", "SCRAM-SHA1", "SCRAM-SHA512"], async (options, seen) => {
    const client = await connect("memcached://ada:pencil@cache", options);
    assertEquals(seen.keys, ["", "SCRAM-SHA512", "SCRAM-SHA512"]);
    await client.close();
  }));

test("connect asks a function for the credentials at every connection", () =>
  withServer(["SCRAM-SHA256"], async (options, seen) => {
    let asked = 0;
    const credentials = () => {
      asked++;
      return Promise.resolve({ username: "ada", password: "pencil" });
    };
    for (let i = 0; i < 2; i++) await (await connect(ADDRESS, { ...options, credentials })).close();
    assertEquals([asked, seen.accepted.length], [2, 2]);
  }));

test("connect sends a password in the clear when there is no other way, unless that is forbidden", () =>
  withServer(["PLAIN"], async (options, seen) => {
    const credentials = { username: "ada", password: "pencil" };
    await (await connect(ADDRESS, { ...options, credentials })).close();
    assertEquals(seen.keys, ["", "PLAIN"]);
    const refused = () => connect(ADDRESS, { ...options, credentials, allowPlaintextAuth: false });
    const error = await assertRejects(
      refused,
      AuthError,
      "PLAIN would send the password over a connection that is not",
    );
    assertEquals(error.sent, false);
    assertEquals(seen.keys, ["", "PLAIN", ""]);
  }));

test("connect takes a list of mechanisms, and closes the connection when authentication fails", () =>
  withServer(["SCRAM-SHA512", "PLAIN"], async (options, seen) => {
    const mechanisms = ["PLAIN"];
    const credentials = { username: "ada", password: "wrong" };
    const error = await assertRejects(() => connect(ADDRESS, { ...options, credentials, mechanisms }), AuthError);
    assertInstanceOf(error.cause, Error);
    assertEquals(seen.keys, ["", "PLAIN"]);
    await seen.accepted[0]?.closed;
  }));

test("connect sends no token in the clear unless that is allowed in words", () =>
  withServer(["PLAIN"], async (options, seen) => {
    const credentials = { token: "t" };
    await assertRejects(() => connect(ADDRESS, { ...options, credentials }), AuthError, "and OAUTHBEARER is needed");
    assertEquals(seen.keys, [""]);
  }));
