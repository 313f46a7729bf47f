/** Reads the fields of a TAP_CONNECT's value from front to back. */

/** What reads the fields, one behind the other. */
export class TapFields {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  /** Begins at the front. */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  /** What has not been read. */
  get rest(): Uint8Array {
    return this.#bytes.subarray(this.#at);
  }

  /** A byte; throws a `RangeError`, as all do, when the bytes end before. */
  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  /** 16 bits. */
  u16(): number {
    return this.#view.getUint16(this.#take(2));
  }

  /** 64 bits. */
  u64(): bigint {
    return this.#view.getBigUint64(this.#take(8));
  }

  /** A flag without data: it is true by being there. */
  boolean(): true {
    return true;
  }

  /** A count, then so many of something. */
  list<T>(read: (fields: TapFields) => T): T[] {
    const count = this.u16();
    const items: T[] = [];
    while (items.length < count) items.push(read(this));
    return items;
  }

  /** A list of vbuckets. */
  vbuckets(): number[] {
    return this.list((fields) => fields.u16());
  }

  #take(size: number): number {
    const at = this.#at;
    if (at + size > this.#bytes.length) throw new RangeError(`${this.#bytes.length - at} bytes where ${size} must be`);
    this.#at = at + size;
    return at;
  }
}
