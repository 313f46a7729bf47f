import { STAT } from "../ops/admin.ts";
import { TextCode } from "../text/text_code.ts";
import type { TextReply } from "../text/text_reply.ts";
import { Status } from "../wire/status.ts";

/** Words of error lines, and what they mean. Other words go to the caller as they are. */
const CLIENT_WORDS: readonly (readonly [RegExp, number])[] = [
  [/non-numeric/, Status.DELTA_BADVAL],
  [/authentica/, Status.AUTH_ERROR],
];
const SERVER_WORDS: readonly (readonly [RegExp, number])[] = [
  [/too large/, Status.E2BIG],
  [/out of memory/, Status.ENOMEM],
  [/backend failure/, Status.ETMPFAIL],
];

/** The status of an error line that answers an opcode. */
export function statusOfError(reply: TextReply, opcode: number): number {
  const words = reply.message;
  switch (reply.code) {
    case TextCode.CLIENT_ERROR:
      return find(CLIENT_WORDS, words) ?? Status.EINVAL;
    case TextCode.SERVER_ERROR:
      return find(SERVER_WORDS, words) ?? Status.EINTERNAL;
    default:
      // What the server does not know in `stats` is the group.
      return opcode === STAT.opcode ? Status.KEY_ENOENT : Status.UNKNOWN_COMMAND;
  }
}

function find(table: readonly (readonly [RegExp, number])[], words: string): number | undefined {
  return table.find(([pattern]) => pattern.test(words))?.[1];
}
