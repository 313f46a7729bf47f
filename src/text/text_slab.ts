import { utf8EncodeInto } from "../bytes.ts";

/** What a key or a value may be given as: bytes, or text that is written as UTF-8. */
export type Bytes = string | Uint8Array;

/** Text up to here is quicker to copy by hand than to hand over to the encoder. */
const SHORT_TEXT = 32;

/** What a slab begins with. */
const INITIAL_SLAB = 16 * 1024;

/** A slab that grew beyond this for one burst is not kept. */
const LARGEST_KEPT_SLAB = 1024 * 1024;

/** A place in what was written. */
export interface SlabMark {
  /** How much of the slab was written. */
  readonly length: number;
  /** How many segments waited. */
  readonly segments: number;
  /** From where on the slab was not yet among them. */
  readonly cut: number;
  /** Bytes in those segments. */
  readonly segmentBytes: number;
}

/** A part of what waits, in bytes from its beginning. */
interface Range {
  readonly from: number;
  readonly to: number;
}

/** Memory that is appended to, taken as segments and used again: two slabs take turns, and large arrays go between their parts. */
export class TextSlab {
  /** The slab that is appended to. */
  bytes: Uint8Array = new Uint8Array(INITIAL_SLAB);
  /** How much of it is written. */
  length = 0;

  /** What is to be sent before the rest of the slab, and from where on the slab is not yet among it. */
  #segments: Uint8Array[] = [];
  #cut = 0;
  #segmentBytes = 0;
  #dropped: Range[] = [];

  #taken: Uint8Array | undefined = undefined;
  #idle: Uint8Array | undefined = undefined;

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

  /** Appends one byte. Not `bytes[reserve(1)]`: that would take `bytes` before they may move. */
  push(byte: number): void {
    const at = this.reserve(1);
    this.bytes[at] = byte;
  }

  /** Appends a short array. */
  word(word: Uint8Array): void {
    const length = word.length;
    const at = this.reserve(length);
    const bytes = this.bytes;
    for (let i = 0; i < length; i++) bytes[at + i] = word[i]!;
  }

  /**
   * Appends bytes, or text as UTF-8.
   *
   * @throws {TypeError} If it is neither.
   */
  append(part: Bytes): void {
    if (typeof part === "string") {
      if (part.length <= SHORT_TEXT) this.#shortText(part);
      else this.#text(part);
      return;
    }
    checkBytes(part);
    const at = this.reserve(part.length);
    this.bytes.set(part, at);
  }

  /** Appends an array without copying it. */
  segment(bytes: Uint8Array): void {
    this.#segments.push(new Uint8Array(this.bytes.buffer, this.#cut, this.length - this.#cut), bytes);
    this.#segmentBytes += this.length - this.#cut + bytes.length;
    this.#cut = this.length;
  }

  /** Remembers how far was written. */
  mark(): SlabMark {
    return { length: this.length, segments: this.#segments.length, cut: this.#cut, segmentBytes: this.#segmentBytes };
  }

  /** Forgets what was written since a mark. */
  reset(mark: SlabMark): void {
    this.length = mark.length;
    this.#segments.length = mark.segments;
    this.#cut = mark.cut;
    this.#segmentBytes = mark.segmentBytes;
  }

  /** Leaves bytes out of what will be taken; an array that was not copied lies in the range as a whole or not at all. */
  drop(from: number, to: number): void {
    this.#dropped.push({ from, to });
  }

  /** Gives what was written, in its order, and starts on an empty slab. */
  take(): Uint8Array[] {
    let segments = this.#segments;
    if (this.length > this.#cut) segments.push(new Uint8Array(this.bytes.buffer, this.#cut, this.length - this.#cut));
    if (this.#dropped.length > 0) {
      segments = without(segments, this.#dropped);
      this.#dropped = [];
    }
    this.#taken = this.bytes;
    this.bytes = this.#idle ?? new Uint8Array(INITIAL_SLAB);
    this.#idle = undefined;
    this.length = 0;
    this.#segments = [];
    this.#cut = 0;
    this.#segmentBytes = 0;
    return segments;
  }

  /** What was taken last has been sent: its slab may be written again. */
  recycle(): void {
    const taken = this.#taken;
    this.#taken = undefined;
    if (taken !== undefined && taken.length <= LARGEST_KEPT_SLAB) this.#idle = taken;
  }

  #shortText(text: string): void {
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
  }

  #text(text: string): void {
    // No character takes more than three bytes per UTF-16 unit.
    const at = this.reserve(text.length * 3);
    const written = utf8EncodeInto(text, new Uint8Array(this.bytes.buffer, at, text.length * 3));
    this.length = at + written;
  }

  #grow(needed: number): void {
    let size = this.bytes.length;
    while (size < needed) size *= 2;
    const larger = new Uint8Array(size);
    larger.set(this.bytes.subarray(0, this.length));
    this.bytes = larger;
  }
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

/** The segments without some ranges: what is behind a gap moves up, so that there are no more segments than before. */
function without(segments: readonly Uint8Array[], ranges: readonly Range[]): Uint8Array[] {
  const sorted = ranges.toSorted((a, b) => a.from - b.from);
  const left: Uint8Array[] = [];
  let next = 0;
  let start = 0;
  for (const segment of segments) {
    const end = start + segment.length;
    let at = start;
    let length = 0;
    while (at < end) {
      while (next < sorted.length && sorted[next]!.to <= at) next++;
      const range = sorted[next];
      const until = Math.min(range?.from ?? end, end);
      if (until > at) {
        if (at - start > length) segment.copyWithin(length, at - start, until - start);
        length += until - at;
      }
      at = until < end ? Math.min(range!.to, end) : end;
    }
    if (length > 0) left.push(segment.subarray(0, length));
    start = end;
  }
  return left;
}
