import type { Frame, FrameKeeper } from "./frame.ts";

/** Frames from here on are copied alone: few of them fit a slab, and the copy of one that does not would be for nothing. */
const MEDIUM = 1024;

/** What a kept frame may pin beside itself, at most. */
const SLAB_SIZE = 16 * 1024;

/**
 * Makes frames of a reused chunk safe to keep, cheaply.
 *
 * A copy per value costs over a microsecond in V8; so the first frame that is kept takes the rest of the chunk with it, as far
 * as the slab reaches, and the frames behind it only have to be pointed at the copy. Kept bytes share slabs of 16 KiB, so that
 * a small value never pins more; a frame that is larger than half a slab gets bytes of its own.
 */
export class WindowKeeper implements FrameKeeper {
  #chunkEnd = 0;
  /** The part of the chunk that has been copied, and how far it moved. */
  #windowStart = 0;
  #windowEnd = 0;
  #moved = 0;

  #slab = new Uint8Array(0);
  #view = new DataView(this.#slab.buffer);
  #used = 0;

  /** Tells where the chunk ends that the next frames lie in; forgets the last one. */
  enter(chunkEnd: number): void {
    this.#chunkEnd = chunkEnd;
    this.#windowEnd = 0;
  }

  keep(frame: Frame): void {
    const size = frame.size;
    const start = frame.start;
    if (start + size > this.#windowEnd || start < this.#windowStart) {
      if (size > SLAB_SIZE / 2) {
        const own = frame.bytes.slice();
        frame.moveTo(new DataView(own.buffer), 0);
        return;
      }
      this.#copy(frame.buffer, start, size);
    }
    frame.moveTo(this.#view, start + this.#moved);
  }

  #copy(buffer: ArrayBufferLike, start: number, size: number): void {
    if (this.#slab.length - this.#used < size) {
      this.#slab = new Uint8Array(SLAB_SIZE);
      this.#view = new DataView(this.#slab.buffer);
      this.#used = 0;
    }
    const ahead = size >= MEDIUM ? size : this.#chunkEnd - start;
    const length = Math.min(this.#slab.length - this.#used, ahead);
    this.#slab.set(new Uint8Array(buffer, start, length), this.#used);
    this.#windowStart = start;
    this.#windowEnd = start + length;
    this.#moved = this.#used - start;
    this.#used += length;
  }
}
