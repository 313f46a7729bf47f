import { ProtocolError } from "../../errors.ts";
import type { Session } from "../session.ts";
import type { LongReply, ReplySink, TextContext } from "./context.ts";
import { logIn } from "./login.ts";
import type { Watcher } from "../event_log.ts";
import { type DataBlock, RequestReader } from "./request_reader.ts";
import { answerLine } from "./text_commands.ts";

/** What a text session needs of the connection that it is on. */
export interface TextSessionHost extends Omit<ReplySink, "watch" | "pipelined"> {
  /** The connection, as others know it. */
  readonly session: Session;
  /** Whether more bytes wait to be written than may. */
  readonly congested: boolean;
  /** Whether the connection takes requests. */
  readonly open: boolean;
  /** Writes what was appended when this turn ends. */
  flushSoon(): void;
}

/** The reading half of a connection that speaks text: takes lines and blocks, and answers them in order while there is room. */
export class TextSession {
  readonly #host: TextSessionHost;
  readonly #context: TextContext;
  readonly #maxLine: number;
  readonly #out: ReplySink;
  readonly #reader = new RequestReader();
  /** A reply that there was no room for yet. */
  #reply: LongReply | undefined = undefined;
  #pipelined = false;
  /** What is told the client who watches, and what it says is not looked at. */
  #watcher: Watcher | undefined = undefined;

  /** Begins a session; no line of keys may be longer than a limit in bytes. */
  constructor(host: TextSessionHost, context: TextContext, maxLine: number) {
    this.#host = host;
    this.#context = context;
    this.#maxLine = maxLine;
    const isPipelined = (): boolean => this.#pipelined;
    this.#out = {
      get pipelined() {
        return isPipelined();
      },
      text: (text) => host.text(text),
      bytes: (bytes) => host.bytes(bytes),
      close: () => host.close(),
      watch: (kinds) => this.#watch(kinds),
    };
  }

  /** Bytes that wait to be looked at. */
  get pending(): number {
    return this.#reader.pending;
  }

  /** Whether something could be answered if there were room. */
  get waiting(): boolean {
    return this.#reply !== undefined;
  }

  /**
   * Takes a chunk, and answers what is whole.
   *
   * @throws {ProtocolError} If what comes is no line.
   */
  receive(chunk: Uint8Array): void {
    if (this.#watcher !== undefined) return;
    this.#pipelined = false;
    this.#reader.push(chunk);
    try {
      this.work();
    } finally {
      this.#reader.keep();
    }
  }

  /**
   * Goes on with what had to wait.
   *
   * @throws {ProtocolError} If what waited is no line.
   */
  work(): void {
    const host = this.#host;
    this.#context.log.client = host.session;
    while (host.open && !host.congested && this.#watcher === undefined) {
      if (this.#reply !== undefined) {
        if (this.#reply.next().done) this.#reply = undefined;
      } else if (!this.#reader.next(this.#visit)) {
        if (this.#reader.tooLong(this.#maxLine)) throw this.#tooLong();
        return;
      }
    }
  }

  /** The client is gone, or will be. */
  end(): void {
    if (this.#watcher !== undefined) this.#context.log.delete(this.#watcher);
  }

  readonly #visit = (line: string): DataBlock | undefined => {
    const { session } = this.#host;
    if (this.#context.users !== undefined && session.user === undefined) {
      return logIn(line, this.#out, this.#context, (user) => session.user = user);
    }
    const outcome = answerLine(line, this.#out, this.#context);
    this.#pipelined = outcome?.flushes !== true;
    this.#reply = outcome?.reply;
    return outcome?.block;
  };

  #watch(kinds: number): boolean {
    const host = this.#host;
    const watcher: Watcher = {
      connection: host.session,
      kinds,
      get full() {
        return host.congested;
      },
      write: (line) => {
        host.text(line);
        host.flushSoon();
      },
    };
    const added = this.#context.log.add(watcher);
    if (added) this.#watcher = watcher;
    return added;
  }

  #tooLong(): ProtocolError {
    return new ProtocolError(
      `Cannot read request: ${this.#reader.pending} bytes without the end of a line, which only a get of many keys may have`,
      { bytes: new Uint8Array(0) },
    );
  }
}
