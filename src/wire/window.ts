/** Messages from here on are copied alone: few of them fit a slab, and the copy of one that does not would be for nothing. */
const MEDIUM = 1024;

/** What a kept message may pin beside itself, at most. */
const SLAB_SIZE = 16 * 1024;

/**
 * Makes parts of a reused chunk safe to keep, cheaply.
 *
 * A copy per value costs over a microsecond in V8; so the first message that is kept takes the rest of the chunk with it, as far
 * as the slab reaches, and the messages behind it only have to be pointed at the copy. Kept bytes share slabs of 16 KiB, so that
 * a small value never pins more; a message that is larger than half a slab gets bytes of its own.
 */
export class Window {
  /** The slab that the message of the last `place` lies in. */
  bytes: Uint8Array = new Uint8Array(0);
  /** A view of it. */
  view: DataView = new DataView(this.bytes.buffer);

  #used = 0;
  #chunkEnd = 0;
  /** The part of the chunk that has been copied, and how far it moved. */
  #start = 0;
  #end = 0;
  #moved = 0;

  /** Tells where the chunk ends that the next messages lie in; forgets the last one. */
  enter(chunkEnd: number): void {
    this.#chunkEnd = chunkEnd;
    this.#end = 0;
  }

  /** Sees that some bytes of the chunk are in the slab; returns where, or -1 if they should get memory of their own. */
  place(buffer: ArrayBufferLike, start: number, size: number): number {
    if (start + size > this.#end || start < this.#start) {
      if (size > SLAB_SIZE / 2) return -1;
      this.#copy(buffer, start, size);
    }
    return start + this.#moved;
  }

  #copy(buffer: ArrayBufferLike, start: number, size: number): void {
    if (this.bytes.length - this.#used < size) {
      this.bytes = new Uint8Array(SLAB_SIZE);
      this.view = new DataView(this.bytes.buffer);
      this.#used = 0;
    }
    const ahead = size >= MEDIUM ? size : this.#chunkEnd - start;
    const length = Math.min(this.bytes.length - this.#used, ahead);
    this.bytes.set(new Uint8Array(buffer, start, length), this.#used);
    this.#start = start;
    this.#end = start + length;
    this.#moved = this.#used - start;
    this.#used += length;
  }
}
