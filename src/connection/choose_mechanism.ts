import { AuthError } from "../errors.ts";
import { scramHash } from "../wire/scram.ts";
import type { Credentials } from "./credentials.ts";
import { bearer, plain, type SaslMechanism } from "./sasl_mechanism.ts";
import { ScramMechanism } from "./scram_mechanism.ts";

/** What a password can be shown by, the strongest first. Couchbase writes SHA512, a memcached with Cyrus SASL SHA-512. */
const BY_PASSWORD: readonly string[] = [
  "SCRAM-SHA512",
  "SCRAM-SHA-512",
  "SCRAM-SHA256",
  "SCRAM-SHA-256",
  "SCRAM-SHA1",
  "SCRAM-SHA-1",
  "PLAIN",
];

/** What a token can be shown by. */
const BY_TOKEN: readonly string[] = ["OAUTHBEARER"];

/** What may be chosen, beside what the server offers. */
export interface MechanismChoice {
  /** The mechanisms that may be used, the first that is offered is; by default all that fit the credentials, the strongest first. */
  readonly mechanisms?: readonly string[] | undefined;
  /** Whether password and token may go as they are. */
  readonly cleartext: boolean;
}

/**
 * The mechanisms that may be used with some credentials, in the order in which they are tried.
 *
 * @throws {TypeError} If one is named that is not known here.
 */
export function usableMechanisms(
  credentials: Credentials,
  mechanisms: readonly string[] | undefined,
): readonly string[] {
  const usable = "token" in credentials ? BY_TOKEN : BY_PASSWORD;
  if (mechanisms === undefined) return usable;
  const unknown = mechanisms.find((name) => !BY_PASSWORD.includes(name) && !BY_TOKEN.includes(name));
  if (unknown !== undefined) {
    throw new TypeError(
      `Cannot authenticate by ${JSON.stringify(unknown)}: known are ${[...BY_PASSWORD, ...BY_TOKEN].join(", ")}`,
    );
  }
  return mechanisms.filter((name) => usable.includes(name));
}

/**
 * Chooses among the offered mechanisms.
 *
 * @throws {AuthError} If none will do: none is offered, or only such as say the password over a connection that is not encrypted.
 */
export function chooseMechanism(offered: readonly string[], credentials: Credentials, choice: MechanismChoice): string {
  const usable = usableMechanisms(credentials, choice.mechanisms);
  const found = usable.filter((name) => offered.includes(name));
  const chosen = found.find((name) => choice.cleartext || scramHash(name) !== undefined);
  if (chosen !== undefined) return chosen;
  if (found[0] !== undefined) {
    const what = "token" in credentials ? "token" : "password";
    throw new AuthError(
      `Cannot authenticate: ${
        found[0]
      } would send the ${what} over a connection that is not encrypted; use TLS, or allow it`,
      { sent: false },
    );
  }
  const kind = "token" in credentials ? "a token" : "a password";
  const needed = usable.length > 1 ? `one of ${usable.join(", ")}` : usable[0] ?? `a mechanism for ${kind}`;
  throw new AuthError(
    `Cannot authenticate: the server offers ${offered.join(", ") || "nothing"}, and ${needed} is needed`,
    { sent: false },
  );
}

/** Begins an exchange by a mechanism that was chosen for the credentials. */
export function beginMechanism(name: string, credentials: Credentials, prepare: boolean | undefined): SaslMechanism {
  if ("token" in credentials) return bearer(credentials);
  const hash = scramHash(name);
  if (hash === undefined) return plain(credentials);
  return new ScramMechanism(name, credentials, { hash, saslprep: prepare ?? true });
}
