import { read32, Word64 } from "./word64.ts";

/** XXH3 of 64 bits with seed 0, what the proxy of memcached places keys by; leaves the hash in `value`. */
export class Xxh3 {
  /** The last hash. */
  readonly value: Word64 = new Word64();
  readonly #part = new Word64();
  /** What the eight lanes of long inputs have summed up. */
  readonly #lanes: readonly Word64[] = LANES.map(() => new Word64());

  /** Hashes a stretch of bytes, and returns the lower half, signed. */
  hash(bytes: Uint8Array, start: number, end: number): number {
    const length = end - start;
    if (length > 240) this.#hashLong(bytes, start, end);
    else if (length > 128) this.#hash240(bytes, start, end);
    else if (length > 16) this.#hash128(bytes, start, end);
    else if (length > 8) this.#hash16(bytes, start, end);
    else if (length > 3) this.#hash8(bytes, start, end);
    else this.#hash3(bytes, start, end);
    return this.value.low;
  }

  #hash3(bytes: Uint8Array, start: number, end: number): void {
    const { value } = this;
    const length = end - start;
    if (length === 0) {
      value.set(secret(60) ^ secret(68), secret(56) ^ secret(64));
    } else {
      const middle = bytes[start + (length >> 1)]!;
      const word = (bytes[start]! << 16) | (middle << 24) | bytes[end - 1]! | (length << 8);
      value.set(0, word ^ secret(0) ^ secret(4));
    }
    value.xorShift(33);
    value.multiply(0xc2b2ae3d, 0x27d4eb4f);
    value.xorShift(29);
    value.multiply(0x165667b1, 0x9e3779f9);
    value.xorShift(32);
  }

  #hash8(bytes: Uint8Array, start: number, end: number): void {
    const { value } = this;
    value.set(read32(bytes, start), read32(bytes, end - 4));
    value.xor(secret(12) ^ secret(20), secret(8) ^ secret(16));
    const { high, low } = value;
    // Rotated by 49 and by 24 bits.
    value.xor((low << 17) | (high >>> 15), (high << 17) | (low >>> 15));
    value.xor((high << 24) | (low >>> 8), (low << 24) | (high >>> 8));
    value.multiply(0x9fb21c65, 0x1e98df25);
    // Shifted by 35 bits, the upper half is 0, and the sum stays within the lower.
    value.xor(0, (value.high >>> 3) + (end - start));
    value.multiply(0x9fb21c65, 0x1e98df25);
    value.xorShift(28);
  }

  #hash16(bytes: Uint8Array, start: number, end: number): void {
    const { value } = this;
    const part = this.#part;
    value.set(0, end - start);
    part.read(bytes, start);
    part.xor(secret(28) ^ secret(36), secret(24) ^ secret(32));
    const high = read32(bytes, end - 4) ^ secret(44) ^ secret(52);
    const low = read32(bytes, end - 8) ^ secret(40) ^ secret(48);
    value.add(swap(part.low), swap(part.high));
    value.add(high, low);
    part.multiplyFold(high, low);
    value.add(part.high, part.low);
    this.#avalanche();
  }

  #hash128(bytes: Uint8Array, start: number, end: number): void {
    this.#begin(end - start);
    const pairs = (end - start - 1) >> 5;
    for (let i = 0; i <= pairs; i++) {
      this.#mix(bytes, start + 16 * i, 32 * i);
      this.#mix(bytes, end - 16 * (i + 1), 32 * i + 16);
    }
    this.#avalanche();
  }

  #hash240(bytes: Uint8Array, start: number, end: number): void {
    this.#begin(end - start);
    const rounds = (end - start) >> 4;
    for (let i = 0; i < 8; i++) this.#mix(bytes, start + 16 * i, 16 * i);
    this.#avalanche();
    for (let i = 8; i < rounds; i++) this.#mix(bytes, start + 16 * i, 16 * (i - 8) + 3);
    this.#mix(bytes, end - 16, 119);
    this.#avalanche();
  }

  #hashLong(bytes: Uint8Array, start: number, end: number): void {
    const lanes = this.#lanes;
    for (const [i, [high, low]] of LANES.entries()) lanes[i]!.set(high, low);
    // Blocks of sixteen stripes of 64 bytes; the last stripe is always the last 64 bytes.
    const stripes = (end - start - 1) >> 6;
    for (let n = 0; n < stripes; n++) {
      this.#stripe(bytes, start + 64 * n, 8 * (n & 15));
      if ((n & 15) === 15) this.#scramble();
    }
    this.#stripe(bytes, end - 64, 121);
    this.#begin(end - start);
    for (let i = 0; i < 4; i++) {
      const at = 11 + 16 * i;
      const part = lanes[2 * i]!;
      const other = lanes[2 * i + 1]!;
      part.xor(secret(at + 4), secret(at));
      part.multiplyFold(other.high ^ secret(at + 12), other.low ^ secret(at + 8));
      this.value.add(part.high, part.low);
    }
    this.#avalanche();
  }

  #begin(length: number): void {
    this.value.set(0, length);
    this.value.multiply(0x9e3779b1, 0x85ebca87);
  }

  /** Adds sixteen bytes, multiplied with each other. */
  #mix(bytes: Uint8Array, at: number, key: number): void {
    const part = this.#part;
    part.read(bytes, at);
    part.xor(secret(key + 4), secret(key));
    part.multiplyFold(read32(bytes, at + 12) ^ secret(key + 12), read32(bytes, at + 8) ^ secret(key + 8));
    this.value.add(part.high, part.low);
  }

  #stripe(bytes: Uint8Array, at: number, key: number): void {
    const part = this.#part;
    for (let i = 0; i < 8; i++) {
      part.read(bytes, at + 8 * i);
      this.#lanes[i ^ 1]!.add(part.high, part.low);
      part.xor(secret(key + 8 * i + 4), secret(key + 8 * i));
      const { high } = part;
      part.set(0, part.low);
      part.multiply(0, high);
      this.#lanes[i]!.add(part.high, part.low);
    }
  }

  #scramble(): void {
    for (const [i, lane] of this.#lanes.entries()) {
      lane.xorShift(47);
      lane.xor(secret(132 + 8 * i), secret(128 + 8 * i));
      lane.multiply(0, 0x9e3779b1);
    }
  }

  #avalanche(): void {
    this.value.xorShift(37);
    this.value.multiply(0x16566791, 0x9e3779f9);
    this.value.xorShift(32);
  }
}

