/** PLAIN byte for byte, and what becomes of each answer to it. */

import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { Connection } from "../../src/connection/connection.ts";
import { authenticate } from "../../src/connection/sasl.ts";
import {
  AuthError,
  ConnectionError,
  MemcachedError,
  ProtocolError,
  StatusError,
  TimeoutError,
} from "../../src/errors.ts";
import { hex } from "../support/hex.ts";
import { endOfTurn, FakeTransport } from "../support/fake_transport.ts";
import { test } from "../support/test.ts";
import { answer, assertAllBytes, type WireFrame, type WireParts } from "../support/wire_frame.ts";

const PLAIN = { allowPlaintext: true, mechanisms: ["PLAIN"] } as const;
const TIM = { username: "tim", password: "tanstaaftanstaaf" };

type Said = Partial<WireParts> | "silence" | "end";

interface Tried {
  readonly transport: FakeTransport;
  readonly connection: Connection;
  readonly outcome: PromiseSettledResult<string>;
}

/** Authenticates with a server that says one thing to each request. */
async function tryWith(said: readonly Said[], credentials = TIM): Promise<Tried> {
  const transport = new FakeTransport();
  const connection = new Connection(transport, { timeout: 30 });
  const trying = Promise.allSettled([authenticate(connection, credentials, PLAIN)]);
  for (const [i, what] of said.entries()) {
    await endOfTurn();
    assertEquals(transport.requests.length, i + 1);
    if (what === "end") transport.end();
    else if (what !== "silence") transport.receive(answer(transport.requests[i] as WireFrame, what));
  }
  const [outcome] = await trying;
  return { transport, connection, outcome };
}

function reasonOf({ outcome }: Tried): MemcachedError {
  if (outcome.status === "fulfilled") throw new Error("it should have failed");
  assertInstanceOf(outcome.reason, MemcachedError);
  return outcome.reason;
}

// The user of the example of RFC 4616, section 4.
test("authenticate by PLAIN sends the bytes of RFC 4616", async () => {
  const { transport, connection, outcome } = await tryWith([{ value: "CRAM-MD5 PLAIN" }, { value: "Authenticated" }]);
  assertEquals(outcome, { status: "fulfilled", value: "PLAIN" });
  // The slot is the same for both, the generation is not.
  assertAllBytes(transport.writes, [
    hex("80 20 0000 00 00 0000 00000000 00000000 0000000000000000"),
    hex(
      "80 21 0005 00 00 0000 0000001a 00010000 0000000000000000 | 504c41494e | 00 74696d 00 74616e737461616674616e7374616166",
    ),
  ]);
  assertEquals([connection.inFlight, connection.state], [0, "open"]);
  connection.destroy();
});

test("authenticate by PLAIN sends names and passwords as UTF-8, and empty ones", async () => {
  for (
    const [username, password, data] of [
      ["é", "€😀", "00 c3a9 00 e282ac f09f9880"],
      ["a:b@c", " ", "00 613a624063 00 20"],
    ] as const
  ) {
    const { transport, connection } = await tryWith([{ value: "PLAIN" }, {}], { username, password });
    assertAllBytes([transport.requests[1]!.value], [hex(data)]);
    connection.destroy();
  }
});

test("authenticate refuses a name or a password with a NUL, before anything is sent", async () => {
  for (const [username, password] of [["a\0b", "p"], ["a", "p\0q"]] as const) {
    const transport = new FakeTransport();
    const connection = new Connection(transport);
    await assertRejects(() => authenticate(connection, { username, password }, PLAIN), TypeError);
    await endOfTurn();
    assertEquals(transport.writes.length, 0);
    connection.destroy();
  }
});

/** What a server says to the question for mechanisms and to the password, and the error that this gives. */
const REFUSALS: readonly (readonly [string, readonly Said[], typeof MemcachedError, string])[] = [
  [
    "no SASL",
    [{ status: 0x81, value: "Unknown command" }],
    AuthError,
    "Cannot authenticate: the server does not know SASL",
  ],
  ["no memory for the list", [{ status: 0x82 }], AuthError, "Cannot authenticate: cannot sasl-list-mechs: "],
  ["no mechanism", [{ value: "" }], AuthError, "Cannot authenticate: the server offers nothing, and PLAIN is needed"],
  [
    "other mechanisms",
    [{ value: "CRAM-MD5 XPLAIN" }],
    AuthError,
    "the server offers CRAM-MD5, XPLAIN, and PLAIN is needed",
  ],
  [
    "a wrong password",
    [{ value: "PLAIN" }, { status: 0x20, value: "Auth failure." }],
    AuthError,
    `Cannot authenticate as "tim" by PLAIN: the server does not accept the password`,
  ],
  ["a stale password", [{ value: "PLAIN" }, { status: 0x1f }], AuthError, `as "tim" by PLAIN: cannot sasl-auth: `],
  [
    "a challenge",
    [{ value: "PLAIN" }, { status: 0x21, value: "more?" }],
    AuthError,
    `Cannot authenticate as "tim" by PLAIN: `,
  ],
  ["silence to the question", ["silence"], TimeoutError, "Cannot sasl-list-mechs: no answer from fake:11211 in time"],
  ["silence to the password", [{ value: "PLAIN" }, "silence"], TimeoutError, "Cannot sasl-auth: no answer"],
  [
    "an end",
    [{ value: "PLAIN" }, "end"],
    ConnectionError,
    "Cannot sasl-auth: the connection to fake:11211 was closed by the peer",
  ],
  [
    "another opcode",
    [{ value: "PLAIN" }, { opcode: 0x22 }],
    ProtocolError,
    "Cannot sasl-auth: the connection to fake:11211",
  ],
  ["extras", [{ value: "PLAIN" }, { extras: new Uint8Array(4) }], ProtocolError, "4 bytes of extras, expected 0"],
];

for (const [what, said, type, words] of REFUSALS) {
  test(`authenticate by PLAIN answered with ${what} is an error of the right class, without the password`, async () => {
    const tried = await tryWith(said);
    const error = reasonOf(tried);
    assertInstanceOf(error, type as typeof AuthError);
    assert(error.message.includes(words), error.message);
    for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
      assert(!`${cause.message}${cause.stack}`.includes(TIM.password));
    }
    const status = said.at(-1);
    if (typeof status === "object" && status.status !== undefined && type === AuthError && status.status !== 0x21) {
      assertInstanceOf(error.cause, StatusError);
      assertEquals(error.cause.status, status.status);
    }
    tried.connection.destroy();
  });
}

test("authenticate gives up when told to", async () => {
  const transport = new FakeTransport();
  const connection = new Connection(transport);
  const controller = new AbortController();
  const trying = authenticate(connection, TIM, { ...PLAIN, signal: controller.signal }).catch((reason) => reason);
  await endOfTurn();
  assertEquals(transport.requests.length, 1);
  controller.abort("reason");
  assertEquals(await trying, "reason");
  connection.destroy();
});
