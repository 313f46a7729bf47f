import { toHex, utf8Encode } from "../bytes.ts";
import { UnsupportedError } from "../errors.ts";
import { leb128Size, writeLeb128 } from "../wire/leb128.ts";
import { HEADER_SIZE, isRequest, Magic } from "../wire/header.ts";
import { type Bytes, checkBytes, OWN_SEGMENT, Slab } from "../wire/slab.ts";

export type { Bytes } from "../wire/slab.ts";

/** The longest key that the protocol knows, in bytes. */
export const MAX_KEY_LENGTH = 250;

/** What the header has room for. */
const MAX_NAME_LENGTH = 0xffff;

/** The longest key in a collection that is not the default one, in bytes. */
export const MAX_COLLECTION_KEY_LENGTH = 246;

/**
 * Appends frames to a slab that is used again and again; never allocates a frame of its own.
 *
 * A frame is written as `begin`, then its parts in the order of the wire (`framingExtras`, `extras`, `key`, `value`), then `end`,
 * which fills the header in. `take` gives all that was written, to be sent in that order.
 *
 * @example
 * ```ts
 * import { FrameWriter } from "@memwire/memwire/codec";
 * import { assertEquals } from "@std/assert";
 *
 * const out = new FrameWriter();
 * out.begin();
 * out.key("user:1");
 * out.end({ magic: 0x80, opcode: 0x00, opaque: 7 });
 * assertEquals(out.take()[0]?.length, 24 + 6);
 * ```
 */
export class FrameWriter extends Slab {
  /** The version that the frame being written carries in its header. */
  cas = 0n;
  /** Bits of the header that say how to read the value of the frame being written. */
  datatype = 0;
  /** Which collection the keys of documents are in; -1 where keys have no such prefix. Stays from frame to frame. */
  collection: number = -1;

  #start = 0;
  #framingLength = 0;
  #extrasLength = 0;
  #keyLength = 0;
  /** The value of the frame being written, when it is too large to be copied. */
  #ownValue: Uint8Array | undefined = undefined;
  /** Header, extras and key before that value: how long they are, and what they end. */
  #ownHead = 0;
  #beforeOwn: Uint8Array | undefined = undefined;

  /** Starts a frame. */
  begin(): void {
    this.#start = this.reserve(HEADER_SIZE);
    this.#framingLength = 0;
    this.#extrasLength = 0;
    this.#keyLength = 0;
    this.#ownValue = undefined;
    this.cas = 0n;
    this.datatype = 0;
  }

  /** Makes room for framing extras, at most 255 bytes; returns their offset in the slab. */
  framingExtras(length: number): number {
    this.#framingLength = length;
    return this.reserve(length);
  }

  /** Makes room for extras, at most 255 bytes; returns their offset in the slab. */
  extras(length: number): number {
    this.#extrasLength = length;
    return this.reserve(length);
  }

  /**
   * Appends the key of a document, behind the number of its collection where keys have such a prefix.
   *
   * @throws {RangeError} If it is empty or longer than 250 bytes, 246 in a collection that is not the default one.
   */
  key(key: Bytes): void {
    this.#keyLength = this.documentKey(key);
  }

  /**
   * Appends the key of a document anywhere, behind the number of its collection where keys have such a prefix; returns how many
   * bytes that were. The collection is that of the writer unless another is given.
   *
   * @throws {RangeError} If the key is empty or longer than 250 bytes, 246 in a collection that is not the default one.
   * @throws {UnsupportedError} If another collection than the default one is given where keys have no such prefix.
   */
  documentKey(key: Bytes, collection: number = this.collection): number {
    let prefix = 0;
    if (this.collection >= 0) {
      prefix = leb128Size(collection);
      const at = this.reserve(prefix);
      writeLeb128(this.bytes, at, collection);
    } else if (collection > 0) {
      failCollection(collection);
    }
    const length = this.append(key);
    const limit = collection > 0 ? MAX_COLLECTION_KEY_LENGTH : MAX_KEY_LENGTH;
    if (length === 0 || length > limit) failKey(key, length, limit);
    return prefix + length;
  }

