import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { ScramMechanism } from "../../src/connection/scram_mechanism.ts";
import { AuthError } from "../../src/errors.ts";
import { Frame } from "../../src/frame/frame.ts";
import { SASL_AUTH, SASL_STEP } from "../../src/ops/auth.ts";
import { hex } from "../support/hex.ts";
import { test } from "../support/test.ts";

const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const encode = (text: string) => new TextEncoder().encode(text);

/** The exchange of the official SDK for Node 4.7.1 with kv_engine 6.0.5, frame by frame. */
const RECORDED = {
  auth:
    "8021000c0000000000000059000000030000000000000000534352414d2d5348413531326e2c2c6e3d4061646d696e2c723d307866666666666639352030786666666666666638203078326420307866666666666665372030783665203078306320307834322030786666666666663934",
  challenge:
    "1821030000000021000000bc00000003000000000000000002001c723d307866666666666639352030786666666666666638203078326420307866666666666665372030783665203078306320307834322030786666666666663934356135316666666666666463323634643430356530622c733d47744133453869363766794f315937556639386958635a427a30436c523145736533763872335974695577655864773772614c315846337a69724f464e6d5868444d6d34366b4f37427453504a51472b3465344651673d3d2c693d34303936",
  step:
    "8022000c00000000000000c5000000040000000000000000534352414d2d534841353132633d626977732c723d307866666666666639352030786666666666666638203078326420307866666666666665372030783665203078306320307834322030786666666666663934356135316666666666666463323634643430356530622c703d7431624764513170676d47332b514e74632f6a73436331445a6631332b535a414b6a416b6f456e64363276513838375a5a4e36442f694c4f7374367432754842787a6a646550597731794e53446935347971563938413d3d",
  success:
    "18220300000000000000005d000000040000000000000000020026763d546c54344a334567744b76784931657766724a4c50356e7544504f326f52795a767142686a716c6e627737774d47546b6137526b4d323472566a6a65457941694f34723148785a484d6e4f735135774f4646507839513d3d",
};
const NONCE = "0xffffff95 0xfffffff8 0x2d 0xffffffe7 0x6e 0x0c 0x42 0xffffff94";
const ADMIN = { username: "@admin", password: "password" };
const OPTIONS = { hash: "SHA-512", nonce: NONCE } as const;

test("ScramMechanism says byte for byte what the official SDK said, and accepts what it was answered", async () => {
  const auth = SASL_AUTH.request.read(Frame.from(hex(RECORDED.auth)));
  const mechanism = new ScramMechanism(auth.mechanism, ADMIN, OPTIONS);
  assertEquals(mechanism.name, "SCRAM-SHA512");
  assertEquals(decode(mechanism.start()), decode(auth.data));
  const challenge = SASL_AUTH.response.read(Frame.from(hex(RECORDED.challenge)));
  const step = SASL_STEP.request.read(Frame.from(hex(RECORDED.step)));
  assertEquals(decode(await mechanism.step(challenge.data)), decode(step.data));
  mechanism.finish(SASL_STEP.response.read(Frame.from(hex(RECORDED.success))).data);
});

test("ScramMechanism refuses the recorded signature with any bit of its first or last byte changed", async () => {
  const challenge = SASL_AUTH.response.read(Frame.from(hex(RECORDED.challenge))).data;
  const signature = Uint8Array.from(
    atob(decode(SASL_STEP.response.read(Frame.from(hex(RECORDED.success))).data).slice(2)),
    (character) => character.charCodeAt(0),
  );
  const mechanism = new ScramMechanism("SCRAM-SHA512", ADMIN, OPTIONS);
  await mechanism.step(challenge);
  for (const place of [0, signature.length - 1]) {
    for (let bit = 0; bit < 8; bit++) {
      const other = signature.map((byte, i) => i === place ? byte ^ (1 << bit) : byte);
      const message = encode(`v=${btoa(String.fromCharCode(...other))}`);
      assertThrows(() => mechanism.finish(message), AuthError, "it was not made with this password");
    }
  }
  mechanism.finish(encode(`v=${btoa(String.fromCharCode(...signature))}`));
});

test("ScramMechanism goes on only after what it accepted", async () => {
  const challenge = SASL_AUTH.response.read(Frame.from(hex(RECORDED.challenge))).data;
  const mechanism = new ScramMechanism("SCRAM-SHA512", ADMIN, OPTIONS);
  await assertRejects(() => mechanism.step(encode("v=AAAA")), AuthError, "Cannot accept the challenge");
  assertThrows(() => mechanism.finish(encode("v=AAAA")), AuthError, "has not asked for a proof");
  await mechanism.step(challenge);
  // The challenge a second time is no signature.
  await assertRejects(() => mechanism.step(challenge), AuthError, "it is not v=…");
});

test("ScramMechanism chooses nonces of 192 random bits", () => {
  const nonces = Array.from(
    { length: 50 },
    () => decode(new ScramMechanism("SCRAM-SHA1", ADMIN, { hash: "SHA-1" }).start()).replace("n,,n=@admin,r=", ""),
  );
  assertEquals(new Set(nonces).size, 50);
  for (const nonce of nonces) assertEquals(/^[A-Za-z0-9+/]{32}$/.test(nonce), true);
});

test("ScramMechanism looks a user name up, so that it may hold code points without a character; a password may not", () => {
  const later = "\u{e0fff}";
  const mechanism = new ScramMechanism("SCRAM-SHA1", { username: later, password: "x" }, { hash: "SHA-1", nonce: "n" });
  assertEquals(decode(mechanism.start()), `n,,n=${later},r=n`);
  assertThrows(
    () => new ScramMechanism("SCRAM-SHA1", { username: "x", password: later }, { hash: "SHA-1" }),
    TypeError,
    "the password",
  );
});
