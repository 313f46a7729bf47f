import { utf8Encode, utf8EncodeInto } from "../bytes.ts";
import { UnsupportedError } from "../errors.ts";
import { type ByteRange, dropRanges } from "./drop_ranges.ts";
import { leb128Size, writeLeb128 } from "../wire/leb128.ts";
import { HEADER_SIZE, isRequest, Magic } from "../wire/header.ts";

/** What a key or a value may be given as: bytes, or text that is written as UTF-8. */
export type Bytes = string | Uint8Array;

/** The longest key that the protocol knows, in bytes. */
export const MAX_KEY_LENGTH = 250;

/** What the header has room for. */
const MAX_NAME_LENGTH = 0xffff;

/** The longest key in a collection that is not the default one, in bytes. */
export const MAX_COLLECTION_KEY_LENGTH = 246;

/** Values from here on leave as a segment of their own instead of being copied. */
const OWN_SEGMENT = 64 * 1024;

/** Text up to here is quicker to copy by hand than to hand over to the encoder. */
const SHORT_TEXT = 32;

const INITIAL_SLAB = 16 * 1024;

/** A slab that grew beyond this for one burst is not kept. */
const LARGEST_KEPT_SLAB = 1024 * 1024;

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
export class FrameWriter {
  /** The slab that frames are appended to. */
  bytes: Uint8Array;
  /** A view of the slab. */
  view: DataView;
  /** How much of the slab is written. */
  length = 0;
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
  /** Bytes of header, extras and key before that value. */
  #ownHead = 0;

  /** What is to be sent before the rest of the slab, and from where on the slab is not yet among it. */
  #segments: Uint8Array[] = [];
  #cut = 0;
  #segmentBytes = 0;
  /** Frames that are not to be sent after all. */
  #dropped: ByteRange[] | undefined = undefined;

  /** Two slabs take turns: one is written while the other is being sent. */
  #taken: Slab | undefined = undefined;
  #idle: Slab | undefined = undefined;

  /** Makes a writer with an empty slab. */
  constructor() {
    const slab = newSlab(INITIAL_SLAB);
    this.bytes = slab.bytes;
    this.view = slab.view;
  }

  /** Bytes that wait to be taken, with those that were dropped. */
  get size(): number {
    return this.#segmentBytes + this.length - this.#cut;
  }

  /** Makes room for some bytes behind what is written; they count as written and are not cleared. Returns their offset. */
  reserve(length: number): number {
    const at = this.length;
    const needed = at + length;
    if (needed > this.bytes.length) this.#grow(needed);
    this.length = needed;
    return at;
  }

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

  /**
   * Appends bytes, or text as UTF-8; returns how many bytes that were.
   *
   * @throws {TypeError} If it is neither.
   */
  append(part: Bytes): number {
    if (typeof part === "string") return part.length <= SHORT_TEXT ? this.#shortText(part) : this.#text(part);
    if (!(part instanceof Uint8Array)) checkBytes(part);
    const at = this.reserve(part.length);
    this.bytes.set(part, at);
    return part.length;
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
    if (own !== undefined) this.#leaveAsSegment(own);
  }

  /** Forgets the frame that was begun and not ended. */
  undo(): void {
    this.length = this.#start;
    this.#ownValue = undefined;
  }

