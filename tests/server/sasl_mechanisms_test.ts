import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { REFUSED, type SaslAnswer, type SaslExchange } from "../../src/server/sasl_answer.ts";
import { SaslMechanisms, SERVER_MECHANISMS } from "../../src/server/sasl_mechanisms.ts";
import { ScramServerExchange } from "../../src/server/scram_server.ts";
import { ScramUsers } from "../../src/server/scram_users.ts";
import { decodeBase64 } from "../../src/wire/base64.ts";
import { clientProof, deriveScramSecret, type ScramHash } from "../../src/wire/scram.ts";
import { authMessage, makeClientFinal, readServerFirst, withProof } from "../../src/wire/scram_messages.ts";
import { test } from "../support/test.ts";

const SUCCESS = 0;
const EINVAL = 4;
const AUTH_ERROR = 0x20;
const AUTH_CONTINUE = 0x21;

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (answer: SaslAnswer) => new TextDecoder().decode(answer.data);
const knowsAda = (username: string) => username === "ada" ? "pencil" : undefined;

function begin(mechanism: string, lookup: (username: string) => string | undefined = knowsAda): SaslExchange {
  const exchange = new SaslMechanisms(lookup).begin(mechanism);
  if (exchange === undefined) throw new Error(`${mechanism} is not offered`);
  return exchange;
}

/** RFC 5802 §5 and RFC 7677 §3; the last computed elsewhere from the same inputs. */
const VECTORS = [
  {
    hash: "SHA-1",
    clientFirst: "n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL",
    serverNonce: "3rfcNHYJY1ZVvWVs7j",
    salt: "QSXCR+Q6sek8bf92",
    serverFirst: "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096",
    clientFinal: "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
    serverFinal: "v=rmF9pqV8S7suAoZWja4dJRkFsKQ=",
  },
  {
    hash: "SHA-256",
    clientFirst: "n,,n=user,r=rOprNGfwEbeRWgbNEkqO",
    serverNonce: "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0",
    salt: "W22ZaJ0SNY7soEsUEjb6gQ==",
    serverFirst: "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
    clientFinal:
      "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
    serverFinal: "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
  },
  {
    hash: "SHA-512",
    clientFirst: "n,,n=user,r=rOprNGfwEbeRWgbNEkqO",
    serverNonce: "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0",
    salt: "W22ZaJ0SNY7soEsUEjb6gQ==",
    serverFirst: "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
    clientFinal:
      "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=gMGXRcevScNtxZ6/8lQYpGtnsNAc3mGcmNomv+xnoOMw+3R2xNJdMNnzMlTN8PPC6wdp6dybEmDYXYTxwnYPJQ==",
    serverFinal: "v=ZQnYEgWQMFmmsM8aQMF0nDDCy/AgCzkwk8CmMZYcMg0vSVlKDanekLtifDSeVGT4+5ZxXnJq199RVG2rR7N7Zw==",
  },
] as const;

type ScramVector = (typeof VECTORS)[number];

/** An exchange that uses salt and nonce of a vector. */
function exchangeOf(vector: ScramVector): ScramServerExchange {
  const { hash, serverNonce: nonce } = vector;
  const salt = decodeBase64(vector.salt) as Uint8Array;
  const find = async () => ({
    known: true,
    verifier: await deriveScramSecret("pencil", { hash, salt, iterations: 4096 }),
  });
  return new ScramServerExchange(`SCRAM-${hash}`, { hash, users: { find }, nonce });
}

for (const vector of VECTORS) {
  test(`the server's SCRAM goes as in the documents, ${vector.hash}`, async () => {
    const exchange = exchangeOf(vector);
    const challenge = await exchange.start(bytes(vector.clientFirst));
    assertEquals([challenge.status, text(challenge)], [AUTH_CONTINUE, vector.serverFirst]);
    const last = await exchange.step(bytes(vector.clientFinal));
    assertEquals([last.status, text(last), last.username], [SUCCESS, vector.serverFinal, "user"]);
    assertEquals((await exchange.step(bytes(vector.clientFinal))).status, EINVAL);
  });

  test(`the server's SCRAM refuses what was changed on the way, ${vector.hash}`, async () => {
    const right = vector.clientFinal;
    for (
      const [wrong, status] of [
        [right.replace("c=biws", "c=eSws"), AUTH_ERROR],
        [right.replace("r=", "r=x"), AUTH_ERROR],
        [right.replace(vector.serverNonce, ""), AUTH_ERROR],
        [right.replace("p=", "x=1,p="), AUTH_ERROR],
        [right.replace(/p=./, (p) => p === "p=A" ? "p=B" : "p=A"), AUTH_ERROR],
        [right.replace(/p=.*/, "p=AAAA"), AUTH_ERROR],
        [right.replace(/p=.*/, "p=A"), EINVAL],
        [right.replace(/,p=.*/, ""), EINVAL],
        ["", EINVAL],
      ] as const
    ) {
      const exchange = exchangeOf(vector);
      await exchange.start(bytes(vector.clientFirst));
      const answer = await exchange.step(bytes(wrong));
      assertEquals([answer.status, answer.data.length, answer.username], [status, 0, undefined], wrong);
      // One guess for each challenge.
      assertEquals((await exchange.step(bytes(right))).status, EINVAL, wrong);
    }
  });
}

