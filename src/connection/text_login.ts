/**
 * The beginning of a connection that speaks text: who one is, and whether the server is new enough.
 */

import { AuthError, StatusError, UnsupportedError } from "../errors.ts";
import { VERSION } from "../ops/admin.ts";
import { SASL_AUTH } from "../ops/auth.ts";
import { ServerVersion } from "../text/server_version.ts";
import { Status } from "../wire/status.ts";
import type { Caller, CallOptions } from "./caller.ts";
import { type Credentials, type CredentialsSource, obtainCredentials } from "./credentials.ts";
import { MetaWire } from "./meta_wire.ts";
import { TextWire } from "./text_wire.ts";
import type { Wire } from "./wire.ts";

/** What speaks text: the meta protocol or the classic one. */
export type TextProtocol = "meta" | "text";

/** The first memcached whose misses say which request they answer. */
export const OLDEST_META = "1.6.18";

/** A caller over one connection. */
export interface TextCaller extends Caller {
  /** Whether the bytes are encrypted on the way. */
  readonly secure: boolean;
}

/** How {@linkcode beginText} begins. */
export interface BeginOptions {
  /** What is to be spoken. */
  readonly protocol: TextProtocol;
  /** Who one is. */
  readonly credentials?: CredentialsSource | undefined;
  /** Whether a password may go over a connection that is not encrypted; yes unless `false`. */
  readonly allowPlaintext?: boolean | undefined;
  /** Gives up when aborted. */
  readonly signal?: AbortSignal;
}

/** A wire of a protocol, for one connection. */
export function textWire(protocol: TextProtocol, options: { readonly maxBody?: number | undefined } = {}): Wire {
  return protocol === "meta" ? new MetaWire(options) : new TextWire(options);
}

/**
 * Makes a connection ready that speaks text: asks for the version, logs in where the server wants that, and resolves to the version;
 * nothing where the server does not tell it.
 *
 * @throws {AuthError} If the server wants a login and there are no credentials, does not accept them, or wants none although there are.
 * @throws {UnsupportedError} If the meta protocol is to be spoken and the server is too old for it.
 */
export async function beginText(caller: TextCaller, options: BeginOptions): Promise<ServerVersion | undefined> {
  const { credentials } = options;
  const how: CallOptions = options.signal === undefined ? { timeout: 0 } : { timeout: 0, signal: options.signal };
  let version = await askVersion(caller, how);
  if (version === "login") {
    await login(caller, options, how);
    version = await askVersion(caller, how);
  } else if (credentials !== undefined) {
    // A password that nobody asks for would be stored as the value of an item, for everyone to read.
    throw new AuthError(
      "Cannot authenticate: the server wants no login over text; leave the credentials out, or start it with -Y",
      { sent: false },
    );
  }
  if (options.protocol === "meta") checkMeta(version);
  return version === "login" ? undefined : version;
}

async function askVersion(caller: Caller, how: CallOptions): Promise<ServerVersion | "login" | undefined> {
  try {
    const { version } = await caller.call(VERSION, {}, how);
    return ServerVersion.parse(version);
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    // Proxies may not know the command.
    return error.status === Status.AUTH_ERROR ? "login" : undefined;
  }
}

function checkMeta(version: ServerVersion | "login" | undefined): void {
  if (version instanceof ServerVersion && version.atLeast(OLDEST_META)) return;
  const found = version instanceof ServerVersion ? `the server is ${version}` : "the server does not tell its version";
  throw new UnsupportedError(
    `Cannot speak the meta protocol: it needs memcached ${OLDEST_META} or later, and ${found}; ` +
      'connect with protocol "text", "binary" or "auto"',
    { sent: false },
  );
}

async function login(caller: TextCaller, options: BeginOptions, how: CallOptions): Promise<void> {
  if (options.credentials === undefined) {
    throw new AuthError("Cannot connect: the server wants a login; give credentials", { sent: false });
  }
  const credentials = await obtainCredentials(options.credentials, options.signal);
  if ("token" in credentials) {
    throw new AuthError("Cannot authenticate: text protocols know only name and password, and there is a token", {
      sent: false,
    });
  }
  const { username, password } = credentials;
  if (!caller.secure && options.allowPlaintext === false) {
    throw new AuthError(
      `Cannot authenticate as "${username}": the password would go over a connection that is not encrypted; ` +
        "use TLS or set allowPlaintextAuth to true",
      { sent: false },
    );
  }
  try {
    await caller.call(SASL_AUTH, { mechanism: "PLAIN", data: `\0${username}\0${password}` }, how);
  } catch (cause) {
    throw explain(cause, credentials);
  }
}

function explain(cause: unknown, { username }: Credentials): unknown {
  if (!(cause instanceof StatusError)) return cause;
  const why = cause.status === Status.AUTH_ERROR ? "the server does not accept the password" : cause.message;
  return new AuthError(`Cannot authenticate as "${username}": ${why.replace(/^C/, "c")}`, { cause });
}
