import { read32, Word64 } from "./word64.ts";

const M_HIGH = 0xc6a4a793;
const M_LOW = 0x5bd1e995;

/** MurmurHash64A, what mcrouter places keys by; leaves the hash in `value`. */
export class Murmur64 {
  /** The last hash. */
  readonly value: Word64 = new Word64();
  readonly #part = new Word64();

  /** Hashes a stretch of bytes. */
  hash(bytes: Uint8Array, start: number, end: number, seed: number): void {
    const { value } = this;
    const part = this.#part;
    const length = end - start;
    value.set(0, length);
    value.multiply(M_HIGH, M_LOW);
    value.xor(0, seed);
    let i = start;
    for (; end - i >= 8; i += 8) {
      part.set(read32(bytes, i + 4), read32(bytes, i));
      this.#mix();
    }
    if (i < end) {
      part.set(0, 0);
      for (let k = end - 1; k >= i; k--) part.set((part.high << 8) | (part.low >>> 24), (part.low << 8) | bytes[k]!);
      value.xor(part.high, part.low);
      value.multiply(M_HIGH, M_LOW);
    }
    this.#finish();
  }

  /** Hashes the eight bytes of the last hash. */
  hashAgain(seed: number): void {
    const { value } = this;
    this.#part.set(value.high, value.low);
    value.set(0, 8);
    value.multiply(M_HIGH, M_LOW);
    value.xor(0, seed);
    this.#mix();
    this.#finish();
  }

  #mix(): void {
    const part = this.#part;
    part.multiply(M_HIGH, M_LOW);
    part.xorShift(47);
    part.multiply(M_HIGH, M_LOW);
    this.value.xor(part.high, part.low);
    this.value.multiply(M_HIGH, M_LOW);
  }

  #finish(): void {
    this.value.xorShift(47);
    this.value.multiply(M_HIGH, M_LOW);
    this.value.xorShift(47);
  }
}
