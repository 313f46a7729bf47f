import { expiryTime } from "../expiry.ts";
import type { Entry } from "../stored_item.ts";
import { BAD_LINE, MAX_KEY, type ReplySink, secondsLeft, type TextContext } from "./context.ts";
import { describe, describeOne, MAX_WORDS, OPAQUE_TOO_LONG, readMeta } from "./meta_command.ts";
import { type MetaFlags, opaqueTooLong } from "./meta_flags.ts";

/** `mg`: reads an item, and what else is asked about it. */
export function metaGet(words: readonly string[], out: ReplySink, context: TextContext): void {
  if (words.length < 2) return out.text("ERROR\r\n");
  if (words[1]!.length > MAX_KEY) return out.text(`${BAD_LINE}\r\n`);
  if (words.length > MAX_WORDS) return out.text("CLIENT_ERROR options flags are too long\r\n");
  const command = readMeta(words, 2);
  if (typeof command === "string") return out.text(`${command}\r\n`);
  const { key, flags } = command;
  if (opaqueTooLong(flags)) return out.text(`${OPAQUE_TOO_LONG}\r\n`);
  const { cache, clock, store } = context;
  let entry = cache.find(key);
  const created = entry === undefined && flags.vivify !== undefined;
  if (created) entry = cache.put({ key, value: [], flags: 0, expiresAt: Infinity }, undefined);
  if (created) store.counts.totalItems++;
  countGet(context, entry !== undefined, flags.ttl !== undefined);
  if (entry === undefined) {
    if (!flags.has("q")) out.text(`EN${describe(flags, key, { binary: flags.has("b") })}\r\n`);
    return;
  }
  const now = clock();
  const { won, text } = hit(entry, { flags, created, now, clock, key });
  let marks = "";
  if (entry.won) marks += " Z";
  if (entry.stale) marks += " X";
  const wins = won || (entry.stale && !entry.won);
  if (wins) {
    marks += " W";
    entry.won = true;
  }
  const value = flags.has("v");
  out.text(`${value ? `VA ${entry.value.length}` : "HD"}${text}${marks}\r\n`);
  if (value) {
    out.bytes(entry.value);
    out.text("\r\n");
  }
  if (flags.has("u")) return;
  entry.fetched = true;
  entry.accessedAt = now;
  cache.use(entry);
}

interface Hit {
  readonly flags: MetaFlags;
  readonly created: boolean;
  readonly now: number;
  readonly clock: () => number;
  readonly key: Uint8Array;
}

/** Goes through the flags in their order, since what one changes the next may show. */
function hit(entry: Entry, { flags, created, now, clock, key }: Hit): { won: boolean; text: string } {
  let won = false;
  let text = "";
  for (const word of flags.words) {
    const letter = word[0]!;
    if (letter === "T") entry.expiresAt = expiryTime(flags.ttl!, clock);
    else if (letter === "N" && created) entry.expiresAt = expiryTime(flags.vivify!, clock);
    else if (letter === "R" && !entry.won && !created && recaches(entry, flags.recache!, now, clock)) won = true;
    else text += describeOne(word, key, { binary: entry.binary, entry, now });
    if (letter === "N" && created) won = true;
  }
  return { won, text };
}

function recaches(entry: Entry, seconds: number, now: number, clock: () => number): boolean {
  if (entry.expiresAt === Infinity || seconds === 0) return false;
  return secondsLeft(entry, now) < Math.ceil((expiryTime(seconds, clock) - now) / 1000);
}

function countGet({ store: { counts } }: TextContext, hit: boolean, touches: boolean): void {
  counts.cmdGet++;
  if (touches) {
    counts.cmdTouch++;
    if (hit) counts.touchHits++;
    else counts.touchMisses++;
  } else if (hit) counts.getHits++;
  else counts.getMisses++;
}
