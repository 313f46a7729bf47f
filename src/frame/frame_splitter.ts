import { ProtocolError } from "../errors.ts";
import { HEADER_SIZE } from "../wire/header.ts";
import { Frame } from "./frame.ts";
import { WindowKeeper } from "./window_keeper.ts";

/** The largest body that a splitter takes unless told otherwise: 20 MiB of value and 64 KiB around it. */
export const DEFAULT_MAX_BODY: number = 20 * 1024 * 1024 + 64 * 1024;

/** From here on it pays to keep a buffer for the next large frame, and to read into it without a detour. */
const LARGE = 16 * 1024;

/** How a {@linkcode FrameSplitter} is set. */
export interface FrameSplitterOptions {
  /** Largest body in bytes that is accepted; 20 MiB + 64 KiB by default. */
  readonly maxBody?: number;
}

/**
 * Cuts chunks of bytes into frames: the length first, then the wait, one copy at most.
 *
 * - Frames that lie whole in a chunk are read where they are. The one that is cut at the end of a chunk is put together in a
 *   buffer of exactly its size.
 * - A length is compared with the limit, and the parts with the whole, before anything is allocated for it.
 * - Not enough bytes yet is a state and not an error.
 *
 * @example
 * ```ts
 * import { FrameSplitter } from "@memwire/memwire/codec";
 * import { assertEquals } from "@std/assert";
 *
 * const noop = new Uint8Array(24);
 * noop.set([0x81, 0x0a]);
 * const splitter = new FrameSplitter();
 * assertEquals(splitter.split(noop.subarray(0, 10)), []);
 * assertEquals(splitter.split(noop.subarray(10))[0]?.opcode, 0x0a);
 * ```
 */
export class FrameSplitter {
  readonly #maxBody: number;
  readonly #frame = new Frame();
  readonly #keeper = new WindowKeeper();
  #view: DataView = new DataView(new ArrayBuffer(0));
  /** How many bytes of whole frames are behind us, for error messages. */
  #position = 0;
  #stopped = false;

  /** The frame that was cut by the end of a chunk: its header first, then all of it. */
  readonly #header = new Uint8Array(HEADER_SIZE);
  readonly #headerView = new DataView(this.#header.buffer);
  #partial: Uint8Array | undefined = undefined;
  #filled = 0;
  /** The buffer of the last large frame that nobody kept. */
  #spare: Uint8Array | undefined = undefined;

