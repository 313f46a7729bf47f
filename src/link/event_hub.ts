/** How many events wait for a reader who is slow; the oldest ones give way. */
const ROOM = 1024;

/** Gives events to everyone who reads. */
export class EventHub<E> {
  readonly #readers: Set<EventReader<E>> = new Set();
  #last: E | undefined = undefined;
  #closed = false;

  /** Tells all readers. */
  emit(event: E): void {
    this.#last = event;
    for (const reader of this.#readers) reader.push(event);
  }

  /**
   * Reads the latest event, which says how things stand, and those to come, until left or until all is over. Of more than 1,024
   * events that nobody took the oldest are dropped.
   */
  read(): AsyncIterableIterator<E> {
    const reader = new EventReader<E>(() => this.#readers.delete(reader));
    if (this.#last !== undefined) reader.push(this.#last);
    if (this.#closed) reader.end();
    else this.#readers.add(reader);
    return reader;
  }

  /** Ends all reading, behind what waits. */
  close(): void {
    this.#closed = true;
    for (const reader of this.#readers) reader.end();
    this.#readers.clear();
  }
}

class EventReader<E> implements AsyncIterableIterator<E> {
  readonly #leave: () => void;
  readonly #events: E[] = [];
  readonly #asking: ((result: IteratorResult<E>) => void)[] = [];
  #ended = false;

  constructor(leave: () => void) {
    this.#leave = leave;
  }

  push(event: E): void {
    const asking = this.#asking.shift();
    if (asking !== undefined) {
      asking({ done: false, value: event });
      return;
    }
    if (this.#events.length === ROOM) this.#events.shift();
    this.#events.push(event);
  }

  end(): void {
    this.#ended = true;
    for (const asking of this.#asking.splice(0)) asking({ done: true, value: undefined });
  }

  next(): Promise<IteratorResult<E>> {
    const event = this.#events.shift();
    if (event !== undefined) return Promise.resolve({ done: false, value: event });
    if (this.#ended) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => this.#asking.push(resolve));
  }

  return(): Promise<IteratorResult<E>> {
    this.#leave();
    this.#events.length = 0;
    this.end();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
