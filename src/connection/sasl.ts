import { utf8Encode } from "../bytes.ts";
import { AuthError, StatusError } from "../errors.ts";
import { SASL_AUTH, SASL_LIST_MECHS } from "../ops/auth.ts";
import { Status } from "../wire/status.ts";
import type { Caller, CallOptions } from "./caller.ts";

/** Who one is, to a server that asks. */
export interface Credentials {
  /** Name of the user. */
  readonly username: string;
  /** Password of the user. */
  readonly password: string;
}

/**
 * Shows the credentials by SASL PLAIN (RFC 4616): the password goes as it is, so the connection should be encrypted.
 *
 * @throws {AuthError} If the server offers no PLAIN, or does not accept the credentials.
 */
export async function authenticate(caller: Caller, credentials: Credentials, options: CallOptions = {}): Promise<void> {
  const { username, password } = credentials;
  if (username.includes("\0") || password.includes("\0")) {
    throw new TypeError("Cannot authenticate: user name and password must not contain a NUL character");
  }
  const offered = await listMechanisms(caller, options);
  if (!offered.includes("PLAIN")) {
    throw new AuthError(
      `Cannot authenticate: the server offers ${offered.join(", ") || "nothing"}, and PLAIN is needed`,
    );
  }
  const data = utf8Encode(`\0${username}\0${password}`);
  try {
    await caller.call(SASL_AUTH, { mechanism: "PLAIN", data }, options);
  } catch (cause) {
    if (!(cause instanceof StatusError)) throw cause;
    const found = cause.status === Status.AUTH_ERROR ? "the server does not accept the password" : cause.message;
    throw new AuthError(`Cannot authenticate as "${username}" by PLAIN: ${found}`, { cause });
  }
}

/** Asks which mechanisms the server offers. */
async function listMechanisms(caller: Caller, options: CallOptions): Promise<string[]> {
  try {
    // This goes first because it carries no key: a memcached without SASL loses its place on an unknown opcode that has one.
    const { mechanisms } = await caller.call(SASL_LIST_MECHS, {}, options);
    return mechanisms.split(" ").filter((name) => name !== "");
  } catch (cause) {
    if (!(cause instanceof StatusError)) throw cause;
    throw new AuthError(
      "Cannot authenticate: the server does not know SASL; start it with authentication, or leave the credentials out",
      {
        cause,
      },
    );
  }
}
