import { assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { Connection } from "../../src/connection/connection.ts";
import { authenticate, type AuthenticateOptions, type CredentialsSource } from "../../src/connection/sasl.ts";
import { AuthError, ConnectionError, StatusError, TimeoutError } from "../../src/errors.ts";
import { SaslMechanisms } from "../../src/server/sasl_mechanisms.ts";
import type { SaslExchange } from "../../src/server/sasl_answer.ts";
import { memoryPair } from "../../src/transport/memory.ts";
import { hex } from "../support/hex.ts";
import { ScriptedPeer } from "../support/script.ts";
import { test } from "../support/test.ts";
import { answer, type WireFrame } from "../support/wire_frame.ts";

const LIST = 0x20;
const AUTH = 0x21;
const STEP = 0x22;
const CONTINUE = 0x21;
const ADA = { username: "ada", password: "pencil" };
const ALL = "SCRAM-SHA512 SCRAM-SHA256 SCRAM-SHA1 PLAIN";

interface Setting {
  readonly connection: Connection;
  readonly peer: ScriptedPeer;
}

/** Runs a test with a connection and its peer, and leaves nothing open. */
async function withPeer(body: (setting: Setting) => Promise<void>, secure = false): Promise<void> {
  const [here, there] = memoryPair({ secure });
  const peer = new ScriptedPeer(there);
  const connection = new Connection(here);
  try {
    await body({ connection, peer });
  } finally {
    connection.destroy();
    peer.close();
    await Promise.all([here.closed, there.closed]);
  }
}

/** Answers the question for the mechanisms. */
async function offer(peer: ScriptedPeer, mechanisms: string): Promise<void> {
  const request = await peer.expect(LIST, "");
  assertEquals(request.value.length, 0);
  await peer.send(answer(request, { value: mechanisms }));
}

/** A server: answers until an exchange is over, and tells which requests came. */
async function serve(peer: ScriptedPeer, mechanisms: SaslMechanisms): Promise<WireFrame[]> {
  const requests: WireFrame[] = [];
  let exchange: SaslExchange | undefined;
  for (;;) {
    const request = await peer.next();
    requests.push(request);
    if (request.opcode === LIST) {
      await peer.send(answer(request, { value: mechanisms.names.join(" ") }));
      continue;
    }
    if (request.opcode === AUTH) exchange = mechanisms.begin(request.key);
    const refused = { status: 0x20, data: new Uint8Array(0) };
    const reply = await (request.opcode === AUTH ? exchange?.start(request.value) : exchange?.step(request.value));
    const { status, data } = reply ?? refused;
    await peer.send(answer(request, { status, value: data }));
    if (status !== CONTINUE) return requests;
  }
}

/** Authenticates with a server that knows Ada, and tells which requests came. */
async function meet(
  { connection, peer }: Setting,
  credentials: CredentialsSource,
  options: AuthenticateOptions & { readonly offered?: readonly string[]; readonly password?: string } = {},
): Promise<{ readonly outcome: PromiseSettledResult<string>; readonly requests: readonly WireFrame[] }> {
  const { offered, password = "pencil", ...how } = options;
  const mechanisms = new SaslMechanisms(
    (username) => username === "ada" ? password : undefined,
    offered === undefined ? {} : { mechanisms: offered },
  );
  const [outcome, requests] = await Promise.allSettled([
    authenticate(connection, credentials, how),
    serve(peer, mechanisms),
  ]);
  if (requests.status === "rejected") throw requests.reason;
  return { outcome, requests: requests.value };
}

function failure(outcome: PromiseSettledResult<string>): AuthError {
  if (outcome.status === "fulfilled") throw new Error("it should have failed");
  assertInstanceOf(outcome.reason, AuthError);
  return outcome.reason;
}

const text = (frame: WireFrame | undefined) => new TextDecoder().decode(frame?.value);

for (const name of ["SCRAM-SHA512", "SCRAM-SHA256", "SCRAM-SHA1"]) {
  test(`authenticate goes through ${name} with the server's exchange`, () =>
    withPeer(async (setting) => {
      const { outcome, requests } = await meet(setting, ADA, { mechanisms: [name] });
      assertEquals(outcome, { status: "fulfilled", value: name });
      assertEquals(requests.map(({ opcode, key }) => [opcode, key]), [[LIST, ""], [AUTH, name], [STEP, name]]);
      assertEquals(/^n,,n=ada,r=[A-Za-z0-9+/]{32}$/.test(text(requests[1])), true);
      assertEquals(/^c=biws,r=[^,]+,p=[A-Za-z0-9+/=]+$/.test(text(requests[2])), true);
      assertEquals(setting.connection.inFlight, 0);
    }));
}

test("authenticate takes the strongest that is offered", () =>
  withPeer(async (setting) => {
    const { outcome } = await meet(setting, ADA, { offered: ["PLAIN", "SCRAM-SHA1", "SCRAM-SHA256"] });
    assertEquals(outcome, { status: "fulfilled", value: "SCRAM-SHA256" });
  }));

test("authenticate takes the first of its own list that is offered", () =>
  withPeer(async (setting) => {
    const { outcome } = await meet(setting, ADA, {
      mechanisms: ["SCRAM-SHA-256", "SCRAM-SHA1", "SCRAM-SHA512"],
    });
    assertEquals(outcome, { status: "fulfilled", value: "SCRAM-SHA1" });
  }));

test("authenticate makes a new nonce for every exchange", () =>
  withPeer(async (setting) => {
    const first = await meet(setting, ADA);
    const second = await meet(setting, ADA);
    assertEquals(text(first.requests[1]) === text(second.requests[1]), false);
  }));

test("authenticate tries nothing weaker when SCRAM is refused", () =>
  withPeer(async (setting) => {
    const { outcome, requests } = await meet(setting, { ...ADA, password: "pen" }, { allowPlaintext: true });
    const error = failure(outcome);
    assertEquals(
      error.message,
      'Cannot authenticate as "ada" by SCRAM-SHA512: the server does not accept the password',
    );
    assertInstanceOf(error.cause, StatusError);
    assertEquals(error.cause.statusName, "AUTH_ERROR");
    assertEquals(requests.length, 3);
    await setting.connection.close();
    assertEquals(setting.peer.unread, 0);
  }));

test("authenticate refuses a user that the server does not know only after the proof", () =>
  withPeer(async (setting) => {
    const { outcome, requests } = await meet(setting, { ...ADA, username: "a,=b" });
    assertEquals(failure(outcome).message.startsWith('Cannot authenticate as "a,=b" by SCRAM-SHA512: '), true);
    assertEquals(text(requests[1]).startsWith("n,,n=a=2C=3Db,r="), true);
    assertEquals(requests.length, 3);
  }));

test("authenticate sends no password in the clear unless that is allowed", async () => {
  for (const allowPlaintext of [undefined, false]) {
    await withPeer(async ({ connection, peer }) => {
      const options = allowPlaintext === undefined ? {} : { allowPlaintext };
      const [error] = await Promise.all([
        assertRejects(() => authenticate(connection, ADA, options), AuthError),
        offer(peer, "CRAM-MD5 PLAIN"),
      ]);
      assertEquals(
        error.message,
        "Cannot authenticate: PLAIN would send the password over a connection that is not encrypted; use TLS, or allow it",
      );
      assertEquals(error.sent, false);
      await connection.close();
      assertEquals(peer.unread, 0);
    });
  }
});

for (
  const [what, secure, allowPlaintext] of [
    ["over an encrypted connection", true, false],
    ["when that is allowed", false, true],
    ["when that is allowed for passwords", false, "password"],
  ] as const
) {
  test(`authenticate uses PLAIN ${what}`, () =>
    withPeer(async (setting) => {
      const { outcome, requests } = await meet(setting, ADA, { offered: ["PLAIN"], allowPlaintext });
      assertEquals(outcome, { status: "fulfilled", value: "PLAIN" });
      assertEquals(text(requests[1]), "\0ada\0pencil");
    }, secure));
}

test("authenticate names what is offered when nothing of it will do", () =>
  withPeer(async ({ connection, peer }) => {
    const [error] = await Promise.all([
      assertRejects(() => authenticate(connection, ADA), AuthError),
      offer(peer, "CRAM-MD5 GSSAPI SCRAM-SHA-256-PLUS"),
    ]);
    assertEquals(
      error.message,
      "Cannot authenticate: the server offers CRAM-MD5, GSSAPI, SCRAM-SHA-256-PLUS, and one of SCRAM-SHA512, SCRAM-SHA-512, " +
        "SCRAM-SHA256, SCRAM-SHA-256, SCRAM-SHA1, SCRAM-SHA-1, PLAIN is needed",
    );
  }));

test("authenticate takes an empty offer and a server without SASL for what they are", async () => {
  await withPeer(async ({ connection, peer }) => {
    const told = assertRejects(() => authenticate(connection, ADA), AuthError, "the server offers nothing, and");
    await Promise.all([told, offer(peer, " ")]);
  });
  await withPeer(async ({ connection, peer }) => {
    const told = assertRejects(() => authenticate(connection, ADA), AuthError, "the server does not know SASL");
    const refuse = async () => peer.send(answer(await peer.expect(LIST), { status: 0x81, value: "Unknown command" }));
    await Promise.all([told, refuse()]);
  });
  await withPeer(async ({ connection, peer }) => {
    const told = assertRejects(() => authenticate(connection, ADA), AuthError, "the server answered ETMPFAIL");
    const refuse = async () => peer.send(answer(await peer.expect(LIST), { status: 0x86 }));
    await Promise.all([told, refuse()]);
  });
});

test("authenticate refuses mechanisms that it does not know, and such as do not fit the credentials", () =>
  withPeer(async ({ connection, peer }) => {
    const unknown = { mechanisms: ["SCRAM-SHA512", "CRAM-MD5"] };
    await assertRejects(() => authenticate(connection, ADA, unknown), TypeError, '"CRAM-MD5": known are SCRAM-SHA512');
    const told = assertRejects(
      () => authenticate(connection, ADA, { mechanisms: ["OAUTHBEARER"] }),
      AuthError,
      "and a mechanism for a password is needed",
    );
    await Promise.all([told, offer(peer, `${ALL} OAUTHBEARER`)]);
  }));

test("authenticate refuses credentials that can be no one's, before anything is sent, without repeating them", () =>
  withPeer(async ({ connection, peer }) => {
    for (
      const [credentials, reason] of [
        [{ username: "", password: "pencil" }, "user name is empty"],
        [{ username: "a\0b", password: "pencil" }, "user name must not contain a NUL"],
        [{ username: "ada", password: "pen\0cil" }, "password must not contain a NUL"],
        [{ token: "" }, "visible ASCII"],
        [{ token: "pen cil" }, "visible ASCII"],
        [{ token: "pencil\x01" }, "visible ASCII"],
        [{ token: "pencil", username: "" }, "user name is empty"],
        [{ username: "ada" } as unknown as typeof ADA, "neither a password nor a token"],
      ] as const
    ) {
      const error = await assertRejects(() => authenticate(connection, credentials), TypeError, reason);
      assertEquals(error.message.includes("pen"), false);
    }
    await connection.close();
    assertEquals(peer.chunks, 0);
  }));

test("authenticate refuses a password that does not pass SASLprep", () =>
  withPeer(async ({ connection, peer }) => {
    const told = assertRejects(
      () => authenticate(connection, { username: "ada", password: "pen\u0007" }),
      TypeError,
      "Cannot prepare the password by SASLprep: it holds a control character",
    );
    await Promise.all([told, offer(peer, ALL)]);
    const empty = assertRejects(() => authenticate(connection, { username: "\u00ad", password: "x" }), TypeError);
    const [error] = await Promise.all([empty, offer(peer, ALL)]);
    assertEquals(error.message, "Cannot authenticate: nothing is left of the user name after SASLprep");
  }));

test("authenticate prepares a password by SASLprep, so that it does not matter how it was typed", () =>
  withPeer(async (setting) => {
    const typed = { username: "a\u00adda", password: "Ame\u0301lie\u00a0\u2168" };
    const { outcome } = await meet(setting, typed, { password: "Am\u00e9lie IX" });
    assertEquals(outcome, { status: "fulfilled", value: "SCRAM-SHA512" });
  }));

test("authenticate leaves SASLprep out when told, and tells of it when the server kept the password as it was typed", async () => {
  // A server as Couchbase, which hashes what was typed: a ligature that SASLprep would take apart.
  const typed = "\ufb01ne";
  const raw = { username: "ada", password: typed };
  await withPeer(async (setting) => {
    const error = failure((await meet(setting, raw, { password: "other" })).outcome);
    assertEquals(error.message.endsWith("if the server keeps it as it was typed, set saslprep to false"), true);
    assertEquals(error.message.includes(typed), false);
  });
  await withPeer(async (setting) => {
    // The server's exchange prepares what it knows: only a password that SASLprep lets alone can show what was sent.
    const { outcome } = await meet(setting, { username: "ada", password: "fine" }, {
      password: typed,
      saslprep: false,
    });
    assertEquals(outcome.status, "fulfilled");
  });
  await withPeer(async (setting) => {
    const error = failure((await meet(setting, raw, { password: typed, saslprep: false })).outcome);
    assertEquals(error.message.endsWith("does not accept the password"), true);
  });
});

test("authenticate asks a function for the credentials every time", () =>
  withPeer(async (setting) => {
    const passwords = ["old", "pencil"];
    let asked = 0;
    const source = () => Promise.resolve({ username: "ada", password: passwords[asked++] ?? "" });
    assertEquals(failure((await meet(setting, source)).outcome).message.includes("does not accept"), true);
    assertEquals((await meet(setting, source)).outcome.status, "fulfilled");
    assertEquals(asked, 2);
    assertEquals((await meet(setting, () => ADA)).outcome.status, "fulfilled");
  }));

test("authenticate tells when the function fails, and gives up when told to", () =>
  withPeer(async ({ connection, peer }) => {
    const cause = new Error("the vault is sealed");
    for (
      const source of [() => Promise.reject(cause), () => {
        throw cause;
      }]
    ) {
      const error = await assertRejects(
        () => authenticate(connection, source),
        AuthError,
        "gets the credentials failed",
      );
      assertEquals([error.cause, error.sent], [cause, false]);
    }
    const giveUp = new AbortController();
    const waiting = authenticate(connection, () => new Promise<never>(() => {}), { signal: giveUp.signal });
    giveUp.abort(new Error("enough"));
    await assertRejects(() => waiting, Error, "enough");
    await connection.close();
    assertEquals(peer.chunks, 0);
  }));

/** What a server may answer to the first message and to the proof, and what is made of it. */
interface Misdeed {
  readonly what: string;
  readonly challenge: (nonce: string) => string;
  readonly final?: string;
  readonly reason: string;
}

const HONEST = (nonce: string) => `r=${nonce}xyz,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096`;

const MISDEEDS: readonly Misdeed[] = [
  {
    what: "a nonce that is not ours",
    challenge: () => HONEST("fyko+d2lbbFgONRv9qkxdawL"),
    reason: "cannot accept the challenge: its nonce does not carry ours on, so it answers somebody else",
  },
  {
    what: "our nonce with nothing added",
    challenge: (nonce) => `r=${nonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096`,
    reason: "its nonce does not carry ours on",
  },
  {
    what: "too few iterations",
    challenge: (nonce) => `r=${nonce}xyz,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=1`,
    reason: "1 iterations are fewer than 4096",
  },
  {
    what: "iterations without end",
    challenge: (nonce) => `r=${nonce}xyz,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4294967295`,
    reason: "4294967295 iterations are more than 1000000",
  },
  { what: "an empty challenge", challenge: () => "", reason: "it is not r=…,s=…,i=…" },
  { what: "bytes that are no text", challenge: () => "\xff\xfe\0\x01", reason: "it is not r=…,s=…,i=…" },
  { what: "an error for a challenge", challenge: () => "e=other-error", reason: 'the server says "other-error"' },
  {
    what: "a signature made with another password",
    challenge: HONEST,
    final: "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
    reason: "cannot accept the signature of the server: it was not made with this password",
  },
  { what: "a short signature", challenge: HONEST, final: "v=6rri", reason: "it was not made with this password" },
  {
    what: "success without a signature",
    challenge: HONEST,
    final: "Authenticated",
    reason: "the server has not proved that it knows the password",
  },
  { what: "success with nothing", challenge: HONEST, final: "", reason: "the server has not proved" },
  { what: "success with an error in it", challenge: HONEST, final: "e=invalid-proof", reason: "invalid-proof" },
];

for (const { what, challenge, final, reason } of MISDEEDS) {
  test(`authenticate by SCRAM refuses ${what}`, () =>
    withPeer(async ({ connection, peer }) => {
      const trying = assertRejects(() => authenticate(connection, ADA), AuthError, reason);
      await offer(peer, "SCRAM-SHA256");
      const first = await peer.expect(AUTH, "SCRAM-SHA256");
      await peer.send(answer(first, { status: CONTINUE, value: challenge(text(first).split("r=")[1] ?? "") }));
      if (final !== undefined) await peer.send(answer(await peer.expect(STEP, "SCRAM-SHA256"), { value: final }));
      const error = await trying;
      assertEquals(error.message.startsWith('Cannot authenticate as "ada" by SCRAM-SHA256: cannot accept the '), true);
      assertInstanceOf(error.cause, AuthError);
    }));
}

test("authenticate by SCRAM refuses success that comes without a challenge", () =>
  withPeer(async ({ connection, peer }) => {
    const trying = assertRejects(() => authenticate(connection, ADA), AuthError, "has not asked for a proof");
    await offer(peer, "SCRAM-SHA1");
    await peer.send(answer(await peer.expect(AUTH, "SCRAM-SHA1"), { value: "v=rmF9pqV8S7suAoZWja4dJRkFsKQ=" }));
    await trying;
  }));

test("authenticate takes a signature that comes as a challenge of its own, and no challenge after it", async () => {
  const play = async ({ connection, peer }: Setting, last: { status: number; value: string }) => {
    const exchange = new SaslMechanisms(() => "pencil").begin("SCRAM-SHA256") as SaslExchange;
    const trying = Promise.allSettled([authenticate(connection, ADA)]);
    await offer(peer, "SCRAM-SHA-256 PLAIN");
    const first = await peer.expect(AUTH, "SCRAM-SHA-256");
    await peer.send(answer(first, { status: CONTINUE, value: (await exchange.start(first.value)).data }));
    const proof = await peer.expect(STEP, "SCRAM-SHA-256");
    await peer.send(answer(proof, { status: CONTINUE, value: (await exchange.step(proof.value)).data }));
    const empty = await peer.expect(STEP, "SCRAM-SHA-256");
    assertEquals(empty.value.length, 0);
    await peer.send(answer(empty, last));
    return (await trying)[0];
  };
  // memcached 1.6.18 with Cyrus SASL 2.1.28.
  await withPeer(async (setting) => {
    const outcome = await play(setting, { status: 0, value: "Authenticated" });
    assertEquals(outcome, { status: "fulfilled", value: "SCRAM-SHA-256" });
  });
  await withPeer(async (setting) => {
    const error = failure(await play(setting, { status: CONTINUE, value: "more" }));
    assertEquals(error.message.endsWith("cannot accept a challenge: the exchange is over"), true);
  });
});

test("authenticate tells that only PLAIN may work with a server that offers all that is installed", () =>
  withPeer(async ({ connection, peer }) => {
    const trying = assertRejects(() => authenticate(connection, ADA), AuthError, 'set mechanisms to ["PLAIN"]');
    await offer(peer, "SCRAM-SHA-1 DIGEST-MD5 PLAIN");
    await peer.send(answer(await peer.expect(AUTH, "SCRAM-SHA-1"), { status: 0x20, value: "Auth failure." }));
    await trying;
  }));

test("authenticate by PLAIN refuses a challenge", () =>
  withPeer(async ({ connection, peer }) => {
    const trying = assertRejects(() => authenticate(connection, ADA, { allowPlaintext: true }), AuthError);
    await offer(peer, "PLAIN");
    await peer.send(answer(await peer.expect(AUTH, "PLAIN"), { status: CONTINUE, value: "more" }));
    assertEquals(
      (await trying).message,
      'Cannot authenticate as "ada" by PLAIN: cannot accept a challenge: PLAIN has none',
    );
  }));

test("authenticate tells of other refusals by their status", () =>
  withPeer(async ({ connection, peer }) => {
    const trying = assertRejects(() => authenticate(connection, ADA), AuthError, "AUTH_STALE");
    await offer(peer, ALL);
    await peer.send(answer(await peer.expect(AUTH, "SCRAM-SHA512"), { status: 0x1f }));
    assertInstanceOf((await trying).cause, StatusError);
  }));

/** RFC 7628 §3.1. */
for (
  const [credentials, message] of [
    [{ token: "vF9dft4qmT", username: "ada" }, "n,a=ada,\x01auth=Bearer vF9dft4qmT\x01\x01"],
    [{ token: "vF9dft4qmT", username: "a,b=c" }, "n,a=a=2Cb=3Dc,\x01auth=Bearer vF9dft4qmT\x01\x01"],
    [{ token: "e30.e30._-~+/==" }, "n,,\x01auth=Bearer e30.e30._-~+/==\x01\x01"],
  ] as const
) {
  test(`authenticate shows a token by OAUTHBEARER: ${JSON.stringify(credentials)}`, () =>
    withPeer(async ({ connection, peer }) => {
      const trying = authenticate(connection, credentials);
      await offer(peer, `${ALL} OAUTHBEARER`);
      const request = await peer.expect(AUTH, "OAUTHBEARER");
      assertEquals(text(request), message);
      await peer.send(answer(request));
      assertEquals(await trying, "OAUTHBEARER");
    }, true));
}

test("authenticate says why a token was refused, and waits for the refusal", () =>
  withPeer(async ({ connection, peer }) => {
    const trying = assertRejects(() => authenticate(connection, { token: "t" }), AuthError);
    await offer(peer, "OAUTHBEARER");
    const complaint = '{"status":"invalid_token"}';
    await peer.send(answer(await peer.expect(AUTH, "OAUTHBEARER"), { status: CONTINUE, value: complaint }));
    const acknowledged = await peer.expect(STEP, "OAUTHBEARER");
    assertEquals(acknowledged.value, Uint8Array.of(1));
    await peer.send(answer(acknowledged, { status: 0x20 }));
    assertEquals(
      (await trying).message,
      `Cannot authenticate by OAUTHBEARER: the server does not accept the token (${complaint})`,
    );
  }, true));

test("authenticate refuses success and further challenges after a complaint about the token", async () => {
  for (const last of [{ status: 0 }, { status: CONTINUE, value: "{}" }]) {
    await withPeer(async ({ connection, peer }) => {
      const trying = assertRejects(() => authenticate(connection, { token: "t" }), AuthError, "by OAUTHBEARER: cannot");
      await offer(peer, "OAUTHBEARER");
      await peer.send(answer(await peer.expect(AUTH), { status: CONTINUE, value: "{}" }));
      await peer.send(answer(await peer.expect(STEP), last));
      await trying;
    }, true);
  }
});

test("authenticate sends no token in the clear unless that is allowed, and not because passwords are", async () => {
  for (const allowPlaintext of [false, "password"] as const) {
    await withPeer(async ({ connection, peer }) => {
      const trying = assertRejects(
        () => authenticate(connection, { token: "t" }, { allowPlaintext }),
        AuthError,
        "OAUTHBEARER would send the token over a connection that is not encrypted",
      );
      await Promise.all([trying, offer(peer, "OAUTHBEARER")]);
    });
  }
  await withPeer(async ({ connection, peer }) => {
    const trying = authenticate(connection, { token: "t" }, { allowPlaintext: true });
    await offer(peer, "OAUTHBEARER");
    await peer.send(answer(await peer.expect(AUTH, "OAUTHBEARER")));
    assertEquals(await trying, "OAUTHBEARER");
  });
});

test("authenticate in haste sends the question and the first message at once", () =>
  withPeer(async ({ connection, peer }) => {
    const exchange = new SaslMechanisms(() => "pencil").begin("SCRAM-SHA512") as SaslExchange;
    const trying = authenticate(connection, ADA, { optimistic: true });
    const [list, first] = await peer.take(2);
    assertEquals([list?.opcode, first?.opcode, first?.key, peer.chunks], [LIST, AUTH, "SCRAM-SHA512", 1]);
    const challenge = await exchange.start(first!.value);
    await peer.send(answer(list!, { value: ALL }), answer(first!, { status: CONTINUE, value: challenge.data }));
    const proof = await peer.expect(STEP, "SCRAM-SHA512");
    await peer.send(answer(proof, { value: (await exchange.step(proof.value)).data }));
    assertEquals(await trying, "SCRAM-SHA512");
  }));

test("authenticate in haste takes what is offered when its guess was wrong, and nothing weaker than allowed", async () => {
  await withPeer(async ({ connection, peer }) => {
    const exchange = new SaslMechanisms(() => "pencil").begin("SCRAM-SHA1") as SaslExchange;
    const trying = authenticate(connection, ADA, { optimistic: true });
    const [list, guess] = await peer.take(2);
    await peer.send(answer(list!, { value: "SCRAM-SHA1 PLAIN" }), answer(guess!, { status: 0x20 }));
    const first = await peer.expect(AUTH, "SCRAM-SHA1");
    await peer.send(answer(first, { status: CONTINUE, value: (await exchange.start(first.value)).data }));
    const proof = await peer.expect(STEP, "SCRAM-SHA1");
    await peer.send(answer(proof, { value: (await exchange.step(proof.value)).data }));
    assertEquals(await trying, "SCRAM-SHA1");
  });
  await withPeer(async ({ connection, peer }) => {
    const trying = assertRejects(() => authenticate(connection, ADA, { optimistic: true }), AuthError, "not encrypted");
    const [list, guess] = await peer.take(2);
    await peer.send(answer(list!, { value: "PLAIN" }), answer(guess!, { status: 0x20 }));
    await trying;
  });
});

test("authenticate leaves the errors of the connection as they are", async () => {
  await withPeer(async ({ connection, peer }) => {
    const trying = assertRejects(() => authenticate(connection, ADA), ConnectionError);
    await offer(peer, ALL);
    await peer.expect(AUTH);
    peer.close();
    await trying;
  });
  await withPeer(async ({ connection, peer }) => {
    const trying = assertRejects(() => authenticate(connection, ADA, { timeout: 5 }), TimeoutError);
    await peer.expect(LIST);
    await trying;
  });
  await withPeer(async ({ connection, peer }) => {
    const giveUp = new AbortController();
    const reason = new Error("enough");
    const trying = assertRejects(() => authenticate(connection, ADA, { signal: giveUp.signal }), Error, "enough");
    await offer(peer, ALL);
    await peer.expect(AUTH);
    giveUp.abort(reason);
    assertEquals(await trying, reason);
  });
});

test("authenticate reads the answers that a memcached 3.1.6 of Couchbase was recorded with", async () => {
  const recorded = (request: WireFrame, bytes: string) => {
    const frame = hex(bytes);
    new DataView(frame.buffer).setUint32(12, request.opaque);
    return frame;
  };
  const list = "81200000000000000000000ec0de000700000000000000004352414d2d4d443520504c41494e";
  const play = async ({ connection, peer }: Setting, password: string, reply: string) => {
    const credentials = { username: "secret", password };
    const trying = Promise.allSettled([authenticate(connection, credentials, { allowPlaintext: true })]);
    await peer.send(recorded(await peer.expect(LIST), list));
    const request = await peer.expect(AUTH, "PLAIN");
    assertEquals(text(request), `\0secret\0${password}`);
    await peer.send(recorded(request, reply));
    return (await trying)[0];
  };
  await withPeer(async (setting) => {
    const reply = "81210000000000200000000cc0de0008000000000000000041757468206661696c757265";
    assertEquals(
      failure(await play(setting, "wrong", reply)).message,
      'Cannot authenticate as "secret" by PLAIN: the server does not accept the password',
    );
  });
  await withPeer(async (setting) => {
    const reply = "81210000000000000000000dc0de000a000000000000000041757468656e74696361746564";
    assertEquals(await play(setting, "s3cr3t", reply), { status: "fulfilled", value: "PLAIN" });
  });
});
