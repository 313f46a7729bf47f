import { AuthError } from "../errors.ts";
import { abortable } from "../transport/abort.ts";

/** A user with a password. */
export interface PasswordCredentials {
  /** Name of the user; not empty. */
  readonly username: string;
  /** Password of the user. */
  readonly password: string;
}

/** A bearer token, as from an OAuth or OpenID provider. */
export interface TokenCredentials {
  /** The token: visible ASCII without blanks. */
  readonly token: string;
  /** Name of the user, for servers that want it beside the token; not empty. */
  readonly username?: string;
}

/** Who one is, to a server that asks. */
export type Credentials = PasswordCredentials | TokenCredentials;

/**
 * The credentials, or a function that gets them. It is called at every authentication, so that passwords and tokens can
 * change while the program runs.
 */
export type CredentialsSource = Credentials | (() => Credentials | Promise<Credentials>);

/**
 * Gets the credentials and looks at them.
 *
 * @throws {AuthError} If the function fails; its error is the cause.
 * @throws {TypeError} If the credentials can be no one's. The message does not repeat them.
 */
export async function obtainCredentials(source: CredentialsSource, signal?: AbortSignal): Promise<Credentials> {
  const credentials = typeof source === "function" ? await ask(source, signal) : source;
  if ("token" in credentials) {
    if (!/^[\x21-\x7e]+$/.test(credentials.token)) refuse("a token must be visible ASCII without blanks");
  } else {
    if (typeof credentials.password !== "string") refuse("there is neither a password nor a token");
    // PLAIN parts the two by this character; SASLprep forbids it.
    if (credentials.password.includes("\0")) refuse("the password must not contain a NUL character");
  }
  const { username } = credentials;
  if (username === "" || (username === undefined && !("token" in credentials))) refuse("the user name is empty");
  if (username?.includes("\0")) refuse("the user name must not contain a NUL character");
  return credentials;
}

async function ask(source: () => Credentials | Promise<Credentials>, signal?: AbortSignal): Promise<Credentials> {
  try {
    const asking = new Promise<Credentials>((resolve) => resolve(source()));
    return await abortable(asking, { signal, dispose: () => {} });
  } catch (cause) {
    if (signal?.aborted) throw signal.reason;
    throw new AuthError("Cannot authenticate: the function that gets the credentials failed", { cause, sent: false });
  }
}

function refuse(reason: string): never {
  throw new TypeError(`Cannot authenticate: ${reason}`);
}
