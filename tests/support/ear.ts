/** A sink for tests: keeps what it hears, and can be waited on. */
import type { Sink, Transport } from "../../src/transport/transport.ts";

/** What an {@linkcode Ear} does beside keeping copies. */
export interface EarOptions {
  /** Is called with every chunk, after it was kept. */
  readonly data?: (chunk: Uint8Array) => void;
  /** Is called at the end. */
  readonly end?: (error: unknown) => void;
  /** The room for the next bytes. */
  readonly room?: () => Uint8Array | undefined;
  /** False to count only. */
  readonly keep?: boolean;
}

/** Keeps what it hears. */
export class Ear implements Sink {
  /** Copies of the chunks. */
  readonly chunks: Uint8Array[] = [];
  /** Bytes heard. */
  size = 0;
  /** How often `end` was called. */
  ends = 0;
  /** Bytes that came after the end: must stay 0. */
  late = 0;
  /** Resolves at the end with its error. */
  readonly ended: Promise<unknown>;
  readonly room: () => Uint8Array | undefined;
  readonly #options: EarOptions;
  #settleEnded: (error: unknown) => void = () => {};
  #waiting: { size: number; resolve: () => void }[] = [];

  constructor(options: EarOptions = {}) {
    this.#options = options;
    this.room = options.room ?? (() => undefined);
    this.ended = new Promise((resolve) => this.#settleEnded = resolve);
  }

  data(chunk: Uint8Array): void {
    if (this.ends > 0) this.late += chunk.length;
    if (this.#options.keep !== false) this.chunks.push(chunk.slice());
    this.size += chunk.length;
    for (const waiter of this.#waiting) if (this.size >= waiter.size) waiter.resolve();
    this.#waiting = this.#waiting.filter((waiter) => this.size < waiter.size);
    this.#options.data?.(chunk);
  }

  end(error?: unknown): void {
    this.ends++;
    this.#settleEnded(error);
    this.#options.end?.(error);
  }

  /** Resolves when that many bytes were heard since the beginning. */
  hears(size: number): Promise<void> {
    if (this.size >= size) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ size, resolve }));
  }

  /** All that was kept, joined. */
  bytes(): Uint8Array<ArrayBuffer> {
    const all = new Uint8Array(this.size);
    let at = 0;
    for (const chunk of this.chunks) {
      all.set(chunk, at);
      at += chunk.length;
    }
    return all;
  }
}

/** Starts a transport with an ear. */
export function listenTo(transport: Transport, options: EarOptions = {}): Ear {
  const ear = new Ear(options);
  transport.start(ear);
  return ear;
}

/** Starts a transport that sends back what it gets, until one side has enough. */
export function echo(transport: Transport): Ear {
  return listenTo(transport, {
    data: (chunk) => {
      // The other side may close as soon as it has what it wants, before this side knows that the write is done.
      transport.write(chunk.slice())?.catch(() => {});
    },
  });
}
