import { escapeKey } from "../escape_key.ts";
import type { Entry } from "../stored_item.ts";
import { BAD_LINE, type LongReply, type ReplySink, type TextContext } from "./context.ts";
import { MAX_CLASS } from "./tuning_commands.ts";
import { readInt } from "./words.ts";

const CLASS_ERROR = "BADCLASS invalid class id";

/** `lru_crawler`: dumps keys, takes out what has expired, and keeps what it is told. */
export function crawl(words: readonly string[], out: ReplySink, context: TextContext): LongReply | undefined {
  const [, command, word = ""] = words;
  const say = (line: string): undefined => void out.text(`${line}\r\n`);
  if (words.length === 2 && command === "enable") return say(enable(context));
  if (words.length === 2 && command === "disable") {
    context.tuning.crawler = false;
    return say("OK");
  }
  if (words.length !== 3) return say("ERROR");
  switch (command) {
    case "metadump":
      return dumpClasses(word, out, context);
    case "crawl":
      return say(reclaim(word, context));
    case "sleep":
    case "tocrawl":
      return say(set(command, word, context));
    default:
      return say("ERROR");
  }
}

function enable({ tuning }: TextContext): string {
  if (tuning.crawler) return "ERROR failed to start lru crawler thread";
  tuning.crawler = true;
  return "OK";
}

function set(command: "sleep" | "tocrawl", word: string, { tuning }: TextContext): string {
  const number = readInt(word);
  if (number === undefined || number < 0) return BAD_LINE;
  if (command === "tocrawl") {
    tuning.crawlerItems = number;
    return "OK";
  }
  if (number > 1_000_000) return "CLIENT_ERROR sleep must be one second or less";
  tuning.crawlerSleep = number;
  return "OK";
}

function reclaim(word: string, { cache, store, tuning }: TextContext): string {
  if (!tuning.crawler) return "CLIENT_ERROR lru crawler disabled";
  // There is no order of the table to crawl by.
  if (word === "hash") return "ERROR an unknown error happened";
  const classes = classesOf(word);
  if (classes === undefined) return CLASS_ERROR;
  if (classes.has(1)) store.counts.crawlerReclaimed += cache.reclaim();
  return "OK";
}

function dumpClasses(word: string, out: ReplySink, context: TextContext): LongReply | undefined {
  if (!context.tuning.crawler) return void out.text("CLIENT_ERROR lru crawler disabled\r\n");
  if (out.pipelined) return void out.text("ERROR cannot pipeline other commands before metadump\r\n");
  const classes = word === "hash" ? ALL : classesOf(word);
  if (classes === undefined) return void out.text(`${CLASS_ERROR}\r\n`);
  if (classes.has(1)) return dump(context, out);
  return void out.text("END\r\n");
}

/** All items are in the first class. */
const ALL: ReadonlySet<number> = new Set([1]);

/** The classes that a word names: `all`, or numbers with commas between them. */
function classesOf(word: string): ReadonlySet<number> | undefined {
  if (word === "all") return ALL;
  const classes = new Set<number>();
  for (const part of word.split(",")) {
    if (part === "") continue;
    const id = readInt(part);
    if (id === undefined || id < 1 || id > MAX_CLASS) return undefined;
    classes.add(id);
  }
  return classes;
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
