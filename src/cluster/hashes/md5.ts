/**
 * MD5, for rings: the clients that came first place keys by it. It protects nothing.
 *
 * By hand, because what there is makes an object and an array for each digest, and a ring hashes one key per request.
 */
export class Md5 {
  /** The last digest, as four words, little-endian as in its bytes. */
  readonly words: Uint32Array = new Uint32Array(4);
  readonly #block = new Int32Array(16);

  /** Digests a stretch of bytes, leaves the digest in `words` and returns the first of them, signed. */
  digest(bytes: Uint8Array, start: number, end: number): number {
    const { words } = this;
    words[0] = 0x67452301;
    words[1] = 0xefcdab89;
    words[2] = 0x98badcfe;
    words[3] = 0x10325476;
    let at = start;
    for (; end - at >= 64; at += 64) {
      this.#fill(bytes, at, at + 64);
      this.#mix();
    }
    const block = this.#block;
    this.#fill(bytes, at, end);
    const left = end - at;
    block[left >> 2]! |= 0x80 << ((left & 3) << 3);
    if (left >= 56) {
      this.#mix();
      block.fill(0);
    }
    const length = end - start;
    block[14] = length << 3;
    block[15] = length >>> 29;
    this.#mix();
    return words[0] | 0;
  }

  /** Takes up to 64 bytes as words, little-endian, the rest of them 0. */
  #fill(bytes: Uint8Array, start: number, end: number): void {
    const block = this.#block;
    let word = 0;
    let i = start;
    for (; end - i >= 4; i += 4) {
      block[word++] = bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);
    }
    if (word === 16) return;
    let tail = 0;
    for (let k = end - 1; k >= i; k--) tail = (tail << 8) | bytes[k]!;
    block[word++] = tail;
    while (word < 16) block[word++] = 0;
  }

  /** Takes the block into the digest: four rounds of sixteen steps. */
  #mix(): void {
    const x = this.#block;
    const { words } = this;
    let a = words[0]! | 0, b = words[1]! | 0, c = words[2]! | 0, d = words[3]! | 0;
    for (let i = 0; i < 16; i += 4) {
      a = (a + ((b & c) | (~b & d)) + x[i]! + SINES[i]!) | 0;
      a = (((a << 7) | (a >>> 25)) + b) | 0;
      d = (d + ((a & b) | (~a & c)) + x[i + 1]! + SINES[i + 1]!) | 0;
      d = (((d << 12) | (d >>> 20)) + a) | 0;
      c = (c + ((d & a) | (~d & b)) + x[i + 2]! + SINES[i + 2]!) | 0;
      c = (((c << 17) | (c >>> 15)) + d) | 0;
      b = (b + ((c & d) | (~c & a)) + x[i + 3]! + SINES[i + 3]!) | 0;
      b = (((b << 22) | (b >>> 10)) + c) | 0;
    }
    for (let i = 16; i < 32; i += 4) {
      a = (a + ((b & d) | (c & ~d)) + x[(5 * i + 1) & 15]! + SINES[i]!) | 0;
      a = (((a << 5) | (a >>> 27)) + b) | 0;
      d = (d + ((a & c) | (b & ~c)) + x[(5 * i + 6) & 15]! + SINES[i + 1]!) | 0;
      d = (((d << 9) | (d >>> 23)) + a) | 0;
      c = (c + ((d & b) | (a & ~b)) + x[(5 * i + 11) & 15]! + SINES[i + 2]!) | 0;
      c = (((c << 14) | (c >>> 18)) + d) | 0;
      b = (b + ((c & a) | (d & ~a)) + x[(5 * i) & 15]! + SINES[i + 3]!) | 0;
      b = (((b << 20) | (b >>> 12)) + c) | 0;
    }
    for (let i = 32; i < 48; i += 4) {
      a = (a + (b ^ c ^ d) + x[(3 * i + 5) & 15]! + SINES[i]!) | 0;
      a = (((a << 4) | (a >>> 28)) + b) | 0;
      d = (d + (a ^ b ^ c) + x[(3 * i + 8) & 15]! + SINES[i + 1]!) | 0;
      d = (((d << 11) | (d >>> 21)) + a) | 0;
      c = (c + (d ^ a ^ b) + x[(3 * i + 11) & 15]! + SINES[i + 2]!) | 0;
      c = (((c << 16) | (c >>> 16)) + d) | 0;
      b = (b + (c ^ d ^ a) + x[(3 * i + 14) & 15]! + SINES[i + 3]!) | 0;
      b = (((b << 23) | (b >>> 9)) + c) | 0;
    }
    for (let i = 48; i < 64; i += 4) {
      a = (a + (c ^ (b | ~d)) + x[(7 * i) & 15]! + SINES[i]!) | 0;
      a = (((a << 6) | (a >>> 26)) + b) | 0;
      d = (d + (b ^ (a | ~c)) + x[(7 * i + 7) & 15]! + SINES[i + 1]!) | 0;
      d = (((d << 10) | (d >>> 22)) + a) | 0;
      c = (c + (a ^ (d | ~b)) + x[(7 * i + 14) & 15]! + SINES[i + 2]!) | 0;
      c = (((c << 15) | (c >>> 17)) + d) | 0;
      b = (b + (d ^ (c | ~a)) + x[(7 * i + 5) & 15]! + SINES[i + 3]!) | 0;
      b = (((b << 21) | (b >>> 11)) + c) | 0;
    }
    words[0]! += a;
    words[1]! += b;
    words[2]! += c;
    words[3]! += d;
  }
}

/** The constants of the steps: the sine of each step's number, counted from 1, times 2³², rounded down. */
const SINES: Int32Array = Int32Array.from(
  { length: 64 },
  (_, i) => Math.floor(Math.abs(Math.sin(i + 1)) * 2 ** 32) | 0,
);
