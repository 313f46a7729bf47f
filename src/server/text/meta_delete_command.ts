import { expiryTime } from "../expiry.ts";
import { BAD_LINE, MAX_KEY, type ReplySink, type TextContext } from "./context.ts";
import { describe, FLAG_ERROR, MAX_WORDS, type MetaCommand, OPAQUE_TOO_LONG, readMeta } from "./meta_command.ts";
import { opaqueTooLong } from "./meta_flags.ts";

/** `md`: removes an item, or says that it is out of date. */
export function metaDelete(words: readonly string[], out: ReplySink, context: TextContext): void {
  if (words.length < 2) return out.text("ERROR\r\n");
  if (words[1]!.length > MAX_KEY) return out.text(`${BAD_LINE}\r\n`);
  if (words.length > MAX_WORDS) return out.text("CLIENT_ERROR options flags too long\r\n");
  const command = readMeta(words, 2);
  if (typeof command === "string") return out.text(`${FLAG_ERROR}\r\n`);
  const { key, flags } = command;
  if (opaqueTooLong(flags)) return out.text(`${OPAQUE_TOO_LONG}\r\n`);
  const code = removeMeta(command, context);
  if (code === "HD" && flags.has("q")) return;
  out.text(`${code}${describe(flags, key, { binary: flags.has("b") })}\r\n`);
}

function removeMeta({ key, flags }: MetaCommand, { cache, clock, store }: TextContext): string {
  const known = cache.peek(key);
  const holds = flags.cas === undefined || flags.cas === known?.cas;
  if (holds && !flags.has("I")) return store.delete(key) ? "HD" : "NF";
  const entry = cache.find(key);
  if (entry === undefined || !holds) {
    store.counts.deleteMisses++;
    return entry === undefined ? "NF" : "EX";
  }
  if (flags.ttl !== undefined) entry.expiresAt = expiryTime(flags.ttl, clock);
  entry.stale = true;
  entry.won = false;
  cache.renew(entry);
  return "HD";
}
