import { AuthError, StatusError } from "../errors.ts";
import { saslprep } from "../wire/saslprep.ts";
import { scramHash } from "../wire/scram.ts";
import { Status } from "../wire/status.ts";
import type { Credentials } from "./credentials.ts";
import type { SaslMechanism } from "./sasl_mechanism.ts";

/** What a failure is explained with. */
export interface AuthCircumstances {
  /** What was shown. */
  readonly credentials: Credentials;
  /** The mechanisms that the server offers. */
  readonly offered: readonly string[];
  /** Whether SASLprep was left out, as in the options. */
  readonly saslprep: boolean | undefined;
}

/** Makes the error for an exchange that failed: who, by which mechanism, why, what to do. Errors of the connection stay as they are. */
export function explainAuthFailure(
  cause: unknown,
  mechanism: SaslMechanism,
  circumstances: AuthCircumstances,
): unknown {
  if (!(cause instanceof AuthError || cause instanceof StatusError)) return cause;
  const { username } = circumstances.credentials;
  const attempt = `Cannot authenticate${username === undefined ? "" : ` as "${username}"`} by ${mechanism.name}`;
  const said = mechanism.complaint === undefined ? "" : ` (${mechanism.complaint})`;
  return new AuthError(`${attempt}: ${reasonOf(cause, circumstances)}${said}${hint(cause, mechanism, circumstances)}`, {
    cause,
  });
}

function reasonOf(cause: Error, { credentials }: AuthCircumstances): string {
  if (!isRefusal(cause)) return cause.message.replace(/^C/, "c");
  return `the server does not accept the ${"token" in credentials ? "token" : "password"}`;
}

function isRefusal(cause: Error): boolean {
  return cause instanceof StatusError && cause.status === Status.AUTH_ERROR;
}

/** What to try when a password is refused that should be right. */
function hint(
  cause: Error,
  { name }: SaslMechanism,
  { credentials, offered, saslprep: prepared }: AuthCircumstances,
): string {
  if (!isRefusal(cause) || scramHash(name) === undefined || "token" in credentials) return "";
  if (prepared !== false && saslprep(credentials.password) !== credentials.password) {
    return "; SASLprep changes this password: if the server keeps it as it was typed, set saslprep to false";
  }
  // Cyrus SASL offers whatever is installed, though only PLAIN works when the passwords are kept by saslauthd or PAM.
  if (name.startsWith("SCRAM-SHA-") && offered.includes("PLAIN")) {
    return '; if the server has passwords checked elsewhere, only PLAIN can work: set mechanisms to ["PLAIN"]';
  }
  return "";
}
