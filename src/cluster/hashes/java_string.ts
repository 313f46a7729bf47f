/** `hashCode` of the text as Java has it, over the UTF-16 of the UTF-8 that is given; spymemcached takes it as unsigned. */
export function javaString(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0;
  for (let i = start; i < end;) {
    const lead = bytes[i]!;
    const length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    // Bytes that are no UTF-8 become something, and the same in every run: no client of Java could have sent them.
    let point = length === 1 ? lead : lead & (0x7f >> length);
    for (let k = 1; k < length; k++) point = (point << 6) | (bytes[i + k]! & 0x3f);
    i += length;
    if (point >= 0x10000) {
      hash = (Math.imul(hash, 31) + 0xd7c0 + (point >> 10)) | 0;
      point = 0xdc00 | (point & 0x3ff);
    }
    hash = (Math.imul(hash, 31) + point) | 0;
  }
  return hash;
}

/** The same as a distance from 0 of a signed number, as memjs takes it. */
export function javaStringMagnitude(bytes: Uint8Array, start: number, end: number): number {
  return Math.abs(javaString(bytes, start, end)) | 0;
}
