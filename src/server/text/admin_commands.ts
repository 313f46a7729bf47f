import type { Statistic } from "../store_stats.ts";
import type { Entry } from "../stored_item.ts";
import { isQuiet } from "./classic_commands.ts";
import { BAD_LINE, type LongReply, type ReplySink, type TextContext } from "./context.ts";
import { readInt } from "./words.ts";

const CLASS_ERROR = "BADCLASS invalid class id";

/** `stats` and its groups. */
export function showStats(words: readonly string[], out: ReplySink, { statistics }: TextContext): void {
  const [, group = "", detail = ""] = words;
  if (group === "reset") {
    statistics.reset();
    return out.text("RESET\r\n");
  }
  if (group === "detail") return showDetail(detail, out, statistics);
  const found = statistics.read(group);
  if (found === undefined) return out.text("ERROR\r\n");
  for (const [name, value] of found) out.text(`STAT ${name} ${value}\r\n`);
  out.text("END\r\n");
}

function showDetail(
  word: string,
  out: ReplySink,
  statistics: { read(group: string): Statistic[] | undefined },
): void {
  if (!["on", "off", "dump"].includes(word)) return out.text("CLIENT_ERROR usage: stats detail on|off|dump\r\n");
  const found = statistics.read(`detail ${word}`);
  out.text(word === "dump" ? found?.[0]?.[1] ?? "END\r\n" : "OK\r\n");
}

/** `verbosity`. */
export function setVerbosity(words: readonly string[], out: ReplySink, { store, onVerbosity }: TextContext): void {
  if (words.length < 2 || words.length > 3) return out.text("ERROR\r\n");
  const quiet = isQuiet(words);
  const level = readInt(words[1]!);
  if (level === undefined) return quiet ? undefined : out.text(`${BAD_LINE}\r\n`);
  store.verbosity = level;
  onVerbosity?.(level);
  if (!quiet) out.text("OK\r\n");
}

/** `lru_crawler`, of which only the dump has something to do here. */
export function crawl(words: readonly string[], out: ReplySink, context: TextContext): LongReply | undefined {
  const [, command, classes] = words;
  if (command !== "metadump" || classes === undefined) return void out.text("ERROR\r\n");
  if (classes === "all" || classes === "hash") return dump(context, out);
  const ids = classes.split(",").map((id) => readInt(id));
  if (ids.some((id) => id === undefined || id < 1 || id > 63)) return void out.text(`${CLASS_ERROR}\r\n`);
  if (ids.includes(1)) return dump(context, out);
  return void out.text("END\r\n");
}

function* dump({ cache, clock }: TextContext, out: ReplySink): Generator<void> {
  // What comes and goes meanwhile moves in the order of use: the dump is of what is there when it begins.
  for (const entry of cache.entries()) {
    if (entry.expiresAt <= clock()) continue;
    out.text(dumpLine(entry));
    yield;
  }
  out.text("END\r\n");
}

function dumpLine(entry: Entry): string {
  const exp = entry.expiresAt === Infinity ? -1 : Math.ceil(entry.expiresAt / 1000);
  const key = escapeKey(entry.bytes.subarray(0, entry.keyLength));
  return `key=${key} exp=${exp} la=${Math.floor(entry.accessedAt / 1000)} cas=${entry.cas} ` +
    `fetch=${entry.fetched ? "yes" : "no"} cls=1 size=${entry.size}\n`;
}

/** As in a URI: letters, digits and `-._~` stay. */
function escapeKey(key: Uint8Array): string {
  let text = "";
  for (const byte of key) {
    const letter = String.fromCharCode(byte);
    text += /[\w.~-]/.test(letter) ? letter : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return text;
}
