import { utf8Encode } from "../bytes.ts";
import {
  deriveScramSecret,
  hashLength,
  MAX_ITERATIONS,
  MIN_ITERATIONS,
  type ScramHash,
  type ScramVerifier,
} from "../wire/scram.ts";
import { prepare } from "./prepare_password.ts";

/** Finds the password of a user; `undefined` if there is no such user. */
export type UserLookup = (username: string) => string | undefined | Promise<string | undefined>;

/** What SCRAM knows about a user. */
export interface ScramUser {
  /** Whether there is such a user at all. */
  readonly known: boolean;
  /** The salt and the keys; for an unknown user such as look right. */
  readonly verifier: ScramVerifier;
}

interface Kept {
  readonly password: string;
  readonly verifier: Promise<ScramVerifier>;
}

/**
 * The keys of users, derived from their passwords once and kept while the password stays the same.
 *
 * A user has the same salt every time, an unknown one too: who asks cannot tell the two apart.
 */
export class ScramUsers {
  readonly #lookup: UserLookup;
  readonly #iterations: number;
  readonly #kept = new Map<string, Kept>();
  /** What salts are made from; another one in every server. */
  readonly #seed: Promise<CryptoKey>;

  /** Takes what finds passwords, and how often they are hashed: 4096 times by default. Throws a `RangeError` out of bounds. */
  constructor(lookup: UserLookup, iterations: number = MIN_ITERATIONS) {
    if (!(iterations >= MIN_ITERATIONS && iterations <= MAX_ITERATIONS)) {
      throw new RangeError(
        `Cannot offer SCRAM with ${iterations} iterations: from ${MIN_ITERATIONS} to ${MAX_ITERATIONS}`,
      );
    }
    this.#lookup = lookup;
    this.#iterations = iterations;
    const random = crypto.getRandomValues(new Uint8Array(32));
    this.#seed = crypto.subtle.importKey("raw", random, { name: "HMAC", hash: "SHA-512" }, false, ["sign"]);
  }

  /** Finds the keys of a user for a hash. */
  async find(username: string, hash: ScramHash): Promise<ScramUser> {
    const password = await this.#lookup(username);
    const salt = await this.#bytes(`salt ${hash} ${username}`, hash);
    if (password === undefined) {
      const storedKey = await this.#bytes(`stored ${hash} ${username}`, hash);
      const serverKey = await this.#bytes(`server ${hash} ${username}`, hash);
      return { known: false, verifier: { hash, salt, iterations: this.#iterations, storedKey, serverKey } };
    }
    const place = `${hash} ${username}`;
    let kept = this.#kept.get(place);
    if (kept?.password !== password) {
      kept = { password, verifier: this.#derive(password, { hash, salt }) };
      this.#kept.set(place, kept);
    }
    return { known: true, verifier: await kept.verifier };
  }

  async #derive(password: string, { hash, salt }: { hash: ScramHash; salt: Uint8Array }): Promise<ScramVerifier> {
    const secret = await deriveScramSecret(prepare(password), { hash, salt, iterations: this.#iterations });
    // The key of the client is not kept: it would be enough to log in with.
    const { iterations, storedKey, serverKey } = secret;
    return { hash, salt, iterations, storedKey, serverKey };
  }

  /** Bytes that belong to a text, of the length of a hash. */
  async #bytes(text: string, hash: ScramHash): Promise<Uint8Array<ArrayBuffer>> {
    const signature = await crypto.subtle.sign("HMAC", await this.#seed, utf8Encode(text));
    return new Uint8Array(signature).slice(0, hashLength(hash));
  }
}
