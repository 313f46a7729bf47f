import { utf8Decode } from "../bytes.ts";
import { ProtocolError } from "../errors.ts";
import { LineSplitter, type LineSplitterOptions } from "./line_splitter.ts";
import { codeOf, isErrorCode, TextCode } from "./text_code.ts";
import { printable, SHOWN } from "./text_reply.ts";

const SPACE = 0x20;

/** How a dump has ended. */
export interface DumpOutcome {
  /**
   * `END` or `EN` when all has come; `REFUSED` when the server was busy with another or has no such class, `ERROR`, `CLIENT_ERROR` or
   * `SERVER_ERROR` when it cannot or may not: a {@linkcode TextCode}.
   */
  readonly code: number;
  /** Whether all has come. */
  readonly complete: boolean;
  /** Whether the server was busy with another dump, so that the same command may be answered a little later. */
  readonly busy: boolean;
  /** The line that said so. */
  readonly text: string;
}

/** Reads the lines of a dump between its beginning and its end. */
export class DumpLines {
  readonly #lines: LineSplitter;
  readonly #readEntry: (bytes: Uint8Array, from: number, to: number) => string | undefined;
  /** What every entry begins with. */
  readonly #first: number;
  #begun = false;
  #outcome: DumpOutcome | undefined = undefined;

  /** Makes a reader of entries that begin with a letter; `readEntry` returns what is wrong with one, if anything. */
  constructor(
    first: number,
    readEntry: (bytes: Uint8Array, from: number, to: number) => string | undefined,
    options: LineSplitterOptions,
  ) {
    this.#first = first;
    this.#readEntry = readEntry;
    this.#lines = new LineSplitter(options);
  }

  get outcome(): DumpOutcome | undefined {
    return this.#outcome;
  }

  /** Takes a chunk; returns whether the dump has ended. */
  push(chunk: Uint8Array): boolean {
    this.#lines.push(chunk, this.#visit);
    return this.#outcome !== undefined;
  }

  rest(): Uint8Array {
    return this.#lines.rest();
  }

  end(): void {
    if (this.#outcome !== undefined) return;
    throw new ProtocolError(
      `Cannot read dump at byte ${this.#lines.position}: the bytes end before it says that it has ended`,
      { at: this.#lines.position, bytes: this.rest().subarray(0, SHOWN) },
    );
  }

  readonly #visit = (bytes: Uint8Array, from: number, to: number): void => {
    let wrong: string | undefined;
    if (bytes[from] === this.#first) wrong = this.#readEntry(bytes, from, to);
    else if (!this.#isFrame(bytes, from, to)) wrong = "it is no entry and no end";
    this.#begun = true;
    if (wrong === undefined) return;
    const line = bytes.slice(from, Math.min(to, from + SHOWN));
    throw new ProtocolError(
      `Cannot read line of a dump at byte ${this.#lines.position}, "${printable(line)}": ${wrong}`,
      {
        at: this.#lines.position,
        bytes: line,
      },
    );
  };

  /** Whether a line is the beginning or the end of a dump. */
  #isFrame(bytes: Uint8Array, from: number, to: number): boolean {
    let wordEnd = from;
    while (wordEnd < to && bytes[wordEnd] !== SPACE) wordEnd++;
    const code = codeOf(bytes, from, wordEnd);
    // Newer servers say so before the first entry.
    if (code === TextCode.OK && wordEnd === to) return !this.#begun;
    const complete = (code === TextCode.END || code === TextCode.EN) && wordEnd === to;
    if (!complete && !isErrorCode(code) && code !== TextCode.REFUSED) return false;
    const text = utf8Decode(bytes.subarray(from, to));
    this.#outcome = { code, complete, busy: text.startsWith("BUSY"), text };
    this.#lines.stop();
    return true;
  }
}