  /**
   * Makes a splitter with nothing read.
   *
   * @throws {RangeError} If the limit is no number of bytes.
   */
  constructor(options: FrameSplitterOptions = {}) {
    this.#maxBody = options.maxBody ?? DEFAULT_MAX_BODY;
    if (!(this.#maxBody >= 0)) throw new RangeError(`Cannot use maxBody of ${this.#maxBody}: it is bytes, 0 or more`);
    this.#frame.keeper = this.#keeper;
  }

  /** The frame object that visitors are shown, to set what holds for all frames. */
  get frame(): Frame {
    return this.#frame;
  }

  /** How many bytes of a cut frame are held. */
  get pending(): number {
    return this.#filled;
  }

  /** How many bytes of whole frames have been shown so far; while one is shown, or has been refused, where it begins. */
  get position(): number {
    return this.#position;
  }

  /**
   * Takes a chunk and shows each frame that is whole now to a visitor. The frame object and the chunk may be reused as soon as
   * this returns: a visitor that keeps a view calls {@linkcode Frame.keep} before it takes it.
   *
   * @throws {ProtocolError} If the bytes are no frame or the body is over the limit; the splitter is then of no more use.
   */
  push(chunk: Uint8Array, visit: (frame: Frame) => void): void {
    let at = chunk.byteOffset;
    const end = at + chunk.byteLength;
    const frame = this.#frame;
    if (this.#filled > 0) {
      if (this.#stopped) return this.#hold(chunk);
      at = this.#complete(chunk, visit);
      if (at === end) return;
    }
    // A transport reads into the same slab again and again: its view is made once.
    if (this.#view.buffer !== chunk.buffer) this.#view = new DataView(chunk.buffer);
    const view = this.#view;
    this.#keeper.enter(end);
    while (end - at >= HEADER_SIZE && !this.#stopped) {
      frame.read(view, at);
      this.#check(frame);
      const size = HEADER_SIZE + frame.bodyLength;
      if (end - at < size) break;
      at += size;
      visit(frame);
      this.#position += size;
    }
    if (at < end) this.#begin(new Uint8Array(chunk.buffer, at, end - at));
  }

  /**
   * Takes a chunk and returns the frames that are whole now, each an object of its own whose views stay valid. The chunk
   * belongs to the frames: it must not be overwritten.
   *
   * @throws {ProtocolError} As {@linkcode FrameSplitter.push}.
   */
  split(chunk: Uint8Array): Frame[] {
    const frames: Frame[] = [];
    this.push(chunk, (frame) => {
      frame.kept = true;
      frames.push(frame.clone());
      // Its buffer went with the clone.
      frame.kept = true;
    });
    return frames;
  }

  /** Where to read the next bytes, when the rest of a large frame is awaited. */
  room(): Uint8Array | undefined {
    const partial = this.#partial;
    if (partial === undefined || partial.length - this.#filled < LARGE) return undefined;
    return partial.subarray(this.#filled);
  }

  /** Stops cutting, from inside a visitor: what follows its frame is left for {@linkcode FrameSplitter.rest}. */
  stop(): void {
    this.#stopped = true;
  }

  /** The bytes that were pushed and belong to no whole frame yet. */
  rest(): Uint8Array {
    const held = this.#partial ?? this.#header;
    return held.slice(0, this.#filled);
  }

  /**
   * Says that no more bytes come.
   *
   * @throws {ProtocolError} If a frame was cut short.
   */
  end(): void {
    if (this.#filled === 0) return;
    throw new ProtocolError(
      `Cannot read frame at byte ${this.#position}: the bytes end after ${this.#filled} of ${this.#expected()}`,
      { at: this.#position, bytes: this.rest().subarray(0, HEADER_SIZE) },
    );
  }

  #expected(): string {
    return this.#partial === undefined ? "a header of 24" : String(this.#partial.length);
  }

  /** Checks what the header says before anything is made of it. */
  #check(frame: Frame): void {
    if (!isMagic(frame.magic)) this.#failMagic(headerOf(frame));
    if (frame.bodyLength > this.#maxBody) {
      this.#fail(headerOf(frame), `body of ${frame.bodyLength} bytes exceeds the limit of ${this.#maxBody}`);
    }
    if (frame.valueLength < 0) {
      const parts = frame.bodyLength - frame.valueLength;
      this.#fail(headerOf(frame), `extras and key of ${parts} bytes exceed the body of ${frame.bodyLength}`);
    }
  }

  #failMagic(start: Uint8Array): never {
    this.#fail(start, `first byte 0x${start[0]!.toString(16).padStart(2, "0")} is no magic`);
  }

  #fail(start: Uint8Array, reason: string): never {
    throw new ProtocolError(`Cannot read frame at byte ${this.#position}: ${reason}`, {
      at: this.#position,
      bytes: start.slice(),
    });
  }

  /** Holds the first bytes of a frame, or whatever follows a stop. */
  #begin(bytes: Uint8Array): void {
    if (this.#stopped) {
      this.#partial = bytes.slice();
    } else if (bytes.length < HEADER_SIZE) {
      // What is no frame may never grow to the size of a header: a server of text says "ERROR" and waits.
      if (!isMagic(bytes[0]!)) this.#failMagic(bytes);
      this.#header.set(bytes);
    } else {
      this.#allocate();
      this.#partial!.set(bytes);
    }
    this.#filled = bytes.length;
  }

  /** Holds more of what follows a stop. */
  #hold(bytes: Uint8Array): void {
    const held = new Uint8Array(this.#filled + bytes.length);
    held.set(this.rest());
    held.set(bytes, this.#filled);
    this.#partial = held;
    this.#filled = held.length;
  }

  /** Finds room for the frame whose header `#frame` has read and checked. */
  #allocate(): void {
    const size = this.#frame.size;
    const spare = this.#spare;
    // A frame that is kept pins the whole buffer, so it must be large and fit closely.
    if (spare !== undefined && size >= LARGE && spare.length >= size && spare.length - size <= LARGE) {
      this.#partial = spare.subarray(0, size);
      this.#spare = undefined;
    } else {
      this.#partial = new Uint8Array(size);
    }
  }

  /** Goes on with the frame that is held; returns the offset of the first byte that belongs to the next. */
  #complete(chunk: Uint8Array, visit: (frame: Frame) => void): number {
    let from = 0;
    if (this.#partial === undefined) {
      from = Math.min(HEADER_SIZE - this.#filled, chunk.length);
      this.#header.set(chunk.subarray(0, from), this.#filled);
      this.#filled += from;
      if (this.#filled < HEADER_SIZE) return chunk.byteOffset + from;
      this.#frame.read(this.#headerView, 0);
      this.#check(this.#frame);
      this.#allocate();
      this.#partial!.set(this.#header);
    }
    const partial = this.#partial!;
    const taken = Math.min(partial.length - this.#filled, chunk.length - from);
    // The transport may have read straight into what `room` gave it.
    const inPlace = chunk.buffer === partial.buffer && chunk.byteOffset === partial.byteOffset + this.#filled;
    if (!inPlace) partial.set(chunk.subarray(from, from + taken), this.#filled);
    this.#filled += taken;
    if (this.#filled === partial.length) this.#show(partial, visit);
    return chunk.byteOffset + from + taken;
  }

  /** Shows the frame that was put together; its buffer is its own, so keeping it costs nothing. */
  #show(partial: Uint8Array, visit: (frame: Frame) => void): void {
    const frame = this.#frame;
    this.#partial = undefined;
    this.#filled = 0;
    frame.read(new DataView(partial.buffer), partial.byteOffset);
    frame.keeper = undefined;
    visit(frame);
    this.#position += partial.length;
    frame.keeper = this.#keeper;
    if (!frame.kept && partial.length >= LARGE) this.#spare = new Uint8Array(partial.buffer);
  }
}

function isMagic(byte: number): boolean {
  return (byte >= 0x80 && byte <= 0x83) || byte === 0x08 || byte === 0x18;
}

function headerOf(frame: Frame): Uint8Array {
  return new Uint8Array(frame.buffer, frame.start, HEADER_SIZE);
}