/** The other order of four bytes. */
function swap(word: number): number {
  return (word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24);
}

/** Four bytes of the secret. */
function secret(at: number): number {
  return read32(SECRET, at);
}

const LANES: readonly (readonly [high: number, low: number])[] = [
  [0, 0xc2b2ae3d],
  [0x9e3779b1, 0x85ebca87],
  [0xc2b2ae3d, 0x27d4eb4f],
  [0x165667b1, 0x9e3779f9],
  [0x85ebca77, 0xc2b2ae63],
  [0, 0x85ebca77],
  [0x27d4eb2f, 0x165667c5],
  [0, 0x9e3779b1],
];

/** The secret that XXH3 has when it is given none. */
const SECRET: Uint8Array = Uint8Array.from(
  (
    "b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671fcb79e64eccc0e578825ad07dccff7221b8084674f743248e" +
    "e03590e6813a264c3c2852bb91c300cb88d0658b1b532ea371644897a20df94e3819ef46a9deacd8a8fa763fe39c343ff9dcbbc7c70b4f1d8a" +
    "51e04bcdb45931c89f7ec9d9787364eac5ac8334d3ebc3c581a0fffa1363eb170ddd51b7f0da49d316552629d4689e2b16be587d47a1fc8f" +
    "f8b8d17ad031ce45cb3a8f95160428afd7fbcabb4b407e"
  ).match(/../g)!,
  (byte) => parseInt(byte, 16),
);
