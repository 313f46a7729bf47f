import type { Frame } from "../frame/frame.ts";

/** Requests that wait for their turn, first in, first out. */
export class RequestQueue {
  #frames: Frame[] = [];
  #next = 0;
  #bytes = 0;

  /** Whether none waits. */
  get empty(): boolean {
    return this.#next === this.#frames.length;
  }

  /** Bytes of all that wait. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Adds a request; its bytes are copied if they may be overwritten. */
  push(frame: Frame): void {
    const kept = frame.clone();
    this.#frames.push(kept);
    this.#bytes += kept.size;
  }

  /** Takes the request that has waited longest; there must be one. */
  shift(): Frame {
    const frame = this.#frames[this.#next++]!;
    this.#bytes -= frame.size;
    if (this.empty) this.clear();
    return frame;
  }

  /** Forgets all. */
  clear(): void {
    this.#frames = [];
    this.#next = 0;
    this.#bytes = 0;
  }
}
