/**
 * Bob Jenkins' one-at-a-time, what libmemcached hashes with unless told otherwise.
 *
 * libmemcached reads keys through the signed `char` of x86: a byte of 0x80 and more counts as a negative number there.
 */
export function oneAtATime(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0;
  for (let i = start; i < end; i++) {
    hash = (hash + ((bytes[i]! << 24) >> 24)) | 0;
    hash = (hash + (hash << 10)) | 0;
    hash ^= hash >>> 6;
  }
  hash = (hash + (hash << 3)) | 0;
  hash ^= hash >>> 11;
  return (hash + (hash << 15)) | 0;
}
