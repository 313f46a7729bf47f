import { ProtocolError } from "../errors.ts";
import { printable, SHOWN } from "./text_reply.ts";

const LF = 0x0a;
const CR = 0x0d;

/** Room for a line that was cut; most are shorter. */
const LINE_ROOM = 1024;

/** The longest line that is taken unless told otherwise, with its end, in bytes. */
const DEFAULT_MAX_LINE = 8 * 1024;

/** How a {@linkcode LineSplitter} is set. */
export interface LineSplitterOptions {
  /** Longest line in bytes that is accepted, its end included; 8 KiB by default. */
  readonly maxLine?: number;
}

/** Takes a line: it lies in the array between two offsets, without its end, until the visitor returns. */
export type LineVisitor = (bytes: Uint8Array, from: number, to: number) => void;

/**
 * Cuts chunks of bytes into lines that end with LF or CR LF. Lines that lie whole in a chunk are read where they are; the one that is
 * cut at its end is put together in a buffer that is used again.
 *
 * @example
 * ```ts
 * import { LineSplitter } from "@memwire/memwire/text";
 * import { assertEquals } from "@std/assert";
 *
 * const splitter = new LineSplitter();
 * const lines: string[] = [];
 * for (const part of ["on", "e\r\ntwo\nth"]) {
 *   splitter.push(new TextEncoder().encode(part), (bytes, from, to) => {
 *     lines.push(new TextDecoder().decode(bytes.subarray(from, to)));
 *   });
 * }
 * assertEquals(lines, ["one", "two"]);
 * assertEquals(splitter.pending, 2);
 * ```
 */
export class LineSplitter {
  readonly #maxLine: number;
  #memory: Uint8Array = new Uint8Array(0);
  #line: Uint8Array = new Uint8Array(LINE_ROOM);
  #filled = 0;
  #position = 0;
  #stopped = false;

  /**
   * Makes a splitter with nothing read.
   *
   * @throws {RangeError} If the limit is no number of bytes.
   */
  constructor(options: LineSplitterOptions = {}) {
    this.#maxLine = options.maxLine ?? DEFAULT_MAX_LINE;
    if (!(this.#maxLine >= 0)) throw new RangeError(`Cannot use maxLine of ${this.#maxLine}: it is bytes, 0 or more`);
  }

  /** How many bytes of a cut line, or of what follows a stop, are held. */
  get pending(): number {
    return this.#filled;
  }

  /** How many bytes of whole lines have been shown so far; while one is shown, where it begins. */
  get position(): number {
    return this.#position;
  }

  /**
   * Takes a chunk and shows each line that is whole now to a visitor. The chunk may be reused as soon as this returns.
   *
   * @throws {ProtocolError} If a line is over the limit; the splitter is then of no more use.
   */
  push(chunk: Uint8Array, visit: LineVisitor): void {
    if (this.#memory.buffer !== chunk.buffer) this.#memory = new Uint8Array(chunk.buffer);
    const memory = this.#memory;
    let at = chunk.byteOffset;
    const end = at + chunk.byteLength;
    if (this.#filled > 0) {
      if (this.#stopped) return this.#hold(memory, at, end);
      at = this.#complete(memory, at, end, visit);
    }
    while (at < end && !this.#stopped) {
      let lf = at;
      while (lf < end && memory[lf] !== LF) lf++;
      if (lf === end) break;
      if (lf + 1 - at > this.#maxLine) this.#failLine(memory, at);
      visit(memory, at, endOfText(memory, at, lf));
      this.#position += lf + 1 - at;
      at = lf + 1;
    }
    if (at < end) this.#hold(memory, at, end);
  }

  /** Stops cutting, from inside a visitor: what follows its line is left for {@linkcode LineSplitter.rest}. */
  stop(): void {
    this.#stopped = true;
  }

  /** The bytes that were pushed and belong to no whole line yet. */
  rest(): Uint8Array {
    return this.#line.slice(0, this.#filled);
  }

  /** Goes on with the line that is held; returns the offset of the first byte that belongs to the next. */
  #complete(memory: Uint8Array, from: number, end: number, visit: LineVisitor): number {
    let lf = from;
    while (lf < end && memory[lf] !== LF) lf++;
    const next = Math.min(lf + 1, end);
    this.#hold(memory, from, next);
    if (lf === end) return end;
    const length = this.#filled;
    if (length > this.#maxLine) this.#failLine(this.#line, 0);
    this.#filled = 0;
    visit(this.#line, 0, endOfText(this.#line, 0, length - 1));
    this.#position += length;
    return next;
  }

  #hold(memory: Uint8Array, from: number, end: number): void {
    const needed = this.#filled + end - from;
    if (needed > this.#maxLine && !this.#stopped) this.#failLine(this.#filled > 0 ? this.#line : memory, from);
    if (needed > this.#line.length) {
      const longer = new Uint8Array(Math.max(needed, 2 * this.#line.length));
      longer.set(this.#line.subarray(0, this.#filled));
      this.#line = longer;
    }
    this.#line.set(memory.subarray(from, end), this.#filled);
    this.#filled = needed;
  }

  #failLine(memory: Uint8Array, from: number): never {
    const start = this.#filled > 0 ? this.rest() : memory.subarray(from);
    const bytes = start.slice(0, SHOWN);
    throw new ProtocolError(
      `Cannot read line at byte ${this.#position}, "${
        printable(bytes)
      }": it exceeds the limit of ${this.#maxLine} bytes`,
      { at: this.#position, bytes },
    );
  }
}

/** Where the text of a line ends whose LF is at an offset. */
function endOfText(bytes: Uint8Array, from: number, lf: number): number {
  return lf > from && bytes[lf - 1] === CR ? lf - 1 : lf;
}
