import { utf8Decode } from "../bytes.ts";

/**
 * A value with what the server keeps beside it.
 *
 * The bytes are safe to keep: nothing overwrites them, and a small value holds at most 16 KiB of memory beyond itself.
 */
export class Item {
  /** The value, as it was stored. */
  readonly value: Uint8Array;
  /** The 32 bits that the writer chose to store with the value. */
  readonly flags: number;
  /** The version of the item, unsigned 64 bits; to be given to a write that must not overwrite another. */
  readonly cas: bigint;

  /** How to read the value, as the server says: bits of {@linkcode Datatype}; 0 from memcached. */
  readonly datatype: number;

  /** Makes an item of its parts. */
  constructor(value: Uint8Array, flags: number, cas: bigint, datatype = 0) {
    this.value = value;
    this.flags = flags;
    this.cas = cas;
    this.datatype = datatype;
  }

  /** The value as UTF-8 text; bytes that are none become U+FFFD. */
  text(): string {
    return utf8Decode(this.value);
  }

  /**
   * The value parsed as JSON.
   *
   * @throws {SyntaxError} If it is not JSON.
   */
  // deno-lint-ignore no-explicit-any -- as JSON.parse: the caller knows what was stored.
  json(): any {
    return JSON.parse(utf8Decode(this.value));
  }
}
