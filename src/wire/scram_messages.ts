/**
 * SCRAM (RFC 5802), the four messages. The readers are strict: what does not follow the grammar throws an {@linkcode AuthError}.
 *
 * ```text
 * client first   n,,n=<user>,r=<client nonce>                        gs2 header, then what counts for the proof
 * server first   r=<client nonce><server nonce>,s=<salt>,i=<count>
 * client final   c=<gs2 header>,r=<both nonces>,p=<proof>
 * server final   v=<signature>   or   e=<error>
 * ```
 */

import { utf8Encode } from "../bytes.ts";
import { AuthError } from "../errors.ts";
import { decodeBase64, encodeBase64 } from "./base64.ts";
import { MAX_ITERATIONS, MIN_ITERATIONS } from "./scram.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** The header that asks for no channel binding: Couchbase knows none, over TLS neither. */
const GS2_HEADER = "n,,";

/** What a client says first. */
export interface ScramClientFirst {
  /** The header in front, which the client says again in its last message. */
  readonly header: string;
  /** The message without the header: part of what is signed. */
  readonly bare: string;
  /** The user, with nothing escaped. */
  readonly username: string;
  /** Random text of the client, without a comma. */
  readonly nonce: string;
}

/** What a server says first. */
export interface ScramServerFirst {
  /** The nonce of the client with that of the server behind it. */
  readonly nonce: string;
  /** The salt of the user. */
  readonly salt: Bytes;
  /** How often the password is to be hashed. */
  readonly iterations: number;
}

/** What a client says last. */
export interface ScramClientFinal {
  /** The message up to the proof: part of what is signed. */
  readonly withoutProof: string;
  /** The header of the first message, in base64. */
  readonly binding: string;
  /** The nonces of both. */
  readonly nonce: string;
  /** The proof that the client knows the password. */
  readonly proof: Bytes;
}

/** Writes a user name as it stands in a message: `,` as `=2C`, `=` as `=3D`. */
export function escapeName(username: string): string {
  return username.replaceAll("=", "=3D").replaceAll(",", "=2C");
}

/** Reads a user name as it stands in a message; `undefined` if a `=` stands for nothing. */
export function unescapeName(text: string): string | undefined {
  if (/=(?!2C|3D)/.test(text)) return undefined;
  return text.replaceAll("=2C", ",").replaceAll("=3D", "=");
}

/** Makes the first message of a client; on the wire it is the header and what is bare. */
export function makeClientFirst(username: string, nonce: string): ScramClientFirst {
  return { header: GS2_HEADER, bare: `n=${escapeName(username)},r=${nonce}`, username, nonce };
}

/** Reads the first message of a client. Channel binding, and extensions that must be understood, are refused. */
export function readClientFirst(text: string): ScramClientFirst {
  const what = "the first message of the client";
  const header = /^n,(?:a=[^,]+)?,/.exec(text)?.[0];
  if (header === undefined) refuse(what, "it does not begin with n,, (there is no channel binding here)");
  const bare = text.slice(header.length);
  // The official client puts blanks into its nonce, which the grammar of the RFC does not allow.
  const [, name, nonce] = /^n=([^,]+),r=([^,]+)(?:,[A-Za-z]=[^,]+)*$/.exec(bare) ?? [];
  if (name === undefined || nonce === undefined) refuse(what, "it is not n=…,r=…");
  const username = unescapeName(name);
  if (username === undefined) refuse(what, "a = in its user name is neither =2C nor =3D");
  return { header, bare, username, nonce };
}

/** Makes the first message of a server. */
export function makeServerFirst(
  { nonce, salt, iterations }: { nonce: string; salt: Uint8Array; iterations: number },
): string {
  return `r=${nonce},s=${encodeBase64(salt)},i=${iterations}`;
}

/** Reads the first message of a server, which must carry on the nonce of the client. */
export function readServerFirst(text: string, clientNonce: string): ScramServerFirst {
  const what = "the challenge";
  checkError(text, what);
  const [, nonce, base64, count] = /^r=([^,]+),s=([^,]+),i=([1-9][0-9]*)(?:,[A-Za-z]=[^,]+)*$/.exec(text) ?? [];
  if (nonce === undefined || base64 === undefined) refuse(what, "it is not r=…,s=…,i=…");
  if (!nonce.startsWith(clientNonce) || nonce.length === clientNonce.length) {
    refuse(what, "its nonce does not carry ours on, so it answers somebody else");
  }
  const salt = decodeBase64(base64);
  if (salt === undefined) refuse(what, "its salt is no base64");
  const iterations = Number(count);
  if (iterations < MIN_ITERATIONS) {
    refuse(what, `${count} iterations are fewer than ${MIN_ITERATIONS}, which protects no password`);
  }
  if (iterations > MAX_ITERATIONS) refuse(what, `${count} iterations are more than ${MAX_ITERATIONS}`);
  return { nonce, salt, iterations };
}

/** What the last message of a client says about the header of its first. */
export function bindingOf(header: string): string {
  return encodeBase64(utf8Encode(header));
}

/** Makes the last message of a client up to its proof. */
export function makeClientFinal(header: string, nonce: string): string {
  return `c=${bindingOf(header)},r=${nonce}`;
}

/** Adds the proof to the last message of a client. */
export function withProof(withoutProof: string, proof: Uint8Array): string {
  return `${withoutProof},p=${encodeBase64(proof)}`;
}

/** Reads the last message of a client. Whether binding, nonce and proof are right is for the caller to see. */
export function readClientFinal(text: string): ScramClientFinal {
  const what = "the last message of the client";
  const [, withoutProof, binding, nonce, base64] = /^(c=([^,]+),r=([^,]+)(?:,[A-Za-z]=[^,]+)*),p=([^,]+)$/.exec(text) ??
    [];
  if (withoutProof === undefined || binding === undefined || nonce === undefined) refuse(what, "it is not c=…,r=…,p=…");
  const proof = decodeBase64(base64 as string);
  if (proof === undefined) refuse(what, "its proof is no base64");
  return { withoutProof, binding, nonce, proof };
}

/** Makes the last message of a server. */
export function makeServerFinal(signature: Uint8Array): string {
  return `v=${encodeBase64(signature)}`;
}

/** Reads the signature in the last message of a server. */
export function readServerFinal(text: string): Bytes {
  const what = "the last message of the server";
  checkError(text, what);
  const base64 = /^v=([^,]+)(?:,[A-Za-z]=[^,]+)*$/.exec(text)?.[1];
  const signature = base64 === undefined ? undefined : decodeBase64(base64);
  if (signature === undefined) refuse(what, "it is not v=…, so the server has not proved that it knows the password");
  return signature;
}

/** What both sides sign: all that was said, up to the proof. */
export function authMessage(clientFirstBare: string, serverFirst: string, withoutProof: string): string {
  return `${clientFirstBare},${serverFirst},${withoutProof}`;
}

function checkError(text: string, what: string): void {
  if (text.startsWith("e=")) refuse(what, `the server says ${JSON.stringify(text.slice(2, 100))}`);
}

function refuse(what: string, reason: string): never {
  throw new AuthError(`Cannot accept ${what}: ${reason}`);
}
