/**
 * Fowler–Noll–Vo, as libmemcached and twemproxy have it: bytes of 0x80 and more count as negative numbers, and what
 * they call 64 bits is the low half of that, for which half the arithmetic is enough: the prime is 2⁴⁰ + 435.
 */

const START_32 = 0x811c9dc5;
const PRIME_32 = 0x01000193;
/** Of 0xcbf29ce484222325 and of 0x00000100000001b3. */
const LOW_START_64 = 0x84222325;
const LOW_PRIME_64 = 0x1b3;

/** FNV-1 of 32 bits: multiplies, then adds the byte. */
export function fnv1(bytes: Uint8Array, start: number, end: number): number {
  return multiplyFirst(bytes, start, end, START_32, PRIME_32);
}

/** FNV-1a of 32 bits: adds the byte, then multiplies. */
export function fnv1a(bytes: Uint8Array, start: number, end: number): number {
  return multiplyLast(bytes, start, end, START_32, PRIME_32);
}

/** The low half of FNV-1 of 64 bits. */
export function fnv1Wide(bytes: Uint8Array, start: number, end: number): number {
  return multiplyFirst(bytes, start, end, LOW_START_64, LOW_PRIME_64);
}

/** The low half of FNV-1a of 64 bits. */
export function fnv1aWide(bytes: Uint8Array, start: number, end: number): number {
  return multiplyLast(bytes, start, end, LOW_START_64, LOW_PRIME_64);
}

// One function for both widths would have five arguments; that it is private makes up for it.
function multiplyFirst(bytes: Uint8Array, start: number, end: number, first: number, prime: number): number {
  let hash = first | 0;
  for (let i = start; i < end; i++) hash = Math.imul(hash, prime) ^ ((bytes[i]! << 24) >> 24);
  return hash;
}

function multiplyLast(bytes: Uint8Array, start: number, end: number, first: number, prime: number): number {
  let hash = first | 0;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ ((bytes[i]! << 24) >> 24), prime);
  return hash;
}
