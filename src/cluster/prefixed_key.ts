import { utf8Encode } from "../bytes.ts";

/** What a server and a key are hashed as: the name, a hyphen and the key, kept ready up to the key. */
export class PrefixedKey {
  readonly #prefix: Uint8Array;
  #room: Uint8Array;

  /** Makes room for keys of up to 250 bytes, and for more when they come. */
  constructor(name: string) {
    this.#prefix = utf8Encode(`${name}-`);
    this.#room = this.#makeRoom(250);
  }

  /** Puts the first bytes of a key behind the name; what is to be hashed begins at 0 and is so long. */
  put(key: Uint8Array, length: number): number {
    const from = this.#prefix.length;
    if (from + length > this.#room.length) this.#room = this.#makeRoom(length);
    const room = this.#room;
    for (let i = 0; i < length; i++) room[from + i] = key[i]!;
    return from + length;
  }

  /** Where it is. */
  get bytes(): Uint8Array {
    return this.#room;
  }

  #makeRoom(length: number): Uint8Array {
    const room = new Uint8Array(this.#prefix.length + length);
    room.set(this.#prefix);
    return room;
  }
}

/** Of each character of a key the low byte of its number, as pymemcache reads text. */
export class LowBytes {
  /** Where they are. */
  bytes: Uint8Array = new Uint8Array(250);
  /** How many there are. */
  length = 0;

  /** Takes them from a stretch of UTF-8. What is none pymemcache cannot have sent. */
  read(key: Uint8Array, start: number, end: number): void {
    if (end - start > this.bytes.length) this.bytes = new Uint8Array(end - start);
    const { bytes } = this;
    let at = 0;
    for (let i = start; i < end;) {
      const length = lengthByLead(key[i]!);
      if (length === 1 || i + length > end) {
        bytes[at++] = key[i++]!;
      } else {
        i += length;
        bytes[at++] = (key[i - 2]! << 6) | (key[i - 1]! & 0x3f);
      }
    }
    this.length = at;
  }
}

/** How many bytes of UTF-8 a character takes, by the first of them. */
function lengthByLead(lead: number): number {
  if (lead < 0xc0) return 1;
  if (lead < 0xe0) return 2;
  return lead < 0xf0 ? 3 : 4;
}