test("the server's SCRAM refuses a proof over a nonce or a binding that was not agreed on, however right it is", async () => {
  // RFC 5802 §7: the proof is computed anew by one who knows the password, so that only the fields can tell.
  const vector = VECTORS[1];
  const salt = decodeBase64(vector.salt) as Uint8Array;
  const secret = await deriveScramSecret("pencil", { hash: "SHA-256", salt, iterations: 4096 });
  for (
    const withoutProof of [
      "c=biws,r=rOprNGfwEbeRWgbNEkqOother",
      vector.clientFinal.replace("biws", "eSws").split(",p=")[0]!,
    ]
  ) {
    const exchange = exchangeOf(vector);
    await exchange.start(bytes(vector.clientFirst));
    const proof = await clientProof(secret, authMessage(vector.clientFirst.slice(3), vector.serverFirst, withoutProof));
    assertEquals(await exchange.step(bytes(withProof(withoutProof, proof))), REFUSED);
  }
});

test("the server's SCRAM refuses first messages that are malformed, and steps out of turn", async () => {
  for (
    const first of ["", "n,,", "y,,n=ada,r=x", "p=tls-unique,,n=ada,r=x", "n,,n=a=da,r=x", "n,,r=x,n=ada", "\xff\xfe"]
  ) {
    const exchange = begin("SCRAM-SHA1");
    assertEquals(await exchange.start(bytes(first)), { status: EINVAL, data: new Uint8Array(0) }, first);
    assertEquals((await exchange.start(bytes("n,,n=ada,r=x"))).status, EINVAL);
  }
  assertEquals((await begin("SCRAM-SHA1").step(bytes("c=biws,r=x,p=AAAA"))).status, EINVAL);
});

test("the server's SCRAM takes an authorization name with any letters", async () => {
  const exchange = begin("SCRAM-SHA256");
  const header = "n,a=Zo\u00eb \u4e2d,";
  const challenge = text(await exchange.start(bytes(`${header}n=ada,r=x`)));
  const { nonce, salt, iterations } = readServerFirst(challenge, "x");
  const secret = await deriveScramSecret("pencil", { hash: "SHA-256", salt, iterations });
  // Base64 of the UTF-8 bytes of the header, by another program.
  assertEquals(makeClientFinal(header, nonce), `c=bixhPVpvw6sg5LitLA==,r=${nonce}`);
  const withoutProof = `c=bixhPVpvw6sg5LitLA==,r=${nonce}`;
  const proof = await clientProof(secret, authMessage("n=ada,r=x", challenge, withoutProof));
  assertEquals((await exchange.step(bytes(withProof(withoutProof, proof)))).status, SUCCESS);
});

test("an unknown user looks like a known one until the end", async () => {
  const mechanisms = new SaslMechanisms(knowsAda);
  const challenge = async (username: string) => {
    const exchange = mechanisms.begin("SCRAM-SHA256") as SaslExchange;
    return { exchange, first: text(await exchange.start(bytes(`n,,n=${username},r=x`))) };
  };
  const saltOf = (first: string) => /,s=([^,]+),i=4096$/.exec(first)?.[1];
  for (const username of ["ada", "bob"]) {
    const [one, two] = [await challenge(username), await challenge(username)];
    assertEquals(saltOf(one.first)?.length, 44);
    assertEquals(saltOf(one.first), saltOf(two.first));
    assertEquals(one.first === two.first, false);
  }
  assertEquals(saltOf((await challenge("ada")).first) === saltOf((await challenge("bob")).first), false);
  const { exchange, first } = await challenge("bob");
  const { nonce } = readServerFirst(first, "x");
  assertEquals(await exchange.step(bytes(`c=biws,r=${nonce},p=${btoa("\0".repeat(32))}`)), REFUSED);
});

