/** The first four bytes, big-endian, of the SHA-1 of bytes: all that Dalli's ring takes of it. It protects nothing. */
export function sha1Head(bytes: Uint8Array): number {
  const state = Int32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0);
  const padded = new DataView(new ArrayBuffer(((bytes.length + 8) >> 6 << 6) + 64));
  new Uint8Array(padded.buffer).set(bytes);
  padded.setUint8(bytes.length, 0x80);
  padded.setUint32(padded.byteLength - 4, bytes.length * 8);
  const w = new Int32Array(80);
  for (let at = 0; at < padded.byteLength; at += 64) {
    for (let i = 0; i < 16; i++) w[i] = padded.getInt32(at + 4 * i);
    for (let i = 16; i < 80; i++) w[i] = rotate(w[i - 3]! ^ w[i - 8]! ^ w[i - 14]! ^ w[i - 16]!, 1);
    mix(state, w);
  }
  return state[0]! >>> 0;
}

function mix(state: Int32Array, w: Int32Array): void {
  let [a, b, c, d, e] = state as unknown as [number, number, number, number, number];
  for (let i = 0; i < 80; i++) {
    const sum = (rotate(a, 5) + choose(i, b, c, d) + e + CONSTANTS[Math.floor(i / 20)]! + w[i]!) | 0;
    e = d;
    d = c;
    c = rotate(b, 30);
    b = a;
    a = sum;
  }
  state[0]! += a;
  state[1]! += b;
  state[2]! += c;
  state[3]! += d;
  state[4]! += e;
}

function choose(step: number, b: number, c: number, d: number): number {
  if (step < 20) return (b & c) | (~b & d);
  if (step < 40 || step >= 60) return b ^ c ^ d;
  return (b & c) | (b & d) | (c & d);
}

function rotate(word: number, by: number): number {
  return (word << by) | (word >>> (32 - by));
}

const CONSTANTS = [0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6];
