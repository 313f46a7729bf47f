import { ProtocolError } from "../../errors.ts";
import type { LongReply, ReplySink, TextContext } from "./context.ts";
import { RequestReader } from "./request_reader.ts";
import { answerLine } from "./text_commands.ts";

/** What a text session needs of the connection that it is on. */
export interface TextSessionHost extends ReplySink {
  /** Whether more bytes wait to be written than may. */
  readonly congested: boolean;
  /** Whether the connection takes requests. */
  readonly open: boolean;
}

/** The reading half of a connection that speaks text: takes lines and blocks, and answers them in order while there is room. */
export class TextSession {
  readonly #host: TextSessionHost;
  readonly #context: TextContext;
  readonly #maxLine: number;
  readonly #reader = new RequestReader();
  /** A reply that there was no room for yet. */
  #reply: LongReply | undefined = undefined;

  /** Begins a session; no line of keys may be longer than a limit in bytes. */
  constructor(host: TextSessionHost, context: TextContext, maxLine: number) {
    this.#host = host;
    this.#context = context;
    this.#maxLine = maxLine;
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
    while (host.open && !host.congested) {
      if (this.#reply !== undefined) {
        if (this.#reply.next().done) this.#reply = undefined;
      } else if (!this.#reader.next(this.#visit)) {
        if (this.#reader.tooLong(this.#maxLine)) throw this.#tooLong();
        return;
      }
    }
  }

  readonly #visit = (line: string) => {
    const outcome = answerLine(line, this.#host, this.#context);
    this.#reply = outcome?.reply;
    return outcome?.block;
  };

  #tooLong(): ProtocolError {
    return new ProtocolError(
      `Cannot read request: ${this.#reader.pending} bytes without the end of a line, which only a get of many keys may have`,
      { bytes: new Uint8Array(0) },
    );
  }
}
