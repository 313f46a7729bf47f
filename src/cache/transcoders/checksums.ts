import { crc32 } from "../../wire/crc32.ts";
import type { CompressionFormat } from "./compression.ts";

/** The largest prime below 2^16. */
const MODULUS = 65521;

/** So many bytes can be added up before the sums leave 32 bits. */
const STEP = 5552;

/**
 * Whether the last bytes of what was compressed are the checksum of what it was: Adler-32 for zlib, the highest byte first; for gzip
 * CRC-32 and the length, both the lowest byte first.
 */
export function endsWell(compressed: Uint8Array, bytes: Uint8Array, format: CompressionFormat): boolean {
  const size = format === "deflate" ? 4 : 8;
  if (compressed.length < size) return false;
  const view = new DataView(compressed.buffer, compressed.byteOffset + compressed.length - size, size);
  if (format === "deflate") return view.getUint32(0) === adler32(bytes);
  return view.getUint32(4, true) === bytes.length >>> 0 && view.getUint32(0, true) === crc32(bytes);
}

/** Two sums: of all bytes, and of what the first one was after each of them. */
export function adler32(bytes: Uint8Array): number {
  let low = 1;
  let high = 0;
  for (let from = 0; from < bytes.length; from += STEP) {
    const to = Math.min(from + STEP, bytes.length);
    for (let i = from; i < to; i++) {
      low += bytes[i]!;
      high += low;
    }
    low %= MODULUS;
    high %= MODULUS;
  }
  return high * 0x10000 + low;
}
