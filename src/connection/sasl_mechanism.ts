import { utf8Decode, utf8Encode } from "../bytes.ts";
import { AuthError } from "../errors.ts";
import { escapeName } from "../wire/scram_messages.ts";
import type { PasswordCredentials, TokenCredentials } from "./credentials.ts";

/** One exchange of a mechanism, as the client sees it: what to say, and what to make of the answers. No I/O. */
export interface SaslMechanism {
  /** Name of the mechanism, the key of every message. */
  readonly name: string;
  /** Why the server will refuse, when it said so in a challenge. */
  readonly complaint?: string | undefined;
  /** The first message. */
  start(): Uint8Array;
  /** The answer to a challenge. Throws an {@linkcode AuthError} if the challenge cannot be accepted. */
  step(challenge: Uint8Array): Promise<Uint8Array>;
  /** Looks at what came with success. Throws an {@linkcode AuthError} if the server has not proved what it must. */
  finish(data: Uint8Array): void;
}

/** PLAIN (RFC 4616): one message, the password as it is. */
export function plain({ username, password }: PasswordCredentials): SaslMechanism {
  return {
    name: "PLAIN",
    start: () => utf8Encode(`\0${username}\0${password}`),
    step: () => Promise.reject(new AuthError("Cannot accept a challenge: PLAIN has none")),
    // memcached says "Authenticated", Couchbase nothing; it proves nothing either way.
    finish: () => {},
  };
}

/** OAUTHBEARER (RFC 7628): one message, the token as it is; a refusal may first come as a challenge that says why. */
export function bearer({ username, token }: TokenCredentials): SaslMechanism {
  let complaint: string | undefined;
  const header = username === undefined ? "n,," : `n,a=${escapeName(username)},`;
  return {
    name: "OAUTHBEARER",
    get complaint() {
      return complaint;
    },
    start: () => utf8Encode(`${header}\x01auth=Bearer ${token}\x01\x01`),
    step(challenge) {
      if (complaint !== undefined) return Promise.reject(new AuthError("Cannot accept a second challenge"));
      complaint = utf8Decode(challenge).slice(0, 200);
      // The refusal itself comes only when the client has acknowledged its reason.
      return Promise.resolve(Uint8Array.of(1));
    },
    finish() {
      if (complaint !== undefined) {
        throw new AuthError(`Cannot accept success: the server refused before (${complaint})`);
      }
    },
  };
}
