/**
 * The part that every transport has in common: who gets the bytes, how the pipe ends, and when it may be freed.
 * No runtime and no I/O.
 */
import { ClosedError, ConnectionError } from "../errors.ts";
import { describe } from "./address.ts";
import type { Sink } from "./transport.ts";

/**
 * The life of one pipe: open, then over (nothing more is delivered), then freed.
 *
 * - `end` of the sink is called in a microtask of its own, never inside a call of the sink or of the transport's user.
 * - `free` is called once: at once after a failure or a `close`; after an orderly end of the peer a turn after the sink
 *   has heard it, or a turn after the last write is done.
 */
export class PipeState {
  /** The peer as text. */
  readonly peer: string;
  /** Resolves when the resources are freed and the sink, if there is one, has heard the end. */
  readonly closed: Promise<void>;
  readonly #free: () => void;
  #settleClosed: () => void = () => {};
  #sink: Sink | undefined;
  #over = false;
  #told = false;
  #freed = false;
  #writing = false;
  #error: unknown;
  #linger: ReturnType<typeof setTimeout> | undefined;
  #refusal: (() => Error) | undefined;

  /** Makes the state of an open pipe; `free` closes what the runtime holds. */
  constructor(peer: string, free: () => void) {
    this.peer = peer;
    this.#free = free;
    this.closed = new Promise((resolve) => this.#settleClosed = resolve);
  }

  /** Whether nothing more may be delivered. */
  get over(): boolean {
    return this.#over;
  }

  /** Whether a write is under way. */
  get writing(): boolean {
    return this.#writing;
  }

  /** Whether the resources are freed or being freed: nothing can be written. */
  get freed(): boolean {
    return this.#freed;
  }

  /** Takes the first sink. */
  start(sink: Sink): void {
    if (this.#sink !== undefined) {
      throw new TypeError(`Cannot start the connection to ${this.peer} twice; give it to another sink by handOver`);
    }
    this.#sink = sink;
    if (this.#over) this.#tellSoon();
  }

  /** Takes another sink; if the pipe is over, this one hears the end too. */
  handOver(sink: Sink): void {
    if (this.#sink === undefined) {
      throw new TypeError(`Cannot hand over the connection to ${this.peer} before it was started`);
    }
    this.#sink = sink;
    if (this.#told) this.#tellSoon();
  }

  /** The buffer that the sink wants filled, if any. */
  room(): Uint8Array | undefined {
    if (this.#over) return undefined;
    try {
      const room = this.#sink?.room?.();
      return room === undefined || room.length === 0 ? undefined : room;
    } catch (error) {
      this.fail(error);
      return undefined;
    }
  }

  /** Delivers a chunk; a sink that throws ends the pipe with what it threw. */
  deliver(chunk: Uint8Array): void {
    if (this.#over || chunk.length === 0) return;
    try {
      this.#sink?.data(chunk);
    } catch (error) {
      this.fail(error);
    }
  }

  /** The peer will send no more; whether it still reads, we cannot know unless we are told. */
  finish(options: { readonly gone?: boolean } = {}): void {
    if (this.#over) return;
    this.#finish(undefined, () => new ConnectionError(`Cannot write to ${this.peer}: it has closed the connection`));
    if (options.gone) this.#freeOnce();
    else this.#freeSoon();
  }

  /** The pipe broke: the cause goes to the sink as it is. */
  fail(error: unknown): void {
    if (this.#over) return;
    this.#finish(
      error,
      () => new ConnectionError(`Cannot write to ${this.peer}: the connection has failed`, { cause: error }),
    );
    this.#freeOnce();
  }

  /** The runtime reported an error: like `fail`, wrapped in words. */
  broke(doing: "reading" | "writing", cause: unknown): void {
    this.fail(new ConnectionError(`Lost the connection to ${this.peer} while ${doing}: ${describe(cause)}`, { cause }));
  }

  /** This side wants no more. */
  close(): void {
    if (!this.#over) {
      this.#finish(undefined, () => new ClosedError(`Cannot write to ${this.peer}: the connection was closed here`));
    }
    this.#freeOnce();
  }

  /** Begins a write: gives false when there is nothing to write, and the rejection when there can be no write. */
  openWrite(bytes: Uint8Array): Promise<never> | boolean {
    if (this.#writing) {
      return Promise.reject(new TypeError(`Cannot write to ${this.peer} before the previous write has settled`));
    }
    if (this.#freed) return Promise.reject(this.refusal());
    if (bytes.length === 0) return false;
    this.#writing = true;
    return true;
  }

  /** The write is done, or will never be. */
  doneWrite(): void {
    this.#writing = false;
    if (this.#over && !this.#freed) this.#freeSoon();
  }

  /** Why nothing can be written any more. */
  refusal(): Error {
    return this.#refusal?.() ?? new ConnectionError(`Cannot write to ${this.peer}: the connection is gone`);
  }

  /** The runtime has let go of everything. */
  settle(): void {
    this.close();
    // Behind the microtask that tells the sink.
    queueMicrotask(() => this.#settleClosed());
  }

  #finish(error: unknown, refusal: () => Error): void {
    this.#over = true;
    this.#error = error;
    this.#refusal = refusal;
    if (this.#sink !== undefined) this.#tellSoon();
  }

  #tellSoon(): void {
    queueMicrotask(() => {
      this.#told = true;
      try {
        this.#sink?.end(this.#error);
      } catch {
        // The pipe is over and its owner has been told: there is nobody left who could use this.
      }
    });
  }

  /** A turn later, because who hears the end or has written may have more to write at once. */
  #freeSoon(): void {
    clearTimeout(this.#linger);
    this.#linger = setTimeout(() => {
      if (!this.#writing) this.#freeOnce();
    }, 0);
  }

  #freeOnce(): void {
    if (this.#freed) return;
    this.#freed = true;
    clearTimeout(this.#linger);
    this.#free();
  }
}
