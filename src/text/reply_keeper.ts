import type { ReplyKeeping, TextReply } from "./text_reply.ts";

/** What a kept reply may pin beside itself, at most. */
const SLAB_SIZE = 16 * 1024;

/**
 * Makes replies of a reused chunk safe to keep, cheaply.
 *
 * A copy per value costs over a microsecond in V8; so the first reply that is kept takes the rest of the chunk with it, as far as
 * the slab reaches, and the replies behind it only have to be pointed at the copy. Kept bytes share slabs of 16 KiB, so that a
 * small value never pins more; a reply that is larger than a slab gets bytes of its own.
 */
export class ReplyKeeper implements ReplyKeeping {
  #chunkEnd = 0;
  /** The part of the chunk that has been copied, and how far it moved. */
  #windowStart = 0;
  #windowEnd = 0;
  #moved = 0;

  #slab = new Uint8Array(0);
  #used = 0;

  /** Tells where the chunk ends that the next replies lie in; forgets the last one. */
  enter(chunkEnd: number): void {
    this.#chunkEnd = chunkEnd;
    this.#windowEnd = 0;
  }

  keep(reply: TextReply): void {
    const { size, start } = reply;
    if (start + size > this.#windowEnd || start < this.#windowStart) {
      if (size > SLAB_SIZE) {
        reply.moveTo(reply.whole.slice(), 0);
        return;
      }
      this.#copy(reply.bytes.buffer, start, size);
    }
    reply.moveTo(this.#slab, start + this.#moved);
  }

  #copy(buffer: ArrayBufferLike, start: number, size: number): void {
    if (this.#slab.length - this.#used < size) {
      this.#slab = new Uint8Array(SLAB_SIZE);
      this.#used = 0;
    }
    const length = Math.min(this.#slab.length - this.#used, this.#chunkEnd - start);
    this.#slab.set(new Uint8Array(buffer, start, length), this.#used);
    this.#windowStart = start;
    this.#windowEnd = start + length;
    this.#moved = this.#used - start;
    this.#used += length;
  }
}
