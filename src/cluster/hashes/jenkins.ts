/** What libmemcached starts it with. */
const START = 13;

/** Bob Jenkins' lookup3 (`hashlittle`), as libmemcached has it. */
export function jenkins(bytes: Uint8Array, start: number, end: number): number {
  let a = (0xdeadbeef + (end - start) + START) | 0;
  let b = a;
  let c = a;
  let i = start;
  for (; end - i > 12; i += 12) {
    a = (a + word(bytes, i, end)) | 0;
    b = (b + word(bytes, i + 4, end)) | 0;
    c = (c + word(bytes, i + 8, end)) | 0;
    a = (a - c) ^ ((c << 4) | (c >>> 28));
    c = (c + b) | 0;
    b = (b - a) ^ ((a << 6) | (a >>> 26));
    a = (a + c) | 0;
    c = (c - b) ^ ((b << 8) | (b >>> 24));
    b = (b + a) | 0;
    a = (a - c) ^ ((c << 16) | (c >>> 16));
    c = (c + b) | 0;
    b = (b - a) ^ ((a << 19) | (a >>> 13));
    a = (a + c) | 0;
    c = (c - b) ^ ((b << 4) | (b >>> 28));
    b = (b + a) | 0;
  }
  // Nothing is mixed when nothing is left.
  if (i === end) return c;
  a = (a + word(bytes, i, end)) | 0;
  b = (b + word(bytes, i + 4, end)) | 0;
  c = (c + word(bytes, i + 8, end)) | 0;
  c = ((c ^ b) - ((b << 14) | (b >>> 18))) | 0;
  a = ((a ^ c) - ((c << 11) | (c >>> 21))) | 0;
  b = ((b ^ a) - ((a << 25) | (a >>> 7))) | 0;
  c = ((c ^ b) - ((b << 16) | (b >>> 16))) | 0;
  a = ((a ^ c) - ((c << 4) | (c >>> 28))) | 0;
  b = ((b ^ a) - ((a << 14) | (a >>> 18))) | 0;
  return ((c ^ b) - ((b << 24) | (b >>> 8))) | 0;
}

/** Four bytes, little-endian; what lies behind the end is 0. */
function word(bytes: Uint8Array, at: number, end: number): number {
  let value = 0;
  for (let i = Math.min(at + 4, end) - 1; i >= at; i--) value |= bytes[i]! << ((i - at) << 3);
  return value;
}
