import type { Connection } from "../connection/connection.ts";
import { AuthError, StatusError, UnsupportedError } from "../errors.ts";
import { STAT } from "../ops/admin.ts";
import type { DumpOutcome } from "../text/dump_lines.ts";
import type { DumpRequest } from "../text/dump_ops.ts";
import { ServerVersion } from "../text/server_version.ts";
import type { TextOp } from "../text/text_op.ts";
import { Status } from "../wire/status.ts";
import type { BatchSource } from "./batch_stream.ts";
import { Intake } from "./intake.ts";
import { refusedByServer } from "./server_words.ts";
import { commandBytes, openSide, type ServerAddress, type SideOptions } from "./side_connection.ts";

/** How many entries may wait to be taken before the server is made to wait. */
const LIMIT = 4096;

/** The longest pause before a busy server is asked again, in ms. */
const LONGEST_PAUSE = 1000;

/** The first memcached that dumps in the order of the hash table. */
const HASH_SINCE = "1.6.9";

/** What every dump takes. */
export interface DumpOptions extends SideOptions {
  /**
   * `all`, the default, goes through the lists of recently used items, each class of sizes by itself; `hash` (memcached 1.6.9 and
   * later) through the hash table, without locking those lists. Neither is a moment: items that are moved meanwhile may come twice or not.
   */
  readonly mode?: "all" | "hash";
  /** Only the keys that begin so. */
  readonly prefix?: string | Uint8Array;
  /** The most keys. */
  readonly limit?: number;
  /** How long to ask again a server that is busy with another dump, in milliseconds; 10,000 by default. */
  readonly busyTimeout?: number;
  /** How long nothing may come while it is waited for, in milliseconds; 10,000 by default, 0 for ever. */
  readonly idleTimeout?: number;
}

/** How far a dump is. */
export interface DumpProgress {
  /** Entries that the server has sent, whether they were wanted or not. */
  readonly seen: number;
  /** How many items the server said that it had at the beginning; expired ones count, and others come and go meanwhile. */
  readonly expected: number | undefined;
}

/** Reads one kind of dump. */
export interface DumpKind<Line, Entry> {
  /** The command. */
  readonly op: TextOp<DumpRequest>;
  /** The first memcached that has it. */
  readonly since: string;
  /** Makes a parser. */
  parser(): DumpReader<Line>;
  /** The key of a line. */
  key(line: Line): Uint8Array;
  /** What is kept of it. */
  keep(line: Line): Entry;
}

/** A parser of a dump. */
export interface DumpReader<Line> {
  /** How the dump has ended. */
  readonly outcome: DumpOutcome | undefined;
  /** Takes a chunk; returns whether the dump has ended. */
  push(chunk: Uint8Array, visit: (line: Line) => void): boolean;
}

/** Dumps keys over a connection of its own, which is opened when the first are asked for. */
export class DumpSource<Line, Entry> implements BatchSource<Entry> {
  readonly #server: ServerAddress;
  readonly #kind: DumpKind<Line, Entry>;
  readonly #options: DumpOptions;
  readonly #prefix: Uint8Array;
  readonly #stop = new AbortController();
  #left: number;
  #intake: Intake<Entry> | undefined = undefined;
  #parser: DumpReader<Line> | undefined = undefined;
  #closed = false;
  #seen = 0;
  #expected: number | undefined = undefined;
  #pause = 25;
  #giveUpAt = Infinity;

  /**
   * Remembers what to dump.
   *
   * @throws {RangeError} If the limit is no number of keys.
   */
  constructor(server: ServerAddress, kind: DumpKind<Line, Entry>, options: DumpOptions) {
    const { prefix = "", limit = Infinity } = options;
    if (!(limit >= 0)) throw new RangeError(`Cannot use a limit of ${limit}: it is a number of keys, 0 or more`);
    this.#server = server;
    this.#kind = kind;
    this.#options = options;
    this.#prefix = typeof prefix === "string" ? new TextEncoder().encode(prefix) : prefix;
    this.#left = limit;
  }

