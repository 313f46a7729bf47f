/** Sums bytes up, or those from `start` up to, not including, `end`. */
type Crc = (bytes: Uint8Array, start?: number, end?: number) => number;

/** CRC-32 as IEEE 802.3 has it, the sum that zlib computes: of bytes, unsigned 32 bits. */
export const crc32: Crc = makeCrc32(0xedb88320);

/** CRC-32C as Castagnoli has it, the sum that Couchbase shows of a value: of bytes, unsigned 32 bits. */
export const crc32c: Crc = makeCrc32(0x82f63b78);

/** Makes the sum of a polynomial whose bits are reflected. */
function makeCrc32(polynomial: number): Crc {
  const table = new Uint32Array(256);
  for (let byte = 0; byte < 256; byte++) {
    let sum = byte;
    for (let bit = 0; bit < 8; bit++) sum = (sum & 1) === 1 ? (sum >>> 1) ^ polynomial : sum >>> 1;
    table[byte] = sum;
  }
  return (bytes, start = 0, end = bytes.length) => {
    let sum = 0xffffffff;
    for (let i = start; i < end; i++) sum = (sum >>> 8) ^ table[(sum ^ bytes[i]!) & 0xff]!;
    return (sum ^ 0xffffffff) >>> 0;
  };
}
