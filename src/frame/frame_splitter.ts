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
  /** How many bytes of whole frames and of the current chunk are behind us, for error messages. */
  #position = 0;
  #stopped = false;

  /** The frame that was cut by the end of a chunk: its header first, then all of it. */
  readonly #header = new Uint8Array(HEADER_SIZE);
  readonly #headerView = new DataView(this.#header.buffer);
  #partial: Uint8Array | undefined = undefined;
  #filled = 0;
  /** The buffer of the last large frame that nobody kept. */
  #spare: Uint8Array | undefined = undefined;

  /** Makes a splitter with nothing read. */
  constructor(options: FrameSplitterOptions = {}) {
    this.#maxBody = options.maxBody ?? DEFAULT_MAX_BODY;
    this.#frame.keeper = this.#keeper;
  }

  /** How many bytes of a cut frame are held. */
  get pending(): number {
    return this.#filled;
  }

  /** How many bytes of whole frames have been cut so far. */
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
      this.#position += size;
      at += size;
      visit(frame);
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
    const magic = frame.magic;
    if ((magic < 0x80 || magic > 0x83) && magic !== 0x08 && magic !== 0x18) {
      this.#fail(frame, `first byte 0x${magic.toString(16).padStart(2, "0")} is no magic`);
    }
    if (frame.bodyLength > this.#maxBody) {
      this.#fail(frame, `body of ${frame.bodyLength} bytes exceeds the limit of ${this.#maxBody}`);
    }
    if (frame.valueLength < 0) {
      this.#fail(
        frame,
        `extras and key of ${frame.bodyLength - frame.valueLength} bytes exceed the body of ${frame.bodyLength}`,
      );
    }
  }

  #fail(frame: Frame, reason: string): never {
    const bytes = new Uint8Array(frame.buffer, frame.start, HEADER_SIZE).slice();
    throw new ProtocolError(`Cannot read frame at byte ${this.#position}: ${reason}`, { at: this.#position, bytes });
  }

  /** Holds the first bytes of a frame, or whatever follows a stop. */
  #begin(bytes: Uint8Array): void {
    if (this.#stopped) {
      this.#partial = bytes.slice();
    } else if (bytes.length < HEADER_SIZE) {
      this.#header.set(bytes);
    } else {
      this.#allocate();
      this.#partial!.set(bytes);
    }
    this.#filled = bytes.length;
  }

  /** Finds room for the frame whose header `#frame` has read and checked. */
  #allocate(): void {
    const size = this.#frame.size;
    const spare = this.#spare;
    // A frame that is kept pins the whole buffer, so it must fit closely.
    if (spare !== undefined && spare.length >= size && spare.length - size <= LARGE) {
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
    this.#position += partial.length;
    frame.read(new DataView(partial.buffer), partial.byteOffset);
    frame.keeper = undefined;
    visit(frame);
    frame.keeper = this.#keeper;
    if (!frame.kept && partial.length >= LARGE) this.#spare = new Uint8Array(partial.buffer);
  }
}
