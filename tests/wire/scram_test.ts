import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { AuthError } from "../../src/errors.ts";
import { decodeBase64, encodeBase64 } from "../../src/wire/base64.ts";
import { saslprep } from "../../src/wire/saslprep.ts";
import {
  clientProof,
  deriveScramSecret,
  equalInConstantTime,
  hashLength,
  isClientProof,
  MAX_ITERATIONS,
  MIN_ITERATIONS,
  type ScramHash,
  scramHash,
  serverSignature,
} from "../../src/wire/scram.ts";
import { authMessage, readClientFinal, readClientFirst, readServerFirst } from "../../src/wire/scram_messages.ts";
import { test } from "../support/test.ts";

/** A whole exchange, as it was on the wire. */
interface Exchange {
  readonly name: string;
  readonly hash: ScramHash;
  readonly username: string;
  readonly password: string;
  readonly clientFirst: string;
  readonly serverFirst: string;
  readonly clientFinal: string;
  readonly serverFinal: string;
}

const SHA256 = {
  username: "user",
  password: "pencil",
  clientFirst: "n,,n=user,r=rOprNGfwEbeRWgbNEkqO",
  serverFirst: "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
};

/** kv_engine 6.0.5 and the official SDK for Node 4.7.1, both connections of its start. */
const SDK = { hash: "SHA-512", username: "@admin", password: "password" } as const;
const SDK_SALT = "GtA3E8i67fyO1Y7Uf98iXcZBz0ClR1Ese3v8r3YtiUweXdw7raL1XF3zirOFNmXhDMm46kO7BtSPJQG+4e4FQg==";

const EXCHANGES: readonly Exchange[] = [
  {
    name: "RFC 5802 §5",
    hash: "SHA-1",
    username: "user",
    password: "pencil",
    clientFirst: "n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL",
    serverFirst: "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096",
    clientFinal: "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
    serverFinal: "v=rmF9pqV8S7suAoZWja4dJRkFsKQ=",
  },
  {
    name: "RFC 7677 §3",
    hash: "SHA-256",
    ...SHA256,
    clientFinal:
      "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
    serverFinal: "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
  },
  {
    name: "RFC 7677 §3 with SHA-512, computed elsewhere",
    hash: "SHA-512",
    ...SHA256,
    clientFinal:
      "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=gMGXRcevScNtxZ6/8lQYpGtnsNAc3mGcmNomv+xnoOMw+3R2xNJdMNnzMlTN8PPC6wdp6dybEmDYXYTxwnYPJQ==",
    serverFinal: "v=ZQnYEgWQMFmmsM8aQMF0nDDCy/AgCzkwk8CmMZYcMg0vSVlKDanekLtifDSeVGT4+5ZxXnJq199RVG2rR7N7Zw==",
  },
  {
    name: "recorded, first connection of the SDK",
    ...SDK,
    clientFirst: "n,,n=@admin,r=0xffffff95 0xfffffff8 0x2d 0xffffffe7 0x6e 0x0c 0x42 0xffffff94",
    serverFirst:
      `r=0xffffff95 0xfffffff8 0x2d 0xffffffe7 0x6e 0x0c 0x42 0xffffff945a51ffffffdc264d405e0b,s=${SDK_SALT},i=4096`,
    clientFinal:
      "c=biws,r=0xffffff95 0xfffffff8 0x2d 0xffffffe7 0x6e 0x0c 0x42 0xffffff945a51ffffffdc264d405e0b,p=t1bGdQ1pgmG3+QNtc/jsCc1DZf13+SZAKjAkoEnd62vQ887ZZN6D/iLOst6t2uHBxzjdePYw1yNSDi54yqV98A==",
    serverFinal: "v=TlT4J3EgtKvxI1ewfrJLP5nuDPO2oRyZvqBhjqlnbw7wMGTka7RkM24rVjjeEyAiO4r1HxZHMnOsQ5wOFFPx9Q==",
  },
  {
    name: "recorded, second connection of the SDK",
    ...SDK,
    clientFirst: "n,,n=@admin,r=0xffffff80 0x75 0x19 0xffffff84 0x43 0x69 0x7e 0xffffffed",
    serverFirst:
      `r=0xffffff80 0x75 0x19 0xffffff84 0x43 0x69 0x7e 0xffffffed6dffffffcd48ffffffbeffffffa218ffffff9ffffffff9,s=${SDK_SALT},i=4096`,
    clientFinal:
      "c=biws,r=0xffffff80 0x75 0x19 0xffffff84 0x43 0x69 0x7e 0xffffffed6dffffffcd48ffffffbeffffffa218ffffff9ffffffff9,p=KP6QH6P2DsjyfIC+K9d+lKWOB6j4V1dCy7uCAbVMf1vEMIe4K1g4j/PCdUZpkzUu3/LycEV+KRryq3autw9QAw==",
    serverFinal: "v=56g3AZegNT/hcz0vtXXlavg1b+YiAEPkeyQgkFQa1tlHcgsovasjAN0pgRThz44ltI0BqGO03UBol6P6RMeQFg==",
  },
];

