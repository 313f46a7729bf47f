import { UnsupportedError } from "../errors.ts";
import { WATCH } from "../text/admin.ts";
import { LineSplitter } from "../text/line_splitter.ts";
import { codeOf, TextCode } from "../text/text_code.ts";
import { readWatchLine, type WatchEvent } from "../text/watch.ts";
import { utf8Decode } from "../bytes.ts";
import { type BatchSource, BatchStream } from "./batch_stream.ts";
import { Intake } from "./intake.ts";
import { refusedByServer } from "./server_words.ts";
import { commandBytes, openSide, type ServerAddress, type SideOptions } from "./side_connection.ts";

/** How many events may wait to be taken before the server has to drop some. */
const LIMIT = 4096;

/** What a server can be asked to log. */
export type WatchTopic =
  | "fetchers"
  | "mutations"
  | "evictions"
  | "connevents"
  | "deletions"
  | "proxyreqs"
  | "proxyevents"
  | "proxyuser"
  | "rawcmds";

/** What {@linkcode watchServer} takes. */
export interface WatchOptions extends SideOptions {
  /** What to log; `fetchers` by default. A server that does not know one of them logs nothing (`connevents` needs 1.6.11, `deletions` 1.6.20). */
  readonly events?: readonly WatchTopic[];
}

/** The log of a server as it is written; see {@linkcode watchServer}. */
export class WatchStream extends BatchStream<WatchEvent> {
  readonly #source: WatchSource;

  /** Reads from a log. */
  constructor(source: WatchSource) {
    super(source);
    this.#source = source;
  }

  /** How many events the server has left out because they were not read quickly enough. */
  get dropped(): number {
    return this.#source.dropped;
  }
}

/** Reads the log over a connection of its own. */
export class WatchSource implements BatchSource<WatchEvent> {
  readonly #server: ServerAddress;
  readonly #options: WatchOptions;
  readonly #stop = new AbortController();
  #intake: Intake<WatchEvent> | undefined = undefined;
  #begun = false;
  #refusal: Error | undefined = undefined;
  /** How many events the server has left out. */
  dropped = 0;

  /** Remembers what to watch. */
  constructor(server: ServerAddress, options: WatchOptions) {
    this.#server = server;
    this.#options = options;
  }

  async next(): Promise<readonly WatchEvent[] | undefined> {
    if (this.#stop.signal.aborted) return undefined;
    this.#intake ??= await this.#begin();
    const events = await this.#intake.take();
    if (this.#refusal !== undefined) throw this.#refusal;
    return events;
  }

  close(): void {
    this.#stop.abort();
    this.#intake?.close();
  }

  async #begin(): Promise<Intake<WatchEvent>> {
    const { events = [], signal } = this.#options;
    const command = commandBytes(WATCH, { events });
    const ending = signal === undefined ? this.#stop.signal : AbortSignal.any([signal, this.#stop.signal]);
    const { transport } = await openSide(this.#server, { ...this.#options, signal: ending }, () => Promise.resolve());
    const lines = new LineSplitter();
    const intake = new Intake<WatchEvent>(transport, {
      what: "watch",
      read: (chunk, give) => {
        lines.push(chunk, (bytes, from, to) => this.#take(bytes.subarray(from, to), give));
        return this.#refusal !== undefined;
      },
      limit: LIMIT,
      timeout: 0,
      signal,
    });
    await transport.write(command);
    return intake;
  }

  #take(line: Uint8Array, give: (event: WatchEvent) => void): void {
    if (this.#refusal !== undefined) return;
    if (!this.#begun) {
      this.#begun = true;
      if (utf8Decode(line) !== "OK") this.#refusal = this.#refused(line);
      return;
    }
    const event = readWatchLine(line);
    if (event.type === "skipped") this.dropped += event.skipped;
    give(event);
  }

  #refused(line: Uint8Array): Error {
    const text = utf8Decode(line);
    const { events = [] } = this.#options;
    if (text === "ERROR") {
      return new UnsupportedError(
        `Cannot watch ${
          events.join(" ")
        }: the server does not know it; connevents needs memcached 1.6.11, deletions 1.6.20`,
      );
    }
    const space = line.indexOf(0x20);
    const code = codeOf(line, 0, space < 0 ? line.length : space);
    return refusedByServer("watch", "watch", { code: code === TextCode.OTHER ? TextCode.SERVER_ERROR : code, text });
  }
}

/**
 * Reads what a server logs: what is read, stored, evicted, who connects. It goes over a connection of its own, which is opened when
 * the first event is read and closed with the stream. A reader that is too slow loses events, and `dropped` counts them.
 *
 * Reading rejects with an {@linkcode UnsupportedError} if the server does not know one of the events, a {@linkcode StatusError} in
 * its words if it refuses otherwise, a {@linkcode ConnectionError} if the connection ends, the reason of the signal if that is aborted.
 *
 * @example
 * ```ts
 * import { connect } from "@memwire/memwire";
 * import { MemoryStore, Server } from "@memwire/memwire/server";
 * import { watchServer } from "@memwire/memwire/text";
 * import { assertEquals } from "@std/assert";
 *
 * await using server = new Server();
 * new MemoryStore().register(server);
 * const { address } = await server.listen({ hostname: "127.0.0.1", port: 0 });
 * await using mc = await connect(address);
 *
 * const missed = firstMiss();
 * let over = false;
 * missed.finally(() => over = true);
 * while (!over) await mc.get("user:1");
 * assertEquals(await missed, "user:1");
 *
 * async function firstMiss(): Promise<string | undefined> {
 *   for await (const event of watchServer(address, { events: ["fetchers"] })) {
 *     if (event.type === "item_get" && event.status === "not_found") return event.key;
 *   }
 * }
 * ```
 */
export function watchServer(server: ServerAddress, options: WatchOptions = {}): WatchStream {
  return new WatchStream(new WatchSource(server, options));
}
