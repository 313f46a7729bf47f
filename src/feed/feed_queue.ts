/** Who an event in a {@linkcode FeedQueue} came from, and who hears when it is taken. */
export interface QueueOwner<E> {
  /** The consumer has the event; it took so many bytes on the wire. */
  taken(event: E, size: number): void;
}

/** Hears that there are events now, or that no more will ever come. */
export type QueueWaiter = () => void;

interface Waiting {
  readonly waiter: QueueWaiter;
  /** How many events it waits for. */
  readonly count: number;
}

const INITIAL_SIZE = 256;

/**
 * Events that came and were not taken yet, in a ring that grows: all ways to consume a feed take from here, one event at a time or many.
 * What bounds it is the window of whoever fills it.
 */
export class FeedQueue<E> {
  #events: (E | undefined)[] = new Array(INITIAL_SIZE).fill(undefined);
  #owners: (QueueOwner<E> | undefined)[] = new Array(INITIAL_SIZE).fill(undefined);
  #sizes: Uint32Array = new Uint32Array(INITIAL_SIZE);
  #mask = INITIAL_SIZE - 1;
  #head = 0;
  #tail = 0;
  #bytes = 0;
  #ended = false;
  #failure: { readonly error: unknown } | undefined = undefined;
  #waiters: Waiting[] = [];
  readonly #drained: () => void;

  /** Makes an empty queue; `drained` is called whenever a consumer finds nothing in it. */
  constructor(drained: () => void = () => {}) {
    this.#drained = drained;
  }

  /** How many events wait. */
  get length(): number {
    return this.#tail - this.#head;
  }

  /** How many bytes they took on the wire. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether no event will come behind those that wait. */
  get over(): boolean {
    return this.#ended;
  }

  /** What ended it, if it did not end in order. */
  get failure(): { readonly error: unknown } | undefined {
    return this.#failure;
  }

  /** Appends an event. What comes after the end is dropped. */
  push(event: E, owner: QueueOwner<E>, size: number): void {
    if (this.#ended) return;
    const tail = this.#tail;
    if (tail - this.#head > this.#mask) this.#grow();
    const at = tail & this.#mask;
    this.#events[at] = event;
    this.#owners[at] = owner;
    this.#sizes[at] = size;
    this.#bytes += size;
    this.#tail = tail + 1;
    if (this.#waiters.length > 0 && this.length >= this.#waiters[0]!.count) this.#waiters.shift()!.waiter();
  }

  /** Takes the next event, or nothing when none waits. */
  take(): E | undefined {
    const head = this.#head;
    if (head === this.#tail) {
      this.#drained();
      return undefined;
    }
    const at = head & this.#mask;
    const event = this.#events[at] as E;
    const owner = this.#owners[at]!;
    const size = this.#sizes[at]!;
    this.#events[at] = undefined;
    this.#head = head + 1;
    this.#bytes -= size;
    owner.taken(event, size);
    return event;
  }

  /** Calls back once, when there are so many events or the end has come: at once if that is so already. */
  wait(waiter: QueueWaiter, count = 1): void {
    if (this.length >= count || this.#ended) waiter();
    else this.#waiters.push({ waiter, count });
  }

  /** Calls back no more. */
  forget(waiter: QueueWaiter): void {
    this.#waiters = this.#waiters.filter((other) => other.waiter !== waiter);
  }

  /** Drops the events of some owners, as if they had never come; it is asked about each, with its bytes on the wire. */
  discard(dropped: (owner: QueueOwner<E>, size: number) => boolean): void {
    let to = this.#head;
    for (let from = this.#head; from < this.#tail; from++) {
      const at = from & this.#mask;
      const owner = this.#owners[at]!;
      if (dropped(owner, this.#sizes[at]!)) {
        this.#bytes -= this.#sizes[at]!;
        continue;
      }
      const target = to++ & this.#mask;
      this.#events[target] = this.#events[at];
      this.#owners[target] = owner;
      this.#sizes[target] = this.#sizes[at]!;
    }
    for (let at = to; at < this.#tail; at++) {
      this.#events[at & this.#mask] = undefined;
      this.#owners[at & this.#mask] = undefined;
    }
    this.#tail = to;
  }

  /** Says that no event comes any more: those that wait can still be taken. */
  end(failure?: { readonly error: unknown }): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#failure = failure;
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const { waiter } of waiters) waiter();
  }

  /** Ends and drops what waits. */
  clear(): void {
    this.discard(() => true);
    this.end();
  }

  #grow(): void {
    const size = (this.#mask + 1) * 2;
    const events: (E | undefined)[] = new Array(size).fill(undefined);
    const owners: (QueueOwner<E> | undefined)[] = new Array(size).fill(undefined);
    const sizes = new Uint32Array(size);
    for (let from = this.#head; from < this.#tail; from++) {
      const at = from & (size - 1);
      events[at] = this.#events[from & this.#mask];
      owners[at] = this.#owners[from & this.#mask];
      sizes[at] = this.#sizes[from & this.#mask]!;
    }
    this.#events = events;
    this.#owners = owners;
    this.#sizes = sizes;
    this.#mask = size - 1;
  }
}
