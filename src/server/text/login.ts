import { utf8Decode } from "../../bytes.ts";
import type { ReplySink, TextContext } from "./context.ts";
import { readLength } from "./meta_flags.ts";
import type { DataBlock } from "./request_reader.ts";
import { wordsOf } from "./words.ts";

/** memcached closes the connection where a longer name and password are announced. */
const MAX_TOKEN = 16_383;

const SPACE = 0x20;

/**
 * Answers a line of a client who has not logged in: only a `set` is looked at, whatever its key, flags and expiry, and its value is
 * the name and the password. Nothing is stored. Tells who logged in.
 */
export function logIn(
  line: string,
  out: ReplySink,
  { users, store: { counts } }: TextContext,
  admit: (user: string) => void,
): DataBlock | undefined {
  const words = wordsOf(line);
  const length = words[0] === "set" ? readLength(words[4] ?? "") : undefined;
  if (length === undefined) return void out.text("CLIENT_ERROR unauthenticated\r\n");
  if (length > MAX_TOKEN) return void out.close();
  return {
    length,
    take(token, terminated) {
      if (!terminated) return out.text("CLIENT_ERROR bad command line termination\r\n");
      const parts = readToken(token);
      if (parts === undefined) return out.text("CLIENT_ERROR bad authentication token format\r\n");
      counts.authCmds++;
      if (users?.admits(parts.user, parts.password) === true) {
        admit(parts.user);
        return out.text("STORED\r\n");
      }
      counts.authErrors++;
      out.text("CLIENT_ERROR authentication failure\r\n");
    },
  };
}

/** A name and what stands behind it, with any number of blanks before each. */
function readToken(token: Uint8Array): { user: string; password: Uint8Array } | undefined {
  const from = skipBlanks(token, 0);
  const end = token.indexOf(SPACE, from);
  const next = end < 0 ? token.length : skipBlanks(token, end);
  if (next >= token.length) return undefined;
  return { user: utf8Decode(token.subarray(from, end)), password: token.subarray(next) };
}

function skipBlanks(token: Uint8Array, from: number): number {
  let at = from;
  while (token[at] === SPACE) at++;
  return at;
}