for (const exchange of EXCHANGES) {
  const { name, hash, username, password, clientFirst, serverFirst, clientFinal, serverFinal } = exchange;

  test(`SCRAM: proof and signature are those of ${name}`, async () => {
    const first = readClientFirst(clientFirst);
    assertEquals(first.username, username);
    const { nonce, salt, iterations } = readServerFirst(serverFirst, first.nonce);
    const final = readClientFinal(clientFinal);
    assertEquals(final.nonce, nonce);
    const secret = await deriveScramSecret(saslprep(password), { hash, salt, iterations });
    const message = authMessage(first.bare, serverFirst, final.withoutProof);
    assertEquals(
      `p=${encodeBase64(await clientProof(secret, message))}`,
      clientFinal.slice(final.withoutProof.length + 1),
    );
    assertEquals(`v=${encodeBase64(await serverSignature(secret, message))}`, serverFinal);
    assertEquals(await isClientProof(final.proof, secret, message), true);
  });

  test(`SCRAM: a proof with one bit changed is none, ${name}`, async () => {
    const first = readClientFirst(clientFirst);
    const { salt, iterations } = readServerFirst(serverFirst, first.nonce);
    const { proof, withoutProof } = readClientFinal(clientFinal);
    const secret = await deriveScramSecret(password, { hash, salt, iterations });
    const message = authMessage(first.bare, serverFirst, withoutProof);
    for (const place of [0, proof.length >> 1, proof.length - 1]) {
      const other = proof.map((byte, i) => i === place ? byte ^ 0x80 : byte);
      assertEquals(await isClientProof(other, secret, message), false);
    }
    assertEquals(await isClientProof(proof.subarray(1), secret, message), false);
    assertEquals(await isClientProof(new Uint8Array(0), secret, message), false);
    assertEquals(await isClientProof(proof, secret, `${message} `), false);
    const otherPassword = await deriveScramSecret(`${password}.`, { hash, salt, iterations });
    assertEquals(await isClientProof(proof, otherPassword, message), false);
  });
}

test("SCRAM: the names of Couchbase and of IANA are the same mechanisms, others are none", () => {
  for (
    const [hash, names] of Object.entries({
      "SHA-1": ["SCRAM-SHA1", "SCRAM-SHA-1"],
      "SHA-256": ["SCRAM-SHA256", "SCRAM-SHA-256"],
      "SHA-512": ["SCRAM-SHA512", "SCRAM-SHA-512"],
    })
  ) {
    for (const name of names) assertEquals(scramHash(name), hash as ScramHash);
  }
  for (const name of ["PLAIN", "SCRAM-SHA-256-PLUS", "SCRAM-SHA224", "scram-sha1", "XSCRAM-SHA1", "SCRAM-SHA-1 "]) {
    assertEquals(scramHash(name), undefined);
  }
  assertEquals(["SHA-1", "SHA-256", "SHA-512"].map((hash) => hashLength(hash as ScramHash)), [20, 32, 64]);
});

test("deriveScramSecret refuses iterations out of bounds", async () => {
  const from = { hash: "SHA-1", salt: Uint8Array.of(1) } as const;
  for (const iterations of [0, 1, MIN_ITERATIONS - 1, MAX_ITERATIONS + 1, NaN, Infinity, -4096]) {
    await assertRejects(() => deriveScramSecret("pencil", { ...from, iterations }), RangeError, "4096 are the fewest");
  }
});

test("deriveScramSecret takes an empty password and a password beyond ASCII", async () => {
  const from = { hash: "SHA-256", salt: Uint8Array.of(1, 2, 3), iterations: 4096 } as const;
  // hashlib.pbkdf2_hmac and hmac of Python.
  const empty = await deriveScramSecret("", from);
  assertEquals(encodeBase64(empty.storedKey), "+d+EU4rMQkExEyl2aE5hG8j3/CyJUha5q9SZxFpmwiA=");
  const accents = await deriveScramSecret(saslprep("Ame\u0301lie\u00a0\u2168"), from);
  assertEquals(encodeBase64(accents.storedKey), "NgmzFaBupTYP2nTsWPasvqDpiKwokgpuWI8aPe0uM9U=");
  assertEquals(encodeBase64(accents.serverKey), "tNdQTPaPWj6fgmXdEURN0Gvds0wJb9vnS1wfNyi2PnQ=");
});

test("equalInConstantTime tells equal arrays from others", () => {
  const bytes = Uint8Array.of(1, 2, 3);
  assertEquals(equalInConstantTime(bytes, Uint8Array.of(1, 2, 3)), true);
  for (const other of [[1, 2, 4], [0, 2, 3], [1, 2], [1, 2, 3, 0], []]) {
    assertEquals(equalInConstantTime(bytes, Uint8Array.from(other)), false);
  }
  assertEquals(equalInConstantTime(new Uint8Array(0), new Uint8Array(0)), true);
});

test("base64 goes both ways, and only whole base64 is read", () => {
  // RFC 4648 §10.
  const encoded = ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"];
  encoded.forEach((text, length) => {
    const bytes = new TextEncoder().encode("foobar".slice(0, length));
    assertEquals(encodeBase64(bytes), text);
    assertEquals(decodeBase64(text), bytes);
  });
  assertEquals(decodeBase64("+/+/"), Uint8Array.of(0xfb, 0xff, 0xbf));
  for (const text of ["Z", "Zg", "Zg=", "Zm9v=", "Zm 9v", "Zm9v\n", "Zm9-", "====", "Z===", "Zg==Zg=="]) {
    assertEquals(decodeBase64(text), undefined, text);
  }
});

test("readServerFirst names what is wrong", () => {
  const error = assertThrows(() => readServerFirst("e=unknown-user", "abc"), AuthError);
  assertEquals(error.message, 'Cannot accept the challenge: the server says "unknown-user"');
});
