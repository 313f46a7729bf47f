import { ProtocolError } from "../../errors.ts";
import { setVerbosity, shutDown } from "./admin_commands.ts";
import { count, flush, remove, retrieve, storeValue, touch } from "./classic_commands.ts";
import type { LongReply, ReplySink, TextContext } from "./context.ts";
import { crawl } from "./crawler_commands.ts";
import { metaArithmetic } from "./meta_count_command.ts";
import { metaDebug } from "./meta_debug_command.ts";
import { metaDelete } from "./meta_delete_command.ts";
import { metaGet } from "./meta_get_command.ts";
import { metaSet } from "./meta_set_command.ts";
import type { DataBlock } from "./request_reader.ts";
import { showStats } from "./stats_command.ts";
import { limitMemory, lru, slabs } from "./tuning_commands.ts";
import { watch } from "./watch_command.ts";
import { bytesOf, wordsOf } from "./words.ts";

/** What is left to do behind a line: a block to take, or a long reply to write. */
export interface LineOutcome {
  readonly block?: DataBlock;
  readonly reply?: LongReply;
  /** Whether memcached sends all that it has answered until now before it looks at more. */
  readonly flushes?: boolean;
}

type Command = (words: readonly string[], out: ReplySink, context: TextContext) => LineOutcome | void;

const long = (command: (...args: Parameters<Command>) => LongReply | undefined): Command => (words, out, context) => {
  const reply = command(words, out, context);
  return reply && { reply };
};

const storing =
  (command: (...args: Parameters<Command>) => DataBlock | undefined): Command => (words, out, context) => {
    const block = command(words, out, context);
    return block && { block };
  };

const get: Command = (words, out, context) => {
  const reply = retrieve(words, out, context);
  return reply === undefined ? FLUSHED : { ...FLUSHED, reply };
};

const FLUSHED: LineOutcome = { flushes: true };
const set = storing(storeValue);

const COMMANDS: ReadonlyMap<string, Command> = new Map<string, Command>([
  ["get", get],
  ["gets", get],
  ["gat", get],
  ["gats", get],
  ["set", set],
  ["add", set],
  ["replace", set],
  ["append", set],
  ["prepend", set],
  ["cas", set],
  ["delete", remove],
  ["incr", count],
  ["decr", count],
  ["touch", touch],
  ["flush_all", flush],
  ["stats", long(showStats)],
  ["verbosity", setVerbosity],
  ["slabs", slabs],
  ["lru", lru],
  ["lru_crawler", long(crawl)],
  ["cache_memlimit", limitMemory],
  ["watch", watch],
  ["refresh_certs", (_, out) => out.text("Error TLS not enabled\r\n")],
  ["version", (_, out, { store }) => out.text(`VERSION ${store.version}\r\n`)],
  ["quit", (_, out) => out.close()],
  ["shutdown", shutDown],
  ["mg", metaGet],
  ["ms", storing(metaSet)],
  ["md", metaDelete],
  ["ma", metaArithmetic],
  ["me", metaDebug],
  ["mn", fence],
]);

function fence(_words: readonly string[], out: ReplySink): LineOutcome {
  out.text("MN\r\n");
  return FLUSHED;
}

/**
 * Answers one line of the text protocols, classic and meta, as memcached 1.6 does.
 *
 * @throws {ProtocolError} If it is a line of HTTP.
 */
export function answerLine(line: string, out: ReplySink, context: TextContext): LineOutcome | void {
  const words = wordsOf(line);
  const command = COMMANDS.get(words[0] ?? "");
  if (command !== undefined) return command(words, out, context);
  // A browser, or worse, what a page makes one send.
  if (words.at(-1)?.startsWith("HTTP/")) {
    throw new ProtocolError("Cannot read request: it is one of HTTP", { bytes: bytesOf(line.slice(0, 24)) });
  }
  out.text("ERROR\r\n");
}
