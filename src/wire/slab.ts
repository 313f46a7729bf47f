import { utf8EncodeInto } from "../bytes.ts";
import { type ByteRange, dropRanges } from "./drop_ranges.ts";

/** What a key or a value may be given as: bytes, or text that is written as UTF-8. */
export type Bytes = string | Uint8Array;

/** Values from here on leave as a segment of their own instead of being copied, in bytes. */
export const OWN_SEGMENT: number = 64 * 1024;

/** Text up to here is quicker to copy by hand than to hand over to the encoder. */
const SHORT_TEXT = 32;

const INITIAL_SIZE = 16 * 1024;

/** Memory that grew beyond this for one burst is not kept. */
const LARGEST_KEPT = 1024 * 1024;

/**
 * Memory that is appended to, taken as segments and used again: two arrays take turns, one is written while the other is being
 * sent. Large arrays go between their parts without being copied.
 */
export class Slab {
  /** The array that is appended to; another one once it has grown or was taken. */
  bytes: Uint8Array;
  /** A view of that array. */
  view: DataView;
  /** How much of it is written. */
  length = 0;

  /** What is to be sent before the rest of the array, and from where on the array is not yet among it. */
  #segments: Uint8Array[] = [];
  #cut = 0;
  #segmentBytes = 0;
  /** What is not to be sent after all. */
  #dropped: ByteRange[] | undefined = undefined;

  #taken: Memory | undefined = undefined;
  #idle: Memory | undefined = undefined;

  /** Makes an empty slab. */
  constructor() {
    const memory = newMemory(INITIAL_SIZE);
    this.bytes = memory.bytes;
    this.view = memory.view;
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

  /** Appends an array without copying it: it must not be changed until it has been sent. Returns what stands before it. */
  segment(bytes: Uint8Array): Uint8Array {
    const before = new Uint8Array(this.bytes.buffer, this.#cut, this.length - this.#cut);
    this.#segments.push(before, bytes);
    this.#segmentBytes += before.length + bytes.length;
    this.#cut = this.length;
    return before;
  }

  /** Remembers how far was written, for {@linkcode Slab.reset}. */
  mark(): SlabMark {
    return { length: this.length, segments: this.#segments.length, cut: this.#cut, segmentBytes: this.#segmentBytes };
  }

  /** Forgets what was written since a mark that was made after the last `take`. */
  reset(mark: SlabMark): void {
    this.length = mark.length;
    this.#segments.length = mark.segments;
    this.#cut = mark.cut;
    this.#segmentBytes = mark.segmentBytes;
  }

  /**
   * Leaves bytes out of what will be taken: those between two values of `size`. An array that was not copied must lie between
   * them as a whole or not at all.
   */
  drop(from: number, to: number): void {
    this.#dropped ??= [];
    this.#dropped.push({ from, to });
  }

  /**
   * Gives what was written, in the order to send it, and starts on an empty array. Say by {@linkcode Slab.recycle} when it has
   * been sent.
   */
  take(): Uint8Array[] {
    let segments = this.#segments;
    if (this.length > this.#cut) segments.push(new Uint8Array(this.bytes.buffer, this.#cut, this.length - this.#cut));
    if (this.#dropped !== undefined) {
      segments = dropRanges(segments, this.#dropped.sort((a, b) => a.from - b.from));
      this.#dropped = undefined;
    }
    this.#taken = { bytes: this.bytes, view: this.view };
    const next = this.#idle ?? newMemory(INITIAL_SIZE);
    this.#idle = undefined;
    this.bytes = next.bytes;
    this.view = next.view;
    this.length = 0;
    this.#segments = [];
    this.#cut = 0;
    this.#segmentBytes = 0;
    return segments;
  }

  /** Says that what was taken last has been sent, so that its memory may be written again. */
  recycle(): void {
    const taken = this.#taken;
    this.#taken = undefined;
    if (taken !== undefined && taken.bytes.length <= LARGEST_KEPT) this.#idle = taken;
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
    const larger = newMemory(size);
    larger.bytes.set(this.bytes.subarray(0, this.length));
    this.bytes = larger.bytes;
    this.view = larger.view;
  }
}

/** A place in what was written. */
export interface SlabMark {
  /** How much of the array was written. */
  readonly length: number;
  /** How many segments waited. */
  readonly segments: number;
  /** From where on the array was not yet among them. */
  readonly cut: number;
  /** Bytes in those segments. */
  readonly segmentBytes: number;
}

interface Memory {
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

function newMemory(size: number): Memory {
  const bytes = new Uint8Array(size);
  return { bytes, view: new DataView(bytes.buffer) };
}

/**
 * Refuses what is no array of bytes. One that another realm made is no instance of the class of this one.
 *
 * @throws {TypeError} Then.
 */
export function checkBytes(part: unknown): void {
  if (part instanceof Uint8Array) return;
  if (ArrayBuffer.isView(part) && (part as Uint8Array).BYTES_PER_ELEMENT === 1) return;
  const found = part === null ? "null" : typeof part;
  const words = found === "object" ? "an object" : found;
  throw new TypeError(`Cannot write ${words}: keys and values are text or Uint8Array`);
}
