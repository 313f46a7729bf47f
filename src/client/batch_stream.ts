/** Where a {@linkcode BatchStream} has its items from. */
export interface BatchSource<T> {
  /** The next items, one or more; nothing when there are no more. */
  next(): Promise<readonly T[] | undefined>;
  /** No more are wanted. */
  close(): void;
}

/**
 * A stream of what comes many at a time: `for await`, `pipeThrough`, `tee` and `cancel` work as on any stream, `break` closes it, and
 * {@linkcode BatchStream.batches} gives what has come at once. Nothing is asked of the source before it is read.
 */
export class BatchStream<T> extends ReadableStream<T> {
  readonly #source: BatchSource<T>;
  #items: readonly T[] = [];
  #at = 0;

  /** Reads from a source. */
  constructor(source: BatchSource<T>) {
    super({
      pull: async (controller) => {
        if (await this.#fill()) controller.enqueue(this.#items[this.#at++] as T);
        else controller.close();
      },
      cancel: () => source.close(),
    }, { highWaterMark: 0 });
    this.#source = source;
  }

  /** The items as they come, one array after the other; to leave the loop closes the stream. */
  async *batches(): AsyncGenerator<readonly T[], void, void> {
    const reader = this.getReader();
    try {
      while (await this.#fill()) {
        const items = this.#at === 0 ? this.#items : this.#items.slice(this.#at);
        this.#at = this.#items.length;
        yield items;
      }
    } finally {
      reader.releaseLock();
      await this.cancel();
    }
  }

  /** The same one by one. Quicker than through a reader: no promise is made for what is there already. */
  override async *values(options?: { readonly preventCancel?: boolean }): AsyncGenerator<T, undefined, void> {
    const reader = this.getReader();
    try {
      while (await this.#fill()) {
        while (this.#at < this.#items.length) yield this.#items[this.#at++] as T;
      }
    } finally {
      reader.releaseLock();
      if (options?.preventCancel !== true) await this.cancel();
    }
    return undefined;
  }

  /** As {@linkcode BatchStream.values}. */
  override [Symbol.asyncIterator](options?: { readonly preventCancel?: boolean }): AsyncGenerator<T, undefined, void> {
    return this.values(options);
  }

  /** Sees that there is an item to give; `false` when there are no more. */
  async #fill(): Promise<boolean> {
    if (this.#at < this.#items.length) return true;
    const items = await this.#source.next();
    if (items === undefined) return false;
    this.#items = items;
    this.#at = 0;
    return true;
  }
}
