import { utf8EncodeInto, utf8Length } from "../../bytes.ts";

/** Up to here, writing characters one by one is quicker than a call of the encoder, which costs about a microsecond. */
const SHORT = 64;

/** Puts bytes together, of which nobody knows yet how many there will be. */
export class ByteBuilder {
  #buffer = new Uint8Array(256);
  #view = new DataView(this.#buffer.buffer);
  #length = 0;

  /** Adds one byte. */
  byte(value: number): void {
    // First, since it may give place to a larger one.
    const at = this.#reserve(1);
    this.#buffer[at] = value;
  }

  /** Adds a number of 2 or 4 bytes or more, the highest first. */
  uint(value: number, size: number): void {
    const at = this.#reserve(size);
    for (let i = size - 1, rest = value; i >= 0; i--, rest = Math.floor(rest / 256)) this.#buffer[at + i] = rest % 256;
  }

  /** Adds a number of any size without sign, the lowest byte first. */
  uintLittle(value: number, size: number): void {
    const at = this.#reserve(size);
    for (let i = 0, rest = value; i < size; i++, rest = Math.floor(rest / 256)) this.#buffer[at + i] = rest % 256;
  }

  /** Adds a number of 64 bits without sign, the highest byte first. */
  uint64(value: bigint): void {
    const at = this.#reserve(8);
    this.#view.setBigUint64(at, value);
  }

  /** Adds a floating-point number of 64 bits, the highest byte first. */
  float64(value: number): void {
    const at = this.#reserve(8);
    this.#view.setFloat64(at, value);
  }

  /** Adds bytes. */
  bytes(bytes: Uint8Array): void {
    const at = this.#reserve(bytes.length);
    this.#buffer.set(bytes, at);
  }

  /** Adds text as UTF-8. */
  text(text: string): void {
    const length = utf8Length(text);
    const at = this.#reserve(length);
    if (length === text.length && length <= SHORT) {
      for (let i = 0; i < length; i++) this.#buffer[at + i] = text.charCodeAt(i);
    } else {
      utf8EncodeInto(text, this.#buffer.subarray(at));
    }
  }

  /** What was put together. */
  take(): Uint8Array {
    return this.#buffer.slice(0, this.#length);
  }

  #reserve(size: number): number {
    const at = this.#length;
    this.#length += size;
    if (this.#length > this.#buffer.length) {
      const larger = new Uint8Array(Math.max(this.#length, 2 * this.#buffer.length));
      larger.set(this.#buffer.subarray(0, at));
      this.#buffer = larger;
      this.#view = new DataView(larger.buffer);
    }
    return at;
  }
}
