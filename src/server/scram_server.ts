import { utf8Decode, utf8Encode } from "../bytes.ts";
import { AuthError } from "../errors.ts";
import { encodeBase64 } from "../wire/base64.ts";
import { isClientProof, type ScramHash, serverSignature } from "../wire/scram.ts";
import {
  authMessage,
  bindingOf,
  makeServerFinal,
  makeServerFirst,
  readClientFinal,
  readClientFirst,
  type ScramClientFirst,
} from "../wire/scram_messages.ts";
import { Status } from "../wire/status.ts";
import { MALFORMED_STEP, REFUSED, type SaslAnswer, type SaslExchange } from "./sasl_answer.ts";
import type { ScramUser, ScramUsers } from "./scram_users.ts";

/** How a {@linkcode ScramServerExchange} is set. */
export interface ScramServerOptions {
  /** The hash of the mechanism. */
  readonly hash: ScramHash;
  /** Who is known. */
  readonly users: Pick<ScramUsers, "find">;
  /** Random text without a comma, put behind the nonce of the client; 18 random bytes in base64 by default. */
  readonly nonce?: string;
}

/** What was said so far. */
interface Challenged {
  readonly first: ScramClientFirst;
  readonly challenge: string;
  readonly nonce: string;
  readonly user: ScramUser;
}

/** SCRAM (RFC 5802) as the server: a challenge for the first message, the signature of the server for the right proof. */
export class ScramServerExchange implements SaslExchange {
  /** {@inheritDoc SaslExchange.name} */
  readonly name: string;
  readonly #hash: ScramHash;
  readonly #users: Pick<ScramUsers, "find">;
  readonly #nonce: string;
  #challenged: Challenged | undefined;
  #begun = false;

  /** Waits for the first message of a client. */
  constructor(name: string, options: ScramServerOptions) {
    this.name = name;
    this.#hash = options.hash;
    this.#users = options.users;
    this.#nonce = options.nonce ?? encodeBase64(crypto.getRandomValues(new Uint8Array(18)));
  }

  /** {@inheritDoc SaslExchange.start} */
  async start(data: Uint8Array): Promise<SaslAnswer> {
    if (this.#begun) return MALFORMED_STEP;
    this.#begun = true;
    const first = reading(() => readClientFirst(utf8Decode(data)));
    if (first === undefined) return MALFORMED_STEP;
    const user = await this.#users.find(first.username, this.#hash);
    const nonce = first.nonce + this.#nonce;
    const challenge = makeServerFirst({ nonce, salt: user.verifier.salt, iterations: user.verifier.iterations });
    this.#challenged = { first, challenge, nonce, user };
    return { status: Status.AUTH_CONTINUE, data: utf8Encode(challenge) };
  }

  /** {@inheritDoc SaslExchange.step} */
  async step(data: Uint8Array): Promise<SaslAnswer> {
    const challenged = this.#challenged;
    // A challenge is good for one answer, right or wrong.
    this.#challenged = undefined;
    const final = reading(() => readClientFinal(utf8Decode(data)));
    if (challenged === undefined || final === undefined) return MALFORMED_STEP;
    const { first, challenge, nonce, user } = challenged;
    const message = authMessage(first.bare, challenge, final.withoutProof);
    const proved = await isClientProof(final.proof, user.verifier, message);
    // The client repeats what it said and heard, so that nobody can have changed it on the way.
    if (!proved || !user.known || final.nonce !== nonce || final.binding !== bindingOf(first.header)) return REFUSED;
    const signature = await serverSignature(user.verifier, message);
    return { status: Status.SUCCESS, data: utf8Encode(makeServerFinal(signature)), username: first.username };
  }
}

/** What a reader makes of a message, `undefined` if it refuses it. */
function reading<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof AuthError) return undefined;
    throw error;
  }
}
