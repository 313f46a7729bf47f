import type { Entry } from "../stored_item.ts";
import { BAD_LINE, type LongReply, type ReplySink, type TextContext } from "./context.ts";
import { MAX_CLASS } from "./tuning_commands.ts";
import { readInt, textOf } from "./words.ts";

/** memcached stops a list of items when it has so many bytes. */
const MAX_CACHEDUMP = 2 * 1024 * 1024;

/** `stats` and its groups. */
export function showStats(words: readonly string[], out: ReplySink, context: TextContext): LongReply | undefined {
  const { statistics } = context;
  const [, group = ""] = words;
  switch (group) {
    case "reset":
      statistics.reset();
      return void out.text("RESET\r\n");
    case "detail":
      return showDetail(words, out, context);
    case "cachedump":
      return listItems(words, out, context);
    case "sizes_enable":
      context.tuning.sizesSince ??= context.cache.lastCas;
      return void out.text("STAT sizes_status enabled\r\n");
    case "sizes_disable":
      context.tuning.sizesSince = undefined;
      return void out.text("STAT sizes_status disabled\r\n");
    case "extstore":
      return void out.text("END\r\n");
    case "conns":
      return showAll(statistics.connections(context.log), out);
  }
  // The binary protocol reads the beginning of names only.
  const known = group.startsWith("settings") ? group === "settings" : true;
  const found = known ? statistics.read(group) : undefined;
  if (found === undefined) return void out.text("ERROR\r\n");
  return showAll(found, out);
}

function showAll(statistics: Iterable<readonly [name: string, value: string]>, out: ReplySink): undefined {
  for (const [name, value] of statistics) out.text(`STAT ${name} ${value}\r\n`);
  out.text("END\r\n");
}

function showDetail([, , word = ""]: readonly string[], out: ReplySink, { statistics }: TextContext): undefined {
  if (!["on", "off", "dump"].includes(word)) return void out.text("CLIENT_ERROR usage: stats detail on|off|dump\r\n");
  const found = statistics.read(`detail ${word}`);
  out.text(word === "dump" ? found?.[0]?.[1] ?? "END\r\n" : "OK\r\n");
}

/** The items of a class, the one used last first; their keys stand there as they are. */
function listItems(words: readonly string[], out: ReplySink, context: TextContext): LongReply | undefined {
  if (words.length < 4) return void out.text("CLIENT_ERROR bad command line\r\n");
  const id = readInt(words[2]!);
  const limit = readInt(words[3]!);
  if (id === undefined || id < 0 || limit === undefined || limit < 0) return void out.text(`${BAD_LINE}\r\n`);
  if (id > MAX_CLASS) return void out.text("CLIENT_ERROR Illegal slab id\r\n");
  if (id !== 1) return void out.text("END\r\n");
  return list(limit === 0 ? Infinity : limit, out, context);
}

function* list(limit: number, out: ReplySink, { cache, clock }: TextContext): Generator<void> {
  let count = 0;
  let bytes = 0;
  for (const entry of cache.entries().reverse()) {
    // A meta command cannot tell such keys from others, and so they are left out.
    if (entry.binary || entry.expiresAt <= clock()) continue;
    const line = itemLine(entry);
    bytes += line.length;
    if (++count > limit || bytes > MAX_CACHEDUMP) break;
    out.text(line);
    yield;
  }
  out.text("END\r\n");
}

function itemLine(entry: Entry): string {
  const key = textOf(entry.bytes.subarray(0, entry.keyLength));
  const expiry = entry.expiresAt === Infinity ? 0 : Math.ceil(entry.expiresAt / 1000);
  return `ITEM ${key} [${entry.value.length} b; ${expiry} s]\r\n`;
}
