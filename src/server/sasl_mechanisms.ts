import { utf8Decode, utf8Encode } from "../bytes.ts";
import { equalInConstantTime, scramHash } from "../wire/scram.ts";
import { Status } from "../wire/status.ts";
import { prepare } from "./prepare_password.ts";
import { MALFORMED_STEP, REFUSED, type SaslExchange } from "./sasl_answer.ts";
import { ScramServerExchange } from "./scram_server.ts";
import { ScramUsers, type UserLookup } from "./scram_users.ts";

/** How {@linkcode SaslMechanisms} are set. */
export interface SaslMechanismsOptions {
  /** Which mechanisms are offered, in this order; all of {@linkcode SERVER_MECHANISMS} by default. */
  readonly mechanisms?: readonly string[];
  /** How often a password is hashed for SCRAM, 4096 to 1,000,000; 4096 by default. */
  readonly iterations?: number;
}

/** The mechanisms that a server can offer here, in the order in which Couchbase lists them. */
export const SERVER_MECHANISMS: readonly string[] = ["SCRAM-SHA512", "SCRAM-SHA256", "SCRAM-SHA1", "PLAIN"];

/**
 * The mechanisms of a server and the users that they know. An unknown user is led through SCRAM like any other, and refused
 * at its end.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const passwords = new Map([["ada", "pencil"]]);
 * const mechanisms = new SaslMechanisms((username) => passwords.get(username));
 * assertEquals(mechanisms.names, ["SCRAM-SHA512", "SCRAM-SHA256", "SCRAM-SHA1", "PLAIN"]);
 *
 * const answer = await mechanisms.begin("PLAIN")!.start(new TextEncoder().encode("\0ada\0pencil"));
 * assertEquals([answer.status, answer.username], [0, "ada"]);
 * ```
 */
export class SaslMechanisms {
  /** The names of the mechanisms, as SASL_LIST_MECHS says them with a space between. */
  readonly names: readonly string[];
  readonly #lookup: UserLookup;
  readonly #users: ScramUsers;

  /**
   * Takes what finds the password of a user: text, or `undefined` for an unknown user.
   *
   * @throws {TypeError} If a mechanism is not known here.
   * @throws {RangeError} If the iterations are out of bounds.
   */
  constructor(lookup: UserLookup, options: SaslMechanismsOptions = {}) {
    const { mechanisms = SERVER_MECHANISMS, iterations } = options;
    for (const name of mechanisms) {
      if (!SERVER_MECHANISMS.includes(name)) {
        throw new TypeError(`Cannot offer ${JSON.stringify(name)}: known are ${SERVER_MECHANISMS.join(", ")}`);
      }
    }
    this.names = mechanisms;
    this.#lookup = lookup;
    this.#users = new ScramUsers(lookup, iterations);
  }

  /** Begins an exchange; `undefined` if the mechanism is not offered. The case of its name does not matter. */
  begin(mechanism: string): SaslExchange | undefined {
    const name = mechanism.toUpperCase();
    if (!this.names.includes(name)) return undefined;
    const hash = scramHash(name);
    return hash === undefined ? plain(this.#lookup) : new ScramServerExchange(name, { hash, users: this.#users });
  }
}

/** PLAIN (RFC 4616): `[authzid] NUL user NUL password`; one NUL behind it is let pass, as servers of old did. */
function plain(lookup: UserLookup): SaslExchange {
  return {
    name: "PLAIN",
    async start(data) {
      const [, username, password, ...rest] = utf8Decode(data).split("\0");
      if (!username || password === undefined || rest.length > 1 || (rest[0] ?? "") !== "") return MALFORMED_STEP;
      const expected = await lookup(username);
      const [given, wanted] = await Promise.all([digest(password), digest(expected ?? "")]);
      if (!equalInConstantTime(given, wanted) || expected === undefined) return REFUSED;
      return { status: Status.SUCCESS, data: new Uint8Array(0), username };
    },
    step: () => Promise.resolve(MALFORMED_STEP),
  };
}

/** Passwords are compared by their hashes, so that not even the length of the right one shows in the time it takes. */
async function digest(password: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", utf8Encode(prepare(password))));
}
