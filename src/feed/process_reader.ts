/** Reads a feed no faster than its events are processed. */
import type { EventSource } from "./process_event.ts";

/** Who a {@linkcode Reader} reads for. */
export interface ReaderParts<E> {
  /** Takes what has come. */
  readonly take: (events: readonly E[]) => void;
  /** Whether more may be read. */
  readonly hasRoom: () => boolean;
  /** Is told that the feed has ended, and what it has failed with. */
  readonly onEnd: (error: unknown) => void;
  /** Is told why what was read could not be taken. */
  readonly onFailure: (error: unknown) => void;
}

/** Reads events while there is room for them. */
export class Reader<E> {
  readonly #iterator: AsyncIterator<readonly E[]>;
  readonly #parts: ReaderParts<E>;
  #reading = false;
  #started = false;
  #stopped = false;

  /** Makes a reader that has read nothing. */
  constructor(batches: AsyncIterable<readonly E[]>, parts: ReaderParts<E>) {
    this.#iterator = batches[Symbol.asyncIterator]();
    this.#parts = parts;
  }

  /** Begins to read. */
  start(): void {
    this.#started = true;
    this.resume();
  }

  /** Reads on if there is room. */
  resume(): void {
    if (!this.#started || this.#reading || this.#stopped || !this.#parts.hasRoom()) return;
    this.#reading = true;
    this.#iterator.next().then(
      ({ done, value }) => {
        this.#reading = false;
        // What comes after the end of the processing was not processed, and no position says that it was.
        if (this.#stopped) return;
        if (done === true) this.#end(undefined);
        else {
          this.#parts.take(value);
          this.resume();
        }
      },
      (error) => {
        this.#reading = false;
        if (!this.#stopped) this.#end(error ?? new Error("The feed has failed without a reason"));
      },
      // What was read cannot be taken, as when it is no event: nobody else would hear of it.
    ).catch(this.#parts.onFailure);
  }

  /** Ends the feed itself: one whose events were taken and not processed must not be read on. */
  async cancel(source: Pick<EventSource<E>, "close">): Promise<void> {
    this.#stopped = true;
    // A feed that can be closed is told so first, since a read that waits would hold up the end of the iteration.
    await source.close?.();
    const ended = this.#iterator.return?.();
    if (this.#reading) {
      // An iteration ends when its read does, and that may be never. Its failure would say nothing that is not known.
      ended?.catch(() => {});
    } else await ended;
  }

  #end(error: unknown): void {
    this.#stopped = true;
    this.#parts.onEnd(error);
  }
}

/** The events of a feed as arrays, whether it has them so or one by one. */
export function readInBatches<E>(source: EventSource<E>, max: number): AsyncIterable<readonly E[]> {
  if (source.batches !== undefined) return source.batches({ max });
  return {
    [Symbol.asyncIterator]: () => {
      const iterator = source[Symbol.asyncIterator]();
      return {
        next: async () => {
          const { done, value } = await iterator.next();
          return done === true ? { done, value } : { done: false, value: [value] };
        },
        return: async () => {
          await iterator.return?.();
          return { done: true, value: undefined };
        },
      };
    },
  };
}
