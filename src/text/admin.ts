import { Answers } from "./answers.ts";
import { endLine, MAX_U32, type NoReply, type TextOp, wordOf } from "./text_op.ts";
import type { TextWriter } from "./text_writer.ts";

/** The longest name of a group of statistics, of a dump or of an event, in bytes. */
const MAX_NAME = 250;

/** What a command takes that takes nothing. */
export type NoRequest = Readonly<Record<never, never>>;

/** What {@linkcode TEXT_FLUSH_ALL} takes. */
export interface FlushRequest extends NoReply {
  /** Seconds from now, or Unix seconds beyond 30 days; at once without it. */
  readonly delay?: number;
}

/** What {@linkcode TEXT_VERBOSITY} takes. */
export interface VerbosityRequest extends NoReply {
  /** How much the server logs, 0 or more. */
  readonly level: number;
}

/** What {@linkcode TEXT_STATS} takes. */
export interface StatsRequest {
  /** Words behind `stats`, parted by single blanks, such as `items` or `detail on`; the general ones without it. */
  readonly group?: string;
}

/** What {@linkcode METADUMP} takes. */
export interface DumpRequest {
  /** `all`, the default, `hash` in the order of the hash table (1.6.9 and later), or numbers of slab classes. */
  readonly classes?: "all" | "hash" | readonly number[];
}

/** What {@linkcode WATCH} takes. */
export interface WatchRequest {
  /** What to log, such as `fetchers`, `mutations` or `evictions`; the server's own choice, `fetchers`, without any. */
  readonly events?: readonly string[];
}

const FLUSH_ALL = wordOf("flush_all");

/** Makes all items expire, now or later. */
export const TEXT_FLUSH_ALL: TextOp<FlushRequest> = {
  name: "flush_all",
  answers: Answers.OK,
  write(out, request) {
    out.begin(FLUSH_ALL);
    if (request.delay !== undefined) out.expiry(request.delay);
    endLine(out, request);
  },
};

/** Asks for the version of the server. */
export const TEXT_VERSION: TextOp<NoRequest> = {
  name: "version",
  answers: Answers.VERSION,
  write: bare("version"),
};

/** Asks the server to close the connection; it does not answer. */
export const TEXT_QUIT: TextOp<NoRequest> = { name: "quit", answers: Answers.NOTHING, write: bare("quit") };

const VERBOSITY = wordOf("verbosity");

/** Sets how much the server logs. */
export const TEXT_VERBOSITY: TextOp<VerbosityRequest> = {
  name: "verbosity",
  answers: Answers.OK,
  write(out, request) {
    out.begin(VERBOSITY);
    out.number(request.level, MAX_U32, "level");
    endLine(out, request);
  },
};

const STATS = wordOf("stats");

/** Asks for statistics. `stats cachedump` and `stats detail dump` answer in lines of their own, see {@linkcode RAW}. */
export const TEXT_STATS: TextOp<StatsRequest> = {
  name: "stats",
  answers: Answers.STATS,
  write(out, { group }) {
    out.begin(STATS);
    if (group !== undefined) { for (const word of group.split(" ")) out.token(word, MAX_NAME, "group of statistics"); }
    out.end();
  },
};

/** Dumps the keys and what is known about them; read the reply with {@linkcode MetadumpParser}. It takes the connection over. */
export const METADUMP: TextOp<DumpRequest> = dump("metadump");

/** Dumps the keys as lines of `mg` (1.6.19 and later); read the reply with {@linkcode MgdumpParser}. It takes the connection over. */
export const MGDUMP: TextOp<DumpRequest> = dump("mgdump");

const WATCHING = wordOf("watch");

/** Logs what happens until the connection is closed, which is good for nothing else then: read it with {@linkcode readWatchLine}. */
export const WATCH: TextOp<WatchRequest> = {
  name: "watch",
  answers: Answers.OK,
  write(out, { events = [] }) {
    out.begin(WATCHING);
    for (const event of events) out.token(event, MAX_NAME, "event");
    out.end();
  },
};

/** What {@linkcode CONFIG_GET} takes. */
export interface ConfigRequest {
  /** The name of the configuration; `cluster` by default. */
  readonly name?: string;
}

const CONFIG = wordOf("config");
const GET = wordOf("get");

/** Asks a hosted cache for the nodes of its cluster. */
export const CONFIG_GET: TextOp<ConfigRequest> = {
  name: "config get",
  answers: Answers.CONFIG,
  write(out, { name = "cluster" }) {
    out.begin(CONFIG);
    out.word(GET);
    out.token(name, MAX_NAME, "name of a configuration");
    out.end();
  },
};

function bare(name: string): (out: TextWriter) => void {
  const word = wordOf(name);
  return (out) => {
    out.begin(word);
    out.end();
  };
}

const CRAWLER = wordOf("lru_crawler");

function dump(name: string): TextOp<DumpRequest> {
  const word = wordOf(name);
  return {
    name: `lru_crawler ${name}`,
    answers: Answers.LINES,
    write(out, { classes = "all" }) {
      out.begin(CRAWLER);
      out.word(word);
      if (typeof classes !== "string") {
        for (const id of classes) checkClass(out, id);
        out.token(classes.join(","), 2 * MAX_NAME, "slab classes");
      } else {
        out.token(classes, MAX_NAME, "slab classes");
      }
      out.end();
    },
  };
}

function checkClass(out: TextWriter, id: number): void {
  if (Number.isInteger(id) && id >= 0 && id <= 0xff) return;
  out.refuse(new RangeError(`Cannot dump slab class ${id}: it is a whole number, 0 to 255`));
}
