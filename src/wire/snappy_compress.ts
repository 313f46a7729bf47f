/** The Snappy block format, written: see `snappy.ts` for its elements. */

/** So many bytes at a time: copies never reach further back, and places in a block fit 16 bits. */
const BLOCK = 0x10000;

/** Bytes at the end of a block in which nothing is looked for; a shorter block is one literal. */
const MARGIN = 15;

const SMALLEST_TABLE = 0x100;
const LARGEST_TABLE = 0x4000;

/** Any odd number that mixes well; with this one blocks come out as those of other implementations. */
const MULTIPLIER = 0x1e35a7bd;

/** After so many places without a match every second one is looked at, then every third, and so on. */
const PATIENCE = 32;

/** Four bytes as a number. */
function wordAt(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

/** Compresses bytes as a raw Snappy block, whether it gets smaller by that or not. Returns bytes of its own. */
export function compressBlock(plain: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Compressor(plain).run();
}

class Compressor {
  readonly #plain: Uint8Array;
  readonly #table: Uint16Array;
  readonly #shift: number;
  readonly #target: Uint8Array<ArrayBuffer>;
  #at = 0;

  constructor(plain: Uint8Array) {
    let size = SMALLEST_TABLE;
    while (size < LARGEST_TABLE && size < plain.length) size *= 2;
    this.#plain = plain;
    this.#table = new Uint16Array(size);
    this.#shift = 1 + Math.clz32(size);
    // No copy is longer than what it stands for, and a literal has one byte for itself for every six at most.
    this.#target = new Uint8Array(32 + plain.length + Math.ceil(plain.length / 6));
  }

  run(): Uint8Array<ArrayBuffer> {
    const { length } = this.#plain;
    let rest = length;
    for (; rest > 0x7f; rest >>>= 7) this.#target[this.#at++] = (rest & 0x7f) | 0x80;
    this.#target[this.#at++] = rest;
    for (let from = 0; from < length; from += BLOCK) {
      if (from > 0) this.#table.fill(0);
      this.#block(from, Math.min(length, from + BLOCK));
    }
    return this.#target.slice(0, this.#at);
  }

  #block(from: number, to: number): void {
    const limit = to - MARGIN;
    const plain = this.#plain;
    const table = this.#table;
    const shift = this.#shift;
    /** What lies before it is written. */
    let done = from;
    let at = from + 1;
    let tried = PATIENCE;
    while (at <= limit) {
      const word = wordAt(plain, at);
      const slot = Math.imul(word, MULTIPLIER) >>> shift;
      const candidate = from + table[slot]!;
      table[slot] = at - from;
      if (word !== wordAt(plain, candidate)) {
        at += tried++ >>> 5;
        continue;
      }
      if (at > done) this.#literal(done, at);
      done = at + this.#match(candidate, at, to);
      this.#copy(at - candidate, done - at);
      // What was just copied ends the way that is likely to come again.
      if (done <= limit) table[Math.imul(wordAt(plain, done - 1), MULTIPLIER) >>> shift] = done - 1 - from;
      at = done;
      tried = PATIENCE;
    }
    if (done < to) this.#literal(done, to);
  }

  /** How many bytes are the same in two places, of which four are. */
  #match(candidate: number, at: number, to: number): number {
    const plain = this.#plain;
    let length = 4;
    while (at + length < to && plain[candidate + length] === plain[at + length]) length++;
    return length;
  }

  #literal(from: number, to: number): void {
    const last = to - from - 1;
    const target = this.#target;
    if (last < 60) {
      target[this.#at++] = last << 2;
    } else {
      const width = last < 0x100 ? 1 : 2;
      target[this.#at++] = (59 + width) << 2;
      target[this.#at++] = last & 0xff;
      if (width === 2) target[this.#at++] = last >>> 8;
    }
    const plain = this.#plain;
    if (last > 24) target.set(plain.subarray(from, to), this.#at);
    else for (let i = from; i < to; i++) target[this.#at + i - from] = plain[i]!;
    this.#at += to - from;
  }

  /** Copies of more than 64 bytes take several elements, the last of which must have 4. */
  #copy(offset: number, length: number): void {
    let rest = length;
    for (; rest >= 68; rest -= 64) this.#piece(offset, 64);
    if (rest > 64) {
      this.#piece(offset, 60);
      rest -= 60;
    }
    this.#piece(offset, rest);
  }

  #piece(offset: number, length: number): void {
    const target = this.#target;
    const near = length < 12 && offset < 2048;
    target[this.#at++] = near ? 1 | ((length - 4) << 2) | ((offset >>> 8) << 5) : 2 | ((length - 1) << 2);
    target[this.#at++] = offset & 0xff;
    if (!near) target[this.#at++] = offset >>> 8;
  }
}
