import type { Transport } from "./transport.ts";

/** Where an {@linkcode Outbox} gets what it writes. */
export interface OutboxSource {
  /** Bytes that wait. */
  readonly size: number;
  /** Gives what waits, in the order to write it, and starts anew. */
  take(): Uint8Array[];
  /** What was taken last has been written; its memory may be used again. */
  recycle(): void;
}

/**
 * Writes what gathers in a source: all of it at once, and what comes meanwhile in one piece behind it.
 *
 * A transport is never written to twice at a time, so while a write is under way the source simply grows.
 */
export class Outbox {
  readonly #transport: Transport;
  readonly #source: OutboxSource;
  readonly #failed: (error: unknown) => void;
  readonly #drained: () => void;
  #segments: Uint8Array[] = [];
  #next = 0;
  #writing = false;
  #taken = 0;
  #writes = 0;

  /** Writes from a source to a transport; tells when all was written, and when a write failed. */
  constructor(
    transport: Transport,
    source: OutboxSource,
    listener: { readonly drained: () => void; readonly failed: (error: unknown) => void },
  ) {
    this.#transport = transport;
    this.#source = source;
    this.#drained = listener.drained;
    this.#failed = listener.failed;
  }

  /** Bytes that were given to the transport since the beginning. */
  get taken(): number {
    return this.#taken;
  }

  /** How often the transport was written to. */
  get writes(): number {
    return this.#writes;
  }

  /** Whether nothing waits and no write is under way. */
  get idle(): boolean {
    return !this.#writing && this.#source.size === 0;
  }

  /** Writes what waits, unless a write is under way, which then goes on with it. */
  flush(): void {
    if (this.#writing || this.#source.size === 0) return;
    this.#taken += this.#source.size;
    this.#segments = this.#source.take();
    this.#next = 0;
    this.#go();
  }

  #go(): void {
    while (this.#next < this.#segments.length) {
      this.#writes++;
      let pending: Promise<void> | undefined;
      try {
        pending = this.#transport.write(this.#segments[this.#next++]!);
      } catch (error) {
        // Not what a transport may do; its user must not wait for ever because of it.
        pending = Promise.reject(error);
      }
      if (pending !== undefined) {
        this.#writing = true;
        pending.then(this.#written, this.#failed);
        return;
      }
    }
    this.#segments = [];
    this.#source.recycle();
    if (this.#source.size > 0) this.flush();
    else this.#drained();
  }

  readonly #written = (): void => {
    this.#writing = false;
    this.#go();
  };
}
