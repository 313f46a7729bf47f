import { ProtocolError } from "../errors.ts";
import { Answers } from "./answers.ts";
import { checkAnswers, readLine } from "./read_line.ts";
import { ReplyKeeper } from "./reply_keeper.ts";
import { TextCode } from "./text_code.ts";
import { printable, SHOWN, TextReply } from "./text_reply.ts";

/** The longest line that a splitter takes unless told otherwise, with its end, in bytes. */
export const DEFAULT_MAX_LINE: number = 8 * 1024;

/** The largest data of one item that a splitter takes unless told otherwise, in bytes. */
export const DEFAULT_MAX_VALUE: number = 20 * 1024 * 1024;

/** From here on it pays to keep a buffer for the next large reply, and to read into it without a detour. */
const LARGE = 16 * 1024;

/** Room for a line that was cut; most are much shorter. */
const LINE_ROOM = 256;

const CR = 0x0d;
const LF = 0x0a;

/** How a {@linkcode ReplySplitter} is set. */
export interface ReplySplitterOptions {
  /** Longest line in bytes that is accepted, its end included; 8 KiB by default. */
  readonly maxLine?: number;
  /** Largest data of one item in bytes that are accepted; 20 MiB by default. */
  readonly maxValue?: number;
  /** Which replies come first, bits of {@linkcode Answers}; any by default. See {@linkcode ReplySplitter.expected}. */
  readonly expected?: number;
}

/**
 * Cuts chunks of bytes into the replies of a server that speaks the classic text protocol, the meta protocol or both.
 *
 * - The data of an item are taken by their length, whatever they hold, and must be followed by CR LF; so must a line be.
 * - Replies that lie whole in a chunk are read where they are. The one that is cut at the end of a chunk is put together in a
 *   buffer of exactly its size.
 * - A length is compared with its limit before anything is allocated for it.
 * - Not enough bytes yet is a state and not an error; a line that nobody expects is one.
 *
 * @example
 * ```ts
 * import { Answers, ReplySplitter } from "@memwire/memwire/text";
 * import { assertEquals } from "@std/assert";
 *
 * const splitter = new ReplySplitter({ expected: Answers.META });
 * const bytes = new TextEncoder().encode("VA 3 O1 f7\r\nAda\r\nEN O2\r\n");
 * const seen: string[] = [];
 * for (const part of [bytes.subarray(0, 14), bytes.subarray(14)]) {
 *   splitter.push(part, (reply) => seen.push(`${reply.name} ${reply.meta.opaque}`));
 * }
 * assertEquals(seen, ["VA 1", "EN 2"]);
 * ```
 */
export class ReplySplitter {
  readonly #maxLine: number;
  readonly #reply = new TextReply();
  readonly #keeper = new ReplyKeeper();
  readonly #context: { expected: number; maxValue: number; inValues: boolean };
  /** A view of all of the memory that chunks come in. */
  #memory: Uint8Array = new Uint8Array(0);
  #position = 0;
  #begun = false;
  #stopped = false;

  /** The reply that was cut by the end of a chunk: its line, then, once its length is known, all of it. */
  #line: Uint8Array = new Uint8Array(LINE_ROOM);
  #partial: Uint8Array | undefined = undefined;
  #filled = 0;
  /** The buffer of the last large reply that nobody kept. */
  #spare: Uint8Array | undefined = undefined;

