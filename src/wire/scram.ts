/**
 * SCRAM (RFC 5802), the arithmetic: how both sides prove that they know a password without saying it. WebCrypto does the work.
 */

import { utf8Encode } from "../bytes.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** The hash of a SCRAM mechanism, as WebCrypto names it. */
export type ScramHash = "SHA-1" | "SHA-256" | "SHA-512";

/** Fewer iterations than these are refused, as RFC 5802 and RFC 7677 ask. */
export const MIN_ITERATIONS = 4096;

/** More iterations than these are refused, so that a hostile server cannot keep a client busy: about a second of work. */
export const MAX_ITERATIONS = 1_000_000;

/** What makes the keys of a password one's own. */
export interface ScramSalt {
  /** The hash of the mechanism. */
  readonly hash: ScramHash;
  /** Random bytes that belong to the user. */
  readonly salt: Uint8Array;
  /** How often the password is hashed, 4096 to 1,000,000. */
  readonly iterations: number;
}

/** What a server keeps about a password: enough to check it, not enough to log in with. */
export interface ScramVerifier extends ScramSalt {
  /** Checks the proof of the client. */
  readonly storedKey: Bytes;
  /** Makes the signature of the server. */
  readonly serverKey: Bytes;
}

/** What a client derives from its password. */
export interface ScramSecret extends ScramVerifier {
  /** Makes the proof of the client. */
  readonly clientKey: Bytes;
}

/**
 * The hash of a mechanism, `undefined` if it is no SCRAM that is known here. Couchbase writes the names as `SCRAM-SHA512`, the
 * register of IANA as `SCRAM-SHA-512`; both are the same mechanism.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(scramHash("SCRAM-SHA512"), "SHA-512");
 * assertEquals(scramHash("SCRAM-SHA-1"), "SHA-1");
 * assertEquals(scramHash("PLAIN"), undefined);
 * ```
 */
export function scramHash(mechanism: string): ScramHash | undefined {
  const bits = /^SCRAM-SHA-?(1|256|512)$/.exec(mechanism)?.[1];
  return bits === undefined ? undefined : `SHA-${bits}` as ScramHash;
}

/**
 * Derives the keys of a password, which should have gone through {@linkcode saslprep}. Takes some milliseconds at 4096
 * iterations, most of them outside of the thread.
 *
 * @throws {RangeError} If the iterations are fewer than {@linkcode MIN_ITERATIONS} or more than {@linkcode MAX_ITERATIONS}.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const salt = { hash: "SHA-512", salt: crypto.getRandomValues(new Uint8Array(16)), iterations: 4096 } as const;
 * const { clientKey, storedKey } = await deriveScramSecret("pencil", salt);
 * assertEquals(new Uint8Array(await crypto.subtle.digest("SHA-512", clientKey)), storedKey);
 * ```
 */
export async function deriveScramSecret(password: string, from: ScramSalt): Promise<ScramSecret> {
  const { hash, salt, iterations } = from;
  if (!(iterations >= MIN_ITERATIONS && iterations <= MAX_ITERATIONS)) {
    throw new RangeError(
      `Cannot derive keys with ${iterations} iterations: ${MIN_ITERATIONS} are the fewest, ${MAX_ITERATIONS} the most`,
    );
  }
  const key = await crypto.subtle.importKey("raw", utf8Encode(password), "PBKDF2", false, ["deriveBits"]);
  const algorithm = { name: "PBKDF2", hash, salt: owned(salt), iterations };
  const salted = new Uint8Array(await crypto.subtle.deriveBits(algorithm, key, 8 * hashLength(hash)));
  const clientKey = await hmac(hash, salted, "Client Key");
  const storedKey = new Uint8Array(await crypto.subtle.digest(hash, clientKey));
  return { hash, salt, iterations, clientKey, storedKey, serverKey: await hmac(hash, salted, "Server Key") };
}

/** What a client shows to prove that it knows the password; the exchange is that of {@linkcode authMessage}. */
export async function clientProof(secret: ScramSecret, exchange: string): Promise<Bytes> {
  return xor(secret.clientKey, await hmac(secret.hash, secret.storedKey, exchange));
}

/** Whether a proof was made with the password that the keys belong to. */
export async function isClientProof(proof: Uint8Array, verifier: ScramVerifier, exchange: string): Promise<boolean> {
  const signature = await hmac(verifier.hash, verifier.storedKey, exchange);
  if (proof.length !== signature.length) return false;
  const storedKey = new Uint8Array(await crypto.subtle.digest(verifier.hash, xor(signature, proof)));
  return equalInConstantTime(storedKey, verifier.storedKey);
}

/** What a server shows to prove that it knows the user; the exchange is that of {@linkcode authMessage}. */
export function serverSignature(verifier: ScramVerifier, exchange: string): Promise<Bytes> {
  return hmac(verifier.hash, verifier.serverKey, exchange);
}

/** Whether two arrays hold the same bytes, in a time that depends on their lengths only. */
export function equalInConstantTime(a: Uint8Array, b: Uint8Array): boolean {
  let difference = a.length ^ b.length;
  for (let i = 0; i < a.length; i++) difference |= (a[i] as number) ^ (b[i] ?? 0);
  return difference === 0;
}

/** How many bytes a hash has. */
export function hashLength(hash: ScramHash): number {
  return hash === "SHA-1" ? 20 : Number(hash.slice(4)) / 8;
}

async function hmac(hash: ScramHash, secret: Bytes, text: string): Promise<Bytes> {
  const key = await crypto.subtle.importKey("raw", secret, { name: "HMAC", hash }, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", key, utf8Encode(text)));
}

function xor(a: Bytes, b: Uint8Array): Bytes {
  return a.map((byte, i) => byte ^ (b[i] as number));
}

/** WebCrypto takes no view of shared memory. */
function owned(bytes: Uint8Array): Bytes {
  return Uint8Array.from(bytes);
}
