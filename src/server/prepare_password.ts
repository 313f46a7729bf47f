import { saslprep } from "../wire/saslprep.ts";

/** Takes a password through SASLprep; one that does not pass is taken as it is, since it was let in once and must stay of use. */
export function prepare(password: string): string {
  try {
    return saslprep(password);
  } catch {
    // The reason would be of use to nobody here: the client that shows the password hears that it is wrong.
    return password;
  }
}
