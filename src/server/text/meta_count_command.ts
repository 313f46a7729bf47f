import { expiryTime } from "../expiry.ts";
import { EXISTS, OUT_OF_MEMORY, StatusReply } from "../status_reply.ts";
import { BAD_LINE, MAX_KEY, type ReplySink, secondsLeft, type TextContext } from "./context.ts";
import {
  describe,
  describeOne,
  FLAG_ERROR,
  MAX_WORDS,
  type MetaCommand,
  OPAQUE_TOO_LONG,
  readMeta,
} from "./meta_command.ts";
import { opaqueTooLong } from "./meta_flags.ts";
import { textOf } from "./words.ts";

const NON_NUMERIC_TEXT = "CLIENT_ERROR cannot increment or decrement non-numeric value";

/** `ma`: counts. */
export function metaArithmetic(words: readonly string[], out: ReplySink, context: TextContext): void {
  if (words.length < 2) return out.text("ERROR\r\n");
  if (words[1]!.length > MAX_KEY) return out.text(`${BAD_LINE}\r\n`);
  if (words.length > MAX_WORDS) return out.text("CLIENT_ERROR options flags too long\r\n");
  const command = readMeta(words, 2);
  if (typeof command === "string") return out.text(`${FLAG_ERROR}\r\n`);
  const { key, flags } = command;
  if (!["", "I", "+", "D", "-"].includes(flags.mode)) return out.text("CLIENT_ERROR invalid mode for ma M token\r\n");
  if (opaqueTooLong(flags)) return out.text(`${OPAQUE_TOO_LONG}\r\n`);
  const { code, created, replaced } = countMeta(command, context);
  const entry = code === "HD" ? context.cache.peek(key) : undefined;
  if (entry === undefined) {
    return out.text(
      code === "HD"
        ? "HD\r\n"
        : `${code}${code.length === 2 ? describe(flags, key, { binary: flags.has("b") }) : ""}\r\n`,
    );
  }
  const { clock } = context;
  const number = textOf(entry.value).trimEnd();
  let { expiresAt } = entry;
  let text = "";
  for (const word of flags.words) {
    if (word[0] === "T") expiresAt = expiryTime(flags.ttl!, clock);
    else if (word[0] === "N" && created) expiresAt = expiryTime(flags.vivify!, clock);
    else if (word[0] === "t") text += ` t${secondsLeft({ expiresAt }, clock())}`;
    else if ("Okc".includes(word[0]!)) text += describeOne(word, key, { binary: flags.has("b"), entry });
  }
  // Where the number got longer memcached changes the item that was there before, and says so all the same.
  if (!replaced) entry.expiresAt = expiresAt;
  if (flags.has("q") && !created) return;
  out.text(flags.has("v") ? `VA ${number.length}${text}\r\n${number}\r\n` : `HD${text}\r\n`);
}

/** What came of counting: a code, and whether there is a new item, or one in the place of another. */
interface Counted {
  readonly code: string;
  readonly created: boolean;
  readonly replaced: boolean;
}

function countMeta({ key, flags }: MetaCommand, { store, cache }: TextContext): Counted {
  const { delta, cas = 0n, mode, vivify, initial } = flags;
  const old = cache.peek(key);
  const created = vivify !== undefined && old === undefined;
  const options = { delta, cas, ...(vivify === undefined ? {} : { initial }) };
  const failed = (code: string): Counted => ({ code, created: false, replaced: false });
  try {
    const down = mode === "D" || mode === "-";
    const counted = down ? store.decrement(key, options) : store.increment(key, options);
    if (counted === undefined) return failed("NF");
    return { code: "HD", created, replaced: old !== undefined && String(counted.value).length > old.value.length };
  } catch (error) {
    if (!(error instanceof StatusReply)) throw error;
    if (error === EXISTS) return failed("EX");
    return failed(error === OUT_OF_MEMORY ? "SERVER_ERROR out of memory" : NON_NUMERIC_TEXT);
  }
}
