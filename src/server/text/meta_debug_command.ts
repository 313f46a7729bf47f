import { BAD_LINE, MAX_KEY, type ReplySink, secondsLeft, type TextContext } from "./context.ts";
import { base64Of, bytesOf, readBase64, textOf } from "./words.ts";

/** `me`: shows what is known about an item. */
export function metaDebug(words: readonly string[], out: ReplySink, { cache, clock }: TextContext): void {
  const word = words[1];
  if (word === undefined || word.length > MAX_KEY || words.length > 3) return out.text(`${BAD_LINE}\r\n`);
  const binary = words[2] === "b";
  const key = binary ? readBase64(word) : bytesOf(word);
  if (key === undefined) return out.text(`${BAD_LINE}\r\n`);
  const entry = cache.find(key);
  if (entry === undefined) return out.text("EN\r\n");
  const now = clock();
  const left = secondsLeft(entry, now);
  const shown = entry.binary ? base64Of(key) : textOf(key);
  const la = Math.max(0, Math.floor((now - entry.accessedAt) / 1000));
  out.text(
    `ME ${shown} exp=${left < 0 ? left : -left} la=${la} cas=${entry.cas} ` +
      `fetch=${entry.fetched ? "yes" : "no"} cls=1 size=${entry.size}\r\n`,
  );
}