  /**
   * Makes a splitter with nothing read.
   *
   * @throws {RangeError} If a limit is no number of bytes.
   */
  constructor(options: ReplySplitterOptions = {}) {
    this.#maxLine = checkLimit("maxLine", options.maxLine ?? DEFAULT_MAX_LINE);
    this.#context = {
      expected: checkAnswers(options.expected ?? Answers.ANY),
      maxValue: checkLimit("maxValue", options.maxValue ?? DEFAULT_MAX_VALUE),
      inValues: false,
    };
    this.#reply.keeper = this.#keeper;
  }

  /**
   * Which replies may come next, bits of {@linkcode Answers}. Commands are answered in their order, so set it when the first of them
   * is written, and in the visitor when it is shown the last line of a reply.
   *
   * @throws {RangeError} If set to what are no such bits.
   */
  get expected(): number {
    return this.#context.expected;
  }

  set expected(answers: number) {
    this.#context.expected = checkAnswers(answers);
  }

  /** How many bytes of a cut reply are held. */
  get pending(): number {
    return this.#filled;
  }

  /** How many bytes of whole replies have been shown so far; while one is shown, or has been refused, where it begins. */
  get position(): number {
    return this.#position;
  }

  /**
   * Takes a chunk and shows each reply that is whole now to a visitor, those of several lines line by line. The reply object and the
   * chunk may be reused as soon as this returns: a visitor that keeps a view calls {@linkcode TextReply.keep} before it takes it.
   *
   * @throws {ProtocolError} If the bytes are no reply, none that is expected, or over a limit; the splitter is then of no more use.
   */
  push(chunk: Uint8Array, visit: (reply: TextReply) => void): void {
    let at = chunk.byteOffset;
    const end = at + chunk.byteLength;
    if (this.#filled > 0) {
      if (this.#stopped) return this.#hold(chunk);
      at = this.#complete(chunk, visit);
      if (at === end) return;
    }
    // A transport reads into the same slab again and again: its view is made once.
    if (this.#memory.buffer !== chunk.buffer) this.#memory = new Uint8Array(chunk.buffer);
    const memory = this.#memory;
    const reply = this.#reply;
    this.#keeper.enter(end);
    while (at < end && !this.#stopped) {
      const skimmed = this.#begun ? 0 : this.skim(memory, at, end);
      if (skimmed > 0) {
        at += skimmed;
        this.#position += skimmed;
        continue;
      }
      const lf = this.#findLineEnd(memory, at, end);
      if (lf < 0) break;
      if (this.#isEmptyLine(memory, at, lf)) {
        at = lf + 1;
        this.#position += 2;
        continue;
      }
      this.#read(memory, at, lf);
      const size = reply.size;
      if (end - at < size) return this.#beginValue(memory, at, end);
      at += size;
      this.#show(visit);
    }
    if (at < end) this.#begin(memory, at, end);
  }

  /**
   * For a class that knows a short way: looks at what begins at an offset, where no reply is under way, and returns how many bytes
   * it has dealt with: one whole reply, or 0 to have it read and shown as any other. `bytes` is all the memory of the chunk.
   */
  protected skim(_bytes: Uint8Array, _from: number, _end: number): number {
    return 0;
  }

  /**
   * Takes a chunk and returns the replies that are whole now, each an object of its own whose views stay valid. The chunk belongs
   * to the replies: it must not be overwritten.
   *
   * @throws {ProtocolError} As {@linkcode ReplySplitter.push}.
   */
  split(chunk: Uint8Array): TextReply[] {
    const replies: TextReply[] = [];
    this.push(chunk, (reply) => {
      // What lies in the splitter's own memory has to leave it.
      reply.kept = reply.bytes.buffer === chunk.buffer;
      replies.push(reply.clone());
      reply.kept = true;
    });
    return replies;
  }

  /** Where to read the next bytes, when the rest of a large reply is awaited. */
  room(): Uint8Array | undefined {
    const partial = this.#partial;
    if (partial === undefined || partial.length - this.#filled < LARGE) return undefined;
    return partial.subarray(this.#filled);
  }

  /** Stops cutting, from inside a visitor: what follows its reply is left for {@linkcode ReplySplitter.rest}. */
  stop(): void {
    this.#stopped = true;
  }

  /** The bytes that were pushed and belong to no whole reply yet. */
  rest(): Uint8Array {
    return (this.#partial ?? this.#line).slice(0, this.#filled);
  }

  /**
   * Says that no more bytes come.
   *
   * @throws {ProtocolError} If a reply was cut short, or one of several lines has not had its last.
   */
  end(): void {
    if (this.#filled > 0) {
      const expected = this.#partial === undefined ? "a line" : String(this.#partial.length);
      this.#fail(this.rest(), `the bytes end after ${this.#filled} of ${expected}`);
    }
    if (this.#begun) this.#fail(this.rest(), "the bytes end before its last line");
  }

  /** Offset of the LF of the line at an offset; -1 when it is not there yet. */
  #findLineEnd(bytes: Uint8Array, from: number, end: number): number {
    // Nothing may come now, so it need not become a line before it is refused.
    if (this.#context.expected === Answers.NOTHING && bytes[from] !== CR) {
      this.#fail(new Uint8Array(bytes.buffer, from, end - from), "nothing was asked");
    }
    const limit = Math.min(end, from + this.#maxLine);
    let at = from;
    while (at < limit && bytes[at] !== LF) at++;
    if (at < limit) return at;
    if (end - from >= this.#maxLine) this.#failLine(new Uint8Array(bytes.buffer, from, Math.min(end - from, SHOWN)));
    return -1;
  }

  #failLine(start: Uint8Array): never {
    this.#fail(start, `its line exceeds the limit of ${this.#maxLine} bytes`);
  }

  /** Some servers write one more line end after an error. */
  #isEmptyLine(bytes: Uint8Array, from: number, lf: number): boolean {
    return lf === from + 1 && bytes[from] === CR && !this.#begun;
  }

  /** Reads a line into the reply. */
  #read(bytes: Uint8Array, from: number, lf: number): void {
    const wrong = readLine(this.#reply, bytes, from, lf, this.#context);
    if (wrong !== undefined) this.#fail(new Uint8Array(bytes.buffer, from, lf + 1 - from), wrong);
  }

  /** Shows the reply that was read and is all there. */
  #show(visit: (reply: TextReply) => void): void {
    const reply = this.#reply;
    const { bytes, start, size, last } = reply;
    if (reply.valueLength >= 0 && (bytes[start + size - 2] !== CR || bytes[start + size - 1] !== LF)) {
      this.#fail(reply.line, `its ${reply.valueLength} bytes of data are not followed by CR LF`);
    }
    this.#begun = !last;
    this.#context.inValues = !last && (reply.code === TextCode.VALUE || this.#context.inValues);
    visit(reply);
    this.#position += size;
  }

  #fail(start: Uint8Array, reason: string): never {
    const bytes = start.slice(0, SHOWN);
    throw new ProtocolError(`Cannot read reply at byte ${this.#position}, "${printable(bytes)}": ${reason}`, {
      at: this.#position,
      bytes,
    });
  }

  /** Holds the beginning of a line, or whatever follows a stop. */
  #begin(bytes: Uint8Array, from: number, end: number): void {
    const length = end - from;
    if (this.#stopped) this.#partial = bytes.slice(from, end);
    else this.#appendToLine(new Uint8Array(bytes.buffer, from, length));
    this.#filled = length;
  }

  /** Holds a reply whose line has been read and whose data are not all there. */
  #beginValue(bytes: Uint8Array, from: number, end: number): void {
    const partial = this.#allocate(this.#reply.size);
    partial.set(new Uint8Array(bytes.buffer, from, end - from));
    this.#partial = partial;
    this.#filled = end - from;
  }

  #appendToLine(bytes: Uint8Array): void {
    const needed = this.#filled + bytes.length;
    if (needed > this.#line.length) {
      const longer = new Uint8Array(Math.max(needed, Math.min(this.#line.length * 2, this.#maxLine)));
      longer.set(this.#line.subarray(0, this.#filled));
      this.#line = longer;
    }
    this.#line.set(bytes, this.#filled);
  }

  /** Holds more of what follows a stop. */
  #hold(bytes: Uint8Array): void {
    const held = new Uint8Array(this.#filled + bytes.length);
    held.set(this.rest());
    held.set(bytes, this.#filled);
    this.#partial = held;
    this.#filled = held.length;
  }

  /** Finds room for a reply of a size that was checked. */
  #allocate(size: number): Uint8Array {
    const spare = this.#spare;
    // A reply that is kept pins the whole buffer, so it must be large and fit closely.
    if (spare !== undefined && size >= LARGE && spare.length >= size && spare.length - size <= LARGE) {
      this.#spare = undefined;
      return spare.subarray(0, size);
    }
    return new Uint8Array(size);
  }

  /** Goes on with the reply that is held; returns the offset of the first byte that belongs to the next. */
  #complete(chunk: Uint8Array, visit: (reply: TextReply) => void): number {
    let from = 0;
    if (this.#partial === undefined) {
      const lf = chunk.indexOf(LF);
      from = lf < 0 ? chunk.length : lf + 1;
      if (this.#filled + from >= this.#maxLine + (lf < 0 ? 0 : 1)) this.#failLine(this.rest());
      this.#appendToLine(chunk.subarray(0, from));
      this.#filled += from;
      if (lf < 0 || this.#completeLine(visit)) return chunk.byteOffset + from;
    }
    const partial = this.#partial!;
    const taken = Math.min(partial.length - this.#filled, chunk.length - from);
    // The transport may have read straight into what `room` gave it.
    const inPlace = chunk.buffer === partial.buffer && chunk.byteOffset + from === partial.byteOffset + this.#filled;
    if (!inPlace) partial.set(chunk.subarray(from, from + taken), this.#filled);
    this.#filled += taken;
    if (this.#filled === partial.length) this.#showPartial(partial, visit);
    return chunk.byteOffset + from + taken;
  }

  /** Reads the line that was put together, and shows it if it has no data. Returns whether it is done with. */
  #completeLine(visit: (reply: TextReply) => void): boolean {
    const length = this.#filled;
    const line = this.#line;
    if (this.#isEmptyLine(line, 0, length - 1)) {
      this.#filled = 0;
      this.#position += length;
      return true;
    }
    this.#read(line, 0, length - 1);
    if (this.#reply.valueLength >= 0) {
      this.#beginValue(line, 0, length);
      return false;
    }
    this.#filled = 0;
    this.#keeper.enter(length);
    this.#show(visit);
    return true;
  }

  /** Shows the reply that was put together; its buffer is its own, so keeping it costs nothing. */
  #showPartial(partial: Uint8Array, visit: (reply: TextReply) => void): void {
    const reply = this.#reply;
    this.#partial = undefined;
    this.#filled = 0;
    const memory = new Uint8Array(partial.buffer);
    const start = partial.byteOffset;
    reply.keeper = undefined;
    this.#read(memory, start, start + this.#lineEndOf(partial));
    this.#show(visit);
    reply.keeper = this.#keeper;
    if (!reply.kept && partial.length >= LARGE) this.#spare = memory;
  }

  #lineEndOf(partial: Uint8Array): number {
    let at = 0;
    while (partial[at] !== LF) at++;
    return at;
  }
}

function checkLimit(name: string, limit: number): number {
  if (limit >= 0) return limit;
  throw new RangeError(`Cannot use ${name} of ${limit}: it is bytes, 0 or more`);
}
