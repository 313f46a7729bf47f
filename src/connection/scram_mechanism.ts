import { utf8Decode, utf8Encode } from "../bytes.ts";
import { AuthError } from "../errors.ts";
import { encodeBase64 } from "../wire/base64.ts";
import { saslprep } from "../wire/saslprep.ts";
import {
  clientProof,
  deriveScramSecret,
  equalInConstantTime,
  type ScramHash,
  type ScramSecret,
  serverSignature,
} from "../wire/scram.ts";
import {
  authMessage,
  makeClientFinal,
  makeClientFirst,
  readServerFinal,
  readServerFirst,
  type ScramClientFirst,
  type ScramServerFirst,
  withProof,
} from "../wire/scram_messages.ts";
import type { PasswordCredentials } from "./credentials.ts";
import type { SaslMechanism } from "./sasl_mechanism.ts";

/** How a {@linkcode ScramMechanism} is set. */
export interface ScramOptions {
  /** The hash of the mechanism. */
  readonly hash: ScramHash;
  /** Random text without a comma; 24 random bytes in base64 by default. */
  readonly nonce?: string;
  /** Whether user name and password go through SASLprep, as the RFC asks; `true` by default. */
  readonly saslprep?: boolean;
}

/**
 * SCRAM (RFC 5802) as the client: the password is not said, and the server has to prove that it knows it as well.
 *
 * ```text
 *  start ──▶ first message     challenge ──▶ proof     success with the signature of the server ──▶ checked
 * ```
 */
export class ScramMechanism implements SaslMechanism {
  /** {@inheritDoc SaslMechanism.name} */
  readonly name: string;
  readonly #hash: ScramHash;
  readonly #password: string;
  readonly #first: ScramClientFirst;
  #state: "challenge" | "signature" | "proved" = "challenge";
  #signature: Uint8Array = new Uint8Array(0);

  /**
   * Begins an exchange.
   *
   * @throws {TypeError} If user name or password do not pass SASLprep, or nothing is left of the user name.
   */
  constructor(name: string, credentials: PasswordCredentials, options: ScramOptions) {
    const { hash, nonce = encodeBase64(crypto.getRandomValues(new Uint8Array(24))) } = options;
    let { username, password } = credentials;
    if (options.saslprep !== false) {
      username = saslprep(username, { name: "the user name", allowUnassigned: true });
      password = saslprep(password, { name: "the password" });
    }
    if (username === "") throw new TypeError("Cannot authenticate: nothing is left of the user name after SASLprep");
    this.name = name;
    this.#hash = hash;
    this.#password = password;
    this.#first = makeClientFirst(username, nonce);
  }

  /** {@inheritDoc SaslMechanism.start} */
  start(): Uint8Array {
    return utf8Encode(this.#first.header + this.#first.bare);
  }

  /** {@inheritDoc SaslMechanism.step} */
  async step(challenge: Uint8Array): Promise<Uint8Array> {
    const text = utf8Decode(challenge);
    if (this.#state === "signature") {
      // A memcached with Cyrus SASL sends its signature as a challenge of its own, to be answered with nothing.
      this.#check(text);
      return new Uint8Array(0);
    }
    if (this.#state === "proved") throw new AuthError("Cannot accept a challenge: the exchange is over");
    const { header, bare, nonce } = this.#first;
    const first = readServerFirst(text, nonce);
    const withoutProof = makeClientFinal(header, first.nonce);
    const message = authMessage(bare, text, withoutProof);
    const secret = await this.#derive(first);
    const proof = await clientProof(secret, message);
    this.#signature = await serverSignature(secret, message);
    this.#state = "signature";
    return utf8Encode(withProof(withoutProof, proof));
  }

  /** {@inheritDoc SaslMechanism.finish} */
  finish(data: Uint8Array): void {
    if (this.#state === "challenge") {
      throw new AuthError(
        "Cannot accept success: the server has not asked for a proof, so it is not the one that knows the user",
      );
    }
    if (this.#state === "signature") this.#check(utf8Decode(data));
  }

  #check(text: string): void {
    if (!equalInConstantTime(readServerFinal(text), this.#signature)) {
      throw new AuthError(
        "Cannot accept the signature of the server: it was not made with this password, so the server is not the one that knows the user",
      );
    }
    this.#state = "proved";
  }

  async #derive(first: ScramServerFirst): Promise<ScramSecret> {
    try {
      return await deriveScramSecret(this.#password, {
        hash: this.#hash,
        salt: first.salt,
        iterations: first.iterations,
      });
    } catch (cause) {
      throw new AuthError(`Cannot derive keys with ${first.iterations} iterations of ${this.#hash} in this runtime`, {
        cause,
      });
    }
  }
}