test("keys are derived once for a password, and anew when it changes", async () => {
  let password: string | undefined = "pencil";
  const users = new ScramUsers(() => Promise.resolve(password));
  const first = await users.find("ada", "SHA-1");
  assertEquals((await users.find("ada", "SHA-1")).verifier, first.verifier);
  assertEquals("clientKey" in first.verifier, false);
  const { salt, iterations } = first.verifier;
  const secret = await deriveScramSecret("pencil", { hash: "SHA-1", salt, iterations });
  assertEquals([secret.storedKey, secret.serverKey], [first.verifier.storedKey, first.verifier.serverKey]);
  password = "crayon";
  const second = await users.find("ada", "SHA-1");
  assertEquals(second.verifier.salt, first.verifier.salt);
  assertEquals(
    second.verifier.storedKey,
    (await deriveScramSecret("crayon", { hash: "SHA-1", salt, iterations })).storedKey,
  );
  password = undefined;
  assertEquals((await users.find("ada", "SHA-1")).known, false);
});

test("a lookup that fails fails the exchange", async () => {
  const failing = () => {
    throw new Error("the database is away");
  };
  await assertRejects(() => begin("SCRAM-SHA1", failing).start(bytes("n,,n=ada,r=x")), Error, "the database is away");
  await assertRejects(() => begin("PLAIN", failing).start(bytes("\0ada\0pencil")), Error, "the database is away");
});

/** RFC 4616; malformed is EINVAL as recorded from Couchbase's memcached 3.1.6. */
for (
  const [what, data, status] of [
    ["the right password", "\0ada\0pencil", SUCCESS],
    ["an authorization name, which it ignores", "root\0ada\0pencil", SUCCESS],
    ["a NUL behind it", "\0ada\0pencil\0", SUCCESS],
    ["a password that SASLprep makes the right one", "\0ada\0pen\u00adcil", SUCCESS],
    ["a wrong password", "\0ada\0pencils", AUTH_ERROR],
    ["no password", "\0ada\0", AUTH_ERROR],
    ["an unknown user", "\0bob\0pencil", AUTH_ERROR],
    ["an unknown user without a password", "\0bob\0", AUTH_ERROR],
    ["a control character", "\0ada\0\x07", AUTH_ERROR],
    ["nothing", "", EINVAL],
    ["no user name", "\0\0pencil", EINVAL],
    ["one NUL only", "ada\0pencil", EINVAL],
    ["no NUL at all", "malformed", EINVAL],
    ["something behind", "\0ada\0pencil\0x", EINVAL],
    ["two NULs behind it", "\0ada\0pencil\0\0", EINVAL],
  ] as const
) {
  test(`the server's PLAIN with ${what}`, async () => {
    const exchange = begin("PLAIN");
    const answer = await exchange.start(bytes(data));
    assertEquals([answer.status, answer.data.length], [status, 0]);
    assertEquals(answer.username, status === SUCCESS ? "ada" : undefined);
    assertEquals((await exchange.step(bytes(data))).status, EINVAL);
  });
}

test("PLAIN takes a password that does not pass SASLprep as it is", async () => {
  const answer = await begin("PLAIN", () => "pen\tcil").start(bytes("\0ada\0pen\tcil"));
  assertEquals(answer.status, SUCCESS);
});

test("SaslMechanisms offers what it is told to, in that order, and begins nothing else", () => {
  assertEquals(new SaslMechanisms(knowsAda).names, ["SCRAM-SHA512", "SCRAM-SHA256", "SCRAM-SHA1", "PLAIN"]);
  const some = new SaslMechanisms(knowsAda, { mechanisms: ["PLAIN", "SCRAM-SHA1"] });
  assertEquals(some.names, ["PLAIN", "SCRAM-SHA1"]);
  assertEquals(some.begin("scram-sha1")?.name, "SCRAM-SHA1");
  for (const name of ["SCRAM-SHA512", "SCRAM-SHA-1", "BOGUS", "", "PLAIN "]) assertEquals(some.begin(name), undefined);
  for (const name of SERVER_MECHANISMS) assertEquals(new SaslMechanisms(knowsAda).begin(name)?.name, name);
});

test("SaslMechanisms refuses what it cannot offer", () => {
  assertThrows(() => new SaslMechanisms(knowsAda, { mechanisms: ["CRAM-MD5"] }), TypeError, '"CRAM-MD5": known are');
  for (const iterations of [0, 4095, 1_000_001, NaN]) {
    assertThrows(() => new SaslMechanisms(knowsAda, { iterations }), RangeError, "from 4096 to 1000000");
  }
});

test("SaslMechanisms asks for as many iterations as it is told", async () => {
  const hash: ScramHash = "SHA-512";
  const exchange = new SaslMechanisms(knowsAda, { iterations: 5000 }).begin(`SCRAM-${hash.replace("-", "")}`);
  assertEquals(text(await exchange!.start(bytes("n,,n=ada,r=x"))).endsWith(",i=5000"), true);
});
