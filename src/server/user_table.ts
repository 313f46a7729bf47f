import { utf8Encode } from "../bytes.ts";

/** Who may log in, and by which password. */
export class UserTable {
  readonly #passwords: ReadonlyMap<string, Uint8Array>;

  /** Takes users with their passwords. */
  constructor(users: Readonly<Record<string, string>>) {
    this.#passwords = new Map(Object.entries(users).map(([user, password]) => [user, utf8Encode(password)]));
  }

  /** Whether this is the password of a user. */
  admits(user: string, password: Uint8Array): boolean {
    const expected = this.#passwords.get(user);
    return expected !== undefined && sameSecret(expected, password);
  }
}

/** Compares without telling by the time it takes where the difference is. */
function sameSecret(expected: Uint8Array, given: Uint8Array): boolean {
  let difference = expected.length ^ given.length;
  for (let i = 0; i < given.length; i++) difference |= given[i]! ^ (expected[i % expected.length] ?? 0);
  return difference === 0;
}