  get progress(): DumpProgress {
    return { seen: this.#seen, expected: this.#expected };
  }

  async next(): Promise<readonly Entry[] | undefined> {
    while (!this.#closed && this.#left > 0) {
      this.#intake ??= await this.#begin();
      const entries = await this.#intake.take();
      if (entries !== undefined) {
        this.#left -= entries.length;
        return this.#left < 0 ? entries.slice(0, this.#left) : entries;
      }
      if (this.#closed || !await this.#isBusy()) break;
    }
    this.close();
    return undefined;
  }

  close(): void {
    this.#closed = true;
    this.#stop.abort();
    this.#intake?.close();
  }

  async #begin(): Promise<Intake<Entry>> {
    const { mode = "all", signal, idleTimeout = 10_000 } = this.#options;
    const { op } = this.#kind;
    const ending = signal === undefined ? this.#stop.signal : AbortSignal.any([signal, this.#stop.signal]);
    const options = { ...this.#options, signal: ending };
    const { transport } = await openSide(this.#server, options, (connection, signal) => this.#look(connection, signal));
    const parser = this.#kind.parser();
    this.#parser = parser;
    const intake = new Intake<Entry>(transport, {
      what: "dump keys",
      read: (chunk, give) => parser.push(chunk, (line) => this.#take(line, give)),
      limit: LIMIT,
      timeout: idleTimeout,
      signal,
    });
    await transport.write(commandBytes(op, { classes: mode }));
    return intake;
  }

  /** Asks how many items there are, and whether the server is new enough. */
  async #look(connection: Connection, signal: AbortSignal): Promise<void> {
    let version: ServerVersion | undefined;
    try {
      for await (const { key, value } of connection.open(STAT, {}, { signal, timeout: 0 })) {
        if (key === "curr_items") this.#expected = Number(value);
        if (key === "version") version = ServerVersion.parse(value);
      }
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      if (error.status === Status.AUTH_ERROR) {
        throw new AuthError("Cannot dump keys: the server wants a login; give credentials", { cause: error });
      }
      // A server that tells nothing about itself may still have a dump.
    }
    if (version === undefined) return;
    for (const since of [this.#kind.since, this.#options.mode === "hash" ? HASH_SINCE : this.#kind.since]) {
      if (version.atLeast(since)) continue;
      const words = `it needs memcached ${since} or later, and the server is ${version}`;
      throw new UnsupportedError(`Cannot dump keys: ${words}`, { sent: false });
    }
  }

  #take(line: Line, give: (entry: Entry) => void): void {
    this.#seen++;
    const prefix = this.#prefix;
    if (prefix.length > 0) {
      const key = this.#kind.key(line);
      if (key.length < prefix.length) return;
      for (let i = 0; i < prefix.length; i++) if (key[i] !== prefix[i]) return;
    }
    give(this.#kind.keep(line));
  }

  /** Looks how the dump has ended. Returns whether it is to be begun anew, after a pause. */
  async #isBusy(): Promise<boolean> {
    const outcome = this.#parser!.outcome!;
    this.#intake = undefined;
    // A server without any items has nothing to go through.
    if (outcome.complete || outcome.text.startsWith("NOTSTARTED")) return false;
    const { busyTimeout = 10_000, signal } = this.#options;
    const now = performance.now();
    if (this.#giveUpAt === Infinity) this.#giveUpAt = now + busyTimeout;
    if (!outcome.busy || now >= this.#giveUpAt) throw refusedByServer("dump keys", this.#kind.op.name, outcome);
    const stop = this.#stop.signal;
    await pause(Math.min(this.#pause * (0.5 + Math.random() / 2), this.#giveUpAt - now), signal, stop);
    this.#pause = Math.min(this.#pause * 2, LONGEST_PAUSE);
    return true;
  }
}

/** Waits; no longer than until a signal is aborted. */
async function pause(ms: number, ...signals: readonly (AbortSignal | undefined)[]): Promise<void> {
  const [signal] = signals;
  signal?.throwIfAborted();
  let wake: () => void = () => {};
  const woken = new Promise<void>((resolve) => wake = resolve);
  const timer = setTimeout(wake, ms);
  for (const each of signals) each?.addEventListener("abort", wake);
  await woken;
  clearTimeout(timer);
  for (const each of signals) each?.removeEventListener("abort", wake);
  signal?.throwIfAborted();
}
