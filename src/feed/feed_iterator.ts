import type { FeedQueue } from "./feed_queue.ts";

/** The stream that is read, as far as an iterator needs it. */
export interface IteratedFeed {
  /** Releases the lock of the stream, after telling it that nobody reads on if it is so. */
  release(cancel: boolean, reason?: unknown): Promise<void>;
  /** The end was seen. */
  finished(): void;
}

const DONE: IteratorReturnResult<undefined> = { done: true, value: undefined };

/**
 * Reads a queue from one `next` to the next, by a promise that is resolved already where there is something to take: twice as fast as the
 * stream's own reader. Several calls of `next` may wait; they are served in their order.
 */
export class FeedIterator<E, T> implements AsyncIterableIterator<T, undefined, unknown> {
  readonly #queue: FeedQueue<E>;
  readonly #feed: IteratedFeed;
  readonly #take: () => T | undefined;
  readonly #wait: (waiter: () => void) => () => void;
  readonly #preventCancel: boolean;
  #over = false;
  /** How many calls wait, and the last of them. */
  #waiting = 0;
  #last: Promise<unknown> = Promise.resolve();
  #stopWaiting: () => void = () => {};

  /** Makes an iterator: `take` gives what there is, if it is enough; `wait` calls back when it may be, and returns what ends that. */
  constructor(queue: FeedQueue<E>, feed: IteratedFeed, how: {
    readonly take: () => T | undefined;
    readonly wait: (waiter: () => void) => () => void;
    readonly preventCancel: boolean;
  }) {
    this.#queue = queue;
    this.#feed = feed;
    this.#take = how.take;
    this.#wait = how.wait;
    this.#preventCancel = how.preventCancel;
  }

  next(): Promise<IteratorResult<T, undefined>> {
    if (this.#waiting === 0 && !this.#over) {
      const value = this.#take();
      if (value !== undefined) return Promise.resolve({ done: false, value });
    }
    const turn = this.#waiting++ === 0 ? this.#await() : this.#last.then(() => this.#await());
    this.#last = turn.catch(ignore);
    return turn;
  }

  async #await(): Promise<IteratorResult<T, undefined>> {
    try {
      while (!this.#over) {
        const value = this.#take();
        if (value !== undefined) return { done: false, value };
        if (this.#queue.over && this.#queue.length === 0) return await this.#finish();
        await this.#sleep();
      }
      return DONE;
    } finally {
      // Before whoever waits goes on, so that the next call need not wait behind this one.
      this.#waiting--;
    }
  }

  #sleep(): Promise<void> {
    return new Promise((resolve) => {
      const stop = this.#wait(resolve);
      this.#stopWaiting = () => {
        stop();
        resolve();
      };
    });
  }

  async #finish(): Promise<IteratorResult<T, undefined>> {
    this.#over = true;
    this.#feed.finished();
    await this.#feed.release(false);
    const { failure } = this.#queue;
    if (failure !== undefined) throw failure.error;
    return DONE;
  }

  async return(): Promise<IteratorResult<T, undefined>> {
    if (this.#over) return DONE;
    this.#over = true;
    this.#stopWaiting();
    await this.#feed.release(!this.#preventCancel);
    return DONE;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }
}

function ignore(): void {}
