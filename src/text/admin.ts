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

/** What {@linkcode WATCH} takes. */
export interface WatchRequest {
  /** What to log, such as `fetchers`, `mutations` or `evictions`; the server's own choice, `fetchers`, without any. */
  readonly events?: readonly string[];
}

const FLUSH_ALL = wordOf("flush_all");

/**
 * Makes all items expire, now or later.
 *
 * @example
 * ```ts
 * import { TEXT_FLUSH_ALL, TextWriter } from "@memwire/memwire/text";
 * import { assertEquals } from "@std/assert";
 *
 * const out = new TextWriter();
 * TEXT_FLUSH_ALL.write(out, { delay: 10 });
 * assertEquals(new TextDecoder().decode(out.take()[0]), "flush_all 10\r\n");
 * ```
 */
export const TEXT_FLUSH_ALL: TextOp<FlushRequest> = {
  name: "flush_all",
  answers: Answers.OK,
  write(out, request) {
    out.begin(FLUSH_ALL);
    if (request.delay !== undefined) out.expiry(request.delay);
    endLine(out, request);
  },
};

/**
 * Asks for the version of the server.
 *
 * @example
 * ```ts
 * import { TEXT_VERSION, TextWriter } from "@memwire/memwire/text";
 * import { assertEquals } from "@std/assert";
 *
 * const out = new TextWriter();
 * TEXT_VERSION.write(out, {});
 * assertEquals(new TextDecoder().decode(out.take()[0]), "version\r\n");
 * ```
 */
export const TEXT_VERSION: TextOp<NoRequest> = {
  name: "version",
  answers: Answers.VERSION,
  write: bare("version"),
};

/**
 * Asks the server to close the connection; it does not answer.
 *
 * @example
 * ```ts
 * import { TEXT_QUIT, TextWriter } from "@memwire/memwire/text";
 * import { assertEquals } from "@std/assert";
 *
 * const out = new TextWriter();
 * TEXT_QUIT.write(out, {});
 * assertEquals(new TextDecoder().decode(out.take()[0]), "quit\r\n");
 * ```
 */
export const TEXT_QUIT: TextOp<NoRequest> = { name: "quit", answers: Answers.NOTHING, write: bare("quit") };

const VERBOSITY = wordOf("verbosity");

/**
 * Sets how much the server logs.
 *
 * @example
 * ```ts
 * import { TEXT_VERBOSITY, TextWriter } from "@memwire/memwire/text";
 * import { assertEquals } from "@std/assert";
 *
 * const out = new TextWriter();
 * TEXT_VERBOSITY.write(out, { level: 1 });
 * assertEquals(new TextDecoder().decode(out.take()[0]), "verbosity 1\r\n");
 * ```
 */
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

/**
 * Asks for statistics. `stats cachedump` and `stats detail dump` answer in lines of their own, see {@linkcode RAW}.
 *
 * @example
 * ```ts
 * import { TEXT_STATS, TextWriter } from "@memwire/memwire/text";
 * import { assertEquals } from "@std/assert";
 *
 * const out = new TextWriter();
 * TEXT_STATS.write(out, { group: "items" });
 * assertEquals(new TextDecoder().decode(out.take()[0]), "stats items\r\n");
 * ```
 */
export const TEXT_STATS: TextOp<StatsRequest> = {
  name: "stats",
  answers: Answers.STATS,
  write(out, { group }) {
    out.begin(STATS);
    if (group !== undefined) { for (const word of group.split(" ")) out.token(word, MAX_NAME, "group of statistics"); }
    out.end();
  },
};

const WATCHING = wordOf("watch");

/**
 * Logs what happens until the connection is closed, which is good for nothing else then: read it with {@linkcode readWatchLine}.
 *
 * @example
 * ```ts
 * import { TextWriter, WATCH } from "@memwire/memwire/text";
 * import { assertEquals } from "@std/assert";
 *
 * const out = new TextWriter();
 * WATCH.write(out, { events: ["evictions"] });
 * assertEquals(new TextDecoder().decode(out.take()[0]), "watch evictions\r\n");
 * ```
 */
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

/**
 * Asks a hosted cache for the nodes of its cluster.
 *
 * @example
 * ```ts
 * import { CONFIG_GET, TextWriter } from "@memwire/memwire/text";
 * import { assertEquals } from "@std/assert";
 *
 * const out = new TextWriter();
 * CONFIG_GET.write(out, {});
 * assertEquals(new TextDecoder().decode(out.take()[0]), "config get cluster\r\n");
 * ```
 */
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
