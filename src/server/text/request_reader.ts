/** What lies behind a line: a block of bytes, then CR and LF. */
export interface DataBlock {
  /** How many bytes, without the CR and the LF. */
  readonly length: number;
  /** Takes the bytes, and whether CR and LF stood behind them; without it they are dropped. */
  readonly take?: (value: Uint8Array, terminated: boolean) => void;
}

/** Looks at one line, a character for each byte, without its end; returns the block that belongs to it, if there is one. */
export type LineVisitor = (line: string) => DataBlock | undefined;

/** Without a line's end in so many bytes, memcached gives up on everything but a long get. */
export const MAX_LINE = 2048;

const CR = 0x0d;
const LF = 0x0a;
const NONE = new Uint8Array(0);

/**
 * Cuts chunks of bytes into the requests of the text protocols: lines, and blocks whose lengths the lines say.
 *
 * A block is put together in an array of just its size, or is dropped as it comes: nothing is held for a length that is only said
 * unless the visitor wants it.
 */
export class RequestReader {
  /** Of memory of its own, or the chunk that is being read. */
  #bytes: Uint8Array = NONE;
  #own: Uint8Array = NONE;
  #at = 0;
  #end = 0;
  /** Up to where no line's end lies. */
  #scanned = 0;

  #block: DataBlock | undefined = undefined;
  #value: Uint8Array = NONE;
  #filled = 0;

  /** Bytes that wait to be read. */
  get pending(): number {
    return this.#end - this.#at;
  }

  /** Adds bytes, which must stay as they are until {@linkcode RequestReader.keep}. */
  push(chunk: Uint8Array): void {
    if (this.pending > 0) return this.#append(chunk);
    this.#bytes = chunk;
    this.#at = 0;
    this.#scanned = 0;
    this.#end = chunk.length;
  }

  /** Copies what was not read yet out of the last chunk. */
  keep(): void {
    if (this.#bytes === this.#own) return;
    const rest = this.#bytes.subarray(this.#at, this.#end);
    const scanned = this.#scanned - this.#at;
    this.#bytes = this.#own;
    this.#at = this.#end = 0;
    if (rest.length > 0) this.#append(rest);
    this.#scanned = Math.max(0, scanned);
  }

  /** Reads the next line or block, and returns whether there was a whole one. */
  next(visit: LineVisitor): boolean {
    if (this.#block !== undefined) return this.#readBlock(this.#block);
    const end = this.#bytes.indexOf(LF, this.#scanned);
    if (end < 0 || end >= this.#end) {
      this.#scanned = this.#end;
      return false;
    }
    const from = this.#at;
    // A CR alone in its line is a word of it.
    const to = end - from > 1 && this.#bytes[end - 1] === CR ? end - 1 : end;
    this.#at = this.#scanned = end + 1;
    const block = visit(latin1(this.#bytes, from, to));
    if (block !== undefined) this.#begin(block);
    return true;
  }

  /** Whether no line's end has come for longer than one may be waited for: a line of keys up to `limit`, others 2 KiB. */
  tooLong(limit: number): boolean {
    if (this.#block !== undefined || this.pending <= MAX_LINE) return false;
    return this.pending > limit || !/^ {0,100}gets? /.test(latin1(this.#bytes, this.#at, this.#at + 106));
  }

  #begin(block: DataBlock): void {
    this.#block = block;
    this.#filled = 0;
    if (block.take !== undefined) this.#value = new Uint8Array(block.length + 2);
  }

  #readBlock(block: DataBlock): boolean {
    const whole = block.length + 2;
    const from = this.#at;
    const taken = Math.min(whole - this.#filled, this.#end - from);
    if (block.take !== undefined) this.#value.set(this.#bytes.subarray(from, from + taken), this.#filled);
    this.#filled += taken;
    this.#at = this.#scanned = from + taken;
    if (this.#filled < whole) return false;
    const value = this.#value;
    this.#block = undefined;
    this.#value = NONE;
    block.take?.(value.subarray(0, block.length), value[whole - 2] === CR && value[whole - 1] === LF);
    return true;
  }

  #append(chunk: Uint8Array): void {
    const pending = this.pending;
    const needed = pending + chunk.length;
    if (this.#own.length - this.#end < chunk.length || this.#bytes !== this.#own) {
      const target = needed * 2 > this.#own.length ? new Uint8Array(Math.max(MAX_LINE * 2, needed * 2)) : this.#own;
      target.set(this.#bytes.subarray(this.#at, this.#end));
      this.#scanned -= this.#at;
      this.#at = 0;
      this.#end = pending;
      this.#bytes = this.#own = target;
    }
    this.#own.set(chunk, this.#end);
    this.#end += chunk.length;
  }
}

/** A character for each byte. */
function latin1(bytes: Uint8Array, from: number, to: number): string {
  let text = "";
  for (let at = from; at < to; at += 4096) {
    text += String.fromCharCode(...bytes.subarray(at, Math.min(to, at + 4096)));
  }
  return text;
}
