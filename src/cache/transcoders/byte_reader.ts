import { toHex } from "../../bytes.ts";
import { toInteger } from "./numbers.ts";
import { malformed, overLimit, type TranscodeError } from "./transcode_error.ts";
import { anyText } from "./text.ts";

/** How deep arrays and objects may lie in each other: beyond any data, well before the stack of any runtime. */
export const MAX_DEPTH = 200;

/** Reads the bytes of a value from front to back; whatever they lack is a {@linkcode TranscodeError}. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #what: string;
  #at = 0;

  /** Reads from the start; `what` is what messages call it. */
  constructor(bytes: Uint8Array, what: string) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#what = what;
  }

  /** How many bytes are left. */
  get left(): number {
    return this.#bytes.length - this.#at;
  }

  /** An error that says where the reader stands. */
  fault(why: string): TranscodeError {
    return malformed(this.#what, `${why} at byte ${this.#at}`);
  }

  /** The next byte, which stays the next one. */
  peek(): number {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) throw this.fault("1 byte wanted and 0 there");
    return byte;
  }

  /** A number of 1 to 4 bytes without sign, the highest first. */
  uint(size: number): number {
    const from = this.#skip(size);
    let value = 0;
    for (let i = 0; i < size; i++) value = value * 256 + this.#bytes[from + i]!;
    return value;
  }

  /** A number of any size without sign, the lowest byte first. */
  uintLittle(size: number): number {
    const bytes = this.take(size);
    let value = 0;
    for (let i = size - 1; i >= 0; i--) value = value * 256 + bytes[i]!;
    return value;
  }

  /** A signed number of 64 bits. */
  int64(): bigint {
    return this.#view.getBigInt64(this.#skip(8));
  }

  /** A signed integer of any size, the lowest byte first. */
  integerLittle(size: number): number | bigint {
    const bytes = this.take(size);
    if (size === 0) return 0;
    const value = BigInt(`0x${toHex(bytes.slice().reverse())}`);
    return toInteger(BigInt.asIntN(8 * size, value));
  }

  /** A number of 64 bits without sign. */
  uint64(): bigint {
    return this.#view.getBigUint64(this.#skip(8));
  }

  /** A floating-point number of 32 bits. */
  float32(): number {
    return this.#view.getFloat32(this.#skip(4));
  }

  /** A floating-point number of 64 bits. */
  float64(): number {
    return this.#view.getFloat64(this.#skip(8));
  }

  /** The next bytes, as a view. */
  take(length: number): Uint8Array {
    const from = this.#skip(length);
    return this.#bytes.subarray(from, this.#at);
  }

  /** The bytes up to one, which is skipped, too. */
  upTo(end: number): Uint8Array {
    const stop = this.#bytes.indexOf(end, this.#at);
    if (stop < 0) throw this.fault("no end of what begins");
    const bytes = this.#bytes.subarray(this.#at, stop);
    this.#at = stop + 1;
    return bytes;
  }

  /** The text up to a byte, which is skipped, too. */
  until(end: number): string {
    return anyText(this.upTo(end));
  }

  /** Skips one byte that has to be there. */
  expect(char: string): void {
    if (this.uint(1) !== char.charCodeAt(0)) {
      this.#at--;
      throw this.fault(`no ${JSON.stringify(char)}`);
    }
  }

  /** A count of things of at least one byte each: there cannot be more of them than bytes. */
  count(size: number): number {
    return this.fits(this.uint(size));
  }

  /** Returns a count, if there can be as many things as that. */
  fits(count: number): number {
    if (count > this.left) throw this.fault(`${count} things in ${this.left} bytes`);
    return count;
  }

  /** Nothing may be left. */
  end(): void {
    if (this.left > 0) throw this.fault(`${this.left} bytes too many`);
  }

  #skip(length: number): number {
    if (!(length >= 0 && length <= this.left)) throw this.fault(`${length} bytes wanted and ${this.left} there`);
    const from = this.#at;
    this.#at += length;
    return from;
  }
}

/** Refuses what lies too deep. */
export function checkDepth(depth: number, what: string): void {
  if (depth > MAX_DEPTH) throw overLimit(what, `it is nested deeper than ${MAX_DEPTH} levels`);
}
