/** What memcached needs for an item beside its key and its value: header, CAS, the NUL behind the key, CR and LF behind the value. */
const OVERHEAD = 48 + 8 + 1 + 2;

/** Flags take room only when there are any. */
const FLAGS_SIZE = 4;

/** How many bytes memcached counts for an item. */
export function itemSize(keyLength: number, valueLength: number, flags: number): number {
  return OVERHEAD + keyLength + valueLength + (flags === 0 ? 0 : FLAGS_SIZE);
}

/** What a store keeps under a key. */
export interface StoredItem {
  /** The value; must not be changed in place. */
  readonly value: Uint8Array;
  /** The 32 bits stored with it. */
  readonly flags: number;
  /** Its version, unsigned 64 bits. */
  readonly cas: bigint;
  /** When it is gone, in milliseconds since 1970; `Infinity` for never. */
  readonly expiresAt: number;
}

/** What a new {@linkcode Entry} is made of. */
export interface EntryParts {
  /** The key; it is copied. */
  readonly key: Uint8Array;
  /** The value, of one or two pieces; it is copied. */
  readonly value: readonly Uint8Array[];
  /** The 32 bits stored with it. */
  readonly flags: number;
  /** When it is gone, in milliseconds since 1970. */
  readonly expiresAt: number;
  /** Its version. */
  readonly cas: bigint;
  /** Now, in milliseconds since 1970. */
  readonly storedAt: number;
}

/** An item with its places in the table: the next of the same hash, and its neighbours in the order of use. */
export class Entry implements StoredItem {
  /** The key, then the value. */
  readonly bytes: Uint8Array;
  readonly keyLength: number;
  readonly value: Uint8Array;
  readonly flags: number;
  cas: bigint;
  readonly storedAt: number;
  /** When the text protocols were last asked for it, in milliseconds since 1970. */
  accessedAt: number;
  expiresAt: number;
  /** What memcached would count for it. */
  readonly size: number;
  /** Whether anybody has read it. */
  fetched = false;
  /** Whether it was stored by the meta protocol with its key in base64. */
  binary = false;
  /** Whether it is out of date, and kept until somebody brings a new one. */
  stale = false;
  /** Whether somebody was told to bring a new one. */
  won = false;
  /** The hash of the key. */
  readonly hash: number;
  next: Entry | undefined = undefined;
  newer: Entry | undefined = undefined;
  older: Entry | undefined = undefined;

  /** Makes an entry that is in no table. */
  constructor(parts: EntryParts, hash: number) {
    const { key, value } = parts;
    // One allocation for both: each of its own would cost more than all the rest.
    const keyLength = key.length;
    let length = keyLength;
    for (const piece of value) length += piece.length;
    const bytes = new Uint8Array(length);
    bytes.set(key);
    let at = keyLength;
    for (const piece of value) {
      bytes.set(piece, at);
      at += piece.length;
    }
    this.bytes = bytes;
    this.keyLength = keyLength;
    this.value = new Uint8Array(bytes.buffer, keyLength);
    this.flags = parts.flags;
    this.cas = parts.cas;
    this.storedAt = parts.storedAt;
    this.accessedAt = parts.storedAt;
    this.expiresAt = parts.expiresAt;
    this.size = itemSize(keyLength, length - keyLength, parts.flags);
    this.hash = hash;
  }

  /** Takes over what is known of an item beside its value. */
  inherit(old: Entry): void {
    this.fetched = old.fetched;
    this.binary = old.binary;
    this.stale = old.stale;
    this.won = old.won;
    this.accessedAt = old.accessedAt;
  }

  /** Whether this is the key of the item. */
  hasKey(key: Uint8Array): boolean {
    const length = this.keyLength;
    if (key.length !== length) return false;
    const bytes = this.bytes;
    for (let i = 0; i < length; i++) {
      if (bytes[i] !== key[i]) return false;
    }
    return true;
  }
}
