import { assertEquals, assertThrows } from "@std/assert";
import { AuthError } from "../../src/errors.ts";
import {
  escapeName,
  makeClientFinal,
  makeClientFirst,
  makeServerFinal,
  makeServerFirst,
  readClientFinal,
  readClientFirst,
  readServerFinal,
  readServerFirst,
  unescapeName,
  withProof,
} from "../../src/wire/scram_messages.ts";
import { test } from "../support/test.ts";

const BYTES = Uint8Array.of(0xfb, 0xff, 0xbf);

/** RFC 5802 §5.1: `,` and `=` are the only ones that may not stand in a name. */
const NAMES: readonly (readonly [name: string, escaped: string])[] = [
  ["user", "user"],
  ["a,b", "a=2Cb"],
  ["a=b", "a=3Db"],
  ["=2C", "=3D2C"],
  [",=,=", "=2C=3D=2C=3D"],
  ["@admin", "@admin"],
  ["Amélie 1", "Amélie 1"],
];

test("SCRAM messages: names are escaped and read back", () => {
  for (const [name, escaped] of NAMES) {
    assertEquals(escapeName(name), escaped);
    assertEquals(unescapeName(escaped), name);
    assertEquals(makeClientFirst(name, "n").bare, `n=${escaped},r=n`);
  }
  for (const text of ["a=b", "=", "=2", "=2c", "=3d", "=2D", "a==2C"]) {
    assertEquals(unescapeName(text), undefined, text);
  }
});

test("SCRAM messages: each is written as it is read", () => {
  assertEquals(makeServerFirst({ nonce: "ab", salt: BYTES, iterations: 4096 }), "r=ab,s=+/+/,i=4096");
  assertEquals(readServerFirst("r=ab,s=+/+/,i=4096", "a"), { nonce: "ab", salt: BYTES, iterations: 4096 });
  assertEquals(withProof(makeClientFinal("n,,", "ab"), BYTES), "c=biws,r=ab,p=+/+/");
  assertEquals(readClientFinal("c=biws,r=ab,p=+/+/"), {
    withoutProof: "c=biws,r=ab",
    binding: "biws",
    nonce: "ab",
    proof: BYTES,
  });
  assertEquals(makeServerFinal(BYTES), "v=+/+/");
  assertEquals(readServerFinal("v=+/+/"), BYTES);
  assertEquals(readClientFirst("n,,n=a=2Cb,r=x y"), {
    header: "n,,",
    bare: "n=a=2Cb,r=x y",
    username: "a,b",
    nonce: "x y",
  });
});

test("SCRAM messages: extensions that need not be understood are let pass", () => {
  assertEquals(readServerFirst("r=ab,s=+/+/,i=4096,x=1,y=2=3", "a").iterations, 4096);
  assertEquals(readServerFinal("v=+/+/,x=1"), BYTES);
  assertEquals(readClientFirst("n,a=other,n=u,r=x,z=1"), {
    header: "n,a=other,",
    bare: "n=u,r=x,z=1",
    username: "u",
    nonce: "x",
  });
  assertEquals(readClientFinal("c=biws,r=ab,x=1,p=+/+/").withoutProof, "c=biws,r=ab,x=1");
});

const SERVER_FIRST: readonly (readonly [what: string, text: string, reason: string])[] = [
  ["nothing", "", "it is not r=…,s=…,i=…"],
  ["text", "Authenticated", "it is not r=…,s=…,i=…"],
  ["another order", "s=+/+/,r=ab,i=4096", "it is not r=…,s=…,i=…"],
  ["no iterations", "r=ab,s=+/+/", "it is not r=…,s=…,i=…"],
  ["no salt", "r=ab,s=,i=4096", "it is not r=…,s=…,i=…"],
  ["an extension that must be understood", "m=x,r=ab,s=+/+/,i=4096", "it is not r=…,s=…,i=…"],
  ["something behind", "r=ab,s=+/+/,i=4096 ", "it is not r=…,s=…,i=…"],
  ["an empty field behind", "r=ab,s=+/+/,i=4096,", "it is not r=…,s=…,i=…"],
  ["negative iterations", "r=ab,s=+/+/,i=-1", "it is not r=…,s=…,i=…"],
  ["iterations with a zero in front", "r=ab,s=+/+/,i=04096", "it is not r=…,s=…,i=…"],
  ["iterations that are no integer", "r=ab,s=+/+/,i=4096.5", "it is not r=…,s=…,i=…"],
  ["the nonce of another client", "r=xb,s=+/+/,i=4096", "its nonce does not carry ours on"],
  ["our nonce alone", "r=a,s=+/+/,i=4096", "its nonce does not carry ours on"],
  ["a salt that is no base64", "r=ab,s=+/+,i=4096", "its salt is no base64"],
  ["too few iterations", "r=ab,s=+/+/,i=4095", "4095 iterations are fewer than 4096"],
  ["too many iterations", "r=ab,s=+/+/,i=1000001", "1000001 iterations are more than 1000000"],
  ["very many iterations", "r=ab,s=+/+/,i=99999999999999999999", "iterations are more than 1000000"],
  ["an error", "e=invalid-encoding", 'the server says "invalid-encoding"'],
];

for (const [what, text, reason] of SERVER_FIRST) {
  test(`readServerFirst refuses ${what}`, () => {
    assertThrows(() => readServerFirst(text, "a"), AuthError, reason);
  });
}

test("readServerFirst takes the bounds of the iterations", () => {
  for (const count of [4096, 1_000_000]) assertEquals(readServerFirst(`r=ab,s=+/+/,i=${count}`, "a").iterations, count);
});

test("readServerFinal refuses what is no signature", () => {
  for (const text of ["", "Authenticated", "v=", "v=+/+", "v=+/+/,", "x=1,v=+/+/"]) {
    assertThrows(() => readServerFinal(text), AuthError, "the server has not proved that it knows the password");
  }
  assertThrows(() => readServerFinal("e=invalid-proof"), AuthError, 'the server says "invalid-proof"');
});

test("readClientFirst refuses channel binding and what does not follow the grammar", () => {
  for (
    const text of [
      "",
      "y,,n=u,r=x",
      "p=tls-exporter,,n=u,r=x",
      "n=u,r=x",
      "N,,n=u,r=x",
      "n,b=x,n=u,r=x",
      "n,a=,n=u,r=x",
    ]
  ) {
    assertThrows(() => readClientFirst(text), AuthError, "there is no channel binding here");
  }
  for (
    const text of [
      "n,,",
      "n,,r=x,n=u",
      "n,,n=,r=x",
      "n,,n=u,r=",
      "n,,n=u",
      "n,,m=1,n=u,r=x",
      "n,,n=u,r=x,",
      "n,,n=u,r=x,9=1",
    ]
  ) {
    assertThrows(() => readClientFirst(text), AuthError, "it is not n=…,r=…");
  }
  assertThrows(() => readClientFirst("n,,n=a=b,r=x"), AuthError, "neither =2C nor =3D");
});

test("readClientFinal refuses what does not follow the grammar", () => {
  for (
    const text of ["", "c=biws,r=ab", "c=biws,p=+/+/", "r=ab,c=biws,p=+/+/", "c=biws,r=ab,p=+/+/,x=1", "c=biws,r=ab,p="]
  ) {
    assertThrows(() => readClientFinal(text), AuthError, "it is not c=…,r=…,p=…");
  }
  assertThrows(() => readClientFinal("c=biws,r=ab,p=+/+"), AuthError, "its proof is no base64");
});
