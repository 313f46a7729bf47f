import { Datatype } from "../wire/datatype.ts";
import type { ErrorMap } from "../wire/error_map.ts";
import { HEADER_SIZE } from "../wire/header.ts";
import { readLeb128 } from "../wire/leb128.ts";

/**
 * One frame on the wire: a header of 24 bytes, read into numbers, and a body that is looked at through views.
 *
 * - A frame copies nothing: {@linkcode Frame.key}, {@linkcode Frame.value} and the rest are views of the bytes it was read from.
 * - Inside {@linkcode FrameSplitter.push} one frame object and one buffer serve all frames: both are valid until the visitor
 *   returns, unless {@linkcode Frame.keep} was called, which makes the views (not the object) safe to keep.
 *   {@linkcode Frame.clone} gives an object of one's own.
 *
 * @example
 * ```ts
 * import { Frame } from "@memwire/memwire/codec";
 * import { assertEquals } from "@std/assert";
 *
 * const bytes = new Uint8Array(24);
 * bytes.set([0x80, 0x0a], 0);
 * assertEquals(Frame.from(bytes).opcode, 0x0a);
 * ```
 */
export class Frame {
  /** First byte: who sends it, and in which header form. See {@linkcode Magic}. */
  magic = 0;
  /** Which command, 0 to 255. */
  opcode = 0;
  /** Bytes of framing extras; 0 in the classic header forms. */
  framingLength = 0;
  /** Bytes of extras. */
  extrasLength = 0;
  /** Bytes of key. */
  keyLength = 0;
  /** Bits that say how to read the value. See {@linkcode Datatype}. */
  datatype = 0;
  /** In a response: 0, or why not. See {@linkcode Status}. In a request the same two bytes are the vbucket. */
  status = 0;
  /** Bytes after the header. */
  bodyLength = 0;
  /** What the requester put there to know the answer by, unsigned 32 bits. */
  opaque = 0;

  /** The bytes that the frame lies in. */
  buffer: ArrayBufferLike = EMPTY;
  /** A view of all of `buffer`. */
  view: DataView = EMPTY_VIEW;
  /** Offset of the header in `buffer`. */
  start = 0;
  /** Whether the views may be kept as they are. */
  kept = false;
  /** Whether the keys of documents begin with the number of their collection; set by whoever agreed on it. */
  collections = false;
  /** The collection of the key, once {@linkcode Frame.splitKey} has found it; -1 before. */
  collection: number = -1;
  /** Bytes of that number before the key. */
  prefixLength = 0;
  /** What the server has said its statuses mean; set by whoever asked. */
  errorMap: ErrorMap | undefined = undefined;
  /** Decompresses a value; set by whoever agreed on compression for what is no document, such as errors and cluster maps. */
  inflate: ((value: Uint8Array) => Uint8Array) | undefined = undefined;
  /** Moves the bytes to where they are safe; set by the splitter. */
  keeper: FrameKeeper | undefined = undefined;

  /** Reads the header at an offset. The caller has made sure that 24 bytes are there. */
  read(view: DataView, start: number): void {
    const first = view.getUint32(start);
    const second = view.getUint32(start + 4);
    const magic = first >>> 24;
    this.view = view;
    this.buffer = view.buffer;
    this.start = start;
    this.magic = magic;
    this.opcode = (first >>> 16) & 0xff;
    // Only 0x08 and 0x18 give half of the key length's place to the framing extras.
    if ((magic & 0x80) === 0) {
      this.framingLength = (first >>> 8) & 0xff;
      this.keyLength = first & 0xff;
    } else {
      this.framingLength = 0;
      this.keyLength = first & 0xffff;
    }
    this.extrasLength = second >>> 24;
    this.datatype = (second >>> 16) & 0xff;
    this.status = second & 0xffff;
    this.bodyLength = view.getUint32(start + 8);
    this.opaque = view.getUint32(start + 12);
    this.kept = false;
    this.collection = -1;
    this.prefixLength = 0;
  }

  /** Takes the number of the collection off the front of the key; `key` is the rest from then on. */
  splitKey(): void {
    const { value, length } = readLeb128(new Uint8Array(this.buffer, this.keyAt, this.keyLength));
    this.collection = value;
    this.prefixLength = length;
  }

  /** In a request: the vbucket it is for. The same two bytes as {@linkcode Frame.status}. */
  get vbucket(): number {
    return this.status;
  }

