const HEX = Array.from({ length: 256 }, (_, byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`);

/** A key as memcached lists it: as in a URI, where letters, digits and `-._~` stay. */
export function escapeKey(key: Uint8Array): string {
  let text = "";
  for (const byte of key) text += isPlain(byte) ? String.fromCharCode(byte) : HEX[byte];
  return text;
}

function isPlain(byte: number): boolean {
  const letter = byte | 0x20;
  if ((letter >= 0x61 && letter <= 0x7a) || (byte >= 0x30 && byte <= 0x39)) return true;
  return byte === 0x2d || byte === 0x2e || byte === 0x5f || byte === 0x7e;
}
