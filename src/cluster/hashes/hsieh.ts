/**
 * Paul Hsieh's SuperFastHash.
 *
 * libmemcached has it only when it was built with it, which the packages of distributions are not: those place all keys on one server.
 */
export function hsieh(bytes: Uint8Array, start: number, end: number): number {
  if (start === end) return 0;
  let hash = 0;
  let i = start;
  for (; end - i >= 4; i += 4) {
    hash = (hash + read16(bytes, i)) | 0;
    hash = (hash << 16) ^ (read16(bytes, i + 2) << 11) ^ hash;
    hash = (hash + (hash >>> 11)) | 0;
  }
  const left = end - i;
  if (left === 3) {
    hash = (hash + read16(bytes, i)) | 0;
    hash ^= (hash << 16) ^ (((bytes[i + 2]! << 24) >> 24) << 18);
    hash = (hash + (hash >>> 11)) | 0;
  } else if (left === 2) {
    hash = (hash + read16(bytes, i)) | 0;
    hash ^= hash << 11;
    hash = (hash + (hash >>> 17)) | 0;
  } else if (left === 1) {
    hash = (hash + bytes[i]!) | 0;
    hash ^= hash << 10;
    hash = (hash + (hash >>> 1)) | 0;
  }
  hash ^= hash << 3;
  hash = (hash + (hash >>> 5)) | 0;
  hash ^= hash << 4;
  hash = (hash + (hash >>> 17)) | 0;
  hash ^= hash << 25;
  return (hash + (hash >>> 6)) | 0;
}

function read16(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8);
}