  /** The item's version, unsigned 64 bits; 0 for none. */
  get cas(): bigint {
    return this.view.getBigUint64(this.start + 16);
  }

  /** Header and body, in bytes. */
  get size(): number {
    return HEADER_SIZE + this.bodyLength;
  }

  /** Offset of the framing extras in `buffer`. */
  get framingAt(): number {
    return this.start + HEADER_SIZE;
  }

  /** Offset of the extras in `buffer`. */
  get extrasAt(): number {
    return this.start + HEADER_SIZE + this.framingLength;
  }

  /** Offset of the key in `buffer`. */
  get keyAt(): number {
    return this.start + HEADER_SIZE + this.framingLength + this.extrasLength;
  }

  /** Offset of the value in `buffer`. */
  get valueAt(): number {
    return this.start + HEADER_SIZE + this.framingLength + this.extrasLength + this.keyLength;
  }

  /** Bytes of value: what the other parts leave of the body. */
  get valueLength(): number {
    return this.bodyLength - this.framingLength - this.extrasLength - this.keyLength;
  }

  /** A view of the framing extras. */
  get framingExtras(): Uint8Array {
    return new Uint8Array(this.buffer, this.framingAt, this.framingLength);
  }

  /** A view of the extras. */
  get extras(): Uint8Array {
    return new Uint8Array(this.buffer, this.extrasAt, this.extrasLength);
  }

  /** A view of the key, without the number of its collection once that was split off. */
  get key(): Uint8Array {
    return new Uint8Array(this.buffer, this.keyAt + this.prefixLength, this.keyLength - this.prefixLength);
  }

  /** A view of the value. */
  get value(): Uint8Array {
    return new Uint8Array(this.buffer, this.valueAt, this.valueLength);
  }

  /**
   * The value as it was before it was compressed: inflated where the datatype says so and the session knows how, in memory of its
   * own; the view of it otherwise.
   */
  get plainValue(): Uint8Array {
    return this.#isDeflated ? this.inflate!(this.value) : this.value;
  }

  /** How to read {@linkcode Frame.plainValue}. */
  get plainDatatype(): number {
    return this.#isDeflated ? this.datatype & ~Datatype.SNAPPY : this.datatype;
  }

  get #isDeflated(): boolean {
    return (this.datatype & Datatype.SNAPPY) !== 0 && this.inflate !== undefined;
  }

  /** A view of the whole frame. */
  get bytes(): Uint8Array {
    return new Uint8Array(this.buffer, this.start, this.size);
  }

  /** Makes the views taken from now on safe to keep, at the cost of a copy of a small frame. */
  keep(): void {
    if (this.kept) return;
    this.kept = true;
    this.keeper?.keep(this);
  }

  /** Points at the same frame in other bytes. */
  moveTo(view: DataView, start: number): void {
    this.view = view;
    this.buffer = view.buffer;
    this.start = start;
  }

  /** A frame object of its own over the same bytes, kept first. */
  clone(): Frame {
    this.keep();
    const frame = new Frame();
    frame.read(this.view, this.start);
    frame.kept = true;
    frame.collections = this.collections;
    frame.collection = this.collection;
    frame.prefixLength = this.prefixLength;
    frame.errorMap = this.errorMap;
    frame.inflate = this.inflate;
    return frame;
  }

  /**
   * Looks at one whole frame in an array, without a copy.
   *
   * @throws {RangeError} If the array is not exactly one frame.
   */
  static from(bytes: Uint8Array): Frame {
    const frame = new Frame();
    if (bytes.length < HEADER_SIZE) {
      throw new RangeError(`Cannot read frame: ${bytes.length} bytes are less than a header`);
    }
    frame.read(new DataView(bytes.buffer), bytes.byteOffset);
    frame.kept = true;
    if (frame.size !== bytes.length || frame.valueLength < 0) {
      throw new RangeError(`Cannot read frame: ${bytes.length} bytes given, header says ${frame.size}`);
    }
    return frame;
  }
}

/** Who knows how to make the bytes of a frame safe to keep. */
export interface FrameKeeper {
  /** Moves a frame to bytes that will not be overwritten. */
  keep(frame: Frame): void;
}

const EMPTY = new ArrayBuffer(0);
const EMPTY_VIEW = new DataView(EMPTY);