  /**
   * Appends what an opcode carries in the place of the key and is not the key of a document; may be empty.
   *
   * @throws {RangeError} If it is longer than 65,535 bytes.
   */
  name(name: Bytes): void {
    const length = this.append(name);
    if (length > MAX_NAME_LENGTH) {
      throw new RangeError(`Cannot use a name of ${length} bytes: ${MAX_NAME_LENGTH} are the most`);
    }
    this.#keyLength = length;
  }

  /** Appends the value. An array of 64 KiB and more is not copied: it must not be changed until it has been sent. */
  value(value: Bytes): void {
    if (!(value?.length >= OWN_SEGMENT)) {
      this.append(value);
    } else if (typeof value === "string") {
      this.#ownValue = utf8Encode(value);
    } else {
      if (!(value instanceof Uint8Array)) checkBytes(value);
      this.#ownValue = value;
    }
  }

  /** Finishes a frame: writes its header. */
  end(head: FrameHead): void {
    this.finish(head.magic, head.opcode, head.opaque, head.vbucketOrStatus ?? 0);
  }

  /** The same as `end` without an object, for hot loops. */
  finish(magic: number, opcode: number, opaque: number, vbucketOrStatus: number): void {
    const view = this.view;
    const start = this.#start;
    const own = this.#ownValue;
    const bodyLength = this.length - start - HEADER_SIZE + (own === undefined ? 0 : own.length);
    let lengths = this.#keyLength;
    if (this.#framingLength > 0) {
      if (lengths > 0xff) failFlexKey(lengths);
      magic = isRequest(magic) ? Magic.FLEX_REQUEST : Magic.FLEX_RESPONSE;
      lengths |= this.#framingLength << 8;
    }
    view.setUint32(start, (magic << 24) | (opcode << 16) | lengths);
    view.setUint32(start + 4, (this.#extrasLength << 24) | (this.datatype << 16) | vbucketOrStatus);
    view.setUint32(start + 8, bodyLength);
    view.setUint32(start + 12, opaque);
    if (this.cas === 0n) {
      view.setUint32(start + 16, 0);
      view.setUint32(start + 20, 0);
    } else {
      view.setBigUint64(start + 16, this.cas);
    }
    if (own !== undefined) {
      this.#ownHead = this.length - start;
      this.#beforeOwn = this.segment(own);
    }
  }

  /** Forgets the frame that was begun and not ended. */
  undo(): void {
    this.length = this.#start;
    this.#ownValue = undefined;
  }

  /** The last frame that was ended, in one piece; a copy. */
  last(): Uint8Array {
    const own = this.#ownValue;
    if (own === undefined) return this.bytes.slice(this.#start, this.length);
    const head = this.#beforeOwn!;
    const frame = new Uint8Array(this.#ownHead + own.length);
    frame.set(head.subarray(head.length - this.#ownHead));
    frame.set(own, this.#ownHead);
    return frame;
  }
}

/** What a header says beside the lengths, the datatype and the CAS. */
export interface FrameHead {
  /** First byte; the form with framing extras is chosen by itself when there are any. */
  readonly magic: number;
  /** Which command. */
  readonly opcode: number;
  /** What the answer carries back, unsigned 32 bits. */
  readonly opaque: number;
  /** The vbucket of a request or the status of a response; 0 by default. */
  readonly vbucketOrStatus?: number;
}

function failFlexKey(length: number): never {
  throw new RangeError(`Cannot write ${length} bytes of key beside framing extras: 255 are the most`);
}

function failCollection(collection: number): never {
  throw new UnsupportedError(`Cannot write a key of collection ${collection}: collections were not agreed on`, {
    sent: false,
  });
}

function failKey(key: Bytes, length: number, limit: number): never {
  if (length === 0) throw new RangeError(`Cannot use an empty key: a key has 1 to ${limit} bytes`);
  const start = typeof key === "string" ? key.slice(0, 40) : toHex(key.subarray(0, 20));
  throw new RangeError(`Cannot use key "${start}…" of ${length} bytes: a key has 1 to ${limit} bytes`);
}
