import { utf8Decode, utf8Encode } from "../bytes.ts";
import { VERSION } from "../ops/admin.ts";
import { SASL_AUTH, SASL_LIST_MECHS, SASL_STEP, type SaslRequest } from "../ops/auth.ts";
import { Status } from "../wire/status.ts";
import type { Exchange } from "./exchange.ts";
import type { Guard } from "./route.ts";
import type { Server } from "./server.ts";
import type { Session } from "./session.ts";
import {
  AUTH_FAILED,
  INVALID_ARGUMENTS,
  MALFORMED,
  NOT_AUTHENTICATED,
  StatusReply,
  UNKNOWN_COMMAND,
} from "./status_reply.ts";
import type { StoreCounts } from "./store_counts.ts";
import { UserTable } from "./user_table.ts";

/** What may be asked for without having logged in. */
const OPEN_TO_ALL: ReadonlySet<unknown> = new Set([SASL_LIST_MECHS, SASL_AUTH, SASL_STEP, VERSION]);

/** The longest name of a mechanism. */
const MAX_MECHANISM = 32;

const AUTHENTICATED = { data: utf8Encode("Authenticated") };

/** PLAIN has nothing to challenge with: it only waits for what the client did not send at once. */
const GO_ON: StatusReply = new StatusReply(Status.AUTH_CONTINUE, { value: "" });

/**
 * Answers SASL from a table of users and their passwords, by PLAIN, and lets nobody else in; without a table, answers as a
 * memcached that was started without SASL. Returns what keeps others out.
 */
export function registerSasl(
  server: Server,
  users: Readonly<Record<string, string>> | undefined,
  counts: StoreCounts,
): Guard | undefined {
  if (users === undefined) {
    const refuse = () => {
      throw UNKNOWN_COMMAND;
    };
    server.on(SASL_LIST_MECHS, refuse).on(SASL_AUTH, withMechanism(refuse)).on(SASL_STEP, withMechanism(refuse));
    return undefined;
  }
  const sasl = new PlainServer(users, counts);
  const guard: Guard = ({ session, op }) => {
    if (session.user === undefined && !OPEN_TO_ALL.has(op)) throw NOT_AUTHENTICATED;
  };
  server
    .guard(guard)
    .on(SASL_LIST_MECHS, (_, { session }) => sasl.list(session))
    .on(SASL_AUTH, withMechanism((request, { session }) => sasl.start(session, request)))
    .on(SASL_STEP, withMechanism((request, { session }) => sasl.step(session, request)));
  return guard;
}

type SaslAnswer = { data: Uint8Array };

/** A request without a mechanism is malformed, whatever else it says. */
function withMechanism(
  answer: (request: SaslRequest, exchange: Exchange<SaslAnswer>) => SaslAnswer,
): (request: SaslRequest, exchange: Exchange<SaslAnswer>) => SaslAnswer {
  return (request, exchange) => {
    if (request.mechanism === "") throw MALFORMED;
    return answer(request, exchange);
  };
}

/** SASL PLAIN (RFC 4616) for many sessions. */
class PlainServer {
  readonly #users: UserTable;
  readonly #counts: StoreCounts;
  /** Sessions that have begun and not yet said who they are. */
  readonly #started = new WeakSet<Session>();
  /** Sessions that have said so: an exchange that is over cannot be begun again. */
  readonly #done = new WeakSet<Session>();

  constructor(users: Readonly<Record<string, string>>, counts: StoreCounts) {
    this.#users = new UserTable(users);
    this.#counts = counts;
  }

  /** To ask for the mechanisms is to begin anew: memcached forgets who it was. */
  list(session: Session): { mechanisms: string } {
    session.user = undefined;
    return { mechanisms: "PLAIN" };
  }

  start(session: Session, { mechanism, data }: SaslRequest): SaslAnswer {
    if (mechanism.length > MAX_MECHANISM) throw INVALID_ARGUMENTS;
    session.user = undefined;
    this.#started.delete(session);
    if (mechanism.toUpperCase() !== "PLAIN" || this.#done.has(session)) this.#refuse();
    if (data.length > 0) return this.#finish(session, data);
    this.#started.add(session);
    throw GO_ON;
  }

  step(session: Session, { mechanism, data }: SaslRequest): SaslAnswer {
    if (mechanism.length > MAX_MECHANISM) throw INVALID_ARGUMENTS;
    session.user = undefined;
    if (!this.#started.delete(session)) this.#refuse();
    return this.#finish(session, data);
  }

  #finish(session: Session, data: Uint8Array): SaslAnswer {
    const parts = splitMessage(data);
    if (parts === undefined) this.#refuse();
    const [authorization, user, password] = parts;
    if (!this.#users.admits(user, password)) this.#refuse();
    // Nobody may act as somebody else.
    if (authorization !== "" && authorization !== user) this.#refuse();
    this.#counts.authCmds++;
    session.user = user;
    this.#done.add(session);
    return AUTHENTICATED;
  }

  #refuse(): never {
    this.#counts.authCmds++;
    this.#counts.authErrors++;
    throw AUTH_FAILED;
  }
}

/** Takes the message of PLAIN apart: whom to act as, who one is, and the password, with a NUL before the second and the third. */
function splitMessage(data: Uint8Array): [string, string, Uint8Array] | undefined {
  const first = data.indexOf(0);
  const second = data.indexOf(0, first + 1);
  if (first < 0 || second < 0 || data.indexOf(0, second + 1) >= 0) return undefined;
  return [
    utf8Decode(data.subarray(0, first)),
    utf8Decode(data.subarray(first + 1, second)),
    data.subarray(second + 1),
  ];
}
