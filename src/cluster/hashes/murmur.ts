/** MurmurHash2 and MurmurHash3 of 32 bits, little-endian. */

/** What libmemcached makes a seed from: this times the length of the key. */
const SEED_BY_LENGTH = 0xdeadbeef;

/** MurmurHash2 as libmemcached has it, with a seed that depends on the length. */
export function murmur2(bytes: Uint8Array, start: number, end: number): number {
  const m = 0x5bd1e995;
  const length = end - start;
  let hash = Math.imul(SEED_BY_LENGTH, length) ^ length;
  let i = start;
  for (; end - i >= 4; i += 4) {
    let k = Math.imul(read32(bytes, i), m);
    k = Math.imul(k ^ (k >>> 24), m);
    hash = Math.imul(hash, m) ^ k;
  }
  if (i < end) hash = Math.imul(hash ^ readTail(bytes, i, end), m);
  hash = Math.imul(hash ^ (hash >>> 13), m);
  return hash ^ (hash >>> 15);
}

/** MurmurHash3 as libmemcached has it, with a seed that depends on the length. */
export function murmur3ByLength(bytes: Uint8Array, start: number, end: number): number {
  return murmur3(bytes, start, end, Math.imul(SEED_BY_LENGTH, end - start));
}

/** MurmurHash3 of 32 bits for x86. */
export function murmur3(bytes: Uint8Array, start: number, end: number, seed = 0): number {
  let hash = seed;
  let i = start;
  for (; end - i >= 4; i += 4) {
    hash ^= scramble(read32(bytes, i));
    hash = (Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64) | 0;
  }
  if (i < end) hash ^= scramble(readTail(bytes, i, end));
  hash ^= end - start;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

function scramble(k: number): number {
  const mixed = Math.imul(k, 0xcc9e2d51);
  return Math.imul((mixed << 15) | (mixed >>> 17), 0x1b873593);
}

function read32(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

/** The one to three bytes at the end. */
function readTail(bytes: Uint8Array, at: number, end: number): number {
  let tail = 0;
  for (let i = end - 1; i >= at; i--) tail = (tail << 8) | bytes[i]!;
  return tail;
}
