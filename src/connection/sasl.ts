import { AuthError, StatusError } from "../errors.ts";
import type { Frame } from "../frame/frame.ts";
import { SASL_AUTH, SASL_LIST_MECHS, SASL_STEP, type SaslRequest, type SaslResponse } from "../ops/auth.ts";
import type { Op } from "../ops/op.ts";
import { scramHash } from "../wire/scram.ts";
import { Status } from "../wire/status.ts";
import type { Caller, CallOptions } from "./caller.ts";
import { beginMechanism, chooseMechanism, usableMechanisms } from "./choose_mechanism.ts";
import { explainAuthFailure } from "./auth_failure.ts";
import { type CredentialsSource, obtainCredentials } from "./credentials.ts";
import { readReply } from "./read_reply.ts";
import type { SaslMechanism } from "./sasl_mechanism.ts";

export type { Credentials, CredentialsSource, PasswordCredentials, TokenCredentials } from "./credentials.ts";

/** Who can be authenticated with: something that answers, and may know whether it is encrypted. */
export type SaslCaller = Caller & {
  /** Whether the bytes are encrypted on the way; `false` if left out. */
  readonly secure?: boolean;
};

/** How {@linkcode authenticate} goes about it. The timeout is that of each message. */
export interface AuthenticateOptions extends Pick<CallOptions, "timeout" | "signal"> {
  /**
   * The mechanisms that may be used; the first of them that the server offers is. By default the strongest that is offered:
   * SCRAM with SHA512, SHA256, SHA1, then PLAIN; for a token OAUTHBEARER.
   */
  readonly mechanisms?: readonly string[];
  /**
   * Lets PLAIN and OAUTHBEARER send the password or token over a connection that is not encrypted; `"password"` allows it for
   * PLAIN only. `false` by default.
   */
  readonly allowPlaintext?: boolean | "password";
  /**
   * Whether SCRAM takes user name and password through SASLprep, as RFC 5802 asks; `true` by default. Only other than ASCII
   * changes by it. Couchbase keeps passwords as they were typed: `false` is for those that SASLprep would change.
   */
  readonly saslprep?: boolean;
  /**
   * Sends the first message of the strongest SCRAM together with the question for the mechanisms, which saves a round trip;
   * `false` by default. For Couchbase: a memcached without authentication loses its place on such a message.
   */
  readonly optimistic?: boolean;
}

/** What a server says in one step. */
interface Reply {
  /** Whether that was the last. */
  readonly done: boolean;
  /** A challenge, or what comes with success. */
  readonly data: Uint8Array;
}

/**
 * Shows the credentials to a server by SASL, and resolves to the name of the mechanism.
 *
 * - The server is asked for its mechanisms, and the strongest is used. When it fails, no weaker one is tried.
 * - A connection on which it failed is of no more use: close it.
 *
 * @throws {AuthError} If no mechanism will do, the server does not accept the credentials, or does not prove that it knows
 * them, which SCRAM asks of it. The message names the step.
 * @throws {TypeError} If the credentials can be no one's.
 *
 * @example
 * ```ts
 * import { authenticate, Connection, Magic, type Frame, FrameSplitter, FrameWriter, SASL_LIST_MECHS } from "@memwire/memwire/codec";
 * import { memoryPair } from "@memwire/memwire/transport/memory";
 * import { assertRejects } from "@std/assert";
 *
 * // A server that offers PLAIN and nothing else, over a connection that is not encrypted.
 * const [here, there] = memoryPair();
 * const splitter = new FrameSplitter();
 * const answer = ({ opcode, opaque }: Frame) => {
 *   const out = new FrameWriter();
 *   out.begin();
 *   SASL_LIST_MECHS.response.write(out, { mechanisms: "PLAIN" });
 *   out.end({ magic: Magic.SERVER_RESPONSE, opcode, opaque });
 *   there.write(out.take()[0]!);
 * };
 * there.start({ data: (chunk) => splitter.push(chunk, answer), end: () => {} });
 *
 * const connection = new Connection(here);
 * await assertRejects(
 *   () => authenticate(connection, { username: "ada", password: "pencil" }),
 *   Error,
 *   "PLAIN would send the password over a connection that is not encrypted",
 * );
 * await Promise.all([connection.close(), there.closed]);
 * ```
 */
export async function authenticate(
  caller: SaslCaller,
  credentials: CredentialsSource,
  options: AuthenticateOptions = {},
): Promise<string> {
  const { mechanisms, signal } = options;
  const found = await obtainCredentials(credentials, signal);
  const [strongest] = usableMechanisms(found, mechanisms);
  const early = options.optimistic === true && strongest !== undefined && scramHash(strongest) !== undefined
    ? beginMechanism(strongest, found, options.saslprep)
    : undefined;
  const listing = listMechanisms(caller, options);
  const guess = early === undefined ? undefined : open(caller, early, options);
  const offered = await listing;
  const { allowPlaintext = false } = options;
  const cleartext = caller.secure === true || (allowPlaintext === "password" ? !("token" in found) : allowPlaintext);
  const name = chooseMechanism(offered, found, { mechanisms, cleartext });
  const opening = guess?.mechanism.name === name
    ? guess
    : open(caller, beginMechanism(name, found, options.saslprep), options);
  try {
    await goOn(caller, opening, options);
  } catch (cause) {
    throw explainAuthFailure(cause, opening.mechanism, { credentials: found, offered, saslprep: options.saslprep });
  }
  return name;
}

/** An exchange whose first message was sent. */
interface Opening {
  readonly mechanism: SaslMechanism;
  readonly reply: Promise<Reply>;
}

function open(caller: Caller, mechanism: SaslMechanism, options: CallOptions): Opening {
  const reply = caller.call(SASL_AUTH, { mechanism: mechanism.name, data: mechanism.start() }, options, readStep);
  // An early message may be for nothing, and then nobody asks what became of it.
  reply.catch(() => {});
  return { mechanism, reply };
}

/** Answers challenges until there are no more; a mechanism refuses those that are too many. */
async function goOn(caller: Caller, { mechanism, reply }: Opening, options: CallOptions): Promise<void> {
  let { done, data } = await reply;
  while (!done) {
    const request = { mechanism: mechanism.name, data: await mechanism.step(data) };
    ({ done, data } = await caller.call(SASL_STEP, request, options, readStep));
  }
  mechanism.finish(data);
}

/** Reads one step: a challenge is no failure. What is kept must not be overwritten by the next frame. */
function readStep(frame: Frame, op: Op<unknown, unknown>, request: unknown): Reply {
  const challenge = frame.status === Status.AUTH_CONTINUE;
  const row = op as Op<SaslRequest, SaslResponse>;
  const { data } = challenge ? row.response.read(frame) : readReply(frame, row, request);
  return { done: !challenge, data: data.slice() };
}

/** Asks which mechanisms the server offers. */
async function listMechanisms(caller: Caller, options: CallOptions): Promise<string[]> {
  try {
    // This goes first because it carries no key: a memcached without SASL loses its place on an unknown opcode that has one.
    const { mechanisms } = await caller.call(SASL_LIST_MECHS, {}, options);
    return mechanisms.toUpperCase().split(/[\s\0]+/).filter((name) => name !== "");
  } catch (cause) {
    if (!(cause instanceof StatusError)) throw cause;
    const why = cause.status === Status.UNKNOWN_COMMAND
      ? "the server does not know SASL; start it with authentication, or leave the credentials out"
      : cause.message.replace(/^C/, "c");
    throw new AuthError(`Cannot authenticate: ${why}`, { cause });
  }
}