  /** Remembers how far was written, for {@linkcode FrameWriter.reset}. */
  mark(): WriterMark {
    return { length: this.length, segments: this.#segments.length, cut: this.#cut, segmentBytes: this.#segmentBytes };
  }

  /** Forgets what was written since a mark that was made after the last `take`. */
  reset(mark: WriterMark): void {
    this.length = mark.length;
    this.#segments.length = mark.segments;
    this.#cut = mark.cut;
    this.#segmentBytes = mark.segmentBytes;
    this.#ownValue = undefined;
  }

  /** Leaves whole frames out of what will be taken: those between what `size` was before the first and behind the last. */
  drop(from: number, to: number): void {
    this.#dropped ??= [];
    this.#dropped.push({ from, to });
  }

  /** The last frame that was ended, in one piece; a copy. */
  last(): Uint8Array {
    const segments = this.#segments;
    const own = this.#ownValue;
    if (own === undefined) return this.bytes.slice(this.#start, this.length);
    const head = segments[segments.length - 2]!;
    const frame = new Uint8Array(this.#ownHead + own.length);
    frame.set(head.subarray(head.length - this.#ownHead));
    frame.set(own, this.#ownHead);
    return frame;
  }

  /**
   * Gives what was written, in the order to send it, and starts on an empty slab. Give the segments back to
   * {@linkcode FrameWriter.recycle} when they have been sent.
   */
  take(): Uint8Array[] {
    let segments = this.#segments;
    if (this.length > this.#cut) segments.push(new Uint8Array(this.bytes.buffer, this.#cut, this.length - this.#cut));
    if (this.#dropped !== undefined) {
      segments = dropRanges(segments, this.#dropped.sort((a, b) => a.from - b.from));
      this.#dropped = undefined;
    }
    this.#taken = { bytes: this.bytes, view: this.view };
    const next = this.#idle ?? newSlab(INITIAL_SLAB);
    this.#idle = undefined;
    this.bytes = next.bytes;
    this.view = next.view;
    this.length = 0;
    this.#segments = [];
    this.#cut = 0;
    this.#segmentBytes = 0;
    return segments;
  }

  /** Says that what was taken last has been sent, so that its slab may be written again. */
  recycle(): void {
    const taken = this.#taken;
    this.#taken = undefined;
    if (taken !== undefined && taken.bytes.length <= LARGEST_KEPT_SLAB) this.#idle = taken;
  }

  #leaveAsSegment(value: Uint8Array): void {
    this.#ownHead = this.length - this.#start;
    this.#segments.push(new Uint8Array(this.bytes.buffer, this.#cut, this.length - this.#cut), value);
    this.#segmentBytes += this.length - this.#cut + value.length;
    this.#cut = this.length;
  }

  #shortText(text: string): number {
    const length = text.length;
    const at = this.reserve(length);
    const bytes = this.bytes;
    for (let i = 0; i < length; i++) {
      const unit = text.charCodeAt(i);
      if (unit > 0x7f) {
        this.length = at;
        return this.#text(text);
      }
      bytes[at + i] = unit;
    }
    return length;
  }

  #text(text: string): number {
    // No character takes more than three bytes per UTF-16 unit.
    const at = this.reserve(text.length * 3);
    const written = utf8EncodeInto(text, new Uint8Array(this.bytes.buffer, at, text.length * 3));
    this.length = at + written;
    return written;
  }

  #grow(needed: number): void {
    let size = this.bytes.length;
    while (size < needed) size *= 2;
    const larger = newSlab(size);
    larger.bytes.set(this.bytes.subarray(0, this.length));
    this.bytes = larger.bytes;
    this.view = larger.view;
  }
}

/** A place in what was written. */
export interface WriterMark {
  /** How much of the slab was written. */
  readonly length: number;
  /** How many segments waited. */
  readonly segments: number;
  /** From where on the slab was not yet among them. */
  readonly cut: number;
  /** Bytes in those segments. */
  readonly segmentBytes: number;
}

interface Slab {
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

function newSlab(size: number): Slab {
  const bytes = new Uint8Array(size);
  return { bytes, view: new DataView(bytes.buffer) };
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

/** An array of bytes that another realm made is no instance of the class of this one. */
function checkBytes(part: unknown): void {
  if (ArrayBuffer.isView(part) && (part as Uint8Array).BYTES_PER_ELEMENT === 1) return;
  const found = part === null ? "null" : typeof part;
  throw new TypeError(
    `Cannot write ${found === "object" ? "an object" : found}: keys and values are text or Uint8Array`,
  );
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
  const start = typeof key === "string" ? key.slice(0, 40) : Array.from(key.subarray(0, 20), hexByte).join("");
  throw new RangeError(`Cannot use key "${start}…" of ${length} bytes: a key has 1 to ${limit} bytes`);
}

function hexByte(byte: number): string {
  return byte.toString(16).padStart(2, "0");
}
