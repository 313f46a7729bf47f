/** A number of 64 bits that changes in place, as two signed halves: what `bigint` would allocate for at every step. */
export class Word64 {
  /** Bits 32 to 63. */
  high = 0;
  /** Bits 0 to 31. */
  low = 0;

  set(high: number, low: number): void {
    this.high = high | 0;
    this.low = low | 0;
  }

  /** Takes eight bytes, little-endian. */
  read(bytes: Uint8Array, at: number): void {
    this.low = read32(bytes, at);
    this.high = read32(bytes, at + 4);
  }

  xor(high: number, low: number): void {
    this.high ^= high;
    this.low ^= low;
  }

  add(high: number, low: number): void {
    const sum = (this.low >>> 0) + (low >>> 0);
    this.low = sum | 0;
    this.high = (this.high + high + (sum > 0xffffffff ? 1 : 0)) | 0;
  }

  /** Multiplies modulo 2⁶⁴. */
  multiply(high: number, low: number): void {
    this.high = (multiplyHigh(this.low, low) + Math.imul(this.high, low) + Math.imul(this.low, high)) | 0;
    this.low = Math.imul(this.low, low);
  }

  /** Multiplies to 128 bits and takes one half of them exclusive-or the other. */
  multiplyFold(high: number, low: number): void {
    const { high: a, low: b } = this;
    const second = multiplyHigh(b, low) + (Math.imul(b, high) >>> 0) + (Math.imul(a, low) >>> 0);
    const third = multiplyHigh(b, high) + multiplyHigh(a, low) + (Math.imul(a, high) >>> 0) +
      Math.floor(second / 2 ** 32);
    const fourth = multiplyHigh(a, high) + Math.floor(third / 2 ** 32);
    this.low = Math.imul(b, low) ^ third;
    this.high = second ^ fourth;
  }

  /** Takes itself shifted to the right, 1 to 63 bits, exclusive-or itself. */
  xorShift(bits: number): void {
    if (bits < 32) {
      this.low ^= (this.low >>> bits) | (this.high << (32 - bits));
      this.high ^= this.high >>> bits;
    } else {
      this.low ^= this.high >>> (bits - 32);
    }
  }
}

/** Four bytes, little-endian, signed. */
export function read32(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

/** The upper half of the product of two unsigned numbers of 32 bits. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff, aHigh = a >>> 16, bLow = b & 0xffff, bHigh = b >>> 16;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const other = aLow * bHigh + (middle & 0xffff);
  return aHigh * bHigh + (middle >>> 16) + (other >>> 16);
}
