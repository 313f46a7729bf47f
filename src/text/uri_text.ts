/** The byte that two hexadecimal digits behind a `%` mean; the escapes of keys in dumps and logs. A plus is a plus. */

const PERCENT = 0x25;

/** Decodes what lies between two offsets into an array with room for it; returns how many bytes that are. A `%` that no two digits follow stays. */
export function decodeUri(bytes: Uint8Array, from: number, to: number, target: Uint8Array): number {
  let length = 0;
  for (let at = from; at < to; at++) {
    const byte = bytes[at]!;
    if (byte === PERCENT && at + 2 < to) {
      const high = digitOf(bytes[at + 1]!);
      const low = digitOf(bytes[at + 2]!);
      if (high >= 0 && low >= 0) {
        target[length++] = (high << 4) | low;
        at += 2;
        continue;
      }
    }
    target[length++] = byte;
  }
  return length;
}

function digitOf(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x61 + 10 : -1;
}
